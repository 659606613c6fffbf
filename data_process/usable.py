"""``--bad_rows stop|skip``, one meaning in every command that reads rows or pairs.

Under ``stop`` a command ends before it has done anything: it names the first bad row, counts all of them and says where
they are listed. Under ``skip`` it goes on without them, and lists them beside what it writes. A row is bad that can't
be read (fields, cells), or whose label the command needs and can't use.
"""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from data_process.cache import cached, file_digest
from data_process.files import write_jsonl
from data_process.response import LabelError
from data_process.schema import LABEL, BadRow, Record, Row, read_records, said
from utils import InputError, say


class Usable(NamedTuple):
    """What a command can use of a file: rows, their numbers in the file from 0, and how many the file has in all."""

    rows: list[Row]
    numbers: list[int]
    count: int


def add_bad_rows(parser: ArgumentParser) -> None:
    """The flag itself."""
    parser.add_argument(
        "--bad_rows",
        choices=("stop", "skip"),
        default="stop",
        help="rows that can't be used: stop before anything is done (default), or leave them out; they are listed",
    )


def read_usable(
    path: str | Path,
    bad_rows: str,
    report: str | Path | None,
    judge: Callable[[Row], object] | None = None,
    *,
    remedy: str = "",
) -> Usable:
    """The rows of a GSISR CSV that a command can use.

    Args:
        bad_rows: ``"stop"`` or ``"skip"``.
        report: where rows that were left out are listed; None for a file in the cache.
        judge: raises LabelError for a row whose label can't be used.
        remedy: what else can be done about those, with its "; " before.

    Raises:
        InputError: as ``schema.read_records``, a bad row under ``stop``, or no row that can be used.
    """

    def judged(record: Record) -> tuple[Row, BadRow | None]:
        try:
            if judge and not record.bad:
                judge(record.row)
        except LabelError as error:
            bad = BadRow(0, record.line, record.row["id"], LABEL, error.reason, str(error))
            return record.row, bad
        return record.row, record.bad

    entries = map(judged, said(path, read_records(path)))
    return Usable(*leave_out(path, entries, bad_rows, report, "rows", remedy))


def leave_out(
    path: str | Path,
    entries: Iterable[tuple[object, BadRow | None]],
    bad_rows: str,
    report: str | Path | None,
    unit: str,
    remedy: str = "",
) -> tuple[list, list[int], int]:
    """The entries of a file that are not bad, their numbers, and how many entries there are; lists the bad ones.

    ``unit``: what they are, rows or pairs.

    Raises:
        InputError: as ``read_usable``.
    """
    good, numbers, bad, count = [], [], [], 0
    for number, (entry, problem) in enumerate(entries):
        count += 1
        if problem:
            bad.append(problem._replace(row=number))
        else:
            good.append(entry)
            numbers.append(number)
    if not bad:
        return good, numbers, count
    stop = bad_rows == "stop" or not good
    if stop or report is None:  # under stop nothing is written where the command's own files would be
        report = cached("bad_rows", f"{file_digest(Path(path))}.jsonl")
    Path(report).parent.mkdir(parents=True, exist_ok=True)
    write_report(report, bad)
    if stop:
        raise refusal(path, bad, count, report, skip=bad_rows == "skip", unit=unit, remedy=remedy)
    why = counted(Counter(one.reason for one in bad))
    say(f"{path}: {len(bad)} of {count} {unit} can't be used and are left out ({why}); listed in {report}")
    return good, numbers, count


def counted(reasons: dict[str, int]) -> str:
    """``{"row.fields": 1, "schema.tool": 2}`` -> ``"2 schema.tool, 1 row.fields"``."""
    return ", ".join(f"{count} {reason}" for reason, count in Counter(reasons).most_common())


def write_report(path: str | Path, bad: list[BadRow]) -> None:
    """One JSON object a row with the fields of ``BadRow``; the file is whole or not there.

    ``{"row": 1, "line": 3, "id": "7", "column": "raw_labels", "reason": "schema.tool", "message": "…"}``
    """
    write_jsonl(path, (row._asdict() for row in bad))


def refusal(
    path: str | Path,
    bad: list[BadRow],
    count: int,
    report: str | Path,
    *,
    skip: bool,
    unit: str = "rows",
    remedy: str = "",
) -> InputError:
    """Why a file is refused: its first bad row under ``--bad_rows stop``, under ``skip`` that no row is left."""
    total = f"{len(bad)} of {count} {unit} are bad ({counted(Counter(one.reason for one in bad))}), listed in {report}"
    way_out = f"for no {unit[:-1]} is left to use" if skip else "or --bad_rows skip (BAD_ROWS=skip) leaves them out"
    return InputError(f"{path}: {bad[0]}{remedy}; {total}; correct them, {way_out}")
