"""Instructions about roads now: how jammed the way is, and when it isn't."""

import random
from datetime import timedelta

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import (
    Item,
    clock,
    drawn_start,
    exactly,
    find,
    iso,
    known_start,
    landmark,
    main_roads,
    name_of,
    no_data,
    origin,
    rarely,
    route,
    said_duration,
    start_said,
    true_place,
    true_route,
    true_start,
    way_facts,
)
from stagent.queries.sayings import clock_forms, say_fact
from stagent.queries.scene import Scene

LEAF = "dynamic_information.realtime_traffic_and_transit.road_traffic_status"


_HERE_NOW = ("spatial_constraints.within_city.whole_city", "temporal_constraints.now")


def _no_traffic(auxiliary: tuple[str, ...] = _HERE_NOW) -> Truth:
    return Truth(no_data("路况", "拥堵", "堵车"), auxiliary=auxiliary, unsolvable="no_data")


def _seldom(scene: Scene) -> bool:
    """Whether to ask for traffic where the world doesn't know it: now and then."""
    return scene.city.traffic is None and not rarely(scene)


def _delay(item: Item) -> int:
    if "traffic_delay_s" not in item:
        raise Unsolved("这里没有路况数据，没法判断堵不堵；只能按道路畅通估算时间。")
    return item["traffic_delay_s"]


def _jam_said(item: Item, entity: str, rng: random.Random) -> list[Piece]:
    """How jammed it is, first in a word, then in minutes."""
    delay, free = _delay(item), item["duration_s"] - item["traffic_delay_s"]
    if delay < 60:
        word = "(基本不堵|路上很顺)，"
    elif delay < 0.25 * free:
        word = "(有点堵|有些缓行)，"
    else:
        word = "(比较堵|堵得不轻)，"
    return sentence(
        (word + "(因为拥堵要多花|比畅通时多花){delay}，路上一共{duration}。",),
        rng,
        delay=say_fact("duration", delay, entity, rng=rng),
        duration=say_fact("duration", item["duration_s"], entity, rng=rng),
    )


class JammedNow(QueryPattern):
    """Whether the way to a place is jammed now, and what that costs."""

    name = "jammed_now"
    leaf = LEAF
    wordings = (
        (
            "现在{from}去{to}(的路|)堵不堵(啊|)？(要堵多久|得多花多长时间)",
            "{from}开车到{to}(现在|这会儿)堵车(吗|严重吗)，(大概|)会堵多久",
            "(查一下|看看)现在{from}去{to}的路况，(堵车要|拥堵会)多花多少时间",
            "去{to}(的|)路上(现在|这会儿)堵吗？{from}开车过去，拥堵延误(有|)多久",
            "(这个点|这时候)开车{from}去{to}会不会很堵，要堵几分钟",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if _seldom(scene):
            return None
        slots = drawn_start(scene)
        place = landmark(scene, start=known_start(scene, slots), unlike=(slots["start"],))
        return {**slots, "to": place.name} if place else None

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        start, place = await true_start(scene, slots), await true_place(scene, slots["to"])
        item = await true_route(scene, start, place["location"]) if start and place else None
        if item is None:
            return None
        if scene.city.traffic is None:
            return _no_traffic()
        if item["traffic_delay_s"] < 60 and scene.rng.random() < 0.7:
            return None  # a free road is a fair question, but not most of them
        return Truth(
            (said_duration(item["traffic_delay_s"]), said_duration(item["duration_s"])),
            auxiliary=_HERE_NOW,
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        item = await route(episode, start, place["location"], thought="驾车路线里有拥堵延误")
        jam = _jam_said(item, place["name"], rng)
        roads = main_roads(item)
        facts = way_facts(item, place["name"], rng)
        episode.answer(
            *sentence(
                ("{start}去{place}，现在", "现在{start}开车去{place}"),
                rng,
                start=start_said(slots),
                place=name_of(place),
            ),
            *jam,
            *(sentence(("主要走{roads}，全程{distance}。",), rng, roads=roads, **facts) if roads else []),
            *sentence(
                ("马上走的话{arrival}到。", "现在出发，{arrival}能到。(要看看晚点走会不会好些吗？|)"), rng, **facts
            ),
        )


class CommuteJam(QueryPattern):
    """Traffic between home and work: one call."""

    name = "commute_jam"
    leaf = LEAF
    wordings = (
        (
            "(现在|这会儿)从{a}(开车|){going}(路上|)堵(吗|不堵)，多堵多久",
            "{a}到{b}现在路况(怎么样|如何)？堵车要多花几分钟",
            "(我|)准备从{a}{going}，(现在|这个时间)开车会堵多长时间",
            "看下{a}到{b}这条路现在堵多久",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if len({"家", "公司"} & scene.context.profile.keys()) < 2 or _seldom(scene):
            return None
        a, b = scene.rng.sample(("家", "公司"), 2)
        return {"a": a, "b": b, "going": {"家": "回家", "公司": "去公司"}[b]}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        profile = scene.context.profile
        item = await true_route(scene, profile[slots["a"]], profile[slots["b"]])
        if item is None or item["duration_s"] < 240:
            return None
        if scene.city.traffic is None:
            return _no_traffic()
        return Truth((said_duration(item["traffic_delay_s"]),), auxiliary=_HERE_NOW)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        profile = episode.context.profile
        item = await route(
            episode, profile[slots["a"]], profile[slots["b"]], thought="两处位置都已知，直接看带路况的驾车路线"
        )
        facts = way_facts(item, slots["b"], rng)
        jam = _jam_said(item, slots["b"], rng)
        episode.answer(
            *sentence(("从{a}到{b}现在", "{a}到{b}这条路，现在"), rng, a=name_of(slots["a"]), b=name_of(slots["b"])),
            *jam,
            *sentence(
                ("全程{distance}，现在走{arrival}到。", "现在出发{arrival}能到{b}。"), rng, b=slots["b"], **facts
            ),
            *rng.choice(([], ["要不要我算算几点走不堵？"], ["不赶时间的话可以错开高峰。"])),
        )


class LeastJammed(QueryPattern):
    """Which of some hours is best to drive."""

    name = "least_jammed"
    leaf = LEAF
    wordings = (
        (
            "今天{times}{from}开车去{to}，(哪个点|几点)出发路上最(省时间|不堵)？",
            "{from}去{to}，想避开(高峰|堵车)，今天{times}这几个时间哪个出发(用时最短|最快)",
            "(帮我看看|)今天{times}分别出发，{from}开车到{to}哪个时间路上花的时间最少",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if scene.city.traffic is None or scene.now.hour > 17:
            return None
        slots = drawn_start(scene, named=0.2)
        place = landmark(scene, start=known_start(scene, slots), unlike=(slots["start"],))
        first = scene.now.hour + scene.rng.randrange(1, 4)
        count = scene.rng.choice((2, 3, 3, 4, 6))
        hours = list(range(first, first + count))
        if place is None or hours[-1] > 22 or len({hour % 12 for hour in hours}) < count:
            return None
        times = [iso(scene.now.replace(hour=hour, minute=0)) for hour in hours]
        form = scene.rng.choice((0, 2, 3))
        said = "、".join(clock_forms(clock(time))[form] for time in times)
        return {**slots, "to": place.name, "leave": times, "times": said}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        start, place = await true_start(scene, slots), await true_place(scene, slots["to"])
        if not start or not place:
            return None
        found = [await true_route(scene, start, place["location"], departure_time=time) for time in slots["leave"]]
        if not all(found):
            return None
        by_time = sorted(range(len(found)), key=lambda at: found[at]["duration_s"])
        if found[by_time[1]]["duration_s"] - found[by_time[0]]["duration_s"] < 45:
            return None
        spellings = [hour_spellings(clock(time)) for time in slots["leave"]]
        return Truth(
            (
                {"kind": "choice", "winner": spellings[by_time[0]], "among": spellings},
                said_duration(found[by_time[0]]["duration_s"]),
            ),
            secondary=("planning_and_decision.solution_comparison.route_comparison",),
            auxiliary=(
                "spatial_constraints.within_city.whole_city",
                "temporal_constraints.today",
                "temporal_constraints.specific_time",
            ),
            temporal={"departure": "temporal_constraints.specific_time"},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        found = [
            await route(episode, start, place["location"], thought=f"{clock(time)} 出发要多久", departure_time=time)
            for time in slots["leave"]
        ]
        best, *others = sorted(found, key=lambda item: item["duration_s"])
        entity = clock(best["departure"])
        pieces = sentence(
            (
                "建议{at}出发，{start}开车去{place}路上最省时间，要{duration}。",
                "{at}出发最快，{start}开车到{place}只要{duration}。",
            ),
            rng,
            at=Fact(entity, "clock", entity, place["name"]),
            start=start_said(slots),
            place=name_of(place),
            duration=exactly(best["duration_s"], entity),
        )
        for item in sorted(others, key=lambda item: item["departure"]):
            at = clock(item["departure"])
            pieces += sentence(
                ("{at}走要{duration}；",),
                rng,
                at=Fact(at, "clock", at, place["name"]),
                duration=exactly(item["duration_s"], at),
            )
        pieces[-1] = "。"
        saved = others[-1]["duration_s"] - best["duration_s"]
        if saved >= 60:
            pieces += sentence(
                ("比最慢的时候省{saved}。",),
                rng,
                saved=exactly(saved, entity, "difference"),
            )
        episode.answer(*pieces)


def hour_spellings(at: str) -> list[str]:
    """The ways to write a whole hour: 17:00, 下午 5 点, 下午5点, 下午五点整, 下午五点, 17点."""
    forms = clock_forms(at)
    more = [form.replace(" ", "") for form in forms] + [form.removesuffix("整") for form in forms]
    return list(dict.fromkeys([*forms, *more, f"{int(at[:2])}点", f"{int(at[:2])} 点"]))


class LaterBetter(QueryPattern):
    """How much a drive takes now and some time later."""

    name = "later_better"
    leaf = LEAF
    held_out = True
    wordings = (
        (
            "现在去{to}堵不堵？要是等{wait}再走，{from}开车能快多少",
            "{from}开车去{to}，现在走和{wait}后走，路上各要多久",
            "(等|)过{wait}再{from}开车去{to}，路况会不会好一点？(现在和到时候|两个时间)各要多久",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if scene.city.traffic is None:
            return None
        slots = drawn_start(scene, named=0.2)
        place = landmark(scene, start=known_start(scene, slots), unlike=(slots["start"],))
        minutes, said = scene.rng.choice(((60, "一个小时"), (90, "一个半小时"), (120, "两个小时"), (180, "三个小时")))
        if place is None or (scene.now + timedelta(minutes=minutes)).date() != scene.now.date():
            return None
        return {**slots, "to": place.name, "wait": said, "minutes": minutes}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        start, place = await true_start(scene, slots), await true_place(scene, slots["to"])
        if not start or not place:
            return None
        at = iso(scene.now + timedelta(minutes=slots["minutes"]))
        now = await true_route(scene, start, place["location"])
        then = await true_route(scene, start, place["location"], departure_time=at)
        if now is None or then is None or abs(now["duration_s"] - then["duration_s"]) < 90:
            return None
        return Truth(
            (said_duration(now["duration_s"], within=45), said_duration(then["duration_s"], within=45)),
            auxiliary=(*_HERE_NOW, "temporal_constraints.duration"),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        at = iso(episode.context.now + timedelta(minutes=slots["minutes"]))
        now = await route(episode, start, place["location"], thought="现在走的用时")
        then = await route(episode, start, place["location"], thought=f"{slots['wait']}后走的用时", departure_time=at)
        saved = now["duration_s"] - then["duration_s"]
        leave = clock(then["departure"])
        episode.answer(
            *sentence(
                (
                    "现在{start}开车去{place}要{now}；等到{at}再走要{then}，",
                    "{start}去{place}，现在走路上{now}，{at}走路上{then}，",
                ),
                rng,
                start=start_said(slots),
                place=name_of(place),
                now=exactly(now["duration_s"], place["name"]),
                at=Fact(leave, "clock", leave, place["name"], "end"),
                then=exactly(then["duration_s"], leave),
            ),
            *sentence(
                ("能快{saved}，不急的话可以晚点走。",) if saved > 0 else ("反而慢{saved}，还是现在走好。",),
                rng,
                saved=exactly(abs(saved), leave, "difference"),
            ),
            *sentence(("现在走{arrival}就到。",), rng, **way_facts(now, place["name"], rng)),
        )


TRAFFIC = (JammedNow(), CommuteJam(), LeastJammed(), LaterBetter())
