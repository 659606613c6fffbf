"""What a text claims: its values, each with what it is said of, in which role, and whether it is claimed at all.

    "离您最近的是济安药房，320 米；同春堂要 500 米。"
      → distance 320 of {thing: 济安药房}, distance 500 of {thing: 同春堂}

A value is said of the nearest things named before it in its clause, else of what is named after it there, else of what
the clauses before name: of each sort (thing, ride, cabin, day, mode, line, road, city) the last.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from operator import attrgetter

from stagent.reward.antecedents import antecedents
from stagent.reward.asides import asides
from stagent.reward.calendar_told import calendar_told
from stagent.reward.conditions import conditions
from stagent.reward.layout import Layout
from stagent.reward.lexicon import LEXICON, Heads, Word, pairs_of
from stagent.reward.plain import plain
from stagent.reward.roles import claim_of
from stagent.reward.spoken import Mention, Reading, overlaps
from stagent.reward.subjects import attribute
from stagent.reward.times import TextValue
from stagent.reward.told import told_in_words
from stagent.reward.values import values

_CLAUSE = re.compile(
    r"[，。；！？!?\n、()]|~(?!\d{1,3}(?:\s?[分公千米元度℃°%小天]|\.|\b)(?!:))|~(?=\d{1,2}[:月日])(?<![\d日号]~)|[;,](?!\d)|\.(?=\s|$)|(?<=[^\d\s])[:：]"
)
_SENTENCE = frozenset("。；！？!?\n.~")
_LEAVES = re.compile(r"\s?(?:的时候|再|才|就)?(?:走|出发|动身|出门|启程|离开|leave)")
_QUOTES = re.compile(r"[「『“]([^「」『』“”]{4,})[」』”]")
_SPAN = re.compile(r"\s?(?:-|~|至|到|—+)\s?")
_BEHIND_DATE = re.compile(r"[\s(，,、]{0,3}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_HOURS = frozenset(("hours_open", "hours_close"))
_IS_QUESTION = "？?"


def read(text: str, names: Sequence[Heads], today: date) -> Reading:
    """Reads a text.

    Args:
        names: of what evidence names.
        today: what 明天 counts from.
    """
    read_as = plain(text)
    body = read_as.text
    starts, sentences, questions = _clauses(body)
    pairs = pairs_of(body)
    named = _longest(word for heads in names for word in heads.find(body, pairs) if not _within_number(body, word))
    words = [word for word in _longest(LEXICON.find(body, pairs)) if not overlaps(word.start, word.end, named)]
    reading = Reading(
        read_as, starts, sentences, questions, [], words, [word.start for word in words], [], Layout(body)
    )
    said = []
    for value in values(body, today):
        if value.kind in ("date", "weekday", "number") or not overlaps(value.start, value.end, named):
            said.append(value)
    reading.mentions = _mentions(reading, named, said, today)
    _fill_days(reading)
    if referring := antecedents(reading, reading.layout):
        reading.mentions = sorted([*reading.mentions, *referring], key=attrgetter("start"))
    claims = [claim_of(reading, value) for value in said]
    told = conditions(reading, named) + told_in_words(reading)
    whole = [claim.start for claim in told if claim.kind == "day"]  # 24 小时: no duration
    reading.claims = [claim for claim in claims if claim is not None and claim.start not in whole] + told
    for one, other in pairwise(claims):
        if one and other and one.kind == other.kind == "clock" and _SPAN.fullmatch(body, one.end, other.start):
            one.pair = other.pair = (one.low, other.low)
            one.fields = other.fields = _HOURS if (one.fields or frozenset()) & _HOURS else None
    quotes = [match.span(1) for match in _QUOTES.finditer(body)]
    if quotes:
        reading.claims = [claim for claim in reading.claims if not any(a <= claim.start < b for a, b in quotes)]
    reading.claims += asides(reading) + calendar_told(reading, said, today)
    reading.claims.sort(key=attrgetter("start"))
    attribute(reading)
    return reading


def _fill_days(reading: Reading) -> None:
    """A span of days names those between: 16~19 日."""
    days = [number for number, mention in enumerate(reading.mentions) if mention.slot == "day"]
    for one, other in pairwise(days):
        first, last = reading.mentions[one], reading.mentions[other]
        if _SPAN.fullmatch(reading.text, first.end, last.start):
            begin, end = min(first.keys), max(last.keys)
            if _DATE.fullmatch(begin) and _DATE.fullmatch(end) and begin < end:
                start, count = date.fromisoformat(begin), (date.fromisoformat(end) - date.fromisoformat(begin)).days
                keys = frozenset((start + timedelta(days=each)).isoformat() for each in range(min(count, 31) + 1))
                reading.mentions[other] = last._replace(keys=last.keys | keys)


def _within_number(text: str, word: Word) -> bool:
    """1号线 of 71号线 is no name."""
    return text[word.start].isdigit() and word.start > 0 and text[word.start - 1].isdigit()


def _clauses(text: str) -> tuple[list[int], list[int], set[int]]:
    starts, sentences, questions = [0], [0], set()
    sentence = 0
    for match in _CLAUSE.finditer(text):
        mark = match.group()
        if mark in _IS_QUESTION:
            questions.add(sentence)
        if mark in _SENTENCE:
            sentence += 1
        starts.append(match.end())
        sentences.append(sentence)
    return starts, sentences, questions


def _longest(words: Iterable[Word]) -> list[Word]:
    """Of words that overlap the one that begins first, of those the longest; loads of equal ones together."""
    kept: list[Word] = []
    for word in sorted(words, key=attrgetter("start")):
        last = kept[-1] if kept else None
        if last is None or word.start >= last.end:
            kept.append(word)
        elif word.start == last.start and word.end > last.end:
            kept[-1] = word
        elif word[:2] == last[:2] and word.tag == "name":
            kept[-1] = word._replace(load=last.load + word.load)
    return kept


def _mentions(reading: Reading, named: list[Word], said: list[TextValue], today: date) -> list[Mention]:
    found = []
    for word in named:
        slots: dict[str, set[str]] = {}
        for slot, key in word.load:
            slots.setdefault(slot, set()).add(key)
        if "thing" in slots:
            slots.pop("city", None)  # 榴园 is a park, and short for 榴园区
        clause = reading.clause(word.start)
        found += [Mention(word.start, word.end, slot, frozenset(keys), clause) for slot, keys in slots.items()]
    for word in reading.words:
        load = word.load
        clause = reading.clause(word.start)
        if "mode" in load:
            found.append(Mention(word.start, word.end, "mode", frozenset((load["mode"],)), clause))
        if "cabin" in load:
            found.append(Mention(word.start, word.end, "cabin", frozenset((load["cabin"],)), clause))
        if "day" in load:
            day = (today + timedelta(days=load["day"])).isoformat()
            found.append(Mention(word.start, word.end, "day", frozenset((day,)), clause))
        if "pref" in load:
            found.append(Mention(word.start, word.end, "pref", frozenset((load["pref"],)), clause))
        if "leave" in load:
            found.append(Mention(word.start, word.end, "leave", frozenset(("now",)), clause))
        if "own" in load and not (
            word.start and reading.text[word.start - 1] in "0123456789一二两三四五六七八九十几这那哪每"
        ):
            found.append(Mention(word.start, word.end, "own", frozenset((load["own"],)), clause))
    last = None
    for value in said:
        clause = reading.clause(value.start)
        if value.kind == "weekday" and last is not None and _BEHIND_DATE.fullmatch(reading.text, last, value.start):
            continue  # 3 月 20 日（周五）
        last = value.end if value.kind == "date" else last
        if value.kind in ("date", "weekday"):
            found.append(Mention(value.start, value.end, "day", frozenset((value.value,)), clause))
        elif value.kind == "number":
            found.append(Mention(value.start, value.end, "ride", frozenset((value.value,)), clause))
        elif value.kind == "clock" and _LEAVES.match(reading.text, value.end):
            found.append(Mention(value.start, value.end, "leave", frozenset((value.value,)), clause))
        elif value.kind == "line":
            text = reading.text[value.start : value.end].replace(" ", "")
            found.append(Mention(value.start, value.end, "line", frozenset((text, "地铁" + text)), clause))
    found.sort(key=attrgetter("start"))
    return found
