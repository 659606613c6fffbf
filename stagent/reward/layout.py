"""How a text is laid out: its lines, which of them are entries of a list, and cells of tables with what heads them.

| 店 | 人均 |          the cell 148 元 is of the row headed by 照野牛排馆 and the column headed by 人均
|---|---|
| 照野牛排馆 | 148 元 |
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

_LINE = re.compile(r"[^\n]*\n?")
_ENTRY = re.compile(
    r"\s*(?:[-*•·–▪◦]|\d{1,2}[.、)]|[一二三四五六七八九十]、|[①-⑳]|[^\w\s\u3000-\u303f「“|(]{1,3}\s)\s*"
)
_RULE = re.compile(r"\s*\|?[\s|:-]*-[\s|:-]*\|?\s*")

Span = tuple[int, int]


class TableCell(NamedTuple):
    """Spans of a cell, of its row's first cell, of its row, and of its column's head."""

    own: Span
    first: Span
    row: Span
    head: Span


class Layout:
    """Lines of a text.

    Attributes:
        lines: where each line begins and ends; entries: numbers of lines that are entries of a list.
    """

    def __init__(self, text: str):
        self.text = text
        self.lines = [match.span() for match in _LINE.finditer(text) if match.end() > match.start()]
        self._starts = [start for start, _ in self.lines]
        self.entries = (
            [n for n, (start, end) in enumerate(self.lines) if _ENTRY.match(text, start, end)]
            if len(self.lines) > 1
            else []
        )
        self.tables = list(self._tables()) if "|" in text and len(self.lines) > 2 else []

    def number(self, at: int) -> int:
        return max(0, bisect_right(self._starts, at) - 1)

    def line(self, at: int) -> Span:
        """The line in which a character stands."""
        return self.lines[self.number(at)] if self.lines else (0, 0)

    def is_entry(self, at: int) -> bool:
        return self.number(at) in self.entries

    def cell(self, at: int) -> TableCell | None:
        """The cell of a table in which a character stands; None: it stands in no table's body."""
        for head, rows in self.tables:
            for row in rows:
                if row and row[0][0] <= at < row[-1][1]:
                    number = next((n for n, (_, end) in enumerate(row) if at < end), 0)
                    column = head[number] if number < len(head) else (0, 0)
                    return TableCell(row[number], row[0], (row[0][0], row[-1][1]), column)
        return None

    def _tables(self) -> Iterator[tuple[list[Span], list[list[Span]]]]:
        """Cells of each table's head, and of its rows."""
        for number in range(1, len(self.lines)):
            rule = self.text[slice(*self.lines[number])].rstrip("\n")
            if "|" not in rule or not _RULE.fullmatch(rule) or "|" not in self.text[slice(*self.lines[number - 1])]:
                continue
            rows = []
            for line in self.lines[number + 1 :]:
                if "|" not in self.text[slice(*line)]:
                    break
                rows.append(self._cells(*line))
            yield self._cells(*self.lines[number - 1]), rows

    def _cells(self, start: int, end: int) -> list[Span]:
        text = self.text[start:end].rstrip()
        end = start + len(text)
        start += len(text) - len(text.lstrip())
        start += text.lstrip().startswith("|")
        found, at = [], start
        while at < end:
            stop = self.text.find("|", at, end)
            stop = end if stop < 0 else stop
            found.append((at, stop))
            at = stop + 1
        return found
