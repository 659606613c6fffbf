"""What is scored against: the rows of a GSISR file, their plans, and counterfactual twins."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from data_process.intents import Plan
from data_process.response import parse_response
from data_process.schema import LABEL, Row, read_rows
from data_process.twins import Pair, read_pairs
from utils import InputError


class Gold(NamedTuple):
    """Rows with their plans, and pairs of twins, which carry theirs; no pairs where no twins are scored."""

    path: str
    rows: list[Row]
    plans: list[Plan]
    pairs: list[Pair]


def read_gold(path: str, twins: str | None) -> Gold:
    """The gold of a GSISR file and of a twins file, parsed once.

    Raises:
        InputError: a file that can't be read, a label that does not parse, a pair that can't be used.
    """
    rows = read_rows(path)
    return Gold(path, rows, parse_golds(rows, path), read_pairs(twins) if twins else [])


def parse_golds(rows: Sequence[Row], path: str | Path) -> list[Plan]:
    """The gold plans of a file's rows, each label JSON only or reasoning and JSON.

    Raises:
        InputError: a label does not parse; a gold plan that is guessed at would falsify every figure.
    """
    golds = []
    for row, fields in enumerate(rows):
        response = parse_response(fields[LABEL])
        if response.problems:
            raise InputError(
                f"{path}: row {row}, column {LABEL}: the label does not parse ({', '.join(response.problems)}); "
                "give a JSON array of intents, with at most one <THOUGHT>…</THOUGHT> in front"
            )
        golds.append(response.plan)
    return golds
