"""Dates, clock times and durations, from the parts that a match has."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from stagent.reward.numerals import ZH, number

# Part of the day -> the hours that are added to one below twelve; 11: noon.
PARTS = {
    **dict.fromkeys(("凌晨", "清晨", "早上", "早晨", "上午", "今早", "明早", "早"), 0),
    "中午": 11,
    **dict.fromkeys(("午后", "下午", "傍晚", "晚上", "夜里", "晚间", "今晚", "明晚", "深夜", "夜间", "半夜", "晚"), 12),
}
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


@dataclass(slots=True)
class TextValue:
    """A value in a text.

    Attributes:
        kind: of ``stagent.queries.answer.KINDS``, or one of ours: level, millimetre, days, age, tenths, line, floor,
            rank, weekday, ride, bare.
        value: in the kind's unit; text of clock ``"15:30"``, date, phone, coordinate, ride.
        low, high: between which the value lies that is meant, by the digits shown; equal minutes of a clock.
        unit: how it was written; other: a second reading of a clock, minutes ("3点" may be 15:00), or None.
        over: "5 公里多": more than the value.
    """

    start: int
    end: int
    kind: str
    value: Any
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    other: float | None = None
    span: bool = False


def _day(text: str) -> int | None:
    found = number(text)
    return None if found is None else int(found[0])


def read_date(match: re.Match, text: str, today: date) -> TextValue | None:
    parts = re.findall(rf"\d+|[{ZH}]+|[a-z]{{3,}}", match.group())
    said = match.group()
    try:
        if re.fullmatch(r"\d{1,2}/\d{1,2}", said):
            found = _nearest(today, int(parts[0]), int(parts[1]))
        elif said[0].isdigit() and re.match(r"\d{4}[-/.]", said):
            found = date(*map(int, parts))
        elif any(part[:3] in [month[:3] for month in MONTHS] for part in parts):
            word = next(part for part in parts if not part.isdigit() and part not in ("st", "nd", "rd", "th"))
            month = [name[:3] for name in MONTHS].index(word[:3]) + 1
            found = _nearest(today, month, int(next(part for part in parts if part.isdigit())))
        elif "月" in said:
            numbers = [_day(part) for part in parts]
            if None in numbers:
                return None
            month, day = numbers[-2:]  # type: ignore[misc]
            found = date(numbers[0], month, day) if len(numbers) == 3 else _nearest(today, month, day)  # type: ignore[arg-type]
        else:
            day = int(parts[0])
            if said.endswith("号") and not 1 <= day <= 31:
                return None  # 95 号汽油
            found = next(each for each in (today + timedelta(days=k) for k in range(-1, 60)) if each.day == day)
    except (ValueError, StopIteration, TypeError):
        return TextValue(*match.span(), "date", said)  # a day that no calendar has
    return TextValue(*match.span(), "date", found.isoformat())


def _nearest(today: date, month: int, day: int) -> date:
    """Of the years around, the one in which the day is nearest."""
    near = [
        date(year, month, day) for year in (today.year - 1, today.year, today.year + 1) if _exists(year, month, day)
    ]
    if not near:
        raise ValueError
    return min(near, key=lambda each: abs((each - today).days))


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def read_weekday(match: re.Match, text: str, today: date) -> TextValue:
    """The next such day, or with 下 one in the week after this."""
    said = match.group()
    which = "一二三四五六日".index(said[-1].replace("天", "日"))
    monday = today - timedelta(days=today.weekday())
    weeks = 2 if said.startswith("下下") else 1 if said[0] == "下" else -1 if said[0] == "上" else 0
    found = monday + timedelta(days=7 * weeks + which)
    if not weeks and found < today and said[0] not in "本这":
        found += timedelta(days=7)
    return TextValue(*match.span(), "weekday", found.isoformat(), low=which)


_COUNTS = re.compile(r"\s?(?:提醒|建议|说明|注意|原因|理由|提示|需要|小|要)")  # behind 两点 that is no moment
_LITTLE = "早晚快慢近远宜少多好有大小差再贵便高低长短重轻"


def read_clock(match: re.Match, text: str, today: date) -> TextValue | None:
    part, after = match["part"], match["ap"] or match["ap2"]
    wide = 0
    if match["h"]:
        hour, minute = int(match["h"]), int(match["min"])
        told = len(match["h"]) > 1  # 6:44 may be 18:44
    elif match["h2"]:
        hour, minute, told = int(match["h2"]), 0, True
    else:
        hour_text, word, rest = match["h3"], match["word"], (match["min3"] or "").replace(" ", "")
        vague = match["vague"] or match["past"]
        before = text[match.start() - 1] if match.start() else " "
        in_words = not hour_text.isdigit()
        if hour_text == "一" and part in ("早", "晚") and not word and not rest:
            return None
        bare = in_words and not (part or word or rest or vague)
        if bare and (hour_text == "一" or before in _LITTLE or text[match.end() - 1] == "时"):
            return None
        if in_words and before in "第几":
            return None
        counted = text[max(0, match.start() - 2) : match.start()] in ("提醒", "注意", "说明", "补充", "以下", "有这")
        if bare and (counted or _COUNTS.match(text, match.end())):
            return None
        found = number(hour_text)
        minutes = {"半": 30, "一刻": 15, "三刻": 45}.get(word or "", 0) if not rest else _day(rest.removeprefix("零"))
        if vague:  # 零几 and 过 are some minutes, 二十多 twenty to thirty, 多 anything within the hour
            wide = 59 if vague == "多" else 9
            minutes = _day(vague[:-1]) if len(vague) > 1 and vague[0] not in "零出" else 0
        if found is None or minutes is None:
            return None
        hour, minute, told = int(found[0]), minutes, False
        # 四点八分 is a rating: minutes below ten are said 零八分
        if rest and len(rest) == 1 and not rest.isdigit() and rest != "十" and hour <= 5 and not part:
            rating = hour + minute / 10
            return TextValue(*match.span(), "rating", rating, rating - 0.05, rating + 0.05, unit="分")
    if hour > 24 or minute > 59:
        return TextValue(*match.span(), "clock", match.group(), -1, -1)
    other = None
    if after:
        hour = hour % 12 + (12 if after[0] == "p" else 0)
    elif part and hour <= 12:
        since = PARTS[part]
        if since == 11:
            hour = 12 if hour == 12 else hour + 12 if hour < 4 else hour
        elif since == 12:
            hour = hour + 12 if hour < 12 else 24 if part not in ("下午", "午后") else 12
            if part in ("夜里", "夜间", "深夜", "半夜") and match["h3"] and hour - 12 < 6:
                other = (hour - 12) * 60 + minute
        elif part == "凌晨" and hour == 12:
            hour = 0
    elif not told and not part and 1 <= hour <= 11:
        other = (hour + 12) * 60.0 + minute
    total = (hour * 60 + minute) % 1440
    said = f"{total // 60:02d}:{total % 60:02d}"
    return TextValue(*match.span(), "clock", said, total, total + wide, unit="" if told else "点", other=other)


def read_duration(match: re.Match, text: str, today: date) -> TextValue | None:
    def of(name: str) -> float:
        found = number(match[name]) if match[name] else None
        return found[0] if found else 0.0

    start, end = match.span()
    if match["dhalf3"]:
        return lasting(start, end, 1800, 600)
    if match["dm4"]:
        said = number(match["dm4"])
        if said is None:
            return None
        seconds = said[0] * 60
        if match["dhm"]:
            return lasting(start, end, seconds + 30, 30)
        return TextValue(start, end, "duration", seconds, seconds, seconds + _more(said[0]) * 60, unit="分")
    if match["dan"]:
        return lasting(start, end, 3600, 600)
    if match["dq"]:
        return lasting(start, end, {"一": 1, "1": 1, "两": 2, "三": 3, "3": 3}[match["dq"]] * 900, 150)
    if match["dh"]:
        said = number(match["dh"])
        if said is None:
            return None
        hours, step = said
        seconds, fine = hours * 3600, 600.0
        if match["dhfrom"] and (first := number(match["dhfrom"])) and first[0] < hours:
            return TextValue(
                start, end, "duration", seconds, first[0] * 3600 - 600, seconds + 900, unit="小时", span=True
            )
        if step < 1:
            fine = max(30.0, step * 1800)
        if match["dhalf"] or match["dhalf2"]:
            seconds += 1800
        if match["dk"]:
            seconds, fine = seconds + {"一": 900, "三": 2700}[match["dk"]], 150
        if match["dm"]:
            seconds, fine = seconds + of("dm") * 60, 30.0
        if match["dmb"]:
            seconds, fine = seconds + of("dmb") * 60, 30.0
        if text.startswith("十几分钟", end) and not match["dm"]:
            return TextValue(start, end + 4, "duration", seconds + 900, seconds + 630, seconds + 1170, unit="小时")
        if match["ds3"]:
            seconds, fine = seconds + of("ds3"), 0.5
        if match["ds0"]:
            seconds, fine = seconds + of("ds0"), 0.5
        elif match["dm"] and text[end : end + 1] == "半":  # 1 小时 2 分半
            seconds, end = seconds + 30, end + 1
        if match["dover"] or match["dx"]:
            return TextValue(start, end, "duration", seconds, seconds, seconds + 3599, unit="小时")
        low, high = roughly(
            text, start, end, seconds, seconds - fine, seconds + fine, is_round=not match["dm"] and hours * 2 % 1 == 0
        )
        if match["dm"] and of("dm") >= 60:
            low = high = -1.0  # 4 小时 97 分 is no time
        return TextValue(start, end, "duration", round(seconds), low, high, unit="" if match["dm"] else "小时")
    if match["dm2"]:
        return lasting(start, end, of("dm2") * 60 + of("ds"), 0.5)
    if match["dm3"]:
        said = number(match["dm3"])
        if said is None:
            return None
        minutes, step = said
        if match["dfrom"] and (first := number(match["dfrom"])) and first[0] < minutes:
            return TextValue(
                start, end, "duration", minutes * 60, first[0] * 60 - 30, minutes * 60 + 30, unit="分", span=True
            )
        if match["dx3"] or match["dover3"]:
            low = minutes * 60 * (0.9 if match["dx3"] == "来" else 1)
            return TextValue(start, end, "duration", minutes * 60, low, (minutes + _more(minutes)) * 60, unit="分")
        low, high = roughly(text, start, end, minutes, minutes - step / 2, minutes + step / 2)
        return TextValue(start, end, "duration", round(minutes * 60), low * 60, high * 60, unit="分")
    return lasting(start, end, of("ds2"), 0.5, unit="秒")


def lasting(start: int, end: int, seconds: float, fine: float, unit: str = "") -> TextValue:
    return TextValue(start, end, "duration", round(seconds), seconds - fine, seconds + fine, unit=unit)


def _more(minutes: float) -> int:
    """How many minutes 二十多分钟 and 五分多钟 can be above what is said."""
    return 10 if minutes and minutes % 10 == 0 else 1


_NEARLY = re.compile(
    r"(?:将近|接近|(?<=[等要有得将])快|(?:^|[^\u4e00-\u9fff]|[要需花用是有了走到才就价分数停离])近)\s?$"
)
_SOME = re.compile(r"(?:[约概]|差不多|左右|上下)\s?$")
_OR_SO = re.compile(r"\s?(?:左右|上下|前后)")


def roughly(
    text: str, start: int, end: int, amount: float, low: float, high: float, is_round: bool | None = None
) -> tuple[float, float]:
    """Between what a value lies that is said roughly: ``将近 10`` is 8.5 to 10.5, ``180 左右`` 171 to 189.

    A number that shows no round digits (``26 左右``) is as exact as it looks.
    """
    if _NEARLY.search(text, max(0, start - 4), start):
        return min(low, amount * 0.85), high
    if is_round is None:
        is_round = amount >= 10 and amount % (5 if amount < 100 else 10 if amount < 1000 else 100) == 0
    if is_round and (_OR_SO.match(text, end) or _SOME.search(text, max(0, start - 4), start)):
        return min(low, amount * 0.95), max(high, amount * 1.05)
    return low, high
