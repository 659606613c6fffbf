"""Seeds: calibrated Intent–Environment–Logic triplets, the teacher's examples, JSON, one seed a line.

    {"name": "s07", "trigger": "hotel", "row": {32 columns}, "changes": [{"who", "when", "column", "before", "after"}]}

The row holds all three: its context is the environment, the plan of its ``raw_labels`` the intents, the reasoning
in front of it the logic. ``changes`` keeps who corrected what when.

The 40 shipped ones (``bash experiments/seeds.sh``) are written by rules from generated rows; no person has calibrated
them, as their empty ``changes`` say.
"""

import json
from pathlib import Path
from typing import NamedTuple

from data_process.files import write_jsonl
from data_process.response import LabelError
from data_process.rule_filter import checked_label
from data_process.schema import COLUMNS, LABEL, Row
from utils import InputError

SEEDS = Path(__file__).parent / "seeds.jsonl"
REMEDY = "make it with: python synthesize.py seeds import CASES.csv SEEDS.jsonl"
CHANGE = ("who", "when", "column", "before", "after")


class Seed(NamedTuple):
    """One triplet; ``row["raw_labels"]`` has reasoning and a plan that passes the rule filter."""

    name: str
    trigger: str  # why it was picked, one of triggers.KINDS
    row: Row
    changes: list[dict[str, str]]


def read_seeds(path: str | Path = SEEDS) -> list[Seed]:
    """The seeds of a file, by default the shipped ones.

    Raises:
        InputError: no such file, a line that is no seed, a name twice, or a label that can't be used.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; {REMEDY}")
    seeds: dict[str, Seed] = {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason}); {REMEDY}") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            seed = _checked(seed_of_line(line, f"{path}: line {number}"), f"{path}: line {number}")
            if seed.name in seeds:
                raise InputError(f"{path}: line {number}: seed {seed.name} stands twice; {REMEDY}")
            seeds[seed.name] = seed
    if not seeds:
        raise InputError(f"{path}: no seeds in it; {REMEDY}")
    return list(seeds.values())


def write_seeds(path: str | Path, seeds: list[Seed]) -> None:
    """Writes seeds as a file that ``read_seeds`` reads, whole or not at all."""
    write_jsonl(path, (seed._asdict() for seed in seeds))


def seed_of_line(line: str, place: str) -> Seed:
    """The seed of a line, its label unchecked (a dropped case may have any); ``place`` begins the message.

    Raises:
        InputError: the line is no seed.
    """
    try:
        one = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: not JSON ({error}); {REMEDY}") from error
    if not isinstance(one, dict) or one.keys() != set(Seed._fields):
        raise InputError(f"{place}: not a seed, which has {', '.join(Seed._fields)}; {REMEDY}")
    seed = Seed(**one)
    if not isinstance(seed.name, str) or not isinstance(seed.trigger, str):
        raise InputError(f"{place}: name and trigger must be text; {REMEDY}")
    fields = seed.row if isinstance(seed.row, dict) else {}
    if fields.keys() != set(COLUMNS) or not all(isinstance(value, str) for value in fields.values()):
        raise InputError(f"{place}: row must hold the {len(COLUMNS)} GSISR columns as text; {REMEDY}")
    if not isinstance(seed.changes, list) or not all(map(_is_change, seed.changes)):
        raise InputError(f"{place} (seed {seed.name}): changes must be a list of {', '.join(CHANGE)}; {REMEDY}")
    return seed


def _is_change(one: object) -> bool:
    return isinstance(one, dict) and one.keys() == set(CHANGE) and all(isinstance(value, str) for value in one.values())


def _checked(seed: Seed, place: str) -> Seed:
    try:
        label = checked_label(seed.row)
    except LabelError as error:
        raise InputError(f"{place} (seed {seed.name}), column {LABEL}: {error}; {REMEDY}") from error
    if not label.blocks:
        raise InputError(f"{place} (seed {seed.name}), column {LABEL}: no reasoning; {REMEDY}")
    return seed
