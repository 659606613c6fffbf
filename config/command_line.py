"""What the command lines of entry scripts share: errors on one line, and numbers with a least value."""

import argparse
from collections.abc import Callable
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that says what is wrong as any other bad input is said: on one line, with status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}\n")


def number(kind: type, least: float) -> Callable[[str], float]:
    """An argument type: a number of at least ``least``."""

    def read(text: str) -> float:
        value = kind(text)
        if not least <= value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} given; {least} or more is needed")
        return value

    read.__name__ = kind.__name__  # argparse names it when the text is no number at all
    return read
