"""Values that follow from others by a listed rule, each with its witness.

    sum         of legs, prices, durations that the answer tells, or of results about what it names
    product     n × price, for a number of people, tickets, nights that the answer or the user says; there and back
    ratio       a share of a price: a fee of 5 %, half
    difference  of two values of the same field, or of what was told
    until       between two moments          end    a moment and a duration later, or earlier
    count       of what was found or is named here          mean    of values of the same field

A rule counts only where the words beside the value say that it was used, and takes what stands near: else some sum or
difference fits nearly every number.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from stagent.reward.counting import SHARED, count, days, told_by_user
from stagent.reward.evidence import Known
from stagent.reward.score import Source, Witness
from stagent.reward.spoken import SpokenClaim
from stagent.reward.spoken_day import HOURS_FIELDS, holds_then
from stagent.reward.witness import Finder, WitnessSearch, known_of, said, source

Term = tuple[float, float, Source]  # a value, how far off it may be, where it stands


def _is(claim: SpokenClaim, value: float, spare: float = 0.0) -> bool:
    """Whether a computed value is the claim's, within the digits shown of it and of what was computed with."""
    return claim.low - spare - 0.01 <= value <= claim.high + spare + 0.01


def _told(search: WitnessSearch, claim: SpokenClaim) -> list[SpokenClaim]:
    """The answer's other claims of the same kind, in their order."""
    return [each for each in search.reading.claims
            if each is not claim and each.kind == claim.kind and not each.limit and search.stands(each)]  # fmt: skip


def _named(search: WitnessSearch, kind: str) -> dict[str, list[tuple[int, Known]]]:
    """Field → facts of a kind about what the answer names; steps of ways and entries of lists left out."""
    keys: dict[str, frozenset[str]] = {}
    for mention in (each for reading in (search.reading, *search.grounds.earlier) for each in reading.mentions):
        keys[mention.slot] = keys.get(mention.slot, frozenset()) | mention.keys
    found: dict[str, list[tuple[int, Known]]] = {}
    for step, fact in search.grounds.of_kind(kind):
        if step < 0 or ".steps." in fact.path or ".entries." in fact.path:
            continue
        slots = dict(fact.subject.slots)
        if things := search.grounds.places.things(fact.subject):
            slots["thing"] = things
        for slot, own in slots.items():
            if slot in ("leave", "pref"):
                continue
            named = keys.get(slot)
            if (named and not named & own) or (slot == "ride" and not named):
                break
        else:
            found.setdefault(fact.field, []).append((step, fact))
    return found


def add(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    if "sum" not in claim.rules:
        return None
    told = _told(search, claim)
    here, behind = (
        [each for each in told if each.start < claim.start],
        [each for each in told if each.start > claim.start],
    )
    for terms in (here, here[::-1], behind, behind[::-1]):
        total = spare = 0.0
        for number, each in enumerate(terms[:12], 1):
            value, off = search.value(each)
            total, spare = total + value, spare + off
            if number > 1 and _is(claim, total, spare):
                return Witness("sum", tuple(search.spoken(one) for one in terms[:number]))
    for field, facts in _named(search, claim.kind).items():
        if (claim.fields is None or field in claim.fields) and len(facts) <= 8 and claim.kind != "count":
            for number in (2, 3, 4):
                for some in combinations(facts, number):
                    if _apart(some) and _is(claim, sum(fact.value for _, fact in some)):
                        return Witness("sum", tuple(source(*each) for each in some))
    return None


def _apart(facts: Sequence[tuple[int, Known]]) -> bool:
    """Whether facts are of different items, as what is added up must be."""
    items = {(step, fact.path.split(".")[1], ".legs." in fact.path and fact.path) for step, fact in facts}
    return len(items) == len(facts)


def multiply(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    if not claim.rules & {"product", "sum"} and not _counted(search, claim):
        return None
    if claim.kind != "money" and not any(word in search.reading.text for word in ("往返", "来回")):
        return None
    told = [each for each in _told(search, claim) if each.start < claim.start] or _told(search, claim)
    bases: list[Term] = [(*search.value(each), search.spoken(each)) for each in told[-6:]]
    for one, other in combinations(told[-6:], 2):
        bases.append((search.value(one)[0] + search.value(other)[0], 0.0, search.spoken(one)))
    for step, fact in known_of(search, claim):
        if ".steps." not in fact.path and not isinstance(fact.value, str):
            bases.append((fact.value, 0.0, source(step, fact)))
    several = _times(search, claim) if claim.kind == "money" else [2.0]
    for times in several:
        for value, off, where in bases:
            if _is(claim, value * times, off * times):
                return Witness("product", (where, Source(-1, "times", f"{times:g}")))
    return None


def _counted(search: WitnessSearch, claim: SpokenClaim) -> bool:
    """``2 张成人票六十元``: a number of something stands before it in its clause."""
    return any(
        each.kind == "count" and each.clause == claim.clause and each.start < claim.start
        for each in search.reading.claims
    )


def _times(search: WitnessSearch, claim: SpokenClaim) -> list[float]:
    """Numbers of people, tickets, nights that the answer or the user named; halves, there and back."""
    texts = (search.reading, *search.grounds.asked)
    found: set[float] = set()
    for reading in texts:
        found |= {
            float(each.value)
            for each in reading.claims
            if each.kind == "count" and each.unit[:1] in SHARED and 1 < each.value <= 20
        }
        found |= {times for word, times in _PEOPLE if word in reading.text}
        if any(word in reading.text for word in ("往返", "来回")):
            found |= {2.0} | {2 * each for each in found}
    return sorted(found)


_PEOPLE = (
    ("两人", 2.0),
    ("俩", 2.0),
    ("三口", 3.0),
    ("四口", 4.0),
    ("一大一小", 2.0),
    ("半价", 0.5),
    ("半票", 0.5),
    ("五折", 0.5),
    ("七五折", 0.75),
)


def share(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A part of a price: ``票价 188.5 元 … 收取 5% … 手续费 9.43 元``."""
    if not any(word in search.reading.text for word in ("手续费", "扣", "退", "收取", "折", "优惠")):
        return None
    told = search.reading.claims
    parts = [each for each in told if each.kind == "percent" and each.value and each.start < claim.end + 40]
    for part in parts:
        for each in _told(search, claim):
            value, _ = search.value(each)
            for percent in (part.value, 100 - part.value):
                if _is(claim, value * percent / 100):
                    return Witness("ratio", (search.spoken(each), search.spoken(part)))
    return None


def subtract(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    if "difference" not in claim.rules:
        return None
    own = claim.kind == "count" or (claim.kind == "temperature" and len(_told(search, claim)) > 1)
    for field, facts in {}.items() if own else _named(search, claim.kind).items():
        if field not in (claim.fields or _WHOLE.get(claim.kind, (field,))) and claim.kind != "money":
            continue
        facts = [each for each in facts if ".legs." not in each[1].path]
        if len(facts) > 24:
            continue
        for one, other in combinations(facts, 2):
            if (one[0], one[1].path) != (other[0], other[1].path) and _is(claim, abs(one[1].value - other[1].value)):
                return Witness("difference", (source(*one), source(*other)))
    told: list[Term] = [(*search.value(each), search.spoken(each)) for each in _told(search, claim)[:12]]
    told += [
        (float(each.value), 0.0, Source(-1, "user", str(each.value))) for each in told_by_user(search, claim.kind)[:6]
    ]
    told += [
        (float(each.value), (each.high - each.low) / 2, Source(-2, "earlier", str(each.value)))
        for reading in search.grounds.earlier[-1:]
        for each in reading.claims
        if each.kind == claim.kind
    ][:6]
    for one, other in combinations(told, 2):
        if _is(claim, abs(one[0] - other[0]), one[1] + other[1]):
            return Witness("difference", (one[2], other[2]))
    return None


_WHOLE = {
    "duration": ("duration_s",),
    "distance": ("distance_m", "along_m", "off_route_m", "distances_m", "total_distance_m"),
}


def _clocks(search: WitnessSearch, claim: SpokenClaim) -> Iterator[Term]:
    """Moments that stand nearest to a claim in the answer, then the user's, then now."""
    told = [
        each for each in search.reading.claims if each.kind == "clock" and each is not claim and search.stands(each)
    ]
    told.sort(key=lambda each: min(abs(each.start - claim.end), abs(claim.start - each.end)))
    for each in told[:4]:
        yield (*search.value(each), search.spoken(each))
        if each.other is not None and id(each) not in search.exact:
            yield each.other, 0.5, search.spoken(each)
    for each in told_by_user(search, "clock")[:4]:
        yield float(each.low), 0.0, Source(-1, "user", each.value)
        if each.other is not None:
            yield each.other, 0.0, Source(-1, "user", each.value)
    now = search.grounds.context.now
    yield now.hour * 60.0 + now.minute, 0.0, Source(-1, "context.clock", search.grounds.context.clock)


def lasts(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """From one moment to another: how long something is open, how early one arrives, a whole way."""
    if not claim.rules & {"until", "sum"}:
        return None
    moments = list(_clocks(search, claim))
    begins = search.reading.starts[claim.clause]
    left = any(word in search.reading.text[begins : claim.end + 6] for word in ("剩", "关门", "打烊", "收摊"))
    closing = [
        (fact.value, 0.0, source(step, fact))
        for step, fact in search.grounds.of_kind("clock")
        if fact.field in ("hours_open", "hours_close", "departure", "arrival")
        and not (left and fact.field == "hours_open") and ".steps." not in fact.path
        and holds_then(search.reading, search.grounds.today, claim, fact)
        and search.grounds.agrees(claim, fact)
    ][:6]  # fmt: skip
    near = moments if "sum" in claim.rules else moments[:3]
    pairs = (
        [*((moments[0], each) for each in near[1:]), *combinations(near[1:], 2)]
        if "sum" in claim.rules
        else [(moments[0], each) for each in moments[1:3]]
    )
    if "until" in claim.rules and moments:
        now = moments[-1]
        for each in (*moments[:-1], *closing):
            if _is(claim, (each[0] - now[0]) % 1440 * 60, (each[1] + now[1]) * 60):
                return Witness("until", (now[2], each[2]))
    pairs += [(moments[0], each) for each in moments[3:]] + [(one, other) for one in moments[:3] for other in closing]
    for one, other in pairs:
        for apart in ((one[0] - other[0]) % 1440, (other[0] - one[0]) % 1440):
            if apart and _is(claim, apart * 60, (one[1] + other[1]) * 60):
                return Witness("until", (one[2], other[2]))
    return None


def ends(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A moment and a duration later, or earlier."""
    if claim.exactly or claim.limit == "above" or claim.pair or (claim.fields and claim.fields <= HOURS_FIELDS):
        return None
    lasting: list[Term] = [
        (each.value / 60, 0.0, Source(-1, "user, early" if each.early else "user", str(each.value)))
        for each in told_by_user(search, "duration")[:4]
        if not (each.early and (claim.fields or frozenset()) == {"arrival"})
    ]
    free = not (claim.fields and any(step >= 0 and _whole(fact) for step, fact in known_of(search, claim)))
    told = [each for each in search.reading.claims if each.kind == "duration" and search.stands(each)]
    told.sort(key=lambda each: min(abs(each.start - claim.end), abs(claim.start - each.end)))
    for each in told[:4]:
        witness = search.found.get(id(each))
        if free or witness is None or witness.how != "given":
            value, off = search.value(each)
            lasting.append((value / 60, off / 60, search.spoken(each)))
    if free:
        for step, fact in search.grounds.of_kind("duration"):
            if fact.field == "duration_s" and ".steps." not in fact.path and search.grounds.agrees(claim, fact):
                lasting.append((fact.value / 60, 0.0, source(step, fact)))
                if len(lasting) > 10:
                    break
    earlier = claim.fields is None or not claim.fields <= {"arrival"} or not free
    for moment, off, first in _clocks(search, claim):
        for minutes, loose, last in lasting:
            for sign in ([1] if last.path != "user, early" else []) + ([-1] if earlier else []):
                value = (moment + sign * minutes) % 1440
                for wanted in (claim.low, claim.other):
                    gap = None if wanted is None else (value - wanted + 720) % 1440 - 720
                    if gap is not None and -0.51 - off - loose <= gap < 1 + off + loose + claim.high - claim.low:
                        return Witness("end", (first, last))
    return None


def _whole(fact: Known) -> bool:
    return ".steps." not in fact.path and fact.field in ("arrival", "departure")


def mean(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    if "mean" not in claim.rules:
        return None
    for facts in _named(search, claim.kind).values():
        if len(facts) > 1 and _is(claim, sum(fact.value for _, fact in facts) / len(facts)):
            return Witness("mean", tuple(source(*each) for each in facts[:4]))
    return None


DERIVED: dict[str, Sequence[Finder]] = {
    "distance": (add, multiply, subtract, mean, said),
    "duration": (add, multiply, lasts, subtract, mean, said),
    "money": (add, multiply, share, subtract, mean, said),
    "rating": (subtract, mean, said),
    "temperature": (subtract, mean, said),
    "percent": (subtract, said),
    "count": (count, add, subtract, said),
    "clock": (ends, said),
    "days": (days,),
    "age": (said,),
    "mass": (said,),
    "tenths": (said,),
}
