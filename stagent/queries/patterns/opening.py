"""Opening hours as results write them, read by the expert; and places that are open when they must be."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from stagent.queries.patterns.journeys import Item
from stagent.worlds.local.place import MapPlace

_WEEKDAYS = {f"周{day}": number for number, day in enumerate("一二三四五六日")}


_NEXT = "，"  # how results write the worlds' "；", which ends an entry there
_DAYS = re.compile(r"(每天|周[一二三四五六日](?:[至,]\s*周[一二三四五六日])*)\s+(.+)")


_SPANS = re.compile(r"\d{1,2}:\d\d-\d{1,2}:\d\d(?:,\s*\d{1,2}:\d\d-\d{1,2}:\d\d)*")


def hours_on(text: str, day: date, holiday: bool) -> str | None:
    """The hours of a day in a text like ``"周二至周日 09:00-17:00，节假日 每天 09:00-18:00"``.

    Returns:
        ``"09:00-17:00"``, 全天 or 休息; None: the text says more than can be read here, such as months.
    """
    if text == "全天":
        return text
    regular, _, special = text.replace("；", _NEXT).partition(f"{_NEXT}节假日 ")
    parts = [part.strip() for part in re.split(f"{_NEXT}|;|, (?=周)", special if holiday and special else regular)]
    found = "休息"
    for part in parts:
        match = _DAYS.fullmatch(part)
        if match is None or not (_SPANS.fullmatch(match[2]) or match[2] in ("全天", "休息")):
            return None
        if match[1] == "每天" or day.weekday() in _weekdays(match[1]):
            found = match[2]
    return found


def _weekdays(text: str) -> set[int]:
    """``_weekdays("周三至周一")`` → all but 1; ``_weekdays("周一,周三")`` → 0, 2."""
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = (_WEEKDAYS.get(word.strip(), 0) for word in part.partition("至"))
        last = last if "至" in part else first
        days |= {(first + number) % 7 for number in range((last - first) % 7 + 1)}
    return days


def covers(hours: str, start: datetime, end: datetime) -> bool:
    """Whether hours as a result writes them ("10:00-14:00,17:00-02:00") hold from a moment to another of that day."""
    if hours in ("全天", "休息"):
        return hours == "全天"
    begin = start.hour * 60 + start.minute
    last = begin + round((end - start).total_seconds() / 60)
    for span in hours.split(","):
        opens, closes = (60 * int(at.split(":")[0]) + int(at.split(":")[1]) for at in span.strip().split("-"))
        if opens <= begin and last <= (closes if closes > opens else closes + 1440):
            return True
    return False


def open_through(place: MapPlace, start: datetime, end: datetime) -> bool:
    """Whether a place is open from a moment to another."""
    if place.hours is None:
        return False
    start, end = start.replace(tzinfo=None), end.replace(tzinfo=None)
    days = (start.date(), start.date() - timedelta(days=1))
    return any(opens <= start and end <= closes for day in days for opens, closes in place.hours.intervals(day))


def open_some_time(place: MapPlace, day: date) -> bool:
    return place.hours is not None and bool(place.hours.intervals(day))


def names(places: Iterable[MapPlace]) -> list[str]:
    """Their names, each once."""
    return list(dict.fromkeys(place.name for place in places))


def of_category(items: Sequence[Item], label: str) -> list[Item]:
    """Those of a category as results call it: a search by a word may find names that hold it, too."""
    return [item for item in items if item["category"] == label]
