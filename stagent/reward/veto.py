"""What makes a reward 0: a claim, a name or a coordinate of a call that nothing supports.

Where a tool said that it is unavailable, an answer may still say what is usual, if it says that it isn't sure.
"""

import re
from typing import Any

from stagent.reward.aside_witness import FINDERS as ASIDE_FINDERS
from stagent.reward.doubt import FINDERS as DOUBT
from stagent.reward.evidence import Known
from stagent.reward.grounds import Grounds
from stagent.reward.names import unknown_names
from stagent.reward.opposed import opposed
from stagent.reward.rules import DERIVED
from stagent.reward.score import JudgedClaim
from stagent.reward.spoken import Reading, SpokenClaim
from stagent.reward.states import FINDERS as STATE_FINDERS
from stagent.reward.told_known import FINDERS as TOLD_FINDERS
from stagent.reward.witness import DIRECT, WitnessSearch, known_of

_DIRECT = {**DIRECT, **STATE_FINDERS, **ASIDE_FINDERS, **TOLD_FINDERS}
# Kinds of ours -> kinds of ``stagent.queries.answer.KINDS``.
_TOLD_AS = {
    **dict.fromkeys(("rain", "category", "address", "cabin", "level", "millimetre", "floor"), "word"),
    **dict.fromkeys(("rank", "days", "age"), "count"),
    **dict.fromkeys(("located", "quote", "more", "feature", "road", "calendar"), "word"),
    "seats": "count",
    "jam": "duration",
    "free": "money",
    "day": "hours",
    "line": "name",
    "weekday": "date",
    "tenths": "percent",
}
NAMES = {
    "distance": "距离", "duration": "时长", "money": "价格", "rating": "评分", "temperature": "气温",
    "percent": "百分比", "count": "数量", "clock": "时刻", "date": "日期", "open": "营业状态",
    "hours": "营业时间", "number": "班次", "phone": "电话", "coordinate": "坐标", "name": "名称", "mass": "重量",
}  # fmt: skip


def judge_claims(
    number: int, original: str, reading: Reading, grounds: Grounds, strict: bool
) -> tuple[list[JudgedClaim], list[bool]]:
    """Every claim of an answer and whether it holds, in the order of the text; and of each whether it is said as
    possible alone."""
    search = WitnessSearch(grounds, reading, _DIRECT, DERIVED, {} if strict else DOUBT)
    judged: list[tuple[JudgedClaim, bool]] = []
    for claim in reading.claims:
        if not search.judged(claim) or claim.kind == "weekday":
            continue
        witness = search.found.get(id(claim))
        start, end = reading.plain.span(claim.start, claim.end)
        kind = _TOLD_AS.get(claim.kind, claim.kind)
        why = "" if witness else _why(claim, reading, search)
        text = original[start:end]
        held = witness is not None
        judged.append(
            (
                JudgedClaim(number, start, end, text, kind, _plain_value(claim), entity_of(claim), held, why, witness),
                claim.unsure,
            )
        )
    for begin, stop in unknown_names(reading, grounds):
        start, end = reading.plain.span(begin, stop)
        text = original[start:end]
        why = f"结果、上下文和用户的话里都没有“{text}”"
        judged.append((JudgedClaim(number, start, end, text, "name", text, "", False, why), False))
    for begin, stop, why in opposed(reading, grounds):
        start, end = reading.plain.span(begin, stop)
        text = original[start:end]
        judged.append((JudgedClaim(number, start, end, text, "word", text, "", False, why), False))
    judged.sort(key=lambda each: (each[0].start, each[0].end))
    return [claim for claim, _ in judged], [unsure for _, unsure in judged]


def _plain_value(claim: SpokenClaim) -> Any:
    """A claim's value as JSON has it: words of a claim that isn't one."""
    return claim.value if isinstance(claim.value, (str, int, float)) else None


def entity_of(claim: SpokenClaim) -> str:
    """What a claim is said of, in a word: ``"济安药房"``, ``"2026-01-06"``."""
    for slot in ("ride", "thing", "day", "mode", "line", "city"):
        active = claim.groups.get(slot)
        if active and active[0] == claim.clause:
            return sorted(active[1])[0]
    for slot in ("thing", "ride", "day", "mode", "city"):
        if active := claim.groups.get(slot):
            return sorted(active[1])[0]
    return ""


def _why(claim: SpokenClaim, reading: Reading, search: WitnessSearch) -> str:
    said = reading.text[claim.start : claim.end]
    kind = NAMES.get(_TOLD_AS.get(claim.kind, claim.kind), "说法")
    about = entity_of(claim)
    facts = [fact for _, fact in known_of(search, claim)]
    known = [_shown(fact) for fact in facts]
    of = f"“{about}”的" if about else ""
    if any(fact.value == claim.value for fact in facts):
        return f"结果里有“{said}”，但不是这里说的{kind}（例如说成了差或总和）"
    if known:
        return f"{of}{kind}应为 {'、'.join(dict.fromkeys(known))}，而不是“{said}”"
    return f"没有结果支持{of}{kind}“{said}”"


_UNITS = {"distance": " 米", "duration": " 秒", "money": " 元", "temperature": "°C", "percent": "%"}
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*")


def _shown(fact: Known) -> str:
    """A fact's value as results write it, with its unit."""
    return _MOMENT.sub(r"\1" if fact.kind == "date" else r"\2", fact.text) + (
        _UNITS.get(fact.kind, "") if fact.text[-1:].isdigit() else ""
    )
