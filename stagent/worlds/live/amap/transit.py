"""Public transit of Amap: ``/v5/direction/transit/integrated``."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from stagent.worlds.live.amap.client import Amap, lon_lat, wgs
from stagent.worlds.live.shape import Node
from stagent.worlds.live.way import FoundWay, NoWay, consistent

_CHINA = ZoneInfo("Asia/Shanghai")
_KINDS = (("地铁", "metro"), ("轻轨", "metro"), ("磁悬浮", "metro"), ("有轨电车", "tram"), ("轮渡", "ferry"))


async def transit_way(amap: Amap, start: tuple[float, float], end: tuple[float, float], leave: datetime) -> FoundWay:
    """The first connection that Amap proposes.

    Raises:
        NoWay, Unavailable
    """
    cities = [await amap.region_at(point) for point in (start, end)]
    if not all(city and city.citycode for city in cities):
        raise NoWay("起点或终点不在有公交数据的城市里")
    moment = leave.astimezone(_CHINA)
    answer = await amap.get(
        "/v5/direction/transit/integrated",
        origin=lon_lat(start),
        destination=lon_lat(end),
        city1=cities[0].citycode,
        city2=cities[1].citycode,
        date=f"{moment:%Y-%m-%d}",
        time=f"{moment.hour}-{moment.minute:02d}",
        AlternativeRoute=1,
        show_fields="cost,polyline",
    )
    found = answer["route"].entries("transits")
    if not found:
        raise NoWay("没有找到公共交通路线")
    return _way(found[0])


def _way(transit: Node) -> FoundWay:
    distance, cost = transit["distance"].count(), transit["cost"]
    seconds, walking = cost["duration"].count(), transit["walking_distance"].count()
    steps, points = [], []
    for segment in transit["segments"].each():
        for step, line in _steps(segment):
            steps.append(step)
            points += line
    rides = sum(step["mode"] != "walking" for step in steps)
    fare = cost.find("transit_fee")
    return FoundWay(
        distance,
        seconds,
        _waited(steps, distance, seconds),
        wgs(points),
        fare_yuan=fare.decimal(0, 1e6) if fare else None,
        walking_m=walking,
        transfers=max(rides - 1, 0),
    )


def _waited(steps: list[dict[str, Any]], distance: int, seconds: int) -> list[dict[str, Any]]:
    """The steps; their durations may leave time to wait within the whole."""
    ridden = sum(step.get("duration_s", 0) for step in steps)
    return consistent(steps, distance, ridden if ridden <= seconds else seconds)


def _steps(segment: Node) -> list[tuple[dict[str, Any], list[tuple[float, float]]]]:
    """The parts of a segment in the order in which they are travelled, each with its line."""
    parts = []
    walking, bus, railway, taxi = (segment.find(key) for key in ("walking", "bus", "railway", "taxi"))
    # Amap's own order: a walk to the stop, the bus or the train from it, a taxi from the station.
    if walking and walking["distance"].count():
        parts.append(_walk(walking))
    lines = bus.find("buslines") if bus else None
    if lines:
        parts.append(_ride(lines.each()[0]))
    if railway and railway.find("name"):
        parts.append(_train(railway))
    if taxi and taxi.find("distance"):
        step = {"mode": "taxi", "distance_m": taxi["distance"].count(), "duration_s": taxi["drivetime"].count()}
        parts.append((step, []))
    return parts


def _walk(walking: Node) -> tuple[dict[str, Any], list[tuple[float, float]]]:
    step = {"mode": "walking", "distance_m": walking["distance"].count()}
    cost = walking.find("cost")
    duration = cost and cost.find("duration")
    if duration:
        step["duration_s"] = duration.count()
    return step, [point for key in ("origin", "destination") for point in [walking[key].lon_lat()]]


def _ride(line: Node) -> tuple[dict[str, Any], list[tuple[float, float]]]:
    name, direction = named(line["name"].text())
    kind = line.find("type")
    step: dict[str, Any] = {"mode": _kind(kind.text() if kind else ""), "line": name}
    if direction:
        step["direction"] = direction
    step |= {"from_name": line["departure_stop"]["name"].text(), "to_name": line["arrival_stop"]["name"].text()}
    between = line.find("via_num")
    if between:
        step["stop_count"] = between.count() + 1  # Amap counts the stops between, we the one to get off at too
    step["distance_m"] = line["distance"].count()
    cost = line.find("cost")
    duration = cost and cost.find("duration")
    if duration:
        step["duration_s"] = duration.count()
    drawn = line.find("polyline")
    if drawn and isinstance(drawn.value, dict):
        drawn = drawn.find("polyline")  # so in practice, where the documentation has the string itself
    return step, drawn.line() if drawn else [
        line[f"{end}_stop"]["location"].lon_lat() for end in ("departure", "arrival")
    ]


def _train(railway: Node) -> tuple[dict[str, Any], list[tuple[float, float]]]:
    step = {
        "mode": "rail",
        "line": railway["name"].text(),
        "from_name": railway["departure_stop"]["name"].text(),
        "to_name": railway["arrival_stop"]["name"].text(),
        "distance_m": railway["distance"].count(),
        "duration_s": railway["time"].count(),
    }
    return step, []


def _kind(type_: str) -> str:
    return next((kind for word, kind in _KINDS if word in type_), "bus")


def named(line: str) -> tuple[str, str]:
    """``"地铁1号线(苹果园--环球度假区)"`` → ``("地铁1号线", "环球度假区")``; without a direction ``(line, "")``."""
    before, arrow, after = line.rpartition("--")
    if not arrow or not after.endswith(")"):
        return line, ""
    depth = 0
    for at in range(len(before) - 1, -1, -1):
        depth += (before[at] == ")") - (before[at] == "(")
        if depth < 0:
            return before[:at], after[:-1]
    return line, ""
