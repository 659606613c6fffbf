"""What command lines share: numbers with a least value, and verbs that are loaded when they are called."""

import argparse
import importlib
import sys
from collections.abc import Callable

from utils import Parser


def number(kind: type, least: float) -> Callable[[str], float]:
    """An argument type: a number of at least ``least``."""

    def read(text: str) -> float:
        value = kind(text)
        if not least <= value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} given; {least} or more is needed")
        return value

    read.__name__ = kind.__name__  # argparse names it when the text is no number at all
    return read


def run_verb(prog: str, description: str, verbs: dict[str, tuple[str, str]], argv: list[str] | None = None) -> int:
    """Runs the verb that the command line names; returns its exit status.

    Only the called verb's module is imported: help needs no torch, and one verb's missing package is no other's.

    Args:
        verbs: name -> the module that has its ``add_arguments(parser)`` and ``run(args) -> exit status``, and what it
            does, in a line. A module with ``VERBS`` of its own is a group: ``agent queries make``.
    """
    argv = sys.argv[1:] if argv is None else argv
    layout = {"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False}
    parser = Parser(prog=prog, description=description, **layout)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    called = next(iter(argv), None)  # the parser itself takes no options before the verb
    for name, (path, summary) in verbs.items():
        if name != called:
            commands.add_parser(name, help=summary)
            continue
        module = importlib.import_module(path)
        if hasattr(module, "VERBS"):
            return run_verb(f"{prog} {name}", module.__doc__ or "", module.VERBS, argv[1:])
        command = commands.add_parser(name, help=summary, description=module.__doc__, **layout)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    args = parser.parse_args(argv)
    return args.run(args)
