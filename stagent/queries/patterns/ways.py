"""Instructions about one way: how to go, how long it takes."""

import random

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import (
    MODES,
    SAID,
    WHOLE_CITY,
    drawn_mode,
    drawn_start,
    find,
    known_start,
    landmark,
    name_of,
    no_data,
    origin,
    rarely,
    rides,
    roads_said,
    route,
    said_duration,
    said_value,
    start_said,
    true_ends,
    true_route,
    way_facts,
)
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Scene

LEAF = "planning_and_decision.route_planning"


class RouteTo(QueryPattern):
    """How to get to a place, and how long and far it is."""

    name = "route_to"
    leaf = LEAF
    wordings = (
        (
            "{from}{how}去{to}(要|得|大概要|)多久(？|啊|)",
            "{from}{how}到{to}怎么走(，多远|，要多长时间|)？",
            "(导航去|我要去|帮我看下去){to}，{from}{how}，(大概|)多(长时间|久)能到",
            "{to}离(得|)远吗，{from}{how}过去要多少时间",
            "(请问|麻烦问一下，|){from}{how}去{to}的路线(是什么|怎么走)？(一共|总共)多少公里？",
            "规划一下{from}去{to}的{how}路线",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene)
        mode = drawn_mode(scene, ("driving", "driving", "walking", "bicycling"))
        place = landmark(scene, mode, start=known_start(scene, slots), unlike=(slots["start"],))
        if place is None:
            return None
        return {**slots, "to": place.name, "mode": mode, "how": scene.rng.choice(SAID[mode])}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        ends = await true_ends(scene, slots)
        item = await true_route(scene, *ends, slots["mode"]) if ends else None
        if item is None or item["duration_s"] > 3 * 3600:
            return None
        return Truth(
            (said_duration(item["duration_s"]), said_value("distance", item["distance_m"], within=100)),
            auxiliary=(WHOLE_CITY,),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        item = await route(episode, start, place["location"], slots["mode"])
        facts = way_facts(item, place["name"], rng)
        more: list[Piece] = []
        if item.get("toll_yuan"):
            more += sentence(
                ("过路费{toll}。", "要付{toll}过路费。"), rng, toll=say_fact("money", item["toll_yuan"], place["name"])
            )
        if slots["mode"] == "driving":
            more += roads_said(item, rng)
        episode.answer(
            *sentence(
                (
                    "{start}{how}去{place}，全程{distance}，需要{duration}。",
                    "{start}{how}到{place}要{duration}，路程{distance}。",
                    "{start}去{place}，{how}{duration}能到，共{distance}。",
                ),
                rng,
                start=start_said(slots),
                how=MODES[slots["mode"]],
                place=name_of(place),
                **facts,
            ),
            *more,
            *sentence(
                (
                    "现在出发的话{arrival}到。(需要换一种方式再告诉我。|)",
                    "现在走预计{arrival}到达。(要不要我再比一比别的出行方式？|)",
                ),
                rng,
                arrival=facts["arrival"],
            ),
        )


class TransitTo(QueryPattern):
    """How to get to a place by bus and metro: lines, changes, time."""

    name = "transit_to"
    leaf = LEAF
    wordings = (
        (
            "{from}坐(公交地铁|公交或地铁|公共交通)去{to}怎么走(？|，要多久？|)",
            "不开车，{from}去{to}怎么坐车(，大概多久|)",
            "(请问|){from}到{to}坐公共交通要(多长时间|多久)？要换乘几次？",
            "{from}去{to}的(公交|公共交通)路线，(谢谢|麻烦快一点|)",
            "(没开车|今天限行)，{from}怎么坐地铁公交去{to}",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene, named=0.25)
        place = landmark(scene, "transit", start=known_start(scene, slots), unlike=(slots["start"],))
        if place is None or (scene.city.timetable is None and not rarely(scene)):
            return None
        return {**slots, "to": place.name}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        ends = await true_ends(scene, slots)
        if ends is None:
            return None
        if scene.city.timetable is None:
            return Truth(no_data("公交", "地铁", "时刻"), auxiliary=(WHOLE_CITY,), unsolvable="no_data")
        item = await true_route(scene, *ends, "transit")
        if item is None or not rides(item) or item["duration_s"] > 2.5 * 3600:
            return None
        return Truth(
            (
                said_duration(item["duration_s"]),
                {"kind": "text", "all_of": [[step["line"]] for step in rides(item)]},
            ),
            secondary=("dynamic_information.realtime_traffic_and_transit.public_transit_schedules_and_routes",),
            auxiliary=(WHOLE_CITY,),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        item = await route(episode, start, place["location"], "transit")
        facts = way_facts(item, place["name"], rng)
        pieces = sentence(
            (
                "{start}坐公共交通去{place}要{duration}，现在走{arrival}到。",
                "{start}到{place}，公共交通全程{duration}，预计{arrival}到达。",
            ),
            rng,
            start=start_said(slots),
            place=name_of(place),
            **facts,
        )
        steps = rides(item)
        for number, step in enumerate(steps):
            pieces += sentence(
                ("{first}在{board}坐{line}，{stops}站到{leave}下。",),
                rng,
                first="先" if len(steps) > 1 and not number else "再" if number else "",
                board=name_of(step["from_name"]),
                line=Fact(step["line"], "name", step["line"], step["line"]),
                stops=Fact(f"{step['stop_count']} ", "count", step["stop_count"], step["line"]),
                leave=name_of(step["to_name"]),
            )
        if not steps:
            pieces.append("这段路直接步行最快，不用坐车。")
        pieces += sentence(
            ("一共步行{walk}。(下车后我可以再带您走最后一段。|)", "路上要走{walk}。"),
            rng,
            walk=say_fact("distance", item["walking_m"], place["name"], rng=rng),
        )
        if "fare_yuan" in item:
            pieces += ["票价", say_fact("money", item["fare_yuan"], place["name"]), "。"]
        episode.answer(*pieces)


class RouteHome(QueryPattern):
    """From where the user is to home or work: one call."""

    name = "route_home"
    leaf = LEAF
    wordings = (
        (
            "现在{how}回{end}要多久",
            "(我想|)回{end}，{how}(得|要)多长时间？",
            "导航回{end}，{how}(，谢谢|)",
            "{how}回{end}(怎么走|走哪条路)，几点能到",
            "这个点{how}回{end}要花多少时间啊",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        known = [name for name in ("家", "公司") if name in scene.context.profile]
        if not known:
            return None
        mode = drawn_mode(scene, ("driving", "bicycling"))
        return {"end": scene.rng.choice(known), "mode": mode, "how": scene.rng.choice(SAID[mode])}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        item = await true_route(scene, scene.context.location, scene.context.profile[slots["end"]], slots["mode"])
        if item is None or not 120 <= item["duration_s"] <= 2 * 3600:
            return None
        return Truth((said_duration(item["duration_s"]),), auxiliary=(WHOLE_CITY, "temporal_constraints.now"))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        end = episode.context.profile[slots["end"]]
        item = await route(episode, episode.context.location, end, slots["mode"], "家和现在的位置都知道，直接算路线")
        facts = way_facts(item, slots["end"], rng)
        roads = roads_said(item, rng) if slots["mode"] == "driving" else []
        episode.answer(
            *sentence(
                (
                    "从您现在的位置{how}回{end}要{duration}，全程{distance}，{arrival}左右到。",
                    "{how}回{end}路程{distance}，要{duration}，现在走{arrival}前后能到。",
                    "现在出发{how}回{end}，{arrival}到，路上{duration}，{distance}。",
                ),
                rng,
                how=MODES[slots["mode"]],
                end=name_of(slots["end"]),
                **(facts | {"distance": say_fact("distance", item["distance_m"], slots["end"])}),
            ),
            *roads,
            *rng.choice(([], ["路上注意安全。"], ["要顺路办点什么事，可以告诉我。"])),
        )


WAYS = (RouteTo(), TransitTo(), RouteHome())
