"""The world: generated requests with their plans, and how far they are from real ones.

python -m gplan.world --rows 5000 --seed 1 --out world.csv
python -m gplan.world --compare real.csv [--json]
python -m gplan.world --forest train.csv valid.csv          # Acc@1 of a random forest on comparisons
"""

import argparse
import sys

from config.command_line import number
from data_process.usable import add_bad_rows
from gplan.world.rows import WORLD_VERSION, write_world
from utils import Parser, door


def main() -> int:
    parser = Parser(
        prog="python -m gplan.world", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=number(int, 1), default=1000, help="number of rows (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of people, trips and plans (default: 1)")
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--out", metavar="FILE.csv", help="CSV to write; FILE.csv.meta.json is written beside it")
    wanted.add_argument("--compare", metavar="REAL.csv", help="print the world's distances from a real file instead")
    wanted.add_argument("--forest", nargs=2, metavar=("TRAIN.csv", "VALID.csv"), help="try a forest on two files")
    parser.add_argument("--json", action="store_true", help="with --compare: print JSON and nothing else")
    add_bad_rows(parser)
    args = parser.parse_args()
    if args.out:
        write_world(args.out, args.rows, args.seed)
        print(f"{args.out}: {args.rows} rows of the world, version {WORLD_VERSION}, seed {args.seed}")
        return 0
    from gplan.world.realism import forest_report, report  # scikit-learn is needed for these alone

    if args.compare:
        return report(args.compare, seed=args.seed, as_json=args.json, bad_rows=args.bad_rows)
    print(forest_report(*args.forest, bad_rows=args.bad_rows))
    return 0


if __name__ == "__main__":
    sys.exit(door(main))
