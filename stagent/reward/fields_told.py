"""Which fields of results a value can be, by the words around it, and how sure that is."""

import re

from stagent.reward.evidence import Known
from stagent.reward.scopes import sentence_start
from stagent.reward.spoken import Mention, Reading, SpokenClaim
from stagent.reward.spoken_day import HOURS_FIELDS

# Fields that a word beside a value tells for certain.
CERTAIN = HOURS_FIELDS | {
    "traffic_delay_s", "toll_yuan", "seats_left", "review_count", "average_cost_yuan", "rating", "rank",
}  # fmt: skip
_PRICES = frozenset(("fare_yuan", "price_yuan"))
OF_RIDES = frozenset(("departure", "arrival"))
# Kinds of which a thing has one value, or a few of one meaning.
_SINGLE = frozenset(("rating", "phone", "coordinate"))
# Kinds that tell nothing of a thing where no word says what they tell of it.
_SAID_OF_ALL = frozenset(("count", "days", "age", "date", "percent"))
# Of several things at once.
AGGREGATE = re.compile(
    r"[少多低高]的也|最[少多]也?|至少|起码|其余|其他|另外[几两三]|最[高低]也|每公斤|每小时|超出|手续费|改签"
)
_AGAINST = re.compile(r"\d\s?(?:公里|米|元|分|℃|°c|度|%)?\s?(?:对|vs\.?|比)\s?$")


def is_second(reading: Reading, claim: SpokenClaim) -> bool:
    """Whether a value is the second of two that are put beside each other: ``4.3 对 4.0``."""
    return bool(_AGAINST.search(reading.text, max(0, claim.start - 14), claim.start))


_OF_THINGS = frozenset("个家班趟次列")  # in which no seats are counted
_OPENING = re.compile(r"营业|开放|时间|开门|[午晚]市")
_FROM_HOME = re.compile(r"从(?:您|你|我)?(?:家|公司|这|现在|当前)|出门|动身")
_ARROW = re.compile(r"\s?(?:[^\s，。；→\-~]{0,12}\s?)?(?:→|-+>?|~|到)\s?")


def _of_arrow(reading: Reading, claim: SpokenClaim) -> frozenset[str]:
    """Departure or arrival, by an arrow or dash to or from another moment: ``G8（10:10 → 11:12）``."""
    if claim.pair:
        return frozenset()
    clocks = [each for each in reading.claims if each.kind == "clock"]
    at = next(number for number, each in enumerate(clocks) if each is claim)
    if at + 1 < len(clocks) and _ARROW.fullmatch(reading.text, claim.end, clocks[at + 1].start):
        return frozenset(("departure",))
    if at and _ARROW.fullmatch(reading.text, clocks[at - 1].end, claim.start):
        return frozenset(("arrival",))
    return frozenset()


def fields_of(reading: Reading, claim: SpokenClaim) -> frozenset[str]:
    """What a value is by the words beside it, a class of a train among them; empty: they don't tell."""
    if claim.pair and _OPENING.search(reading.text, reading.starts[claim.clause], claim.start):
        return HOURS_FIELDS
    if claim.kind == "clock" and not claim.fields and (way := _of_arrow(reading, claim)):
        return way
    if not claim.fields and claim.kind == "money" and any(each.slot == "cabin" for each in claim.near):
        return frozenset(("fare_yuan",))
    fields = claim.fields or frozenset()
    if claim.kind == "clock" and _FROM_HOME.search(reading.text, reading.starts[claim.clause], claim.end + 8):
        return frozenset()  # no train's departure
    return fields - {"seats_left"} if claim.unit[:1] in _OF_THINGS else fields


# Words before a value by which it is looked up, not reckoned.
_DIRECT = {
    "duration": re.compile(
        r"开车|驾车|步行|走路|骑[车行]|车程|路上|路程|全程|耗时|历时|飞行|走(?:过去|约|大约)|开(?:约|要)|坐.{0,6}[要约]"
    ),
    "distance": re.compile(r"直线|距离?|离|路程|全程|里程|沿|步行|开车|驾车|骑"),
}


def is_direct(reading: Reading, claim: SpokenClaim, wanted: frozenset[str]) -> bool:
    """Whether a value is one to be looked up, by the words before it: no reckoning explains it then."""
    words = _DIRECT.get(claim.kind)
    if words is None:
        return bool(wanted) or claim.kind in _SINGLE
    return bool(words.search(reading.text, reading.starts[claim.clause], claim.start))


_JAM = re.compile(r"[堵延误]|耽搁|拥")
_OPENS = re.compile(r"[开关闭营门烊逛待玩到止:-]")


def may_be(reading: Reading, claim: SpokenClaim, fact: Known) -> bool:
    """Whether a clause may speak of a fact's field: of a jam's delay and of opening hours with a word for these."""
    begins, ends = reading.starts[claim.clause], reading.clause_end(claim.clause)
    if fact.field == "traffic_delay_s":
        return bool(_JAM.search(reading.text, sentence_start(reading, claim), ends))
    return fact.field not in HOURS_FIELDS or bool(_OPENS.search(reading.text, begins, ends + 3))


def decides(claim: SpokenClaim, wanted: frozenset[str], mention: Mention) -> bool:
    """Whether what is known of a thing by its field decides on a value that is said near it."""
    if claim.kind == "clock":
        return bool(wanted) and (wanted <= HOURS_FIELDS or (mention.slot == "ride" and bool(wanted & OF_RIDES)))
    return claim.kind in _SINGLE or bool(wanted & (CERTAIN | _PRICES))


def is_asked(claim: SpokenClaim, wanted: frozenset[str], fact: Known) -> bool:
    """Whether a fact is what a claim tells by the words beside it."""
    if ".steps." in fact.path:
        return fact.field == "stop_count"
    if wanted & HOURS_FIELDS and fact.field in HOURS_FIELDS:
        return True  # 17:00 开到凌晨 3 点
    return fact.field in wanted if wanted else claim.kind not in _SAID_OF_ALL
