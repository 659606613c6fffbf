"""Whether an answer meets a task's predicates (``stagent.queries.predicates``), whoever wrote it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from stagent.reward.lexicon import NOT
from stagent.reward.plain import plain_name
from stagent.reward.results import spellings
from stagent.reward.score import Judged
from stagent.reward.spoken import Reading, SpokenClaim, words_within

_RECOMMEND = re.compile(
    r"推荐|建议|首选|优先|更(?:适合|合适|划算|推荐|好|近|快|便宜|省|方便)|(?<![备挑人])选(?:择)?|还是|最(?:近|快|便宜|好|省|划算|合适|高|低)|胜出|赢|recommend|choose"
)
_MISSING = re.compile(
    r"[?？]|请|告诉|提供|缺|没有?|无法|不能|不支持|暂无|查不到|不清楚|需要知道|哪|什么|抱歉|不知道|做不到|没法|unavailable|which|where|please"
)
_DENIES = re.compile(rf"(?:[{NOT.replace(' ', '')}][会能有在到太是够法再]?|not|n't)$")
_IF = re.compile(r"如果|要是|假如|万一|若|除非|否则|不然|一旦|再晚|if ")
_UNSURE = re.compile(r"可能|也许|或许|说不定|不确定|不一定|大概率|未必|难说|maybe|perhaps|might")


@dataclass(slots=True)
class AnswerRead:
    """An answer as predicates are evaluated on it.

    Attributes:
        reading: None: nothing was answered.
        places: names of the places that results named.
        called: whether a tool was called for it.
        focused: False: a dump, of which nothing is taken for an answer.
    """

    reading: Reading | None
    places: frozenset[str]
    called: bool
    focused: bool = True
    asked: frozenset[str] = frozenset()


def judge_predicate(predicate: dict[str, Any], answered: AnswerRead) -> Judged:
    """Whether a predicate is met, and if not, why."""
    reading = answered.reading
    if reading is None or not reading.text.strip():
        return Judged(predicate, False, "没有回答")
    if predicate["kind"] not in ("unsolved", "chat") and _doubted(reading):
        return Judged(predicate, False, "只说是猜测")
    if not answered.focused and predicate["kind"] not in ("unsolved", "chat"):
        return Judged(predicate, False, "只是罗列，不算回答")
    why = _KINDS[predicate["kind"]](predicate, answered, reading)
    return Judged(predicate, not why, why)


_DOUBT = re.compile(r"不确定|不敢保证|不保证|[无没]法确定|拿不准|也许|猜的|瞎猜|不好说|not sure")


def _doubted(reading: Reading) -> bool:
    """Whether a clause without any value or name doubts all that is said."""
    for match in _DOUBT.finditer(reading.text):
        clause = reading.clause(match.start())
        if not any(each.clause == clause for each in (*reading.claims, *reading.mentions)):
            return True
    return False


def _sure(reading: Reading, at: int) -> bool:
    """Whether what stands somewhere isn't said as possible alone."""
    clause = reading.clause(at)
    return not any(
        "unsure" in word.load for word in words_within(reading, reading.starts[clause], reading.clause_end(clause))
    )


def _find(text: str, name: str) -> list[int]:
    """Places at which a text has a name, in any of its spellings."""
    found: list[int] = []
    wanted = plain_name(name)
    for spelling in (wanted, wanted.replace(" ", "")):
        at = text.find(spelling)
        while at >= 0 and spelling:
            found.append(at)
            at = text.find(spelling, at + 1)
    return sorted(set(found))


def _places(reading: Reading, name: str) -> list[int]:
    """Where an answer names something: as a thing that it mentions, or by its letters, outside longer names."""
    key = plain_name(name)
    found = [mention.start for mention in reading.mentions if key in mention.keys and len(mention.keys) == 1]
    if found:
        return found
    known = [spelling for spelling in _spelled(name) if spelling in reading.text]
    if not known:
        return []
    inside = [(mention.start, mention.end) for mention in reading.mentions if mention.slot == "thing"]
    places = []
    for spelling in known:
        for at in _find(reading.text, spelling):
            end = at + len(spelling)
            if not any(start <= at and end <= stop and (start, stop) != (at, end) for start, stop in inside):
                places.append(at)
    return sorted(places)


@lru_cache(maxsize=16384)
def _spelled(name: str) -> tuple[str, ...]:
    """How a name may be written: a city also without 市."""
    return tuple(dict.fromkeys((*spellings(name, "city"), plain_name(name))))


def _names(predicate: dict[str, Any], answered: AnswerRead, reading: Reading) -> str:
    wanted = predicate["any_of"]
    named = [name for name in dict.fromkeys(wanted) if any(_sure(reading, at) for at in _places(reading, name))]
    if len(named) < predicate.get("least", 1):
        return f"只说到 {len(named)} 个，至少要 {predicate.get('least', 1)} 个：{'、'.join(map(str, wanted[:5]))}"
    if predicate.get("only"):
        fine = {plain_name(name) for name in (*wanted, *predicate.get("also", ()))} | answered.asked
        for mention in reading.mentions:
            if mention.slot == "thing" and mention.keys <= answered.places and not mention.keys & fine:
                return f"不应说到{sorted(mention.keys)[0]}"
    return ""


def _value(predicate: dict[str, Any], answered: AnswerRead, reading: Reading) -> str:
    kind, within, entity = predicate["of"], predicate.get("within", 0), predicate.get("entity", "")
    near: list[str] = []
    if kind in ("name", "word", "hours"):
        if any(_find(reading.text, str(value)) for value in predicate["any_of"]):
            return ""
        return f"没有说到{'、'.join(map(str, predicate['any_of'][:4]))}"
    for claim in reading.claims:
        if not _same_kind(claim, kind) or claim.unsure or claim.supposed:
            continue
        for value in predicate["any_of"]:
            if _equal(claim, kind, value, within):
                if not entity or _of(claim, entity, reading):
                    return ""
                near.append("说的不是" + entity)
    if kind == "date" and any(value in mention.keys for mention in reading.mentions for value in predicate["any_of"]):
        return ""
    if kind == "number" and any(
        str(value).upper() in mention.keys for mention in reading.mentions for value in predicate["any_of"]
    ):
        return ""
    if kind == "open":
        return near[0] if near else "没有说是否营业"
    return near[0] if near else f"没有说到{'、'.join(map(str, predicate['any_of'][:4]))}"


def _same_kind(claim: SpokenClaim, kind: str) -> bool:
    if kind == "money" and claim.kind == "free":
        return True
    return claim.kind == kind or (kind == "count" and claim.kind in ("rank", "days", "age", "level"))


def _equal(claim: SpokenClaim, kind: str, value: Any, within: float) -> bool:
    if claim.kind == "free":
        return value == 0
    if kind in ("number", "date", "phone"):
        wanted = re.sub(r"\D", "", str(value)) if kind == "phone" else str(value).upper()
        return claim.value == wanted
    if kind == "open":
        return claim.value is value
    if kind == "coordinate":
        return str(value).startswith(str(claim.value).partition(",")[0])
    if kind == "clock":
        hour, minute = map(int, str(value).split(":")[:2])
        wanted = (hour * 60 + minute) % 1440
        spare = within / 60 if within >= 60 else within
        return any(each is not None and abs(each % 1440 - wanted) <= spare for each in (claim.low, claim.other))
    if claim.span:
        return claim.low - within <= value <= claim.high + within
    return min(claim.low, claim.value - within) - 1e-6 <= value <= max(claim.high, claim.value + within) + 1e-6


def _of(claim: SpokenClaim, entity: str, reading: Reading) -> bool:
    """Whether a claim is said of an entity: it is among the last that were named, or the answer names no other."""
    key = plain_name(entity)
    keys = {key, entity, entity.upper(), key.rstrip("市")}
    slots = [slot for slot, (_, active) in claim.groups.items() if keys & active]
    if slots or any(keys & active for active in claim.after.values()):
        return True
    if entity in _MODES:
        return not any(mention.slot == "mode" for mention in reading.mentions) or bool(keys & claim.modes)
    own = [mention for mention in reading.mentions if keys & mention.keys]
    if own:
        return own[0].start < claim.start and own[0].slot not in claim.groups
    day = re.fullmatch(r"\d{4}-\d\d-\d\d", entity)
    slot = "day" if day else None
    if slot:
        return slot not in claim.groups
    spoken = _find(reading.text, entity)
    others = [mention for mention in reading.mentions if mention.slot in ("thing", "ride")]
    return bool(spoken) or not others


_MODES = ("driving", "walking", "bicycling", "transit", "motorcycle", "truck")


def _verdict(predicate: dict[str, Any], answered: AnswerRead, reading: Reading) -> str:
    said = {
        value for value in (True, False) if _affirms(reading, predicate["yes" if value else "no"], value, predicate)
    }
    if said == {predicate["value"]}:
        return ""
    if not said:
        return "没有给出结论"
    return "结论前后矛盾" if len(said) == 2 else "结论错误"


def _affirms(reading: Reading, words: Sequence[str], value: bool, predicate: dict[str, Any]) -> bool:
    """Whether a text says one of the words, or denies one of the opposite's, other than on a condition."""
    text, opposite = reading.text, predicate["no" if value else "yes"]
    for said, others, denied in ((words, opposite, False), (opposite, words, True)):
        for word in said:
            for at in _find(text, word):
                if (
                    _stands(reading, at)
                    and _denied(text, at) is denied
                    and not _within_longer(text, at, word, others)
                    and not _names_hours(text, at + len(word))
                ):
                    return True
    return False


def _names_hours(text: str, end: int) -> bool:
    """营业 of 营业时间 and 营业到 says nothing about now."""
    return text.startswith(("时间", "到", "至", "前"), end)


def _within_longer(text: str, at: int, word: str, others: Sequence[str]) -> bool:
    """Whether a word is only a part of one of the others there: 能到 of 不能到."""
    for other in others:
        if word != other and word in other:
            offset = other.find(word)
            if text.startswith(other, at - offset):
                return True
    return False


def _stands(reading: Reading, at: int) -> bool:
    clause = reading.clause(at)
    if reading.sentences[clause] in reading.questions:
        return False
    start, end = reading.starts[clause], reading.clause_end(clause)
    text = reading.text[start:end]
    before = reading.text[reading.starts[max(0, clause - 1)] : start]
    return not _IF.search(text) and not _UNSURE.search(text) and not (_IF.search(before) and clause > 0)


def _denied(text: str, at: int) -> bool:
    """不, 没, 无法 … right before."""
    return bool(_DENIES.search(text[max(0, at - 5) : at].rstrip()))


def _choice(predicate: dict[str, Any], answered: AnswerRead, reading: Reading) -> str:
    winner = set(predicate["winner"])
    ranked: list[tuple[int, bool]] = []
    for alternative in predicate["among"]:
        won = bool(set(alternative) & winner)
        ranked += [(at, won) for spelling in alternative for at in _alternative(reading, spelling)]
    ranked.sort()
    if not any(won for _, won in ranked):
        return f"没有选{predicate['winner'][0]}"
    votes: list[bool] = []
    spans = [
        (at, at + len(spelling))
        for each in predicate["among"]
        for spelling in each
        for at in _find(reading.text, spelling)
    ]
    for match in _RECOMMEND.finditer(reading.text):
        if any(start <= match.start() < end for start, end in spans):
            continue
        if (
            _denied(reading.text, match.start())
            or not _stands(reading, match.start())
            or not _sure(reading, match.start())
        ):
            continue
        clause = reading.clause(match.start())
        start, end = reading.starts[clause], reading.clause_end(clause)
        here = [(at, won) for at, won in ranked if start <= at < end]
        comparative = match.group().startswith("更") or "最" in match.group()
        after = [won for at, won in here if at >= match.start()]
        before = [won for at, won in here if at < match.start()]
        chosen = (before[:1] or after[:1]) if comparative else (after[:1] or before[-1:])
        if not chosen:
            chosen = (
                [won for at, won in ranked if at < start][-1:]
                if comparative
                else [won for at, won in ranked if at >= end][:1]
            )
        if not _IF.search(reading.text, start, match.start()):
            votes += chosen
    if votes:
        return "" if votes[0] and sum(votes) * 2 >= len(votes) else f"推荐的不是{predicate['winner'][0]}"
    return "" if ranked[0][1] else f"没有明确选{predicate['winner'][0]}"


def _alternative(reading: Reading, spelling: str) -> list[int]:
    """Where an alternative is named, by its letters or as a mode."""
    if found := _find(reading.text, spelling):
        return found
    if spelling in _MODES:
        return [mention.start for mention in reading.mentions if spelling in mention.keys]
    return []


def _sequence(predicate: dict[str, Any], answered: AnswerRead, reading: Reading) -> str:
    stops = [sorted((at, name) for name in stop for at in _places(reading, name)) for stop in predicate["stops"]]
    stops = [[(at, name) for at, name in stop if _sure(reading, at)] for stop in stops]

    def place(number: int, since: int, used: frozenset[str]) -> bool:
        if number == len(stops):
            return True
        tried: set[str] = set()
        for at, name in stops[number]:
            if at >= since and name not in used and name not in tried:
                tried.add(name)
                if place(number + 1, at + 1, used | {name}):
                    return True
        return False

    return "" if place(0, 0, frozenset()) else "没有按顺序说到各站"


def _text(predicate: dict[str, Any], answered: AnswerRead, reading: Reading) -> str:
    for phrases in predicate["all_of"]:
        spots = [(phrase, at) for phrase in phrases for at in _find(reading.text, phrase)]
        if not any(not _denied(reading.text, at) and _sure(reading, at) for _, at in spots):
            return f"没有说到{'、'.join(phrases[:4])}"
    return ""


def _unsolved(predicate: dict[str, Any], answered: AnswerRead, reading: Reading) -> str:
    if "[unsolved]" in reading.text:
        return ""
    for word in predicate["words"]:
        for at in _find(reading.text, word):
            if _MISSING.search(reading.text, max(0, at - 25), at + 40):
                return ""
    return f"没有说明无法完成或缺少什么：{'、'.join(predicate['words'][:4])}"


def _chat(predicate: dict[str, Any], answered: AnswerRead, reading: Reading) -> str:
    return "不需要调用工具" if answered.called else ""


_KINDS: dict[str, Callable[[dict[str, Any], AnswerRead, Reading], str]] = {
    "names": _names,
    "value": _value,
    "verdict": _verdict,
    "choice": _choice,
    "sequence": _sequence,
    "text": _text,
    "unsolved": _unsolved,
    "chat": _chat,
}
