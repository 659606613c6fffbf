"""Opening hours as mappers write them: what the library can't read is tidied where its meaning is plain."""

import re

from stagent.worlds.local.hours import Hours
from stagent.worlds.local.place import Coordinate

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY = rf"(?:{'|'.join(_DAYS)}|PH|SH)"
_FULL = re.compile(
    r"\b(mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?|"
    r"mo|tu|we|th|fr|sa|su)s?\b\.?",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s*([ap])\.?m\b\.?", re.IGNORECASE)
_TIME = r"\d{1,2}:\d{2}"
# A rule to read by -> what it becomes; in this order.
_RULES = tuple(
    (re.compile(rule), becomes)
    for rule, becomes in (
        (r"[–—−~]|\bto\b|\btill?\b", "-"),
        (r"\s*-\s*", "-"),
        (rf"({_DAY})\s*:\s*(?=\d)", r"\1 "),  # Mo-Fr: 9-17
        (r"\s*:\s*(?=\d\d)", ":"),
        (r"\b(\d{1,2})[.h](\d{2})\b", r"\1:\2"),  # 9.30, 9h30
        (r"\b(\d{1,2})h\b", r"\1:00"),
        (rf"({_DAY})(?=\d)", r"\1 "),  # Fr11:00
        (r"(?<![\d:])(\d{1,2})-(\d{1,2})(?![\d:])", r"\1:00-\2:00"),  # 8-20
        (r"(?<![\d:])(\d{1,2})-(?=\d{1,2}:\d)", r"\1:00-"),  # 8-20:30
        (r"(:\d{2})-(\d{1,2})(?![\d:])", r"\1-\2:00"),  # 8:00-20
        (r"(?<![\d:])(\d):(\d{2})", r"0\1:\2"),
        (rf"({_TIME})-(?=\s*(?:[;,]|$))", r"\1+"),  # 16:00-
        (rf"({_TIME}-{_TIME})\s*[,.]?\s+(?={_DAY})", r"\1; "),  # 10:00-18:00 Sa 10:00-16:00
        (rf"({_TIME}-{_TIME})\s*(?:/|&|\band\b)\s*(?={_TIME})", r"\1,"),
        (r"[;,.\s]+$", ""),
    )
)
_ALWAYS = re.compile(r"(24 ?/ ?7|24/24|24 ?h(ours)?|0?0(:00)?-24(:00)?|24 hours.*|always open)", re.IGNORECASE)


def tidied(text: str) -> str:
    """Common sloppy forms in the syntax of the specification; ``"Mon - Fri 11am - 11pm"`` → ``"Mo-Fr 11:00-23:00"``."""
    if _ALWAYS.fullmatch(text.strip()):
        return "24/7"
    text = _FULL.sub(lambda day: day[1][:2].capitalize(), text)
    text = _CLOCK.sub(_of_24, text)
    for rule, becomes in _RULES:
        text = rule.sub(becomes, text)
    return text.strip()


def _of_24(clock: re.Match[str]) -> str:
    hour = int(clock[1]) % 12 + (12 if clock[3] in "pP" else 0)
    return f"{hour}:{clock[2] or '00'}"


def hours_of(text: str, at: Coordinate) -> Hours | None:
    """Hours of a place; None: they can't be read, or say only that it isn't known when it is open."""
    # a tenth of a degree is near enough for the sun and the country, and lets places share what is parsed
    near = round(at.lat, 1), round(at.lon, 1)
    for expression in (text.strip(), tidied(text)):
        hours = Hours(expression, near=near)
        try:
            hours.check()
        except SyntaxError:
            continue
        # what is but a comment counts as always open for the library, though it says nothing of times
        told = re.sub(r'"[^"]*"', "", expression).strip(" ;,|")
        return hours if told and not re.search(r"\bunknown\b", told) else None
    return None
