"""What an answer says of trains, flights and places that results speak against, beside its values.

carrier     澜海航空 JYA1007, which another carrier flies        station   从砺港站 of a train that leaves elsewhere
day         D302 on a day on which it doesn't run                 most      最便宜 of one that another named one beats
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from stagent.reward.grounds import Grounds
from stagent.reward.spoken import Mention, Reading

_NONE: frozenset[str] = frozenset()
_GAP = re.compile(r"[\s*_(（：:的，,、]{0,4}")
_FROM = re.compile(r"从\s?$")
_LEAVES = re.compile(r"\s?(?:出发|发车|开出|起飞|始发|上车|开(?!车))")


class Opposed(NamedTuple):
    """A stretch of an answer and what results have instead."""

    start: int
    end: int
    why: str


def opposed(reading: Reading, grounds: Grounds) -> Iterator[Opposed]:
    """What results speak against, in the order of the kinds above."""
    rides = [each for each in reading.mentions if each.slot == "ride"]
    if rides:
        yield from _carriers(reading, grounds, rides)
        yield from _stations(reading, grounds, rides)
        yield from _days(reading, grounds, rides)
    yield from _most_rated(reading, grounds)


def _carriers(reading: Reading, grounds: Grounds, rides: list[Mention]) -> Iterator[Opposed]:
    """A carrier or type right beside a train's or flight's number, else behind it in its line."""
    known: dict[tuple[str, str], set[str]] = {}
    for _, fact in grounds.words("word"):
        if fact.field in ("carrier", "vehicle"):
            for key in fact.subject.slots.get("ride", _NONE):
                known.setdefault((key, fact.field), set()).add(fact.value)
    fields = {value: field for (_, field), values in known.items() for value in values}
    for word in reading.mentions:
        if word.slot != "word":
            continue
        field = next((fields[key] for key in word.keys if key in fields), None)
        ride = _beside(reading, word, rides)
        if field is None or ride is None:
            continue
        own = set().union(*(known.get((key, field), set()) for key in ride.keys))
        if own and not own & word.keys:
            yield Opposed(word.start, word.end, f"{'、'.join(sorted(ride.keys))} 是{'、'.join(sorted(own))}")


def _beside(reading: Reading, word: Mention, rides: list[Mention]) -> Mention | None:
    """The train or flight that a word stands right beside; a line's only one."""
    for ride in rides:
        between = (word.end, ride.start) if word.start < ride.start else (ride.end, word.start)
        if between[0] <= between[1] and _GAP.fullmatch(reading.text, *between):
            return ride
    line = reading.layout.number(word.start)
    own = [each for each in rides if reading.layout.number(each.start) == line]
    return own[0] if len({each.keys for each in own}) == 1 and own[0].start < word.start else None


def _stations(reading: Reading, grounds: Grounds, rides: list[Mention]) -> Iterator[Opposed]:
    """从 X 出发 of a train that has X at neither end."""
    for station in reading.mentions:
        text = reading.text
        if station.slot != "thing" or not _FROM.search(text, max(0, station.start - 2), station.start):
            continue
        number = reading.sentences[station.clause]
        ride = next((each for each in reversed(rides)
                     if each.start < station.start and reading.sentences[each.clause] == number), None)  # fmt: skip
        if ride is None or not _LEAVES.match(text, station.end):
            continue
        ends = [fact.subject.weak for _, fact in grounds.of_kind("clock")
                if fact.field == "departure" and fact.subject.slots.get("ride", _NONE) & ride.keys]  # fmt: skip
        if ends and not any(station.keys & weak for weak in ends):
            yield Opposed(station.start, station.end, f"{'、'.join(sorted(ride.keys))} 不从这里出发")


def _days(reading: Reading, grounds: Grounds, rides: list[Mention]) -> Iterator[Opposed]:
    """A train on a day for which results list others, and not it."""
    listed: dict[str, set[str]] = {}
    for _, fact in grounds.of_kind("clock"):
        if fact.field == "departure":
            for day in fact.subject.slots.get("day", _NONE):
                listed.setdefault(day, set()).update(fact.subject.slots.get("ride", _NONE))
    days = [each for each in reading.mentions if each.slot == "day"]
    if len({each.keys for each in days}) != 1 or len(days[0].keys) != 1:
        return  # of several days a train may be any one's
    day = next(iter(days[0].keys))
    for ride in rides:
        missing = bool(listed.get(day)) and ride.start > days[0].start and not ride.keys & listed[day]
        if missing and any(ride.keys & others for others in listed.values()):
            yield Opposed(ride.start, ride.end, f"{day} 没有这个班次")


def _most_rated(reading: Reading, grounds: Grounds) -> Iterator[Opposed]:
    """评分最高的 X, where the answer names one with a better rating beside it, in one sentence or list."""
    ratings: dict[str, float] = {}
    for _, fact in grounds.of_kind("rating"):
        if fact.field == "rating":
            for key in fact.subject.slots.get("thing", _NONE):
                ratings[key] = max(ratings.get(key, 0.0), float(fact.value))
    text = reading.text
    for match in re.finditer(r"(?:评分|口碑|分数?)(?:是|也)?最高|最高分", text):
        clause = reading.clause(match.start())
        if (
            text[max(0, match.start() - 1) : match.start()] == "不"
            or "以" in text[reading.starts[clause] : match.start()]
        ):
            continue
        named = [each for each in reading.mentions if each.slot == "thing"]
        behind = [each for each in named if match.end() <= each.start and each.clause == clause]
        before = [each for each in named if each.end <= match.start() and each.clause == clause]
        chosen = behind[:1] or before[-1:]
        if not chosen:
            continue
        own = max((ratings[key] for key in chosen[0].keys if key in ratings), default=None)
        if own is None:
            continue
        for other in named:
            value = max((ratings[key] for key in other.keys if key in ratings), default=0.0)
            if value > own and not other.keys & chosen[0].keys:
                yield Opposed(match.start(), match.end(), f"{sorted(other.keys)[0]}的评分是 {value:g}，更高")
                break
