"""What is done beside a running server.

python -m gplan.serving ab plans.jsonl clicks.jsonl     # click-through rates of an A/B test's arms
"""

import sys

from config.command_line import run_verb
from utils import door

VERBS = {"ab": ("gplan.serving.ab", "compare the arms of an A/B test")}


def main() -> int:
    return run_verb("python -m gplan.serving", __doc__, VERBS)


if __name__ == "__main__":
    sys.exit(door(main))
