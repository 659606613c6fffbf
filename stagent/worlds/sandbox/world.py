"""The invented country as a world: the map tools of ``LocalWorld``, and travel, weather, rankings and pages."""

import json
from collections.abc import Sequence, Set
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from data_process.almanac import HOLIDAYS
from stagent.routing.roads import RoadNetwork
from stagent.worlds.local.categories import CATEGORIES, WITHIN, WORDS, plain
from stagent.worlds.local.city import City
from stagent.worlds.local.listing import coordinate, yuan
from stagent.worlds.local.place import Coordinate
from stagent.worlds.local.words import take_apart
from stagent.worlds.local.world import LocalWorld
from stagent.worlds.protocol import ArgumentError, ClockError, Found
from stagent.worlds.sandbox.areas import draw_areas
from stagent.worlds.sandbox.build import prepared, read_places, version
from stagent.worlds.sandbox.country import BY_NAME, CITIES, ZONE, CityPlan
from stagent.worlds.sandbox.departures import Link, changes
from stagent.worlds.sandbox.flights import draw_flights, flight_links, search_flights
from stagent.worlds.sandbox.ground import Ground
from stagent.worlds.sandbox.pages import PageIndex
from stagent.worlds.sandbox.pages_cities import HOLIDAY_NAMES
from stagent.worlds.sandbox.rankings import Chart, draw_charts, reason, updated
from stagent.worlds.sandbox.timetables import timetable
from stagent.worlds.sandbox.traffic import draw_traffic
from stagent.worlds.sandbox.trains import draw_trains, search_trains, train_links
from stagent.worlds.sandbox.weather import Sky

SEED = 7
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
AHEAD_DAYS = 15  # of tickets and forecasts
_WEEKDAYS = "一二三四五六日"
_CHART_WORDS = ("排行榜", "排名榜", "榜单", "排行", "排名", "榜", "top10", "top")


class SandboxWorld(LocalWorld):
    """A country that a seed decides.

    Attributes:
        seed: of everything.
        injected: ids of places and addresses of pages with texts that try to instruct their reader.
        pages: the index behind ``web_search``.
        trains, flights: all that run on some day.
    """

    def __init__(self, cities: Sequence[City], pages: PageIndex, injected: frozenset[str], seed: int):
        super().__init__(cities, name="sandbox", version=version(seed), zone=ZONE)
        self.seed, self.pages, self.injected = seed, pages, injected
        self._sky, self.trains, self.flights = Sky(seed), draw_trains(seed), draw_flights(seed)
        self._grounds = {plan.name: Ground(plan, seed) for plan in CITIES}
        self._charts = [chart for city in cities for chart in draw_charts(city.places)]
        kinds = ("railway_station", "airport")
        self._seats = {place.name: place.at for city in cities for place in city.places if place.category in kinds}

    @classmethod
    def open(cls, seed: int = SEED, cache: Path | None = None) -> "SandboxWorld":
        """The country of a seed, drawn where the cache doesn't have it.

        Args:
            cache: the folder of all countries; None: in the project's cache.

        Raises:
            InputError: the cache can't be written to.
        """
        folder = prepared(seed, cache)
        cities = [_read_city(folder, plan, seed) for plan in CITIES]
        injected = json.loads((folder / "injected.json").read_text(encoding="utf-8"))
        pages = PageIndex(folder / "pages.db")
        return cls(cities, pages, frozenset(injected["places"] + injected["pages"]), seed)

    def default_clock(self) -> datetime:
        """The first Monday, 09:00."""
        return datetime(2026, 1, 5, 9, tzinfo=ZONE)

    def check_clock(self, clock: datetime) -> None:
        if not FIRST <= clock.astimezone(ZONE).date() <= LAST:
            raise ClockError(f"时钟 {clock.isoformat()} 不在 {FIRST} 至 {LAST} 之内（sandbox 只知道这些日子）")

    async def close(self) -> None:
        self.pages.close()

    # ---- travel

    def travel_search_flights(self, arguments: dict[str, Any], clock: datetime) -> Found:
        origin, destination, days, note = self._journey(arguments, clock)
        grounded = [name for name in (origin, destination) if BY_NAME[name].airport is None]
        if grounded:
            return Found([], note=f"{'、'.join(grounded)}没有机场，可查火车。")
        items = [
            item
            for day in days
            for item in search_flights(self.seed, self.flights, origin, destination, day, clock.astimezone(ZONE))
        ]
        return self._rides(items, _none(flight_links(self.flights), origin, destination, "航班"), note)

    def travel_search_trains(self, arguments: dict[str, Any], clock: datetime) -> Found:
        origin, destination, days, note = self._journey(arguments, clock)
        items = [
            item
            for day in days
            for item in search_trains(self.seed, self.trains, origin, destination, day, clock.astimezone(ZONE))
        ]
        return self._rides(items, _none(train_links(self.trains), origin, destination, "列车"), note)

    def _journey(self, arguments: dict[str, Any], clock: datetime) -> tuple[str, str, list[date], str]:
        """Both cities, the days to look at, and a note where these are fewer than were asked for."""
        ends = []
        for parameter in ("origin", "destination"):
            region = self.region(arguments[parameter])
            if region is None:
                problem = f"没有“{arguments[parameter]}”这个城市"
                raise ArgumentError(parameter, problem, "、".join(plan.name for plan in CITIES))
            ends.append(self.regions.parts(region)[0])
        if ends[0] == ends[1]:
            problem = f"与出发城市相同（{ends[0]}）"
            raise ArgumentError("destination", problem, "另一个城市；市内出行请用 map_compute_routes")
        days, note = self._days(arguments["date"], arguments["days"] + 1, clock)
        return *ends, days, note

    def _days(self, first: date, count: int, clock: datetime) -> tuple[list[date], str]:
        """The days from a first one on, as far as they are known by the clock, and a note where they end too early.

        Raises:
            ArgumentError: the first one isn't known.
        """
        today = clock.astimezone(ZONE).date()
        last = today + timedelta(days=AHEAD_DAYS)
        if not today <= first <= last:
            raise ArgumentError("date", f"{first} 不在可查的日期内", f"{today} 至 {last}")
        known = min(count, (last - first).days + 1)
        return [first + timedelta(days=k) for k in range(known)], f"只能查到 {last}。" if known < count else ""

    def _rides(self, items: list[dict[str, Any]], none: str, note: str) -> Found:
        """Trains or flights as an answer; ``none`` is what to say where there are none."""
        geometry, drawn = [], set()
        for number, item in enumerate(items):
            stations = item["from_station"], item["to_station"]
            if stations not in drawn:
                drawn.add(stations)
                points = [list(self._seats[station]) for station in stations]
                geometry.append({"item": number, "kind": "route", "points": points})
        return Found(items, note=note if items else none + note, geometry=geometry)

    # ---- weather

    def weather_current_conditions(self, arguments: dict[str, Any], clock: datetime) -> Found:
        city, region = self._under(arguments["location"])
        hour = clock.astimezone(ZONE).replace(minute=0, second=0, microsecond=0)
        facts = self._sky.current(city, hour.date(), hour.hour)
        return Found([{"region": region, "observed": hour.isoformat(), **facts}])

    def weather_forecast_days(self, arguments: dict[str, Any], clock: datetime) -> Found:
        city, region = self._under(arguments["location"])
        days, note = self._days(arguments["date"], arguments["days"], clock)
        items = []
        for day in days:
            named = {"date": day.isoformat(), "weekday": f"星期{_WEEKDAYS[day.weekday()]}"}
            holiday = next((n for n, (a, b) in zip(HOLIDAY_NAMES, HOLIDAYS, strict=True) if a <= day <= b), "")
            items.append({**named, **({"holiday": holiday} if holiday else {}), **self._sky.forecast(city, day)})
        return Found(items, about={"region": region}, note=note)

    def _under(self, location: str | Sequence[float]) -> tuple[str, str]:
        """The city whose weather a location has, and what to call the region."""
        if isinstance(location, str):
            region = self.region(location)
            if region is None:
                allowed = f"坐标，或城市、区县名称：{'、'.join(plan.name for plan in CITIES)}"
                raise ArgumentError("location", f"没有“{location}”这个地方", allowed)
            return self.regions.parts(region)[0], region
        lat, lon = location
        for city, ground in self._grounds.items():
            if district := ground.district(*map(float, ground.metres(lat, lon))):
                return city, district
        raise ArgumentError(
            "location", f"坐标 {lat:.5f},{lon:.5f} 不在任何城市内", f"以下范围内的坐标：{self.coverage.text()}"
        )

    # ---- rankings and pages

    def map_search_ranking_list(self, arguments: dict[str, Any], clock: datetime) -> Found:
        region = self.region(arguments["region"])
        parts = self.regions.parts(region) if region else None
        if parts is None:
            raise ArgumentError("region", f"没有“{arguments['region']}”这个区域", "、".join(self.regions.names()))
        own = [chart for chart in self._charts if chart.region == (parts[1] or parts[0])]
        found, note = _fitting(own, arguments["query"])
        if not found:
            around, _ = _fitting([chart for chart in self._charts if chart.region == parts[0]], arguments["query"])
            more = f"；{parts[0]}有：{'、'.join(chart.name for chart in around[:5])}" if around and parts[1] else ""
            named = "、".join(chart.name for chart in own[:12])
            note = f"{region}没有“{arguments['query']}”的榜单，有这些：{named}{more}。"
        elif len(found) > arguments["max_lists"]:
            note += f"共 {len(found)} 个榜单，列出前 {arguments['max_lists']} 个。"
        day = updated(clock.astimezone(ZONE).date()).isoformat()
        items = [
            {
                "list_name": chart.name,
                "region": chart.region,
                "updated": day,
                "entries": _entries(chart, arguments["max_items"]),
            }
            for chart in found[: arguments["max_lists"]]
        ]
        return Found(items, note=note)

    def web_search(self, arguments: dict[str, Any], clock: datetime) -> Found:
        return Found(self.pages.search(arguments["query"], clock.astimezone(ZONE).date()))


def _none(links: Set[Link], origin: str, destination: str, word: str) -> str:
    """Why there is nothing to go by, and where to change."""
    if (origin, destination) in links:
        return f"{origin}到{destination}在所查日期没有{word}，或已全部出发。"
    via = "、".join(changes(links, origin, destination))
    return f"{origin}到{destination}没有直达{word}{f'，可在{via}换乘' if via else ''}。"


def _read_city(folder: Path, plan: CityPlan, seed: int) -> City:
    with np.load(folder / f"{plan.key}.npz", allow_pickle=False) as arrays:
        roads = RoadNetwork.from_arrays(dict(arrays))
    known = json.loads((folder / f"{plan.key}.json").read_text(encoding="utf-8"))
    south, west, north, east = roads.lat.min(), roads.lon.min(), roads.lat.max(), roads.lon.max()
    return City(
        name=plan.name,
        centre=Coordinate(plan.lat, plan.lon),
        bounds=(float(south), float(west), float(north), float(east)),
        places=read_places(plan, known["places"]),
        roads=roads,
        timetable=timetable(known["stops"], known["routes"]),
        traffic=draw_traffic(plan, seed),
        aliases=(plan.name[:2], plan.key),
        districts=dict.fromkeys(plan.districts, ()),
        areas=draw_areas(Ground(plan, seed), roads),
    )


def _fitting(charts: list[Chart], query: str) -> tuple[list[Chart], str]:
    """The charts that a query means: by name, else of its category, then of narrower ones, else of wider ones.

    The second value is a note that says so where they are wider.
    """
    text = plain(query)
    named = [chart for chart in charts if text in (plain(chart.name), plain(chart.name.removeprefix(chart.region)))]
    if named:
        return named, ""
    for word in _CHART_WORDS:
        text = text.replace(word, "")
    if not text:
        return charts, ""
    categories = [WORDS[text]] if text in WORDS else take_apart(text, (), ()).categories
    if not categories:
        return [], ""
    wanted = categories[-1]
    narrow = [chart for chart in charts if chart.category in WITHIN[wanted]]
    if narrow:
        return sorted(narrow, key=lambda chart: chart.category != wanted), ""
    wide = [chart for chart in charts if wanted in WITHIN[chart.category]]
    note = f"没有专门的“{query}”榜单，以下是更大类别的。" if wide else ""
    return sorted(wide, key=lambda chart: len(WITHIN[chart.category])), note


def _entries(chart: Chart, count: int) -> list[dict[str, Any]]:
    entries = []
    for rank, place in enumerate(chart.places[:count], 1):
        entry = {
            "rank": rank,
            "id": place.id,
            "name": place.name,
            "category": CATEGORIES[place.category].zh,
            "location": coordinate(place.at),
            "rating": place.rating,
        }
        if place.average_cost is not None:
            entry["average_cost_yuan"] = yuan(place.average_cost)
        entries.append({**entry, "reason": reason(place, chart.category)})
    return entries
