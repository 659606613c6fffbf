"""Distances, temperatures and the like that may follow from others: differences, sums, all sections of a road."""

import re
from itertools import combinations

from stagent.reward.operands import TOTAL, is_near, known_of_named, operands, reckoned, told_of
from stagent.reward.score import Source, Witness
from stagent.reward.spoken import SpokenClaim
from stagent.reward.witness import WitnessSearch, source

_GAP = re.compile(r"[差高低多少升降省快慢贵远近冷热暖凉]")


def difference(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """Of two told values, or of the same field of two whole ways; of temperatures, of two days' or cities' highs or
    lows, or (温差) of the high and the low of one."""
    if claim.kind == "temperature":
        return _warmer(search, claim)
    for one, other in combinations(told_of(search, claim, claim.kind), 2):
        if is_near(claim, abs(one[0] - other[0])):
            return reckoned(one[1], other[1])
    for one, other in combinations(known_of_named(search, claim, claim.kind), 2):
        both = one[1][1].path + other[1][1].path
        if one[0] == other[0] and ".legs." not in both and is_near(claim, abs(one[1][0] - other[1][0])):
            return reckoned(one[1][1], other[1][1])
    return None


_SPREAD = re.compile(r"温差|昼夜|早晚")


def _warmer(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    facts = [each for each in search.grounds.of_kind("temperature") if not isinstance(each[1].value, str)]
    spread = any(_SPREAD.search(text) for text in (search.reading.text, *search.grounds.said))
    said = search.reading.text[: claim.start]
    high, low = said.rfind("最高"), said.rfind("最低")
    begins = search.reading.starts[claim.clause]
    side = "" if max(high, low) < begins else "high_c" if high > low else "low_c"
    for one, other in combinations(facts, 2):
        of_one = one[0] == other[0] and one[1].path.rpartition(".")[0] == other[1].path.rpartition(".")[0]
        alike = (one[1].field == other[1].field and side in ("", one[1].field)) or "体感" in search.reading.text
        if (spread if of_one else alike) and is_near(claim, abs(one[1].value - other[1].value)):
            return reckoned(source(*one), source(*other))
    return None


def _sum(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """Of two values, or of several told in a row."""
    for one, other in combinations(operands(search, claim, claim.kind), 2):
        if is_near(claim, one[0] + other[0]):
            return reckoned(one[1], other[1])
    told = [each for each in search.reading.claims if each.kind == claim.kind and each is not claim]
    values = [search.value(each)[0] for each in told]
    for first in range(len(told)):
        for last in range(first + 3, min(len(told), first + 10) + 1):
            if is_near(claim, sum(values[first:last])):
                return reckoned(*(search.spoken(each) for each in told[first:last]))
    return None


def gap(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A difference, where a word says that it is one."""
    reading = search.reading
    near = reading.text[reading.starts[claim.clause] : claim.end + 3]
    return difference(search, claim) if claim.compared or _GAP.search(near) else None


def along_road(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """How far or long a way goes along roads that are named, in all their sections, or on foot."""
    named = [each for each in search.reading.mentions if each.slot in ("road", "mode") and each.start < claim.end + 12]
    ways: dict[tuple[int, str], dict[frozenset[str], float]] = {}
    for step, fact in search.grounds.of_kind(claim.kind):
        if ".steps." in fact.path and fact.field in ("distance_m", "duration_s"):
            road = fact.subject.slots.get("road") or fact.subject.weak & {"walking"}
            roads = ways.setdefault((step, fact.path.partition(".steps.")[0]), {})
            roads[road] = roads.get(road, 0.0) + fact.value
    for (step, path), roads in ways.items():
        told = [total for road, total in roads.items() if any(each.keys & road for each in named)]
        for total in (*told, *(one + other for one, other in combinations(told[:6], 2))):
            if is_near(claim, total):
                return reckoned(Source(step, path, f"{total:g}"))
    return None


def length(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    reading = search.reading
    if TOTAL.search(reading.text, reading.starts[claim.clause], claim.end):
        return _sum(search, claim)
    return difference(search, claim) or (None if claim.compared else _sum(search, claim))
