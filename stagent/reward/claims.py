"""What a text claims: its values, each with what it is said of, in which role, and whether it is claimed at all.

    "离您最近的是济安药房，320 米；同春堂要 500 米。"
      → distance 320 of {thing: 济安药房}, distance 500 of {thing: 同春堂}

A value is said of the nearest things named before it in its clause, else of what is named after it there, else of what
the clauses before name: of each sort (thing, ride, cabin, day, mode, line, road, city) the last.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from stagent.reward.evidence import KIND_OF
from stagent.reward.lexicon import LEXICON, NOT, SINGLE, Heads, Word, pairs_of
from stagent.reward.plain import PlainText, plain
from stagent.reward.values import SaidValue, values

_CLAUSE = re.compile(
    r"[，。；！？!?\n、()]|~(?!\d{1,3}(?:\s?[分公千米元度℃°%小天]|\.|\b)(?!:))|~(?=\d{1,2}[:月日])(?<![\d日号]~)|[;,](?!\d)|\.(?=\s|$)|(?<=[^\d\s])[:：](?=\D)"
)
_SENTENCE = frozenset("。；！？!?\n.~")
_FILLER = "约大概差不多近仅只才为是有要需得花了的在:( 大约整共合计~≈"
_BREAK = re.compile(r"[，。；！？\n、]")
_APART = re.compile(r"[，。；！？\n、(]")
WEATHER = "晴 多云 阴 小雨 中雨 大雨 暴雨 雷阵雨 阵雨 雨夹雪 小雪 中雪 大雪 暴雪 霾 雾 浮尘 沙尘".split()
_SKY = re.compile(
    r"(?:晴|多云|阴|小到中雨|小雨|中雨|大雨|暴雨|雷阵雨|阵雨|雨夹雪|小雪|中雪|大雪|暴雪|霾|雾|浮尘)"
    r"(?:转(?:晴|多云|阴|小雨|中雨|大雨|暴雨|雷阵雨|阵雨|雨夹雪|小雪|中雪|大雪|霾|雾))*"
)
_NO_SKY = re.compile(r"(?<=[光绿树])阴|阴(?=[凉影谋])|晴(?=[纶雨])|雾(?=[气化])")
_NO_RAIN = re.compile(r"(?:没有?|无|不会?|不太会|不用担心)(?:下|降)?雨(?!伞)|(?:不下|没)雪")
_RAIN = re.compile(r"(?:会|要|将|有)(?:下|降)?雨(?!伞|衣)|(?:下|降)雨(?!伞|概率|量|的话|可能)")
_FREE = re.compile(r"(?<![不非])免费(?!托运|改签|退|带|停车|取消|wifi|小食|续)|无需门票|不收门票|免门票|免票")
_LEAVES = re.compile(r"\s?(?:的时候|再|才|就)?(?:走|出发|动身|出门|启程|离开|leave)")
_QUOTES = re.compile(r"[「『“]([^「」『』“”]{4,})[」』”]")
_SIDE = ("leave", "pref", "own")  # what tells more of a way, and isn't what a value is said of
_DENIES = re.compile(f"[{NOT.replace(' ', '')}][会能有在到太是够再]?$")
_COMPARED = re.compile(
    r"(?:温差(?:是|为|有|达)?|能省|可省|省|便宜|贵|[快慢少近远]|相差|差|多|(?<!最)高|(?<!最)低)了?(?:大?约)?\s?$"
)
_BOARDS = re.compile(r"(?:[坐乘赶搭是]|上)\s?$")
_DAYS_OF = re.compile(r"[\d几一二两三四五六七八九十]\s?天(?:里)?[不没会有无]?$")
_SPAN = re.compile(r"\s?(?:-|~|至|到|—+)\s?")
_HOURS = frozenset(("hours_open", "hours_close"))
_STAYS = re.compile(r"[坐待玩逛等睡聊吃喝留]到\s?$")
_WHOLE_DAY = re.compile(
    r"(?:全天|24\s?小时)(?:都)?(?:营业|开放|开门)?(?=\s?(?:[，。；！？、)~\n]|$))|(?<![要需可午中息])休息(?:一天)?(?=\s?(?:[，。；！？、)~\n]|$))"
)
_ADDRESS = re.compile(r"[\u4e00-\u9fff]{2,7}[路街巷弄里道坞汀桥段苑]\s?\d+号")
_WHOLE = re.compile(r"全程|一共|总共|共计|合计|总[计长耗]|整个")
_ON_WAY = re.compile(r"路上")
_STILL = re.compile(r"(?:[没未]|不会|没有)$")
_IS_QUESTION = "？?"


class Mention(NamedTuple):
    """A thing, day, mode … that a text names: keys of one slot."""

    start: int
    end: int
    slot: str
    keys: frozenset[str]
    clause: int


@dataclass(slots=True)
class SpokenClaim:
    """A value that a text claims.

    Attributes:
        fields: fields of results that it can be by the words beside it; None: any of its kind.
        rules: ways in which the words beside it say it was derived.
        limit: "below" or "above": not the value itself, but a bound.
        unsure: said as possible alone; asserted: claimed at all, neither asked, supposed nor offered.
        groups: slot → (clause, keys) of the last mentions before it; after: those behind it in its clause;
            named: keys of each thing from or to which the last clause with things leads; past: its last one is only passed.
        near: mentions of its own clause before it; modes, things: all that its sentence names before it, or for things,
            where it names none, what the text named first; first: its sentence's first clause; each: one of several values, of several things in turn;
            compared: how much more or less; early: 提前 stands before it; pair: both ends of the
            span of which a clock is one; exactly: no sum or difference; whole: of a whole way, not of a part;
            on_way: of no single step.
    """

    start: int
    end: int
    kind: str
    value: Any
    low: float
    high: float
    unit: str
    other: float | None
    clause: int
    span: bool = False
    words: bool = False
    fields: frozenset[str] | None = None
    rules: frozenset[str] = frozenset()
    limit: str = ""
    unsure: bool = False
    asserted: bool = True
    groups: dict[str, tuple[int, frozenset[str]]] = field(default_factory=dict)
    after: dict[str, frozenset[str]] = field(default_factory=dict)
    near: tuple[Mention, ...] = ()
    named: tuple[frozenset[str], ...] = ()
    past: bool = False
    modes: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    first: int = 0
    each: bool = False
    compared: bool = False
    early: bool = False
    pair: tuple[float, float] | None = None
    exactly: bool = False
    whole: bool = False
    on_way: bool = False


@dataclass(slots=True)
class Reading:
    """A text as it was read.

    Attributes:
        starts: where each clause begins; sentences: of each clause the number of its sentence.
        questions: sentences that ask.
    """

    plain: PlainText
    starts: list[int]
    sentences: list[int]
    questions: set[int]
    mentions: list[Mention]
    words: list[Word]
    claims: list[SpokenClaim]

    @property
    def text(self) -> str:
        return self.plain.text

    def clause(self, at: int) -> int:
        return bisect_right(self.starts, at) - 1

    def clause_end(self, clause: int) -> int:
        return self.starts[clause + 1] if clause + 1 < len(self.starts) else len(self.plain.text)


def read(text: str, names: Sequence[Heads], today: date) -> Reading:
    """Reads a text.

    Args:
        names: of what evidence names.
        today: what 明天 counts from.
    """
    read_as = plain(text)
    body = read_as.text
    starts, sentences, questions = _clauses(body)
    pairs = pairs_of(body)
    named = _longest(word for heads in names for word in heads.find(body, pairs))
    words = [word for word in _longest(LEXICON.find(body, pairs)) if not _inside(word.start, word.end, named)]
    reading = Reading(read_as, starts, sentences, questions, [], words, [])
    said = []
    for value in values(body, today):
        if value.kind in ("date", "weekday", "number") or not _inside(value.start, value.end, named):
            said.append(value)
    reading.mentions = _mentions(reading, named, said, today)
    claims = [_claim(reading, value) for value in said]
    reading.claims = [claim for claim in claims if claim is not None] + _states(reading, named)
    for one, other in pairwise(claims):
        if one and other and one.kind == other.kind == "clock" and _SPAN.fullmatch(body, one.end, other.start):
            one.pair = other.pair = (one.low, other.low)
            one.fields = other.fields = _HOURS if (one.fields or frozenset()) & _HOURS else None
    quotes = [match.span(1) for match in _QUOTES.finditer(body)]
    if quotes:
        reading.claims = [claim for claim in reading.claims if not any(a <= claim.start < b for a, b in quotes)]
    reading.claims.sort(key=attrgetter("start"))
    _attribute(reading)
    return reading


def words_within(reading: Reading, start: int, end: int) -> list[Word]:
    """The words of the tables that begin between two places."""
    words = reading.words
    return words[bisect_left(words, start, key=_start) : bisect_left(words, end, key=_start)]


_start = attrgetter("start")


def _clauses(text: str) -> tuple[list[int], list[int], set[int]]:
    starts, sentences, questions = [0], [0], set()
    sentence = 0
    for match in _CLAUSE.finditer(text):
        mark = match.group()
        if mark in _IS_QUESTION:
            questions.add(sentence)
        if mark in _SENTENCE:
            sentence += 1
        starts.append(match.end())
        sentences.append(sentence)
    return starts, sentences, questions


def _longest(words: Any) -> list[Word]:
    """Of words that overlap the one that begins first, of those the longest; loads of equal ones together."""
    kept: list[Word] = []
    for word in sorted(words, key=lambda word: (word.start, -word.end)):
        if not kept or word.start >= kept[-1].end:
            kept.append(word)
        elif word[:2] == kept[-1][:2] and word.tag == "name":
            kept[-1] = word._replace(load=kept[-1].load + word.load)
    return kept


def _inside(start: int, end: int, words: list[Word]) -> bool:
    """Whether a span overlaps one of some words, which are in order."""
    at = bisect_right(words, start, key=attrgetter("start")) - 1
    return (at >= 0 and words[at].end > start) or (at + 1 < len(words) and words[at + 1].start < end)


def _mentions(reading: Reading, named: list[Word], said: list[SaidValue], today: date) -> list[Mention]:
    found = []
    for word in named:
        slots: dict[str, set[str]] = {}
        for slot, key in word.load:
            slots.setdefault(slot, set()).add(key)
        clause = reading.clause(word.start)
        found += [Mention(word.start, word.end, slot, frozenset(keys), clause) for slot, keys in slots.items()]
    for word in reading.words:
        load = word.load
        clause = reading.clause(word.start)
        if "mode" in load:
            found.append(Mention(word.start, word.end, "mode", frozenset((load["mode"],)), clause))
        if "cabin" in load:
            found.append(Mention(word.start, word.end, "cabin", frozenset((load["cabin"],)), clause))
        if "day" in load:
            day = (today + timedelta(days=load["day"])).isoformat()
            found.append(Mention(word.start, word.end, "day", frozenset((day,)), clause))
        if "pref" in load:
            found.append(Mention(word.start, word.end, "pref", frozenset((load["pref"],)), clause))
        if "leave" in load:
            found.append(Mention(word.start, word.end, "leave", frozenset(("now",)), clause))
        if "own" in load and not (
            word.start and reading.text[word.start - 1] in "0123456789一二两三四五六七八九十几这那哪每"
        ):
            found.append(Mention(word.start, word.end, "own", frozenset((load["own"],)), clause))
    for value in said:
        clause = reading.clause(value.start)
        if value.kind in ("date", "weekday"):
            found.append(Mention(value.start, value.end, "day", frozenset((value.value,)), clause))
        elif value.kind == "number":
            found.append(Mention(value.start, value.end, "ride", frozenset((value.value,)), clause))
        elif value.kind == "clock" and _LEAVES.match(reading.text, value.end):
            found.append(Mention(value.start, value.end, "leave", frozenset((value.value,)), clause))
        elif value.kind == "line":
            text = reading.text[value.start : value.end]
            found.append(Mention(value.start, value.end, "line", frozenset((text, "地铁" + text)), clause))
    found.sort(key=attrgetter("start"))
    return found


def _hides(offer: str, word: Word, value: SaidValue) -> bool:
    """Whether words make a value a proposal: 建议 all that follows, 停留 the time beside it."""
    if offer in _STAYING:
        return value.kind in ("duration", "days", "count") and value.start - word.end <= 4
    if offer == "预算":
        return value.kind == "money" and value.start - word.end <= 4
    return True


_STAYING = frozenset(
    "玩 逛 游览 停留 参观 休息 游玩 用餐 吃饭 午餐 晚餐 早餐 逗留 安排 计划 预计游玩 慢慢 放宽 扩大 缩小 预留 留出 提前".split()
)
_BESIDE = _STAYING | {"预算"}
_FIELD_KINDS = {name: kind for name, kind in KIND_OF.items()}


def _claim(reading: Reading, value: SaidValue) -> SpokenClaim | None:
    text = reading.text
    clause = reading.clause(value.start)
    sentence = reading.sentences[clause]
    begins = reading.starts[clause]
    kind = value.kind
    before, after = _beside(reading, value.start, value.end)
    fields = None
    order = [*after[:1], *before] if kind == "clock" else [*before, *after]
    for load in order:
        if "cue" not in load:
            continue
        wanted = {name for name in load["cue"] if _FIELD_KINDS.get(name) == kind or (kind == "bare" and name in _BARE)}
        if wanted:
            fields = frozenset(wanted)
            break
    if kind == "points":
        kind = "rating"
    if kind == "count" and value.unit:
        fields = _UNIT_FIELDS.get(value.unit[:1], fields)
        if value.unit[:1] == "条" and len(value.unit) > 1:
            fields = frozenset(("review_count",))
    if kind == "bare":
        if fields is None:
            return None
        kind = _FIELD_KINDS[min(fields, key=lambda name: list(_BARE).index(name))]
    if kind == "points" or kind in ("tenths", "floor") and fields is None:
        return None
    if kind == "count" and value.start and text[value.start - 1] in "哪几":
        return None
    if kind == "count" and value.value == 1 and not fields and value.unit in _ARTICLES:
        return None  # 1 张成人票, 1人
    claim = SpokenClaim(
        value.start,
        value.end,
        kind,
        value.value,
        value.low,
        value.high,
        value.unit,
        value.other,
        clause,
        value.span,
        value.words,
    )
    claim.fields = fields
    rules: set[str] = set()
    for word in words_within(reading, begins, reading.clause_end(clause)):
        load = word.load
        if "rule" in load and (word.end <= value.start or word.start - value.end < 5):
            rules |= load["rule"]
        if "unsure" in load and word.start < value.start:
            claim.unsure = True
        if word.start < value.start and ("if" in load or ("offer" in load and _hides(load["offer"], word, value))):
            claim.asserted = False
        if "limit" in load and -6 < word.start - value.end < 4 or "limit" in load and 0 <= value.start - word.end < 3:
            claim.limit = load["limit"]
    for load in (*before[:2], *after[:2]):
        rules |= load.get("rule", frozenset())
    claim.rules = frozenset(rules)
    if kind in ("duration", "distance", "money", "temperature") and _COMPARED.search(
        text, max(0, value.start - 6), value.start
    ):
        claim.compared = True
    if (
        kind == "clock"
        and _BOARDS.search(text, max(0, value.start - 4), value.start)
        and text[value.end : value.end + 1] == "的"
    ):
        claim.fields, claim.exactly = frozenset(("departure",)), True
    if kind == "clock" and _STAYS.search(text, max(0, value.start - 4), value.start):
        claim.fields = None
    if kind == "duration" and text[max(0, value.start - 3) : value.start].strip().endswith("提前"):
        claim.early = True
    claim.whole = bool(_WHOLE.search(text, begins, value.start))
    claim.on_way = claim.whole or bool(_ON_WAY.search(text, begins, value.start))
    claim.each = "分别" in text[begins : value.start]
    if sentence in reading.questions:
        claim.asserted = False
    near = text[value.end : value.end + 3].lstrip().lstrip("之以")[:1]
    if near in ("内", "里") and kind in ("distance", "duration", "money"):
        claim.limit = claim.limit or "below"
    elif near == "前" and kind == "clock":
        claim.limit = "below"
    elif near == "后" and kind == "clock":
        claim.limit = "above"
    return claim


_ARTICLES = frozenset(("家", "个", "间", "张", "人", "位", "班", "趟", "份", "处", "名", "晚"))
# What is counted in a unit: a field of results, or (None) things themselves.
_UNIT_FIELDS = {**dict.fromkeys("班趟列家处间所款部辆桌名", frozenset()), "站": frozenset(("stop_count",))}
# Fields that a number without a unit can be.
_BARE = {
    "rating": 0,
    "average_cost_yuan": 0,
    "price_yuan": 0,
    "fare_yuan": 0,
    "air_quality_index": 0,
    "seats_left": 0,
    "review_count": 0,
    "transfers": 0,
    "stop_count": 0,
}


def _beside(reading: Reading, start: int, end: int) -> tuple[list[dict], list[dict]]:
    """Loads of the words right before and right behind a value, nearest first."""
    text = reading.text
    words = reading.words
    place = bisect_right(words, start, key=attrgetter("start"))
    before: list[dict] = []
    for word in reversed(words[max(0, place - 3) : place]):
        if word.end <= start and start - word.end <= 8 and not _BREAK.search(text, word.end, start):
            before.append(word.load)
    at = start
    while at and text[at - 1] in _FILLER and text[at - 1] not in SINGLE:
        at -= 1
    if at and (load := SINGLE.get(text[at - 1])) and not (before and words[place - 1].end >= at):
        before.insert(0, load)
    after: list[dict] = []
    at = end
    while at < len(text) and text[at] in " 的了就才能可":
        at += 1
    for word in words[place : place + 3]:
        if end <= word.start and word.start - end <= 3 and not _APART.search(text, end, word.start):
            after.append(word.load)
    if at < len(text) and (load := SINGLE.get(text[at])) and not (after and words[place].start <= at):
        after.insert(0, load)
    return before, after


def _states(reading: Reading, named: list[Word]) -> list[SpokenClaim]:
    """Claims in words: open or closed, and the sky."""
    text, found = reading.text, []

    def add(start: int, end: int, kind: str, value: Any) -> SpokenClaim:
        clause = reading.clause(start)
        claim = SpokenClaim(start, end, kind, value, 0, 0, "", None, clause)
        claim.asserted = reading.sentences[clause] not in reading.questions
        for word in words_within(reading, reading.starts[clause], end):
            claim.unsure |= "unsure" in word.load
            if "if" in word.load or word.load.get("offer", "预算") not in _BESIDE:
                claim.asserted = False
        found.append(claim)
        return claim

    for word in reading.words:
        if "open" in word.load:
            state = word.load["open"]
            if text.startswith(("时间", "前", "后", "之", "的时候", "的"), word.end) and not text.startswith(
                "的。", word.end
            ):
                continue
            if state and (_DENIES.search(text, max(0, word.start - 4), word.start)):
                state = False
            elif not state and word.load["open"] is False and _STILL.search(text, max(0, word.start - 3), word.start):
                state = text[word.start] not in NOT
            add(word.start, word.end, "open", state)
    for word in named:
        if word.load[0][0] == "word" and text[reading.starts[reading.clause(word.start)] : word.start].strip() == "":
            if text[word.end : reading.clause_end(reading.clause(word.start))].strip(" ，。；、()：:\n") == "":
                add(word.start, word.end, "category", word.load[0][1])
    for match in _WHOLE_DAY.finditer(text):
        if not _inside(*match.span(), named) and not any(
            each.start < match.end() and match.start() < each.end for each in found
        ):
            add(*match.span(), "day", "休息" if "休" in match.group() else "全天")
    for match in _ADDRESS.finditer(text):
        add(*match.span(), "address", match.group().replace(" ", ""))
    for mention in reading.mentions:
        if mention.slot == "cabin":
            add(mention.start, mention.end, "cabin", text[mention.start : mention.end])
    for match in _FREE.finditer(text):
        if not _inside(*match.span(), named):
            add(*match.span(), "free", True)
    for match in _SKY.finditer(text):
        if not _inside(*match.span(), named) and not _NO_SKY.match(text, match.start()):
            if text[match.end() : match.end() + 1] in ("天", "") and text[match.end() + 1 : match.end() + 3] in (
                "的话",
                "路滑",
            ):
                continue
            add(*match.span(), "word", match.group())
    for pattern, value in ((_NO_RAIN, False), (_RAIN, True)):
        for match in pattern.finditer(text):
            if (
                not _DAYS_OF.search(text, max(0, match.start() - 6), match.start())
                and not _inside(*match.span(), named)
                and not any(each.start <= match.start() < each.end for each in found)
            ):
                add(*match.span(), "rain", value)
    return found


_TOWARDS = re.compile(r"[从去到往至]\s?$")
_PAST = re.compile(r"(?:经过|途经|经|走|顺路|路过|绕到)\s?$")
_OBLIQUE = re.compile(r"(?:[离距在从和跟比近向经与过]|靠近|挨着|附近的|您的|the|to|from|at)\s?$")


def _attribute(reading: Reading) -> None:
    """Tells each claim what it is said of."""
    groups: dict[str, tuple[int, frozenset[str]]] = {}
    topic: tuple[int, frozenset[str]] | None = None  # the sentence's last thing that is no place beside another
    near: list[Mention] = []
    modes: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    main: frozenset[str] | None = None
    first = 0
    sentence = -1
    waiting: list[SpokenClaim] = []
    named: tuple[int, tuple[frozenset[str], ...]] = (-1, ())
    past = False
    events: list[Any] = sorted([*reading.mentions, *reading.claims], key=_order)
    for event in events:
        now = reading.sentences[event.clause]
        if now != sentence:
            if main is None and things:
                main = things
            sentence, topic, modes, things, first = now, None, frozenset(), frozenset(), event.clause
        if type(event) is Mention:
            slot, keys = event.slot, event.keys
            if slot == "mode":
                modes |= keys
            elif slot == "thing":
                things |= keys
                ends = (event.keys,) if _TOWARDS.search(reading.text, max(0, event.start - 2), event.start) else ()
                named = (event.clause, (*named[1], *ends) if named[0] == event.clause else ends)
                past = bool(_PAST.search(reading.text, max(0, event.start - 4), event.start))
                if not _OBLIQUE.search(reading.text, max(0, event.start - 5), event.start):
                    topic = (event.clause, keys if topic is None or topic[0] != event.clause else topic[1] | keys)
                elif topic is not None:
                    keys = keys | topic[1]
            last = groups.get(slot)
            groups[slot] = (event.clause, last[1] | keys if last is not None and last[0] == event.clause else keys)
            if slot not in _SIDE:
                near = [*near, event] if near and near[0].clause == event.clause else [event]
            for claim in waiting:
                if claim.clause == event.clause:
                    claim.after[slot] = claim.after.get(slot, frozenset()) | keys
        else:
            event.groups = groups.copy()
            event.modes, event.first, event.named, event.past = modes, first, named[1], past
            event.things = things or main or frozenset()
            if near and near[0].clause == event.clause:
                event.near = tuple(near)
            waiting = [claim for claim in waiting if claim.clause == event.clause]
            waiting.append(event)


def _order(each: Any) -> tuple[int, bool]:
    return each.start, type(each) is SpokenClaim
