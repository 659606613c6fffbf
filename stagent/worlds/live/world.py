"""The live world: which service answers which tool, and what no public service answers."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from stagent.worlds.live import gcj
from stagent.worlds.live.amap.client import NAME as AMAP
from stagent.worlds.live.amap.client import Amap, Region
from stagent.worlds.live.amap.places import AmapPlaces
from stagent.worlds.live.amap.routes import AmapRoutes
from stagent.worlds.live.amap.weather import amap_current, amap_forecast
from stagent.worlds.live.nominatim import NAME as NOMINATIM
from stagent.worlds.live.nominatim import NominatimPlaces
from stagent.worlds.live.open_meteo import NAME as OPEN_METEO
from stagent.worlds.live.open_meteo import OpenMeteo
from stagent.worlds.live.osrm import NAME as OSRM
from stagent.worlds.live.osrm import OsrmRoutes
from stagent.worlds.live.routes import RoutePlanner, compute_routes, planner_for
from stagent.worlds.live.search import along_route, central_places, search_places
from stagent.worlds.live.service import PATIENCE, Patience, WebService
from stagent.worlds.live.settings import LiveSettings
from stagent.worlds.live.spot import PlaceSource
from stagent.worlds.protocol import ClockError, Found, Unavailable

Point = tuple[float, float]
# A live answer is about the present: with a clock farther off, "open now" and "today" would mean another time.
TOLERANCE = timedelta(hours=1)
_FARTHEST_DAY = 15  # days ahead that Open-Meteo knows
_NO_SOURCE = {
    "map_search_ranking_list": "没有公开的榜单服务，可改用 map_search_places 按评分排序",
    "travel_search_flights": "没有公开的航班服务，请到航空公司或订票平台查询",
    "travel_search_trains": "没有公开的火车票服务，请到 12306 查询",
    "web_search": "没有公开的网页搜索服务",
}


class LiveWorld:
    """``World`` of the present, of one event loop at a time."""

    name = "live"

    def __init__(self, settings: LiveSettings, patience: Patience = PATIENCE):
        self.version, self.zone = settings.version(), settings.zone
        self._amap = self._nominatim = self._open_meteo = None
        self._planners: list[RoutePlanner] = []
        self._services: list[WebService] = []
        credits = []

        def service(name: str, base: str, rate: float, **more: Any) -> WebService:
            self._services.append(WebService(name, base, rate, patience=patience, **more))
            return self._services[-1]

        if settings.amap_key:
            key = ("key", settings.amap_key)
            self._amap = Amap(service(AMAP, settings.amap_url, settings.amap_rate, key=key))
            self._planners.append(AmapRoutes(self._amap))
            credits.append("© 高德地图")
        if settings.osrm:
            self._planners.append(OsrmRoutes({mode: service(OSRM, url, 5) for mode, url in settings.osrm.items()}))
        if settings.nominatim_url:
            agent = f"STAgent ({settings.nominatim_contact})"
            # One request a second is the most that Nominatim's rules of use allow.
            self._nominatim = NominatimPlaces(service(NOMINATIM, settings.nominatim_url, 1, agent=agent))
        if settings.osrm or settings.nominatim_url:
            credits.append("© OpenStreetMap contributors (ODbL)")
        if settings.open_meteo_url:
            self._open_meteo = OpenMeteo(service(OPEN_METEO, settings.open_meteo_url, 5))
            credits.append("Weather data by Open-Meteo.com (CC BY 4.0)")
        self.attribution = "; ".join(credits)
        self._tools = {
            "map_search_places": self.map_search_places,
            "map_compute_routes": self.map_compute_routes,
            "map_search_along_route": self.map_search_along_route,
            "map_search_central_places": self.map_search_central_places,
            "weather_current_conditions": self.weather_current_conditions,
            "weather_forecast_days": self.weather_forecast_days,
        }

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "LiveWorld":
        """The world of the services that the environment names; see ``LiveSettings.from_environment``.

        Raises:
            InputError: a variable can't be used.
        """
        return cls(LiveSettings.from_environment(environ))

    def default_clock(self) -> datetime:
        return datetime.now(self.zone).replace(microsecond=0)

    def check_clock(self, clock: datetime) -> None:
        now = self.default_clock()
        if abs(clock - now) > TOLERANCE:
            raise ClockError(
                f"the live world knows the present alone: the clock {clock.isoformat()} is more than "
                f"{TOLERANCE // timedelta(hours=1)} h from {now.isoformat()}"
            )

    def region(self, text: str) -> str | None:
        """The text itself: which regions there are the services know, and say so when they are asked."""
        return " ".join(text.split()) or None

    async def answer(self, tool: str, arguments: dict[str, Any], clock: datetime) -> Found:
        if tool in _NO_SOURCE:
            raise Unavailable(_NO_SOURCE[tool])
        return await self._tools[tool](arguments, clock)

    async def close(self) -> None:
        await asyncio.gather(*(service.close() for service in self._services))

    async def map_search_places(self, arguments: dict[str, Any], clock: datetime) -> Found:
        centre = arguments.get("center")
        return await search_places(self._source([centre] if centre else []), arguments, clock)

    async def map_search_central_places(self, arguments: dict[str, Any], clock: datetime) -> Found:
        return await central_places(self._source(arguments["origins"]), arguments, clock)

    async def map_search_along_route(self, arguments: dict[str, Any], clock: datetime) -> Found:
        ends = [arguments["origin"], arguments["destination"]]
        source = self._source(ends)
        planner = planner_for(self._planners, arguments["transport_mode"], ends)
        return await along_route(source, planner, arguments, clock)

    async def map_compute_routes(self, arguments: dict[str, Any], clock: datetime) -> Found:
        if not self._planners:
            raise Unavailable("没有配置路线服务：请设置 AMAP_KEY 或 OSRM_URL")
        return await compute_routes(self._planners, arguments, clock)

    async def weather_current_conditions(self, arguments: dict[str, Any], clock: datetime) -> Found:
        region, name, point = await self._place(arguments["location"])
        if region:
            return await amap_current(self._amap, region)
        return await self._weather().current(point, name)

    async def weather_forecast_days(self, arguments: dict[str, Any], clock: datetime) -> Found:
        first, days = arguments["date"], arguments["days"]
        region, name, point = await self._place(arguments["location"])
        if region:
            found, complete = await amap_forecast(self._amap, region, first, days)
            if complete or (found.items and not self._open_meteo):
                found.note = "" if complete else f"{AMAP}只有今天起四天的预报"
                return found
            if not self._open_meteo:
                raise Unavailable(f"{AMAP}只有今天起四天的预报，请查询更近的日期")
        known = (clock.astimezone(self.zone).date() - first).days + _FARTHEST_DAY + 1
        if known < 1:
            raise Unavailable(f"预报只到今天起第 {_FARTHEST_DAY} 天，请查询更近的日期")
        found = await self._weather().forecast(point, name, first, min(days, known))
        if len(found.items) < days:
            found.note = f"预报只到今天起第 {_FARTHEST_DAY} 天"
        return found

    def _source(self, points: list[Point]) -> PlaceSource:
        """The service that searches places around these points."""
        if self._amap and all(gcj.covers(*point) for point in points):
            return AmapPlaces(self._amap)
        if self._nominatim:
            return self._nominatim
        if self._amap:
            raise Unavailable(f"{AMAP}只有中国的地点；其他国家请设置 NOMINATIM_URL")
        raise Unavailable("没有配置地点服务：请设置 AMAP_KEY 或 NOMINATIM_URL")

    async def _place(self, location: Point | str) -> tuple[Region | None, str | None, Point]:
        """Amap's region of a location, None where Amap has none; what to call it; and its point.

        Raises:
            ArgumentError: no service knows the name.
            Unavailable
        """
        if isinstance(location, str):
            if self._amap:
                region = await self._amap.region(location, "location")
                return region, region.name, region.centre
            if self._nominatim:
                return None, location, await self._nominatim.point(location, "location")
            raise Unavailable("没有配置地名服务：请用坐标“纬度,经度”查询，或设置 AMAP_KEY、NOMINATIM_URL")
        if self._amap and gcj.covers(*location):
            region = await self._amap.region_at(location)
            return region, region.name if region else None, location
        return None, None, location

    def _weather(self) -> OpenMeteo:
        if not self._open_meteo:
            raise Unavailable("没有配置这里的天气服务：请设置 AMAP_KEY 或 OPEN_METEO_URL")
        return self._open_meteo
