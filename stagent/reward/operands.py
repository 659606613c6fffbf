"""What values may be reckoned from: those that are told, and those known of what an answer names."""

import re

from stagent.reward.counting import told_by_user
from stagent.reward.score import Source, Witness
from stagent.reward.spoken import SpokenClaim
from stagent.reward.spoken_day import holds_then
from stagent.reward.witness import WitnessSearch, source

Term = tuple[float, Source]
# Words of a clause that tell a sum.
TOTAL = re.compile(
    r"[两三四几][项样段顿]|吃喝|加(?!油| ?\d)|一共|总共|合计|共计|总计|总价|总额|加起来|总费用|[共总](?=\s?[\d要是约:])"
)
MOST = 24  # operands of one kind


def is_near(claim: SpokenClaim, value: float) -> bool:
    """Whether a computed value is a claim's, within the digits shown and what words like 约 allow."""
    slack = 0.01 if claim.kind != "duration" else 30.0 if claim.unit else 1.0
    if claim.kind == "duration" and claim.unit == "小时" and claim.value >= 10800 and not claim.value % 3600:
        slack = 900.0  # 七个小时 of 7 h 12 min
    low = claim.low * 0.8 if claim.limit == "below" else claim.low
    high = claim.high * 1.3 if claim.limit == "above" else claim.high
    if claim.kind == "duration" and claim.about and claim.value >= 600 and not claim.value % 300:
        slack = max(slack, claim.value * 0.1)
    if claim.kind == "distance" and claim.about and not claim.value % 100:
        slack = max(slack, claim.value * 0.12)  # some 500 m of 449 m
    return low - slack <= value <= high + slack


def reckoned(*sources: Source) -> Witness:
    return Witness("reckoned", sources)


def told_of(search: WitnessSearch, claim: SpokenClaim, kind: str, before: bool = False) -> list[Term]:
    """The answer's other values of a kind that were found or only supposed, exact and as said, and the user's."""
    others = [
        each
        for each in search.reading.claims
        if each.kind == kind
        and each is not claim
        and (id(each) in search.found or not each.asserted)
        and not (before and each.start > claim.start)
    ]
    found = [(search.value(each)[0], search.spoken(each)) for each in others]
    found += [(float(each.value), search.spoken(each)) for each in others if kind == "duration"]  # 约 12 小时 less 3
    found += [(end, search.spoken(each)) for each in search.reading.claims
              if each.kind == kind and each.span and each is not claim for end in (each.low, each.high)]  # fmt: skip
    found += [(search.value(each)[0], Source(-1, "user", str(each.value))) for each in told_by_user(search, kind)[:6]]
    return distinct(found)


def known_of_named(search: WitnessSearch, claim: SpokenClaim, kind: str) -> list[tuple[str, Term]]:
    """Values of whole ways, rides and places that the answer names, each with its field."""
    named = {key for each in search.reading.mentions if each.slot in ("thing", "ride", "line") for key in each.keys}
    named |= search.grounds.asked_of.get("thing", frozenset())
    found: dict[tuple[str, float], tuple[str, Term]] = {}
    for step, fact in search.grounds.of_kind(kind):
        if isinstance(fact.value, str) or ".steps." in fact.path or step < 0 or len(found) >= MOST:
            continue
        if fact.field == "traffic_delay_s" or not holds_then(search.reading, search.grounds.today, claim, fact):
            continue
        keys = search.grounds.places.things(fact.subject) | fact.subject.slots.get("ride", frozenset())
        if not keys or keys & named:
            found.setdefault((fact.field, fact.value), (fact.field, (float(fact.value), source(step, fact))))
    return list(found.values())


def operands(search: WitnessSearch, claim: SpokenClaim, kind: str) -> list[Term]:
    return distinct([*told_of(search, claim, kind), *(term for _, term in known_of_named(search, claim, kind))])[:MOST]


def distinct(terms: list[Term]) -> list[Term]:
    unique: dict[float, Term] = {}
    for term in terms:
        unique.setdefault(term[0], term)
    return list(unique.values())
