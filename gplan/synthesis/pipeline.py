"""run: the whole pipeline, rows → triggers → teacher → filter → train.csv and valid.csv.

    python synthesize.py run                                      # embedded rows, the rule teacher
    python synthesize.py run --rows_csv log.csv --teacher llm     # TEACHER_URL, TEACHER_MODEL, TEACHER_API_KEY

    OUTPUT_DIR/picked.csv          rows that have a trigger, those for training first
               journal.jsonl       every answer
               labelled.csv, rejected.jsonl, synthesis_report.*      what generate and filter make of them
               train.csv, valid.csv

The same command goes on where one was cut off. Exit status as generate's; with 3, what has an answer is in the files.
"""

import argparse
import json
import random
from pathlib import Path

from data_process.files import check_writable, write_json
from data_process.schema import LABEL, Row, write_rows
from gplan.llm.asking import INCOMPLETE
from gplan.synthesis.augment import write_atomically
from gplan.synthesis.filter import Sorted, sort_answers
from gplan.synthesis.generate import generate
from gplan.synthesis.teachers.arguments import add_teacher_arguments
from gplan.synthesis.teachers.jobs import BAD_ROWS, job_rows
from gplan.synthesis.triggers import pick
from gplan.world.rows import META_SUFFIX, TEST_ROWS, TEST_SEED, TRAIN_ROWS, TRAIN_SEED, write_world
from utils import InputError, say

_SPLIT_SEED = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--rows_csv", type=Path, help="GSISR rows, with plans or without (default: embedded rows)")
    add("--valid_csv", type=Path, help="rows for valid.csv (default: some of the others, or embedded ones)")
    add("--valid_rows", type=int, help="without --valid_csv, how many: default a tenth, embedded 500 before picking")
    add("--rows", type=int, help="embedded rows to generate for training (default: 2400)")
    add("--output_dir", type=Path, default=Path("./output_synthesis"), help="default: ./output_synthesis")
    add("--real_sample", type=Path, help="GSISR rows to show the report's distributions of beside")
    add_teacher_arguments(parser)


def run(args: argparse.Namespace) -> int:
    out: Path = args.output_dir
    check_writable(out, "--output_dir").mkdir(parents=True, exist_ok=True)
    train, valid, source = _picked(args, out)
    picked = out / "picked.csv"
    write_rows(picked, train + valid)
    status = generate(args, train + valid, picked, out)
    if status not in (0, INCOMPLETE):
        return status
    result = sort_answers(train + valid, picked, out, plans=args.plans, real_sample=args.real_sample)
    _write(args, out, train, valid, source, result)
    return status


def _picked(args: argparse.Namespace, out: Path) -> tuple[list[Row], list[Row], Path]:
    """The rows with a trigger for training and for validation, and the file that the latter come from."""
    rows_csv, valid_csv, valid_rows = args.rows_csv, args.valid_csv, args.valid_rows
    for name in ("rows", "valid_rows"):
        if getattr(args, name) is not None and getattr(args, name) < 1:
            raise InputError(f"--{name} {getattr(args, name)}: give at least 1")
    if rows_csv is None:
        rows_csv = out / "world_train.csv"
        write_world(rows_csv, args.rows or TRAIN_ROWS, TRAIN_SEED)
        if valid_csv is None:
            valid_csv = out / "world_valid.csv"
            write_world(valid_csv, valid_rows or TEST_ROWS, TEST_SEED)
    train = _with_trigger(rows_csv, args, out / BAD_ROWS)
    if valid_csv is not None:
        return train, _with_trigger(valid_csv, args, out / f"valid_{BAD_ROWS}"), valid_csv
    count = valid_rows or max(1, len(train) // 10)
    if count >= len(train):
        raise InputError(f"{rows_csv}: {len(train)} rows have a trigger; give a --valid_rows below that")
    chosen = set(random.Random(_SPLIT_SEED).sample(range(len(train)), count))
    valid = [row for i, row in enumerate(train) if i in chosen]
    return [row for i, row in enumerate(train) if i not in chosen], valid, rows_csv


def _with_trigger(path: Path, args: argparse.Namespace, report: Path) -> list[Row]:
    rows = job_rows(path, args.plans, args.bad_rows, report)
    numbers = sorted({trigger.row for trigger in pick(rows)})
    say(f"{path}: {len(numbers):,} of {len(rows):,} rows have a trigger")
    if not numbers:
        raise InputError(f"{path}: no row has a trigger, so there is nothing to plan; give other rows")
    return [rows[number] for number in numbers]


def _write(
    args: argparse.Namespace, out: Path, train: list[Row], valid: list[Row], source: Path, result: Sorted
) -> None:
    """Writes train.csv and valid.csv, whose accepted rows are numbered through: those for training first."""
    parts = {"train.csv": range(len(train)), "valid.csv": range(len(train), len(train) + len(valid))}
    for name, numbers in parts.items():
        rows = [result.accepted[number] for number in numbers if number in result.accepted]
        if not rows:
            raise InputError(f"{out / name}: no row for it was accepted; see {out / 'rejected.jsonl'} for the reasons")
        write_atomically(out / "journal.jsonl", out / name, rows)  # which has no metadata beside it
        say(f"{out / name}: {len(rows):,} rows")
    meta = Path(f"{source}{META_SUFFIX}")
    kept = args.plans == "keep" and all(row[LABEL].strip() for row in valid)
    if meta.is_file() and kept and all(number in result.accepted for number in parts["valid.csv"]):
        # Still the expert's own labels, of every row that was picked by what it shows: test.py may give ceilings.
        written = json.loads(meta.read_text(encoding="utf-8")) | {"rows": len(valid)}
        write_json(f"{out / 'valid.csv'}{META_SUFFIX}", written)
