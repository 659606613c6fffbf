"""What is scored against: the rows of a GSISR file, their plans, and counterfactual twins."""

from pathlib import Path
from typing import NamedTuple

from data_process.intents import Plan
from data_process.response import LabelError, parse_response
from data_process.schema import LABEL, Row
from data_process.twins import Pair, read_usable_pairs
from data_process.usable import read_usable


class Gold(NamedTuple):
    """Rows with their plans, and pairs of twins, which carry theirs; no pairs where no twins are scored.

    ``numbers`` are the rows' in the file, which has ``count`` of them: some may have been left out. So have pairs.
    """

    path: str
    rows: list[Row]
    plans: list[Plan]
    pairs: list[Pair]
    numbers: list[int]
    count: int
    pair_numbers: list[int]
    pair_count: int


def read_gold(path: str, twins: str | None, *, bad_rows: str = "stop", folder: Path | None = None) -> Gold:
    """The gold of a GSISR file and of a twins file, parsed once.

    A gold plan that breaks a rule (a repeated intent) is scored against as it stands: only one that does not parse is
    bad, for a plan that is guessed at would falsify every figure.

    Args:
        bad_rows: ``"stop"``, or ``"skip"`` to leave out rows and pairs that can't be used.
        folder: where those are listed.

    Raises:
        InputError: a file that can't be read, and under ``stop`` a label that does not parse or a bad pair.
    """
    rows, numbers, count = read_usable(path, bad_rows, folder and folder / "bad_rows.jsonl", gold_plan)
    pairs, pair_numbers, pair_count = [], [], 0
    if twins:
        listed = folder and folder / "bad_pairs.jsonl"
        pairs, pair_numbers, pair_count = read_usable_pairs(twins, bad_rows, listed)
    return Gold(path, rows, list(map(gold_plan, rows)), pairs, numbers, count, pair_numbers, pair_count)


def gold_plan(row: Row) -> Plan:
    """The plan of a label, JSON only or reasoning and JSON.

    Raises:
        LabelError: it does not parse.
    """
    response = parse_response(row[LABEL])
    if response.problems:
        raise LabelError(
            response.problems[0],
            f"the label does not parse ({', '.join(response.problems)}); give a JSON array of intents, with at "
            "most one <THOUGHT>…</THOUGHT> in front",
        )
    return response.plan
