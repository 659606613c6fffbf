"""Bad rows of a tokenised file: found, listed beside the cache, and left out or refused.

What is wrong with a row itself (its fields, its label) is stored with the tokens, for every mode and for
``--bad_rows stop`` and ``skip`` alike. A label without reasoning is bad only for a mode that trains on it.
"""

from pathlib import Path
from shlex import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_process.compression import CotMode
from data_process.schema import LABEL, BadRow
from data_process.usable import counted, refusal, write_report

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
        remedy = ""
        if bad[0].reason == NO_REASONING:
            remedy = f"; write it with: python -m gplan.synthesis augment {quote(str(path))} OUT.csv --teacher rules"
        raise refusal(path, bad, count, report, skip=wanted == "skip", remedy=remedy)
    return usable


def left_out(dataset, max_length: int) -> str:
    """What a dataset has left out, for the line that announces it: ``", 3 longer than 2560 tokens left out"``."""
    bad, long = dataset.bad.total(), dataset.skipped
    text = f", {bad} bad ones left out ({counted(dataset.bad)}; see {dataset.bad_rows_file})" if bad else ""
    return text + (f", {long} longer than {max_length} tokens left out" if long else "")
