"""What an instruction's words mean, as a set of names: ``{"kind", "nearest", "open_now", …}``.

words → places → meanings of words outside names, numbers → shape → combined meanings
"""

import re
from typing import NamedTuple

from stagent.selection.annotate.place_names import PlaceMark, WordSpan, places
from stagent.selection.annotate.vocabulary import (
    COMBINED,
    COVERING,
    GAP_WORDS,
    LENGTHS,
    NUMBERS,
    WHOLE,
    WORDS_OF,
    normal,
)

_PARTICLES = re.compile(r"[\s，。！？、；：,.!?;:~～…吗呢吧啊呀嘛哦呗啦哈]+$")
_MODES = ("drive", "taxi", "walk", "ride", "other_ride", "by_metro", "by_bus", "by_rail", "by_air")


class TextReading(NamedTuple):
    """What was read.

    Attributes:
        text: as it was compared: NFKC, lower case, without blanks; shape: with letters for places; timed: with T for
            times of day.
        meanings: of words, numbers, shape.
        names, towns, kinds: the places by name, the towns and the kinds of places, in the order of the text.
    """

    text: str
    shape: str
    timed: str
    meanings: frozenset[str]
    names: tuple[str, ...]
    towns: tuple[str, ...]
    kinds: tuple[str, ...]


def read(text: str) -> TextReading:
    """``read("附近最近的药店").meanings >= {"kind", "around", "nearest"}``"""
    text = normal(text)
    spans = _spans(text)
    marks = places(text, spans)
    meanings = _said(text, spans, marks)
    found = {letter: tuple(text[mark.start : mark.end] for mark in marks if mark.letter == letter) for letter in "NCDK"}
    names, towns = tuple(dict.fromkeys(found["N"])), tuple(dict.fromkeys(found["C"]))
    for name, there in (
        ("kind", found["K"]),
        ("district", found["D"]),
        ("named", names),
        ("named2", len(names) > 1),
        ("city", towns),
        ("city2", len(towns) > 1),
        ("city3", len(towns) > 2),
        # metro and bus are one way of travelling
        ("modes2", len({"by_metro" if mode == "by_bus" else mode for mode in _MODES if mode in meanings}) > 1),
        ("turns", "\n" in text),
    ):
        if there:
            meanings.add(name)
    shape = _shape(text, marks)
    for name, holds in COMBINED:
        if holds(meanings, shape):
            meanings.add(name)
    return TextReading(text, shape, NUMBERS["clock"].sub("T", text), frozenset(meanings), names, towns, found["K"])


def _spans(text: str) -> list[WordSpan]:
    """The words of the text, without those inside a covering one."""
    found, covering = [], []
    for start in range(len(text)):
        for length in LENGTHS:
            if meanings := WORDS_OF.get(text[start : start + length]):
                if start + length > len(text):
                    break
                span = WordSpan(start, start + length, meanings)
                found.append(span)
                if length > 1 and not COVERING.isdisjoint(meanings):
                    covering.append(span)
    return [
        span
        for span in found
        if not any(
            other.start <= span.start and span.end <= other.end and other.end - other.start > span.end - span.start
            for other in covering
        )
    ]


def _said(text: str, spans: list[WordSpan], marks: list[PlaceMark]) -> set[str]:
    """What words and numbers mean. What a name is made of means nothing: 霜原铁路博物馆 is no railway."""
    named = [mark for mark in marks if mark.letter == "N"]
    meanings = {
        name
        for span in spans
        if not any(mark.start <= span.start and span.end <= mark.end for mark in named)
        for name in span.meanings
    }
    meanings.update(WHOLE.get(_PARTICLES.sub("", text), ()))
    for name, words in GAP_WORDS.items():
        if name not in meanings and any(
            word.first in text and word.last in text and word.pattern.search(text) for word in words
        ):
            meanings.add(name)
    meanings.update(name for name, pattern in NUMBERS.items() if pattern.search(text))
    if "on_the_way" in meanings:
        meanings.add("along")
    return meanings - {"kind", "town", "apart"}


def _shape(text: str, marks: list[PlaceMark]) -> str:
    """``去澜屿站`` → ``去N``"""
    parts, at = [], 0
    for start, end, letter in marks:
        parts += [text[at:start], letter]
        at = end
    return "".join([*parts, text[at:]])
