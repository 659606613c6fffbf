"""Instructions about one way: how to go, how long, when to leave, which roads."""

import random
from typing import Any

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import (
    MODES,
    SAID,
    clock,
    day_word,
    drawn_mode,
    drawn_start,
    find,
    iso,
    known_start,
    landmark,
    later,
    main_roads,
    moment,
    name_of,
    no_data,
    origin,
    rarely,
    rides,
    route,
    said_clock,
    said_duration,
    said_value,
    start_said,
    true_place,
    true_route,
    true_start,
    way_facts,
)
from stagent.queries.sayings import clock_forms, say_fact
from stagent.queries.scene import Scene

LEAF = "planning_and_decision.route_planning"
_WHOLE_CITY = "spatial_constraints.within_city.whole_city"
_TIME = "temporal_constraints.specific_time"


async def _ends(scene: Scene, slots: Slots) -> tuple[str, str] | None:
    """The coordinates of a drawn way's start and end; None: a search doesn't find one of them."""
    start, end = await true_start(scene, slots), await true_place(scene, slots["to"])
    return (start, end["location"]) if start and end else None


def _roads_said(item: dict[str, Any], rng: random.Random) -> list[Piece]:
    roads = main_roads(item)
    return sentence(("主要走{roads}。", "途经{roads}。", "路上主要经过{roads}。"), rng, roads=roads) if roads else []


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
        ends = await _ends(scene, slots)
        item = await true_route(scene, *ends, slots["mode"]) if ends else None
        if item is None or item["duration_s"] > 3 * 3600:
            return None
        return Truth(
            (said_duration(item["duration_s"]), said_value("distance", item["distance_m"], within=100)),
            auxiliary=(_WHOLE_CITY,),
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
            more += _roads_said(item, rng)
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
            "{from}坐(公交|地铁|公交地铁|公共交通)去{to}怎么走(？|，要多久？|)",
            "不开车，{from}去{to}怎么坐车(，大概多久|)",
            "(请问|){from}到{to}(坐公交|坐公共交通)要(多长时间|多久)？要换乘几次？",
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
        ends = await _ends(scene, slots)
        if ends is None:
            return None
        if scene.city.timetable is None:
            return Truth(no_data("公交", "地铁", "时刻"), auxiliary=(_WHOLE_CITY,), unsolvable="no_data")
        item = await true_route(scene, *ends, "transit")
        if item is None or not rides(item) or item["duration_s"] > 2.5 * 3600:
            return None
        return Truth(
            (
                said_duration(item["duration_s"]),
                {"kind": "text", "all_of": [[step["line"]] for step in rides(item)]},
            ),
            secondary=("dynamic_information.realtime_traffic_and_transit.public_transit_schedules_and_routes",),
            auxiliary=(_WHOLE_CITY,),
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
        return Truth((said_duration(item["duration_s"]),), auxiliary=(_WHOLE_CITY, "temporal_constraints.now"))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        end = episode.context.profile[slots["end"]]
        item = await route(episode, episode.context.location, end, slots["mode"], "家和现在的位置都知道，直接算路线")
        facts = way_facts(item, slots["end"], rng)
        roads = _roads_said(item, rng) if slots["mode"] == "driving" else []
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


class LeaveInTime(QueryPattern):
    """When to leave so as to arrive by a time."""

    name = "leave_in_time"
    leaf = LEAF
    wordings = (
        (
            "{day}{by}(之前|前)要到{to}，{from}{how}最晚几点出发？",
            "(我|)要在{day}{by}前赶到{to}，{from}{how}几点(走|动身|出门)合适，最晚几点",
            "{from}{how}去{to}，想{day}{by}前到，最迟什么时候(走|出发)",
            "{day}{by}约了人在{to}见面，{from}{how}过去最晚几点得出发",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene, named=0.25)
        mode = drawn_mode(scene, ("driving", "driving", "bicycling", "transit"))
        place = landmark(scene, mode, start=known_start(scene, slots), unlike=(slots["start"],))
        if place is None:
            return None
        at = later(scene, 120, 600)
        if not 8 <= at.hour <= 21:
            return None
        how = scene.rng.choice(SAID[mode])
        said = scene.rng.choice(clock_forms(f"{at:%H:%M}"))
        return {**slots, "to": place.name, "mode": mode, "how": how, "by": said, "arrive": iso(at),
                "day": day_word(scene.now, at)}  # fmt: skip

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        ends = await _ends(scene, slots)
        item = await true_route(scene, *ends, slots["mode"], arrival_time=slots["arrive"]) if ends else None
        if item is None or item["duration_s"] > 2.5 * 3600 or (slots["mode"] == "transit" and not rides(item)):
            return None
        return Truth(
            (said_clock(item["departure"]),),
            auxiliary=(_WHOLE_CITY, _TIME),
            temporal={"arrival": _TIME},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        item = await route(
            episode, start, place["location"], slots["mode"], "按最晚到达时间倒推出发时间", arrival_time=slots["arrive"]
        )
        facts = way_facts(item, place["name"], rng)
        # not rounded up: it would look late
        facts["arrival"] = say_fact("clock", f"{moment(item['arrival']):%H:%M}", place["name"], rng=rng)
        steps = rides(item) if slots["mode"] == "transit" else []
        episode.answer(
            *sentence(
                (
                    "最晚{departure}出发。{start}{how}去{place}要{duration}，这样{arrival}能到，赶在{by}之前。",
                    "要赶在{by}前到{place}，{start}{how}最迟{departure}就得走，路上{duration}，{arrival}到达。",
                    "{start}{how}到{place}，路上{duration}，最晚{departure}动身，{arrival}到，不会晚于{by}。",
                ),
                rng,
                start=start_said(slots),
                how=MODES[slots["mode"]],
                place=name_of(place),
                by=Fact(slots["by"], "clock", clock(slots["arrive"]), place["name"]),
                **facts,
            ),
            *(sentence(("先坐的是{line}，上车站是{board}。",), rng, line=name_of(steps[0]["line"]),
                       board=name_of(steps[0]["from_name"])) if steps else []),
            *rng.choice((["建议再留十分钟余量。"], ["稳妥起见可以早走一会儿。"], [])),
        )  # fmt: skip


class ArriveWhen(QueryPattern):
    """Leaving at a later time: when one arrives."""

    name = "arrive_when"
    leaf = LEAF
    held_out = True
    wordings = (
        (
            "{day}{at}{from}{how}去{to}，几点能到？",
            "(如果|假如|)我{day}{at}出发，{from}{how}到{to}(是|得)几点",
            "{day}{at}走的话，{from}{how}去{to}什么时候能到，路上多久",
            "打算{day}{at}{from}{how}去{to}，(帮我看看|算一下)几点到",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene, named=0.25)
        mode = drawn_mode(scene, ("driving", "driving", "transit"))
        place = landmark(scene, mode, start=known_start(scene, slots), unlike=(slots["start"],))
        at = later(scene, 40, 900)
        if place is None or not 6 <= at.hour <= 21:
            return None
        said = scene.rng.choice(clock_forms(f"{at:%H:%M}"))
        how = scene.rng.choice(SAID[mode])
        return {**slots, "to": place.name, "mode": mode, "how": how, "at": said, "leave": iso(at),
                "day": day_word(scene.now, at)}  # fmt: skip

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        ends = await _ends(scene, slots)
        item = await true_route(scene, *ends, slots["mode"], departure_time=slots["leave"]) if ends else None
        if item is None or item["duration_s"] > 2.5 * 3600 or (slots["mode"] == "transit" and not rides(item)):
            return None
        # a bus or a train leaves later than one is ready to: then one is on the way for less long, and arrives the same
        return Truth((said_clock(item["arrival"]),), auxiliary=(_WHOLE_CITY, _TIME), temporal={"departure": _TIME})

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        item = await route(
            episode, start, place["location"], slots["mode"], "按出发时间算", departure_time=slots["leave"]
        )
        facts = way_facts(item, place["name"], rng)
        episode.answer(
            *sentence(
                (
                    "{arrival}到。{start}{how}去{place}，{at}出发，路上{duration}，全程{distance}。",
                    "{at}{start}出发，{how}到{place}要{duration}，预计{arrival}到达，共{distance}。",
                ),
                rng,
                start=start_said(slots),
                how=MODES[slots["mode"]],
                place=name_of(place),
                at=Fact(slots["at"], "clock", clock(slots["leave"]), place["name"]),
                **facts,
            ),
            *rng.choice((["临出发前可以再让我看一次路况。"], ["要改时间告诉我就行。"], [])),
        )


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
                "avoid_tolls": ("不走收费路", "避开收费路段", "不想交过路费"),
                "avoid_highways+avoid_tolls": ("不走高速也不走收费路",),
            }
        preference = scene.rng.choice(list(wishes))
        wish = scene.rng.choice(wishes[preference])
        return {**slots, "to": place.name, "preference": preference, "wish": wish,
                "how": scene.rng.choice(SAID["driving"])}  # fmt: skip

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        ends = await _ends(scene, slots)
        if ends is None or (item := await true_route(scene, *ends, preference=slots["preference"])) is None:
            return None
        return Truth(
            (said_duration(item["duration_s"]), said_value("distance", item["distance_m"], within=100)),
            auxiliary=(_WHOLE_CITY, "preference_constraints.route_preference"),
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
            *_roads_said(item, rng),
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
        ends, via = await _ends(scene, slots), await true_place(scene, slots["via"])
        if ends is None or via is None:
            return None
        item = await true_route(scene, *ends, slots["mode"], intermediates=[via["location"]])
        if item is None or item["duration_s"] > 3 * 3600:
            return None
        return Truth(
            (said_duration(item["duration_s"]), said_value("distance", item["distance_m"], within=100)),
            secondary=("planning_and_decision.itinerary_planning.simple_route_itinerary",),
            auxiliary=(_WHOLE_CITY,),
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


WAYS = (
    RouteTo(),
    TransitTo(),
    RouteHome(),
    LeaveInTime(),
    ArriveWhen(),
    RouteWithPreference(),
    RouteVia(),
)
