"""The case sheet as a file: CSV that spreadsheets open right, and whatever they make of it when they save it.

Written as UTF-8 with a byte order mark (without it Excel reads another encoding), commas, ``\\r\\n``, every field
quoted, and no cell that begins like a formula. Read back: UTF-8 with or without the mark, UTF-16 (Excel's "Unicode
text") and GB18030 (Chinese Excel's "CSV"); comma, semicolon or tab; any line ends; typographic quotes for quoting;
columns in any order, empty ones at the end.
"""

import csv
import io
import re
from pathlib import Path
from typing import NamedTuple

from data_process.files import whole
from gplan.synthesis.seeds.cells import guard, unguard
from utils import InputError

INTENTS = tuple(f"intent_{i}" for i in range(1, 10))
BLOCKS = ("CONTEXT", "STRATEGY", *(f"STEP_{i}" for i in range(1, 10)))
EDITABLE = ("verdict", "corrected_by", "note", "CONTEXT", "STRATEGY", *INTENTS, *BLOCKS[2:])
# Intent and step side by side, so that both move when one is put in between; what a machine needs stands last.
SHEET_COLUMNS = (
    *("case", "name", "trigger", "why", "when", "where", "order", "person", "history", "filter"),
    *("verdict", "corrected_by", "note", "CONTEXT", "STRATEGY"),
    *(name for i in range(1, 10) for name in (f"intent_{i}", f"STEP_{i}")),
    *("check", "row"),
)
SAVE_AS = "save the sheet as CSV UTF-8"
_SEPARATORS = (",", ";", "\t")
_SMART = "“”„‟″＂"
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


class SheetRow(NamedTuple):
    """One line of a sheet: ``row`` counts cases from 0, ``line`` is what the spreadsheet numbers it with."""

    row: int
    line: int
    cells: dict[str, str]  # the columns that the sheet has
    stray: list[str]  # what stands under no heading


def write_sheet(path: Path, cases: list[dict[str, str]]) -> None:
    """Writes the cells of ``SHEET_COLUMNS``; the file is whole or not there."""
    with whole(path) as partial, open(partial, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(SHEET_COLUMNS)
        writer.writerows([guard(case[name]) for name in SHEET_COLUMNS] for case in cases)


def read_sheet(path: Path) -> list[SheetRow]:
    """The rows of a sheet; empty lines count as lines of the spreadsheet and as no row.

    Raises:
        InputError: no such file, a workbook, another encoding, not CSV, or a header that is not the sheet's.
    """
    records = _records(path)
    header = _header(path, records[0] if records else [])
    rows = []
    for line, fields in enumerate(records[1:], start=2):
        if not any(field.strip() for field in fields):
            continue
        fields = fields + [""] * (len(header) - len(fields))
        cells = {name: unguard(field) for name, field in zip(header, fields, strict=False) if name}
        named = [bool(name) for name in header] + [False] * (len(fields) - len(header))
        stray = [field for field, known in zip(fields, named, strict=True) if field.strip() and not known]
        rows.append(SheetRow(len(rows), line, cells, stray))
    if not rows:
        raise InputError(f"{path}: a header but no cases; give the sheet with its rows")
    return rows


def _records(path: Path) -> list[list[str]]:
    if not path.is_file():
        raise InputError(f"{path}: no such file; make one with: python synthesize.py seeds export")
    text = _decode(path, path.read_bytes())
    # Excel's own first line: it says the separator and is not shown.
    text = re.sub(r'\A"?sep=.?"?[\r\n]+', "", text)
    # Every sheet holds straight quotes, in the JSON of its rows at least: without any, others stand for them.
    smart = '"' not in text and any(mark in text for mark in _SMART)
    read = _read_smart if smart else _read_csv
    first = text.split("\n")[0].split("\r")[0]
    separator = max(_SEPARATORS, key=first.count)
    return read(path, text, separator)


def _decode(path: Path, data: bytes) -> str:
    if data.startswith(_WORKBOOKS):
        raise InputError(f"{path}: a workbook, not CSV; {SAVE_AS}")
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    # A wrong guess between UTF-8 and GB18030 can't pass: the check of a row covers its Chinese text.
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InputError(f"{path}: neither UTF-8, UTF-16 nor GB18030; {SAVE_AS}")


def _read_csv(path: Path, text: str, separator: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return list(reader)
    except csv.Error as error:
        raise InputError(
            f"{path}: text line {reader.line_num} is not CSV ({error}); open the sheet in a spreadsheet and {SAVE_AS}"
        ) from error


def _read_smart(path: Path, text: str, separator: str) -> list[list[str]]:
    """CSV with typographic quotes: ``“a”,“b ““c”” „d”`` -> ``a`` and ``b "c" „d``, a single one inside is text."""
    records, record, position = [], [], 0
    while True:
        value, position = _smart_field(text, position, separator)
        record.append(value)
        if text.startswith(separator, position):
            position += len(separator)
            continue
        records.append([] if record == [""] else record)
        record = []
        position += 2 if text.startswith("\r\n", position) else 1
        if position >= len(text):
            return records


def _smart_field(text: str, position: int, separator: str) -> tuple[str, int]:
    """The field that begins at a position, and where it ends: at a separator, a line end, or the text's end."""
    ends = (separator, "\r", "\n")
    quoted = text[position : position + 1] in tuple(_SMART)
    position += quoted
    start, pieces = position, []
    while position < len(text):
        sign, following = text[position], text[position + 1 : position + 2]
        if quoted and sign in _SMART:
            if following in tuple(_SMART):
                pieces += [text[start:position], '"']
                start = position = position + 2
                continue
            if not following or following in ends:
                return "".join([*pieces, text[start:position]]), position + 1
        elif not quoted and sign in ends:
            break
        position += 1
    return "".join([*pieces, text[start:position]]), position


def _header(path: Path, fields: list[str]) -> list[str]:
    """The sheet's column of each field, ``""`` for an empty one."""
    known = {name.casefold(): name for name in SHEET_COLUMNS}
    names = [known.get(field.strip().strip("\ufeff'\"").casefold(), field.strip()) for field in fields]
    problems = []
    if missing := [name for name in (*EDITABLE, "name", "row", "check") if name not in names]:
        problems.append(f"missing column {', '.join(missing)}")
    if unknown := [repr(name[:40]) for name in names if name and name not in SHEET_COLUMNS]:
        problems.append(f"unknown column {', '.join(unknown[:5])} (remarks belong in the column note)")
    if double := [name for name in SHEET_COLUMNS if names.count(name) > 1]:
        problems.append(f"column {', '.join(double)} given twice")
    if problems:
        raise InputError(f"{path}: {'; '.join(problems)}; the first line must hold the headings of the export")
    return names
