"""Values as pages and the user say them, and whether a value is that of a fact."""

import re

from stagent.reward.counting import told_by_user
from stagent.reward.evidence import Known
from stagent.reward.grounds import without_commands
from stagent.reward.plain import plain_name
from stagent.reward.score import Source, Witness
from stagent.reward.spoken import SpokenClaim
from stagent.reward.witness import WitnessSearch, overlap


def loosely(how: str, *sources: Source) -> Witness:
    return Witness(how, sources)


def by_user(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """The user's own value."""
    for one in told_by_user(search, claim.kind):
        if overlap(one, claim):
            return Witness("said", (Source(-1, "user", str(one.value)),))
    return None


def in_texts(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A value as it is written stands in a page or note, or was said by the user.

    A page about another thing speaks of that: where some page is about what the answer names, it must be there.
    """
    said = search.reading.text[claim.start : claim.end].replace(" ", "")
    if not any(each.isdigit() for each in said) and len(said) < 3:
        return None
    said = said.removesuffix("开放").removesuffix("营业")
    pattern = re.compile(rf"(?<![\d.]){re.escape(said)}")
    about_it = _page_of(search, claim)
    for step, facts in search.grounds.results:
        for text in facts.texts:
            if about_it and about_it not in plain_name(text.head or text.text[:24]):
                continue
            if pattern.search(without_commands(text.text)):
                return loosely("elsewhere", Source(step, text.path, said))
    if any(pattern.search(text) for text in search.grounds.tight):
        return Witness("said", (Source(-1, "user", said),))
    return None


def _page_of(search: WitnessSearch, claim: SpokenClaim) -> str:
    """What is named last before a claim and heads a page; "": no page is about anything named."""
    heads = [plain_name(text.head or text.text[:24]) for _, facts in search.grounds.results for text in facts.texts]
    reading = search.reading
    first = reading.layout.line(claim.start)[0]
    for mention in reversed([each for each in reading.mentions if first <= each.start < claim.start]):
        name = reading.text[mention.start : mention.end]
        if mention.slot in ("thing", "word", "line") and len(name) > 1 and any(name in head for head in heads):
            return name
    return ""


def fits(claim: SpokenClaim, fact: Known) -> bool:
    """Whether a fact's value is the claim's, within the digits shown."""
    value = fact.value
    if claim.kind == "clock":
        loose = 3.0 if claim.about or (claim.unit == "点" and claim.low % 30 == 0) else 0.0
        loose = 6.0 if claim.unit == "点" and claim.low % 60 == 0 else loose
        for low in (claim.low, claim.other):
            if (
                low is not None
                and -0.5 - loose <= (value - low + 720) % 1440 - 720 <= claim.high - claim.low + 0.99 + loose
            ):
                return True
        return False
    return fits_value(claim, value)


def fits_value(claim: SpokenClaim, value: float) -> bool:
    low, high = claim.low, claim.high
    if claim.kind == "distance" and claim.unit[:1] in "米m" and 200 <= claim.value < 1000 and claim.value % 50 == 0:
        low, high = min(low, claim.value * 0.975), max(high, claim.value * 1.025)
    if claim.limit == "below":
        low = -99.0 if claim.kind == "temperature" else 0.0 if claim.value <= 60 else low * 0.5
    elif claim.limit == "above":
        high = max(high * 1.5, high + 1)
    return low - 1e-6 <= value <= high + 1e-6
