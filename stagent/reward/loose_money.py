"""Prices that may follow from others: in total, for several people, there and back, a share, a difference."""

import re
from itertools import combinations

from stagent.reward.counting import SHARED
from stagent.reward.operands import MOST, TOTAL, Term, distinct, is_near, known_of_named, reckoned, told_of
from stagent.reward.score import Source, Witness
from stagent.reward.spoken import SpokenClaim
from stagent.reward.witness import WitnessSearch, source

_OPERAND = re.compile(r"\s?[元人张晚程]?\s?[+=×*]")


def prices(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    reading = search.reading
    clause = reading.text[reading.starts[claim.clause] : reading.clause_end(claim.clause)]
    if not claim.value:
        return None
    told, times = told_of(search, claim, "money"), _times(search)
    known = [term for _, term in known_of_named(search, claim, "money")] + _of_cabin(search, claim)
    for value, where in (*told, *known):
        if any(is_near(claim, value * each) for each in times):
            return reckoned(where)
    for one, other in combinations((told or known)[:8], 2):
        if any(is_near(claim, (one[0] + other[0]) * each) for each in (1.0, *times)):
            return reckoned(one[1], other[1])
    first = reading.layout.line(claim.start)[0]
    if (total := equation(reading.text, first, claim.start)) is not None:
        return reckoned(Source(-2, "answer", f"{total:g}")) if is_near(claim, total) else None
    if found := in_a_row(search, claim):
        return found
    if TOTAL.search(clause):
        for number in (3, 4):
            for some in combinations(told[-10:], number):
                if any(is_near(claim, sum(value for value, _ in some) * each) for each in (1.0, *times)):
                    return reckoned(*(where for _, where in some))
    if TOTAL.search(clause):
        return None
    for value, where in told:
        if any(is_near(claim, value / each) for each in times if each > 1):
            return reckoned(where)
        for part in _percents(search):
            if is_near(claim, value * part / 100) or is_near(claim, value * (100 - part) / 100):
                return reckoned(where, Source(-2, "answer", f"{part:g}%"))
    for one, other in combinations(distinct([*told, *known])[:12], 2):
        for each in (1.0, *times):
            if (
                is_near(claim, abs(one[0] - other[0]) * each)
                or is_near(claim, abs(one[0] - other[0] * each))
                or is_near(claim, abs(one[0] * each - other[0]))
            ):
                return reckoned(one[1], other[1])
    return None


def _of_cabin(search: WitnessSearch, claim: SpokenClaim) -> list[Term]:
    """Fares of a class that a claim's clause names, of whatever train."""
    cabins = frozenset(key for each in claim.near if each.slot == "cabin" for key in each.keys)
    return [
        (float(fact.value), source(step, fact))
        for step, fact in search.grounds.of_kind("money")
        if fact.field == "fare_yuan" and fact.subject.slots.get("cabin", frozenset()) & cabins
    ][:MOST]


_BETWEEN = r"[^+=\n×*，。；\d]{0,10}"  # units and words between the numbers of a sum
_EQUATION = re.compile(rf"(\d[\d.,]*%?{_BETWEEN}(?:[+×*]{_BETWEEN}\d[\d.,]*%?{_BETWEEN})+)[=≈]\s?约?[\s*]*$")
_TERM = re.compile(r"\d[\d,]*(?:\.\d+)?%?|[+×*]")


def equation(text: str, start: int, end: int) -> float | None:
    """What the sum or product comes to that stands before an equals sign: ``火车 1428 + 酒店 924 = `` → 2352."""
    match = _EQUATION.search(text, start, end)
    if match is None:
        return None
    total, product, sign = 0.0, None, "+"
    for token in _TERM.findall(match.group(1)):
        if token in "+×*":
            sign = token
            continue
        value = float(token.strip("%").replace(",", "")) / (100 if token.endswith("%") else 1)
        if sign == "+" or product is None:
            total, product = total + (product or 0.0), value
        else:
            product *= value
    return total + (product or 0.0)


def in_a_row(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A sum of prices told in a row, before or behind it, with and without those in brackets and those per piece."""
    reading = search.reading
    told = [each for each in reading.claims if each.kind == "money" and each is not claim and not each.limit]
    single = [
        each
        for each in told
        if reading.text[each.end : each.end + 1] not in ("/", "×", "*", "x")
        and reading.text.rfind("(", 0, each.start) <= reading.text.rfind(")", 0, each.start)
    ]
    results = [each for each in single if not _OPERAND.match(reading.text, each.end)]
    for row in (told, single, results):
        here = [each for each in row if each.start < claim.start]
        behind = [each for each in row if each.start > claim.start]
        for terms in (here[::-1], behind, behind[1:]):
            total = 0.0
            for number, each in enumerate(terms[:10], 1):
                total += search.value(each)[0]
                if number > 1 and is_near(claim, total):
                    return reckoned(*(search.spoken(one) for one in terms[:number]))
    return None


def _percents(search: WitnessSearch) -> set[float]:
    return {float(each.value) for each in search.reading.claims if each.kind == "percent" and 0 < each.value < 100}


def _times(search: WitnessSearch) -> list[float]:
    """Numbers of people, tickets, nights that anybody named; there and back."""
    found = {0.5}
    both = False
    for reading in (search.reading, *search.grounds.asked):
        for each in reading.claims:
            if each.kind == "count" and each.unit[:1] in SHARED and 1 < each.value <= 12:
                found.add(float(each.value))
            elif each.kind == "days" and 1 < each.value <= 12:
                found |= {float(each.value), float(each.value) - 1}
        both |= any(word in reading.text for word in ("往返", "来回", "去程", "回程", "程"))
        if any(word in reading.text for word in ("两人", "俩", "双人", "您二位", "你们")):
            found.add(2.0)
    if both:
        found |= {2.0} | {one * 2 for one in found if one > 1}
    found.discard(1.0)
    return sorted(found)
