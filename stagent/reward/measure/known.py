"""What a trajectory's results and context have, flat: every value with the names of what it is said of.

Slow and plain on purpose: it decides whether damage happens to stay true, and shares nothing with the verifier.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stagent.queries.answer import Fact
from stagent.queries.trajectory import CallStep, Trajectory, UserStep
from stagent.reward.measure.readings import clock_minutes, date_number, kind_of_key, read_value
from stagent.worlds.fields import FIELDS

# Keys whose value names what their record is about.
_NAMING = ("name", "number", "line", "road", "from_name", "to_name", "from_station", "to_station", "city", "district",
           "region", "date", "mode", "list_name", "title", "carrier")  # fmt: skip
_PLACED = ("location", "from_location", "to_location")
_ARGUMENTS = ("query", "region", "location", "origin", "destination", "date")
# Each record of these lists is about its own names alone, not about its parent's.
_APART = ("steps", "legs")


def plain(text: str) -> str:
    """Comparable: ``plain("素颜（棠渡里店） ") == "素颜(棠渡里店)"``."""
    return "".join(unicodedata.normalize("NFKC", text).split())


@dataclass(frozen=True, slots=True)
class KnownValue:
    """One value of a result.

    Attributes:
        step: in the trajectory's steps; path: keys and indices in its content.
        names: of what it is said, ``plain``: names, numbers, dates, modes, and what the call asked for.
        value: as the result has it.
    """

    step: int
    path: tuple[str | int, ...]
    key: str
    kind: str
    value: Any
    names: frozenset[str]

    def number(self) -> float | None:
        """The value as ``readings.read_value`` would read it."""
        if self.kind == "clock":
            return clock_minutes(str(self.value))
        if self.kind == "date":
            return date_number(str(self.value))
        return self.value if isinstance(self.value, int | float) and not isinstance(self.value, bool) else None


class KnownFacts:
    """Everything that a trajectory's results say, and the words of the user and of pages."""

    def __init__(self, trajectory: Trajectory):
        context = trajectory.task.context
        self.places = {context.location: "我的位置"} | {at: name for name, at in context.profile.items() if "," in at}
        calls = [(number, step) for number, step in enumerate(trajectory.steps) if isinstance(step, CallStep)]
        for _, call in calls:
            for item in call.content.get("items", ()):
                if "location" in item and "name" in item:
                    self.places[item["location"]] = item["name"]
        self.values = [value for number, call in calls for value in self._of_call(number, call)]
        said = [step.text for step in trajectory.steps if isinstance(step, UserStep)]
        quotes = [str(one.value) for one in self.values if FIELDS[one.key].kind in ("quote", "quotes")]
        notes = [str(call.content.get("note", "")) for _, call in calls]
        self.words = plain("\n".join((*said, context.text(), *quotes, *notes)))
        self.everything = self.words + plain("\n".join(call.text for _, call in calls))

    def _of_call(self, number: int, call: CallStep) -> Iterator[KnownValue]:
        asked = [call.arguments.get(name) for name in _ARGUMENTS]
        for listed in ("origins", "intermediates"):
            asked += call.arguments.get(listed) or []
        names = {self.places.get(str(one), str(one)) for one in asked if one}
        about = call.content.get("about") or {}
        names |= {str(about[key]) for key in ("region", "city") if about.get(key)}
        yield from self._of_record(about, number, ("about",), names)
        for row, item in enumerate(call.content.get("items", ())):
            yield from self._of_record(item, number, ("items", row), names)

    def _of_record(
        self, record: dict[str, Any], step: int, path: tuple[str | int, ...], parents: set[str]
    ) -> Iterator[KnownValue]:
        own = {str(record[key]) for key in _NAMING if record.get(key)}
        own |= {self.places[record[key]] for key in _PLACED if record.get(key) in self.places}
        names = parents | own
        shown = frozenset(map(plain, names))
        for key, value in record.items():
            if key not in FIELDS:
                continue
            if FIELDS[key].kind == "items":
                for row, each in enumerate(value):
                    yield from self._of_record(each, step, (*path, key, row), set() if key in _APART else names)
                continue
            several = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
            for row, each in several:
                at = (*path, key) if row is None else (*path, key, row)
                yield KnownValue(step, at, key, kind_of_key(key), each, shown)
                if kind_of_key(key) == "hours":
                    for moment in re.findall(r"\d{1,2}:\d{2}", str(each)):
                        yield KnownValue(step, at, key, "clock", moment, shown)
                if FIELDS[key].kind == "time":
                    yield KnownValue(step, at, key, "date", each, shown)

    def about(self, entity: str) -> list[KnownValue]:
        """What is said of an entity; [] for one that no result names."""
        wanted = _spellings(entity)
        return [one for one in self.values if one.names & wanted] if entity else []

    def may_hold(self, kind: str, text: str, entity: str) -> bool:
        """Whether a value may be true of an entity: better once too often than once too seldom.

        Where no result names the entity, any value of the kind will do.
        """
        values = [one for one in (self.about(entity) or self.values) if one.kind == kind]
        said = read_value(kind, text)
        if said is None:
            bare = plain(text).removeprefix("开放").removesuffix("开放")
            return any(bare in plain(str(one.value)) for one in values) or self.mentions(bare)
        if any(said.may_mean(kind, number) for one in values if (number := one.number()) is not None):
            return True
        return self.mentions(plain(text).strip("约大左右"))

    def mentions(self, bare: str) -> bool:
        """Whether the user, the context or a page say just this."""
        edge = r"(?![\d.])" if bare[-1:].isdigit() else ""
        return re.search((r"(?<![\d.])" if bare[:1].isdigit() else "") + re.escape(bare) + edge, self.words) is not None

    def source(self, fact: Fact) -> KnownValue | None:
        """The value that a fact repeats, of its own entity where a result names it; None: none does."""
        said = read_value(fact.kind, fact.text)
        for one in self.about(fact.entity) or self.values:
            if one.kind != fact.kind or isinstance(one.value, bool):
                continue
            if said is None:
                if plain(str(one.value)) == plain(str(fact.value)):
                    return one
            elif (number := one.number()) is not None and said.covers(number):
                return one
        return None


def _spellings(entity: str) -> set[str]:
    name = plain(entity)
    return {name, name.removesuffix("市"), f"{name}市"}
