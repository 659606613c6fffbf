"""A GTFS feed as a timetable: the stops near the map, and what calls at two of them or more."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from sys import intern

from stagent.routing.journey import JourneyLeg
from stagent.routing.timetable import Frequency, Line, ServiceDays, Stop, Trip
from stagent.routing.transit import Timetable
from stagent.worlds.osm.shapes import Pattern, shapes_between
from stagent.worlds.osm.tables import Feed, FeedTable, second_of
from utils import InputError

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_KINDS = {0: "tram", 1: "metro", 2: "rail", 3: "bus", 4: "ferry", 5: "tram", 6: "gondola", 7: "funicular"}
_KINDS |= {11: "bus", 12: "rail"}
# The extended types, by their hundreds.
_EXTENDED = {1: "rail", 2: "bus", 4: "metro", 7: "bus", 8: "bus", 9: "tram", 10: "ferry", 12: "ferry", 13: "gondola"}
_EXTENDED |= {3: "rail", 5: "metro", 6: "metro", 14: "funicular"}
_CALL = ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence")
Box = tuple[float, float, float, float]
Calls = list[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class GtfsFeed:
    """A feed's timetable.

    Attributes:
        days: first and last day on which anything runs.
        zone: the agency's time zone, "" where it isn't told.
    """

    timetable: Timetable
    days: tuple[date, date]
    zone: str


def read_gtfs(path: Path, box: Box) -> GtfsFeed:
    """Reads a feed.

    Args:
        box: (south, west, north, east): stops outside are left out.

    Raises:
        InputError: a file, a column or a value that is missing or can't be used, by name and row; no stop in the box.
    """
    feed = Feed(path)
    services, days = _services(feed)
    stops = _stops(feed, box)
    if not stops:
        raise InputError(f"{path}: stops.txt has no stop on the map; give the feed of the map's city")
    lines = _lines(feed)
    trips, frequencies, patterns = _trips(feed, services, stops, lines)
    used = {stop for trip in (*trips, *frequencies) for stop, _, _ in trip.times}
    timetable = Timetable.build(
        [stop for stop in stops.values() if stop.id in used],
        list(lines.values()),
        trips,
        services,
        _fare(feed),
        frequencies=frequencies,
        shapes=shapes_between(feed, patterns, stops),
    )
    zone = next((row["agency_timezone"] for row in feed.table("agency.txt")), "") if feed.has("agency.txt") else ""
    return GtfsFeed(timetable, days, zone)


def _services(feed: Feed) -> tuple[dict[str, ServiceDays], tuple[date, date]]:
    """The days of each service, and the first and the last of all."""
    if not feed.has("calendar.txt") and not feed.has("calendar_dates.txt"):
        raise InputError(
            f"{feed.path}: calendar.txt and calendar_dates.txt are both missing; one of them has to say on which days "
            "trips run"
        )
    services: dict[str, ServiceDays] = {}
    known: list[date] = []
    if feed.has("calendar.txt"):
        for row in feed.table("calendar.txt", "service_id", *_WEEK, "start_date", "end_date"):
            weekdays = frozenset(number for number, name in enumerate(_WEEK) if row.whole(name, 0, 1))
            first, last = row.day("start_date"), row.day("end_date")
            if last < first:
                raise row.wrong("end_date", f"a day from {row['start_date']} on")
            services[row["service_id"]] = ServiceDays(weekdays, first, last)
            known += [first, last]
    exceptions: dict[str, dict[int, set[date]]] = defaultdict(lambda: {1: set(), 2: set()})
    if feed.has("calendar_dates.txt"):
        for row in feed.table("calendar_dates.txt", "service_id", "date", "exception_type"):
            kind = row.whole("exception_type", 1, 2)
            exceptions[row["service_id"]][kind].add(row.day("date"))
            known += [row.day("date")] if kind == 1 else []
    for name, kinds in exceptions.items():
        service = services.get(name, ServiceDays(frozenset()))
        services[name] = replace(service, added=frozenset(kinds[1]), removed=frozenset(kinds[2]))
    if not known:
        raise InputError(f"{feed.path}: calendar.txt and calendar_dates.txt name no day on which anything runs")
    return services, (min(known), max(known))


def _stops(feed: Feed, box: Box) -> dict[str, Stop]:
    """Stops in the box; those outside and stations without a place of their own are left out."""
    south, west, north, east = box
    stops = {}
    for row in feed.table("stops.txt", "stop_id", "stop_name", "stop_lat", "stop_lon"):
        if row["location_type"] not in ("", "0"):
            continue
        lat, lon = row.number("stop_lat", -90, 90), row.number("stop_lon", -180, 180)
        if south <= lat <= north and west <= lon <= east:
            stops[row["stop_id"]] = Stop(row["stop_id"], row["stop_name"], lat, lon)
    return stops


def _lines(feed: Feed) -> dict[str, Line]:
    lines = {}
    for row in feed.table("routes.txt", "route_id", "route_type"):
        number = row.whole("route_type", 0, 1799)
        kind = _KINDS.get(number) or _EXTENDED.get(number // 100, "bus")
        name = row["route_short_name"] or row["route_long_name"] or row["route_id"]
        lines[row["route_id"]] = Line(row["route_id"], name, kind)
    return lines


def _trips(
    feed: Feed, services: dict[str, ServiceDays], stops: dict[str, Stop], lines: dict[str, Line]
) -> tuple[list[Trip], list[Frequency], dict[Pattern, None]]:
    """Trips with their calls at known stops, those that run every few minutes, and what both look like on a map."""
    calls, names = _calls(feed, stops)
    headways: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    if feed.has("frequencies.txt"):
        for row in feed.table("frequencies.txt", "trip_id", "start_time", "end_time", "headway_secs"):
            first, end = row.second("start_time"), row.second("end_time")
            # at end_time itself the next headway begins
            headways[row["trip_id"]].append((first, end - 1, row.whole("headway_secs", 1, 86_400)))
    trips, frequencies, patterns = [], [], {}
    for row in feed.table("trips.txt", "route_id", "service_id", "trip_id"):
        if row["route_id"] not in lines:
            raise row.wrong("route_id", "a route of routes.txt")
        if row["service_id"] not in services:
            raise row.wrong("service_id", "a service of calendar.txt or calendar_dates.txt")
        every = calls.get(row["trip_id"], [])
        times = [call for call in every if call[0] in stops]
        if len(times) < 2:
            continue
        headsign = row["trip_headsign"] or names.get(every[-1][0]) or ""
        patterns[row["route_id"], row["shape_id"], tuple(stop for stop, _, _ in times)] = None
        common = row["route_id"], row["service_id"], headsign, times
        if row["trip_id"] not in headways:
            trips.append(Trip(*common))
        late = times[0][2] - every[0][2]  # a first stop that is off the map is left earlier than the first on it
        for first, last, headway in headways.get(row["trip_id"], ()):
            frequencies.append(Frequency(*common, first + late, last + late, headway))
    return trips, frequencies, patterns


def _calls(feed: Feed, stops: dict[str, Stop]) -> tuple[dict[str, Calls], dict[str, str]]:
    """The calls, in their order, of each trip that calls at two known stops or more; and the name of every stop."""
    names = {row["stop_id"]: row["stop_name"] for row in feed.table("stops.txt", "stop_id", "stop_name")}
    table = feed.table("stop_times.txt", *_CALL)
    near = Counter(trip for _, trip, stop in table.tuples("trip_id", "stop_id") if stop in stops)
    kept = {trip for trip, count in near.items() if count > 1}
    rows: dict[str, list[tuple[int, int, str, str, str]]] = defaultdict(list)
    for at, trip, arrive, depart, stop, sequence in table.tuples(*_CALL):
        if stop not in names:
            raise table.row(at, stop_id=stop).wrong("stop_id", "a stop of stops.txt")
        if trip in kept:
            if not (sequence.isascii() and sequence.isdecimal()):
                raise table.row(at, stop_sequence=sequence).wrong("stop_sequence", "a whole number")
            rows[trip].append((int(sequence), at, arrive, depart, intern(stop)))
    return {trip: _in_order(table, rows.pop(trip)) for trip in list(rows)}, names


def _in_order(table: FeedTable, rows: list[tuple[int, int, str, str, str]]) -> Calls:
    """Calls by their sequence. Times that aren't told lie evenly between those that are.

    Args:
        rows: sequence, row, arrival, departure, stop.
    """
    rows.sort()
    told: list[tuple[int, int, int]] = []  # position, arrival, departure
    for position, (_, at, arrive, depart, _) in enumerate(rows):
        if not (arrive or depart or position in (0, len(rows) - 1)):
            continue
        begin, end = second_of(arrive or depart), second_of(depart or arrive)
        if begin is None or end is None or end < begin or (told and begin < told[-1][2]):
            row = table.row(at, arrival_time=arrive, departure_time=depart)
            wrong = "departure_time" if begin is not None and (end is None or end < begin) else "arrival_time"
            raise row.wrong(wrong, "a time HH:MM:SS that isn't before the one before it")
        told.append((position, begin, end))
    calls: Calls = [(stop, 0, 0) for *_, stop in rows]
    for (position, _, depart), (after, arrive, _) in pairwise(told):
        for between in range(position + 1, after):
            second = round(depart + (arrive - depart) * (between - position) / (after - position))
            calls[between] = calls[between][0], second, second
    for position, arrive, depart in told:
        calls[position] = calls[position][0], arrive, depart
    return calls


def _fare(feed: Feed):
    """The fare of a feed with one price for all, in yuan; None for any other: what its rules say isn't read."""
    if not feed.has("fare_attributes.txt"):
        return None
    fares = list(feed.table("fare_attributes.txt", "fare_id", "price", "currency_type", "transfers"))
    ruled = feed.has("fare_rules.txt") and any(True for _ in feed.table("fare_rules.txt"))
    if len(fares) != 1 or ruled or fares[0]["currency_type"] != "CNY":
        return None
    price = fares[0].number("price", 0, 1_000_000)
    rides = fares[0].whole("transfers", 0, 2) + 1 if fares[0]["transfers"] else math.inf

    def fare(legs: Sequence[JourneyLeg]) -> float:
        return price * math.ceil(len(legs) / rides)

    return fare
