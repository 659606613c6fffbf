"""Markup in a text: bold marks are taken off, and rows of tables read as sentences.

    "| 店 | 人均 |\n|---|---|\n| **照野** | 148 元 |"  →  "照野 人均 148 元。\n"

Every character keeps the place in the given text that it comes from.
"""

import re

_MARKS = re.compile(r"\*\*|__|`+|~~|(?m:^\s?#{1,6}\s)|(?m:^\s?>\s)")
_ROW = re.compile(r"[ ]*\|.*\|[ ]*(?:\n|$)")
_RULE = re.compile(r"[|\s:-]+")
_RIDE = re.compile(r"(?<![a-z\d])(?:[gdcztkyl]\d{1,4}|[a-z]{2,3}\d{3,4})(?!\d)")
HAS_MARKUP = re.compile(r"\*\*|__|`|~~|^\s?[#>]|\n\s?[#>]|\|[^\n]*\|")

Span = tuple[int, int]


class _Rewriting:
    """A text that is put together from pieces of another."""

    def __init__(self, text: str, origins: list[int]):
        self.text, self.origins = text, origins
        self.parts: list[str] = []
        self.places: list[int] = []

    def take(self, start: int, end: int) -> None:
        self.parts.append(self.text[start:end])
        self.places += self.origins[start:end]

    def add(self, text: str, at: int) -> None:
        """Characters of ours, said to come from a place of the text."""
        self.parts.append(text)
        self.places += [self.origins[min(at, len(self.origins) - 1)]] * len(text)


def without_markup(text: str, origins: list[int]) -> tuple[str, list[int], list[Span]]:
    """A text without markup, the origin of each character, and where bold words stand in it."""
    text, origins = _tables_told(text, origins)
    new, at, size = _Rewriting(text, origins), 0, 0
    bold: list[Span] = []
    opened = -1
    for match in _MARKS.finditer(text):
        new.take(at, match.start())
        size += match.start() - at
        at = match.end()
        if match.group() in ("**", "__"):
            if opened >= 0 and "\n" not in text[opened : match.start()]:
                bold.append((size - (match.start() - opened), size))
                opened = -1
            else:
                opened = at
    new.take(at, len(text))
    return "".join(new.parts), new.places, bold


def _tables_told(text: str, origins: list[int]) -> tuple[str, list[int]]:
    if "|" not in text:
        return text, origins
    new = _Rewriting(text, origins)
    head: list[Span] = []
    lines = re.finditer(r"[^\n]*\n?", text)
    for line in lines:
        if not _ROW.fullmatch(line.group()) or not line.group():
            new.take(*line.span())
            head = []
            continue
        cells = _cells(text, *line.span())
        if _RULE.fullmatch(line.group().strip()):
            continue
        if not head:
            head = cells  # its words come back beside each value
            continue
        _row_told(new, head, cells)
    return "".join(new.parts), new.places


def _cells(text: str, start: int, end: int) -> list[Span]:
    """``|a| b |`` → where a and b stand."""
    found = []
    for match in re.finditer(r"[^|\n]+", text[start:end]):
        cell = match.group()
        left = len(cell) - len(cell.lstrip())
        found.append((start + match.start() + left, start + match.start() + max(left, len(cell.rstrip()))))
    if found and found[-1][0] == found[-1][1]:  # blanks behind the last bar
        found.pop()
    return found


def _row_told(new: _Rewriting, head: list[Span], cells: list[Span]) -> None:
    """A row as a sentence for each cell: what the row is about, the column's head, and the cell."""
    if len(cells) > 2 and new.text[slice(*cells[0])].strip("第. ").isdigit():
        head, cells = head[1:], cells[1:]  # a number that counts the rows
    if not cells:
        return
    about = [cells[0]]
    told = [cell for n, cell in enumerate(cells[1:], 1) if n >= len(head) or "其他" not in new.text[slice(*head[n])]]
    rides = [match for cell in told for match in _RIDE.finditer(new.text, *cell)]
    if len(rides) == 1:
        about.append(rides[0].span())
    if len(cells) == 1:
        new.take(*cells[0])
        new.add("。", cells[0][1] - 1)
    for number, cell in enumerate(cells[1:], 1):
        if cell[0] == cell[1]:
            continue
        for each in about:
            if each[0] != cell[0]:
                new.take(*each)
                new.add(" ", each[0])
        if number < len(head):
            new.take(*head[number])
            new.add(" ", cell[0])
        new.take(*cell)
        new.add("。", cell[1] - 1)
    new.add("\n", cells[-1][1])
