"""Text as tokens and back: names as handles, moments and days as such, the rest in words.

"从澜屿站去砺港，7月4日 18:30 前到" ──► 从 <3> 去 <4> ， <d+9> <18h> <30m> 前 到
"""

import re
from collections.abc import Sequence
from datetime import date

from stagent.rollout.compact.sums import OPERATIONS, field_at, sum_at
from stagent.rollout.compact.things import Things
from stagent.rollout.compact.vocabulary import (
    CompactVocabulary,
    clock_of,
    clock_tokens,
    day_token,
    days_of,
    handle,
    handle_of,
)

_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3]):([0-5]\d)(?!\d)")
_DATE = re.compile(
    r"(?<!\d{4}[-年])(?:(\d{4})[-年])?(?<!\d)(1[0-2]|0?[1-9])(?:-| ?月 ?)(3[01]|[12]\d|0?[1-9])(?: ?[日号]|(?!\d))"
)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?!\d)")
# What ends a name that nobody knows, although it is a word by itself.
_TAILS = (
    *(
        "火车站",
        "公交站",
        "地铁站",
        "机场",
        "公园",
        "博物馆",
        "美术馆",
        "图书馆",
        "广场",
        "大道",
        "酒店",
        "医院",
        "学校",
    ),
    *(
        "书店",
        "药店",
        "超市",
        "商场",
        "号线",
        "站",
        "市",
        "区",
        "县",
        "路",
        "街",
        "巷",
        "店",
        "馆",
        "桥",
        "寺",
        "湖",
        "山",
    ),
    *("岛", "里", "楼", "院", "园", "店）"),
)


class Unsayable(ValueError):
    """Text that this vocabulary has no tokens for."""


def text_tokens(text: str, things: Things, vocabulary: CompactVocabulary, *, new_names: bool = False) -> list[str]:
    """A text's tokens.

    Args:
        new_names: what has no token becomes a new thing's name, ``<?>`` once all handles are used up: in what a user
            says.

    Raises:
        Unsayable: something has no token, and isn't to become a name.
    """
    tokens: list[str] = []
    place = 0
    while place < len(text):
        found, length = _one(text, place, things, vocabulary, new_names)
        if not length:
            end = _end_of_name(text, place, things, vocabulary)
            if not new_names:
                raise Unsayable(text[place:end])
            number = things.add(text[place:end])
            found, length = ["<?>" if number is None else handle(number)], end - place
        tokens += found
        place += length
    return tokens


def _one(text: str, place: int, things: Things, vocabulary: CompactVocabulary, heard: bool) -> tuple[list[str], int]:
    """The tokens that stand at a place and how many characters they are; 0: it begins an unknown name.

    Args:
        heard: it is a user's text.
    """
    if found := _CLOCK.match(text, place):
        return clock_tokens(found[0]), len(found[0])
    for pattern in (_ISO, _DATE):
        if (found := pattern.match(text, place)) and (token := _day(found, things)):
            return [token], len(found[0])
    word, named = vocabulary.longest(text, place, heard=heard), things.longest(text, place)
    if named and len(named[0]) >= len(word):
        return [handle(named[1])], len(named[0])
    return [word], len(word)


def _day(found: re.Match, things: Things) -> str | None:
    year, month, day = found.groups()
    today = things.today
    years = [int(year)] if year else [today.year, today.year + 1]
    for each in years:
        try:
            token = day_token((date(each, int(month), int(day)) - today).days)
        except ValueError:
            continue
        if token:
            return token
    return None


def _end_of_name(text: str, place: int, things: Things, vocabulary: CompactVocabulary) -> int:
    """Where an unknown name ends: before the next word, unless that is the name's own tail."""
    end = place + 1
    while end < len(text):
        tail = next((tail for tail in _TAILS if text.startswith(tail, end)), "")
        if tail:
            end += len(tail)
            if not _one(text, end, things, vocabulary, True)[1] and end < len(text):
                continue
            break
        if _one(text, end, things, vocabulary, True)[1]:
            break
        end += 1
    return end


def spoken(tokens: Sequence[str], things: Things, vocabulary: CompactVocabulary) -> str:
    """Tokens of an answer as text; what means nothing where it stands is left out."""
    said, place = "", 0
    while place < len(tokens):
        text, length = _said(tokens, place, things, vocabulary)
        said += text
        place += length
    return said


def _said(tokens: Sequence[str], place: int, things: Things, vocabulary: CompactVocabulary) -> tuple[str, int]:
    token = tokens[place]
    if vocabulary.is_text(token):
        return token, 1
    if (number := handle_of(token)) is not None:
        value, length = field_at(tokens, place, things)
        if length == 2:
            return things.said(value) if value else "", 2
        return things.name(number), 1
    if token in OPERATIONS:
        value, length = sum_at(tokens, place, things)
        return things.said(value) if value else "", length
    if (days := days_of(token)) is not None:
        return things.said_day(days), 1
    clock = clock_of(tokens, place)
    return clock, 2 if clock else 1
