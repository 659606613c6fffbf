"""Durations and moments that may follow from others: until closing or departing, between two, some time later."""

import re
from collections.abc import Iterator
from itertools import chain, combinations, product

from stagent.reward.loose_ways import length
from stagent.reward.operands import Term, is_near, known_of_named, operands, reckoned, told_of
from stagent.reward.score import Source, Witness
from stagent.reward.spoken import SpokenClaim
from stagent.reward.witness import WitnessSearch

_CLOSING = re.compile(
    r"(?:[离距]|距离)[^，。；]{0,10}?(?:关门|打烊|闭馆|闭园|闭店|停诊|收摊|发车|开车|起飞|停止|截止|开门|结束|下班)|(?:还|能|可)能?[逛玩坐待吃看转跑用办读练]|[还只]剩"
)
_SPEND = re.compile(r"(?:还|能|可)能?[逛玩坐待吃看转跑用办读练]")
_CLOSES = frozenset(("hours_open", "hours_close", "departure"))
_NOW = re.compile(r"现在|这会儿|此刻|才")
_FASTER = re.compile(r"(?<![了门等有])[快慢省]|[多少]花")
_SPREAD = re.compile(r"温差|昼夜|早晚")


def _told_moments(search: WitnessSearch, claim: SpokenClaim, before: bool = False) -> list[Term]:
    """Moments that the answer tells, before a claim or anywhere, and the user's."""
    found = told_of(search, claim, "clock", before)
    for each in search.reading.claims:
        if before and each.start > claim.start:
            continue
        if each.kind == "clock" and each is not claim and each.other is not None and id(each) not in search.exact:
            found.append((each.other, search.spoken(each)))
    return found


def _now(search: WitnessSearch) -> Term:
    now = search.grounds.context.now
    return now.hour * 60.0 + now.minute, Source(-1, "context.clock", search.grounds.context.clock)


def durations(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    reading = search.reading
    begins = reading.starts[claim.clause]
    if _CLOSING.search(reading.text, begins, reading.clause_end(claim.clause)):
        return _until_closing(search, claim)
    if found := length(search, claim):
        return found
    faster = _FASTER.search(reading.text, max(0, claim.start - 6), claim.start)
    if faster and len(told_of(search, claim, "duration")) > 1:
        return None  # of what is told: 远帆这条快 12 分钟
    told = [*_told_moments(search, claim), _now(search)]
    known = () if claim.compared else [term for _, term in known_of_named(search, claim, "clock")]
    return _between(claim, chain(combinations(told, 2), product(told[:-1], known)))


def _until_closing(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """From the moment told last before it, or now, to one at which something closes, opens or departs."""
    begins = search.reading.starts[claim.clause]
    told = [
        each for each in search.reading.claims if each.kind == "clock" and each is not claim and each.start < begins
    ]
    starts = [(search.value(each)[0], search.spoken(each)) for each in told[-3:]]
    ends = [term for name, term in known_of_named(search, claim, "clock") if name in _CLOSES]
    ends += [(search.value(each)[0], search.spoken(each)) for each in search.reading.claims
             if each.kind == "clock" and (each.fields or frozenset()) & _CLOSES]  # fmt: skip
    pairs = [(one, other) for one in (*starts, _now(search)) for other in ends]
    if found := _between(claim, iter(pairs), forward=True):
        return found
    for one, other in pairs if _SPEND.search(search.reading.text, begins, claim.end) else ():
        if claim.value <= (other[0] - one[0]) % 1440 * 60 <= claim.value * 1.25 + 300:
            return reckoned(one[1], other[1])  # 还能坐三个小时, and more
    return None


def _between(claim: SpokenClaim, pairs: Iterator[tuple[Term, Term]], forward: bool = False) -> Witness | None:
    days = int(claim.value // 86400)
    for one, other in pairs:
        later = (other[0] - one[0]) % 1440
        for apart in (later,) if forward else (later, (one[0] - other[0]) % 1440):
            if apart and (is_near(claim, apart * 60) or (days and is_near(claim, apart * 60 + days * 86400))):
                return reckoned(one[1], other[1])
    return None


def moments(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    now = _now(search)
    if claim.unit == "点" and min(abs(now[0] - (claim.low + claim.high) / 2), abs(now[0] - (claim.other or -99))) <= (
        10 if claim.low % 60 == 0 else 6
    ):
        return reckoned(now[1])
    begins = search.reading.starts[claim.clause]
    soon = any(low is not None and 0 <= low - now[0] <= 45 for low in (claim.low, claim.other))
    if soon and claim.limit == "below" and _NOW.search(search.reading.text, begins, claim.start):
        return reckoned(now[1])  # 现在还不到八点
    fields = claim.fields or frozenset()
    text, begin = search.reading.text, search.reading.starts[claim.clause]
    leaves = fields == {"departure"} or bool(_LEAVES.search(text, begin, claim.end + 8))
    told = _told_moments(search, claim)
    before = [*_told_moments(search, claim, before=True), now]
    user = [each for each in told if each[1].path == "user"]
    ends = [*told, *(term for name, term in known_of_named(search, claim, "clock") if name in ("departure", "arrival"))]
    lasting = [(value / 60, where) for value, where in operands(search, claim, "duration")]
    sums = [(one[0] + other[0], one[1]) for one, other in combinations(lasting[:6], 2)]
    for sign, moments in ((1, before), (-1, ends if leaves else user)):
        for moment, first in moments:
            for minutes, last in (*lasting, *sums):
                for wanted in (claim.low, claim.other):
                    gap = None if wanted is None else (moment + sign * minutes - wanted + 720) % 1440 - 720
                    early = 15 if sign < 0 and fields == {"departure"} else 1.1  # 12:50 出发, to be there by 13:00
                    if gap is not None and -0.6 <= gap <= early + claim.high - claim.low:
                        return reckoned(first, last)
    return None


_LEAVES = re.compile(r"出发|动身|出门|最[晚迟]|发车|起飞")
