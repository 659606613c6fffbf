"""What the planner is checked and exported with.

python -m gplan.planner agreement --model output --csv rows.csv     # the plans of token-by-token decoding?
python -m gplan.planner ebnf --model output                         # its grammar, for other engines
python -m gplan.planner completions --model output --csv rows.csv   # request bodies for an engine that has it
"""

import sys

from config.command_line import run_verb
from utils import door

VERBS = {
    "agreement": ("gplan.planner.agreement", "compare its plans with Hugging Face's generate"),
    "ebnf": ("gplan.planner.ebnf", "print the grammar of valid plans"),
    "completions": ("gplan.planner.completions", "print a request body a row, for vLLM"),
}


def main() -> int:
    return run_verb("python -m gplan.planner", __doc__, VERBS)


if __name__ == "__main__":
    sys.exit(door(main))
