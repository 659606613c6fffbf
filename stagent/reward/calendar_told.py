"""Dates that a text puts beside a weekday or 明天: whether the calendar agrees.

"12 月 2 日（星期四）"  →  calendar, false where that day is a Wednesday
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from stagent.reward.spoken import Reading, SpokenClaim
from stagent.reward.times import TextValue

_JOINED = re.compile(r"\s?(?:[(，,]|是|就是|即)?\s?")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")


class _Day(NamedTuple):
    start: int
    end: int
    day: date | None
    weekday: int
    written: bool  # as a date


def calendar_told(reading: Reading, said: Sequence[TextValue], today: date) -> list[SpokenClaim]:
    """A claim of each pair, true or false."""
    days = [
        _Day(each.start, each.end, date.fromisoformat(each.value), date.fromisoformat(each.value).weekday(), True)
        for each in said
        if each.kind == "date" and _ISO.fullmatch(str(each.value))
    ]
    days += [_Day(each.start, each.end, None, int(each.low), False) for each in said if each.kind == "weekday"]
    for word in reading.words:
        if "day" in word.load:
            day = today + timedelta(days=word.load["day"])
            days.append(_Day(word.start, word.end, day, day.weekday(), False))
    days.sort()
    found = []
    for one, other in pairwise(days):
        beside = _JOINED.fullmatch(reading.text, one.end, other.start) is not None
        beside |= other.day is None and reading.text[one.end : other.start].strip() == "、"
        if one.written + other.written == 1 and beside:
            agrees = one.weekday == other.weekday and (None in (one.day, other.day) or one.day == other.day)
            found.append(SpokenClaim(one.start, other.end, "calendar", agrees, reading.clause(one.start)))
    return found
