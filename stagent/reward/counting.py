"""How many: of what was found or fits, of what an answer names, of days."""

import re
from datetime import date

from stagent.reward.evidence import ResultFacts
from stagent.reward.score import Source, Witness
from stagent.reward.spoken import SpokenClaim
from stagent.reward.witness import WitnessSearch

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# What people and tickets are counted in.
SHARED = frozenset("人张位个名晚份间夜")


def told_by_user(search: WitnessSearch, kind: str) -> list[SpokenClaim]:
    """The user's own values of a kind."""
    return [each for reading in search.grounds.asked for each in reading.claims if each.kind == kind]


_OF_UNIT = {
    **dict.fromkeys("家个处间座所", "thing"),
    **dict.fromkeys(("趟", "班", "次", "列", "次列车"), "ride"),
    "条": "line",
    "种": "mode",
}
_MORE = ("另", "其余", "其他", "剩", "还有", "备选", "同价")


def count(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """How many were found, fit, or are named here."""
    if claim.fields:
        return None
    slot = _OF_UNIT.get(claim.unit[:1] if claim.unit else "")
    if claim.unit == "名" and search.reading.text[claim.start - 1 : claim.start] == "前":
        slot = "thing"
    if slot is None or claim.unit == "个":
        # 3 张半价票: of the people that the user named; 一位 is no claim, but one of them
        people = sum(each.value for each in told_by_user(search, "count") if each.unit[:1] in SHARED)
        people += sum(text.count(word) for text in search.grounds.said for word in ("一个", "一位", "1个", "1位", "我"))
        if claim.unit[:1] in SHARED and claim.value <= people:
            return Witness("sum", (Source(-1, "user", str(claim.value)),))
    if slot is None:
        return None
    reading = search.reading
    named = {mention.keys for mention in reading.mentions if mention.slot == slot}
    if slot == "line":
        named |= (
            {mention.keys for mention in reading.mentions if mention.slot in ("mode", "pref")} if not named else set()
        )
    sizes = {len(named), len({keys for keys in named if not keys & search.grounds.asked_of.get(slot, frozenset())})}
    if any(word in reading.text[max(0, claim.start - 5) : claim.start] for word in _MORE):
        sizes |= {size - 1 for size in sizes}
    sizes |= _listed(search, claim)
    if claim.value in sizes and claim.value:
        return Witness("count", (Source(-2, "answer", str(claim.value)),))
    for step, facts in search.grounds.results:
        if facts.count and claim.value in _sizes(search, facts, slot):
            return Witness("count", (Source(step, "items", str(claim.value)),))
    return None


def _listed(search: WitnessSearch, claim: SpokenClaim) -> set[int]:
    """How many entries the list behind a number has, and how many lines behind it begin with another thing."""
    layout, found = search.reading.layout, set()
    entries = [number for number in layout.entries if layout.lines[number][0] > claim.start]
    heads: dict[int, frozenset[str]] = {}
    for mention in search.reading.mentions:
        if mention.slot == "thing" and mention.start > claim.end:
            heads.setdefault(layout.number(mention.start), mention.keys)
    heads.pop(layout.number(claim.start), None)
    for size in (len(entries), len(layout.entries), len(set(heads.values()))):
        found.add(size if size > 1 else 0)
    return found


def _sizes(search: WitnessSearch, facts: ResultFacts, slot: str) -> set[int]:
    """How many of a result's items fit what the user or the answer asks of them."""
    limits = [each for reading in search.grounds.asked for each in reading.claims if each.kind in ("money", "rating")]
    wants_seats = any("票" in text for text in search.grounds.said) and slot == "ride"
    wants_open = "营业" in search.reading.text or "开" in search.reading.text
    items: dict[str, dict[str, list[float]]] = {}
    sold = {fact.path.rpartition(".")[0] for fact in facts.facts if fact.field == "seats_left" and not fact.value}
    for fact in facts.facts:
        path = fact.path.split(".")
        if path[0] != "items" or isinstance(fact.value, str) or (wants_seats and fact.path.rpartition(".")[0] in sold):
            continue
        if slot in fact.subject.slots or slot == "line":
            kind = fact.kind if fact.field != "seats_left" else "seats"
            items.setdefault(path[1], {}).setdefault(kind, []).append(float(fact.value))
    if not items:
        return set()
    fits = list(items.values())
    for limit in limits:
        below = limit.kind == "money"
        fits = [
            item
            for item in fits
            if any(each <= limit.value if below else each >= limit.value for each in item.get(limit.kind, ()))
        ]
    if wants_seats:
        fits = [item for item in fits if item.get("seats")]
    sizes = {len(fits)} if limits and slot == "ride" else {facts.count, len(fits)}
    if wants_open:
        sizes.add(sum(item.get("open", [0.0])[0] > 0 for item in fits))
    least: dict[str, float] = {}
    for item in fits:
        for kind in ("money", "duration"):
            if values := item.get(kind):
                least[kind] = min(least.get(kind, values[0]), *values)
    for kind, value in (
        least.items() if any(word in search.reading.text for word in ("同价", "同样", "并列", "一样")) else ()
    ):
        sizes.add(sum(value in item.get(kind, ()) for item in fits) - 1)
    return sizes - {0}


def days(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A number of days: asked about, told of, or of those with rain."""
    named = {mention.keys for mention in search.reading.mentions if mention.slot == "day"}
    sentence = search.reading.sentences[claim.clause]
    asked = {each.value for each in told_by_user(search, "days")}
    begin, behind = search.reading.starts[claim.clause], search.reading.text[claim.end : claim.end + 2].lstrip()
    clause = search.reading.text[begin : search.reading.clause_end(claim.clause)]
    spans = behind[:1] in ("里", "内", "中") or any(
        word in clause[: claim.start - begin] for word in ("起", "未来", "接下来", "今后")
    )
    if claim.value in asked and (spans or not counts_rain(clause)):
        return Witness("said", (Source(-1, "user", str(claim.value)),))
    wet = {
        fact.path.split(".")[1]
        for step, fact in search.grounds.words("word")
        if step >= 0
        and fact.field.startswith("condition")
        and ("雨" in fact.value or "雪" in fact.value)
        and fact.path[:5] == "items"
    }
    if not spans and counts_rain(clause):
        here = {
            mention.keys
            for mention in search.reading.mentions
            if mention.slot == "day"
            and search.reading.sentences[mention.clause] == sentence
            and mention.start > claim.start
        }
        sizes = {len(here)} if here else {len(wet)}
        return Witness("count", (Source(-2, "answer", str(claim.value)),)) if claim.value in sizes else None
    if "until" in claim.rules:
        told = {key for mention in search.reading.mentions if mention.slot == "day" for key in mention.keys}
        for day in told | search.grounds.asked_of.get("day", frozenset()):
            if _DATE.fullmatch(day) and (date.fromisoformat(day) - search.grounds.today).days == claim.value:
                return Witness("until", (Source(-1, "context.clock", search.grounds.context.clock[:10]),
                                         Source(-2, "answer", day)))  # fmt: skip
    counts = {facts.count for _, facts in search.grounds.results} | {len(named)}
    if claim.value in counts or claim.value - 1 in counts:
        return Witness("count", (Source(-2, "answer", str(claim.value)),))
    return None


def counts_rain(clause: str) -> bool:
    return any(word in clause for word in ("下雨", "有雨", "雨天", "降雨", "下雪", "有雪"))
