"""Whether the evidence speaks against what ``stagent.reward.asides`` reads; what it knows nothing of is let pass."""

import re
from collections.abc import Iterator

from stagent.reward.evidence import Known
from stagent.reward.score import Source, Witness
from stagent.reward.spoken import Mention, Reading, SpokenClaim
from stagent.reward.witness import WitnessSearch, source

_NAMED = ("thing", "ride", "mode")
_SEVERAL = re.compile(r"[几各]班|其余|其他|都")  # of rides that no number names
_SERIOUS = 180  # seconds lost in a jam that nobody calls a free road


def seats(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """Whether a train or flight has seats left, of the class that its clause names."""
    ride, cabin = claim.groups.get("ride"), claim.groups.get("cabin")
    if _SEVERAL.search(search.reading.text, search.reading.starts[claim.clause], claim.start):
        return Witness("given", ())
    near = ride is not None and search.reading.layout.number(claim.start) == _line(search, ride[0])
    if ride is None or not (near or (cabin is not None and cabin[0] == claim.clause)):
        return Witness("given", ())
    known = [
        (step, fact) for step, fact in search.grounds.of_kind("count")
        if fact.field == "seats_left" and fact.subject.slots.get("ride", frozenset()) & ride[1]
        and (cabin is None or cabin[0] != claim.clause or fact.subject.slots.get("cabin", frozenset()) & cabin[1])
    ]  # fmt: skip
    fits = [each for each in known if (each[1].value > 0) == claim.value]
    return Witness("given", tuple(source(*each) for each in fits[:1])) if fits or not known else None


def _line(search: WitnessSearch, clause: int) -> int:
    return search.reading.layout.number(search.reading.starts[clause])


def jam(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A road said to be free, where results tell no delay worth a word."""
    known = [
        (step, fact) for step, fact in search.grounds.of_kind("duration")
        if fact.field == "traffic_delay_s" and search.grounds.agrees(claim, fact)
    ]  # fmt: skip
    fits = [each for each in known if each[1].value < _SERIOUS]
    return Witness("given", tuple(source(*each) for each in fits[:1])) if fits or not known else None


def located(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A place in a city or district."""
    regions, things = claim.value
    known = [
        (step, fact) for step, fact in search.grounds.words("word")
        if fact.field in ("district", "city", "region") and fact.subject.slots.get("thing", frozenset()) & things
    ]  # fmt: skip
    wanted = {region.rstrip("市") for region in regions}
    fits = [each for each in known if each[1].value.rstrip("市") in wanted]
    if fits or not known:
        return Witness("given", tuple(source(*each) for each in fits[:1]))
    own = {fact.field for _, fact in known}
    is_city = any(region.endswith("市") for region in regions)
    return Witness("given", ()) if ("city" if is_city else "district") not in own else None


def quote(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """Words that a review is said to have."""
    parts = [part.strip() for part in re.split(r"[，。！？；、,.…~]+", claim.value)]
    if all(search.grounds.has(part) for part in parts if len(part) > 3):
        return Witness("given", (Source(-1, "text", claim.value),))
    return None


def more(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """One of the things that an answer names beside another: what results say of both speaks against it or not."""
    kind, is_more = claim.value
    for slot in _NAMED:
        pair = _compared(search.reading, claim, slot)
        if pair is None:
            continue
        for one, other in _both(search, kind, slot, *pair):
            if (one[1].value >= other[1].value) if is_more else (one[1].value <= other[1].value):
                return Witness("difference", (source(*one), source(*other)))
        return None if any(True for _ in _both(search, kind, slot, *pair)) else Witness("given", ())
    return Witness("given", ())


def _compared(reading: Reading, claim: SpokenClaim, slot: str) -> tuple[frozenset[str], list[Mention]] | None:
    """What is said to be more so, and than what: behind 比, else all others that the answer names."""
    begins = reading.starts[claim.clause]
    than = reading.text.rfind("比", begins, claim.start)
    named = [each for each in reading.mentions if each.slot == slot]
    if than >= 0:
        others = [each for each in named if than < each.start < claim.start]
        own = [each for each in named if each.end <= than and each.clause >= claim.first]
        return (own[-1].keys, others) if own and others else None
    active = claim.groups.get(slot)
    if active is None:
        return None
    others = [each for each in named if not each.keys & active[1]]
    return (active[1], others) if others else None


def _both(
    search: WitnessSearch, kind: str, slot: str, own: frozenset[str], others: list[Mention]
) -> Iterator[tuple[tuple[int, Known], tuple[int, Known]]]:
    """Values of the same field of a thing and of each other one."""
    keys = frozenset(key for each in others for key in each.keys)
    known = [
        (step, fact) for step, fact in search.grounds.of_kind(kind)
        if slot in fact.subject.slots and not (".steps." in fact.path or ".legs." in fact.path)
        and (slot != "thing" or fact.field != "traffic_delay_s") and fact.field != "review_count"
    ]  # fmt: skip
    for one in known:
        if one[1].subject.slots[slot] & own:
            for other in known:
                if other[1].field == one[1].field and other[1].subject.slots[slot] & keys:
                    yield one, other


def calendar(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A date beside its weekday."""
    return Witness("given", (Source(-1, "calendar", ""),)) if claim.value else None


FINDERS = {
    "calendar": (calendar,),
    "seats": (seats,),
    "jam": (jam,),
    "located": (located,),
    "quote": (quote,),
    "more": (more,),
}
