"""The columns of a GSISR file, and reading one: every column as text, an empty field is ``""``.

A *row* is one homepage request: who, where and when, what just happened (trigger), and the plan.
Rows are numbered from 0 in file order, the header not counted; ``id`` repeats and is never a key.
"""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import pandas as pd

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
COLUMNS = ("id", *PROFILE, *HISTORY, *CONTEXT, *TRIGGER, LABEL)
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"

Row = dict[str, str]


class DataError(ValueError):
    """Input that can't be used. The message names file, row and column, and what to do."""


def read_columns(path: str | Path, columns: tuple[str, ...] = COLUMNS) -> list[tuple[str, ...]]:
    """The fields of the named columns, row by row, as text: ``NA`` stays ``"NA"``, an empty field is ``""``.

    ``read_columns("sample.csv", ("id", "trigger_1"))`` -> ``[("89458", "酒店"), …]``

    The csv module and not pandas: pandas pads a row that is too short and shifts one that is too long into
    its index, both without a word.

    Args:
        path: CSV file, UTF-8, with exactly the 32 columns of ``COLUMNS`` in its header, in any order.
        columns: give only these, in this order (the header and the number of fields are checked all the same).

    Raises:
        DataError: no such file, not UTF-8, not CSV, another header, a row of another length, or no rows.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: no such file; give the path of a GSISR CSV")
    rows: list[tuple[str, ...]] = []
    header: list[str] = []
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            _check_header(path, header)
            pick = [header.index(name) for name in columns]
            for fields in reader:
                if len(fields) != len(COLUMNS):
                    if not fields:  # an empty line, as at the end of many files
                        continue
                    raise DataError(
                        f"{path}: row {len(rows)} (line {reader.line_num}) has {len(fields)} fields, the header "
                        f"{len(COLUMNS)}; quote fields that hold commas, quotes or newlines"
                    )
                rows.append(tuple([fields[i] for i in pick]))
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 at {_undecodable(path)}; save the file as UTF-8") from error
    except csv.Error as error:
        where = f"row {len(rows)}" if header else "the header"
        raise DataError(
            f"{path}: {where} is not CSV ({error}); quote fields that hold commas or newlines, double the quotes "
            f"inside them, close every quote, and keep a field within {csv.field_size_limit():,} characters"
        ) from error
    if not rows:
        raise DataError(f"{path}: the file has a header but no rows")
    return rows


def read_table(path: str | Path, columns: tuple[str, ...] | None = None) -> "pd.DataFrame":
    """The same as a table of text columns. Raises as ``read_columns``."""
    import pandas as pd  # here, so that scoring and filtering don't wait for it

    return pd.DataFrame(read_columns(path, columns or COLUMNS), columns=list(columns or COLUMNS), dtype=object)


def read_rows(path: str | Path) -> list[Row]:
    """The rows of a GSISR CSV as dictionaries of text, in file order. Raises as ``read_columns``."""
    return [dict(zip(COLUMNS, fields, strict=True)) for fields in read_columns(path)]


def write_rows(path: str | Path, rows: list[Row]) -> None:
    """Writes rows as a GSISR CSV (all 32 columns, RFC-4180 quoting, ``\\n`` line ends)."""
    with open(path, "w", encoding="utf-8", newline="") as file:
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


def _check_header(path: Path, header: list[str]) -> None:
    if not header:
        raise DataError(f"{path}: no header, the first line is empty; it must hold the {len(COLUMNS)} GSISR columns")
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
        raise DataError(f"{path}: {'; '.join(problems)}; the header must hold the {len(COLUMNS)} GSISR columns once")


def _undecodable(path: Path) -> str:
    """Where a file stops being UTF-8: ``"byte 2041 (line 3)"``."""
    data = path.read_bytes()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return f"byte {error.start} (line {line})"
    return "an unknown place"
