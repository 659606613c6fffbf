"""The columns of a GSISR file, and reading one: every column as text, an empty field is ``""``.

A *row* is one homepage request: who, where and when, what just happened (trigger), and the plan.
Rows are numbered from 0 in file order, the header not counted; ``id`` repeats and is never a key.
"""

import csv
from pathlib import Path

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


def read_table(path: str | Path, columns: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Reads a GSISR CSV as text: ``NA`` stays ``"NA"``, an empty field is ``""``, nothing is dropped.

    Args:
        path: CSV file, UTF-8, with exactly the 32 columns of ``COLUMNS`` in its header.
        columns: keep only these, in this order (the header is checked all the same).

    Raises:
        DataError: no such file, not UTF-8, not CSV, another header, or no rows.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: no such file; give the path of a GSISR CSV")
    try:
        _check_header(path)
        table = pd.read_csv(
            path,
            dtype=object,
            keep_default_na=False,
            na_filter=False,
            encoding="utf-8-sig",
            usecols=list(columns or COLUMNS),
        )
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from error
    except pd.errors.ParserError as error:
        raise DataError(f"{path}: not a CSV file ({error}); quote fields that hold commas or newlines") from error
    if table.empty:
        raise DataError(f"{path}: the file has a header but no rows")
    return table[list(columns or COLUMNS)]


def read_rows(path: str | Path) -> list[Row]:
    """The rows of a GSISR CSV as dictionaries of text, in file order. Raises as ``read_table``."""
    return read_table(path).to_dict("records")


def write_rows(path: str | Path, rows: list[Row]) -> None:
    """Writes rows as a GSISR CSV (all 32 columns, RFC-4180 quoting, ``\\n`` line ends)."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _check_header(path: Path) -> None:
    with open(path, encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file), [])
    if not header:
        raise DataError(f"{path}: the file is empty; a GSISR CSV starts with a header of {len(COLUMNS)} columns")
    problems = []
    if missing := [c for c in COLUMNS if c not in header]:
        problems.append(f"missing column {', '.join(missing)}")
    if extra := [c for c in dict.fromkeys(header) if c not in COLUMNS]:
        problems.append(f"unknown column {', '.join(extra)}")
    if double := [c for c in dict.fromkeys(header) if header.count(c) > 1]:
        problems.append(f"column {', '.join(double)} given twice")
    if problems:
        raise DataError(f"{path}: {'; '.join(problems)}; the header must hold the {len(COLUMNS)} GSISR columns once")
