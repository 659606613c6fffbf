"""States, features and addresses of what is named farther off than beside them."""

from stagent.reward.about import has_hours
from stagent.reward.doubt_texts import in_texts, loosely
from stagent.reward.scopes import MAIN, in_clause, nearest
from stagent.reward.score import Witness
from stagent.reward.spoken import SpokenClaim
from stagent.reward.witness import WitnessSearch, source


def elsewhere(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A state told in words: of what is named farther off, where its own clause names no thing."""
    own, layout = claim.groups, search.reading.layout
    finders = search.finders[claim.kind]
    for mention in nearest(search.reading, claim):
        same = layout.number(mention.start) == layout.number(claim.start)
        its = in_clause(search.reading, claim, mention)
        if mention.start < claim.start and (its or (claim.kind == "feature" and same and layout.is_entry(claim.start))):
            return None
        claim.groups = {slot: group for slot, group in own.items() if slot not in MAIN}
        claim.groups[mention.slot] = (claim.clause, mention.keys)
        for find in finders:
            if (witness := find(search, claim)) is not None:
                return loosely("near", *witness.facts)
    claim.groups = own
    if claim.kind == "day" and (found := in_texts(search, claim)):
        return found
    if claim.kind == "open" and not any(has_hours(search, mention) for mention in search.reading.mentions):
        return loosely("elsewhere")  # nothing is known of when anything named is open
    return None


def address(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A street and a number of what is named before it, be it farther off than what stands beside it."""
    reading = search.reading
    tail = claim.value[-6:]
    for step, fact in search.grounds.words("word"):
        if fact.field == "address" and tail in fact.value.replace(" ", ""):
            own = fact.subject.slots.get("thing", frozenset())
            line = [each for each in reading.mentions if each.slot == "thing" and each.start < claim.start
                    and reading.layout.number(each.start) >= reading.layout.number(claim.start) - 3]  # fmt: skip
            if any(each.keys & own for each in line):
                return loosely("near", source(step, fact))
    return None
