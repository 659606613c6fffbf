"""Instructions about places and ways that few people combine so: tools that are rarely needed together."""

from datetime import datetime
from typing import Any

from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import draw_landmark, find_place
from stagent.queries.patterns.days import called_city, draw_day
from stagent.queries.patterns.filtered import open_at
from stagent.queries.patterns.journeys import clock, landmark, route, said_clock, true_place, true_route
from stagent.queries.patterns.kinds import DRINKS, ERRANDS, MEALS, KindOfPlace, draw_kind
from stagent.queries.patterns.manner import Manner, called, word
from stagent.queries.patterns.telling import Teller
from stagent.queries.patterns.weather import RAIN_NO, RAIN_YES, rains, snows, weather_pieces
from stagent.queries.scene import Scene

_WEATHER = "dynamic_information.realtime_weather"
_SPATIAL = "discovery.poi_search.spatial_optimized_poi_search"
_BASIC = "discovery.information_query.basic_attributes"
_ROUTE = "planning_and_decision.route_planning"
_KIND = "preference_constraints.category_or_cuisine"
OPEN_YES = ["还开着", "还在营业", "开着", "在营业", "营业中", "开门", "还开门"]
OPEN_NO = ["没开", "不营业", "已经关门", "关门了", "没有营业", "打烊", "不开门", "没开门", "休息"]
# Kinds that have a ranking list of their own.
_CHARTED = (
    "sichuan",
    "jiangzhe",
    "cantonese",
    "northern",
    "hotpot",
    "barbecue",
    "seafood",
    "japanese",
    "western",
    "cafe",
)


def charted(scene: Scene) -> tuple[KindOfPlace, str] | None:
    return draw_kind(scene, [kind for kind in (*MEALS, *DRINKS) if kind.category in _CHARTED], 12)


def open_verdict(value: bool) -> dict[str, Any]:
    return {"kind": "verdict", "value": value, "yes": OPEN_YES, "no": OPEN_NO}


class MeetOnChart(QueryPattern):
    """A place between two people that is on the city's ranking list, and whether it will rain when they meet."""

    name = "meet_on_chart"
    leaf = _SPATIAL
    long_tail = True
    wordings = (
        (
            "{day}我从这里出发，朋友从{there}出发，找个中间的{kind}，要上了{where}{kind}榜的，那天{where}会下雨吗",
            "(想|打算){day}和在{there}的朋友吃个饭，选一家我们俩都不远、又在{where}榜单上的{kind}，"
            "顺便看看那天{where}下不下雨",
            "{there}的朋友{day}来跟我碰面，{kind}，离两边都近，最好是{where}上榜的店，要不要带伞也说一下",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        kind, place = charted(scene), draw_landmark(scene)
        if kind is None or place is None or not scene.gazetteer.knows("map_search_ranking_list"):
            return None
        city = scene.city.name
        return {"kind": kind[1], "there": place.name, "city": city, "where": called_city(scene, city)} | draw_day(
            scene, 1, 4
        )

    @staticmethod
    def _on_both(central: dict[str, Any], charts: dict[str, Any]) -> list[str]:
        """Names of the central places, best first, that are on the list."""
        listed = {entry["name"] for entry in charts["items"][0]["entries"]} if charts["items"] else set()
        return [item["name"] for item in central["items"] if item["name"] in listed]

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        there = await true_place(scene, slots["there"])
        if there is None:
            return None
        origins = [scene.context.location, there["location"]]
        central = await scene.ask("map_search_central_places", query=slots["kind"], origins=origins, limit=20)
        charts = await scene.ask(
            "map_search_ranking_list", query=slots["kind"], region=slots["city"], max_lists=1, max_items=10
        )
        day = (await scene.ask("weather_forecast_days", location=slots["city"], date=slots["date"]))["items"][0]
        if "items" not in central or snows(day) or not (both := self._on_both(central, charts)):
            return None
        return Truth(
            (
                {"kind": "names", "any_of": both, "least": 1, "only": True, "also": [slots["there"]]},
                {"kind": "verdict", "value": rains(day), "yes": RAIN_YES, "no": RAIN_NO},
            ),
            secondary=(_WEATHER, "discovery.poi_search.constrained_poi_search"),
            auxiliary=("spatial_constraints.central_to_several", "preference_constraints.ranking", _KIND),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        there = await find_place(slots["there"], episode)
        central = await episode.call(
            "map_search_central_places",
            "找离两边都不远的",
            query=slots["kind"],
            origins=[episode.context.location, there["location"]],
            limit=20,
        )
        charts = await episode.call(
            "map_search_ranking_list",
            "看哪些上了榜",
            query=slots["kind"],
            region=slots["city"],
            max_lists=1,
            max_items=10,
        )
        day = (
            await episode.call("weather_forecast_days", "看那天下不下雨", location=slots["city"], date=slots["date"])
        )["items"][0]
        best = next(item for item in central["items"] if item["name"] in self._on_both(central, charts))
        m, teller = Manner(episode), Teller(episode)
        mine, other = (m.fact("distance", metres, best["name"]) for metres in best["distances_m"])
        episode.answer(
            *m.say(
                "上了{list}的{place}比较合适：{about}，离您直线{mine}，离您朋友{other}。{city}{day}{rain}：{weather}。",
                "推荐上了{list}的{place}：离您直线{mine}，离您朋友{other}，{about}。{day}{city}{rain}，{weather}。",
                place=called(best["name"]),
                list=called(charts["items"][0]["list_name"]),
                about=teller.about(best, "rating", "average_cost_yuan"),
                mine=mine,
                other=other,
                city=called(slots["city"]),
                day=m.day(day["date"]),
                rain="会下雨，记得带伞" if rains(day) else "不会下雨，不用带伞",
                weather=weather_pieces(day, m),
            )
        )


class StopAndStillOpen(QueryPattern):
    """A place of a kind on the way to another one, and whether that one is open on arrival."""

    name = "stop_and_still_open"
    leaf = "planning_and_decision.feasibility_assessment"
    long_tail = True
    wordings = (
        (
            "现在从我这里开车去{to}，顺路的{kind}有哪些？直接开过去的话到的时候{to}还开门吗",
            "我这就开车去{to}，路上有{kind}吗，推荐一个；另外我开到那儿时{to}(是不是|)还在营业(吗|)",
            "开车去{to}，沿途找个{kind}，再帮我看看现在出发、不停留，到达时{to}开着没有",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        kinds = (*ERRANDS, *DRINKS)
        place, kind = landmark(scene, "driving", categories=("museum", "mall", "library", "supermarket", "restaurant",
                               "bank", "cinema", "hospital")), draw_kind(scene, kinds, 8)  # fmt: skip
        if place is None or kind is None or place.hours is None:
            return None
        return {"to": place.name, "id": place.id, "kind": kind[1]}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        found = await true_place(scene, slots["to"])
        way = await true_route(scene, scene.context.location, found["location"]) if found else None
        if way is None:
            return None
        along = await scene.ask(
            "map_search_along_route",
            query=slots["kind"],
            origin=scene.context.location,
            destination=found["location"],
            limit=20,
        )
        arrival = datetime.fromisoformat(way["arrival"])
        place = next(place for place in scene.city.places if place.id == slots["id"])
        if not along.get("items") or arrival.date() != scene.now.date() or found["id"] != slots["id"]:
            return None
        if "omitted" in along or len(along["items"]) == 20:
            return None  # there are more that are right
        names = list(dict.fromkeys(item["name"] for item in along["items"]))
        return Truth(
            (
                {"kind": "names", "any_of": names, "least": 1, "only": True, "also": [slots["to"]]},
                open_verdict(place.hours.is_open(arrival)),
            ),
            secondary=(_SPATIAL, _BASIC),
            auxiliary=("spatial_constraints.along_route", "temporal_constraints.now", _KIND),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        place = await find_place(slots["to"], episode, "先查位置和营业时间")
        way = await route(episode, episode.context.location, place["location"], thought="算几点能到")
        along = await episode.call(
            "map_search_along_route",
            f"找沿途的{slots['kind']}",
            query=slots["kind"],
            origin=episode.context.location,
            destination=place["location"],
            limit=3,
        )
        arrival = datetime.fromisoformat(way["arrival"])
        opened = open_at(place["hours_today"], 60 * arrival.hour + arrival.minute)
        m, teller = Manner(episode), Teller(episode)
        hours = m.fact("hours", place["hours_today"], place["name"])
        episode.answer(
            *m.say(
                "沿途有{stops}。直接开过去约在{arrival}到{place}，{open}（今天的营业时间：{hours}）。",
                "路上可以停{stops}。不停留的话{arrival}到{place}，{open}，{place}今天的营业时间是：{hours}。",
                stops=teller.listed(along["items"][:2], "off_route_m"),
                place=called(place["name"]),
                arrival=m.fact("clock", clock(way["arrival"]), place["name"]),
                open="那时还开着" if opened else "那时不营业",
                hours=hours,
            )
        )


class SunsetDrive(QueryPattern):
    """When to leave to be at a place by sunset."""

    name = "sunset_drive"
    leaf = _ROUTE
    held_out = True
    long_tail = True
    wordings = (
        (
            "{day}想赶在日落前开车到{to}，最晚几点从我这里出发",
            "(打算|准备){day}去{to}看日落，开车，最晚几点走(能|才能)赶上",
            "{day}日落的时候要到{to}，我从现在的位置开车去，几点(动身|出门)来得及",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        place = landmark(scene, "driving", categories=("park", "sight", "viewpoint", "beach", "square", "museum"))
        if place is None or not scene.gazetteer.knows("weather_forecast_days"):
            return None
        return {"to": place.name, "city": scene.city.name} | draw_day(scene, 1, 5)

    @staticmethod
    def _arrival(slots: Slots, sunset: str, now: datetime) -> str:
        return datetime.fromisoformat(f"{slots['date']}T{sunset}").replace(tzinfo=now.tzinfo).isoformat()

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        day = (await scene.ask("weather_forecast_days", location=slots["city"], date=slots["date"]))["items"][0]
        place = await true_place(scene, slots["to"])
        if place is None:
            return None
        arrival = self._arrival(slots, day["sunset"], scene.now)
        way = await true_route(scene, scene.context.location, place["location"], arrival_time=arrival)
        if way is None:
            return None
        return Truth(
            (said_clock(way["departure"]), {"kind": "value", "of": "clock", "any_of": [day["sunset"]]}),
            secondary=(_WEATHER,),
            auxiliary=("temporal_constraints.specific_date",),
            temporal={"arrival": "temporal_constraints.specific_time"},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        place = await find_place(slots["to"], episode)
        content = await episode.call(
            "weather_forecast_days", "预报里有日落时间", location=slots["city"], date=slots["date"]
        )
        day = content["items"][0]
        arrival = self._arrival(slots, day["sunset"], episode.context.now)
        way = await route(
            episode, episode.context.location, place["location"], thought="按日落时间倒推", arrival_time=arrival
        )
        m = Manner(episode)
        episode.answer(
            *m.say(
                "最晚{leave}出发：{day}日落是{sunset}，开车到{place}要{time}。(当天白天{weather}。|)",
                "{day}{sunset}日落，开车去{place}需要{time}，最晚{leave}要动身。",
                day=m.day(day["date"]),
                leave=m.fact("clock", way["departure"][11:16], place["name"]),
                sunset=m.fact("clock", day["sunset"], day["date"]),
                place=called(place["name"]),
                time=m.fact("duration", way["duration_s"], place["name"]),
                weather=word(day["condition_day"], day["date"]),
            )
        )


LONG_TAIL = (MeetOnChart(), StopAndStillOpen(), SunsetDrive())
