"""Damage of names: a place that exists nowhere, another place, another train, open said closed."""

import random
import re
from collections.abc import Iterable

from stagent.queries.answer import Fact, text_of
from stagent.queries.scene import Gazetteer
from stagent.reward.measure.expert import ExpertAnswers
from stagent.reward.measure.known import plain
from stagent.reward.measure.variant import ChangedAnswer, PlacedFact, answered, pieces_of_answers, with_fact, with_names

_HEADS = (
    "青瓷",
    "拾光",
    "半夏",
    "蓝鲸",
    "松果",
    "云雀",
    "老槐",
    "星芒",
    "雪岩",
    "金穗",
    "白鹭湾",
    "南枝",
    "小满",
    "晓风",
    "橙子树",
    "石榴里",
)
_KINDS_OF_PLACES = ("咖啡馆", "餐厅", "书店", "公园", "大酒店", "药房", "超市", "博物馆", "火锅")
# What a language model may know from elsewhere.
_REAL = ("星巴克", "海底捞火锅", "肯德基", "麦当劳", "全聚德烤鸭店", "万达广场", "如家酒店", "外婆家", "故宫博物院",
         "西湖风景区", "东方明珠", "喜茶", "沃尔玛超市", "同仁堂药店", "宜家家居")  # fmt: skip
_LATIN = ("Blue Whale Cafe", "Moonlight Bistro", "Harbor Inn", "Green Leaf Pharmacy")
_ADDED = ("另外{name}也不错。", "旁边就是{name}。", "附近还有{name}，也可以看看。", "也可以顺路去{name}。")
_OPEN = ("现在正在营业", "现在还开着", "这会儿开着门")
_CLOSED = ("现在已经打烊了", "现在没开门", "现在不营业")
_TURNED = {"开着": "没开门", "正在营业": "已经打烊", "在营业": "不营业", "没开门": "开着", "不营业": "正在营业"}
WRONG_OPEN = "wrong open or closed"
_LINE = re.compile(r"^[\w（）()]*?(\d+)(路|号线)")
PLACE, REGION, LINE, OTHER_NAME = "name of a place", "name of a region", "name of a line", "name of another thing"
# Free words of pages and results, which the list of claims doesn't have.
DESCRIPTION = "description"
_WORDS = {"condition": "weather", "condition_day": "weather", "condition_night": "weather", "cabin": "cabin",
          "address": "address", "category": "category", "district": REGION, "city": REGION, "air_quality": "weather",
          "wind_direction": "weather", "wind_level": "weather"}  # fmt: skip


class Inventor:
    """Knows what exists in a world, what kind of claim a fact is, and makes up names of what doesn't exist."""

    def __init__(self, gazetteer: Gazetteer):
        self.places = {plain(place.name) for city in gazetteer.cities for place in city.places}
        self.regions = {plain(city.name) for city in gazetteer.cities}
        self.regions |= {plain(place.district) for city in gazetteer.cities for place in city.places if place.district}

    def claim(self, answers: ExpertAnswers, fact: Fact) -> str:
        """The kind of claim: names are of places, regions, lines or other things, words by the result's key."""
        if fact.kind == "word":
            source = answers.known.source(fact)
            return _WORDS.get(source.key if source else "", DESCRIPTION)
        if fact.kind != "name":
            return fact.kind
        bare = plain(fact.text)
        if _LINE.match(bare):
            return LINE
        if bare in self.places:
            return PLACE
        return REGION if bare in self.regions or f"{bare}市" in self.regions else OTHER_NAME

    def exists(self, name: str) -> bool:
        bare = plain(name)
        return bare in self.places or bare in self.regions

    def like(self, name: str, claim: str, rng: random.Random) -> tuple[str, str]:
        """A style and a name: ``("new head", "青瓷书店")`` for 竹里书店."""
        head = rng.choice(_HEADS)
        if claim == LINE:
            return "line", re.sub(r"\d+", str(rng.randint(61, 98)), name, count=1)
        bare = re.sub(r"[（(].*", "", name)
        if claim != PLACE:
            return "new head", head[:2] + (bare[-1:] if claim == REGION else bare[-2:])
        style = rng.choice(("new head", "new head", "branch", "real", "Latin"))
        if style == "branch":
            return style, f"{bare}（{head[:2]}{rng.choice(('路', '街', '广场'))}店）"
        return style, {"new head": head + bare[-2:], "real": rng.choice(_REAL), "Latin": rng.choice(_LATIN)}[style]

    def new(self, rng: random.Random) -> str:
        return rng.choice(_HEADS) + rng.choice(_KINDS_OF_PLACES)


def invented_place(
    answers: ExpertAnswers, placed: PlacedFact, inventor: Inventor, rng: random.Random
) -> ChangedAnswer | None:
    """A name that exists nowhere takes a name's place everywhere, or comes in a sentence more."""
    fact = placed.fact
    if fact.kind != "name":
        return None
    claim = inventor.claim(answers, fact)
    if claim == PLACE and rng.random() < 0.25:
        style, name = "added", inventor.new(rng)
        texts = [text_of(pieces) for pieces in pieces_of_answers(answers.trajectory)]
        texts[placed.answer] += rng.choice(_ADDED).format(name=name)
        trajectory = answered(answers.trajectory, texts)
    else:
        style, name = inventor.like(fact.text, claim, rng)
        trajectory = with_names(answers.trajectory, {fact.text: name})
    exists = inventor.exists(name) or answers.known.mentions(plain(name)) or plain(name) in answers.known.everything
    return ChangedAnswer(trajectory, "invented place", claim, style, fact.text, name, stays_true=exists)


def exchanged_name(
    answers: ExpertAnswers, placed: PlacedFact, inventor: Inventor, rng: random.Random
) -> ChangedAnswer | None:
    """Another place of the same results in a place's stead, of which what is said is false."""
    fact = placed.fact
    if fact.kind != "name":
        return None
    own = plain(fact.text)
    others = _named_beside(answers, own, "name")
    for other in rng.sample(others, len(others)):
        holds = answers.all_hold(fact.entity, other)
        if holds is None or own in plain(other) or plain(other) in own:
            continue
        trajectory = with_names(answers.trajectory, {fact.text: other, other: fact.text})
        claim = inventor.claim(answers, fact)
        return ChangedAnswer(trajectory, "swapped entity", claim, "name", fact.text, other, stays_true=holds)
    return None


def other_number(answers: ExpertAnswers, placed: PlacedFact, rng: random.Random) -> ChangedAnswer | None:
    """Another train's or flight's number: of the results, where what is said is false of it, or of none."""
    fact = placed.fact
    if fact.kind != "number":
        return None
    if rng.random() < 0.5:
        others = _named_beside(answers, plain(fact.text), "number")
        for other in rng.sample(others, len(others)):
            if (holds := answers.all_hold(fact.entity, other)) is not None:
                trajectory = with_names(answers.trajectory, {fact.text: other, other: fact.text})
                return ChangedAnswer(
                    trajectory, "another number", "number", "of the results", fact.text, other, stays_true=holds
                )
    for _ in range(20):
        other = re.sub(r"\d+", lambda found: _digits(len(found[0]), rng), fact.text)
        if plain(other) not in answers.known.everything:
            trajectory = with_names(answers.trajectory, {fact.text: other})
            return ChangedAnswer(trajectory, "another number", "number", "invented", fact.text, other)
    return None


def _digits(count: int, rng: random.Random) -> str:
    return str(rng.randint(10 ** (count - 1), 10**count - 1))


def _named_beside(answers: ExpertAnswers, own: str, key: str) -> list[str]:
    """Other values of a key in the results that have this one, in their order."""
    steps = {one.step for one in answers.known.values if one.key == key and plain(str(one.value)) == own}
    found = [str(one.value) for one in answers.known.values if one.key == key and one.step in steps]
    return [name for name in dict.fromkeys(found) if plain(name) != own]


def wrong_open(answers: ExpertAnswers, placed: PlacedFact, rng: random.Random) -> ChangedAnswer | None:
    """Open said closed, or closed open: turned where it is said, else in a sentence more; or a day off."""
    fact = placed.fact
    states = {one.value for one in answers.known.about(fact.entity) if one.kind == "open"}
    if fact.kind == "open":
        return _turned(answers, placed)
    if fact.kind == "hours" and fact.text[:1] != "休":
        true = answers.stays_true(placed, "休息")
        if not fact.entity or rng.random() < 0.5:
            trajectory = with_fact(answers.trajectory, placed, "休息")
            return ChangedAnswer(trajectory, WRONG_OPEN, "hours", "a day off", fact.text, "休息", stays_true=true)
        return _added(answers, placed, "hours", f"{fact.entity}今天休息。", true)
    if fact.kind != "name" or len(states) != 1 or fact.entity != fact.value:
        return None
    return _added(answers, placed, "open", f"{fact.text}{rng.choice(_CLOSED if True in states else _OPEN)}。", False)


def _added(answers: ExpertAnswers, placed: PlacedFact, kind: str, said: str, true: bool) -> ChangedAnswer:
    """A sentence more at the answer's end."""
    texts = [text_of(pieces) for pieces in pieces_of_answers(answers.trajectory)]
    texts[placed.answer] += said
    return ChangedAnswer(answered(answers.trajectory, texts), WRONG_OPEN, kind, "added", "", said, stays_true=true)


def _turned(answers: ExpertAnswers, placed: PlacedFact) -> ChangedAnswer | None:
    words: Iterable[str] = (word for word in sorted(_TURNED, key=len, reverse=True) if word in placed.fact.text)
    if (word := next(iter(words), None)) is None:
        return None
    text = placed.fact.text.replace(word, _TURNED[word])
    trajectory = with_fact(answers.trajectory, placed, text)
    return ChangedAnswer(trajectory, WRONG_OPEN, "open", "turned", placed.fact.text, text)
