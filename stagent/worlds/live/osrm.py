"""Routes of OSRM, whose answers http://project-osrm.org/docs/v5.24.0/api/ describes: WGS-84, without traffic."""

from datetime import datetime

from stagent.worlds.live.service import Trouble, WebService
from stagent.worlds.live.shape import Node
from stagent.worlds.live.way import FoundWay, NoWay, consistent, joined, rounded
from stagent.worlds.protocol import Unavailable

NAME = "OSRM"
_PROFILES = {"driving": "driving", "walking": "foot", "bicycling": "bike"}
_EXCLUDE = {"avoid_highways": "motorway", "avoid_tolls": "toll", "avoid_highways+avoid_tolls": "motorway,toll"}
_NO_ROUTE = {"NoRoute": "没有找到可行的路线", "NoSegment": "起点或终点附近没有道路"}


class OsrmRoutes:
    """``RoutePlanner`` of OSRM: a service for each mode."""

    name = NAME
    has_traffic = False

    def __init__(self, services: dict[str, WebService]):
        self._services = services
        self.modes = frozenset(services)

    def covers(self, points: list[tuple[float, float]]) -> bool:
        """Which country a server holds it alone knows: it says NoSegment."""
        return True

    async def way(
        self,
        mode: str,
        start: tuple[float, float],
        end: tuple[float, float],
        leave: datetime,
        preference: str | None,
    ) -> FoundWay:
        params = {"overview": "full", "geometries": "geojson", "steps": "true", "alternatives": "false"}
        if mode == "driving" and preference:
            if preference not in _EXCLUDE:
                raise Unavailable(f"{NAME}不能按“{preference}”选路，请去掉 preference 再查")
            params["exclude"] = _EXCLUDE[preference]
        places = ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in (start, end))
        # A refusal comes with status 400, and says in its body why.
        answer = await self._services[mode].get(
            f"/route/v1/{_PROFILES[mode]}/{places}", params, statuses=(200, 400), check=_trouble
        )
        code = answer["code"].text()
        if code in _NO_ROUTE:
            raise NoWay(_NO_ROUTE[code])
        return _way(answer.entries("routes")[0])


def _trouble(answer: Node) -> Trouble | None:
    code = answer["code"].text()
    if code in _NO_ROUTE:
        return None
    if code == "InvalidValue":
        return Trouble("的数据不支持避开高速或收费道路，请去掉 preference 再查")
    if code == "TooBig":
        return Trouble("认为请求过大，请减少途经点")
    if code != "Ok":
        return Trouble("不接受这个请求，请检查地址设置")
    if not answer.entries("routes"):
        answer["routes"].fail("非空列表")
    return None


def _way(route: Node) -> FoundWay:
    distance, seconds = round(route["distance"].number(0)), round(route["duration"].number(0))
    steps = []
    for leg in route.entries("legs"):
        for node in leg.entries("steps"):
            step = {}
            road = node.find("name") or node.find("ref")
            if road:
                step["road"] = road.text()
            steps.append(step | {"distance_m": node["distance"].number(0), "duration_s": node["duration"].number(0)})
    steps = joined(steps)
    for key in ("distance_m", "duration_s"):
        for step, value in zip(steps, rounded([step[key] for step in steps]), strict=True):
            step[key] = value
    points = []
    for node in route["geometry"].entries("coordinates"):
        pair = node.each()
        if len(pair) < 2:
            node.fail("[经度, 纬度]")
        points.append((pair[1].number(-90, 90), pair[0].number(-180, 180)))
    return FoundWay(distance, seconds, consistent(steps, distance, seconds), points)
