"""A pool: JSONL of annotated instructions, read in parts that know nothing of each other.

    {"text": "附近有药店吗", "primary": "discovery.…", "secondary": [], "difficulty": 1, …}     or "turns" for "text"

What else a line holds is no concern of the funnel, and stands in the output as it was.
"""

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from stagent.queries.task import TaskError, check_annotation
from stagent.queries.taxonomy import LEAVES, OTHER
from utils import InputError

# Rows and columns of every count: leaves, the class of what fits none, and difficulties.
LEAF_IDS = (*(leaf.id for leaf in LEAVES), OTHER)
DIFFICULTIES = (-1, 0, 1, 2, 3, 4, 5)
_ANNOTATE, _SCORE = "agent.py queries annotate", "agent.py queries score"


class PoolLine(NamedTuple):
    """What the funnel reads of a line.

    Attributes:
        text: turns are lines of it.
    """

    text: str
    primary: str
    secondary: tuple[str, ...]
    difficulty: int


class PoolError(ValueError):
    """A line that can't be used; the message names the field and what to do."""


class Part(NamedTuple):
    """A piece of a file from one line's beginning to another's, in bytes."""

    start: int
    end: int


def pool_line(value: Any) -> PoolLine:
    """A line of a pool from its JSON.

    Raises:
        PoolError
    """
    if not isinstance(value, dict):
        raise PoolError("an object is needed, with text, primary, secondary, difficulty")
    text = value.get("text")
    if text is None:
        turns = value.get("turns")
        if not isinstance(turns, list) or not all(isinstance(turn, str) for turn in turns):
            raise PoolError("text: a text is needed, or turns, a list of texts")
        text = "\n".join(turns)
    if not isinstance(text, str) or not text.strip():
        raise PoolError("text: a text that isn't empty is needed")
    primary, secondary, difficulty = (value.get(name) for name in ("primary", "secondary", "difficulty"))
    if not isinstance(primary, str):
        raise PoolError(f"primary: a leaf's id is needed; annotate first: {_ANNOTATE}")
    if not isinstance(secondary, list) or not all(isinstance(leaf, str) for leaf in secondary):
        raise PoolError(f"secondary: a list of leaves' ids is needed; annotate first: {_ANNOTATE}")
    if type(difficulty) is not int or difficulty not in DIFFICULTIES:
        raise PoolError(f"difficulty: a whole number from -1 to 5 is needed; score first: {_SCORE}")
    try:
        check_annotation(primary, secondary, (), {})
    except TaskError as error:
        raise PoolError(f"{error}; annotate again: {_ANNOTATE}") from None
    return PoolLine(text, primary, tuple(secondary), difficulty)


def parts_of(path: Path, size: int) -> list[Part]:
    """A file in parts of about ``size`` bytes, each of whole lines.

    Raises:
        InputError: no such file, or nothing in it.
    """
    try:
        with open(path, "rb") as file:
            end = file.seek(0, 2)
            cuts = [0]
            while cuts[-1] < end:
                file.seek(min(cuts[-1] + size, end) - 1)
                file.readline()
                cuts.append(file.tell())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    if not end:
        raise InputError(f"{path}: empty; a pool is a line of JSON an instruction")
    return [Part(start, stop) for start, stop in itertools.pairwise(cuts)]


def read_part(path: Path, part: Part) -> Iterator[tuple[int, int, PoolLine]]:
    """Offset and length in bytes, and content of each line; empty lines are passed over.

    Raises:
        InputError: a line that is broken or lacks something; names file and line.
    """
    with open(path, "rb") as file:
        file.seek(part.start)
        offset = part.start
        while offset < part.end:
            line = file.readline()
            if line.strip():
                try:
                    yield offset, len(line), pool_line(json.loads(line))
                except PoolError as error:
                    raise InputError(f"{_line(path, offset)}: {error}") from None
                except (ValueError, RecursionError) as error:
                    what = "not UTF-8" if isinstance(error, UnicodeDecodeError) else "no JSON"
                    what = f"{what} ({str(error)[:80]}); mend or remove the line"
                    raise InputError(f"{_line(path, offset)}: {what}") from None
            offset += len(line)


def line_numbers(path: Path, offsets: Iterable[int]) -> dict[int, int]:
    """The numbers, from 1, of the lines that begin at these bytes; one walk through the file."""
    numbers, line, done = {}, 1, 0
    with open(path, "rb") as file:
        for offset in sorted(set(offsets)):
            while done < offset:
                block = file.read(min(offset - done, 1 << 20))
                line += block.count(b"\n")
                done += len(block)
            numbers[offset] = line
    return numbers


def _line(path: Path, offset: int) -> str:
    return f"{path}, line {line_numbers(path, [offset])[offset]}"


def text_at(path: Path, offset: int) -> str:
    """The text of the line that begins at a byte."""
    with open(path, "rb") as file:
        file.seek(offset)
        return pool_line(json.loads(file.readline())).text
