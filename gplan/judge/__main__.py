"""The judge (GPlan, section 5.3): Flow, Logic and ST of plans, 1 to 5, without a label.

python -m gplan.judge score PREDICTIONS.jsonl … --valid_csv rows.csv     # means with intervals
python -m gplan.judge compare A.jsonl B.jsonl --valid_csv rows.csv       # paired; judge_report.html
python -m gplan.judge check                                              # is the judge one? tested without labels
python -m gplan.judge agree SCORES.jsonl OTHER_SCORES.jsonl              # of two judges on the same plans
"""

import sys

from config.command_line import run_verb
from utils import door

VERBS = {
    "score": ("gplan.judge.score", "score prediction files"),
    "compare": ("gplan.judge.compare", "two prediction files against each other, row by row"),
    "check": ("gplan.judge.check", "test a judge by changes whose effect is known"),
    "agree": ("gplan.judge.agree", "how far two judges agree"),
}


def main() -> int:
    return run_verb("python -m gplan.judge", __doc__, VERBS)


if __name__ == "__main__":
    sys.exit(door(main))
