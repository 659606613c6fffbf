"""Instructions about this moment that few people combine so: rankings or the air, with places and the way there."""

from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import find_place
from stagent.queries.patterns.days import called_city
from stagent.queries.patterns.journeys import route, said_duration, true_place, true_route
from stagent.queries.patterns.long_tail import charted, open_verdict
from stagent.queries.patterns.manner import Manner, called, word
from stagent.queries.patterns.telling import Teller
from stagent.queries.scene import Scene

_WEATHER = "dynamic_information.realtime_weather"
_SPATIAL = "discovery.poi_search.spatial_optimized_poi_search"
_BASIC = "discovery.information_query.basic_attributes"
_ROUTE = "planning_and_decision.route_planning"
_KIND = "preference_constraints.category_or_cuisine"


class TopOfChartNow(QueryPattern):
    """The first of a ranking list: whether it is open now, and how long the drive is."""

    name = "top_of_chart_now"
    leaf = "discovery.information_query.reputation_and_reviews"
    long_tail = True
    wordings = (
        (
            "{where}{kind}榜(排第一|第一名)的是哪家，现在开门吗，我开车过去多久",
            "{where}的{kind}榜榜首(是谁|是哪家店)？(这会儿|现在)营业吗，从我这里开车要多长时间",
            "想去{where}{kind}榜第一的那家，看看现在开着没，开车多远多久",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        kind = charted(scene)
        if kind is None or not scene.gazetteer.knows("map_search_ranking_list"):
            return None
        city = scene.city.name
        return {"kind": kind[1], "city": city, "where": called_city(scene, city)}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        charts = await scene.ask("map_search_ranking_list", query=slots["kind"], region=slots["city"], max_lists=1)
        if not charts["items"]:
            return None
        entry = charts["items"][0]["entries"][0]
        found = await true_place(scene, entry["name"])
        place = next(place for place in scene.city.places if place.id == entry["id"])
        way = await true_route(scene, scene.context.location, entry["location"])
        if found is None or found["id"] != entry["id"] or way is None or place.hours is None:
            return None
        return Truth(
            (
                {"kind": "names", "any_of": [place.name], "least": 1, "only": True, "also": []},
                open_verdict(place.hours.is_open(scene.now)),
                said_duration(way["duration_s"]),
            ),
            secondary=(_BASIC, _ROUTE),
            auxiliary=("preference_constraints.ranking", "temporal_constraints.now", _KIND),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        charts = await episode.call(
            "map_search_ranking_list", "先看榜单", query=slots["kind"], region=slots["city"], max_lists=1
        )
        chart = charts["items"][0]
        place = await find_place(chart["entries"][0]["name"], episode, "再查它的营业时间")
        way = await route(episode, episode.context.location, place["location"])
        m, teller = Manner(episode), Teller(episode)
        episode.answer(
            *m.say(
                "{list}第一名是{place}（{about}），{open}{hours}。从您这里开车{time}，{distance}。",
                "排在{list}首位的是{place}，{about}；{open}{hours}。开车过去{distance}，要{time}。",
                list=called(chart["list_name"]),
                place=called(place["name"]),
                about=teller.about(place, "rating", "average_cost_yuan"),
                open="现在还在营业，" if place["open_now"] else "现在不营业，",
                hours=teller.about(place, "hours_today"),
                time=m.fact("duration", way["duration_s"], place["name"]),
                distance=m.fact("distance", way["distance_m"], place["name"]),
            )
        )


class CleanAirPark(QueryPattern):
    """How the air is now, and the nearest park with the way there on foot."""

    name = "clean_air_park"
    leaf = _SPATIAL
    long_tail = True
    wordings = (
        (
            "(想|打算|准备)(去公园|出门)(散步|遛弯|跳绳|跑两圈)，(先|)(帮我|)看(下|看)(现在|这会儿)(这边|"
            "我附近)(空气质量|空气)，再找(个|)离我最近的公园，(说说|告诉我)走过去(要|)多久",
            "(这会儿|现在)(外面|我这边|附近)空气(好不好|行不行|怎么样)？(另外|还有)，离我最近的公园(叫什么|"
            "是哪个)，(步行|走路)(多久|几分钟|多长时间)(到|能到)",
            "我这里现在空气怎么样？离我最近的公园是哪个，走过去多久",
            "(想|准备)出去跑步，看看(现在|这会儿)我这边的空气，再(告诉我|找找)最近的公园步行要多久",
            "(现在|此刻)我附近空气质量如何，最近的公园走路几分钟(能到|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        return {} if scene.gazetteer.knows("weather_current_conditions") else None

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        here = scene.context.location
        now = await scene.ask("weather_current_conditions", location=here)
        parks = scene.near(scene.places("park"), 4900)
        found = await scene.ask("map_search_places", query="公园", center=here, sort_by="distance", limit=1)
        if not now.get("items") or not parks or not found["items"] or found["items"][0]["id"] != parks[0].id:
            return None
        way = await true_route(scene, here, found["items"][0]["location"], "walking")
        if way is None:
            return None
        return Truth(
            (
                {"kind": "text", "all_of": [[now["items"][0]["air_quality"]]]},
                {"kind": "names", "any_of": [parks[0].name], "least": 1, "only": True},
                said_duration(way["duration_s"]),
            ),
            secondary=(_WEATHER, _ROUTE),
            auxiliary=("temporal_constraints.now", "spatial_constraints.within_city.nearby", _KIND),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        here = episode.context.location
        now = (await episode.call("weather_current_conditions", "看空气质量", location=here))["items"][0]
        found = await episode.call(
            "map_search_places", "找最近的公园", query="公园", center=here, sort_by="distance", limit=1
        )
        if not found["items"]:
            raise Unsolved("附近没有公园。")
        park = found["items"][0]
        way = await route(episode, here, park["location"], "walking")
        m = Manner(episode)
        episode.answer(
            *m.say(
                "现在{region}空气质量{air}（指数 {index}）。最近的公园是{place}，步行{time}，路程{distance}。",
                "{region}此刻空气{air}，指数 {index}；离您最近的公园是{place}，走过去{distance}，要{time}。",
                region=called(now["region"]),
                air=word(now["air_quality"], now["region"]),
                index=m.count(now["air_quality_index"], now["region"]),
                place=called(park["name"]),
                time=m.fact("duration", way["duration_s"], park["name"]),
                distance=m.fact("distance", way["distance_m"], park["name"]),
            )
        )


LONG_TAIL_NOW = (TopOfChartNow(), CleanAirPark())
