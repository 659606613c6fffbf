"""Instructions to find places on the way from somewhere to somewhere."""

from typing import Any

import numpy as np

from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import draw_landmark, draw_radius, find_place, point
from stagent.queries.patterns.kinds import DRINKS, ERRANDS, MEALS, KindOfPlace, draw_kind
from stagent.queries.patterns.right import chosen, nameless, nothing_found
from stagent.queries.patterns.telling import Teller
from stagent.queries.scene import Scene, where
from stagent.routing.geometry import distances_to_line
from stagent.routing.road_route import NoRoute
from stagent.worlds.local.place import MapPlace

_ON_THE_WAY = "spatial_constraints.along_route"
_KIND = "preference_constraints.category_or_cuisine"
_BUFFER_M = {"driving": 2000, "walking": 500}  # what the tool takes where nobody says how far off the route
_LISTED = 10
_LEAST_M = 1500  # of a way that has something on it
_ROADSIDE = tuple(
    kind for kind in ERRANDS if kind.category in ("fuel", "charging", "pharmacy", "supermarket", "toilet")
)


def draw_way(scene: Scene, kinds: tuple[KindOfPlace, ...]) -> Slots | None:
    """A start (here or home), a named end, a mode and a kind to look for."""
    rng, goal, kind = scene.rng, draw_landmark(scene), draw_kind(scene, kinds)
    start = rng.choice(("here", "here", "家"))
    at = scene.context.location if start == "here" else scene.context.profile.get("家")
    if goal is None or kind is None or at is None:
        return None
    mode = rng.choice(("driving", "driving", "walking"))
    return {
        "start": start,
        "start_at": at,
        "from": rng.choice(("这里", "我这儿", "现在的位置") if start == "here" else ("家", "家里", "我家")),
        "to": goal.name,
        "to_at": where(goal),
        "mode": mode,
        "go": rng.choice(("开车", "驾车", "自己开车") if mode == "driving" else ("走路", "步行")),
        "category": kind[0].category,
        "kind": kind[1],
        "counter": kind[0].counter,
    }


def beside_the_way(slots: Slots, scene: Scene, buffer: float) -> list[tuple[float, MapPlace]] | None:
    """Places of the kind within metres of the route, in their order along it; None: there is no way, or a short one."""
    stops = [point(slots["start_at"]), point(slots["to_at"])]
    try:
        route = scene.city.roads.route(stops, slots["mode"], leave=scene.now, traffic=scene.city.traffic)
    except NoRoute:
        return None
    places = scene.places(slots["category"])
    if route.distance_m < _LEAST_M or (slots["mode"] == "walking" and route.distance_m > 6000) or not places:
        return None
    lat, lon = (np.array([place.at[axis] for place in places]) for axis in (0, 1))
    off, along = distances_to_line(lat, lon, np.array(route.points))
    near = [(float(along[row]), places[row]) for row in np.flatnonzero(off <= buffer)]
    return sorted(near, key=lambda pair: pair[0])


async def search_the_way(slots: Slots, episode: Episode) -> dict[str, Any]:
    """Where the way goes, and what is beside it."""
    goal = (await find_place(slots["to"], episode))["location"]
    start = episode.context.location if slots["start"] == "here" else episode.context.profile[slots["start"]]
    return await episode.call(
        "map_search_along_route",
        f"在去{slots['to']}的路上找{slots['kind']}",
        query=slots["kind"],
        origin=start,
        destination=goal,
        transport_mode=None if slots["mode"] == "driving" else slots["mode"],
        buffer_radius=slots.get("radius_m"),
    )


class OnTheWay(QueryPattern):
    """A place of a kind beside the route, maybe one that is open now, maybe not far off."""

    name = "on_the_way"
    leaf = "discovery.poi_search.spatial_optimized_poi_search"
    weight = 1.5
    wordings = (
        (
            "(我|)从{from}{go}去{to}，(路上|沿途|顺路)(找|想找)(一{counter}|个){condition}{kind}",
            "{go}(从{from}|)去{to}(的路上|途中)有{condition}{kind}(吗|没有)？(推荐一{counter}|)",
            "等下(要|)从{from}{go}到{to}，(帮我看看|看下)沿途{condition}{kind}",
            "从{from}到{to}，{go}，(顺路|半路上)想去(一{counter}|个){condition}{kind}",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = draw_way(scene, (*_ROADSIDE, *_ROADSIDE, *ERRANDS, *DRINKS, *MEALS))
        if slots is None:
            return None
        radius = draw_radius(scene, (300, 500, 1000)) if scene.rng.random() < 0.5 else {}
        opened = scene.rng.random() < 0.4
        parts = [f"离路线{radius['within']}以内" if radius else "", "现在营业" if opened else ""]
        condition = "、".join(part for part in parts if part)
        return {**slots, **radius, "open": opened, "condition": f"{condition}的" if condition else ""}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        beside = beside_the_way(slots, scene, slots.get("radius_m", _BUFFER_M[slots["mode"]]))
        if beside is None:
            return None
        auxiliary = (_ON_THE_WAY, _KIND) + (
            ("preference_constraints.open_hours", "temporal_constraints.now") if slots["open"] else ()
        )
        if slots["open"]:
            if len(beside) > _LISTED:
                return None  # a search may list closed ones alone
            known = all(place.hours for _, place in beside)
            beside = [pair for pair in beside if pair[1].hours and pair[1].hours.is_open(scene.now)]
            if not beside and not known:
                return None
        if not beside:
            return nothing_found(auxiliary=auxiliary) if scene.rng.random() < 0.15 else None
        names = list(dict.fromkeys(place.name for _, place in beside))
        if nameless(names):
            return None
        expected = {"kind": "names", "any_of": names, "least": 1, "only": True, "also": [slots["to"]]}
        return Truth((expected,), auxiliary=auxiliary)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        found = await search_the_way(slots, episode)
        items = [item for item in found["items"] if not slots["open"] or item.get("open_now")]
        if not items:
            raise Unsolved(f"去{slots['to']}的路上没有符合条件的{slots['kind']}，可以放宽条件再找。")
        teller = Teller(episode)
        # the least detour, then the better one
        items.sort(key=lambda item: (item["off_route_m"] > 500, -item.get("rating", 0), item["off_route_m"]))
        best = items[0]
        pieces = [
            "开车去" if slots["mode"] == "driving" else "步行去",
            teller.name(slots["to"]),
            teller.one("，顺路可以去", "的路上可以去", "，沿途推荐"),
            teller.name(best["name"]),
            "，",
            *teller.about(best, "off_route_m", "rating", "hours_today", "address"),
        ]
        if len(items) > 1:
            pieces += [teller.one("；备选是", "。备选："), teller.name(items[1]["name"]), "，"]
            pieces += teller.about(items[1], "off_route_m", "hours_today")
        episode.answer(*pieces, "。", teller.one("需要把它加为途经点重新规划吗？", "要不要我把它设为途经点？"))


class FirstOnTheWay(QueryPattern):
    """Of the places of a kind close to the route the one that is passed first."""

    name = "first_on_the_way"
    leaf = "discovery.poi_search.spatial_optimized_poi_search"
    held_out = True
    wordings = (
        (
            "从{from}{go}去{to}，离路线{within}以内的{kind}里最先(路过|经过)的是哪{counter}？",
            "(我|)从{from}{go}到{to}，(一路上|沿路)第一个(碰到|经过)的{kind}(叫什么|是哪{counter})？离路线{within}内的才算",
            "{go}去{to}，从{from}出发，最早(经过|路过)的{kind}是哪{counter}，别离路线超过{within}",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = draw_way(scene, (*ERRANDS, *DRINKS))
        return slots and {**slots, **draw_radius(scene, (300, 500))}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        beside = beside_the_way(slots, scene, slots["radius_m"])
        # a search lists ten, chosen by how good they are
        if not beside or len(beside) > _LISTED:
            return None
        first = [place.name for along, place in beside if along < beside[0][0] + 30]
        if nameless(first):
            return None
        return Truth(
            (chosen(first, [place.name for _, place in beside], [slots["to"]]),), auxiliary=(_ON_THE_WAY, _KIND)
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        found = await search_the_way(slots, episode)
        if not found["items"]:
            raise Unsolved(f"离路线{slots['within']}以内没有{slots['kind']}。")
        teller, best = Teller(episode), found["items"][0]
        name = best["name"]
        pieces = [
            "开车去" if slots["mode"] == "driving" else "步行去",
            teller.name(slots["to"]),
            teller.one("，最先经过的", "的路上最早遇到的"),
            f"{slots['kind']}是",
            teller.name(name),
            "，",
            *teller.said("从起点沿路线走", "distance", best["along_m"], name),
            "就到，",
            *teller.about(best, "off_route_m", "hours_today"),
        ]
        episode.answer(*pieces, "。", teller.one("要把它加进路线吗？", "需要的话我可以把它设成途经点。"))


ALONG = (OnTheWay(), FirstOnTheWay())
