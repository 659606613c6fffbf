"""Values that a text says, in one compiled pass: each with its kind, its unit's size and the digits that it shows.

"约 5.1 公里，一刻钟，下午3点半" → distance 5050..5150, duration 870..930, clock 15:30
"""

import re
from collections.abc import Iterator
from datetime import date

from stagent.reward.numerals import NUMBER, ZH, number
from stagent.reward.times import (
    MONTHS,
    PARTS,
    TextValue,
    lasting,
    read_clock,
    read_date,
    read_duration,
    read_weekday,
    roughly,
)

# Unit -> kind, size.
_UNITS: dict[str, tuple[str, float]] = {}
for _kind, _size, _words in (
    ("distance", 1000, "公里 千米 km kilometers kilometres kilometer kilometre"),
    ("distance", 1, "米 m meters metres"),
    ("distance", 0.01, "厘米 cm 公分"),
    ("distance", 1609.344, "英里 miles mile"),
    ("distance", 500, "里地 里路 华里 里多路 里多地 里来路 里来地"),
    ("money", 1, "元 块钱 块 圆 rmb yuan cny 元钱"),
    ("money", 0.1, "角 毛钱 毛"),
    ("rating", 1, "分 颗星 星 stars star"),
    ("temperature", 1, "℃ °c ° 摄氏度 度 degrees"),
    ("percent", 1, "% 个百分点 percent"),
    ("mass", 1, "公斤 千克 kg"),
    ("mass", 0.5, "斤"),
    ("level", 1, "级"),
    ("millimetre", 1, "毫米 mm"),
    ("days", 1, "天 日 days day"),
    ("age", 1, "周岁 岁"),
    ("tenths", 1, "折"),
    ("line", 1, "号线 路 线"),
    ("floor", 1, "层 楼 号楼 f"),
    ("count", 1, "张 条评价 条点评 条评论 条 家 个 间 处 座 所 趟 班 次列车 次 列 站地 站 人 位 名 款 种 晚 夜 部 辆 "
                 "份 桌 个人 口人 stops stop transfers transfer reviews review seats seat people places"),
):  # fmt: skip
    for _word in _words.split():
        _UNITS[_word] = (_kind, _size)
_UNIT = "|".join(
    re.escape(word) + ("(?![a-z])" if word[0].isascii() and word[0].isalpha() else "")
    for word in sorted(_UNITS, key=len, reverse=True)
)
_PART = "|".join(f"(?<![最更太很要])(?<!不)(?<!提){word}" if len(word) == 1 else word for word in PARTS)
_N = f"(?:{NUMBER})"
_ZH = f"[{ZH}]"
_D = rf"(?:\d{{1,2}}|{_ZH}{{1,3}})"
_MONTH = "|".join(f"{name}|{name[:3]}" for name in MONTHS)
# Word characters of names that a number can be part of: "g12", "k11广场".
_OTHER_UNIT = "公里|千米|元|块|度|个?小时|%|公斤|星"  # behind 两点五, which is no moment
_MINUTES = r"分钟|min(?:ute)?s?(?![a-z])"
# Behind 多, which then is a word of its own: 5 公里多花 3 元.
_MUCH = "[少云人数花走跑等要坐付出绕为给开停留了]"
_NO_DAY = "[线楼院店门馆厅日路站口]"  # 3 号线
# Behind the minutes of 8 点 24.
_BEHIND = "[前后到开就才的能起落抵发关收打]|左右|上下|之前|以前|出发|多|出头"
VALUE = re.compile(
    rf"""
    (?P<coordinate>-?\d{{1,3}}\.\d{{3,}}[ ]?[,，][ ]?-?\d{{1,3}}\.\d{{3,}})
  | (?P<date>(?:(?:\d{{4}}|[零一二三四五六七八九]{{4}})[ ]?年[ ]?)?{_D}[ ]?月[ ]?{_D}[ ]?[日号]
      | \d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?!\d)
      | {_D}[ ]?月[ ]?{_D}(?=[ ]?[-~至到、和][ ]?{_D}[ ]?[日号](?!{_NO_DAY}))
      | (?<![\d.a-z/-])(?:\d{{1,2}}/[123]\d|1[0-2]/\d)(?![\d/.\w%])
      | (?<![\d.a-z/-])\d{{1,2}}/\d{{1,2}}(?=[ ]?\(?(?:周|星期)?[一二三四五六日][，,)\s]|[ ]?有|[ ]?-[ ]?\d+/)
      | (?<=\d-)\d{{1,2}}/\d{{1,2}}(?![\d/.\w%])
      | (?<![\d.点a-z路街巷弄里道])\d{{1,2}}(?=[ ]?[-~至到、和][ ]?\d{{1,2}}[ ]?[日号](?!{_NO_DAY}))
      | (?<![\d.点a-z路街巷弄里道])\d{{1,2}}[ ]?[日号](?!{_NO_DAY})
      | \b(?:{_MONTH})\.?\s\d{{1,2}}(?:st|nd|rd|th)?\b | \b\d{{1,2}}(?:st|nd|rd|th)?\s(?:{_MONTH})\b)
  | (?P<weekday>(?:下下|下|本|这|上)?个?(?:周|星期|礼拜)[一二三四五六日天](?!至))
  | (?P<phone>(?<![\d.])(?:\d{{3,4}}-\d{{7,8}}|0\d{{2,3}}[ ]?\d{{7,8}}|1[3-9]\d{{9}}
      | [48]00[- ]?\d{{3}}[- ]?\d{{4}})(?!\d))
  | (?P<ride>(?<![a-z\d.])(?:[gdcztkyl][ ]?\d{{1,4}}|(?:[a-z]{{2,3}}|[a-z]\d|\d[a-z])\d{{3,4}})
      (?![a-z\d.]|[ ]?[%元公里分])次?)
  | (?P<clock>(?:(?P<part>{_PART})[ ]?)?
      (?:(?P<h>\d{{1,2}}):(?P<min>\d{{2}})(?::(?P<sec>\d{{2}}))?(?!\d)[ ]?(?P<ap>[ap]\.?m\b\.?)?
      | (?P<h2>\d{{1,2}})[ ]?(?P<ap2>[ap]\.?m\b\.?)
      | (?P<h3>{_D})[ ]?[点时](?!{_ZH}+(?:{_OTHER_UNIT}|级)|\d+[ ]?(?:{_OTHER_UNIT})|心|评|赞|菜|餐|单)[ ]?
          (?:(?P<word>半|一刻|三刻|整|钟)
            |(?P<vague>零几|(?:[二三四五]?十|[1-5]0)[几多来])[ ]?分?(?!钟)|(?P<past>多(?!{_MUCH})|出头|过)
            |(?P<min3>零[ ]?[\d{ZH}]|\d{{1,2}}|{_ZH}{{1,3}})(?=[ ]?(?:分|{_BEHIND})|[，。；、,）)]|\s|$)[ ]?分?)?))
  | (?P<duration>(?:(?P<dhfrom>{_N})[ ]?(?:个?小时)?[ ]?(?:-|~|至|到)[ ]?)?
        (?P<dh>{_N})[ ]?(?:个?(?P<dx>[多来几余])个?|个)?[ ]?(?P<dhalf>半)?[ ]?
          (?:小时|钟头|hours?(?![a-z])|hrs?(?![a-z])|h(?![a-z]))(?P<dhalf2>半)?
          (?:(?P<dover>[多来余](?!{_MUCH})|出头)
            |[ ]?(?P<dmb>\d\d|{_ZH}{{1,3}})(?=[ ]?(?:左右|上下|出头|多|不到))
            |[ ]?[零又]?(?:and)?[ ]?(?:(?P<dm>{_N})[ ]?(?:{_MINUTES}|分|m(?![a-z]))|(?P<dk>[一三])刻钟?)
             (?:[ ]?(?P<ds0>{_N})[ ]?秒)?|[ ]?(?P<ds3>{_N})[ ]?秒)?
      | (?P<dhalf3>半个?(?:小时|钟头)|half\san\shour) | (?P<dan>\ban\shour)
      | (?P<dq>[一两三13])[ ]?刻钟
      | (?P<dm2>{_N})[ ]?分钟?[ ]?(?P<ds>{_N})[ ]?秒
      | (?P<dm4>\d+|{_ZH}+)[ ]?分(?:(?P<dhm>半)钟?|[多来]钟?(?!{_MUCH}))
      | (?:(?P<dfrom>{_N})[ ]?(?:分钟)?[ ]?(?:-|~|至|到|—+)[ ]?)?(?P<dm3>{_N})[ ]?(?P<dx3>[多来几余])?
          [ ]?(?:{_MINUTES})(?P<dover3>[ ]?(?:多一?点?(?!{_MUCH})|出头|有余))?
      | (?P<ds2>{_N})[ ]?(?:秒钟?|sec(?:ond)?s?(?![a-z])))
  | (?P<value>(?:(?P<sign>零下|百分之|第|¥|\$|人民币|-|负)[ ]?)?
      (?:(?P<from>{_N})[ ]?(?P<fu>{_UNIT})?[ ]?(?:-|~|至|到|—+)[ ]?(?=零下|-?\d|[{ZH}])(?P<sign2>零下|-|负)?[ ]?)?
      (?P<num>{_N})[ ]?(?P<x>[多来几余])?[ ]?(?:(?P<unit>{_UNIT})
        (?P<over>[ ]?(?:多一?点?(?!{_MUCH})|出头|有余|挂零))?)?
      (?P<jiao>[ ]?[一二三四五六七八九半\d](?![\d.:一二三四五六七八九十]
        |[ ]?[元块年月日号点分秒小个张位人晚次间份家天趟班站公千米路线条折%级度岁层楼斤]))?)
    """,
    re.VERBOSE,
)


# With what a value can begin: looked for first, because trying every alternative at every character takes longer.
_START = re.compile(
    rf"[\d{ZH}]|(?<![a-z\d])(?:[a-z]{{1,3}}\s?\d|{_MONTH}|half an|an hour)|半(?=个?(?:小时|钟头))"
    rf"|[下本这上]{{0,2}}个?(?:周|星期|礼拜)[一二三四五六日天]|(?:{_PART})(?=\s?[\d{ZH}])|[第负](?=\s?[\d{ZH}])|[¥$](?=\s?[\d{ZH}])"
    rf"|人民币|(?<![a-z\d)点时分半日号元米-])-(?=\d)"
)


def values(text: str, today: date) -> Iterator[TextValue]:
    """The values that a plain text says, in their order; what can't be one is passed over."""
    at, last = 0, None
    while found := _START.search(text, at):
        match = VALUE.match(text, found.start())
        if match is None:
            at = max(found.start() + 1, found.end() - text[found.end() - 1].isdigit())  # aqi 45
            continue
        if match.group().startswith("一一"):
            at = found.start() + 1
            continue
        if found.start() and text[found.start() - 1] in "几数" and not match.group()[0].isdigit():
            at = match.end()  # 几十米: no value
            continue
        said = _READERS[match.lastgroup](match, text, today)  # type: ignore[index]
        if said is not None and said.kind == "date":
            if (
                last is not None
                and _DAYS_ON.fullmatch(text, last.end, said.start)
                and _DAY_ALONE.fullmatch(match.group())
            ):
                said.value = _in_month(last.value, said.value)
            last = said
        at = match.end() if said is None else said.end
        if said is not None:
            while text[said.end - 1] == " ":
                said.end -= 1
            yield said


def _coordinate(match: re.Match, text: str, today: date) -> TextValue:
    lat, lon = re.split(r"\s?[,，]\s?", match.group())
    return TextValue(*match.span(), "coordinate", f"{lat},{lon}")


def _phone(match: re.Match, text: str, today: date) -> TextValue:
    return TextValue(*match.span(), "phone", re.sub(r"\D", "", match.group()))


def _ride(match: re.Match, text: str, today: date) -> TextValue:
    return TextValue(*match.span(), "number", match.group().removesuffix("次").replace(" ", "").upper())


_SPELL = re.compile(r"\s?(?:多|半)?(?:星期|月|礼拜|钟头|年|季)")
_BARE_BEFORE = re.compile(r"[a-z_#&@/]$")


def _value(match: re.Match, text: str, today: date) -> TextValue | None:
    said, unit, sign = number(match["num"]), match["unit"], match["sign"] or ""
    if said is None or _is_no_amount(match, text):
        return None
    in_words = not match["num"][0].isdigit()
    start = match.start() + len(match.group()) - len(match.group().lstrip())
    amount, step, end = _with_tenth(match, *said)
    if sign == "第":
        return TextValue(start, end, "rank", int(amount), amount, amount, unit=unit) if unit in ("名", "位") else None
    kind, size = _UNITS.get(unit or "", ("bare", 1.0))
    if sign in _KINDS_BY_SIGN:
        kind, size, end = _KINDS_BY_SIGN[sign], 1.0, match.end("num")
        unit = "元" if kind == "money" else "%"
    if kind == "bare":
        if in_words or _BARE_BEFORE.search(text, max(0, start - 1), start):
            return None
        if text.startswith("/5", end):
            kind, end = "rating", end + 2
        elif step == 0.1 and amount <= 5 and text[max(0, start - 1) : start] == "(" and text[end : end + 1] in _CLOSES:
            kind = "rating"  # 澜屿酒店(4.7)
    joined = start and ((text[start - 1].isalnum() and text[start - 1].isascii()) or text[start - 1] in ")）")
    minus = sign in ("零下", "负") or (sign == "-" and not joined)
    if sign == "-" and not minus:
        start += 1
    if minus and kind in ("temperature", "bare"):
        amount = -amount
    if kind == "rating" and (amount > 5 or (in_words and step == 1)):
        if unit == "分" and not in_words and step == 1:  # 耗时 25 分
            return lasting(start, end, amount * 60, 30, unit="分")
        return TextValue(start, end, "rating" if step < 1 else "points", amount, amount, amount, unit=unit or "")
    if in_words and _is_article(match, text, kind, unit, amount, end):
        return None
    if kind == "count" and unit == "个" and _SPELL.match(text, end):
        return None  # 三个多星期
    low, high = _meant(match, text, start, kind, unit, amount, step, size)
    span = False
    if match["from"] and (
        (match["fu"] and _UNITS[match["fu"]][0] != kind) or text[end : end + 1] in tuple("月年点:日号时")
    ):
        return _first_of(match)
    first = number(match["from"]) if match["from"] else None
    if first and (first[0] < amount or kind == "temperature"):
        begin = first[0] * (-1 if minus or sign == "零下" else 1)
        if match["sign2"]:
            amount = -abs(amount)
        elif kind == "temperature" and sign in ("零下", "-", "负"):
            begin, amount = -first[0], abs(amount)
        wide = 0.0 if low == high else step / 2
        low, high, span = (begin - wide) * size, (amount + wide) * size, True
    elif match["from"] and kind != "temperature":
        start = match.start("num")
    value = amount * size
    value = round(value, 4) if value % 1 else int(value)
    return TextValue(start, end, kind, value, low, high, unit or "", span=span)


_KINDS_BY_SIGN = {"¥": "money", "人民币": "money", "$": "money", "百分之": "percent"}
_CLOSES = (")", "，", "、")


def _is_no_amount(match: re.Match, text: str) -> bool:
    """2025 年 7 月, 一分钱不花"""
    if match["unit"] is None:
        return text[match.end("num") : match.end("num") + 2].lstrip()[:1] == "年"
    return match["unit"] == "分" and text.startswith("钱", match.end("unit"))


def _with_tenth(match: re.Match, amount: float, step: float) -> tuple[float, float, int]:
    """An amount with what stands behind its unit, the step of its last digit, and where it ends: 三块五, 一米八."""
    tenth, unit = match["jiao"], match["unit"]
    if not tenth:
        return amount, step, match.end()
    exact = not match["over"] and (tenth[0] != " " or unit == "块")
    digit = tenth.strip()
    if exact and unit in ("块", "元") and not match["x"]:
        return amount + (0.5 if digit == "半" else number(tenth)[0] / 10), 0.1, match.end()  # type: ignore[index]
    if exact and unit == "米" and not match["x"] and amount < 3 and digit in tuple("一二三四五六七八九"):
        return amount + number(tenth)[0] / 10, 0.1, match.end()  # type: ignore[index]
    if exact and digit == "半" and unit in ("公里", "千米"):
        return amount + 0.5, 0.1, match.end()
    return amount, step, match.start("jiao")


def _is_article(match: re.Match, text: str, kind: str, unit: str | None, amount: float, end: int) -> bool:
    """一家, 三路车, 最早的一天"""
    one = amount == 1 and (kind in ("count", "line") or unit == "块") and not match["from"]
    bus = kind == "line" and text[end : end + 1] == "车"
    return one or bus or (kind == "days" and amount == 1)


_EXACT = frozenset(
    ("count", "days", "age", "tenths", "line", "floor", "level", "rank", "bare", "rating", "money", "temperature")
)


def _meant(
    match: re.Match, text: str, start: int, kind: str, unit: str | None, amount: float, step: float, size: float
) -> tuple[float, float]:
    """Between which values lies what an amount means, by its digits and by 多, 来, 几 behind it."""
    low, high = (amount - step / 2) * size, (amount + step / 2) * size
    if kind in _EXACT:
        low = high = amount * size
    if kind == "rating":
        low, high = amount - step / 2.5, amount + step / 2.5
    elif kind == "money" and step < 1:
        low, high = amount - step / 2, amount + step / 2
    elif kind == "money":
        # people round 448.5 to 449, but a fare of 1.5 to nothing else, unless they say so
        half = step * (0.5 if amount >= 20 or _ABOUT.search(text, max(0, start - 3), start) else 0.05)
        low, high = (amount - half) * size, (amount + half) * size
    elif amount % 1 and kind in ("count", "days", "age"):  # 七八张
        low, high = amount - 0.5, amount + 0.5
    over = match["x"] or match["over"] or (unit or "")[1:2] == "多"
    if over:
        low, high = amount * size, (amount + (_round_step(amount) if step >= 1 else step)) * size
        return (low * 0.9, high) if over == "来" else (low, high)
    if kind in _ROUGH and not match["from"]:
        low, high = roughly(text, start, match.end(), amount, low / size, high / size)
        return low * size, high * size
    return low, high


def _first_of(match: re.Match) -> TextValue | None:
    """150 元 of ``150 元~11月6日``, which is no range."""
    kind, size = _UNITS.get(match["fu"] or "", ("bare", 1.0))
    said = number(match["from"])
    if said is None or kind == "bare":
        return None
    value = said[0] * size
    end = match.end("fu") if match["fu"] else match.end("from")
    half = said[1] * size * (0.05 if kind in ("money", "count", "temperature") else 0.5)
    return TextValue(match.start(), end, kind, value, value - half, value + half, match["fu"] or "")


_ABOUT = re.compile(r"[约概近]\s?$|差不多\s?$")
_ROUGH = frozenset(("distance", "money", "mass", "count", "millimetre"))


def _round_step(amount: float) -> float:
    step = 1.0
    while amount and amount % (step * 10) == 0 and step < amount:
        step *= 10
    return step


_DAY_ALONE = re.compile(r"\d{1,2}\s?[日号]")
_DAYS_ON = re.compile(r"\s?(?:[-~、和]|至|到|—+)\s?")  # between the ends of 11 月 14 日—15 日


def _in_month(first: str, value: str) -> str:
    """The day of a date in the month of another: ``_in_month("2026-11-14", "2026-10-15") == "2026-11-15"``."""
    return first[:8] + value[8:] if len(value) == len(first) == 10 else value


_READERS = {
    "coordinate": _coordinate,
    "date": read_date,
    "weekday": read_weekday,
    "phone": _phone,
    "ride": _ride,
    "clock": read_clock,
    "duration": read_duration,
    "value": _value,
}
