"""Instructions about the rules of airlines and railways: baggage, refunds, pets, children, check-in."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.telling import Teller
from stagent.queries.sayings import in_words
from stagent.queries.scene import Scene
from stagent.worlds.local.listing import yuan
from stagent.worlds.sandbox import policies
from stagent.worlds.sandbox.policies import AIRLINES, Rules

_LEAF = "rules_and_policies.travel_policies"
_RAIL = "沧瀛铁路"


class RuleTopic(NamedTuple):
    """Something that carriers have rules about.

    Attributes:
        asks: ways to ask for it after the carrier's name.
        query: what to search for after the carrier's name.
        kind: of fact; "text": one of ``words`` is to be said.
        right: the rule itself, from the world's tables.
        read: where a page says it; the first group is the value.
        lead, tail: the words of an answer around the value.
    """

    asks: tuple[str, ...]
    query: str
    kind: str
    right: Callable[[Rules], Any]
    read: str
    lead: str
    tail: str = ""
    words: tuple[str, ...] = ()


_AIR = {
    "economy_bags": RuleTopic(
        ("经济舱能免费托运多少公斤行李", "坐经济舱免费托运额是多少", "经济舱的托运行李限重多少公斤"),
        "行李规定", "mass", lambda rules: rules.bags_kg[0], r"经济舱免费托运 (\d+) 公斤", "经济舱可以免费托运",
    ),
    "business_bags": RuleTopic(
        ("公务舱能免费托运多少公斤", "公务舱的免费行李额是多少"),
        "行李规定", "mass", lambda rules: rules.bags_kg[1], r"公务舱 (\d+) 公斤", "公务舱可以免费托运",
    ),
    "cabin_bag": RuleTopic(
        ("手提行李不能超过多少公斤", "随身带上飞机的行李限重多少", "手提箱最多能有多重"),
        "行李规定", "mass", lambda rules: rules.cabin_kg, r"不超过 (\d+) 公斤", "手提行李每人一件，不超过",
    ),
    "excess": RuleTopic(
        ("行李超重每公斤收多少钱", "超重行李一公斤多少钱", "的超重行李费怎么收"),
        "行李规定", "money", lambda rules: rules.excess_yuan, r"每公斤 (\d+) 元", "行李超出部分每公斤收",
    ),
    "pets": RuleTopic(
        ("托运一只猫要多少钱", "带狗坐飞机，托运一笼收多少钱", "宠物随机托运怎么收费"),
        "宠物运输规定", "money", lambda rules: rules.pets, r"每笼 (\d+) 元", "猫狗只能作为托运行李随机，每笼",
        "，要提前申请",
    ),
    "no_pets": RuleTopic(
        ("能带宠物吗", "可以托运猫狗吗", "能不能带狗上飞机"),
        "宠物运输规定", "text", lambda rules: not rules.pets, r"(不承运宠物)", "", "，客舱和货舱都不行",
        ("不承运", "不能", "不可以", "不行", "不允许", "不接受"),
    ),
    "no_bags": RuleTopic(
        ("票价含免费托运行李吗", "买票送托运行李额吗", "有没有免费托运额度"),
        "行李规定", "text", lambda rules: not rules.bags_kg[0], r"(票价不含免费托运行李)", "", "，托运要另购行李额",
        ("不含", "不包含", "没有", "另购", "另买", "额外购买"),
    ),
    "infant": RuleTopic(
        ("不满两岁的婴儿票按百分之几收", "婴儿票是成人票价的百分之多少"),
        "儿童票 婴儿票", "percent", lambda rules: rules.infant, r"婴儿为成人票价的 (\d+)%",
        "不满 2 周岁的婴儿票价为成人的",
    ),
    "check_in": RuleTopic(
        ("起飞前多久停止值机", "值机提前多长时间截止", "办托运最晚要提前多少分钟"),
        "值机几点截止", "duration", lambda rules: rules.closes_min * 60, r"起飞前 (\d+) 分钟停止",
        "停止值机和托运的时间是起飞前",
    ),
}  # fmt: skip
_TRAIN = {
    "bag": RuleTopic(
        ("成人能带多少公斤行李", "坐火车一个大人行李限重多少"),
        "行李 坐火车能带多少", "mass", lambda _: policies.RAIL_BAG_KG, r"可带 (\d+) 公斤", "成人每人可带",
    ),
    "child_bag": RuleTopic(
        ("儿童能带多少公斤行李", "小孩的行李限重是多少公斤"),
        "行李 坐火车能带多少", "mass", lambda _: policies.RAIL_CHILD_BAG_KG, r"儿童 (\d+) 公斤", "儿童每人可带",
    ),
    "gate": RuleTopic(
        ("开车前几分钟停止检票", "检票提前多久截止", "最晚提前几分钟要进站检票"),
        "火车提前几分钟停止检票", "duration", lambda _: policies.RAIL_GATE_MIN * 60, r"在?开车前 (\d+) 分钟停止检票",
        "停止检票的时间是发车前",
    ),
    "change": RuleTopic(
        ("开车前多少分钟以上能免费改签", "免费改签最晚要提前多久办"),
        "改签规则", "duration", lambda _: policies.RAIL_CHANGE_MIN * 60, r"开车前 (\d+) 分钟以上可免费改签",
        "可以免费改签一次，要在发车前至少",
    ),
    "pets": RuleTopic(
        ("能带宠物进车厢吗", "可以抱着猫上火车吗", "带狗坐火车行不行"),
        "火车能带宠物吗", "text", lambda _: True, r"(活体动物不能带进车厢)", "", "，导盲犬除外；猫狗可以办行包托运",
        ("不能", "不可以", "不行", "不允许", "不让"),
    ),
}  # fmt: skip


def sandbox_only(scene: Scene) -> bool:
    """These carriers are the invented country's."""
    return scene.gazetteer.world.name == "sandbox"


async def read_page(episode: Episode, query: str, start: str, pattern: str) -> str:
    """The first group of a pattern in the excerpt of the page whose text begins so; pages are data, whatever they say.

    Raises:
        Unsolved: no page says it.
    """
    found = await episode.call("web_search", f"搜索{query}", query=query)
    for item in found["items"]:
        if item["excerpt"].startswith(start) and (match := re.search(pattern, item["excerpt"])):
            return match.group(1)
    raise Unsolved(f"没有查到{query}的说明，建议向{start}核实。")


def _value(topic: RuleTopic, text: str) -> Any:
    return text if topic.kind == "text" else int(text) * (60 if topic.kind == "duration" else 1)


class CarrierRule(QueryPattern):
    """One rule of an airline or of the railway."""

    name = "carrier_rule"
    leaf = _LEAF
    weight = 1.5
    wordings = (
        (
            "{carrier}{ask}？",
            "(请问|想问下，|打听一下，|){carrier}{ask}(啊|呢|)？",
            "(帮我|)查(一下|下|){carrier}{ask}",
            "(第一次坐|准备坐|要坐){carrier}(了|)，{carrier}{ask}",
            "{carrier}{ask}，(知道吗|有规定吗)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if not sandbox_only(scene):
            return None
        rail = scene.rng.random() < 0.35
        carrier = _RAIL if rail else scene.rng.choice(tuple(AIRLINES))
        topics = _TRAIN if rail else _AIR
        topic = scene.rng.choice([key for key, one in topics.items() if rail or one.right(AIRLINES[carrier])])
        return {"carrier": carrier, "topic": topic, "ask": scene.rng.choice(topics[topic].asks)}

    @staticmethod
    def topic(slots: Slots) -> RuleTopic:
        return (_TRAIN if slots["carrier"] == _RAIL else _AIR)[slots["topic"]]

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        topic = self.topic(slots)
        if not await told(scene, self.query(slots), slots["carrier"], topic.read):
            return None  # not published yet
        if topic.kind == "text":
            return Truth(({"kind": "text", "all_of": [list(topic.words)]},))
        right = topic.right(AIRLINES.get(slots["carrier"]))  # type: ignore[arg-type]
        return Truth(({"kind": "value", "of": topic.kind, "any_of": [right], "entity": ""},))

    def query(self, slots: Slots) -> str:
        return f"{slots['carrier']}{self.topic(slots).query}"

    async def solve(self, slots: Slots, episode: Episode) -> None:
        topic, carrier = self.topic(slots), slots["carrier"]
        value = _value(topic, await read_page(episode, self.query(slots), carrier, topic.read))
        teller = Teller(episode)
        pieces: list[Piece] = [carrier]
        if topic.kind == "text":
            pieces += [teller.one("规定", "的说明是", ""), teller.fact("word", value, carrier)]
        elif topic.kind == "duration":  # a rule isn't "about" so many minutes
            minutes = value // 60
            pieces += [
                topic.lead,
                Fact(teller.one(f" {minutes} 分钟", f"{in_words(minutes)}分钟"), "duration", value, carrier),
            ]
        else:
            pieces += teller.said(topic.lead, topic.kind, value, carrier)
        ends = ("具体以购票时的说明为准。", "还想知道别的规定可以接着问。", "出行前建议再核对一次官方说明。")
        episode.answer(*pieces, topic.tail, "。", teller.one(*ends))


async def told(scene: Scene, query: str, start: str, pattern: str) -> bool:
    """Whether a page that is published already says it."""
    content = await scene.ask("web_search", query=query)
    return any(
        item["excerpt"].startswith(start) and re.search(pattern, item["excerpt"]) for item in content.get("items", ())
    )


# Days to go -> words, and which of an airline's four percentages holds.
_TO_GO = {
    10: ("还有十天起飞", "离起飞还有10天"),
    8: ("还有八天起飞", "离起飞还有8天"),
    5: ("还有五天起飞", "离起飞还有5天"),
    3: ("还有三天起飞", "离起飞还有3天"),
    1: ("明天就起飞", "离起飞只剩一天"),
}


class AirRefund(QueryPattern):
    """What returning a flight's ticket costs, of a fare that the user tells."""

    name = "air_refund"
    leaf = _LEAF
    held_out = True
    wordings = (
        (
            "{fare}(块|元)买的{carrier}机票，{left}，现在退(票|)要扣多少钱？",
            "{carrier}的票，票价{fare}元，{left}，(退票费|退票手续费)(是|要|)多少",
            "(想退票，|)我的{carrier}航班{left}，票面{fare}元，(算一下|帮我算算)(退票要扣|手续费要)多少",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if not sandbox_only(scene):
            return None
        days, fare = scene.rng.choice(tuple(_TO_GO)), scene.rng.choice((400, 500, 600, 680, 800, 900, 1200))
        carrier = scene.rng.choice(tuple(AIRLINES))
        return {"carrier": carrier, "fare": fare, "days": days, "left": scene.rng.choice(_TO_GO[days])}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        carrier, rules = slots["carrier"], AIRLINES[slots["carrier"]]
        if not await told(scene, f"{carrier}退票与改签规定", f"{carrier}退票手续费", "起飞前 7 天"):
            return None
        percent = rules.refund[0 if slots["days"] >= 7 else 1 if slots["days"] >= 2 else 2]
        fee = yuan(slots["fare"] * percent / 100)
        return Truth(
            ({"kind": "value", "of": "money", "any_of": [fee], "entity": ""},),
            auxiliary=("temporal_constraints.duration",),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        carrier, days, fare = slots["carrier"], slots["days"], slots["fare"]
        tiers = {"7 天（含）以上": days >= 7, "7 天以内至 2 天": 2 <= days < 7, "2 天以内至起飞前": days < 2}
        tier = next(words for words, holds in tiers.items() if holds)
        rate = await read_page(
            episode, f"{carrier}退票与改签规定", f"{carrier}退票手续费", rf"{tier}(免费|收取(?:票价的)? ?\d+%)"
        )
        percent = 0 if rate == "免费" else int(re.search(r"\d+", rate).group())  # type: ignore[union-attr]
        teller = Teller(episode)
        if percent == 0:
            pieces = [f"{carrier}起飞前 {tier}退票", Fact("免费", "money", 0, carrier), "，不扣手续费"]
        else:
            fee = yuan(fare * percent / 100)
            pieces = [
                f"{carrier}起飞前 {tier}退票",
                *teller.said("收取票价的", "percent", percent, carrier),
                *teller.said(f"，票价 {fare} 元的话，手续费是", "money", fee, carrier, "product"),
            ]
        ends = ("如果是航班取消或延误四小时以上，不收手续费。", "要不要我看看改签怎么收费？")
        episode.answer(*pieces, "。", teller.one(*ends))


class RailRefund(QueryPattern):
    """What returning a train's ticket costs: the train's fare and departure looked up, and the rule."""

    name = "rail_refund"
    leaf = _LEAF
    long_tail = True
    wordings = (
        (
            "我买了{day}{from}到{to}{which}火车的二等座，现在退(票|)要扣多少手续费？",
            "{day}从{from}去{to}{which}火车，买的二等座，(不去了|去不成了)，现在退票(要|)扣多少钱",
            "(帮我算算|算一下){day}{from}到{to}{which}火车二等座的退票费，现在(就|)退",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if not sandbox_only(scene):
            return None
        ahead, last = scene.rng.choice((1, 2, 5, 10)), scene.rng.random() < 0.5
        day = (scene.now + timedelta(days=ahead)).date()
        goal = scene.rng.choice([city for city in scene.gazetteer.cities if city is not scene.city])
        said = {1: "明天", 2: "后天"}.get(ahead, f"{day.month}月{day.day}日")
        which = scene.rng.choice(("最晚一班", "最后一班") if last else ("最早一班", "第一班"))
        days = {"day": said, "date": day.isoformat()}
        return {"from": scene.city.name, "to": goal.name, **days, "last": last, "which": which}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        content = await scene.ask(
            "travel_search_trains", origin=slots["from"], destination=slots["to"], date=slots["date"]
        )
        ride = _ride(content["items"], slots["last"])
        if ride is None or not await told(scene, f"{_RAIL}退票手续费", _RAIL, "开车前 8 天"):
            return None
        train, fare = ride
        left = datetime.fromisoformat(train["departure"]) - scene.now
        fee = yuan(fare * policies.RAIL_REFUND[_rail_tier(left)] / 100)
        return Truth(
            ({"kind": "value", "of": "money", "any_of": [fee], "within": 0.5, "entity": ""},),
            secondary=("dynamic_information.dynamic_pricing_and_availability",),
            auxiliary=("spatial_constraints.intercity", "temporal_constraints.specific_date"),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        found = await episode.call(
            "travel_search_trains",
            f"查{slots['which']}的票价和开车时间",
            origin=slots["from"],
            destination=slots["to"],
            date=slots["date"],
        )
        ride = _ride(found["items"], slots["last"])
        if ride is None:
            raise Unsolved(f"{slots['day']}没有查到{slots['from']}到{slots['to']}的二等座。")
        train, fare = ride
        number, departure = train["number"], datetime.fromisoformat(train["departure"])
        tier = _rail_tier(departure - episode.context.now)
        words = ("8 天（含）以上退票", "8 天以内至 48 小时", "48 小时以内至 24 小时", "不足 24 小时")[tier]
        rate = await read_page(episode, f"{_RAIL}退票手续费", _RAIL, rf"{words}(不收手续费|收取(?:票价的)? ?\d+%)")
        percent = 0 if "不" in rate else int(re.search(r"\d+", rate).group())  # type: ignore[union-attr]
        teller = Teller(episode)
        pieces = [
            "最晚一班是 " if slots["last"] else "最早一班是 ",
            Fact(number, "number", number, number),
            " 次，",
            teller.fact("date", train["date"], number),
            " ",
            teller.fact("clock", f"{departure:%H:%M}", number),
            "开，二等座",
            *teller.said("票价", "money", fare, number),
        ]
        if percent == 0:
            pieces += [f"。开车前 {words}不收手续费，退票", Fact("免费", "money", 0, number)]
        else:
            pieces += teller.said(f"。现在属于{words}这一档，收取票价的", "percent", percent, number)
            pieces += teller.said("，手续费", "money", yuan(fare * percent / 100), number, "product")
        episode.answer(*pieces, "。", teller.one("改签比退票划算的话也可以考虑，要我查吗？", "需要看看改签规则吗？"))


def _ride(trains: list[dict[str, Any]], last: bool) -> tuple[dict[str, Any], float] | None:
    """The first or the last train that leaves, and its second class fare; None: it has none, or there is no train."""
    if not trains:
        return None
    train = (max if last else min)(trains, key=lambda item: item["departure"])
    fare = next((each["fare_yuan"] for each in train["fares"] if each["cabin"] == "二等座"), None)
    return None if fare is None else (train, fare)


def _rail_tier(left: timedelta) -> int:
    """Which of the railway's four percentages holds."""
    return (
        0 if left >= timedelta(days=8) else 1 if left > timedelta(hours=48) else 2 if left >= timedelta(days=1) else 3
    )


POLICIES = (CarrierRule(), AirRefund(), RailRefund())
