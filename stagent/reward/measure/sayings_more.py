"""More ways to say a value than the expert has: rounded, in words, in other units, as people write.

Each is true within the digits that it shows.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from stagent.queries.sayings import forms, in_words

_DIGITS = "零一二三四五六七八九"


def other_ways(kind: str, value: Any, today: str) -> dict[str, list[str]]:
    """Texts by style: ``other_ways("duration", 1800, …)["words"] == ["半小时", "半个小时", "三十分钟"]``.

    Styles: "form" (of ``stagent.queries.sayings``), "rounded", "words", "unit", "written".
    """
    found: dict[str, list[str]] = {"form": list(forms(kind, value, today))}
    for style, text in _MORE[kind](value) if kind in _MORE else ():
        found.setdefault(style, []).append(text)
    return found


def _decimal_in_words(number: float, decimals: int) -> str:
    """``_decimal_in_words(5.1, 1) == "五点一"``"""
    whole, _, rest = f"{number:.{decimals}f}".partition(".")
    return in_words(int(whole)) + ("点" + "".join(_DIGITS[int(each)] for each in rest) if rest else "")


def _counted(number: int) -> str:
    """As before a measure word: 两 for 二."""
    return "两" if number == 2 else in_words(number)


def _duration(seconds: int) -> Iterator[tuple[str, str]]:
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    if minutes < 1:
        return
    yield "written", f"{minutes}分钟" if minutes < 60 else f"{hours}小时{rest}分" if rest else f"{hours}个小时"
    yield "words", f"{_counted(minutes)}分钟" if minutes < 60 else f"大约{in_words(minutes)}分钟"
    if minutes == 30:
        yield "words", "半小时"
        yield "words", "半个小时"
    if minutes == 15:
        yield "words", "一刻钟"
    if hours:
        yield "words", f"{_counted(hours)}小时" + (f"{in_words(rest)}分钟" if rest else "")
        yield "unit", f"{minutes} 分钟"
        yield "rounded", f"约 {seconds / 3600:.1f} 小时"
        if rest == 30:
            yield "words", f"{_counted(hours)}个半小时"


def _distance(metres: int) -> Iterator[tuple[str, str]]:
    if metres < 1000:
        yield "words", f"{_counted(metres)}米"
        yield "unit", f"{metres / 1000:.3f} 公里"
        if metres >= 100:
            yield "rounded", f"约 {metres / 1000:.1f} 公里"
        return
    yield "words", f"{_decimal_in_words(metres / 1000, 1)}公里"
    yield "unit", f"{metres} 米"
    yield "unit", f"{metres / 1000:.1f} 千米"
    yield "written", f"{metres / 1000:.1f}KM"
    yield "rounded", f"约 {metres / 1000:.0f} 公里"


def _clock(moment: str) -> Iterator[tuple[str, str]]:
    hour, minute = map(int, moment.split(":")[:2])
    if not 1 <= hour <= 23:
        return
    starts = ((18, "晚上"), (13, "下午"), (12, "中午"), (9, "上午"), (5, "早上"), (0, "凌晨"))
    part = next(name for start, name in starts if hour >= start)
    small = (hour - 1) % 12 + 1
    spoken = {0: "", 15: "一刻", 30: "半", 45: "三刻"}.get(minute) or (
        f"{'零' if minute < 10 else ''}{in_words(minute)}分" if minute else ""
    )
    yield "written", f"{hour}点{minute:02d}分" if minute else f"{hour}点"
    yield "written", f"{part}{small}:{minute:02d}"
    yield "words", f"{part}{_counted(small)}点{spoken}"


def _money(yuan: float) -> Iterator[tuple[str, str]]:
    if yuan == 0:
        yield "written", "0元"
        return
    yield "written", f"{yuan:.2f}元"
    yield "written", f"{yuan:g}块钱"
    yield "unit", f"¥{yuan:g}"
    if yuan == int(yuan) and yuan < 10_000:
        yield "words", f"{_counted(int(yuan))}块"
        yield "words", f"{_counted(int(yuan))}块钱"
    else:
        yield "rounded", f"约 {yuan:.0f} 元" if yuan % 1 != 0.5 else f"{yuan:.1f} 元"


def _rating(rating: float) -> Iterator[tuple[str, str]]:
    yield "written", f"{rating:.1f}分"
    yield "words", f"{_decimal_in_words(rating, 1)}分"


def _temperature(celsius: int) -> Iterator[tuple[str, str]]:
    yield "written", f"{celsius}度" if celsius >= 0 else f"零下{-celsius}度"
    yield "unit", f"{celsius} 摄氏度" if celsius >= 0 else f"零下 {-celsius} 摄氏度"
    yield "words", ("零下" if celsius < 0 else "") + in_words(abs(celsius)) + "摄氏度"


def _percent(percent: int) -> Iterator[tuple[str, str]]:
    yield "words", f"百分之{in_words(percent)}"
    yield "written", f"{percent} %"
    yield "written", f"百分之{percent}"


def _date(day: str) -> Iterator[tuple[str, str]]:
    given = date.fromisoformat(day)
    yield "words", f"{in_words(given.month)}月{in_words(given.day)}日"
    yield "words", f"{in_words(given.month)}月{in_words(given.day)}号"
    yield "written", f"{given.year}年{given.month}月{given.day}日"
    yield "written", f"{given.month}月{given.day}号"


def _count(count: int) -> Iterator[tuple[str, str]]:
    if 3 <= count < 10_000:  # 二 and 两, 一 and 1 aren't the same before every measure word
        yield "words", in_words(count)


def _hours(hours: str) -> Iterator[tuple[str, str]]:
    if not hours[:1].isdigit():
        return
    yield "written", hours.replace("-", "~")
    yield "written", hours.replace("-", "至").replace(",", "、")
    yield "words", hours.replace("-", " 到 ").replace(",", " 和 ")


def _phone(phone: str) -> Iterator[tuple[str, str]]:
    yield "written", phone.replace("-", " ")
    yield "written", phone.replace("-", "")


def _number(number: str) -> Iterator[tuple[str, str]]:
    yield "written", number.lower()


_MORE = {
    "duration": _duration,
    "distance": _distance,
    "clock": _clock,
    "money": _money,
    "rating": _rating,
    "temperature": _temperature,
    "percent": _percent,
    "date": _date,
    "count": _count,
    "hours": _hours,
    "phone": _phone,
    "number": _number,
}
