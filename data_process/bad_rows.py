"""Rows that can't be used, of a tokenised file: found, listed beside the cache, and left out or refused.

What is wrong with a row itself (its fields, its label) is stored with the tokens, for every mode and for
``--bad_rows stop`` and ``skip`` alike. A label without reasoning is bad only for a mode that trains on it.
"""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_process.compression import CotMode
from data_process.files import write_jsonl
from data_process.schema import LABEL, BadRow
from utils import InputError

NO_REASONING = "reasoning.missing"


def find_bad_rows(table: pa.Table, mode: CotMode) -> list[BadRow]:
    """The bad rows of a tokenised file (``data_loader.FEATURES``), in file order."""
    bad = pc.is_valid(table["reason"])
    if mode != "direct_sft":
        bad = pc.or_(bad, pc.equal(pc.list_value_length(table["blocks"]), 0))
    stored = table.select(["line", "id", "column", "reason", "message"]).filter(bad).to_pylist()
    without = {
        "column": LABEL,
        "reason": NO_REASONING,
        "message": f"no reasoning, but --cot_mode {mode} trains on it",
    }
    rows = np.flatnonzero(bad.to_numpy()).tolist()
    return [BadRow(row, **(one if one["reason"] else one | without)) for row, one in zip(rows, stored, strict=True)]


def counted(reasons: dict[str, int]) -> str:
    """``{"row.fields": 1, "schema.tool": 2}`` -> ``"2 schema.tool, 1 row.fields"``."""
    return ", ".join(f"{count} {reason}" for reason, count in Counter(reasons).most_common())


def usable_rows(path: Path, bad: list[BadRow], count: int, report: Path, wanted: str) -> np.ndarray:
    """Which of a file's rows can be used, bool, (count,); the others are listed in ``report``, if there are any.

    Raises:
        InputError: there are bad rows and ``wanted`` is ``"stop"``, or there are no others.
    """
    usable = np.ones(count, dtype=bool)
    usable[[one.row for one in bad]] = False
    if bad and not report.exists():  # its bytes follow from its name
        write_report(report, bad)
    if bad and (wanted == "stop" or not usable.any()):
        raise _refusal(path, bad, count, report, skip=wanted == "skip")
    return usable


def left_out(dataset, max_length: int) -> str:
    """What a dataset has left out, for the line that announces it: ``", 3 longer than 2560 tokens left out"``."""
    bad, long = dataset.bad.total(), dataset.skipped
    text = f", {bad} bad ones left out ({counted(dataset.bad)}; see {dataset.bad_rows_file})" if bad else ""
    return text + (f", {long} longer than {max_length} tokens left out" if long else "")


def write_report(path: Path, bad: list[BadRow]) -> None:
    """One JSON object a row with the fields of ``BadRow``; the file is whole or not there.

    ``{"row": 1, "line": 3, "id": "7", "column": "raw_labels", "reason": "schema.tool", "message": "…"}``
    """
    write_jsonl(path, (row._asdict() for row in bad))


def _refusal(path: Path, bad: list[BadRow], rows: int, report: Path, *, skip: bool) -> InputError:
    """Why a file is refused: its first bad row under ``--bad_rows stop``, under ``skip`` that no row is left."""
    remedy = ""
    if bad[0].reason == NO_REASONING:
        remedy = f"; write it with: python -m gplan.synthesis augment {path} OUT.csv --teacher rules"
    total = f"{len(bad)} of {rows} rows are bad ({counted(Counter(one.reason for one in bad))}), listed in {report}"
    way_out = "for no row is left to use" if skip else "or --bad_rows skip (BAD_ROWS=skip) leaves them out"
    return InputError(f"{path}: {bad[0]}{remedy}; {total}; correct them, {way_out}")
