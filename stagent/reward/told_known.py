"""Whether what is told in words (``stagent.reward.told``) holds: in tags, pages and steps."""

from collections.abc import Sequence

from stagent.reward.score import Source, Witness
from stagent.reward.spoken import SpokenClaim
from stagent.reward.told import FEATURES
from stagent.reward.witness import Finder, WitnessSearch, source


def feature_told(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """What a place has: a tag of it, or any text; where no tags are listed of it, anything that the results have."""
    words = FEATURES[claim.value]
    items: set[tuple[int, str]] = set()
    for step, fact in search.grounds.words("word"):
        if fact.field == "tags" and search.grounds.agrees(claim, fact):
            items.add((step, _item(fact.path)))
            if any(word in fact.value for word in words):
                return Witness("given", (source(step, fact),))
    for step, facts in search.grounds.results:
        for text in facts.texts:
            of_other = items and text.path.startswith("items.") and (step, _item(text.path)) not in items
            if not of_other and any(word in text.text for word in words):
                return Witness("given", (Source(step, text.path, text.text[:60]),))
    if not items and any(search.grounds.has(word) for word in words):
        return Witness("given", (Source(-1, "text", claim.value),))
    return None


def _item(path: str) -> str:
    return ".".join(path.split(".")[:2])


def highway_told(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """That a way uses a highway: some step of some way does; without ways nothing is known."""
    steps = [each for each in search.grounds.words("word") if each[1].field in ("road", "road_class")]
    for step, fact in steps:
        if "高速" in fact.value or "快速" in fact.value:
            return Witness("given", (source(step, fact),))
    return None if steps else Witness("given", ())


FINDERS: dict[str, Sequence[Finder]] = {
    "feature": (feature_told,),
    "road": (highway_told,),
}
