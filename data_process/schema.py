"""The columns of a GSISR file, and reading one: every column as text, an empty field is ``""``.

A *row* is one homepage request: who, where and when, what just happened (trigger), and the plan.
Rows are numbered from 0 in file order, the header not counted; ``id`` repeats and is never a key.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from data_process.cells import read_cells, rewritten_text
from data_process.files import whole
from utils import InputError, say

PROFILE = tuple(f"profile_feat_{i}" for i in range(1, 15))
HISTORY = ("short_term_behavior_seq", "long_term_behavior")
CONTEXT = (
    "currenttime",
    "holidayflag",
    "weekendflag",
    "current_poi_name",
    "current_tag",
    "current_city",
    "current_district",
)
TRIGGER = tuple(f"trigger_{i}" for i in range(1, 8))
LABEL = "raw_labels"
# What a planner may look at: an id says nothing about the person.
VISIBLE = (*PROFILE, *HISTORY, *CONTEXT, *TRIGGER)
REQUEST = ("id", *VISIBLE)
COLUMNS = (*REQUEST, LABEL)
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"

Row = dict[str, str]


class BadRow(NamedTuple):
    """A row that can't be used: where it stands, and why.

    ``str(BadRow(1, 3, "7", "raw_labels", "schema.tool", "tool_11 is unknown"))`` ->
    ``"row 1 (line 3, id 7), column raw_labels: tool_11 is unknown"``
    """

    row: int
    line: int  # of the file, from 1, where the row begins: a field can hold line ends
    id: str
    column: str | None  # None: the row as a whole
    reason: str  # a name to count by
    message: str

    def __str__(self) -> str:
        identity = f", id {self.id[:40]}" if self.id else ""  # cut: what is no id can be a page long
        column = f", column {self.column}" if self.column else ""
        return f"row {self.row} (line {self.line}{identity}){column}: {self.message}"


class Record(NamedTuple):
    """A row as it was read: ``row`` with its 32 columns, and the line where it begins.

    Where ``bad`` says why not, ``row`` can't be relied on, but for a guess at its ``id``. ``rewritten`` names the
    columns whose text was another, see ``data_process.cells``.
    """

    row: Row
    line: int
    bad: BadRow | None
    rewritten: tuple[str, ...] = ()


def read_records(path: str | Path) -> Iterator[Record]:
    """All rows of a GSISR CSV, one after the other; one with a wrong number of fields, a NUL or a cell that can't be
    read is marked as bad.

    The csv module and not pandas: pandas pads a row that is too short and shifts one that is too long into
    its index, both without a word.

    Args:
        path: CSV file, UTF-8, with exactly the 32 columns of ``COLUMNS`` in its header, in any order.

    Raises:
        InputError: no such file, not UTF-8, not CSV, another header, or no rows.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; give the path of a GSISR CSV")
    number, line = 0, 1
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            _check_header(path, header)
            order = [header.index(name) for name in COLUMNS]
            line = reader.line_num + 1
            for fields in reader:
                if fields:  # an empty line is no row: many files end in some
                    yield _record(number, line, fields, order)
                    number += 1
                line = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at {_undecodable(path)}; save the file as UTF-8") from error
    except csv.Error as error:
        # Nothing behind it can be trusted: where the next row begins is anyone's guess.
        place = f"row {number} (line {line})" if line > 1 else "the header"
        raise InputError(
            f"{path}: {place} is not CSV ({error}); quote fields that hold commas or newlines, double the quotes "
            f"inside them, close every quote, and keep a field within {csv.field_size_limit():,} characters"
        ) from error
    if not number:
        raise InputError(f"{path}: the file has a header but no rows; give one with rows")


def read_columns(path: str | Path, columns: tuple[str, ...] = COLUMNS) -> list[tuple[str, ...]]:
    """The fields of the named columns, row by row, as text: ``NA`` stays ``"NA"``, an empty field is ``""``.

    ``read_columns("sample.csv", ("id", "trigger_1"))`` -> ``[("89458", "酒店"), …]``

    Raises:
        InputError: as ``read_records``, and for the first bad row.
    """
    return [tuple([row[name] for name in columns]) for row in _good_rows(path)]


def read_rows(path: str | Path) -> list[Row]:
    """The rows of a GSISR CSV as dictionaries of text, in file order; says how many cells were rewritten.

    Raises as ``read_columns``. Where bad rows may be left out, see ``usable.read_usable``.
    """
    return list(_good_rows(path))


def unlabelled(row: Row) -> Row:
    """The request of a row: all its columns but the plan."""
    return {name: row[name] for name in REQUEST}


def write_rows(path: str | Path, rows: list[Row]) -> None:
    """Writes rows as a GSISR CSV (all 32 columns, RFC-4180 quoting, ``\\n`` line ends), whole or not at all."""
    with whole(path) as partial, open(partial, "w", encoding="utf-8", newline="") as file:
        # The writer quotes a field for the characters of its line end only: with "\n" a carriage return
        # in a field would stay bare and be read back as the end of the row.
        writer = csv.DictWriter(_NewlineEnds(file), COLUMNS, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)


class _NewlineEnds:
    """A file to which the csv module writes rows ending in ``\\r\\n``; they end in ``\\n`` there."""

    def __init__(self, file: TextIO) -> None:
        self.file = file

    def write(self, line: str) -> int:
        return self.file.write(line[:-2] + "\n")


def _good_rows(path: str | Path) -> Iterator[Row]:
    for record in said(path, read_records(path)):
        if record.bad:
            raise InputError(f"{path}: {record.bad}")
        yield record.row


def said(path: str | Path, records: Iterator[Record]) -> Iterator[Record]:
    """The records, and at their end a line that says which of their cells were rewritten."""
    cells, rows = Counter(), 0
    for record in records:
        cells.update(record.rewritten)
        rows += bool(record.rewritten)
        yield record
    if cells:
        say(rewritten_text(path, cells, rows))


def _record(number: int, line: int, fields: list[str], order: list[int]) -> Record:
    if len(fields) != len(COLUMNS):
        row = dict.fromkeys(COLUMNS, "") | {"id": fields[order[0]] if order[0] < len(fields) else ""}
        message = f"{len(fields)} fields, the header has {len(COLUMNS)}; quote fields that hold commas or newlines"
        return Record(row, line, BadRow(number, line, row["id"], None, "row.fields", message))
    row = dict(zip(COLUMNS, [fields[i] for i in order], strict=True))
    if "\0" in "".join(fields):
        # No text of a request: the rest of a torn write, or of another encoding.
        column = next(name for name in COLUMNS if "\0" in row[name])
        return Record(row, line, BadRow(number, line, row["id"], column, "row.nul", "a NUL byte; remove it"))
    row, rewritten, errors = read_cells(row)
    bad = BadRow(number, line, row["id"], *errors[0]) if errors else None
    return Record(row, line, bad, tuple(rewritten))


def _check_header(path: Path, header: list[str]) -> None:
    if not header:
        raise InputError(f"{path}: no header, the first line is empty; it must hold the {len(COLUMNS)} GSISR columns")
    for sign, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(header) == 1 and header[0].count(sign) >= len(COLUMNS) - 1:
            raise InputError(f"{path}: its columns are parted by {name}; save it with commas, as CSV UTF-8")
    problems = []
    if missing := [c for c in COLUMNS if c not in header]:
        problems.append(f"missing column {', '.join(missing)}")
    if extra := [c for c in dict.fromkeys(header) if c not in COLUMNS]:
        # quoted and cut: in a file of another kind a name can be invisible, a page long, or one of thousands
        shown = [repr(c[:40]) for c in extra[:5]] + ["…"] * (len(extra) > 5)
        problems.append(f"unknown column {', '.join(shown)}")
    if double := [c for c in COLUMNS if header.count(c) > 1]:
        problems.append(f"column {', '.join(double)} given twice")
    if problems:
        raise InputError(f"{path}: {'; '.join(problems)}; the header must hold the {len(COLUMNS)} GSISR columns once")


def _undecodable(path: Path) -> str:
    """Where a file stops being UTF-8: ``"byte 2041 (line 3)"``."""
    data = path.read_bytes()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return f"byte {error.start} (line {line})"
    return "an unknown place"
