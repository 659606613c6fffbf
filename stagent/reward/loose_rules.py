"""Values that may follow from what an answer tells and from what is known of what it names, by a listed rule.

The rules of ``stagent.reward.rules`` with operands from the whole answer, for claims that no strict rule explains:

    in total    n × what is told, or the sum of prices told in a row; single prices of a product left out
    difference  of two told values, or of two whole ways; 3 分钟 of a jam is no difference of legs
    until       to closing or departing where the words say so, else between any two moments
    end         some time after or before a moment
    count, days no more than there are; between two dates
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from itertools import combinations

from stagent.reward.counting import counts_rain
from stagent.reward.loose_money import prices
from stagent.reward.loose_time import durations, moments
from stagent.reward.loose_ways import gap, length
from stagent.reward.operands import reckoned
from stagent.reward.score import Source, Witness
from stagent.reward.spoken import SpokenClaim
from stagent.reward.witness import WitnessSearch

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_DEADLINE = re.compile(r"[前后]|就得|截止|为止|凌晨|晚上|次日")
_IN_ALL = re.compile(r"共\s?有?\s?$")


def follows(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A witness by some rule; None: there is none."""
    rule = _RULES.get(claim.kind)
    return rule(search, claim) if rule else None


def _count(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """No more than what results list or the answer names: 另外两家, 前三处."""
    if claim.value % 1 and claim.value < 10:
        return reckoned(Source(-2, "answer", str(claim.value)))  # 两三个
    if claim.fields and not (claim.fields == {"seats_left"} and claim.unit[:1] in "个家班趟次列"):
        return gap(search, claim)
    ranks = [fact.value for _, fact in search.grounds.of_kind("rank") if not isinstance(fact.value, str)]
    sizes = [
        *ranks,
        12 if claim.unit[:1] in "人位名口" or claim.unit == "个人" else 5,
        *(facts.count for _, facts in search.grounds.results),
    ]
    named = {each.keys for each in search.reading.mentions if each.slot in ("thing", "ride", "line", "mode", "day")}
    if _IN_ALL.search(search.reading.text, max(0, claim.start - 3), claim.start) and len(named) > 1:
        lines = {each.keys for each in search.reading.mentions if each.slot == "line"}
        sizes, named = [facts.count for _, facts in search.grounds.results], lines or named
        return reckoned(Source(-2, "answer", "")) if claim.value in (len(named), *sizes) else None
    told = search.grounds.tells(re.compile(rf"共{claim.value:g}个"))
    if told or claim.value <= max([len(named), *sizes]):
        return reckoned(Source(-2, "answer", str(claim.value)))
    return None


def _days(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """Between two dates that are known, either of both counted; how many days it rains is counted strictly."""
    reading = search.reading
    if counts_rain(reading.text[reading.starts[claim.clause] : reading.clause_end(claim.clause)]):
        return reckoned(Source(-2, "answer", "")) if reading.text[claim.end : claim.end + 1] == "都" else None
    for one, other in combinations(sorted({*_dates(search), search.grounds.today}), 2):
        if abs((other - one).days - claim.value) <= 1:
            return reckoned(Source(-2, "answer", one.isoformat()), Source(-2, "answer", other.isoformat()))
    return _count(search, claim)


def _date(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """As texts write it, or some days before or after a date that is known, where the number of days is known."""
    if not _ISO.fullmatch(claim.value):
        return None
    wanted = date.fromisoformat(claim.value)
    month = _MONTHS[wanted.month - 1]
    written = re.compile(rf"{month}{wanted.day}(?!\d)|(?<!\d){wanted.month}月{wanted.day}[日号]")
    if search.grounds.tells(written):
        return Witness("elsewhere", (Source(-1, "text", claim.value),))
    if claim.end - claim.start <= 4 and wanted.day <= len(search.reading.layout.entries):
        return reckoned(Source(-2, "answer", claim.value))  # 1、3、4 号 of a list
    if not _DEADLINE.search(search.reading.text, claim.start, min(len(search.reading.text), claim.end + 10)):
        return None
    days = {int(each.value) for each in search.reading.claims if each.kind == "days" and not each.value % 1} | {1}
    for _, fact in search.grounds.quoted():
        if fact.value.kind == "days" and not fact.value.value % 1:
            days.add(int(fact.value.value))
    for each in (*_dates(search), search.grounds.today):
        if abs((wanted - each).days) in days:
            return reckoned(Source(-2, "answer", each.isoformat()))
    return None


def _dates(search: WitnessSearch) -> Iterator[date]:
    keys = set(search.grounds.asked_of.get("day", ()))
    keys |= {fact.value for _, fact in search.grounds.words("date")}
    for key in sorted(keys)[:40]:
        if _ISO.fullmatch(key):
            yield date.fromisoformat(key)


_RULES: dict[str, Callable[[WitnessSearch, SpokenClaim], Witness | None]] = {
    **dict.fromkeys(("rating", "temperature", "percent", "mass"), gap),
    "distance": length,
    "money": prices,
    "duration": durations,
    "clock": moments,
    "count": _count,
    "days": _days,
    "date": _date,
}
