"""Numbers in a page's text, as fields that can be pointed to, and the text around them in words.

"经济舱免费托运 23 公斤，超出部分按每公斤 18 元收取。"
──► mass.0 = 23, money.0 = 18     经济舱 免费 托运 <.mass.0> ， 超出 部分 按 每公斤 <.money.0> 收取 。
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_WHOLE, _REAL = r"\d{1,9}", r"\d{1,9}(?:\.\d{1,9})?"  # a page may hold numbers that no value has
_NUMBER = re.compile(
    r"(?<![\d.])(?:(?P<hours>\d\d:\d\d-\d\d:\d\d(?:,\d\d:\d\d-\d\d:\d\d)*)|(?P<clock>\d\d:\d\d)"
    rf"|(?P<money>{_REAL}) ?元|(?P<mass>{_REAL}) ?(?:公斤|千克)|(?P<percent>{_WHOLE}) ?%|(?P<minutes>{_WHOLE}) ?分钟"
    rf"|(?P<kilometres>{_REAL}) ?公里|(?P<metres>{_WHOLE}) ?米|(?P<count>{_WHOLE}) ?(?:站|条))"
)
MOST = 6  # numbers of a kind


class PageNumber(NamedTuple):
    """A number of a text: where it stands and what it is, in its kind's unit."""

    start: int
    end: int
    path: str
    kind: str
    value: Any


def numbers_of(text: str) -> Iterator[PageNumber]:
    """The first numbers of each kind: ``成人票 40 元`` has ``PageNumber(4, 8, "money.0", "money", 40)``."""
    seen: dict[str, int] = {}
    for match in _NUMBER.finditer(text):
        kind, value = _value(str(match.lastgroup), match[str(match.lastgroup)])
        number = seen.get(kind, 0)
        if number < MOST:
            seen[kind] = number + 1
            yield PageNumber(match.start(), match.end(), f"{kind}.{number}", kind, value)


def _value(group: str, text: str) -> tuple[str, Any]:
    if group in ("hours", "clock"):
        return group, text
    number = float(text) if "." in text else int(text)
    if group == "minutes":
        return "duration", number * 60
    if group in ("kilometres", "metres"):
        return "distance", round(number * 1000) if group == "kilometres" else number
    return group, number
