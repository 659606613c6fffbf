"""Counterfactual twins: the file in which synthesis hands pairs to alignment and scoring, JSON, one pair a line.

    {"row": 7, "anchor": {32 columns}, "twin": {32 columns}, "changed": ["currenttime", "current_city", …],
     "label": "[…]"}

Anchor and twin are one request of one person at another moment or place: they differ in the spatiotemporal columns
``CONTEXT`` and in their plans, which stand in ``raw_labels`` and come from the same teacher. ``label`` is the
curated label of the anchor's row where it has one: for reports, never for training.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from data_process.cells import read_cells
from data_process.files import write_jsonl
from data_process.intents import Plan, canonical
from data_process.response import LabelError
from data_process.rule_filter import checked_label
from data_process.schema import COLUMNS, CONTEXT, LABEL, REQUEST, BadRow, Row, said
from data_process.usable import leave_out
from utils import InputError

SIDES = ("anchor", "twin")
REMEDY = "make it anew with python -m gplan.synthesis twins"


class Pair(NamedTuple):
    """An anchor and its twin; ``row`` is the anchor's row in the file it was made from.

    ``plans`` are the canonical ones of both, parsed and judged where the pair entered: by ``read_pair_records``, or by
    who made it.
    """

    row: int
    anchor: Row
    twin: Row
    changed: list[str]
    plans: tuple[Plan, Plan]
    label: str = ""


class PairRecord(NamedTuple):
    """A line as it was read: the pair, or why it can't be used. ``bad.row`` counts lines that hold something."""

    line: int  # from 1
    pair: Pair | None
    bad: BadRow | None
    rewritten: tuple[str, ...] = ()  # columns of either side whose text was another, see ``data_process.cells``


def changed_columns(anchor: Row, twin: Row) -> list[str]:
    """The columns in which a twin differs from its anchor, in file order; the plan is not counted."""
    return [name for name in REQUEST if anchor[name] != twin[name]]


def read_pair_records(path: str | Path) -> Iterator[PairRecord]:
    """All lines of a twins file, one after the other; one that can't be used says why.

    Reasons: ``pair.json``, ``pair.side`` (anchor, twin or row is missing), ``pair.columns``, ``pair.changed`` (they
    differ in another column than ``CONTEXT``, in none, or not as they say), ``pair.equal_plans``, and those of
    ``CellError`` for a cell and of ``LabelError`` for a plan.

    Raises:
        InputError: no such file, not UTF-8, or nothing in it.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; {REMEDY}")
    number = 0
    try:
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            for line, text in enumerate(file, start=1):
                if text.strip():
                    yield _record(number, line, text)
                    number += 1
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason}); {REMEDY}") from error
    if not number:
        raise InputError(f"{path}: no pairs in it; {REMEDY}")


def read_pairs(path: str | Path) -> list[Pair]:
    """The pairs of a twins file; raises InputError as ``read_pair_records``, and for the first bad line.

    Where bad pairs may be left out, see ``read_usable_pairs``.
    """
    pairs = []
    for record in said(path, read_pair_records(path)):
        if record.bad:
            raise InputError(f"{path}: {record.bad}; correct it, or {REMEDY}")
        pairs.append(record.pair)
    return pairs


def read_usable_pairs(path: str | Path, bad_rows: str, report: str | Path | None) -> tuple[list[Pair], list[int], int]:
    """The pairs of a twins file that a command can use, their numbers and how many there are, as ``read_usable``."""
    records = said(path, read_pair_records(path))
    return leave_out(path, ((one.pair, one.bad) for one in records), bad_rows, report, "pairs", f"; {REMEDY}")


def write_pairs(path: str | Path, pairs: Iterable[Pair]) -> int:
    """Writes pairs as a twins file, whole or not at all; returns how many."""
    entries = ({name: value for name, value in pair._asdict().items() if name != "plans"} for pair in pairs)
    return write_jsonl(path, entries)


def _record(number: int, line: int, text: str) -> PairRecord:
    def refuse(column: str | None, reason: str, message: str, identity: str = "") -> PairRecord:
        return PairRecord(line, None, BadRow(number, line, identity, column, reason, message))

    try:
        one = json.loads(text)
    except (ValueError, RecursionError) as error:
        return refuse(None, "pair.json", f"not JSON ({error})")
    if not isinstance(one, dict):
        return refuse(None, "pair.json", "not a JSON object")
    for name, kind in (("row", int), ("anchor", dict), ("twin", dict)):
        if type(one.get(name)) is not kind:
            return refuse(name, "pair.side", f"no {name}; each line needs row, anchor and twin")
    for side in SIDES:
        fields = one[side]
        if fields.keys() != set(COLUMNS) or not all(isinstance(value, str) for value in fields.values()):
            wrong = [name for name in COLUMNS if not isinstance(fields.get(name), str)]
            wrong += [name[:40] for name in fields if name not in COLUMNS]
            return refuse(side, "pair.columns", f"must hold the {len(COLUMNS)} GSISR columns as text; see {wrong[0]}")
    read = [read_cells({name: one[side][name] for name in COLUMNS}) for side in SIDES]
    for side, cells in zip(SIDES, read, strict=True):
        for column, reason, message in cells.errors:
            return refuse(f"{side}.{column}", reason, message, one["anchor"]["id"])
    anchor, twin = (cells.row for cells in read)
    rewritten = tuple(column for cells in read for column in cells.rewritten)
    changed = changed_columns(anchor, twin)
    if not changed or (beyond := [name for name in changed if name not in CONTEXT]):
        what = f"differ in {beyond[0]}" if changed else "are the same request"
        return refuse("twin", "pair.changed", f"anchor and twin {what}; they may differ in {', '.join(CONTEXT)}")
    if one.get("changed", changed) != changed:
        return refuse("changed", "pair.changed", f"says {one['changed']!s:.80}, but they differ in {changed}")
    sides = []
    for side, row in (("anchor", anchor), ("twin", twin)):
        try:
            sides.append(canonical(checked_label(row).plan))
        except LabelError as error:
            return refuse(f"{side}.{LABEL}", error.reason, str(error), anchor["id"])
    if sides[0] == sides[1]:
        return refuse(LABEL, "pair.equal_plans", "anchor and twin have the same plan: nothing to prefer", anchor["id"])
    pair = Pair(one["row"], anchor, twin, changed, tuple(sides), one.get("label", ""))
    return PairRecord(line, pair, None, rewritten)
