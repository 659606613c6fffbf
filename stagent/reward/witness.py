"""Whether a claim holds: because the evidence has its value, of the same thing, or because it follows by a listed rule.

    given       the evidence has the value, of that thing, within the digits shown
    sum         of legs, prices, durations that the answer or results name          product     n × price
    difference  of two values of the same field                                     end         departure + duration
    until       from one moment to another                                          count       of what was found or named
    mean        of values of the same field                                         said        the user said it

A rule counts only where the words beside the value say that it was used: else some sum or difference fits nearly every
number.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from stagent.reward.claims import Reading, SpokenClaim
from stagent.reward.evidence import Known
from stagent.reward.grounds import Grounds
from stagent.reward.score import Source, Witness

_NUMERIC = frozenset(
    "distance duration money rating temperature percent count mass level millimetre clock rank".split()
)
_DERIVED = frozenset("distance duration money count temperature rating percent".split())
_ADDED = frozenset("distance duration money count".split())


def source(step: int, fact: Known) -> Source:
    return Source(step, fact.path, fact.text)


class Search:
    """The search for witnesses of one answer's claims."""

    def __init__(self, grounds: Grounds, reading: Reading, finders: dict[str, Sequence["Finder"]]):
        self.grounds, self.reading, self.finders = grounds, reading, finders
        self.held: list[SpokenClaim] = []  # claims before that hold: what sums may add

    def witness(self, claim: SpokenClaim) -> Witness | None:
        """What supports a claim; None: nothing does."""
        finders = self.finders.get(claim.kind, (_given, _quoted, _said))
        for find in finders:
            found = find(self, claim)
            if found is not None:
                self.held.append(claim)
                return found
        return None


def _window(claim: SpokenClaim) -> tuple[float, float]:
    if claim.kind == "clock":
        return claim.low - 0.5, claim.high + 0.99
    return claim.low, claim.high


def _given(search: Search, claim: SpokenClaim) -> Witness | None:
    grounds = search.grounds
    if claim.kind == "temperature" and claim.span:
        ends = [next(_fits(search, claim, value, value), None) for value in (claim.low, claim.high)]
        return Witness("given", tuple(end for end in ends if end)) if all(ends) else None
    low, high = _window(claim)
    if claim.limit == "below" and claim.kind != "clock":
        # 不到 11 分钟: rather near below; 500 米以内: of whatever is said to lie within
        low = 0.0 if claim.value <= 60 else low * 0.5
    elif claim.limit == "above" and claim.kind != "clock":
        high = max(high * 1.5, high + 1)
    for found in _fits(search, claim, low, high):
        return Witness("given", (found,))
    if claim.other is not None:
        for found in _fits(search, claim, claim.other - 0.5, claim.other + 0.99):
            return Witness("given", (found,))
    return None


def _fits(search: Search, claim: SpokenClaim, low: float, high: float) -> Iterator[Source]:
    for step, fact in search.grounds.between(claim.kind, low, high):
        wanted = claim.fields is None or fact.field in claim.fields
        if (wanted or claim.kind == "temperature" and claim.span) and search.grounds.agrees(claim, fact):
            yield source(step, fact)


def _quoted(search: Search, claim: SpokenClaim) -> Witness | None:
    """A note's or a page's own words."""
    for step, fact in search.grounds.quoted():
        said = fact.value
        if said.kind == claim.kind and _overlap(said, claim) and search.grounds.agrees(claim, fact):
            if claim.fields and said.fields and not claim.fields & said.fields:
                continue
            return Witness("given", (source(step, fact),))
    return None


def _overlap(said: SpokenClaim, claim: SpokenClaim) -> bool:
    if claim.kind in _NUMERIC or isinstance(claim.value, (int, float)):
        if claim.kind == "clock":
            return (
                claim.low in (said.low, said.other) or claim.other is not None and claim.other in (said.low, said.other)
            )
        return claim.low <= said.value <= claim.high or said.span and said.low <= claim.value <= said.high
    return said.value == claim.value


def _said(search: Search, claim: SpokenClaim) -> Witness | None:
    """The user's own number: repeated as a bound or a wish, or where the evidence knows nothing of its kind there."""
    for reading in search.grounds.asked:
        for said in reading.claims:
            if said.kind != claim.kind or not _overlap(said, claim):
                continue
            echoed = (
                claim.limit
                or claim.kind in ("count", "date", "days", "age")
                or claim.kind == "clock"
                and not claim.fields
            )
            if echoed or not known_of(search, claim):
                text = reading.text[said.start : said.end]
                return Witness("said", (Source(-1, "user", text),))
    return None


def known_of(search: Search, claim: SpokenClaim) -> list[tuple[int, Known]]:
    """What the evidence has of a claim's kind, field and thing."""
    found = []
    for step, fact in search.grounds.of_kind(claim.kind):
        if (claim.fields is None or fact.field in claim.fields) and search.grounds.agrees(claim, fact):
            found.append((step, fact))
            if len(found) > 4:
                break
    return found


def _others(search: Search, claim: SpokenClaim) -> list[SpokenClaim]:
    """The answer's other claims of the same kind, in their order."""
    return [each for each in search.reading.claims if each is not claim and each.kind == claim.kind and not each.limit]


def _is(claim: SpokenClaim, value: float, terms: int = 2) -> bool:
    """Whether a computed value is the claim's, within the digits shown of it and of what was added up."""
    spare = (claim.high - claim.low) / 2 * (terms - 1 if claim.kind == "duration" and terms > 1 else 1)
    return claim.low - spare * 0.51 <= value <= claim.high + spare * 0.51


def _sum(search: Search, claim: SpokenClaim) -> Witness | None:
    if "sum" not in claim.rules or claim.kind not in _ADDED:
        return None
    others = _others(search, claim)
    here = [each for each in others if each.start < claim.start]
    behind = [each for each in others if each.start > claim.start]
    for terms in (here, here[::-1], behind, behind[::-1]):
        total = 0.0
        for count, each in enumerate(terms, 1):
            total += each.value
            if count > 1 and _is(claim, total, count):
                return Witness("sum", tuple(_spoken(search, one) for one in terms[:count]))
    fields = claim.fields
    by_field: dict[str, list[tuple[int, Known]]] = {}
    for step, fact in search.grounds.of_kind(claim.kind):
        if (fields is None or fact.field in fields) and ".steps." not in fact.path and ".entries." not in fact.path:
            by_field.setdefault(fact.field, []).append((step, fact))
    for facts in by_field.values():
        facts = _named(search, facts)
        for count in (2, 3, 4, 5):
            if len(facts) >= count and (len(facts) <= 8 or count == 2 and len(facts) <= 20):
                for some in combinations(facts, count):
                    if len({(step, fact.path) for step, fact in some}) == count and _is(
                        claim, sum(f.value for _, f in some), count
                    ):
                        return Witness("sum", tuple(source(step, fact) for step, fact in some))
    return None


def _named(search: Search, facts: list[tuple[int, Known]]) -> list[tuple[int, Known]]:
    """Those of things that the answer names, where it names any of them."""
    keys = {key for mention in search.reading.mentions for key in mention.keys}
    chosen = []
    for step, fact in facts:
        subject = fact.subject
        slots = [*subject.slots.values(), search.grounds.things(subject)]
        if not any(slots) or any(keys & slot for slot in slots):
            chosen.append((step, fact))
    return chosen or facts


def _spoken(search: Search, claim: SpokenClaim) -> Source:
    return Source(-2, "answer", search.reading.text[claim.start : claim.end])


def _difference(search: Search, claim: SpokenClaim) -> Witness | None:
    if "difference" not in claim.rules or claim.kind not in _DERIVED:
        return None
    by_field: dict[str, list[tuple[int, Known]]] = {}
    for step, fact in search.grounds.of_kind(claim.kind):
        if ".steps." not in fact.path and (claim.fields is None or fact.field in claim.fields or claim.kind == "money"):
            by_field.setdefault(fact.field, []).append((step, fact))
    for facts in by_field.values():
        facts = _named(search, facts)
        if len(facts) > 60:
            continue
        for one, other in combinations(facts, 2):
            if _is(claim, abs(one[1].value - other[1].value)):
                if search.grounds.agrees(claim, one[1]) or search.grounds.agrees(claim, other[1]):
                    return Witness("difference", (source(*one), source(*other)))
    told = _others(search, claim) + [
        each for reading in search.grounds.asked for each in reading.claims if each.kind == claim.kind
    ]
    for one, other in combinations(told[:24], 2):
        if _is(claim, abs(one.value - other.value)):
            return Witness("difference", (_spoken(search, one), Source(-1, "user", str(other.value))))
    return None


def _times(search: Search) -> set[float]:
    """Numbers of people, tickets, nights that the answer or the user named."""
    found = {2.0, 0.5} if any(word in search.reading.text for word in ("往返", "来回", "半价", "半票")) else set()
    for reading in (search.reading, *search.grounds.asked):
        for claim in reading.claims:
            if claim.kind in ("count", "days") and 1 < claim.value <= 20:
                found.add(float(claim.value))
        for word, count in (("两人", 2), ("俩", 2), ("三口", 3), ("四口", 4), ("两大一小", 3), ("两大一小", 2)):
            if word in reading.text:
                found.add(float(count))
    return found


def _product(search: Search, claim: SpokenClaim) -> Witness | None:
    if claim.kind not in ("money", "duration", "distance") or not claim.rules & {"product", "sum"}:
        return None
    for times in sorted(_times(search)):
        for step, fact in search.grounds.between(claim.kind, claim.low / times, claim.high / times):
            if ".steps." not in fact.path and search.grounds.agrees(claim, fact):
                return Witness("product", (source(step, fact), Source(-1, "times", f"{times:g}")))
        for each in _others(search, claim):
            if _is(claim, each.value * times):
                return Witness("product", (_spoken(search, each), Source(-1, "times", f"{times:g}")))
    return None


def _moments(search: Search, claim: SpokenClaim) -> list[tuple[float, Source]]:
    """Minutes of day that the answer, the user, the clock or results about the claim's thing name."""
    found = [
        (float(each.low), _spoken(search, each))
        for each in search.reading.claims
        if each.kind == "clock" and each is not claim
    ]
    found += [(each.other, _spoken(search, each)) for each in search.reading.claims
              if each.kind == "clock" and each is not claim and each.other is not None]  # fmt: skip
    for reading in search.grounds.asked:
        found += [(float(each.low), Source(-1, "user", each.value)) for each in reading.claims if each.kind == "clock"]
        found += [
            (each.other, Source(-1, "user", each.value))
            for each in reading.claims
            if each.kind == "clock" and each.other
        ]
    now = search.grounds.context.now
    found.append((now.hour * 60 + now.minute, Source(-1, "context.clock", search.grounds.context.clock)))
    for step, fact in search.grounds.of_kind("clock"):
        if step >= 0 and ".steps." not in fact.path and search.grounds.agrees(claim, fact):
            found.append((fact.value, source(step, fact)))
            if len(found) > 40:
                break
    return found


def _until(search: Search, claim: SpokenClaim) -> Witness | None:
    """From one moment to another: how long something is open, how early one arrives."""
    if claim.kind != "duration" or not claim.rules & {"until", "difference"}:
        return None
    moments = _moments(search, claim)
    for (one, first), (other, last) in combinations(moments, 2):
        for apart in ((one - other) % 1440, (other - one) % 1440):
            if apart and claim.low - 31 <= apart * 60 <= claim.high + 31:
                return Witness("until", (first, last))
    return None


def _end(search: Search, claim: SpokenClaim) -> Witness | None:
    """A moment and a duration later, or earlier: both told in the answer, by the user, or by results about the thing."""
    if claim.kind != "clock":
        return None
    moments = _moments(search, claim)
    lasting = [(float(each.value), _spoken(search, each)) for each in search.reading.claims if each.kind == "duration"]
    for reading in search.grounds.asked:
        lasting += [
            (float(each.value), Source(-1, "user", str(each.value)))
            for each in reading.claims
            if each.kind == "duration"
        ]
    for step, fact in search.grounds.of_kind("duration"):
        if ".steps." not in fact.path and fact.field == "duration_s" and search.grounds.agrees(claim, fact):
            lasting.append((fact.value, source(step, fact)))
    for moment, first in moments:
        for seconds, last in lasting[:24]:
            for minute in (moment + seconds / 60, moment - seconds / 60):
                for wanted in (claim.low, claim.other):
                    if wanted is not None and abs((minute - wanted + 720) % 1440 - 720) <= 1.0:
                        return Witness("end", (first, last))
    return None


def _count(search: Search, claim: SpokenClaim) -> Witness | None:
    """How many were found, or are named here."""
    if claim.kind != "count" or claim.fields:
        return None
    for step, facts in search.grounds.results:
        if facts.count and facts.count == claim.value:
            return Witness("count", (Source(step, "items", str(facts.count)),))
    named = {
        mention.keys for mention in search.reading.mentions if mention.slot in ("thing", "ride", "mode", "line", "day")
    }
    slots = [
        {mention.keys for mention in search.reading.mentions if mention.slot == slot}
        for slot in ("thing", "ride", "mode", "line")
    ]
    told = {len(each) for each in slots} | {len(named)}
    before = search.reading.text[max(0, claim.start - 4) : claim.start]
    if any(word in before for word in ("另", "其余", "其他", "剩", "还有", "备选")):
        told |= {each - 1 for each in told}
    if claim.value in told:
        return Witness("count", (Source(-2, "answer", str(claim.value)),))
    return None


def _mean(search: Search, claim: SpokenClaim) -> Witness | None:
    if "mean" not in claim.rules or claim.kind not in _DERIVED:
        return None
    by_field: dict[str, list[tuple[int, Known]]] = {}
    for step, fact in search.grounds.of_kind(claim.kind):
        by_field.setdefault(f"{step} {fact.field}", []).append((step, fact))
    for facts in by_field.values():
        for some in (facts, _named(search, facts)):
            if len(some) > 1 and claim.low <= sum(fact.value for _, fact in some) / len(some) <= claim.high:
                return Witness("mean", tuple(source(step, fact) for step, fact in some[:4]))
    return None


def _date(search: Search, claim: SpokenClaim) -> Witness | None:
    grounds = search.grounds
    for step, fact in grounds.words("date"):
        if fact.value == claim.value:
            return Witness("given", (source(step, fact),))
    if claim.value in grounds.asked_of.get("day", ()):
        return Witness("said", (Source(-1, "user", claim.value),))
    return _quoted(search, claim)


def _text(search: Search, claim: SpokenClaim) -> Witness | None:
    """A phone or a train's number: as it stands in results, of its thing."""
    for step, fact in search.grounds.words(claim.kind):
        if fact.value == claim.value and (claim.kind == "number" or search.grounds.agrees(claim, fact)):
            return Witness("given", (source(step, fact),))
    if claim.kind == "number" and claim.value.lower() in search.grounds.pool.replace(" ", ""):
        return Witness("given", (Source(-1, "text", claim.value),))
    return None


def _coordinate(search: Search, claim: SpokenClaim) -> Witness | None:
    lat, lon = claim.value.split(",")
    for step, fact in search.grounds.words("coordinate"):
        given = fact.value.split(",")
        digits = [min(5, len(part.partition(".")[2])) for part in (lat, lon)]
        if all(abs(float(a) - float(b)) <= 0.51 * 10.0**-n for a, b, n in zip(given, (lat, lon), digits, strict=True)):
            if search.grounds.agrees(claim, fact):
                return Witness("given", (source(step, fact),))
    return None


def _line(search: Search, claim: SpokenClaim) -> Witness | None:
    text = search.reading.text[claim.start : claim.end].replace(" ", "")
    if text in search.grounds.pool.replace(" ", ""):
        return Witness("given", (Source(-1, "text", text),))
    return None


def _free(search: Search, claim: SpokenClaim) -> Witness | None:
    return Witness("given", ())


_RULES = (_given, _quoted, _sum, _product, _difference, _mean, _said)
Finder = Callable[[Search, SpokenClaim], Witness | None]
FINDERS: dict[str, Sequence[Finder]] = {
    "distance": _RULES,
    "duration": (_given, _quoted, _sum, _product, _until, _difference, _mean, _said),
    "money": _RULES,
    "rating": (_given, _quoted, _difference, _mean, _said),
    "temperature": (_given, _quoted, _difference, _mean, _said),
    "percent": (_given, _quoted, _difference, _said),
    "count": (_given, _quoted, _count, _sum, _difference, _said),
    "clock": (_given, _quoted, _end, _said),
    "date": (_date,),
    "number": (_text,),
    "phone": (_text, _quoted),
    "coordinate": (_coordinate,),
    "line": (_line,),
    "weekday": (_free,),
    "days": (_free,),
    "floor": (_line,),
}
