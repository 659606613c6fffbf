"""Rows of a file that a user brings, and their fields; what is wrong is named: file, row, field, what is allowed.

A file is JSON lines, one JSON list of objects, or a CSV table with a head. A cell that holds a list or an object may
be JSON or, as tables written by Python have it, a Python literal.
"""

import ast
import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from stagent.queries.task import read_lines
from utils import InputError

_LONGEST_CELL = 2**27  # characters; a stored route has some 100,000
_SHOWN = 60
_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no", "")


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row.

    Attributes:
        number: of the line in JSON lines, of the entry in a list, of the row below a table's head; from 1.
        names: our name of a field -> the file's, where that is another.
    """

    path: Path
    number: int
    values: Mapping[str, Any]
    names: Mapping[str, str] = field(default_factory=dict)

    def wrong(self, name: str, problem: str, allowed: str) -> InputError:
        return InputError(f"{self.path}, row {self.number}, field {self._name(name)}: {problem}; {allowed}")

    def given(self, name: str) -> Any:
        """A field's value; None for one that is not there, null, or an empty cell."""
        value = self.values.get(self._name(name))
        return None if value is None or (isinstance(value, str) and not value.strip()) else value

    def text(self, name: str) -> str:
        """A text that must be there."""
        value = self.given(name)
        if value is None:
            have = "、".join(map(str, self.values))[:200]
            raise self.wrong(name, "not there, or empty", f"a text is needed (the row has {have})")
        if not isinstance(value, str):
            raise self.wrong(name, _short(value), "a text is needed")
        return value.strip()

    def words(self, name: str) -> str:
        """A text, or an object as text; empty where there is none."""
        value = self.given(name)
        if value is None:
            return ""
        return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def flag(self, name: str) -> bool:
        """Yes or no; no where there is nothing."""
        value = self.given(name)
        said = "" if value is None else str(value).strip().casefold().removesuffix(".0")
        if said in _TRUE:
            return True
        if said in _FALSE:
            return False
        raise self.wrong(name, _short(value), "true or false is needed")

    def moment(self, name: str, zone: tzinfo) -> datetime | None:
        """A day (09:00 is meant) or a time; None where there is none."""
        value = self.given(name)
        if value is None:
            return None
        try:
            read = datetime.fromisoformat(str(value).strip())
        except ValueError:
            raise self.wrong(name, _short(value), "an ISO 8601 day or time is needed, as 2026-01-05T09:00") from None
        if len(str(value).strip()) <= len("2026-01-05"):
            read = read.replace(hour=9)
        return read.replace(tzinfo=zone) if read.tzinfo is None else read.astimezone(zone)

    def literal(self, name: str, kind: type, what: str) -> Any:
        """A list or an object, None where there is none; ``what`` says in words what it must be."""
        value = self.given(name)
        if isinstance(value, str):
            value = literal_of(value)
        if value is not None and not isinstance(value, kind):
            raise self.wrong(name, _short(self.given(name)), f"{what} is needed, as JSON or as a Python literal")
        return value

    def _name(self, name: str) -> str:
        return self.names.get(name, name)


def literal_of(text: str) -> Any:
    """``literal_of("{'a': 1}") == {"a": 1}``; a text that is no list or object, of plain data, stays as it is."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text.strip())
            json.dumps(value)  # a set, bytes: no data of a benchmark
            return value
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
    return text


def file_rows(path: Path, names: Mapping[str, str]) -> Iterator[FileRow]:
    """The rows of a file.

    Raises:
        InputError: no such file, none of these formats, no rows, or a row that is no object.
    """
    readers = {".jsonl": read_lines, ".json": _list_rows, ".csv": _table_rows}
    if path.suffix not in readers:
        raise InputError(f"{path}: name a file that ends in .jsonl, .json or .csv")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    number = 0
    for number, value in readers[path.suffix](path):
        if not isinstance(value, dict):
            raise InputError(f"{path}, row {number}: {_short(value)}; an object with fields is needed")
        yield FileRow(path, number, value, names)
    if not number:
        raise InputError(f"{path}: no rows in it; give the benchmark's file")


def _list_rows(path: Path) -> Iterator[tuple[int, Any]]:
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: no JSON ({str(error)[:80]}); give the benchmark's file as it is") from None
    if not isinstance(values, list):
        raise InputError(f"{path}: {_short(values)}; a list of objects is needed")
    yield from enumerate(values, 1)


def _table_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    csv.field_size_limit(_LONGEST_CELL)
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            for number, cells in enumerate(csv.DictReader(file, strict=True), 1):
                if None in cells or None in cells.values():
                    raise InputError(f"{path}, row {number}: not as many cells as the head; mend the row")
                yield number, cells
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: no CSV table in UTF-8 ({str(error)[:80]}); give the file as it is") from None


def names_of(words: list[str], known: tuple[str, ...], flag: str) -> dict[str, str]:
    """``names_of(["query=question"], ("query",), "--field") == {"query": "question"}``"""
    names = {}
    for word in words:
        ours, _, theirs = word.partition("=")
        if ours not in known or not theirs:
            raise InputError(f"{flag} {word}: give NAME=FIELD, with NAME one of {', '.join(known)}")
        names[ours] = theirs
    return names


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"{text[:_SHOWN]!r}" + ("…" if len(text) > _SHOWN else "")
