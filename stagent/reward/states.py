"""Witnesses of claims in words: open or closed, the sky, rain, free of charge, opening hours."""

import re
from datetime import date

from stagent.reward.evidence import Known, minutes_of
from stagent.reward.hours import HOURS_PART, hours_on
from stagent.reward.phrases import HAN
from stagent.reward.score import Source, Witness
from stagent.reward.spoken import SpokenClaim
from stagent.reward.witness import WitnessSearch, known_of, source

_SKY_FIELDS = {"condition", "condition_day", "condition_night"}
_LATER = (
    "到的时候",
    "届时",
    "到店时",
    "那时",
    "到达时",
    "到时",
    "之后",
    "明天",
    "后天",
    "晚上",
    "今晚",
    "周",
    "节假日",
    "点",
    ":",
    "下午",
    "中午",
    "上午",
)


def open_state(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """Open or closed: as a result says it for now, or as the hours say it for a day or a moment that is named."""
    grounds, reading = search.grounds, search.reading
    active = claim.groups.get("day")
    days = [date.fromisoformat(day) for day in active[1] if _DATE.fullmatch(day)] if active else []
    start = reading.starts[claim.clause]
    clause = reading.text[start : reading.clause_end(claim.clause)]
    now = any(word in clause for word in ("现在", "目前", "此刻", "这会儿"))
    if now and not any(word in clause for word in _THEN):
        days = [grounds.today]
    other_day = bool(days) and grounds.today not in days
    known = [(step, fact) for step, fact in grounds.words("open") if grounds.agrees(claim, fact)]
    sentence = reading.sentences[claim.clause]
    then = any(word in clause for word in _THEN)
    told = [each for each in reading.claims
            if each.kind == "clock" and not each.pair
            and (reading.sentences[each.clause] == sentence or (then and each.start < claim.start))
            and not (each.fields or frozenset()) & {"hours_open", "hours_close"}]  # fmt: skip
    told.sort(key=lambda each: (each.start > claim.start, abs(each.start - claim.start)))
    moments = [each.low for each in told[:1]]
    later = any(word in clause for word in _LATER)
    here = bool(told) and told[0].clause == claim.clause
    if moments and (here or any(word in clause for word in _THEN)) and (hours := _known_hours(search, claim)):
        for step, fact in hours:
            if any(_open_at(hours_on(fact.value, day), moments[0]) == claim.value for day in days or [grounds.today]):
                return Witness("end", (source(step, fact),))
        return None
    if not other_day:
        for step, fact in known:
            if fact.value == claim.value:
                return Witness("given", (source(step, fact),))
    if known and not other_day and (now or "正在" in clause):
        return None
    for step, fact in grounds.words("hours"):
        if not grounds.agrees(claim, fact) or (other_day and fact.field == "hours_today"):
            continue
        spans = [hours_on(fact.value, day) for day in days or [grounds.today]]
        for span in spans:
            if any(_open_at(span, moment) == claim.value for moment in moments):
                return Witness("end", (source(step, fact),))
            if (other_day or later or not known) and (span != "休息") == claim.value:
                return Witness("given", (source(step, fact),))
            if later and not claim.value and "-" in span:
                return Witness("given", (source(step, fact),))
    for step, facts in grounds.results:
        for text in facts.texts:
            if text.trusted and days and HOURS_PART.search(text.text):
                spans = [hours_on(text.text, day) for day in days]
                if any((span != "休息") == claim.value for span in spans):
                    return Witness("given", (Source(step, text.path, text.text[:60]),))
    for step, fact in grounds.quoted():
        if fact.value.kind == "open" and fact.value.value == claim.value and grounds.agrees(claim, fact):
            return Witness("given", (source(step, fact),))
    return None


_THEN = ("到的时候", "届时", "到店", "那时", "到达时", "到时", "到了", "等您到", "时还", "到那", "抵达时")


def _known_hours(search: WitnessSearch, claim: SpokenClaim) -> list[tuple[int, Known]]:
    return [(step, fact) for step, fact in search.grounds.words("hours") if search.grounds.agrees(claim, fact)]


def whole_day(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """全天 or 休息: as the hours of a day that is named, or of today, say it."""
    grounds = search.grounds
    active = claim.groups.get("day")
    days = [date.fromisoformat(day) for day in active[1] if _DATE.fullmatch(day)] if active else []
    for step, fact in _known_hours(search, claim):
        if fact.field == "hours_today" and days and grounds.today not in days:
            continue
        for day in days or [grounds.today]:
            if hours_on(fact.value, day).startswith(claim.value):
                return Witness("given", (source(step, fact),))
    if _known_hours(search, claim):
        return None
    for step, facts in grounds.results:
        for text in facts.texts:
            if text.trusted and claim.value in text.text:
                return Witness("given", (Source(step, text.path, text.text[:60]),))
    return None


def address(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A street and a number, of what is spoken of."""
    digits = len(claim.value) - len(claim.value.rstrip("号").rstrip("0123456789"))
    tail = claim.value[-(digits + 3) :]
    for step, fact in search.grounds.words("word"):
        if fact.field == "address" and tail in fact.value.replace(" ", "") and search.grounds.agrees(claim, fact):
            return Witness("given", (source(step, fact),))
    for step, facts in search.grounds.results:
        for text in facts.texts:
            if tail in text.text:
                return Witness("given", (Source(step, text.path, tail),))
    return Witness("said", (Source(-1, "user", tail),)) if any(tail in said for said in search.grounds.said) else None


def cabin(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A class of a train or a flight: one that results about what is spoken of have."""
    grounds = search.grounds
    ride = claim.groups.get("ride")
    for kind in ("money", "count"):
        for step, fact in grounds.of_kind(kind):
            keys = fact.subject.slots.get("cabin")
            if keys and claim.value in keys:
                rides = fact.subject.slots.get("ride", frozenset())
                if ride is None or not rides or rides & ride[1] or ride[0] < claim.first:
                    return Witness("given", (source(step, fact),))
    for step, facts in grounds.results:
        for text in facts.texts:
            if claim.value in text.text:
                return Witness("given", (Source(step, text.path, claim.value),))
    return (
        Witness("said", (Source(-1, "user", claim.value),))
        if any(claim.value in said for said in grounds.said)
        else None
    )


_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _open_at(hours: str, minute: float) -> bool:
    """Whether hours as results write them hold at a minute of the day: ``_open_at("17:00-02:00", 60) is True``."""
    if "全天" in hours:
        return True
    for span in hours.replace("；", ",").replace("，", ",").split(","):
        opens, dash, closes = span.split()[-1].partition("-") if span.split() else ("", "", "")
        if dash and ":" in opens and ":" in closes:
            begin, end = minutes_of(opens), minutes_of(closes)
            if begin <= minute < end or (end <= begin and (minute >= begin or minute < end)):
                return True
    return False


def sky(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """A condition of the weather, of the day and city that it is said of."""
    grounds = search.grounds
    wanted = claim.value.split("转")
    if len(claim.value) == 1 and _in_name(search, claim):
        return Witness("given", ())
    for step, fact in grounds.words("word"):
        if fact.field in _SKY_FIELDS and grounds.agrees(claim, fact):
            parts = fact.value.split("转")
            told = all(part in search.reading.text for part in parts)  # 霾，之后转多云
            partly = len(wanted) == 1 and wanted[0] in parts and (told or _partly(search, claim) or "雨" in wanted[0])
            if (parts == wanted or partly) and _side(search, claim, fact):
                return Witness("given", (source(step, fact),))
    for step, fact in grounds.quoted():
        if fact.value.kind == "word" and fact.value.value == claim.value and grounds.agrees(claim, fact):
            return Witness("given", (source(step, fact),))
    return None


def _in_name(search: WitnessSearch, claim: SpokenClaim) -> bool:
    """Whether one character is of a name that results have: 晴 of 晴庵."""
    text = search.reading.text
    pair = text[claim.start : claim.end + 1]
    return len(pair) == 2 and bool(HAN.match(pair[1])) and pair[1] not in "天转到的为有" and search.grounds.has(pair)


def _partly(search: WitnessSearch, claim: SpokenClaim) -> bool:
    """Whether words beside a condition speak of a part of the day."""
    start = search.reading.starts[claim.clause]
    clause = search.reading.text[start : search.reading.clause_end(claim.clause)]
    return any(
        word in clause
        for word in ("上午", "下午", "早上", "傍晚", "为主", "开始", "先", "后来", "有时", "多数", "之后转")
    )


def _side(search: WitnessSearch, claim: SpokenClaim, fact: Known) -> bool:
    """白天 and 夜间 right before a condition say which of a day's two it is."""
    text = search.reading.text[max(0, claim.start - 6) : claim.start]
    day, night = text.rfind("白天"), max(text.rfind("夜"), text.rfind("晚"))
    if day > night:
        return fact.field != "condition_night"
    return not (night > day and fact.field == "condition_day")


def rain(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """Whether it rains or snows, of the day and city that it is said of."""
    grounds = search.grounds
    known = [
        (step, fact)
        for step, fact in grounds.words("word")
        if fact.field in _SKY_FIELDS and grounds.agrees(claim, fact) and _side(search, claim, fact)
    ]
    wet = [(step, fact) for step, fact in known if "雨" in fact.value or "雪" in fact.value]
    if claim.value and wet:
        return Witness("given", (source(*wet[0]),))
    if not claim.value and known and len(wet) < len(known):
        dry = next(each for each in known if each not in wet)
        if claim.groups.get("day") or not wet:
            same_day = [each for each in wet if each[1].subject == dry[1].subject]
            return None if same_day and len(known) == 2 else Witness("given", (source(*dry),))
    return None


def free(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """Free of charge: a price of 0, a tag, or a page that says so."""
    grounds = search.grounds
    for step, fact in grounds.between("money", 0, 0):
        if grounds.agrees(claim, fact):
            return Witness("given", (source(step, fact),))
    for step, fact in grounds.words("word"):
        if fact.field == "tags" and ("免费" in fact.value) and grounds.agrees(claim, fact):
            return Witness("given", (source(step, fact),))
    start = search.reading.starts[claim.clause]
    fee = any(word in search.reading.text[start : claim.end + 4] for word in ("退", "改签", "手续费", "托运"))
    if not fee and known_of(
        search, SpokenClaim(0, 0, "money", 0, claim.clause, groups=claim.groups, after=claim.after)
    ):
        return None
    for step, facts in grounds.results:
        for text in facts.texts:
            if text.trusted and any(word in text.text for word in ("免费", "无需门票", "免票", "不收")):
                return Witness("given", (Source(step, text.path, text.text[:40]),))
    return None


def category(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """What kind of place something is, or another word of its item: an address, a carrier."""
    for step, fact in search.grounds.words("word"):
        if (fact.value == claim.value or claim.value in fact.value) and search.grounds.agrees(claim, fact):
            return Witness("given", (source(step, fact),))
    return None


FINDERS = {
    "day": (whole_day,),
    "address": (address,),
    "cabin": (cabin,),
    "category": (category,),
    "open": (open_state,),
    "word": (sky,),
    "rain": (rain,),
    "free": (free,),
}
