"""A world in memory: the four map tools, from places, roads and timetables; of the others it has no data."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

import numpy as np

from stagent.routing.geometry import EARTH_M, distances_to_line, haversine_m
from stagent.routing.road_route import NoRoute
from stagent.worlds.local.city import City, Regions
from stagent.worlds.local.coverage import Coverage
from stagent.worlds.local.index import Matches, PlaceIndex
from stagent.worlds.local.listing import Filters, counted, described, first, left_out, not_known
from stagent.worlds.local.routes import MODES, RouteRequest
from stagent.worlds.protocol import ArgumentError, ClockError, Found, Unavailable

_BUFFER_M = {"driving": 2000, "walking": 500}
_NEAR_ALL_M = 5000  # the least radius of a search for a place to meet
_SIMILAR = "没有与查询完全相符的地点，以下为名称相近的。"
_GEOMETRY = 1e-3  # metres of float noise at a radius


class LocalWorld:
    """The map tools over cities in memory. Other tools are methods too, for worlds that know more to override.

    Args:
        name, version, zone, attribution: as ``protocol.World`` has them.
        tolls: whether the roads' tolls are known.

    Attributes:
        cities, index, regions, coverage: for the worlds built on this one, and for drawing.
    """

    def __init__(
        self,
        cities: Sequence[City],
        *,
        name: str,
        version: str,
        zone: tzinfo,
        attribution: str = "",
        tolls: bool = True,
    ):
        self.name, self.version, self.zone, self.attribution = name, version, zone, attribution
        self.cities = list(cities)
        self.regions = Regions(self.cities)
        self.coverage = Coverage(self.cities)
        self.index = PlaceIndex([place for city in self.cities for place in city.places], self.regions.words())
        self._tolls = tolls
        self._tools = {
            "map_search_places": self.map_search_places,
            "map_compute_routes": self.map_compute_routes,
            "map_search_along_route": self.map_search_along_route,
            "map_search_central_places": self.map_search_central_places,
            "map_search_ranking_list": self.map_search_ranking_list,
            "travel_search_flights": self.travel_search_flights,
            "travel_search_trains": self.travel_search_trains,
            "weather_current_conditions": self.weather_current_conditions,
            "weather_forecast_days": self.weather_forecast_days,
            "web_search": self.web_search,
        }

    def default_clock(self) -> datetime:
        """Now."""
        return datetime.now(self.zone)

    def check_clock(self, clock: datetime) -> None:
        """Raises ClockError for a clock that this world can't have; here none."""

    def region(self, text: str) -> str | None:
        """The one name of a city or a district, None: there is none."""
        return self.regions.name(text)

    async def answer(self, tool: str, arguments: dict[str, Any], clock: datetime) -> Found:
        """As ``protocol.World`` has it. Nothing waits: an answer takes milliseconds."""
        return self._tools[tool](arguments, clock)

    async def close(self) -> None:
        """There is nothing to release."""

    def map_search_places(self, arguments: dict[str, Any], clock: datetime) -> Found:
        filters = Filters(self.index, arguments)
        center, radius, sort = arguments.get("center"), arguments["radius"], arguments["sort_by"]
        region = self._inside(arguments.get("region"))
        if center is not None:
            self.coverage.city("center", center)
        elif sort == "distance":
            raise ArgumentError("sort_by", "按距离排序需要中心点", "同时给出 center，或其他排序方式")
        matches = self.index.match(arguments["query"])
        notes = [_SIMILAR] if matches.similar and len(matches.rows) else []
        notes.append(left_out(matches.hints, self.index))
        passes, unknown = filters.passing(matches.rows)
        kept = np.ones(len(matches.rows), bool) if region is None else region[matches.rows]
        away = None
        if center is not None:
            away = self._away(matches.rows, center)
            near = away <= radius + _GEOMETRY
            if (kept & passes).any() and not (kept & passes & near).any():
                notes.append(f"{radius} 米内没有，最近的在 {away[kept & passes].min():.0f} 米外，可扩大 radius。")
            kept &= near
        unknown = not_known(unknown & kept)
        kept &= passes
        rows, fit = matches.rows[kept], matches.fit[kept]
        away = None if away is None else away[kept]
        key = {
            "weight": lambda: -self._weight(rows, fit, None if away is None else 1 - away / radius),
            "distance": lambda: away,
            "rating:d": lambda: -self.index.rating[rows],
            "price:a": lambda: filters.price[rows],
            "price:d": lambda: -filters.price[rows],
        }[sort]()
        best = first(rows, key, arguments["limit"])
        items = [
            described(
                self.index.places[rows[at]], clock, **({} if away is None else {"distance_m": round(float(away[at]))})
            )
            for at in best
        ]
        notes += [counted(len(rows), len(items)), unknown]
        return Found(items, note="".join(notes))

    def map_compute_routes(self, arguments: dict[str, Any], clock: datetime) -> Found:
        between = arguments.get("intermediates") or ()
        names = ["origin", *(f"intermediates[{at}]" for at in range(len(between))), "destination"]
        stops = [arguments["origin"], *between, arguments["destination"]]
        city = self._one_network(names, stops)
        leave, arrive = (self._time(name, arguments.get(name), clock) for name in ("departure_time", "arrival_time"))
        request = RouteRequest(
            city,
            stops,
            clock=clock,
            leave=leave if leave is not None or arrive is not None else clock,
            arrive=arrive,
            traffic=arguments["traffic_aware"],
            preference=arguments.get("preference"),
            tolls=self._tolls,
        )
        found = request.found(arguments["modes"])
        found.timeless = leave is not None or arrive is not None  # then it is the same at whatever time one asks
        return found

    def map_search_along_route(self, arguments: dict[str, Any], clock: datetime) -> Found:
        mode = arguments["transport_mode"]
        buffer = arguments.get("buffer_radius") or _BUFFER_M[mode]
        stops = [arguments["origin"], arguments["destination"]]
        city = self._one_network(["origin", "destination"], stops)
        try:
            route = city.roads.route(stops, mode, leave=clock, traffic=city.traffic)
        except NoRoute as none:
            return Found([], note=f"{MODES[mode]}：{none}。")
        matches = self.index.match(arguments["query"])
        line = np.array(route.points)
        rows, fit = self._boxed(matches, line, buffer)
        off, along = distances_to_line(self.index.lat[rows], self.index.lon[rows], line)
        near = off <= buffer
        rows, fit, off, along = rows[near], fit[near], off[near], along[near]
        best = first(rows, -self._weight(rows, fit, 1 - off / buffer), arguments["limit"])
        best = best[np.lexsort((rows[best], along[best]))]
        items = [
            described(
                self.index.places[rows[at]], clock, along_m=round(float(along[at])), off_route_m=round(float(off[at]))
            )
            for at in best
        ]
        notes = [_SIMILAR if matches.similar and items else "", left_out(matches.hints, self.index)]
        notes.append(counted(len(rows), len(items), "按匹配程度、评分和离路线远近选出"))
        points = line.tolist()
        geometry = [
            {"kind": "route", "points": points},
            {"kind": "buffer", "points": points, "radius_m": buffer},
        ]
        about = {"mode": mode, "distance_m": route.distance_m, "duration_s": route.duration_s}
        return Found(items, about, "".join(notes), geometry)

    def map_search_central_places(self, arguments: dict[str, Any], clock: datetime) -> Found:
        filters = Filters(self.index, arguments | {"sort_by": ""})
        origins = np.array(arguments["origins"], float)
        for at, origin in enumerate(arguments["origins"]):
            self.coverage.city(f"origins[{at}]", origin)
        middle = origins.mean(axis=0)
        radius = arguments.get("radius")
        if radius is None:
            radius = max(_NEAR_ALL_M, 2 * round(float(haversine_m(*middle, *origins.T).max())))
        matches = self.index.match(arguments["query"])
        near = self._away(matches.rows, middle) <= radius + _GEOMETRY
        rows = matches.rows[near]
        passes, unknown = filters.passing(rows)
        rows, unknown = rows[passes], not_known(unknown)
        # (places, origins) metres
        each = haversine_m(self.index.lat[rows, None], self.index.lon[rows, None], origins[:, 0], origins[:, 1])
        farthest, mean = each.max(axis=1), each.mean(axis=1)
        key = {"balanced": (farthest + mean) / 2, "min_max_distance": farthest, "total_distance": mean}
        best = first(rows, key[arguments["sort_by"]], arguments["limit"])
        items = []
        for at in best:
            distances = [round(float(metres)) for metres in each[at]]
            sums = {"max_distance_m": max(distances), "total_distance_m": sum(distances)}
            items.append(described(self.index.places[rows[at]], clock, distances_m=distances, **sums))
        notes = [_SIMILAR if matches.similar and items else "", left_out(matches.hints, self.index)]
        notes += [f"距离为直线距离；在各出发点中心 {radius} 米内查找。", counted(len(rows), len(items)), unknown]
        geometry = [{"kind": "buffer", "points": [middle.tolist()], "radius_m": radius}]
        return Found(items, note="".join(notes), geometry=geometry)

    def map_search_ranking_list(self, arguments: dict[str, Any], clock: datetime) -> Found:
        raise Unavailable("这里没有榜单数据；可用 map_search_places 按类别查找地点")

    def travel_search_flights(self, arguments: dict[str, Any], clock: datetime) -> Found:
        raise Unavailable("这里没有航班数据")

    def travel_search_trains(self, arguments: dict[str, Any], clock: datetime) -> Found:
        raise Unavailable("这里没有火车班次数据")

    def weather_current_conditions(self, arguments: dict[str, Any], clock: datetime) -> Found:
        raise Unavailable("这里没有天气数据")

    def weather_forecast_days(self, arguments: dict[str, Any], clock: datetime) -> Found:
        raise Unavailable("这里没有天气预报数据")

    def web_search(self, arguments: dict[str, Any], clock: datetime) -> Found:
        raise Unavailable("这里没有网页数据")

    def _inside(self, region: str | None) -> np.ndarray | None:
        """(N,) which places lie in a region; None: it is not asked for."""
        if region is None:
            return None
        parts = self.regions.parts(region)
        if parts is None:
            names = self.regions.names()
            more = f"等 {len(names)} 个" if len(names) > 30 else ""
            raise ArgumentError("region", f"没有“{region}”这个区域", f"{'、'.join(names[:30])}{more}")
        return self.index.region(*parts)

    def _one_network(self, names: Sequence[str], stops: Sequence[tuple[float, float]]) -> City:
        """The city of the first stop, whose roads reach all others."""
        cities = [self.coverage.city(name, stop) for name, stop in zip(names, stops, strict=True)]
        for name, city in zip(names, cities, strict=True):
            if city.roads is not cities[0].roads:
                problem = f"该点在{city.name}，起点在{cities[0].name}，两地之间没有道路数据"
                raise ArgumentError(name, problem, "与起点同城的坐标；跨城请查火车或航班")
        return cities[0]

    def _time(self, name: str, moment: datetime | None, clock: datetime) -> datetime | None:
        """A time to leave or to arrive, in the world's zone. Raises ArgumentError before now and after the last day."""
        if moment is None:
            return None
        try:
            moment = moment.astimezone(self.zone)
        except OverflowError:  # the first or the last day that a date can have
            raise ArgumentError(name, f"{moment.isoformat(timespec='seconds')} 超出范围", "近期的时间") from None
        if moment < clock.replace(second=0, microsecond=0):
            problem = f"{moment.isoformat(timespec='seconds')} 早于现在"
            raise ArgumentError(name, problem, f"不早于 {clock.isoformat(timespec='seconds')} 的时间")
        try:
            self.check_clock(moment)
        except ClockError as error:
            raise ArgumentError(name, f"{moment.isoformat(timespec='seconds')} 超出已知的日期", str(error)) from None
        return moment

    def _away(self, rows: np.ndarray, center: Sequence[float]) -> np.ndarray:
        """(n,) metres between places and a point."""
        return haversine_m(self.index.lat[rows], self.index.lon[rows], *center)

    def _boxed(self, matches: Matches, line: np.ndarray, buffer: float) -> tuple[np.ndarray, np.ndarray]:
        """Those of the matches that lie in the rectangle around a line, with room for the buffer."""
        lat, lon = self.index.lat[matches.rows], self.index.lon[matches.rows]
        north = np.degrees(1.01 * buffer / EARTH_M)
        east = north / np.cos(np.radians(np.abs(line[:, 0]).max() + north))
        inside = (lat >= line[:, 0].min() - north) & (lat <= line[:, 0].max() + north)
        inside &= (lon >= line[:, 1].min() - east) & (lon <= line[:, 1].max() + east)
        return matches.rows[inside], matches.fit[inside]

    def _weight(self, rows: np.ndarray, fit: np.ndarray, nearness: np.ndarray | None) -> np.ndarray:
        """(n,) how good a result is overall: the fit counts most, then quality and nearness alike."""
        weight = fit + 0.3 * self.index.quality[rows]
        return weight if nearness is None else weight + 0.3 * nearness
