"""When metro and buses run, how long they take and what they cost."""

from collections.abc import Sequence
from datetime import date

from data_process.almanac import is_holiday
from stagent.routing.journey import JourneyLeg
from stagent.routing.timetable import Frequency, Line, Stop
from stagent.routing.transit import Timetable

WORKDAY, WEEKEND, HOLIDAY = range(3)
SERVICES = {
    "workday": lambda day: day_kind(day) == WORKDAY,
    "weekend": lambda day: day_kind(day) == WEEKEND,
    "holiday": lambda day: day_kind(day) == HOLIDAY,
}
# Metro fares: up to so many kilometres, so many yuan; further than the last, METRO_MOST.
METRO_FARES = ((4, 2), (8, 3), (13, 4), (19, 5), (26, 6))
METRO_MOST = 7
BUS_FARE, NIGHT_FARE, AIRPORT_FARE = 2, 3, 20
# kind -> (from minute, to minute, minutes between) by day kind
_METRO = {
    "workday": ((360, 420, 8), (420, 570, 4), (570, 990, 7), (990, 1170, 4), (1170, 1380, 9)),
    "weekend": ((360, 540, 9), (540, 1200, 6), (1200, 1380, 9)),
    "holiday": ((360, 540, 9), (540, 1290, 5), (1290, 1380, 9)),
}
_BUS = {
    "workday": ((345, 420, 14), (420, 570, 8), (570, 990, 12), (990, 1170, 8), (1170, 1320, 16)),
    "weekend": ((360, 540, 15), (540, 1140, 11), (1140, 1320, 16)),
    "holiday": ((360, 540, 15), (540, 1200, 10), (1200, 1320, 16)),
}
_AIRPORT = dict.fromkeys(SERVICES, ((330, 1410, 30),))
_NIGHT = dict.fromkeys(SERVICES, ((1350, 1710, 40),))


def day_kind(day: date) -> int:
    """WORKDAY, WEEKEND or HOLIDAY."""
    return HOLIDAY if is_holiday(day) else WEEKEND if day.weekday() >= 5 else WORKDAY


def periods(kind: str, name: str) -> dict[str, tuple[tuple[int, int, int], ...]]:
    """How often a line runs, by service: from minute, to minute, minutes between."""
    if kind == "metro":
        return _METRO
    return _NIGHT if name.startswith("夜") else _AIRPORT if name.startswith("机场") else _BUS


def fare(rides: Sequence[JourneyLeg]) -> float:
    """Of a journey's rides together: the metro by its kilometres, changes included; each bus for itself."""
    total, metro_m = 0.0, 0
    for ride in rides:
        if ride.kind == "metro":
            metro_m += ride.distance_m
        else:
            total += bus_fare(ride.line)
    return total + metro_fare(metro_m) if metro_m else total


def metro_fare(metres: int) -> int:
    """``metro_fare(4000) == 2``, ``metro_fare(4001) == 3``."""
    return next((yuan for km, yuan in METRO_FARES if metres <= 1000 * km), METRO_MOST)


def bus_fare(line: str) -> int:
    """Of one ride on a bus."""
    return NIGHT_FARE if line.startswith("夜") else AIRPORT_FARE if line.startswith("机场") else BUS_FARE


def timetable(stops: dict[str, tuple[str, float, float]], routes: list[dict]) -> Timetable:
    """A city's timetable.

    Args:
        stops: id -> name, lat, lon.
        routes: ``transit.Route`` as dicts, as the cache has them.
    """
    lines = [Line(route["id"], route["name"], route["kind"]) for route in routes]
    frequencies, shapes = [], {}
    for route in routes:
        names, path, metres = route["stops"], route["path"], route["metres"]
        for a, b, points in zip(names, names[1:], path, strict=False):
            shapes[route["id"], a, b] = [tuple(point) for point in points]
            shapes[route["id"], b, a] = [tuple(point) for point in points[::-1]]
        for way, (sequence, hops) in enumerate(((names, metres), (names[::-1], metres[::-1]))):
            headsign = stops[sequence[-1]][0]
            times = _times(sequence, hops, route["kind"], route["name"])
            for service, spans in periods(route["kind"], route["name"]).items():
                for first, last, every in spans:
                    start = 60 * (first + (every // 2 if way else 0))
                    frequencies.append(
                        Frequency(route["id"], service, headsign, times, start, 60 * last - 1, 60 * every)
                    )
    made = [Stop(id, *facts) for id, facts in stops.items()]
    return Timetable.build(made, lines, [], SERVICES, fare, frequencies=frequencies, shapes=shapes)


def _times(sequence: Sequence[str], hops: Sequence[int], kind: str, name: str) -> list[tuple[str, int, int]]:
    """Seconds from the first stop on: a metro runs 48 km/h between stops, a bus 20, one to the airport 42."""
    speed = 13.4 if kind == "metro" else 11.6 if name.startswith("机场") else 5.6
    wait = 30 if kind == "metro" else 20
    clock, times = 0, [(sequence[0], 0, 0)]
    for stop, metres in zip(sequence[1:], hops, strict=True):
        arrive = clock + 10 * round((metres / speed + 15) / 10)
        clock = arrive + wait
        times.append((stop, arrive, clock))
    return times


def service_hours(kind: str, name: str, service: str, way: int) -> tuple[str, str]:
    """When the first and the last vehicle of a day leave their first stop, ``("05:45", "21:57")``; 24:30 is 00:30."""
    starts = [
        minute
        for first, last, every in periods(kind, name)[service]
        for minute in range(first + (every // 2 if way else 0), last, every)
    ]
    return tuple(f"{minute // 60:02d}:{minute % 60:02d}" for minute in (min(starts), max(starts)))
