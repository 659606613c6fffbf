"""Tables of a GTFS feed: rows that know where they stand, so that an error names file, row and column."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

from utils import InputError


class FeedRow:
    """A row of a table; columns that aren't there are "".

    ``row["stop_id"]``, ``row.number("stop_lat")``, ``row.second("arrival_time")``, ``row.day("date")``
    """

    __slots__ = ("_at", "_values", "_where")

    def __init__(self, where: str, at: int, values: dict[str, str]):
        self._where, self._at, self._values = where, at, values

    def __getitem__(self, column: str) -> str:
        return self._values.get(column, "")

    def wrong(self, column: str, wanted: str) -> InputError:
        """The error for a value that can't be used."""
        return InputError(f"{self._where}, row {self._at}, {column} is {self[column]!r}: {wanted} is needed")

    def number(self, column: str, least: float, most: float) -> float:
        """Raises InputError for what is no number from ``least`` to ``most``."""
        try:
            value = float(self[column])
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise self.wrong(column, f"a number from {least:g} to {most:g}")
        return value

    def whole(self, column: str, least: int, most: int) -> int:
        """Raises InputError for what is no whole number from ``least`` to ``most``."""
        text = self[column]
        if not (text.isascii() and text.isdecimal() and len(text) < 19 and least <= int(text) <= most):
            raise self.wrong(column, f"a whole number from {least} to {most}")
        return int(text)

    def second(self, column: str) -> int:
        """Seconds after midnight of ``25:10:00``. Raises InputError."""
        second = second_of(self[column])
        if second is None:
            raise self.wrong(column, "a time HH:MM:SS")
        return second

    def day(self, column: str) -> date:
        """Raises InputError for what is no day ``20260105``."""
        text = self[column]
        try:
            if len(text) != 8 or not text.isdecimal():
                raise ValueError
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            raise self.wrong(column, "a day YYYYMMDD") from None


@lru_cache(maxsize=200_000)
def second_of(text: str) -> int | None:
    """Seconds after midnight of ``25:10:00``, None: it is no time."""
    parts = text.split(":")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) <= 3 for part in parts):
        return None
    hours, minutes, seconds = map(int, parts)
    return 3600 * hours + 60 * minutes + seconds if hours < 100 and minutes < 60 and seconds < 60 else None


class FeedTable:
    """One file of a feed.

    Args:
        needed: columns that must be there.

    Raises:
        InputError: while it is read: a column that is missing, text that is no UTF-8 or no CSV, a broken zip.
    """

    def __init__(self, feed: "Feed", name: str, needed: Sequence[str]):
        self._feed, self._name, self._needed = feed, name, needed
        self.where = f"{feed.path}: {name}"

    def __iter__(self) -> Iterator[FeedRow]:
        names: list[str] = []
        for at, values in self._lines():
            if not names:
                names = values
            else:
                # a value that a short row lacks is "", one beyond the last column belongs to none
                yield FeedRow(self.where, at, dict(zip(names, map(str.strip, values), strict=False)))

    def tuples(self, *columns: str) -> Iterator[tuple]:
        """Of each row its number and the values of two columns or more: for tables with millions of rows."""
        pick, width = None, 0
        for at, values in self._lines():
            if pick is None:
                pick, width = itemgetter(*(values.index(name) for name in columns)), len(values)
            else:
                yield at, *map(str.strip, pick(values if len(values) >= width else values + [""] * width))

    def row(self, at: int, **values: str) -> FeedRow:
        """A row of ``tuples``, to read its values or to name it in an error."""
        return FeedRow(self.where, at, values)

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """The header, then every row, with the number of the line."""
        try:
            with self._feed.archive.open(self._name) as raw:
                reader = csv.reader(io.TextIOWrapper(raw, "utf-8-sig", newline=""), strict=True)
                header = [name.strip() for name in next(reader, [])]
                missing = [name for name in self._needed if name not in header]
                if missing:
                    raise InputError(f"{self.where} has no column {', '.join(missing)}; a GTFS feed needs it")
                yield 1, header
                for values in reader:
                    if values:
                        yield reader.line_num, values
        except UnicodeDecodeError:
            raise InputError(f"{self.where} is no UTF-8 text; give a feed whose tables are") from None
        except (csv.Error, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            raise InputError(f"{self.where} can't be read ({error}); give a whole feed") from None


class Feed:
    """The tables of a zip file.

    Raises:
        InputError: there is no such file, or it is no zip file.
    """

    def __init__(self, path: Path):
        self.path = path
        try:
            self.archive = zipfile.ZipFile(path)
        except FileNotFoundError:
            raise InputError(f"{path}: there is no such file; give a GTFS feed, feed.zip") from None
        except (zipfile.BadZipFile, OSError) as error:
            raise InputError(f"{path} is no zip file ({error}); give a GTFS feed, feed.zip") from None
        self._names = set(self.archive.namelist())

    def has(self, name: str) -> bool:
        return name in self._names

    def table(self, name: str, *needed: str) -> FeedTable:
        """Raises InputError where the file is missing."""
        if name not in self._names:
            raise InputError(f"{self.path}: {name} is missing at the zip file's top; a GTFS feed needs it")
        return FeedTable(self, name, needed)
