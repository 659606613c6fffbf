"""Opening hours as results write them: what they say of a day."""

import re
from datetime import date

from data_process.almanac import is_holiday

HOURS_PART = re.compile(
    r"(每天|周[一二三四五六日](?:[至,、]周[一二三四五六日])*|节假日(?:\s每天)?)\s((?:\d\d:\d\d-\d\d:\d\d,?)+|休息|全天)"
)


def hours_on(text: str, day: date) -> str:
    """What opening hours in words say of a day.

    ``hours_on("周一至周五 09:00-18:00；节假日 休息", monday) == "09:00-18:00"``
    """
    text = _in_season(text, day)
    parts = HOURS_PART.findall(text)
    if not parts:
        return text
    weekday, found = day.weekday(), "休息"
    for days, spans in parts:
        if days.startswith("节假日"):
            if is_holiday(day):
                return spans.rstrip(",")
        elif days == "每天" or _covers(days, weekday):
            found = spans.rstrip(",")
    return found


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SEASON = re.compile(r"([A-Z][a-z]{2})(?: (\d{1,2}))?-([A-Z][a-z]{2})(?: (\d{1,2}))? ")


def _in_season(text: str, day: date) -> str:
    """The parts that hold in a day's season: of ``Apr-Oct 每天 08:00-18:30，Nov-Mar 每天 08:30-17:00`` one; a day in no
    season is closed."""
    seasons = list(_SEASON.finditer(text))
    if not seasons:
        return text
    kept = []
    for number, match in enumerate(seasons):
        first = (_MONTHS.index(match[1]) + 1, int(match[2] or 1))
        last = (_MONTHS.index(match[3]) + 1, int(match[4] or 31))
        now = (day.month, day.day)
        if first <= now <= last if first <= last else now >= first or now <= last:
            stop = seasons[number + 1].start() if number + 1 < len(seasons) else len(text)
            kept.append(text[match.end() : stop].rstrip("，；, "))
    return "，".join(kept) or "每天 休息"


def _covers(days: str, weekday: int) -> bool:
    """Whether 周一至周五 or 周二 has a weekday."""
    numbers = ["一二三四五六日".index(day[1]) for day in re.findall("周.", days)]
    if "至" in days and len(numbers) == 2:
        first, last = numbers
        return first <= weekday <= last if first <= last else weekday >= first or weekday <= last
    return weekday in numbers
