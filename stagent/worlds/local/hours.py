"""Opening hours: expressions in OpenStreetMap's syntax, parsed by a library, with holidays of their own."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from opening_hours import OpeningHours, ParserError

from data_process.almanac import is_holiday

_DAY = timedelta(days=1)
_WORDS = dict(zip(("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"), ("周" + day for day in "一二三四五六日"), strict=True))
_WORDS |= {"PH": "节假日", "off": "休息", "closed": "休息", "24/7": "全天"}
_WORD = re.compile(r"(?<!\w)(?:" + "|".join(_WORDS) + r")(?!\w)")


@lru_cache(maxsize=50_000)
def _parsed(expression: str, near: tuple[float, float] | None) -> OpeningHours:
    # With coordinates the library's times are those of the zone there; this zone is cut off again below.
    return OpeningHours(expression, coords=near)


@lru_cache(maxsize=200_000)
def _intervals(expression: str, near: tuple[float, float] | None, day: date) -> tuple[tuple[datetime, datetime], ...]:
    midnight = datetime.combine(day, time())
    noon_after = midnight + 1.5 * _DAY
    expected = _parsed(expression, near)
    found = []
    for start, end, state, _ in expected.intervals(midnight, midnight + 2 * _DAY):
        start, end = start.replace(tzinfo=None), end.replace(tzinfo=None)
        if str(state) != "open" or start >= midnight + _DAY:
            continue
        if start == midnight and expected.is_open(midnight - timedelta(minutes=1)) and end < midnight + _DAY:
            continue  # the end of the evening before
        # what goes on into the next afternoon is not an evening's end, but a place that doesn't close
        found.append((start, end if end <= noon_after else midnight + _DAY))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Hours:
    """When a place is open. An interval belongs to the day on which it begins, also where it ends after midnight.

    Attributes:
        regular: ``"Mo-Fr 09:00-18:00; Sa 10:00-16:00"``.
        holiday: for the public holidays of ``data_process.almanac``; None: as on other days of that weekday.
        near: (lat, lon) of about where the place is: the country there has the public holidays that ``PH`` in an
            expression means (the library knows them), and the sun rises there. None: no holidays, sun from 7 to 19.
    """

    regular: str
    holiday: str | None = None
    near: tuple[float, float] | None = None

    def check(self) -> None:
        """Raises SyntaxError for an expression that can't be read."""
        for expression in (self.regular, self.holiday):
            if expression is not None:
                try:
                    _parsed(expression, self.near)
                except ParserError as error:
                    raise SyntaxError(str(error)) from None

    def is_open(self, moment: datetime) -> bool:
        """Whether it is open at a moment of the place's own time."""
        moment = moment.replace(tzinfo=None)
        days = (moment.date(), moment.date() - _DAY)
        return any(start <= moment < end for day in days for start, end in self.intervals(day))

    def intervals(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The times at which it opens on a day and closes again, local and naive."""
        expression = self.holiday if self.holiday is not None and is_holiday(day) else self.regular
        return _intervals(expression, self.near, day)

    def on(self, day: date) -> str:
        """``"10:00-14:00,17:00-22:00"``, ``"全天"`` or ``"休息"``."""
        intervals = self.intervals(day)
        if any(start.time() == time() and end - start >= _DAY for start, end in intervals):
            return "全天"
        spans = (
            f"{start:%H:%M}-{'24:00' if end - start == _DAY else format(end, '%H:%M')}" for start, end in intervals
        )
        return ",".join(spans).replace("-00:00", "-24:00") or "休息"

    def text(self) -> str:
        """``"周一至周五 09:00-18:00；节假日 10:00-16:00"``; other words stay OpenStreetMap's."""
        holiday = "" if self.holiday is None else f"；节假日 {_in_words(self.holiday)}"
        return _in_words(self.regular) + holiday


def _in_words(expression: str) -> str:
    text = _WORD.sub(lambda match: _WORDS[match.group()], expression)
    return re.sub("(周.)-(周.)", r"\1至\2", text).replace("周一至周日", "每天").replace("; ", "；")
