"""Human-in-the-loop synthesis (GPlan, section 3.2): requests → triggers → seeds → teacher → filtered labels.

    python -m gplan.synthesis triggers ROWS.csv PICKED.csv         # which requests are worth a plan, and why
    python -m gplan.synthesis seeds export PICKED.csv CASES.csv    # cases for people to read and correct
    python -m gplan.synthesis seeds import CASES.csv SEEDS.jsonl
    python -m gplan.synthesis augment IN.csv OUT.csv               # the rule teacher's reasoning, curated plans kept
    python -m gplan.synthesis generate PICKED.csv FOLDER           # a teacher's plans and reasons, journalled
    python -m gplan.synthesis filter PICKED.csv FOLDER             # what may be trained on, and a report
    python -m gplan.synthesis run                                  # triggers, generate, filter: train.csv, valid.csv
    python -m gplan.synthesis twins IN.csv OUT.jsonl               # counterfactual twins, for alignment

Each step reads and writes files and can be repeated or continued.
"""

import sys

from config.command_line import run_verb
from utils import door

VERBS = {
    "triggers": ("gplan.synthesis.triggers", "pick the requests that are worth a plan, and say why"),
    "seeds": ("gplan.synthesis.seeds.cases", "export cases for people to correct, import what they made of them"),
    "augment": ("gplan.synthesis.augment", "put the rule teacher's reasoning in front of curated plans"),
    "generate": ("gplan.synthesis.generate", "ask a teacher for plans and reasons, journalled"),
    "filter": ("gplan.synthesis.filter", "keep what may be trained on, and write the report"),
    "run": ("gplan.synthesis.pipeline", "triggers, generate and filter, one step after the other"),
    "twins": ("gplan.synthesis.twins.counterfactual", "pair requests with counterfactual twins, for alignment"),
}


def main() -> int:
    return run_verb("synthesize", __doc__, VERBS)


if __name__ == "__main__":
    sys.exit(door(main))
