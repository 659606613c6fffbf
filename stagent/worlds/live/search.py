"""The three place tools of the live world, composed of a service's search and geometry of our own."""

import asyncio
import math
from collections.abc import Coroutine, Iterable
from datetime import datetime
from typing import Any

import numpy as np

from stagent.routing.geometry import distances_to_line, haversine_m, unit_vectors
from stagent.worlds.live.routes import RoutePlanner
from stagent.worlds.live.spot import MANY, Circle, FoundPlace, PlaceSource, asked_of, filtered, ordered, require
from stagent.worlds.live.way import NoWay
from stagent.worlds.protocol import Found

_FARTHEST = 50_000  # metres: the widest circle that Amap searches
_NEAREST = 1_000  # metres: the narrowest circle around the middle of starting points
_CIRCLES = 8  # along a route
_PAGE = 25  # the most places of a circle along a route
_BUFFER = {"driving": 2000, "walking": 500}


async def search_places(source: PlaceSource, arguments: dict[str, Any], clock: datetime) -> Found:
    asked = asked_of(arguments)
    require(source, asked)
    centre, limit = arguments.get("center"), arguments["limit"]
    most = MANY if asked else limit
    spots = await source.places(
        arguments["query"],
        circle=Circle(centre, arguments["radius"]) if centre else None,
        region=arguments.get("region"),
        most=most,
        nearest=arguments["sort_by"] == "distance",
        clock=clock,
    )
    note = f"只在{source.name}给出的前 {MANY} 个候选中筛选和排序" if asked and len(spots) == MANY else ""
    chosen = ordered(filtered(spots, arguments), arguments)[:limit]
    return Found([spot.with_() for spot in chosen], note=note)


async def central_places(source: PlaceSource, arguments: dict[str, Any], clock: datetime) -> Found:
    require(source, asked_of(arguments))
    origins = np.array(arguments["origins"], float)
    middle = _middle(origins)
    radius = arguments.get("radius")
    if radius is None:
        radius = math.ceil(np.clip(haversine_m(*middle, *origins.T).max(), _NEAREST, _FARTHEST))
    spots = await source.places(
        arguments["query"], circle=Circle(middle, radius), region=None, most=MANY, nearest=True, clock=clock
    )
    note = f"只比较了离中心最近的 {MANY} 个候选" if len(spots) == MANY else ""
    measured = []
    for spot in filtered(spots, arguments):
        spot.item.pop("distance_m", None)
        each = [round(float(metres)) for metres in haversine_m(*spot.at, *origins.T)]
        more = {"distances_m": each, "max_distance_m": max(each), "total_distance_m": sum(each)}
        measured.append((_cost(arguments["sort_by"], each), spot.item["id"], spot.with_(**more)))
    measured.sort(key=lambda entry: entry[:2])
    return Found([item for _, _, item in measured[: arguments["limit"]]], note=note)


async def along_route(source: PlaceSource, planner: RoutePlanner, arguments: dict[str, Any], clock: datetime) -> Found:
    mode, limit = arguments["transport_mode"], arguments["limit"]
    buffer = arguments.get("buffer_radius") or _BUFFER[mode]
    try:
        way = await planner.way(mode, arguments["origin"], arguments["destination"], clock, None)
    except NoWay as why:
        return Found([], note=f"无法沿途搜索：{why}")
    line = way.points or [arguments["origin"], arguments["destination"]]
    circles = circles_along(line, buffer)
    found = await _together(
        source.places(arguments["query"], circle=circle, region=None, most=_PAGE, nearest=True, clock=clock)
        for circle in circles
    )
    spots = list({spot.item["id"]: spot for some in found for spot in some}.values())
    placed: list[tuple[float, float, FoundPlace]] = []
    if spots:
        off, along = distances_to_line(*np.array([spot.at for spot in spots]).T, line)
        placed = [entry for entry in zip(off, along, spots, strict=True) if entry[0] <= buffer]
    # Of too many the nearest to the route stay.
    placed = sorted(placed, key=lambda entry: (entry[0], entry[2].item["id"]))[:limit]
    items = []
    for metres_off, metres_along, spot in sorted(placed, key=lambda entry: (entry[1], entry[2].item["id"])):
        spot.item.pop("distance_m", None)
        items.append(spot.with_(along_m=round(float(metres_along)), off_route_m=round(float(metres_off))))
    cut = any(len(some) == _PAGE for some in found) or any(circle.radius_m == _FARTHEST for circle in circles)
    points = [[round(lat, 6), round(lon, 6)] for lat, lon in line]
    return Found(
        items,
        about={"mode": mode, "distance_m": way.distance_m, "duration_s": way.duration_s},
        note="沿途地点很多，只查到其中一部分" if cut else "",
        geometry=[
            {"kind": "route", "points": points},
            {"kind": "buffer", "points": points, "radius_m": buffer},
        ],
    )


async def _together(searches: Iterable[Coroutine[Any, Any, list[FoundPlace]]]) -> list[list[FoundPlace]]:
    """All of them at once; the first that fails ends the others, for every request counts against a quota."""
    tasks = [asyncio.ensure_future(search) for search in searches]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def circles_along(line: list[tuple[float, float]], buffer: float) -> list[Circle]:
    """Circles that cover everything within ``buffer`` metres of a line, at most ``_CIRCLES`` of them."""
    points = np.array(line, float)
    ends = np.concatenate([[0], np.cumsum(haversine_m(*points[:-1].T, *points[1:].T))])
    count = int(np.clip(math.ceil(ends[-1] / (1.5 * buffer)), 1, _CIRCLES))
    half = ends[-1] / count / 2
    at = half * (2 * np.arange(count) + 1)
    lat, lon = (np.interp(at, ends, column) for column in points.T)
    # Some point of the line within half a gap of a centre is within the buffer: no corner and no end falls between.
    radius = min(math.ceil(half + buffer), _FARTHEST)
    return [Circle((float(a), float(b)), radius) for a, b in zip(lat, lon, strict=True)]


def _middle(points: np.ndarray) -> tuple[float, float]:
    """The middle of points on the sphere."""
    x, y, z = unit_vectors(*points.T).mean(axis=0)
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def _cost(sort_by: str, each: list[int]) -> float:
    if sort_by == "min_max_distance":
        return max(each)
    if sort_by == "total_distance":
        return sum(each)
    return (max(each) + sum(each) / len(each)) / 2
