"""Routes of Amap by road and on foot: ``/v5/direction/driving``, ``walking`` and ``bicycling``."""

from datetime import datetime

from stagent.worlds.live import gcj
from stagent.worlds.live.amap.client import NAME, Amap, lon_lat, wgs
from stagent.worlds.live.amap.transit import transit_way
from stagent.worlds.live.shape import Node
from stagent.worlds.live.way import FoundWay, NoWay, consistent, joined

# 1 keeps off toll roads, where 36 only prefers few of them.
_STRATEGIES = {
    None: 32,
    "prefer_highways": 34,
    "avoid_highways": 35,
    "avoid_tolls": 1,
    "prefer_main_roads": 37,
    "avoid_highways+avoid_tolls": 42,
}


class AmapRoutes:
    """``RoutePlanner`` of Amap."""

    name = NAME
    modes = frozenset({"driving", "walking", "bicycling", "transit"})
    has_traffic = True

    def __init__(self, amap: Amap):
        self._amap = amap

    def covers(self, points: list[tuple[float, float]]) -> bool:
        return all(gcj.covers(*point) for point in points)

    async def way(
        self,
        mode: str,
        start: tuple[float, float],
        end: tuple[float, float],
        leave: datetime,
        preference: str | None,
    ) -> FoundWay:
        if mode == "transit":
            return await transit_way(self._amap, start, end, leave)
        params = {"origin": lon_lat(start), "destination": lon_lat(end), "show_fields": "cost,polyline"}
        if mode == "driving":
            params["strategy"] = _STRATEGIES[preference]
        answer = await self._amap.get(f"/v5/direction/{mode}", **params)
        paths = answer["route"].entries("paths")
        if not paths:
            raise NoWay("没有找到可行的路线")
        return _way(paths[0], mode, preference)


def _way(path: Node, mode: str, preference: str | None) -> FoundWay:
    distance = path["distance"].count()
    # Of bicycles the duration stands beside the distance, of the other modes in the costs.
    cost = path.find("cost")
    duration = (cost.find("duration") if cost else None) or path["duration"]
    seconds = duration.count()
    steps, points = [], []
    for node in path["steps"].each():
        step = {}
        road = node.find("road_name")
        if road:
            step["road"] = road.text()
        step["distance_m"] = node["step_distance"].count()
        step_cost = node.find("cost")
        step_duration = step_cost and step_cost.find("duration")
        if step_duration:
            step["duration_s"] = step_duration.count()
        steps.append(step)
        line = node.find("polyline")
        if line:
            points += line.line()
    way = FoundWay(distance, seconds, consistent(joined(_alike(steps)), distance, seconds), wgs(points))
    if mode == "driving":
        tolls = cost and cost.find("tolls")
        if tolls:
            way.toll_yuan = tolls.decimal(0, 1e6)
        restriction = path.find("restriction")
        if restriction and restriction.text() == "1":
            way.notes.append("路线经过限行路段，无法避开")
        if "avoid_tolls" in (preference or "") and way.toll_yuan:
            way.notes.append("没有能完全避开收费的路线")
    return way


def _alike(steps: list[dict]) -> list[dict]:
    """The steps without durations unless all have one."""
    if all("duration_s" in step for step in steps):
        return steps
    return [{key: value for key, value in step.items() if key != "duration_s"} for step in steps]
