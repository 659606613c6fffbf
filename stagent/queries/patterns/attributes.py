"""Instructions about one known place: its address, telephone, hours, prices, whether it is open."""

from datetime import datetime, timedelta
from typing import Any

from stagent.queries.answer import Fact
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import find_place
from stagent.queries.patterns.filtered import open_at
from stagent.queries.patterns.right import no_data
from stagent.queries.patterns.telling import Teller
from stagent.queries.scene import Scene
from stagent.worlds.local.categories import ancestors
from stagent.worlds.local.listing import yuan
from stagent.worlds.local.place import MapPlace

_LEAF = "discovery.information_query.basic_attributes"
_KNOWN = ("food", "lodging", "sight", "shopping", "leisure", "sport", "health", "life", "money", "beauty")
_OPEN_WORDS = ("开着", "开门", "正在营业", "在营业", "营业中", "还营业")
_CLOSED_WORDS = ("没开", "没有开", "不开", "不营业", "没营业", "未营业", "没在营业", "休息", "关门", "打烊")
# What is asked for -> how to ask, the item's key, the kind of fact.
_FACTS = {
    "phone": (("电话是多少", "的电话号码", "的联系电话是什么", "的座机号"), "phone", "phone"),
    "address": (("在哪里", "的具体地址", "的地址是什么", "在哪条路上"), "address", "word"),
    "hours": (("今天几点到几点营业", "今天的营业时间", "今天几点开门几点关门"), "hours_today", "hours"),
    "cost": (("人均多少钱", "人均消费多少", "吃一顿人均要多少"), "average_cost_yuan", "money"),
    "ticket": (("门票多少钱", "的门票价格", "要门票吗，多少钱"), "price_yuan", "money"),
    "night": (("住一晚多少钱", "的房价", "一晚上什么价"), "price_yuan", "money"),
}
_WHAT = {
    "phone": "电话",
    "address": "地址",
    "hours": "营业时间",
    "cost": "人均消费",
    "ticket": "门票价格",
    "night": "房价",
}


def known_thing(scene: Scene) -> MapPlace | None:
    """A place of any usual kind whose name means it alone."""
    for category in scene.rng.sample(_KNOWN, 3):
        if place := scene.known_place(category):
            return place
    return None


def place_named(scene: Scene, name: str) -> MapPlace:
    return next(place for place in scene.city.places if place.name == name)


class PlaceFact(QueryPattern):
    """A fact of a known place; what the map doesn't know of it can't be told."""

    name = "place_fact"
    leaf = _LEAF
    weight = 1.5
    wordings = (
        (
            "{name}{ask}？",
            "(请问|麻烦问下，|){name}{ask}(啊|呢|)？",
            "(帮我|)查(一下|下|){name}{ask}",
            "(我想|想)知道{name}{ask}",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        place = known_thing(scene)
        if place is None:
            return None
        top, asked = ancestors(place.category)[-1], ["phone", "address", "hours"]
        asked += {"food": ["cost"], "sight": ["ticket"], "lodging": ["night"]}.get(top, [])
        first = scene.rng.choice(asked)
        return {"name": place.name, "asked": first, "ask": scene.rng.choice(_FACTS[first][0])}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        place, asked = place_named(scene, slots["name"]), slots["asked"]
        right = right_fact(place, asked, scene.now)
        if right is None:
            # now and then, so that most questions have an answer
            return no_data(_WHAT[asked], "没有") if scene.rng.random() < 0.3 else None
        temporal = ("temporal_constraints.today",) if asked == "hours" else ()
        expected = {"kind": "value", "of": _FACTS[asked][2], "any_of": [right], "entity": place.name}
        return Truth((expected,), auxiliary=temporal)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        item = await find_place(slots["name"], episode, f"查{slots['name']}的信息")
        teller, asked = Teller(episode), slots["asked"]
        key = _FACTS[asked][1]
        if item.get(key) is None:
            raise Unsolved(f"查到了{slots['name']}，但地图上没有它的{_WHAT[asked]}。")
        extra = {"phone": "hours_today", "address": "phone", "hours": "phone"}.get(asked, "hours_today")
        pieces: list[Any] = [teller.name(item["name"]), teller.one("：", "的信息：", "，"), *teller.about(item, key)]
        if told := teller.about(item, extra):
            pieces += ["；", *told]
        episode.answer(
            *pieces, "。", teller.one("需要我规划过去的路线吗？", "还想了解别的可以接着问。", "要导航过去吗？")
        )


def right_fact(place: MapPlace, asked: str, now: datetime) -> Any:
    """What a map says of a place, None: it doesn't know."""
    if asked == "hours":
        return place.hours.on(now.date()) if place.hours else None
    if asked in ("ticket", "night", "cost"):
        value = place.average_cost if asked == "cost" else place.price
        return None if value is None else yuan(value)
    return getattr(place, asked) or None


class OpenNow(QueryPattern):
    """Whether a known place is open now, or at a later time today."""

    name = "open_now"
    leaf = _LEAF
    wordings = (
        (
            "{name}{when}(还|)(开着|开门|营业)吗？",
            "(请问|)我{when}去{name}，(那边|)(开门|开着)吗",
            "{name}{when}有没有(营业|开门)(？|啊)",
            "(帮我看下|看看){name}{when}开不开(门|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        place = known_thing(scene)
        if place is None or place.hours is None:
            return None
        later = range(scene.now.hour + 1, 24)
        if not later or scene.rng.random() < 0.5:
            return {"name": place.name, "when": scene.rng.choice(("现在", "这会儿", "此刻")), "minute": None}
        hour, half = scene.rng.choice(later), scene.rng.random() < 0.3
        part = "上午" if hour < 12 else "中午" if hour == 12 else "下午" if hour < 18 else "晚上"
        small = hour if hour < 13 else hour - 12
        said = scene.rng.choice((f"今天{part}{small}点{'半' if half else ''}", f"今天{hour}:{'30' if half else '00'}"))
        return {"name": place.name, "when": said, "minute": hour * 60 + 30 * half}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        place, minute = place_named(scene, slots["name"]), slots["minute"]
        then = scene.now if minute is None else scene.now.replace(hour=minute // 60, minute=minute % 60)
        if place.hours is None:
            return None
        opened = place.hours.is_open(then)
        if opened and scene.rng.random() < 0.4:
            return None  # most places are open: ask more often of those that aren't
        times = "now" if minute is None else "specific_time"
        expected = {"kind": "verdict", "value": opened, "yes": list(_OPEN_WORDS), "no": list(_CLOSED_WORDS)}
        auxiliary = (f"temporal_constraints.{times}", "preference_constraints.open_hours")
        return Truth((expected,), auxiliary=auxiliary)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        item = await find_place(slots["name"], episode, f"查{slots['name']}的营业时间")
        if "hours_today" not in item:
            raise Unsolved(f"地图上没有{slots['name']}的营业时间。")
        teller, name, hours = Teller(episode), item["name"], item["hours_today"]
        minute = slots["minute"]
        opened = item["open_now"] if minute is None else open_at(hours, minute)
        ways = ("开着", "正在营业" if minute is None else "开门营业") if opened else ("没开门", "不营业")
        pieces: list[Any] = [
            teller.name(name),
            slots["when"],
            Fact(teller.one(*ways), "open", opened, name),
            "，",
            *teller.value(item, "hours_today"),
            "。",
        ]
        pieces += [
            teller.one("需要电话或路线可以告诉我。", "要不要我看看怎么过去？" if opened else "要换一家类似的吗？")
        ]
        episode.answer(*pieces)


class TimeToClosing(QueryPattern):
    """How long a place stays open from now."""

    name = "time_to_closing"
    leaf = _LEAF
    held_out = True
    wordings = (
        (
            "{name}(今天|)还有多久(关门|打烊)？",
            "(现在去|)(来得及吗，|){name}离(关门|打烊)还剩多长时间",
            "{name}几点关门，(离现在|)还有多久",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        place = known_thing(scene)
        return None if place is None or place.hours is None else {"name": place.name}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        place, now = place_named(scene, slots["name"]), scene.now.replace(tzinfo=None)
        spans = place.hours.intervals(now.date()) if place.hours else ()
        end = next((end for start, end in spans if start <= now < end), None)
        if end is None or place.hours.on(now.date()) == "全天" or end.date() > now.date() + timedelta(days=1):
            return None
        left = int((end - now).total_seconds())
        return Truth(
            (
                {"kind": "value", "of": "duration", "any_of": [left], "within": 60, "entity": place.name},
                {"kind": "value", "of": "clock", "any_of": [f"{end:%H:%M}"], "entity": place.name},
            ),
            auxiliary=("temporal_constraints.now", "preference_constraints.open_hours"),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        item = await find_place(slots["name"], episode, f"查{slots['name']}今天几点关门")
        teller, name, now = Teller(episode), item["name"], episode.context.now
        minute = now.hour * 60 + now.minute
        for span in item.get("hours_today", "").split(","):
            if "-" in span and open_at(span, minute):
                close = span.split("-")[1]
                end = int(close[:2]) * 60 + int(close[3:])
                left = (end - minute if end > minute else end + 24 * 60 - minute) * 60
                episode.answer(
                    teller.name(name),
                    *teller.said("今天营业到", "clock", "00:00" if close == "24:00" else close, name),
                    *teller.said(teller.one("，离关门还有", "，还剩"), "duration", left, name, "difference"),
                    "。",
                    teller.one("要现在过去的话我可以查路线。", "需要我看看过去要多久吗？"),
                )
                return
        raise Unsolved(f"{name}现在没有在营业。")


class TicketSum(QueryPattern):
    """What tickets for several people cost together."""

    name = "ticket_sum"
    leaf = _LEAF
    wordings = (
        (
            "{name}{count}个(成年人|成人)的门票一共多少钱？",
            "(我们|)(一行|){count}个(大人|成年人)去{name}，(光|)门票(总共|一共|加起来)要多少",
            "买{count}张{name}(的|)成人票要花多少钱",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        place = scene.known_place("sight", lambda place: bool(place.price))
        count = scene.rng.choice((2, 2, 3, 4, 5))
        return place and {"name": place.name, "people": count, "count": {2: "两", 3: "三", 4: "四", 5: "五"}[count]}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        total = yuan(place_named(scene, slots["name"]).price * slots["people"])
        return Truth(
            ({"kind": "value", "of": "money", "any_of": [total], "entity": ""},),
            auxiliary=("traveller_constraints.group",),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        item = await find_place(slots["name"], episode, f"查{slots['name']}的门票")
        if item.get("price_yuan") is None:
            raise Unsolved(f"地图上没有{slots['name']}的门票价格。")
        teller, name, each = Teller(episode), item["name"], item["price_yuan"]
        episode.answer(
            teller.name(name),
            *teller.said("的门票每人", "money", each, name),
            *teller.said(f"，{slots['count']}个人一共", "money", yuan(each * slots["people"]), name, "product"),
            "。",
            teller.one("有老人或孩子的话可能有优惠，需要我查一下吗？", "要不要顺便看看今天的开放时间？"),
        )


ATTRIBUTES = (PlaceFact(), OpenNow(), TimeToClosing(), TicketSum())
