"""The cells of a row, as they were meant: what another program rewrote is read back where that is certain.

Spreadsheets, databases and data frames rewrite what they save: ``2026/2/10 0:19`` for a time, ``1.0`` or ``TRUE`` for a
flag, ``nan`` for nothing, blanks around a value, full-width digits, ``p_1E+05`` for a POI. Prompts compare cells with
each other as text, so such a cell would be read as missing, or as another value, without a word. Every entrance (files
of rows and of pairs, the server) goes through ``read_cells``: what has one meaning is read, the rest is refused.
"""

import re
import unicodedata
from collections import Counter
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

TIMES = ("currenttime", "trigger_5", "trigger_6", "trigger_7")
FLAGS = ("holidayflag", "weekendflag")
POIS = ("profile_feat_6", "profile_feat_8", "current_poi_name", "trigger_4")
# Small whole numbers, or several with | between.
CODES = tuple(f"profile_feat_{i}" for i in (1, 2, 3, 4, 10, 11, 12))
HISTORIES = ("short_term_behavior_seq", "long_term_behavior")

# What str.strip() leaves: zero-width characters, which copying out of a browser brings along.
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_DIGITS = {ord("０") + i: str(i) for i in range(10)}
# How programs write an empty cell; the second kind may be words, and is nothing in a column of times or numbers alone.
_NOTHING = frozenset(("nan", "NaN", "NaT", "<NA>", "\\N", "#N/A"))
_NO_NUMBER = frozenset(("None", "NULL", "null", "NA"))
_YES, _NO = frozenset(("1", "true", "是")), frozenset(("0", "false", "否"))
_TIME = re.compile(
    r"(\d{4})(?:[-/.年])(\d{1,2})(?:[-/.月])(\d{1,2})日?"
    r"(?:(?:[T ]\s*)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?:\s*\+08:?00)?)?",
    re.ASCII,
)
_WHOLE = re.compile(r"(\d+)\.0+", re.ASCII)
_POI = re.compile(r"p_\d+", re.ASCII)
# An id that lost its digits, in a history: real ids are followed by 了, act_, a comma or the end.
_LOST_POI = re.compile(r"p_\d+(?:\.\d+)?[eE][+-]?\d+|p_\d+\.\d*[1-9]", re.ASCII)


class CellError(NamedTuple):
    """A cell that can't be read: its column, a name to count by, and what to do."""

    column: str
    reason: str
    message: str


class Cells(NamedTuple):
    """``row`` as it was meant; the columns whose text was another; what can't be read."""

    row: dict[str, str]
    rewritten: list[str]
    errors: list[CellError]


def read_cells(row: dict[str, str]) -> Cells:
    """The cells of a row, all but its label.

    ``read_cells({"currenttime": "2026/2/10 0:19", "weekendflag": "TRUE", "trigger_4": "p_1E+05"})`` ->
    ``Cells({"currenttime": "2026-02-10 00:19:00", "weekendflag": "1", "trigger_4": "p_1E+05"},
    ["currenttime", "weekendflag"], [CellError("trigger_4", "cell.poi", "'p_1E+05' is no POI's id …")])``
    """
    read, rewritten, errors = dict(row), [], []
    for column, text in row.items():
        if not text or column == "raw_labels":
            continue
        meant = _bare(text)
        if meant in _NO_NUMBER and column in (*TIMES, *FLAGS):
            meant = ""
        if meant and column in _READERS:
            try:
                meant = _READERS[column](meant)
            except ValueError as error:
                reason, message = error.args
                errors.append(CellError(column, reason, message))
                continue
        if meant != text:
            read[column] = meant
            rewritten.append(column)
    return Cells(read, rewritten, errors)


def rewritten_text(path: object, cells: Counter[str], rows: int) -> str:
    """``"log.csv: 24 cells of 12 rows were rewritten by another program, and read as meant (12 currenttime, …)"``."""
    columns = ", ".join(f"{count} {column}" for column, count in cells.most_common(5))
    more = ", …" if len(cells) > 5 else ""
    return (
        f"{path}: {cells.total():,} cells of {rows:,} rows were rewritten by another program, and read as meant "
        f"({columns}{more})"
    )


def _bare(text: str) -> str:
    """The text without what stands around a value: blanks, Excel's ``'1`` and ``="1"``; ``nan`` and the like are ""."""
    text = text.strip().strip(_INVISIBLE).strip()
    if text.startswith('="') and text.endswith('"') and len(text) > 3:
        text = text[2:-1]
    elif text.startswith("'") and text[1:2].isdigit():
        text = text[1:]
    return "" if text in _NOTHING else text


@lru_cache(maxsize=65536)
def _time(text: str) -> str:
    found = _TIME.fullmatch(unicodedata.normalize("NFKC", text))
    try:
        return datetime(*(int(part or 0) for part in found.groups())).isoformat(" ")
    except (AttributeError, ValueError):  # no such form, no such moment
        raise ValueError("cell.time", f"{_shown(text)} is not a time; write YYYY-MM-DD HH:MM:SS") from None


def _moment(text: str) -> str:
    """A time with its hour: a date alone is a day for an order's start or end, and no moment of a request."""
    time = _time(text)
    if ":" not in unicodedata.normalize("NFKC", text):
        raise ValueError("cell.time", f"{_shown(text)} has no time of day; write YYYY-MM-DD HH:MM:SS")
    return time


def _flag(text: str) -> str:
    word = unicodedata.normalize("NFKC", text).lower()
    whole = _WHOLE.fullmatch(word)
    word = whole[1] if whole else word
    if word not in _YES | _NO:
        raise ValueError("cell.flag", f"{_shown(text)} is not a flag; write 0 or 1")
    return "1" if word in _YES else "0"


def _code(text: str) -> str:
    word = text.translate(_DIGITS)
    whole = _WHOLE.fullmatch(word)
    return whole[1] if whole else word


def _poi(text: str) -> str:
    word = unicodedata.normalize("NFKC", text)
    if not word.startswith(("p_", "P_")):
        return text  # a name of its own, in rows that are not anonymised
    word = "p" + word[1:]
    if whole := re.fullmatch(r"(p_\d+)\.0+", word, re.ASCII):
        word = whole[1]
    if not _POI.fullmatch(word):
        raise ValueError("cell.poi", f"{_shown(text)} is no POI's id; write p_ and all its digits")
    return word


def _history(text: str) -> str:
    text = text.translate(_DIGITS)
    if lost := _LOST_POI.search(text):
        raise ValueError("cell.poi", f"{_shown(lost[0])} is no POI's id; write p_ and all its digits")
    return text


def _shown(text: str) -> str:
    return repr(text[:40])


_READERS = {
    "currenttime": _moment,
    **dict.fromkeys(TIMES[1:], _time),
    **dict.fromkeys(FLAGS, _flag),
    **dict.fromkeys(CODES, _code),
    **dict.fromkeys(POIS, _poi),
    **dict.fromkeys(HISTORIES, _history),
}
