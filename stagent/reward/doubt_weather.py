"""What the weather is said to be, where the text leaves open of which day and city: those that are named nearest."""

import re
from typing import Any

from stagent.reward.doubt_texts import by_user, fits, in_texts, loosely
from stagent.reward.evidence import Known
from stagent.reward.fields_told import AGGREGATE, fields_of, is_asked, is_second
from stagent.reward.loose_rules import follows
from stagent.reward.loose_ways import difference
from stagent.reward.scopes import sentence_start
from stagent.reward.score import Source, Witness
from stagent.reward.spoken import SpokenClaim
from stagent.reward.spoken_day import nearest_of
from stagent.reward.witness import WitnessSearch, source

OF_WEATHER = frozenset(("temperature", "percent", "millimetre", "level"))
_ENDS = frozenset(("high_c", "low_c"))
_COMPARES = re.compile(r"[差比多少升暖凉冷热]|降(?![水雨雪])|(?<!最)[高低]|相比")
_NEARLY = re.compile(r"[近约]\s?$")


def weather(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A value of the weather: of the day and city that are named nearest, else of those that the user named."""
    reading, grounds = search.reading, search.grounds
    wanted = {"day": nearest_of(reading, claim, "day"), "city": _nearest_city(search, claim)}
    for slot, keys in wanted.items():
        asked = grounds.asked_of.get(slot, frozenset())
        several = slot == "day" and _SEVERAL.search(reading.text, sentence_start(reading, claim), claim.start)
        if not keys and not several and (len(asked) == 1 or not claim.span):  # of several days what a span spans
            wanted[slot] = asked
    if is_second(reading, claim) or AGGREGATE.search(reading.text, sentence_start(reading, claim), claim.start):
        wanted = {"day": frozenset(), "city": frozenset()}
    if not any(_is_of(fact, wanted) for _, fact in grounds.of_kind(claim.kind)):
        wanted["day"] = frozenset()  # nothing is known of that city on that day
    ends = (claim.low, claim.high) if claim.span else (None,)
    rough = claim.kind == "temperature" and (
        "来" in reading.text[claim.start : claim.end]
        or _NEARLY.search(reading.text, max(0, claim.start - 2), claim.start)
    )
    found: list[Source] = []
    known = False
    for end in ends:
        for step, fact in grounds.of_kind(claim.kind):
            if isinstance(fact.value, str) or not _is_of(fact, wanted):
                continue
            fields = fields_of(reading, claim)
            known = known or is_asked(claim, fields, fact)
            if end is None and fact.field in _ENDS and fields <= _ENDS and fields and fact.field not in fields:
                continue  # the low is no high
            if claim.kind == "level" and claim.span and f"{claim.low:g}-{claim.high:g}" not in fact.text:
                continue
            if (end is None and (fits(claim, fact) or (rough and abs(fact.value - claim.value) <= 3))) or (
                end is not None and abs(fact.value - end) < 0.6
            ):
                found.append(source(step, fact))
                break
    if len(found) == len(ends):
        return loosely("near", *found)
    if asked_for := by_user(search, claim):
        return asked_for
    spread = claim.kind == "temperature" and any("温差" in text for text in (reading.text, *grounds.said))
    if spread and (found := difference(search, claim)):
        return found
    if not known or _COMPARES.search(reading.text, reading.starts[claim.clause], claim.end + 3):
        return follows(search, claim) or in_texts(search, claim)
    return None


def _is_of(fact: Known, wanted: dict[str, Any]) -> bool:
    slots = fact.subject.slots
    return all(not keys or slot not in slots or bool(slots[slot] & keys) for slot, keys in wanted.items())


_CLOSED = re.compile(r"\([^()]*\)")  # what stands in brackets is said by the way
_SEVERAL = re.compile(r"分别|都|[两三四五六几]天|这")


def _nearest_city(search: WitnessSearch, claim: SpokenClaim) -> frozenset[str]:
    """The city of the weather's that stands nearest before a claim, however it is spelled."""
    text = search.reading.text
    text = _CLOSED.sub(lambda match: " " * len(match.group()), text[: claim.start]) + text[claim.start :]
    best: tuple[int, frozenset[str]] = (-1, frozenset())
    for _, fact in search.grounds.of_kind("temperature"):
        for key in fact.subject.slots.get("city", ()):
            at = text.rfind(key.rstrip("市"), 0, claim.start)
            name = key.rstrip("市")
            own = text[at + len(name) : claim.start] in ("的", "市的")  # 比霁川的 3.6 毫米
            if at > best[0] and (own or not _BESIDE.search(text, max(0, at - 2), at)):
                best = at, fact.subject.slots["city"]
        if text.startswith("的", claim.end) and any(
            text.startswith(key.rstrip("市"), claim.end + 1) for key in fact.subject.slots.get("city", ())
        ):
            return fact.subject.slots["city"]  # 零下十来度的霜原
    return best[1]


_BESIDE = re.compile(r"[跟比和与较]\s?$")  # before what something is compared with


def sky(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A condition of the day and city that are named nearest."""
    reading = search.reading
    wanted = {"day": nearest_of(reading, claim, "day"), "city": _nearest_city(search, claim)}
    for step, fact in search.grounds.words("word"):
        its = fact.field.startswith("condition") and _is_of(fact, wanted)
        if its and (claim.value == fact.value or claim.value in fact.value.split("转")):
            return loosely("near", source(step, fact))
    return None


def rain(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """Rain that is told of no day: of any that results tell of."""
    if any(each.slot == "day" for each in claim.near):
        return None
    for step, fact in search.grounds.words("word"):
        if fact.field.startswith("condition") and (("雨" in fact.value or "雪" in fact.value) == claim.value):
            return loosely("elsewhere", source(step, fact))
    return None
