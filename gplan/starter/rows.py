"""Rows where none are named: the public files if somebody put them there, else the embedded ones.

Embedded rows come from the world, with the rule teacher's reasoning; they are made on first use and cached.
"""

import json
from pathlib import Path

from filelock import FileLock

from data_process.cache import cached, digest
from data_process.files import write_json
from data_process.response import parse_label
from data_process.schema import LABEL, Row, write_rows
from gplan.synthesis.rules.rule_teacher import FORMAT, RuleTeacher
from gplan.synthesis.teachers.by_rules import rules
from gplan.synthesis.twins import counterfactual
from gplan.world.rows import META_SUFFIX, TEST_ROWS, TEST_SEED, TRAIN_ROWS, TRAIN_SEED, WORLD_VERSION, generate
from utils import ROOT, say

TWIN_SEED = 1
# As many as the embedded preset's epochs take, so that none is seen twice: rows cost nothing to make, and what is seen
# often is learnt by heart (docs/log.md). Twins are of the first TRAIN_ROWS alone.
EMBEDDED_ROWS = 13 * TRAIN_ROWS
# Where the released train.csv and test.csv are looked for.
PUBLIC = ROOT / "data_process" / "dataset"


def training_rows(train: str | None, valid: str | None) -> tuple[str, str | None]:
    """Paths of rows to train on, and of held-out ones.

    Args:
        train: the user's file. Embedded rows are never held out beside it: they are of another world.
        valid: the user's file; ``""``: none beside a file to train on.
    """
    train = train or public("train.csv")
    if valid is None:
        valid = public("test.csv")
    if train is None:
        train, valid = str(embedded_rows()), valid or str(embedded_held_out())
    return train, valid


def held_out_rows(valid: str | None) -> str:
    """Path of rows to score on; ``valid`` is the user's file."""
    return valid or public("test.csv") or str(embedded_held_out())


def twins(train: str | None, valid: str | None) -> tuple[str, str | None]:
    """Paths of twins to train on, and of held-out ones, as ``training_rows`` has them."""
    if train is None:
        train, held_out = map(str, embedded_twins())
        valid = valid or held_out
    return train, valid


def public(name: str) -> str | None:
    """The path of a public file, where it is there."""
    path = PUBLIC / name
    return str(path) if path.is_file() else None


def embedded_rows() -> Path:
    """Path of the training CSV, with reasoning."""
    return _csv("train", EMBEDDED_ROWS, TRAIN_SEED)


def first_embedded_rows() -> Path:
    """Path of the first of those rows, as many as twins are made of: what tables compare models on."""
    return _csv("train", TRAIN_ROWS, TRAIN_SEED)


def embedded_held_out() -> Path:
    """Path of the held-out CSV, with reasoning: other people live in it."""
    return _csv("test", TEST_ROWS, TEST_SEED)


def embedded_twins() -> tuple[Path, Path]:
    """Paths of the twins of the first training rows and of the held-out rows, both plans by the rule teacher."""
    return _twins(first_embedded_rows()), _twins(embedded_held_out())


def _csv(name: str, rows: int, seed: int) -> Path:
    settings = json.dumps([rows, seed, WORLD_VERSION, FORMAT])
    target = cached("embedded", f"{name}-{digest(settings)}.csv")
    with FileLock(f"{target}.lock"):
        # A line a row: a file that was cut would be trained on, short as it is.
        if not target.exists() or target.read_bytes().count(b"\n") != rows + 1:
            say(f"generating {rows} {name} rows: {target}")
            write_json(f"{target}{META_SUFFIX}", {"world_version": WORLD_VERSION, "seed": seed, "rows": rows})
            write_rows(target, labelled(rows, seed))
    return target


def _twins(source: Path) -> Path:
    target = _twins_path(source)
    with FileLock(f"{target}.lock"):
        if not target.exists():
            say(f"looking for twins: {target}")
            counterfactual.write_twins(source, target, rules, seed=TWIN_SEED)
    return target


def _twins_path(source: Path) -> Path:
    # The source's name holds the digest of what its rows come from.
    return source.with_name(f"twins-{source.stem}-{counterfactual.FORMAT}.jsonl")


def labelled(rows: int, seed: int) -> list[Row]:
    """World rows whose labels carry the rule teacher's reasoning before the plan."""
    teacher = RuleTeacher()
    return [{**row, LABEL: teacher.label(row, parse_label(row[LABEL]).plan)} for row in generate(rows, seed)]
