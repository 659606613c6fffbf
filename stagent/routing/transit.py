"""A timetable, and the journeys on it that arrive first or leave last."""

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np

from stagent.routing.geometry import haversine_m
from stagent.routing.journey import Journey, JourneyLeg
from stagent.routing.raptor import Ridden, first_arrival
from stagent.routing.road_route import NoRoute
from stagent.routing.roads import Point, RoadNetwork
from stagent.routing.timetable import Frequency, Line, Pattern, Schedule, Stop, Trip, patterns, schedule
from stagent.routing.traffic import DAY_S, second_of_day
from stagent.routing.walks import Walks, walk_all_the_way

LONGEST_S = DAY_S  # no journey lasts longer
_KEPT_DAYS = 4
_MINUTE = 60

Fare = Callable[[Sequence[JourneyLeg]], float]  # from the rides of a journey, in their order, to yuan


class Timetable:
    """Stops, lines and the trips of every day; immutable. Made by ``build``."""

    def __init__(
        self,
        stops: Sequence[Stop],
        lines: Sequence[Line],
        known: Sequence[Pattern],
        services: Sequence[Callable[[date], bool]],
        fare: Fare | None,
        shapes: Mapping[tuple[str, str, str], Sequence[Point]],
    ):
        self.stops, self.lines = list(stops), list(lines)
        self._patterns, self._services, self._fare, self._shapes = known, services, fare, shapes
        self._lat, self._lon = np.array([[stop.lat, stop.lon] for stop in stops], float).reshape(-1, 2).T
        self._schedules: dict[tuple[date, bool], Schedule] = {}
        self._walks: weakref.WeakKeyDictionary[RoadNetwork, Walks] = weakref.WeakKeyDictionary()

    @classmethod
    def build(
        cls,
        stops: Sequence[Stop],
        lines: Sequence[Line],
        trips: Sequence[Trip],
        services: Mapping[str, Callable[[date], bool]],
        fare: Fare | None = None,
        *,
        frequencies: Sequence[Frequency] = (),
        shapes: Mapping[tuple[str, str, str], Sequence[Point]] | None = None,
    ) -> "Timetable":
        """From lists.

        Args:
            services: whether trips of each service run on a date: ``ServiceDays`` or any function.
            fare: what the rides of a journey cost together; None: fares aren't known.
            shapes: by (line, stop, next stop) the points between the two; where there are none, a straight line.

        Raises:
            ValueError: an id that is used twice, or isn't there; a trip of one stop, or back in time.
        """
        ids = []
        for what, known in (("stop", stops), ("line", lines)):
            index = {one.id: number for number, one in enumerate(known)}
            if len(index) < len(known):
                raise ValueError(f"two {what}s have the same id")
            ids.append(index)
        numbers = {name: number for number, name in enumerate(services)}
        found = patterns(ids[0], ids[1], numbers, trips, frequencies)
        return cls(stops, lines, found, list(services.values()), fare, shapes or {})

    def journey(
        self,
        origin: Point,
        destination: Point,
        *,
        leave: datetime | None = None,
        arrive: datetime | None = None,
        roads: RoadNetwork,
    ) -> Journey:
        """The journey that arrives first, or the one that leaves at the last whole minute and arrives by a time.

        Of equal arrivals the one with the fewest rides, at most 6. A walk all the way, of 5 km at most, is an answer
        where no ride is faster. Clocks are taken as they stand, also in the nights in which they change.

        Args:
            leave, arrive: one of them, to the whole second.
            roads: for the walking.

        Raises:
            NoRoute: no walk and no ride within 24 hours; the message says whether no stop is near.
            ValueError: neither or both times.
        """
        if (leave is None) == (arrive is None):
            raise ValueError("one of leave and arrive is needed")
        origin, destination = ((float(lat), float(lon)) for lat, lon in (origin, destination))
        return _Question(self, origin, destination, roads).journey(leave, arrive)

    def walks(self, roads: RoadNetwork) -> Walks:
        """Walking between the stops on a network. Raises NoRoute where nobody can walk."""
        if roads not in self._walks:
            self._walks[roads] = Walks(roads, self._lat, self._lon)
        return self._walks[roads]

    def schedule(self, day: date, *, mirrored: bool) -> Schedule:
        """The trips of a day and the next."""
        key = day, mirrored
        if key not in self._schedules:
            made = schedule(self._patterns, self._services, day, len(self.stops), mirrored=mirrored)
            self._schedules[key] = made
            while len(self._schedules) > _KEPT_DAYS:
                self._schedules.pop(next(iter(self._schedules)), None)
            return made
        return self._schedules[key]

    def track(self, ridden: Ridden) -> list[Point]:
        """The points of a ride."""
        pattern, stops = ridden.rides.pattern, [self.stops[stop] for stop in ridden.rides.stops]
        points: list[Point] = [(stops[ridden.on].lat, stops[ridden.on].lon)]
        for here in range(ridden.on, ridden.off):
            key = self.lines[pattern.line].id, stops[here].id, stops[here + 1].id
            points += [*self._shapes.get(key, ()), (stops[here + 1].lat, stops[here + 1].lon)]
        return points

    def ways(self) -> Iterator[tuple[Line, list[Stop], list[Sequence[Point]]]]:
        """The line, the stops and the points between each two of them of every way that some trip takes: for a map."""
        for pattern in self._patterns:
            line, stops = self.lines[pattern.line], [self.stops[stop] for stop in pattern.stops]
            yield line, stops, [self._shapes.get((line.id, here.id, there.id), ()) for here, there in pairwise(stops)]

    def fare(self, legs: Sequence[JourneyLeg]) -> float | None:
        """Of the rides among legs."""
        rides = [leg for leg in legs if leg.kind != "walking"]
        return None if self._fare is None else round(self._fare(rides), 2) if rides else 0.0


class _Question:
    """From where to where, and how one may walk."""

    def __init__(self, timetable: Timetable, origin: Point, destination: Point, roads: RoadNetwork):
        self._timetable, self._roads = timetable, roads
        self._origin, self._destination = origin, destination
        self._walks = timetable.walks(roads)
        self._from = self._walks.near(origin, towards=False)
        self._to = self._walks.near(destination, towards=True)
        self._walk = walk_all_the_way(roads, origin, destination)

    def journey(self, leave: datetime | None, arrive: datetime | None) -> Journey:
        if arrive is not None:
            leave = self._latest(arrive.replace(microsecond=0))
        leave = leave.replace(microsecond=0)
        start = second_of_day(leave)
        before = start + (LONGEST_S + 1 if self._walk is None else self._walk.duration_s)
        timed = self._timetable.schedule(leave.date(), mirrored=False)
        changes = self._walks.changes
        end, last = first_arrival(timed, self._from, self._to, lambda stop: changes(stop, towards=False), start, before)
        if last is None and self._walk is None:
            raise self._none()
        midnight = leave - timedelta(seconds=start)
        legs = self._legs(last, start, midnight)
        return Journey(
            duration_s=end - start,
            distance_m=sum(leg.distance_m for leg in legs),
            departure=leave,
            arrival=midnight + timedelta(seconds=end),
            walking_m=sum(leg.distance_m for leg in legs if leg.kind == "walking"),
            transfers=max(0, sum(leg.kind != "walking" for leg in legs) - 1),
            fare_yuan=self._timetable.fare(legs),
            legs=legs,
        )

    def _latest(self, arrive: datetime) -> datetime:
        """The last whole minute at which to leave: the first arrival in reversed time."""
        day = arrive.date() - timedelta(days=1)  # a journey may begin on the day before
        end = second_of_day(arrive) + DAY_S
        before = LONGEST_S + 1 if self._walk is None else self._walk.duration_s
        changes = self._walks.changes
        start, last = first_arrival(
            self._timetable.schedule(day, mirrored=True),
            self._to,
            self._from,
            lambda stop: changes(stop, towards=True),
            -end,
            before - end,
        )
        if last is None and self._walk is None:
            raise self._none()
        return arrive - timedelta(seconds=end - (-start // _MINUTE * _MINUTE))

    def _none(self) -> NoRoute:
        for near, label, stop in ((self._from, "起点", 0), (self._to, "终点", 1)):
            if not near:
                return NoRoute(f"{label}步行 1.5 公里内没有公共交通站点，全程步行也超过 5 公里", stop)
        return NoRoute("24 小时内没有公共交通可以到达")

    def _legs(self, last: Ridden | None, start: int, midnight: datetime) -> list[JourneyLeg]:
        """From the last ride back to the first, then walks and waits between them."""
        stops = self._timetable.stops
        rides: list[Ridden] = []
        while last is not None:
            rides.append(last)
            last = last.start.before
        rides.reverse()
        legs: list[JourneyLeg] = []
        now, here, name = start, self._origin, ""
        for ridden in rides:
            ends = [stops[ridden.rides.stops[position]] for position in (ridden.on, ridden.off)]
            board, leave_at = ends
            place = (board.lat, board.lon)
            now = self._add_walk(legs, now, here, place, name, board.name, midnight)
            departure = ridden.rides.depart[ridden.on][ridden.row]
            arrival = ridden.rides.arrive[ridden.off][ridden.row]
            line = self._timetable.lines[ridden.rides.pattern.line]
            points = self._timetable.track(ridden)
            lat, lon = np.array(points).T
            legs.append(
                JourneyLeg(
                    kind=line.kind,
                    line=line.name,
                    direction=ridden.rides.pattern.headsign,
                    from_name=board.name,
                    to_name=leave_at.name,
                    stop_count=ridden.off - ridden.on,
                    departure=midnight + timedelta(seconds=departure),
                    arrival=midnight + timedelta(seconds=arrival),
                    distance_m=round(float(haversine_m(lat[:-1], lon[:-1], lat[1:], lon[1:]).sum())),
                    duration_s=arrival - departure,
                    wait_s=departure - now,
                    points=points,
                )
            )
            now, here, name = arrival, (leave_at.lat, leave_at.lon), leave_at.name
        self._add_walk(legs, now, here, self._destination, name, "", midnight)
        return legs

    def _add_walk(
        self,
        legs: list[JourneyLeg],
        now: int,
        here: Point,
        there: Point,
        from_name: str,
        to_name: str,
        midnight: datetime,
    ) -> int:
        """Adds a walk, where it has any length; returns the time at its end."""
        if here == there:
            return now
        walk = self._roads.route([here, there], "walking")
        moments = [midnight + timedelta(seconds=second) for second in (now, now + walk.duration_s)]
        names = from_name, to_name
        legs.append(
            JourneyLeg("walking", "", "", *names, 0, *moments, walk.distance_m, walk.duration_s, 0, walk.points)
        )
        return now + walk.duration_s
