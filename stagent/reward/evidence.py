"""Evidence: every value in results and context, with the thing, day, mode, cabin that it is said of, and its path.

    {"items": [{"name": "济安药房", "distance_m": 320, "open_now": true}]}
      → distance 320 of thing 济安药房 at items.0.distance_m; open true of the same; name 济安药房

What a result tells is read once and kept, because many rollouts of a task get the same results.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from stagent.reward.lexicon import Heads
from stagent.worlds.fields import FIELDS

# Kind of a key of results -> kind of claims about it. Others are texts.
FIELD_KINDS = {
    "metres": "distance",
    "metres_each": "distance",
    "seconds": "duration",
    "yuan": "money",
    "celsius": "temperature",
    "percent": "percent",
    "millimetres": "millimetre",
    "count": "count",
    "number": "rating",
    "time": "clock",
    "date": "date",
    "coordinate": "coordinate",
    "flag": "open",
}
_OWN_KINDS = {
    "rank": "rank",
    "phone": "phone",
    "number": "number",
    "wind_level": "level",
    "sunrise": "clock",
    "sunset": "clock",
}
KIND_OF = {name: _OWN_KINDS.get(name) or FIELD_KINDS.get(entry.kind, "word") for name, entry in FIELDS.items()}
KIND_OF |= {
    "hours_open": "clock",
    "hours_close": "clock",
    "said": "",
    "first": "clock",
    "last": "clock",
    "points": "count",
}
SPAN = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")
HERE = "@here"


class Subject(NamedTuple):
    """Of what facts are said.

    Attributes:
        slots: slot → keys, any of which a claim may name: ``{"thing": {"济安药房"}}``; slots are thing, ride, cabin,
            day, mode, line, road, city.
        weak: further words that a claim beside them may be about: a place's city, district, category.
        ends: coordinates of places that it is about too: where a route begins and ends, from where a distance counts;
        via: of those that a route passes on purpose.
    """

    slots: dict[str, frozenset[str]]
    weak: frozenset[str] = frozenset()
    ends: tuple[str, ...] = ()
    via: tuple[str, ...] = ()


class Known(NamedTuple):
    """A value in a result or the context. ``value``: as claims have it, minutes for clocks, ``field`` its key."""

    field: str
    kind: str
    value: Any
    subject: Subject
    path: str
    text: str


class QuotedText(NamedTuple):
    """Text by people in a result: a note, a page, a review."""

    path: str
    text: str
    head: str
    trusted: bool


@dataclass(slots=True)
class ResultFacts:
    """What one result tells.

    Attributes:
        numbers: kind → facts by ascending value; words: kind → facts.
        names: spelling → (slot, key), to be found in texts.
        places: coordinate → names; ways: departures and preferences of routes; passing: routes with stops on the way.
        tight: the whole text, as it is read, without blanks.
    """

    facts: list[Known] = field(default_factory=list)
    numbers: dict[str, tuple[list[float], list[Known]]] = field(default_factory=dict)
    words: dict[str, list[Known]] = field(default_factory=dict)
    names: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    heads: Heads = field(default_factory=Heads)
    places: dict[str, set[str]] = field(default_factory=dict)
    ways: set[str] = field(default_factory=set)
    passing: list[Subject] = field(default_factory=list)
    texts: list[QuotedText] = field(default_factory=list)
    tight: str = ""
    count: int = 0
    unavailable: str = ""
    read: list[Known] | None = None  # of the texts, once they were needed

    def between(self, kind: str, low: float, high: float) -> Iterator[Known]:
        found = self.numbers.get(kind)
        if found:
            values, facts = found
            at = bisect_left(values, low - 1e-6)
            while at < len(values) and values[at] <= high + 1e-6:
                yield facts[at]
                at += 1

    def close(self) -> None:
        """Sorts what was gathered, so that it can be looked up."""
        by_kind: dict[str, list[Known]] = {}
        for fact in self.facts:
            by_kind.setdefault(fact.kind, []).append(fact)
        for kind, facts in by_kind.items():
            if isinstance(facts[0].value, (int, float)) and not isinstance(facts[0].value, bool):
                facts.sort(key=lambda fact: fact.value)
                self.numbers[kind] = ([fact.value for fact in facts], facts)
            else:
                self.words[kind] = facts
        for spelling, keys in self.names.items():
            self.heads.add(spelling, "name", tuple(sorted(keys)))


def minutes_of(text: str) -> float:
    """``"2026-01-05T09:40:30+08:00"`` and ``"09:40"`` → 580 (and a half)."""
    clock = text[11:19] if "T" in text else text
    parts = clock.split(":")
    return int(parts[0]) % 24 * 60 + int(parts[1]) + (int(parts[2]) / 60 if len(parts) > 2 else 0)
