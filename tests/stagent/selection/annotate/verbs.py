"""The verbs of this room as a user runs them."""

import importlib

from utils import Parser


def verb(name, *words):
    """``agent.py queries NAME …`` without the door: its exit status, or what it raises."""
    module = importlib.import_module(f"stagent.selection.annotate.{name}")
    parser = Parser()
    module.add_arguments(parser)
    return module.run(parser.parse_args([str(word) for word in words]))
