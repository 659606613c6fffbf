"""The day that a value is said of, and whether opening hours hold on it."""

import re
from datetime import date
from functools import lru_cache

from stagent.reward.evidence import SPAN, Known, minutes_of
from stagent.reward.hours import hours_on
from stagent.reward.spoken import Mention, Reading, SpokenClaim

HOURS_FIELDS = frozenset(("hours_open", "hours_close"))
_SEASONS = re.compile(r"[A-Z][a-z]{2}\b")  # hours that change in the year: Apr-Oct
# Words of a clause that tells of other days than the one spoken of.
_OF_WEEK = re.compile(
    r"周[一二三四五六日天末]?[至到\-~、]|工作日|周末|节假日|平时|平日|其他|每天|天天|夏|冬|季|改天|次日|起|\d月"
)
_BESIDE = re.compile(r"[跟比和与较]\s?$")  # before what something is compared with
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@lru_cache(maxsize=4096)
def spans_of(hours: str) -> tuple[tuple[float, float], ...]:
    """``spans_of("10:00-14:00,17:00-24:00") == ((600.0, 840.0), (1020.0, 0.0))``"""
    return tuple((float(minutes_of(opens)), float(minutes_of(closes))) for opens, closes in SPAN.findall(hours))


def holds_then(reading: Reading, today: date, claim: SpokenClaim, fact: Known) -> bool:
    """Whether a fact, if it is opening hours, holds on the day that is spoken of: the one named in the clause, else
    before, else today."""
    if fact.field not in HOURS_FIELDS:
        return True
    begins = reading.starts[reading.sentences.index(reading.sentences[claim.clause])]
    words = _OF_WEEK.search(reading.text, begins, reading.clause_end(claim.clause))
    if words and not (words.group() == "每天" and _SEASONS.search(fact.text)):
        return True
    days = [date.fromisoformat(day) for day in nearest_of(reading, claim, "day") if _DATE.fullmatch(day)] or [today]
    if fact.path.endswith("hours_today"):
        return today in days
    return any(fact.value % 1440 in {end % 1440 for span in spans_of(hours_on(fact.text, day)) for end in span}
               for day in days)  # fmt: skip


def nearest_of(reading: Reading, claim: SpokenClaim, slot: str) -> frozenset[str]:
    """Keys of the nearest mentions of a slot before a claim: those of its clause, else of its sentence, else the last;
    and of those behind it in its clause."""
    text = reading.text
    named = [
        each
        for each in reading.mentions
        if each.slot == slot and not _BESIDE.search(text, max(0, each.start - 2), each.start)
    ]
    behind = [each.keys for each in named if each.clause == claim.clause and each.start > claim.start]
    before = [each for each in named if each.start < claim.start]
    number = reading.sentences[claim.clause]
    for chosen in (
        [each for each in before if each.clause == claim.clause],
        [each for each in before if reading.sentences[each.clause] == number],
        _not_listed(reading, claim, before[-1:]),
    ):
        if chosen:
            return frozenset().union(*(each.keys for each in chosen), *behind)
    return frozenset().union(*behind)


def _not_listed(reading: Reading, claim: SpokenClaim, last: list[Mention]) -> list[Mention]:
    """Nothing, where the last is an entry's of a list behind which a claim stands."""
    layout = reading.layout
    listed = last and layout.is_entry(last[0].start) and layout.number(last[0].start) != layout.number(claim.start)
    return [] if listed and not layout.is_entry(claim.start) else last
