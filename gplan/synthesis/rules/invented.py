"""What a reasoning claims that its row does not hold: POI ids, cities, clock times, dates and weekdays.

    row: 现在 2026-02-10 22:59:00 在成都市 p_7   reasoning: "今晚10点59分，人在成都的p_8"   -> p_8 is invented

Only names and moments are compared, never their meaning: that someone "is at home" is not checked here. Districts
are not looked at (most of their names are common words), nor are lengths of time such as 还有3小时.
"""

import re
import unicodedata
from datetime import datetime
from typing import NamedTuple

from data_process.almanac import CITIES
from data_process.schema import VISIBLE, Row
from data_process.situation import behaviour_time, parse_time, short_term

_TIMES = ("currenttime", "trigger_5", "trigger_6", "trigger_7")

_POI = re.compile(r"p_\d+")
_ID = re.compile(r"(?:pf|act)_\d+")

# Short names that are words as well, or arise where two words meet: 晚上海边, 上海鲜, 沿海口岸, 大连锁店. Such a city
# is looked for under its full name only.
# fmt: off
_WORDS = frozenset({
    "上海", "海口", "北海", "大同", "大理", "黄山", "开封", "保定", "安顺", "金华", "乐山", "大连", "中山", "南阳",
    "信阳", "宜宾", "天水", "长春", "吉林",
})
# fmt: on
_SUFFIX = re.compile(r"(?:(?:藏族|羌族|白族|傣族|哈萨克)*自治州|市)$")
_SHORT = frozenset(_SUFFIX.sub("", city) for city in CITIES) - _WORDS
# A dish, a street or a station is named after a city and claims nothing about where someone is.
_NAMED = "|".join(sorted({*CITIES, *_SHORT}, key=len, reverse=True))
_CITY = re.compile(rf"({_NAMED})(?!菜|火锅|小面|拉面|米粉|烤鸭|风味|料理|时间|路|大道|街|站)")
# 市 behind any other two characters is a city too, but for these words.
_ANY_CITY = re.compile(r"[一-鿿]{2,7}市(?!场|民|区|中心|内|郊|集|政|面|容|井|里)")
_NO_CITY = re.compile(
    r"(?:城|超|夜|菜|集|门|都|闹|股|早|花|鱼|鲜|书|楼|上|本|该|此|各|全|同|异|跨|外|县|地级|两|多|入|进|到|出|在|离|回|往|去|近|的|他|哪|某|每)市$"
)

_NUMERAL = r"\d{1,2}|[一二三四五六七八九十]{1,3}"
_PART = r"凌晨|清晨|早上|早晨|上午|中午|午后|下午|傍晚|晚上|晚间|夜里|夜间|深夜|今晚|今早"
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::\d{2})?(?![\d:])")
# 一点 and 三点 are also "a bit" and "three points": a numeral in words is an hour only behind a part of the day.
_HOUR = re.compile(
    rf"(?:(?P<part>{_PART})(?P<word>[一二三四五六七八九十]{{1,3}})|(?P<digits>(?<![\d第有下这])\d{{1,2}}))[点时](?!间|段|钟头|评)"
    rf"(?:(?P<minute>{_NUMERAL})分|(?P<half>半))?"
)
_DATE = re.compile(rf"(?<![\d一二三四五六七八九十])({_NUMERAL})月({_NUMERAL})[日号]")
_ISO = re.compile(r"(\d{4})[-/年.](\d{1,2})[-/月.](\d{1,2})")
_WEEKDAY = re.compile(r"(?<![一两每])(?:周|星期|礼拜)([一二三四五六日天])")
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九十")}


class Claim(NamedTuple):
    """One thing that the row does not hold: ``Claim("reasoning.invented_poi", "p_8")``."""

    reason: str
    what: str


def invented(row: Row, text: str) -> Claim | None:
    """The first thing that ``text`` names and the row does not hold, or None."""
    text = unicodedata.normalize("NFKC", text)  # full-width digits and colons count as what they look like
    seen = "\n".join(row[column] for column in VISIBLE)
    return _invented_id(seen, text) or _invented_city(seen, text) or _invented_time(row, text)


def _invented_id(seen: str, text: str) -> Claim | None:
    for pattern, reason in ((_POI, "reasoning.invented_poi"), (_ID, "reasoning.invented_id")):
        known = set(pattern.findall(seen))
        if strange := [name for name in pattern.findall(text) if name not in known]:
            return Claim(reason, strange[0])
    return None


def _invented_city(seen: str, text: str) -> Claim | None:
    for match in _CITY.finditer(text):
        # By its short name on both sides: 成都 and 成都市 are one, and 惠州市惠阳区 holds 惠州.
        if _SUFFIX.sub("", match[1]) not in seen:
            return Claim("reasoning.invented_city", match[1])
    for match in _ANY_CITY.finditer(text):
        name = match[0]
        # Where the name begins is unknown (前往德阳市): it is of the row if any ending of it is.
        if not _NO_CITY.search(name) and not any(name[i:-1] in seen for i in range(len(name) - 2)):
            return Claim("reasoning.invented_city", name[-3:])
    return None


def _invented_time(row: Row, text: str) -> Claim | None:
    known = _Moments(row)
    for match in _ISO.finditer(text):
        if (int(match[1]), int(match[2]), int(match[3])) not in known.dates:
            return Claim("reasoning.invented_time", match[0])
    text = _ISO.sub(" ", text)
    for match in _DATE.finditer(text):
        if (number(match[1]), number(match[2])) not in known.days:
            return Claim("reasoning.invented_time", match[0])
    for match in _CLOCK.finditer(text):
        if not known.holds(int(match[1]), int(match[2])):
            return Claim("reasoning.invented_time", match[0])
    for match in _HOUR.finditer(text):
        minute = 30 if match["half"] else number(match["minute"]) if match["minute"] else None
        if not known.holds(number(match["word"] or match["digits"]), minute):
            return Claim("reasoning.invented_time", match[0])
    for match in _WEEKDAY.finditer(text):
        if ("一二三四五六日".find(match[1].replace("天", "日"))) not in known.weekdays:
            return Claim("reasoning.invented_time", match[0])
    return None


class _Moments:
    """The moments that a row holds: its four times, and the hours of its short history."""

    def __init__(self, row: Row) -> None:
        times: list[datetime] = [time for column in _TIMES if (time := parse_time(row[column]))]
        past = short_term(row["short_term_behavior_seq"])
        self.minutes = {(time.hour, time.minute) for time in times}
        # 22:59 may be called 23点.
        self.hours = {h for time in times for h in (time.hour, (time.hour + (time.minute >= 30)) % 24)}
        self.hours |= {one.hour for one in past}
        self.dates = {(time.year, time.month, time.day) for time in times}
        self.days = {(time.month, time.day) for time in times} | {(one.month, one.day) for one in past}
        self.weekdays = {time.weekday() for time in times}
        if times:
            self.weekdays |= {day.weekday() for one in past if (day := behaviour_time(one, times[0]))}

    def holds(self, hour: int, minute: int | None = None) -> bool:
        """Whether an hour, with its minute or without, is one of the row's; 晚上10点 is 22点."""
        hours = {hour, (hour + 12) % 24} if 0 <= hour <= 12 else {0} if hour == 24 else {hour}
        if minute is None:
            return bool(hours & self.hours)
        return any((one, minute) in self.minutes for one in hours) or (minute == 0 and bool(hours & self.hours))


def number(text: str) -> int:
    """``number("12") == number("十二") == 12``, ``number("二十三") == 23``; -1 for no number."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _DIGITS.get(text, -1)
    if len(tens) > 1 or len(ones) > 1:
        return -1
    return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)
