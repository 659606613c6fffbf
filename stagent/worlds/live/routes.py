"""``map_compute_routes`` of the live world: every mode by the service that has it, leg by leg."""

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Protocol

from stagent.worlds.live.spot import coordinate
from stagent.worlds.live.way import FoundWay, NoWay, total
from stagent.worlds.protocol import Found, Unavailable

Point = tuple[float, float]
_CALLED = {
    "driving": "驾车",
    "walking": "步行",
    "bicycling": "骑行",
    "transit": "公共交通",
    "motorcycle": "摩托车",
    "truck": "货车",
}
_MOTOR = ("driving",)
_SOON = timedelta(minutes=30)


class RoutePlanner(Protocol):
    """A service that finds ways.

    Attributes:
        name: as notes call it.
        modes: those it has.
        has_traffic: whether its driving times count the present traffic.
    """

    name: str
    modes: frozenset[str]
    has_traffic: bool

    def covers(self, points: list[Point]) -> bool:
        """Whether these (lat, lon) may lie where it has roads."""

    async def way(self, mode: str, start: Point, end: Point, leave: datetime, preference: str | None) -> FoundWay:
        """The way from start to end.

        Raises:
            NoWay, Unavailable
        """


def planner_for(planners: list[RoutePlanner], mode: str, stops: list[Point]) -> RoutePlanner:
    """The first planner that has a mode where the stops lie.

    Raises:
        Unavailable
    """
    having = [planner for planner in planners if mode in planner.modes]
    for planner in having:
        if planner.covers(stops):
            return planner
    if having:
        raise Unavailable(f"没有服务能规划这里的{_CALLED[mode]}路线")
    raise Unavailable(f"没有能规划{_CALLED[mode]}路线的服务")


async def compute_routes(planners: list[RoutePlanner], arguments: dict[str, Any], clock: datetime) -> Found:
    """The routes of every mode that has one; a note says why others have none.

    Raises:
        Unavailable: no mode has one, and not because there is none.
    """
    stops = [arguments["origin"], *(arguments.get("intermediates") or ()), arguments["destination"]]
    modes = list(arguments["modes"])
    outcomes = await asyncio.gather(*(_mode(planners, mode, stops, arguments, clock) for mode in modes))
    found = Found([])
    notes, lacking = [], []
    for mode, outcome in zip(modes, outcomes, strict=True):
        if isinstance(outcome, NoWay):
            notes.append(f"{_CALLED[mode]}：{outcome}")
        elif isinstance(outcome, Unavailable):
            lacking.append(outcome)
            notes.append(f"{_CALLED[mode]}：{outcome.reason}")
        else:
            item, points, said = outcome
            found.geometry.append({"item": len(found.items), "kind": "route", "points": points})
            found.items.append(item)
            notes += said
    if lacking and not found.items:
        reasons = dict.fromkeys(outcome.reason for outcome in lacking)
        raise Unavailable("；".join(reasons), retry=any(outcome.retry for outcome in lacking))
    found.note = "；".join(dict.fromkeys(notes))
    return found


async def _mode(
    planners: list[RoutePlanner], mode: str, stops: list[Point], arguments: dict[str, Any], clock: datetime
) -> tuple[dict[str, Any], list[list[float]], list[str]] | NoWay | Unavailable:
    """A mode's item, its line and notes; why there is none is returned, for the other modes go on."""
    try:
        planner = planner_for(planners, mode, stops)
        arrive = arguments.get("arrival_time")
        if arrive is not None and mode == "transit":
            raise Unavailable(f"{planner.name}不能按到达时间规划公共交通，请改用 departure_time")
        leave = arguments.get("departure_time") or clock
        ways: list[FoundWay] = []
        for start, end in pairwise(stops):
            travelled = timedelta(seconds=sum(way.duration_s for way in ways))
            ways.append(await planner.way(mode, start, end, leave + travelled, arguments.get("preference")))
    except (NoWay, Unavailable) as why:
        return why.with_traceback(None)
    duration = timedelta(seconds=sum(way.duration_s for way in ways))
    if arrive is not None:
        leave = arrive - duration
    leave = leave.astimezone(clock.tzinfo)
    notes = [note for way in ways for note in way.notes]
    if mode in _MOTOR:
        notes += _about_traffic(planner, arguments["traffic_aware"], leave - clock > _SOON)
    points = [[round(lat, 6), round(lon, 6)] for way in ways for lat, lon in way.points]
    return _item(mode, ways, stops, leave, leave + duration), points, notes


def _about_traffic(planner: RoutePlanner, wanted: bool, later: bool) -> list[str]:
    if not planner.has_traffic:
        return [f"{planner.name}的驾车耗时不含路况"] if wanted else []
    if not wanted:
        return [f"{planner.name}的驾车耗时总是计入路况"]
    return [f"{planner.name}的驾车耗时按现在的路况估计，届时可能不同"] if later else []


def _item(mode: str, ways: list[FoundWay], stops: list[Point], leave: datetime, arrive: datetime) -> dict[str, Any]:
    item: dict[str, Any] = {
        "mode": mode,
        "distance_m": sum(way.distance_m for way in ways),
        "duration_s": sum(way.duration_s for way in ways),
        "departure": leave.isoformat(timespec="seconds"),
        "arrival": arrive.isoformat(timespec="seconds"),
    }
    for key in ("toll_yuan", "fare_yuan", "transfers", "walking_m"):
        value = total(ways, key)
        if value is not None:
            item[key] = value
    if len(ways) > 1:
        item["legs"] = [
            {
                "from_location": coordinate(start),
                "to_location": coordinate(end),
                "distance_m": way.distance_m,
                "duration_s": way.duration_s,
            }
            for (start, end), way in zip(pairwise(stops), ways, strict=True)
        ]
    item["steps"] = [step for way in ways for step in way.steps]
    return item
