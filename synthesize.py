"""Human-in-the-loop synthesis (GPlan, section 3.2): requests → triggers → seeds → teacher → filtered labels.

    python synthesize.py triggers ROWS.csv PICKED.csv         # which requests are worth a plan, and why
    python synthesize.py seeds export PICKED.csv CASES.csv    # cases for people to read and correct
    python synthesize.py seeds import CASES.csv SEEDS.jsonl
    python synthesize.py generate PICKED.csv FOLDER           # a teacher's plans and reasons, journalled
    python synthesize.py filter PICKED.csv FOLDER             # what may be trained on, and a report

Each step reads and writes files and can be repeated or continued.
"""

import argparse
import importlib
import sys

from data_process.schema import DataError

# Command -> the module that has its add_arguments(parser) and run(args) -> exit status.
COMMANDS = {
    "triggers": "synthesis.triggers",
    "seeds": "synthesis.seed_cases",
    "generate": "synthesis.generate",
    "filter": "synthesis.filter",
}


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        module = importlib.import_module(module)
        command = commands.add_parser(
            name,
            help=module.__doc__.splitlines()[0].partition(": ")[2],
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser.parse_args(argv)


def main() -> int:
    args = parse_arguments()
    try:
        return args.run(args)
    except (DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
