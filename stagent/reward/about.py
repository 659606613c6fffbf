"""Whether a fact is of what a text names beside a value."""

from stagent.reward.evidence import Known
from stagent.reward.scopes import in_sentence
from stagent.reward.spoken import Mention, Reading, SpokenClaim
from stagent.reward.spoken_day import holds_then
from stagent.reward.witness import WitnessSearch


def about(search: WitnessSearch, mention: Mention, fact: Known) -> bool:
    """Whether a fact is of what is named, or of a way to, from or past it.

    A train's and a flight's facts are no station's where the answer names trains or flights.
    """
    subject = fact.subject
    if mention.slot == "ride":
        return bool(mention.keys & subject.slots.get("ride", frozenset()))
    if "ride" in subject.slots and any(each.slot == "ride" for each in search.reading.mentions):
        return False
    places = search.grounds.places
    own = places.things(subject) | places.at(subject.via)
    return bool(mention.keys & (own if "thing" in subject.slots else own | subject.weak))


def names_step(reading: Reading, claim: SpokenClaim, fact: Known) -> bool:
    """Whether the claim's sentence names a road, line or stop of a section of a way."""
    keys = fact.subject.weak.union(*(fact.subject.slots.get(slot, ()) for slot in ("road", "line", "thing")))
    for mention in reading.mentions:
        if mention.slot in ("road", "line", "thing") and mention.keys & keys:
            own = mention.clause == claim.clause if claim.kind == "clock" else in_sentence(reading, claim, mention)
            if own:
                return True
    return False


def has_hours(search: WitnessSearch, mention: Mention) -> bool:
    return any(about(search, mention, fact) for _, fact in search.grounds.words("hours"))


def same_side(search: WitnessSearch, claim: SpokenClaim, fact: Known) -> bool:
    """Whether the cabin, day and mode that a claim's own clause names are the fact's; hours, whether they are the
    day's."""
    for mention in claim.near:
        if mention.slot in ("cabin", "day", "mode"):
            own = fact.subject.slots.get(mention.slot)
            if mention.slot == "day" and fact.field == "arrival":
                continue  # the day after
            if own and not own & mention.keys and not (mention.slot == "mode" and mention.keys & fact.subject.weak):
                return False
    return holds_then(search.reading, search.grounds.today, claim, fact)
