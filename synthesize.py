"""Human-in-the-loop synthesis (GPlan, section 3.2): requests → triggers → seeds → teacher → filtered labels.

    python synthesize.py triggers ROWS.csv PICKED.csv         # which requests are worth a plan, and why
    python synthesize.py seeds export PICKED.csv CASES.csv    # cases for people to read and correct
    python synthesize.py seeds import CASES.csv SEEDS.jsonl
    python synthesize.py generate PICKED.csv FOLDER           # a teacher's plans and reasons, journalled
    python synthesize.py filter PICKED.csv FOLDER             # what may be trained on, and a report
    python synthesize.py run                                  # triggers, generate and filter: train.csv and valid.csv
    python synthesize.py twins IN.csv OUT.jsonl               # counterfactual twins, for alignment

Each step reads and writes files and can be repeated or continued.
"""

import argparse
import importlib
import sys

from utils import door

# Command -> the module that has its add_arguments(parser) and run(args) -> exit status, and what it does. Only the
# called command's module is imported: help needs no torch, and one command's missing package no other's.
COMMANDS = {
    "triggers": ("synthesis.triggers", "pick the requests that are worth a plan, and say why"),
    "seeds": ("synthesis.seed_cases", "export cases for people to correct, import what they made of them"),
    "generate": ("synthesis.generate", "ask a teacher for plans and reasons, journalled"),
    "filter": ("synthesis.filter", "keep what may be trained on, and write the report"),
    "run": ("synthesis.pipeline", "all of it, one step after the other"),
    "twins": ("synthesis.counterfactual", "pair requests with counterfactual twins, for alignment"),
}


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="synthesize.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    # The parser itself takes no options before the command.
    called = next(iter(argv), None)
    for name, (path, summary) in COMMANDS.items():
        if name != called:
            commands.add_parser(name, help=summary)
            continue
        module = importlib.import_module(path)
        command = commands.add_parser(
            name,
            help=summary,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser.parse_args(argv)


def main() -> int:
    args = parse_arguments(sys.argv[1:])
    return args.run(args)


if __name__ == "__main__":
    sys.exit(door(main))
