"""Instructions about one way on certain roads, or by way of a place."""

import random

from stagent.queries.episode import Episode, Unsolved
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
    origin,
    roads_said,
    route,
    said_duration,
    said_value,
    start_said,
    true_ends,
    true_place,
    true_route,
    way_facts,
)
from stagent.queries.patterns.ways import LEAF
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Scene


class RouteWithPreference(QueryPattern):
    """A drive that avoids or prefers a kind of road."""

    name = "route_with_preference"
    leaf = LEAF
    wordings = (
        (
            "{from}{how}去{to}，{wish}，要多久(？|，多少公里？|)",
            "{from}{how}到{to}，(我想|麻烦|){wish}，怎么走(，大概多久|)",
            "去{to}{wish}的话，{from}{how}要(多长时间|多久)",
            "(导航去|带我去){to}，{from}{how}，{wish}，(一共|)多远多久",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene)
        place = landmark(scene, "driving", start=known_start(scene, slots), unlike=(slots["start"],))
        if place is None:
            return None
        wishes = {
            "avoid_highways": ("不走高速", "避开高速", "别上高速"),
            "prefer_highways": ("尽量走高速", "高速优先"),
            "prefer_main_roads": ("尽量走大路", "优先走主路"),
        }
        if scene.gazetteer.world.name == "sandbox":  # elsewhere nobody knows what roads cost
            wishes |= {
                "avoid_tolls": ("不走收费路", "避开收费路段", "不交过路费"),
                "avoid_highways+avoid_tolls": ("不走高速也不走收费路",),
            }
        preference = scene.rng.choice(list(wishes))
        wish = scene.rng.choice(wishes[preference])
        return {**slots, "to": place.name, "preference": preference, "wish": wish,
                "how": scene.rng.choice(SAID["driving"])}  # fmt: skip

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        ends = await true_ends(scene, slots)
        if ends is None or (item := await true_route(scene, *ends, preference=slots["preference"])) is None:
            return None
        return Truth(
            (said_duration(item["duration_s"]), said_value("distance", item["distance_m"], within=100)),
            auxiliary=(WHOLE_CITY, "preference_constraints.route_preference"),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        item = await route(
            episode, start, place["location"], thought=f"按“{slots['wish']}”算路线", preference=slots["preference"]
        )
        facts = way_facts(item, place["name"], rng)
        toll = []
        if "toll_yuan" in item:
            toll = sentence(("过路费{toll}。",), rng, toll=say_fact("money", item["toll_yuan"], place["name"]))
        episode.answer(
            *sentence(
                (
                    "{wish}的话，{start}开车去{place}要{duration}，全程{distance}。",
                    "{start}开车到{place}，{wish}，全程{distance}，要{duration}。",
                ),
                rng,
                wish=slots["wish"],
                start=start_said(slots),
                place=name_of(place),
                **facts,
            ),
            *toll,
            *roads_said(item, rng),
            *rng.choice((["要和不加这个条件的路线比一比吗？"], ["需要换条件随时说。"], [])),
        )


class RouteVia(QueryPattern):
    """A drive or a walk by way of another place that the user names."""

    name = "route_via"
    leaf = LEAF
    wordings = (
        (
            "{from}{how}去{to}，(中途|路上)要(先|)经过{via}，(一共|总共)多久(多远|)？",
            "我要先去{via}(接个人|拿点东西|)再去{to}，{from}{how}全程要多久",
            "{from}{how}，途经{via}到{to}，(一共|总共)多少公里、多长时间",
            "(帮我|)规划{from}去{to}的路线，{how}，途中经过{via}",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene, named=0.2)
        mode = drawn_mode(scene, ("driving", "driving", "driving", "bicycling"))
        via = landmark(scene, mode, start=known_start(scene, slots), unlike=(slots["start"],))
        to = landmark(scene, mode, start=via.at, unlike=(slots["start"], via.name)) if via else None
        if to is None:
            return None
        how = scene.rng.choice(SAID[mode])
        return {**slots, "via": via.name, "to": to.name, "mode": mode, "how": how}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        ends, via = await true_ends(scene, slots), await true_place(scene, slots["via"])
        if ends is None or via is None:
            return None
        item = await true_route(scene, *ends, slots["mode"], intermediates=[via["location"]])
        if item is None or item["duration_s"] > 3 * 3600 or min(leg["duration_s"] for leg in item["legs"]) < 90:
            return None
        return Truth(
            (said_duration(item["duration_s"]), said_value("distance", item["distance_m"], within=100)),
            secondary=("planning_and_decision.itinerary_planning.simple_route_itinerary",),
            auxiliary=(WHOLE_CITY,),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start = await origin(episode, slots)
        via, place = await find(episode, slots["via"]), await find(episode, slots["to"])
        item = await route(episode, start, place["location"], slots["mode"], intermediates=[via["location"]])
        if len(item.get("legs", ())) != 2:
            raise Unsolved("没有经过这两处的路线。")
        first, second = item["legs"]
        facts = way_facts(item, place["name"], rng)
        episode.answer(
            *sentence(
                (
                    "{start}{how}经{via}到{place}，一共{duration}，{distance}。先到{via}要{one}，再到{place}要{two}。",
                    "全程{distance}、{duration}：{start}{how}到{via}要{one}，从{via}到{place}要{two}。",
                ),
                rng,
                start=start_said(slots),
                how=MODES[slots["mode"]],
                via=name_of(via),
                place=name_of(place),
                one=say_fact("duration", first["duration_s"], via["name"], rng=rng),
                two=say_fact("duration", second["duration_s"], place["name"], rng=rng),
                **facts,
            ),
            *sentence(("不算停留，{arrival}到。", "中途不停的话{arrival}到。"), rng, arrival=facts["arrival"]),
        )


WAYS_CHOSEN = (RouteWithPreference(), RouteVia())
