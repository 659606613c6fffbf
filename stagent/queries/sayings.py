"""How values are said in Chinese: each with several forms, exact, rounded, in other units, in words."""

import random
from collections.abc import Sequence
from datetime import date

from stagent.queries.answer import Fact

_DIGITS = "零一二三四五六七八九"


def in_words(number: int) -> str:
    """A whole number below 100,000 in characters: ``in_words(25) == "二十五"``, ``in_words(205) == "二百零五"``."""
    if number < 10:
        return _DIGITS[number]
    if number < 20:
        return "十" + (_DIGITS[number % 10] if number % 10 else "")
    for size, name in ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= size:
            head, rest = divmod(number, size)
            gap = "零" if rest and rest < size // 10 else ""
            tail = "" if not rest else ("一" if 10 <= rest < 20 else "") + in_words(rest)
            return f"{in_words(head)}{name}{gap}{tail}"
    raise AssertionError(number)


def duration_forms(seconds: int) -> list[str]:
    """The ways to say a duration, the usual first: ``649`` → 约 11 分钟, 11 分钟左右, 10 分 49 秒, 十一分钟左右."""
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    long = f"{hours} 小时" + (f" {rest} 分钟" if rest else "")
    forms = []
    if minutes < 1:
        return [f"{seconds} 秒", "不到 1 分钟"]
    if minutes < 60:
        forms += [f"约 {minutes} 分钟", f"{minutes} 分钟左右", f"大约{'两' if minutes == 2 else in_words(minutes)}分钟"]
    else:
        forms += [f"约 {long}", f"{long}左右", f"约 {minutes} 分钟"]
        if rest == 30:
            forms.append(f"{'两' if hours == 2 else in_words(hours)}个半小时")
    if minutes == 30:
        forms.append("半小时左右")
    if minutes in (15, 45):
        forms.append({15: "一刻钟", 45: "三刻钟"}[minutes] + "左右")
    exact_minutes, exact_seconds = divmod(seconds, 60)
    if seconds % 60 and 60 <= seconds < 3600:
        forms.append(f"{exact_minutes} 分 {exact_seconds} 秒")
    return forms


def distance_forms(metres: int) -> list[str]:
    """``5087`` → 约 5.1 公里, 5.1 公里, 5087 米, 约 5.1 千米; below a kilometre: 320 米, 约 320 米."""
    if metres < 1000:
        return [f"{metres} 米", f"约 {metres} 米", f"{metres / 1000:.2f} 公里" if metres >= 100 else f"{metres}m"]
    return [f"约 {metres / 1000:.1f} 公里", f"{metres / 1000:.1f} 公里", f"{metres} 米", f"{metres / 1000:.2f}km"]


def clock_forms(moment: str) -> list[str]:
    """``"09:30"`` → 09:30, 9:30, 上午 9 点半, 上午九点半; ``"21:05"`` → 21:05, 晚上 9 点 05 分, …"""
    hour, minute = map(int, moment.split(":")[:2])
    part = next(
        name
        for until, name in ((5, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
        if hour % 24 < until
    )
    small = (hour - 1) % 12 + 1 if hour % 24 else 0
    rest = {0: "", 15: "一刻", 30: "半"}.get(minute, f"{minute:02d}分")
    forms = [f"{hour:02d}:{minute:02d}", f"{hour}:{minute:02d}", f"{part} {small} 点{rest}"]
    if minute in (0, 15, 30):
        forms.append(f"{part}{in_words(small) if small != 2 else '两'}点{rest or '整'}")
    return forms


def money_forms(yuan: float) -> list[str]:
    """``56`` → 56 元, 56 块, ￥56, 五十六元; 0: 0 元, 免费."""
    text = f"{yuan:g}" if yuan != int(yuan) else str(int(yuan))
    if yuan == 0:
        return ["0 元", "免费"]
    forms = [f"{text} 元", f"￥{text}", f"{text}块"]
    if yuan == int(yuan) and yuan < 10_000:
        forms.append(f"{'两' if yuan == 2 else in_words(int(yuan))}元")
    return forms


def rating_forms(rating: float) -> list[str]:
    """``4.8`` → 4.8 分, 评分 4.8, 四点八分."""
    whole, tenth = divmod(round(rating * 10), 10)
    return [f"{rating:.1f} 分", f"{rating:.1f}", f"{_DIGITS[whole]}点{_DIGITS[tenth]}分"]


def temperature_forms(celsius: int) -> list[str]:
    """``-3`` → -3°C, 零下 3 度, 零下三度."""
    minus = "零下" if celsius < 0 else ""
    return [
        f"{celsius}°C",
        f"{celsius}℃",
        f"{minus}{' ' if minus else ''}{abs(celsius)} 度",
        f"{minus}{in_words(abs(celsius))}度",
    ]


def mass_forms(kilograms: float) -> list[str]:
    """``23`` → 23 公斤, 23 kg, 二十三公斤."""
    forms = [f"{kilograms:g} 公斤", f"{kilograms:g}kg", f"{kilograms:g} 千克"]
    return [*forms, f"{in_words(int(kilograms))}公斤"] if kilograms == int(kilograms) else forms


def date_forms(day: str, today: str) -> list[str]:
    """``"2026-01-06"`` on the fifth → 1月6日, 2026-01-06, 1 月 6 日, 明天."""
    wanted, now = date.fromisoformat(day), date.fromisoformat(today[:10])
    forms = [f"{wanted.month}月{wanted.day}日", day, f"{wanted.month} 月 {wanted.day} 号"]
    near = {0: "今天", 1: "明天", 2: "后天"}.get((wanted - now).days)
    return [*forms, near] if near else forms


_FORMS = {
    "duration": duration_forms,
    "distance": distance_forms,
    "clock": clock_forms,
    "money": money_forms,
    "rating": rating_forms,
    "temperature": temperature_forms,
    "mass": mass_forms,
}


def forms(kind: str, value: object, today: str = "") -> Sequence[str]:
    """The ways to say a value of a kind; those without forms of their own have one."""
    if kind == "date" and today:
        return date_forms(str(value), today)
    if kind == "percent":
        return [f"{value}%", f"百分之{in_words(int(value))}"]  # type: ignore[call-overload]
    return _FORMS[kind](value) if kind in _FORMS else [str(value)]  # type: ignore[operator]


def say_fact(
    kind: str, value: object, entity: str = "", *, how: str = "given", rng: random.Random | None = None, today: str = ""
) -> Fact:
    """A fact in its usual form, or in one that is drawn: ``say_fact("duration", 649).text == "约 11 分钟"``."""
    ways = forms(kind, value, today)
    return Fact(rng.choice(ways) if rng else ways[0], kind, value, entity, how)
