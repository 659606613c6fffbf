"""Answers of map_compute_routes: one item a mode, and a sentence about each mode that has none."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from stagent.routing.journey import Journey
from stagent.routing.road_route import NoRoute, RoadRoute
from stagent.routing.vehicles import VEHICLES
from stagent.worlds.local.city import City
from stagent.worlds.local.listing import coordinate, yuan
from stagent.worlds.protocol import Found, Unavailable

MODES = {
    "driving": "驾车",
    "walking": "步行",
    "bicycling": "骑行",
    "transit": "公共交通",
    "motorcycle": "摩托车",
    "truck": "货车",
}
ROADS = {
    "motorway": "高速公路",
    "trunk": "快速路",
    "primary": "主干路",
    "secondary": "次干路",
    "tertiary": "支路",
    "residential": "街道",
    "service": "内部道路",
    "path": "步行道",
}
Point = tuple[float, float]


class RouteRequest:
    """What a call asks of every mode.

    Args:
        stops: origin, stops on the way, destination.
        clock: now; nobody leaves earlier.
        leave, arrive: one of them; arrive is the latest time.
        tolls: whether the world knows what roads cost.
    """

    def __init__(
        self,
        city: City,
        stops: Sequence[Point],
        *,
        clock: datetime,
        leave: datetime | None,
        arrive: datetime | None,
        traffic: bool,
        preference: str | None,
        tolls: bool,
    ):
        self._city, self._stops, self._clock = city, stops, clock
        self._leave, self._arrive, self._preference, self._tolls = leave, arrive, preference, tolls
        self._wants_traffic = traffic
        self._traffic = city.traffic if traffic else None

    def found(self, modes: Sequence[str]) -> Found:
        """An item for each mode that has a route.

        Raises:
            Unavailable: no mode has one, for want of data.
        """
        items, geometry, notes, lacking = [], [], [], []
        for mode in modes:
            try:
                item, points, note = self._transit() if mode == "transit" else self._road(mode)
            except NoRoute as none:
                notes.append(f"{MODES[mode]}：{none}。")
                continue
            except Unavailable as lack:
                lacking.append(lack)
                notes.append(f"{MODES[mode]}：{lack.reason}。")
                continue
            geometry.append({"item": len(items), "kind": "route", "points": points})
            items.append(item)
            notes.append(note)
        if len(lacking) == len(modes):
            raise Unavailable("；".join(lack.reason for lack in lacking))
        engines = [mode for mode in modes if mode in VEHICLES and VEHICLES[mode].traffic]
        if self._preference is not None and len(engines) < len(modes):
            notes.append("preference 只用于机动车。")
        if engines and self._wants_traffic and self._traffic is None:
            notes.append("没有路况数据，机动车耗时按道路畅通计算。")
        return Found(items, note="".join(notes), geometry=geometry)

    def _in_time(self, departure: datetime) -> None:
        """Raises NoRoute where one should have left before now."""
        if self._arrive is not None and departure < self._clock.replace(second=0, microsecond=0):
            raise NoRoute(f"要在 {self._arrive:%Y-%m-%d %H:%M} 前到达，须在 {departure:%Y-%m-%d %H:%M} 出发，已来不及")

    def _road(self, mode: str) -> tuple[dict[str, Any], list[list[float]], str]:
        route = self._city.roads.route(
            self._stops,
            mode,
            leave=self._leave,
            arrive=self._arrive,
            preference=self._preference,
            traffic=self._traffic,
        )
        self._in_time(route.departure)
        note = f"{MODES[mode]}：没有能完全避开的路线，已尽量少走。" if route.compromised else ""
        return self._road_item(route), [list(point) for point in route.points], note

    def _road_item(self, route: RoadRoute) -> dict[str, Any]:
        item: dict[str, Any] = {"mode": route.mode, **_totals(route.distance_m, route.duration_s)}
        item |= _times(route.departure, route.arrival)
        if VEHICLES[route.mode].traffic:
            if self._tolls:
                item["toll_yuan"] = yuan(route.toll_yuan)
            if self._traffic is not None:
                item["traffic_delay_s"] = route.delay_s
        if len(route.legs) > 1:
            item["legs"] = self._legs([(leg.distance_m, leg.duration_s) for leg in route.legs])
        item["steps"] = [
            ({"road": step.road} if step.road else {})
            | {"road_class": ROADS[step.road_class], **_totals(step.distance_m, step.duration_s)}
            for step in route.steps
            if step.distance_m or step.duration_s
        ]
        return item

    def _legs(self, totals: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
        return [
            {"from_location": coordinate(here), "to_location": coordinate(there), **_totals(*total)}
            for here, there, total in zip(self._stops, self._stops[1:], totals, strict=False)
        ]

    def _transit(self) -> tuple[dict[str, Any], list[list[float]], str]:
        journeys = self._journeys()
        first, last = journeys[0], journeys[-1]
        self._in_time(first.departure)
        duration = round((last.arrival - first.departure).total_seconds())
        distance = sum(journey.distance_m for journey in journeys)
        item: dict[str, Any] = {"mode": "transit", **_totals(distance, duration)}
        item |= _times(first.departure, last.arrival)
        if all(journey.fare_yuan is not None for journey in journeys):
            item["fare_yuan"] = yuan(sum(journey.fare_yuan for journey in journeys))
        item["transfers"] = sum(journey.transfers for journey in journeys)
        item["walking_m"] = sum(journey.walking_m for journey in journeys)
        if len(journeys) > 1:
            # waiting at a stop on the way belongs to the leg after it
            starts = [first.departure, *(journey.arrival for journey in journeys[:-1])]
            spent = [
                round((journey.arrival - start).total_seconds())
                for journey, start in zip(journeys, starts, strict=True)
            ]
            item["legs"] = self._legs(
                [(journey.distance_m, time) for journey, time in zip(journeys, spent, strict=True)]
            )
        item["steps"] = _rides(journeys)
        points = [list(point) for journey in journeys for leg in journey.legs for point in leg.points]
        return item, points, ""

    def _journeys(self) -> list[Journey]:
        """One from each stop to the next; each leaves when the one before has arrived."""
        timetable, days = self._city.timetable, self._city.transit_days
        if timetable is None:
            raise Unavailable("没有公交、地铁时刻数据")
        day = (self._leave or self._arrive).date()
        if days is not None and not days[0] <= day <= days[1]:
            raise Unavailable(f"公交时刻数据只覆盖 {days[0]} 至 {days[1]}，不含 {day}")
        pairs = list(zip(self._stops, self._stops[1:], strict=False))
        journeys: list[Journey] = []
        if self._arrive is None:
            leave = self._leave
            for here, there in pairs:
                journeys.append(timetable.journey(here, there, leave=leave, roads=self._city.roads))
                leave = journeys[-1].arrival
            return journeys
        arrive = self._arrive
        for here, there in reversed(pairs):
            journeys.insert(0, timetable.journey(here, there, arrive=arrive, roads=self._city.roads))
            arrive = journeys[0].departure
        return journeys


def _totals(distance: int, duration: int) -> dict[str, int]:
    return {"distance_m": distance, "duration_s": duration}


def _times(departure: datetime, arrival: datetime) -> dict[str, str]:
    return {
        key: moment.isoformat(timespec="seconds") for key, moment in (("departure", departure), ("arrival", arrival))
    }


def _rides(journeys: Sequence[Journey]) -> list[dict[str, Any]]:
    """Walks, rides and waits as steps, whose durations add up to the time from departure to arrival."""
    steps, now = [], journeys[0].departure
    for leg in (leg for journey in journeys for leg in journey.legs):
        if leg.departure > now:
            spent = round((leg.departure - now).total_seconds())
            steps.append(
                {"mode": "waiting", "from_name": leg.from_name, **_times(now, leg.departure), **_totals(0, spent)}
            )
        step: dict[str, Any] = {"mode": leg.kind, "line": leg.line, "direction": leg.direction}
        step |= {"from_name": leg.from_name, "to_name": leg.to_name}
        if leg.kind != "walking":
            step["stop_count"] = leg.stop_count
        steps.append(step | _times(leg.departure, leg.arrival) | _totals(leg.distance_m, leg.duration_s))
        now = leg.arrival
    return [{key: value for key, value in step.items() if value != ""} for step in steps]
