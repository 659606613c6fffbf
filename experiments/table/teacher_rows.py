"""Training rows, and the anchors of their twins with the teacher's plans: what alignment sees, without preference.

python -m experiments.table.teacher_rows TRAIN.csv TWINS.jsonl OUT.csv
"""

import sys

from data_process.schema import LABEL, read_rows, write_rows
from data_process.twins import read_pairs
from gplan.synthesis.rules.rule_teacher import RuleTeacher
from utils import Parser, door


def main() -> int:
    parser = Parser(prog="python -m experiments.table.teacher_rows", description=__doc__)
    parser.add_argument("rows", help="GSISR CSV with reasoning")
    parser.add_argument("twins", help="twins of its rows")
    parser.add_argument("out", help="GSISR CSV to write")
    args = parser.parse_args()
    teacher = RuleTeacher()
    anchors = [pair.anchor | {LABEL: teacher.label(pair.anchor, pair.plans[0])} for pair in read_pairs(args.twins)]
    write_rows(args.out, read_rows(args.rows) + anchors)
    return 0


if __name__ == "__main__":
    sys.exit(door(main))
