"""Parts a file's rows into folds: fold k holds out the rows i % FOLDS == k, in their order, and learns from the others.

python -m experiments.table.folds ROWS.csv FOLDER [--folds 5]    # FOLDER/fold_0/train.csv, fold_0/held_out.csv, …
"""

import sys
from pathlib import Path

from config.command_line import number
from data_process.schema import read_rows, write_rows
from utils import InputError, Parser, door


def main() -> int:
    parser = Parser(prog="python -m experiments.table.folds", description=__doc__)
    parser.add_argument("rows", help="GSISR CSV")
    parser.add_argument("folder", type=Path, help="takes a folder a fold")
    parser.add_argument("--folds", type=number(int, 2), default=5, help="how many [5]")
    args = parser.parse_args()
    rows = read_rows(args.rows)
    if len(rows) < args.folds:
        raise InputError(f"{args.rows}: {len(rows)} rows for {args.folds} folds; give a row for each at least")
    for fold in range(args.folds):
        folder = args.folder / f"fold_{fold}"
        folder.mkdir(parents=True, exist_ok=True)
        write_rows(folder / "train.csv", [row for i, row in enumerate(rows) if i % args.folds != fold])
        write_rows(folder / "held_out.csv", rows[fold :: args.folds])
    return 0


if __name__ == "__main__":
    sys.exit(door(main))
