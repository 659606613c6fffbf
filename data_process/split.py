"""Splits a GSISR file at random into a training and a validation file.

python -m data_process.split IN.csv TRAIN.csv VALID.csv --valid_rows 100 [--seed 0]
"""

import random
import sys
from pathlib import Path

from data_process.schema import write_rows
from data_process.usable import add_bad_rows, read_usable
from utils import InputError, Parser, door


def split(path: str, train: str, valid: str, *, valid_rows: int, seed: int, bad_rows: str = "stop") -> tuple[int, int]:
    """Writes both files, rows in their old order, and returns how many each holds.

    Raises:
        InputError: unreadable input, no rows left for training, or a target that exists already.
    """
    rows = read_usable(path, bad_rows, f"{train}.bad_rows.jsonl").rows
    if not 0 < valid_rows < len(rows):
        raise InputError(f"{path}: --valid_rows {valid_rows} of {len(rows)} rows; give 1 to {len(rows) - 1}")
    for target in (train, valid):
        if Path(target).exists():
            raise InputError(f"{target}: the file exists; name another or remove it")
    chosen = set(random.Random(seed).sample(range(len(rows)), valid_rows))
    parts = [row for i, row in enumerate(rows) if i not in chosen], [row for i, row in enumerate(rows) if i in chosen]
    for target, part in zip((train, valid), parts, strict=True):
        write_rows(target, part)
    return len(parts[0]), len(parts[1])


def main() -> int:
    parser = Parser(description="Split a GSISR file at random.")
    parser.add_argument("file", help="GSISR CSV")
    parser.add_argument("train", help="CSV to write: the training rows")
    parser.add_argument("valid", help="CSV to write: the validation rows")
    parser.add_argument("--valid_rows", type=int, required=True, help="rows for validation")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    add_bad_rows(parser)
    args = parser.parse_args()
    drawn = {"valid_rows": args.valid_rows, "seed": args.seed, "bad_rows": args.bad_rows}
    counts = split(args.file, args.train, args.valid, **drawn)
    print(f"{args.train}: {counts[0]} rows; {args.valid}: {counts[1]} rows")
    return 0


if __name__ == "__main__":
    sys.exit(door(main))
