"""Whether a claim holds because the evidence has its value, of the same thing, within the digits shown.

First all claims are looked up; those that are found tell the exact values that their digits stand for, which the rules
(``stagent.reward.rules``) then add up, subtract and multiply.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from stagent.reward.evidence import Known
from stagent.reward.grounds import Grounds
from stagent.reward.phrases import FUNCTION, HAN
from stagent.reward.reach import others
from stagent.reward.score import Source, Witness
from stagent.reward.spoken import Reading, SpokenClaim
from stagent.reward.spoken_day import holds_then, spans_of

_NUMERIC = frozenset(
    (
        "distance",
        "duration",
        "money",
        "rating",
        "temperature",
        "percent",
        "count",
        "mass",
        "level",
        "millimetre",
        "rank",
    )
)
WORDED = frozenset(("open", "day", "free", "cabin", "feature", "rain", "word"))  # kinds that words claim, not numbers
_LISTS = 250  # claims of an answer that only lists, and is given no benefit of a doubt
_ROUNDS = 4  # in which claims may follow from claims that followed from others
Finder = Callable[["WitnessSearch", SpokenClaim], Witness | None]


def source(step: int, fact: Known) -> Source:
    return Source(step, fact.path, fact.text)


class WitnessSearch:
    """The search for witnesses of one answer's claims.

    Args:
        direct: kind → finders that look a value up; derived: kind → rules, tried for what isn't found; doubt: kind →
            what may still speak for it.

    Attributes:
        exact: of claims that were found the value in the evidence, by ``id``.
        found: witnesses, by ``id``.
    """

    def __init__(
        self,
        grounds: Grounds,
        reading: Reading,
        direct: dict[str, Sequence[Finder]],
        derived: dict[str, Sequence[Finder]],
        doubt: dict[str, Sequence[Finder]],
    ):
        self.grounds, self.reading, self.finders = grounds, reading, direct
        self.exact: dict[int, float] = {}
        self.found: dict[int, Witness] = {}
        self._look_up(direct)
        self._look_further(direct, doubt)
        for _ in range(_ROUNDS):
            before = len(self.found)
            self._look_up(derived)
            if len(self.found) == before:
                break
        for _ in range(2 if len(reading.claims) <= _LISTS else 0):
            self._look_up(doubt)

    def _missing(self) -> list[SpokenClaim]:
        return [
            claim
            for claim in self.reading.claims
            if id(claim) not in self.found and self.judged(claim) and not (claim.low < 0 and claim.kind == "clock")
        ]

    def _look_up(self, finders: dict[str, Sequence[Finder]]) -> None:
        for claim in self._missing():
            self._find(claim, finders)

    def _look_further(self, finders: dict[str, Sequence[Finder]], doubt: dict[str, Sequence[Finder]]) -> None:
        """Looks for what words claim and isn't found with other subjects that are in reach (``stagent.reward.reach``);
        of numbers the doubt decides."""
        for claim in self._missing():
            if claim.kind in doubt and claim.kind not in WORDED:
                continue
            own = claim.groups
            for groups in others(self.reading, claim):
                claim.groups = groups
                if self._find(claim, finders):
                    break
            else:
                claim.groups = own

    def _find(self, claim: SpokenClaim, finders: dict[str, Sequence[Finder]]) -> bool:
        for find in finders.get(claim.kind, ()):
            if (witness := find(self, claim)) is not None:
                self.found[id(claim)] = witness
                return True
        return False

    def judged(self, claim: SpokenClaim) -> bool:
        """Whether a claim needs a witness: it is asserted, or no time at all, or 提前 20 分钟 as the user said."""
        if claim.asserted or (claim.kind == "clock" and claim.low < 0):
            return True
        return claim.early and any(one.early for reading in self.grounds.asked for one in reading.claims)

    def stands(self, claim: SpokenClaim) -> bool:
        """Whether others may follow from a claim: it has a witness, or needs none."""
        return id(claim) in self.found or not self.judged(claim)

    def value(self, claim: SpokenClaim) -> tuple[float, float]:
        """The value that a claim stands for, and how far from it the exact one may be."""
        exact = self.exact.get(id(claim))
        if exact is not None:
            return exact, 0.0
        if claim.kind == "clock":
            return (claim.low + claim.high) / 2, max(0.2, (claim.high - claim.low) / 2)
        return float(claim.value), (claim.high - claim.low) / 2

    def spoken(self, claim: SpokenClaim) -> Source:
        return Source(-2, "answer", self.reading.text[claim.start : claim.end])


def given(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A result or the context has it."""
    if claim.kind == "temperature" and claim.span:
        ends = [next(_fits(search, claim, value, value), None) for value in (claim.low, claim.high)]
        return Witness("given", tuple(source(*end) for end in ends if end)) if all(ends) else None
    low, high = claim.low, claim.high
    if claim.compared and claim.fields != _DELAY:
        return None
    if claim.kind == "money" and claim.whole and sum(each.kind == "money" for each in search.reading.claims) > 2:
        return None  # what is added up here must be its sum
    if claim.pair is not None and (hours := _hours(search, claim)):
        spans = [span for step, fact in hours for span in spans_of(fact.value)]
        if not any(_same_span(claim, span) for span in spans):
            return None
    if claim.kind == "level":
        said = (
            search.reading.text[claim.start : claim.end]
            .replace(" ", "")
            .replace("~", "-")
            .replace("至", "-")
            .replace("到", "-")
        )
        for fit in _fits(search, claim, claim.low, claim.high):
            if fit[1].text == said or (not claim.span and "-" not in fit[1].text):
                return Witness("given", (source(*fit),))
        return None
    if claim.kind == "clock":
        low, high = low - 0.5, high + 0.99
    elif claim.limit == "below":
        # 不到 11 分钟: rather near below; 500 米以内: of whatever is said to lie within
        low = 0.0 if claim.value <= 60 else low * 0.5
    elif claim.limit == "above":
        high = max(high * 1.5, high + 1)
    aim = claim.low if claim.kind == "clock" else claim.value
    if fit := min(_fits(search, claim, low, high), key=lambda each: abs(each[1].value - aim), default=None):
        search.exact[id(claim)] = fit[1].value
        return Witness("given", (source(*fit),))
    if claim.other is not None:
        for fit in _fits(search, claim, claim.other - 0.5, claim.other + claim.high - claim.low + 0.99):
            search.exact[id(claim)] = fit[1].value
            return Witness("given", (source(*fit),))
    return None


# Before the user's own money: of a budget, not of a price.
_ECHO = re.compile(r"(?:预算|比|您|你|按|带|用|花|是|票价|票面|价)的?(?:约|大约)?\s?$")
_RIDING = "坐靠停换转站乘"  # before a line that is told by its number alone
_DELAY = frozenset(("traffic_delay_s",))


def _hours(search: WitnessSearch, claim: SpokenClaim) -> list[tuple[int, Known]]:
    """Opening hours of what a claim is said of."""
    return [(step, fact) for step, fact in search.grounds.words("hours") if search.grounds.agrees(claim, fact)]


def _same_span(claim: SpokenClaim, span: tuple[float, float]) -> bool:
    """Whether hours are those of a pair of clocks; 11 点到 2 点 is 11:00-14:00, too."""
    day = 720 if claim.unit == "点" else 1440
    return all(round(own - said) % day == 0 for own, said in zip(span, claim.pair or span, strict=True))


def _fits(search: WitnessSearch, claim: SpokenClaim, low: float, high: float) -> Iterator[tuple[int, Known]]:
    loose = claim.fields is None or (claim.kind == "temperature" and claim.span)
    for step, fact in search.grounds.between(claim.kind, low, high):
        if (loose or fact.field in claim.fields) and search.grounds.agrees(claim, fact):  # type: ignore[operator]
            if fact.value == high and fact.kind == "money" and fact.value < 20 and claim.value != fact.value:
                continue  # 1 元 is no 1.5 元
            if not holds_then(search.reading, search.grounds.today, claim, fact):
                continue
            yield step, fact


def quoted(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A note's or a page's own words."""
    for step, fact in search.grounds.quoted():
        said = fact.value
        if said.kind == claim.kind and overlap(said, claim) and search.grounds.agrees(claim, fact):
            if claim.fields and said.fields and not claim.fields & said.fields:
                continue
            return Witness("given", (source(step, fact),))
    return None


def overlap(said: SpokenClaim, claim: SpokenClaim) -> bool:
    """Whether two claims of a kind may mean the same value."""
    if claim.kind == "clock":
        return bool({claim.low, claim.other} & {said.low, said.other} - {None})
    if claim.kind in _NUMERIC or isinstance(claim.value, (int, float)):
        return claim.low <= said.value <= claim.high or (said.span and said.low <= claim.value <= said.high)
    return said.value == claim.value


def _other_pair(search: WitnessSearch, claim: SpokenClaim) -> bool:
    """Whether a span of hours is none of those that the user planned."""
    pairs = {one.pair for reading in search.grounds.asked for one in reading.claims if one.pair}
    return claim.pair is not None and bool(pairs) and claim.pair not in pairs


def said(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """The user's own words: repeated as a bound or a wish, or where the evidence knows nothing of the kind there.

    ``预算 500 元`` may be told again; that the user believes in some price makes it no price.
    """
    if _other_pair(search, claim):
        return None
    for reading in search.grounds.asked:
        for one in reading.claims:
            if one.kind != claim.kind or not overlap(one, claim):
                continue
            if claim.kind == "duration" and claim.rules & {"until", "difference"}:
                continue
            free = claim.limit or claim.kind in ("count", "date", "days", "age") or not claim.fields
            if claim.kind == "money" and not claim.limit:
                free = bool(_ECHO.search(search.reading.text, max(0, claim.start - 5), claim.start))
            if free and (claim.limit or not claim.near or claim.kind in ("count", "clock", "days", "age")):
                return Witness("said", (Source(-1, "user", reading.text[one.start : one.end]),))
            if not known_of(search, claim):
                return Witness("said", (Source(-1, "user", reading.text[one.start : one.end]),))
    return None


def known_of(search: WitnessSearch, claim: SpokenClaim) -> list[tuple[int, Known]]:
    """What the evidence has of a claim's kind, field and thing."""
    found = []
    for step, fact in search.grounds.of_kind(claim.kind):
        if (claim.fields is None or fact.field in claim.fields) and search.grounds.agrees(claim, fact):
            found.append((step, fact))
            if len(found) > 4:
                break
    return found


def rank_told(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """第一名是 X: the rank of what is named behind it, else of what is spoken of."""
    for step, fact in search.grounds.between("rank", claim.low, claim.high):
        own, behind = fact.subject.slots.get("thing", frozenset()), claim.after.get("thing")
        if (own & behind) if behind else search.grounds.agrees(claim, fact):
            return Witness("given", (source(step, fact),))
    if not any(True for _ in search.grounds.of_kind("rank")):
        return Witness("said", ())  # 第二名 of what no chart ranks is the answer's own order
    return quoted(search, claim)


def date_told(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A date that results or the user name; in a list of days with rain one of these."""
    grounds, reading = search.grounds, search.reading
    sentence = reading.sentences[claim.clause]
    counted = [each for each in reading.claims if each.kind == "days" and reading.sentences[each.clause] == sentence]
    if counted and claim.start > counted[-1].start and "雨" in reading.text[counted[-1].start - 8 : claim.start]:
        wet = [(step, fact) for step, fact in grounds.words("word")
               if fact.field.startswith("condition") and ("雨" in fact.value or "雪" in fact.value)
               and claim.value in fact.subject.slots.get("day", ())]  # fmt: skip
        return Witness("given", (source(*wet[0]),)) if wet else None
    for step, fact in grounds.words("date"):
        if fact.value == claim.value:
            return Witness("given", (source(step, fact),))
    if claim.value in grounds.asked_of.get("day", ()):
        return Witness("said", (Source(-1, "user", claim.value),))
    return quoted(search, claim)


def text_told(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A phone or a train's number: as it stands in results, of its thing."""
    for step, fact in search.grounds.words(claim.kind):
        if fact.value == claim.value and (claim.kind == "number" or search.grounds.agrees(claim, fact)):
            return Witness("given", (source(step, fact),))
    if claim.kind == "number" and search.grounds.has(claim.value.lower()):
        return Witness("given", (Source(-1, "text", claim.value),))
    return None


def coordinate_told(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    lat, lon = claim.value.split(",")
    digits = [min(5, len(part.partition(".")[2])) for part in (lat, lon)]
    for step, fact in search.grounds.words("coordinate"):
        parts = zip(fact.value.split(","), (lat, lon), digits, strict=True)
        near = all(abs(float(a) - float(b)) <= 0.51 * 10.0**-n for a, b, n in parts)
        if near and search.grounds.agrees(claim, fact):
            return Witness("given", (source(step, fact),))
    return None


def line_told(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    text = search.reading.text[claim.start : claim.end].replace(" ", "")
    before = search.reading.text[max(0, claim.start - 2) : claim.start]
    if (
        claim.kind == "line"
        and before
        and HAN.match(before[-1])
        and before[-1] not in _RIDING
        and before[-1] not in FUNCTION
    ):
        # 机场巴士1线 is no 星芒1线; 地铁1号线 and 夜1路 are whole names
        return _in_texts(search, before[-1] + text) or _in_texts(search, before + text)
    return _in_texts(search, text)


def _in_texts(search: WitnessSearch, text: str) -> Witness | None:
    if search.grounds.tells(re.compile(rf"(?<!\d){re.escape(text)}")):
        return Witness("given", (Source(-1, "text", text),))
    return None


def nothing_to_pay(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """0 yuan, where a text says that nothing is charged."""
    before = search.reading.text[search.reading.starts[claim.clause] : claim.start]
    if claim.value == 0 and (
        not known_of(search, claim) or any(word in before for word in ("扣", "手续费", "改签", "退"))
    ):
        for word in ("免费", "不收", "无需门票", "免票"):
            if search.grounds.has(word):
                return Witness("given", (Source(-1, "text", word),))
    return None


_LOOKED_UP = (given, quoted)
DIRECT: dict[str, Sequence[Finder]] = {
    **dict.fromkeys(
        (
            "distance", "duration", "money", "rating", "temperature", "percent", "count", "clock", "mass", "level",
            "millimetre", "days", "age", "tenths",
        ),
        _LOOKED_UP,
    ),
    "money": (given, quoted, nothing_to_pay),
    "rank": (rank_told,),
    "date": (date_told,),
    "number": (text_told,),
    "phone": (text_told, quoted),
    "coordinate": (coordinate_told,),
    "line": (line_told,),
    "floor": (line_told,),
}  # fmt: skip
