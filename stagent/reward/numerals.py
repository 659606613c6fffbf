"""Numbers in digits and in Chinese characters."""

import re
from functools import lru_cache

_DIGITS = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"两": 2, "俩": 2, "〇": 0}
_DIGITS |= dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True))
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
ZH = "零一二两三四五六七八九十百千万壹贰叁肆伍陆柒捌玖拾佰仟廿"
# A number as text has it: 1,397 · 12.5 · 1.2万 · 二百零五 · 四点八
NUMBER = (
    rf"(?:\d+(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:\s?[万千](?![克米瓦]))?|[{ZH}]+(?:点[零一二三四五六七八九]+)?"
)
_PLAIN = re.compile(r"([\d,]+(?:\.(\d+))?)\s?([万千]?)")


def _below_wan(text: str) -> int | None:
    total, digit = 0, None
    last = 1
    for character in text:
        if character == "廿":
            total, digit, last = total + 20, None, 10
        elif character in _UNITS:
            last = _UNITS[character]
            total += (1 if digit is None else digit) * last
            digit = None
        elif character in _DIGITS:
            if digit not in (None, 0):
                return None
            digit = _DIGITS[character]
            if digit == 0:
                last = 10
        else:
            return None
    if digit is not None:
        # 一百二 is 120, 一百零二 is 102
        total += digit * (last // 10 if last > 10 and text[-2:-1] not in "零" else 1)
    return total


_NEIGHBOURS = re.compile(r"(十?)([一二两三四五六七八九])([二三四五六七八九])([十百千万]?)")


def _between(match: re.Match) -> tuple[float, float] | None:
    """Of 七八 and 三四百 the middle, and how far apart both are; None: two digits that don't follow each other."""
    one, other = _DIGITS[match[2]], _DIGITS[match[3]]
    if other - one != 1 and match[2] + match[3] != "三五":
        return None
    size = {"万": 10_000, "": 1}.get(match[4]) or _UNITS[match[4]]
    return (10 if match[1] else 0) + (one + other) / 2 * size, float((other - one) * size)


@lru_cache(maxsize=16384)
def number(text: str) -> tuple[float, float] | None:
    """A number and the size of the last digit it shows: ``number("12.50") == (12.5, 0.01)``,
    ``number("四点八") == (4.8, 0.1)``, ``number("1.2万") == (12000, 1000)``; None: it isn't one."""
    text = text.strip()
    if match := _PLAIN.fullmatch(text):
        size = {"": 1, "万": 10_000, "千": 1000}[match[3]]
        return float(match[1].replace(",", "")) * size, 10.0 ** -len(match[2] or "") * size
    whole, point, rest = text.partition("点")
    if point:
        left = number(whole)
        digits = [_DIGITS.get(c) for c in rest]
        if left is None or None in digits or not digits:
            return None
        step = 10.0 ** -len(digits)
        return round(left[0] + int("".join(map(str, digits))) * step, len(digits)), step
    if (match := _NEIGHBOURS.fullmatch(text)) and (wide := _between(match)):
        return wide
    if len(text) > 1 and all(c in _DIGITS for c in text):  # 二零二六
        return float("".join(str(_DIGITS[c]) for c in text)), 1.0
    head, wan, tail = text.rpartition("万")
    low = _below_wan(tail)
    high = _below_wan(head) if wan else 0
    if low is None or high is None or (wan and not head):
        return None
    if wan and len(tail) == 1 and tail in _DIGITS and tail != "零":  # 一万二
        low = low * 1000
    return float(high * 10_000 + low), 1.0
