"""Instructions to drop in at the nearest place of a kind, or at the one nearest to the way."""

import random

from stagent.queries.answer import Fact
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import (
    drawn_start,
    exactly,
    find,
    known_start,
    landmark,
    name_of,
    origin,
    route,
    said_duration,
    start_said,
    true_place,
    true_route,
    true_start,
    way_facts,
)
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Scene, where
from stagent.routing.geometry import haversine_m
from stagent.worlds.local.categories import CATEGORIES

LEAF = "planning_and_decision.itinerary_planning.simple_route_itinerary"


# Kinds that one drops in at: category, what one goes there for.
_DROP_INS = {
    "pharmacy": ("买点药", "药店"),
    "supermarket": ("买点东西", "超市"),
    "convenience": ("买瓶水", "便利店"),
    "bank": ("办点业务", "银行"),
    "atm": ("取点现金", "自动取款机"),
    "fuel": ("加个油", "加油站"),
    "charging": ("充个电", "充电站"),
    "florist": ("买束花", "花店"),
    "bakery": ("买个面包", "面包店"),
    "courier": ("寄个快递", "快递网点"),
    "cafe": ("买杯咖啡", "咖啡馆"),
    "greengrocer": ("买点水果", "水果店"),
    "toilet": ("上个厕所", "公共厕所"),
}


class NearestThenOn(QueryPattern):
    """First to the nearest place of a kind, then on to a place with a name."""

    name = "nearest_then_on"
    leaf = LEAF
    wordings = (
        (
            "先去离我最近的{kind}{purpose}，再开车去{to}，路上一共要多久？",
            "我想先到最近的{kind}{purpose}，然后去{to}，从这里开车全程多长时间",
            "开车去{to}，出发先找离我最近的{kind}{purpose}，(两段路|全程)一共多久",
            "从我这儿先去最近的{kind}，再去{to}，开车怎么安排，要多久",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        category = scene.rng.choice([key for key in _DROP_INS if key in CATEGORIES])
        place = landmark(scene)
        if place is None or not scene.places(category):
            return None
        purpose, kind = _DROP_INS[category]
        return {"to": place.name, "category": category, "kind": kind, "purpose": purpose}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        place = await true_place(scene, slots["to"])
        near = scene.near(scene.places(slots["category"]), 4000)
        if place is None or not near or near[0].name == slots["to"]:
            return None
        if len(near) > 1:
            one, two = (float(haversine_m(*scene.here, *spot.at)) for spot in near[:2])
            if two - one < 25:
                return None
        here = scene.context.location
        item = await true_route(scene, here, place["location"], intermediates=[where(near[0])])
        if item is None:
            return None
        return Truth(
            (
                {"kind": "names", "any_of": [near[0].name]},
                said_duration(item["duration_s"]),
            ),
            secondary=("discovery.poi_search.spatial_optimized_poi_search",),
            auxiliary=("spatial_constraints.within_city.nearby",),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        here = episode.context.location
        content = await episode.call(
            "map_search_places",
            f"找最近的{slots['kind']}",
            query=slots["kind"],
            center=here,
            radius=4000,
            sort_by="distance",
            limit=1,
        )
        if not content["items"]:
            raise Unsolved(f"4 公里内没有找到{slots['kind']}。")
        stop = content["items"][0]
        place = await find(episode, slots["to"])
        item = await route(
            episode, here, place["location"], thought="经过它再去目的地", intermediates=[stop["location"]]
        )
        first, second = item["legs"]
        facts = way_facts(item, place["name"], rng)
        open_now = []
        if "open_now" in stop:
            word = "现在营业" if stop["open_now"] else "现在没有营业"
            open_now = ["，", Fact(word, "open", stop["open_now"], stop["name"])]
        episode.answer(
            *sentence(
                (
                    "最近的{kind}是{stop}，直线距离{away}{open}。开车先到那里{one}，再到{place}{two}，一共{duration}，{distance}。",
                    "先去{stop}（离您{away}{open}），开车{one}，然后去{place}，{two}，全程{duration}，{distance}。",
                ),
                rng,
                kind=slots["kind"],
                stop=name_of(stop),
                away=say_fact("distance", stop["distance_m"], stop["name"]),
                open=open_now,
                one=["要", say_fact("duration", first["duration_s"], stop["name"])],
                place=name_of(place),
                two=["要", say_fact("duration", second["duration_s"], place["name"])],
                **facts,
            ),
            *sentence(("中途不停的话{arrival}到。", "不算停留，{arrival}能到。"), rng, **facts),
        )


class StopOnTheWay(QueryPattern):
    """A drive with a stop at the place of a kind that lies nearest to the way."""

    name = "stop_on_the_way"
    leaf = LEAF
    wordings = (
        (
            "{from}开车去{to}，路上想找个离路线最近的{kind}{purpose}，(绕过去|算上它)一共多久？",
            "开车{from}到{to}，沿途最顺路（离路线最近）的{kind}是哪家，经过它全程要多久",
            "{from}去{to}的路上要{purpose}，哪个{kind}离路线最近？加上这一站总共多长时间，开车",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene, named=0.2)
        category = scene.rng.choice([key for key in _DROP_INS if key in CATEGORIES])
        place = landmark(scene, start=known_start(scene, slots), unlike=(slots["start"],))
        if place is None or not scene.places(category):
            return None
        purpose, kind = _DROP_INS[category]
        return {**slots, "to": place.name, "category": category, "kind": kind, "purpose": purpose}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        start, place = await true_start(scene, slots), await true_place(scene, slots["to"])
        if not start or not place:
            return None
        content = await scene.ask(
            "map_search_along_route",
            query=slots["kind"],
            origin=start,
            destination=place["location"],
            buffer_radius=500,
            limit=20,
        )
        items = content["items"]
        if not items or len(items) == 20 or slots["to"] in {item["name"] for item in items}:
            return None
        items.sort(key=lambda item: item["off_route_m"])
        if len(items) > 1 and items[1]["off_route_m"] - items[0]["off_route_m"] < 5:
            return None
        item = await true_route(scene, start, place["location"], intermediates=[items[0]["location"]])
        if item is None:
            return None
        return Truth(
            ({"kind": "names", "any_of": [items[0]["name"]]}, said_duration(item["duration_s"])),
            secondary=("discovery.poi_search.spatial_optimized_poi_search",),
            auxiliary=("spatial_constraints.along_route",),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        content = await episode.call(
            "map_search_along_route",
            f"沿途找{slots['kind']}",
            query=slots["kind"],
            origin=start,
            destination=place["location"],
            buffer_radius=500,
            limit=20,
        )
        if not content["items"]:
            raise Unsolved(f"这条路沿线 500 米内没有{slots['kind']}。")
        stop = min(content["items"], key=lambda item: item["off_route_m"])
        direct = content["about"]["duration_s"]
        item = await route(episode, start, place["location"], thought="算上这一站", intermediates=[stop["location"]])
        more = item["duration_s"] - direct
        facts = way_facts(item, place["name"], rng) | {"duration": exactly(item["duration_s"], place["name"])}
        episode.answer(
            *sentence(
                (
                    "最顺路的{kind}是{stop}，离路线{off}，从起点走{along}就到。{start}经过它去{place}一共{duration}，",
                    "{start}去{place}，离路线最近的{kind}是{stop}（偏离{off}），经过它全程{duration}，{distance}，",
                ),
                rng,
                kind=slots["kind"],
                stop=name_of(stop),
                off=say_fact("distance", stop["off_route_m"], stop["name"]),
                along=say_fact("distance", stop["along_m"], stop["name"]),
                start=start_said(slots),
                place=name_of(place),
                **facts,
            ),
            *sentence(
                ("直接去{place}要{direct}，只多{more}。", "不停的话到{place}要{direct}，多{more}。")
                if more > 0
                else ("直接去{place}也要{direct}，差不多。",),
                rng,
                place=name_of(place),
                direct=exactly(direct, place["name"]),
                more=exactly(max(more, 0), place["name"], "difference"),
            ),
        )


ERRANDS = (NearestThenOn(), StopOnTheWay())
