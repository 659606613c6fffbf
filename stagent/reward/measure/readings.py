"""Reads one value that was said for itself: what damage needs to know whether a changed text is still true.

It reads the forms of facts, not free text, and shares nothing with the verifier's reading.
"""

import re
from typing import NamedTuple

from stagent.worlds.fields import FIELDS

_DIGITS = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_SIZES = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_NUMBER = r"(?:\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百千万]+(?:点[零〇一二三四五六七八九]+)?)"
_HEDGES = re.compile(r"[约大左右共\s,，]")
_AFTERNOON = ("下午", "晚上", "中午")

# Units by kind: what one is in the kind's unit.
_UNITS = {
    "duration": {"小时": 3600, "分钟": 60, "分": 60, "秒": 1},
    "distance": {"公里": 1000, "千米": 1000, "km": 1000, "米": 1, "m": 1},
    "mass": {"公斤": 1, "千克": 1, "kg": 1},
}
_AFFIXES = {
    "money": r"[￥¥元块钱]",
    "rating": r"评分|[分星]",
    "temperature": r"°C|℃|摄氏|度",
    "percent": r"%|百分之",
    "count": r"[条张站个次家]",
}
NUMERIC = (*_UNITS, *_AFFIXES, "clock", "date")


class SaidNumber(NamedTuple):
    """A value as a text says it: in the unit of its kind, give or take ``within``, by the digits shown."""

    value: float
    within: float

    def covers(self, other: float) -> bool:
        """Whether a value is said so, within the digits shown."""
        return abs(self.value - other) <= self.within + 1e-6

    def may_mean(self, kind: str, other: float) -> bool:
        """Whether somebody may say a value so: times and ways are cut off as well as rounded."""
        times = 2 if kind in ("duration", "distance", "clock") else 1
        return abs(self.value - other) <= self.within * times + 1e-6


def number_of_words(text: str) -> float:
    """``number_of_words("二百零五") == 205``, ``number_of_words("四点八") == 4.8``; digits too: ``"12.5"``."""
    if text[0].isascii():
        return float(text)
    whole, _, decimals = text.partition("点")
    total = part = digit = 0
    for character in whole:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character == "万":
            total, part, digit = (part + digit) * 10_000, 0, 0
        else:
            part, digit = part + (digit or 1) * _SIZES[character], 0
    value = float(total + part + digit)
    return value + float("0." + "".join(str(_DIGITS[each]) for each in decimals)) if decimals else value


def _shown(number: str) -> float:
    """Half of a number's last digit: ``_shown("5.1") == 0.05``, ``_shown("11") == 0.5``."""
    decimals = number.partition("." if number[0].isascii() else "点")[2]
    return 0.5 * 10 ** -len(decimals)


def read_value(kind: str, text: str) -> SaidNumber | None:
    """The value of a text that says nothing else, None for kinds without numbers and for what isn't read.

    ``read_value("duration", "约 3 小时 6 分钟") == SaidNumber(11160, 30)``; clock times are minutes, dates are
    month × 100 + day.
    """
    plain = _HEDGES.sub("", text.lower() if kind == "distance" else text)
    if kind in _UNITS:
        return _with_units(kind, plain)
    if kind == "clock":
        return _clock(plain)
    if kind == "date":
        found = re.fullmatch(rf"(?:\d{{4}}[-年])?({_NUMBER})[-月]({_NUMBER})[日号]?", plain)
        return SaidNumber(number_of_words(found[1]) * 100 + number_of_words(found[2]), 0) if found else None
    if kind not in _AFFIXES:
        return None
    if plain == "免费":
        return SaidNumber(0, 0)
    minus = -1 if plain.startswith(("-", "零下")) else 1
    bare = re.sub(_AFFIXES[kind], "", plain).removeprefix("-").removeprefix("零下")
    return SaidNumber(minus * number_of_words(bare), _shown(bare)) if re.fullmatch(_NUMBER, bare) else None


def _with_units(kind: str, plain: str) -> SaidNumber | None:
    units = _UNITS[kind]
    if kind == "duration":
        if quarters := re.fullmatch(r"([一三])刻钟", plain):
            return SaidNumber(900 * number_of_words(quarters[1]), 450)
        if plain in ("半小时", "半个小时"):
            return SaidNumber(1800, 450)
        if half := re.fullmatch(rf"({_NUMBER})个半小时", plain):
            return SaidNumber(3600 * number_of_words(half[1]) + 1800, 450)
    part = rf"({_NUMBER})个?({'|'.join(units)})"
    if not re.fullmatch(rf"(?:{part})+", plain):
        return None
    found = re.findall(part, plain)
    number, unit = found[-1]
    return SaidNumber(sum(number_of_words(n) * units[u] for n, u in found), _shown(number) * units[unit])


def _clock(plain: str) -> SaidNumber | None:
    part = "(凌晨|早上|上午|中午|下午|晚上)?"
    found = re.fullmatch(rf"{part}(\d{{1,2}}):((\d{{2}}))", plain)
    found = found or re.fullmatch(rf"{part}({_NUMBER})点(整|半|一刻|三刻|零?({_NUMBER})分?)?", plain)
    if not found:
        return None
    hour = number_of_words(found[2])
    if found[1] in _AFTERNOON and hour < 12 and not (found[1] == "中午" and hour == 11):
        hour += 12
    elif found[1] == "凌晨" and hour == 12:
        hour = 0
    minute = {None: 0, "整": 0, "半": 30, "一刻": 15, "三刻": 45}.get(found[3])
    minute = number_of_words(found[4]) if minute is None else minute
    return SaidNumber(hour * 60 + minute, 0.5) if hour <= 24 and minute < 60 else None


def clock_minutes(text: str) -> float | None:
    """Of ``"2026-01-05T09:30:12+08:00"`` or ``"09:30"``: 570."""
    found = re.search(r"(?:T|^)(\d{1,2}):(\d{2})", text)
    return int(found[1]) * 60 + int(found[2]) if found else None


def date_number(text: str) -> float | None:
    """Of ``"2026-01-05T09:30:00+08:00"`` or ``"2026-01-05"``: 105."""
    found = re.match(r"\d{4}-(\d{2})-(\d{2})", text)
    return int(found[1]) * 100 + int(found[2]) if found else None


_OF_FIELD = {
    "metres": "distance",
    "metres_each": "distance",
    "seconds": "duration",
    "yuan": "money",
    "celsius": "temperature",
    "percent": "percent",
    "count": "count",
    "coordinate": "coordinate",
    "flag": "open",
    "date": "date",
}
_OF_KEY = {"rating": "rating", "phone": "phone", "hours": "hours", "hours_today": "hours", "number": "number"}
_NAMES = ("name", "city", "district", "region", "road", "line", "from_name", "to_name", "from_station", "to_station",
          "list_name", "carrier")  # fmt: skip


def kind_of_key(key: str) -> str:
    """The kind of fact that a result's key gives: ``kind_of_key("duration_s") == "duration"``; texts are words."""
    if key in _OF_KEY:
        return _OF_KEY[key]
    if key in _NAMES:
        return "name"
    if key in ("sunrise", "sunset"):
        return "clock"
    field = FIELDS.get(key)
    return "word" if field is None else "clock" if field.kind == "time" else _OF_FIELD.get(field.kind, "word")
