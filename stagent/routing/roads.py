"""A road network, and routes on it: by mode, with traffic, with preferences, leaving at a time or arriving by one.

    stops ── nearest node of the mode ──► path a leg (graph.py) ──► times along it (search.py) ──► RoadRoute

Between a stop and its node a straight line is travelled at the vehicle's ``access_kmh``, whatever the traffic. These
times depend on the stop alone, so durations without traffic obey the triangle inequality, rounded up as they are.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate

import numpy as np

from stagent.routing.graph import NEAREST_M, Hours, ModeGraph
from stagent.routing.road_route import NoRoute, RoadRoute, Stretch, rounded_legs, whole_seconds
from stagent.routing.search import travel
from stagent.routing.traffic import HOUR_S, Traffic, TrafficClock, later, second_of_day
from stagent.routing.vehicles import CLASSES, PREFERENCES, VEHICLES

Point = tuple[float, float]  # (lat, lon) in degrees
_SHORTEST_M = 0.01  # edges of no length are given this one
_MINUTE = 60
_NOISE = 1e-6  # of sums of seconds


class RoadNetwork:
    """Nodes and directed edges; immutable. Graphs of modes are made when first asked for.

    Args:
        lat, lon: (N,) degrees.
        tail, head: (E,) nodes; a two-way street is two edges.
        length_m, speed_kmh, toll_yuan: (E,).
        road_class: (E,) indices into CLASSES. name: (E,) indices into ``names``; "" is a road without one.
        allowed: (E,) bits of DRIVING, WALKING, BICYCLING; who has an engine uses DRIVING edges.
        shape: (S, 2) the points (lat, lon) between edges' ends, and shape_start: (E + 1,) where those of each begin.
    """

    def __init__(
        self,
        lat: np.ndarray,
        lon: np.ndarray,
        tail: np.ndarray,
        head: np.ndarray,
        length_m: np.ndarray,
        speed_kmh: np.ndarray,
        road_class: np.ndarray,
        name: np.ndarray,
        names: Sequence[str],
        toll_yuan: np.ndarray,
        allowed: np.ndarray,
        shape: np.ndarray,
        shape_start: np.ndarray,
    ):
        self.lat, self.lon = np.asarray(lat, np.float64), np.asarray(lon, np.float64)
        self.tail, self.head = np.asarray(tail, np.int32), np.asarray(head, np.int32)
        self.length_m = np.maximum(np.asarray(length_m, np.float32), np.float32(_SHORTEST_M))
        self.speed_kmh = np.asarray(speed_kmh, np.float32)
        self.road_class = np.asarray(road_class, np.uint8)
        self.name, self.names = np.asarray(name, np.int32), list(names)
        self.toll_yuan, self.allowed = np.asarray(toll_yuan, np.float32), np.asarray(allowed, np.uint8)
        self.shape = np.asarray(shape, np.float64).reshape(-1, 2)
        self.shape_start = np.asarray(shape_start, np.int64)
        self._check()
        self.coordinates: list[Point] = list(zip(self.lat.tolist(), self.lon.tolist(), strict=True))
        self.tolls: list[float] = self.toll_yuan.tolist()
        self._between: list[Point] = [tuple(point) for point in self.shape.tolist()]
        self._graphs: dict[str, ModeGraph] = {}

    @classmethod
    def build(
        cls,
        lat,
        lon,
        tail,
        head,
        *,
        length_m,
        speed_kmh,
        road_class,
        name,
        names: Sequence[str],
        toll_yuan,
        allowed,
        shape: Sequence[Sequence[Point]] | None = None,
    ) -> "RoadNetwork":
        """From arrays or lists; ``shape``: for each edge the points (lat, lon) between its ends, in its direction.

        Raises:
            ValueError: arrays that don't fit together, a speed of 0, a class or node that doesn't exist.
        """
        shape = shape or [()] * len(tail)
        return cls(
            lat,
            lon,
            tail,
            head,
            length_m,
            speed_kmh,
            road_class,
            name,
            names,
            toll_yuan,
            allowed,
            np.array([point for points in shape for point in points], float),
            np.concatenate([[0], np.cumsum([len(points) for points in shape], dtype=np.int64)]),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """What ``from_arrays`` takes: plain arrays, for ``numpy.savez`` without pickle."""
        arrays = {key: value for key, value in vars(self).items() if isinstance(value, np.ndarray)}
        return arrays | {"names": np.array(self.names, dtype=np.str_)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "RoadNetwork":
        """From what ``arrays`` gave."""
        return cls(**{key: arrays[key] for key in arrays if key != "names"}, names=arrays["names"].tolist())

    def graph(self, mode: str) -> ModeGraph:
        """What a mode can use. Raises NoRoute where that is nothing, ValueError for a mode that doesn't exist."""
        if mode not in VEHICLES:
            raise ValueError(f"mode {mode!r} is none of {', '.join(VEHICLES)}")
        if mode not in self._graphs:
            columns = (self.length_m, self.speed_kmh, self.road_class, self.toll_yuan, self.allowed, self.name)
            graph = ModeGraph(VEHICLES[mode], self.lat, self.lon, self.tail, self.head, *columns)
            self._graphs[mode] = graph
        if not len(self._graphs[mode].edges):
            raise NoRoute("这里没有这种出行方式可走的道路")
        return self._graphs[mode]

    def route(
        self,
        stops: Sequence[Point],
        mode: str,
        *,
        leave: datetime | None = None,
        arrive: datetime | None = None,
        preference: str | None = None,
        traffic: Traffic | None = None,
    ) -> RoadRoute:
        """The best route over all stops, in their order.

        It leaves at the whole second of ``leave``, or at the last whole minute that arrives by ``arrive``. Without a
        preference no route arrives earlier. Roads to avoid are avoided where there is any way without them, else used
        as little as can be (``compromised``). A preferred kind of road chooses by weighted free-flow times. Traffic
        needs a time; without one, times are of free flow.

        Args:
            stops: origin, stops on the way, destination. Where one follows itself the leg has no length.
            mode: of ``vehicles.VEHICLES``.
            preference: of ``vehicles.PREFERENCES``; it means something to modes with an engine only.

        Raises:
            NoRoute: a stop lies more than 2 km from every road that the mode can use.
            ValueError: fewer than two stops, both times, an unknown mode or preference.
        """
        if len(stops) < 2 or (leave is not None and arrive is not None):
            raise ValueError("two stops or more, and one of leave and arrive at most")
        if preference is not None and preference not in PREFERENCES:
            raise ValueError(f"preference {preference!r} is none of {', '.join(PREFERENCES)}")
        return _Tour(self, stops, mode, preference, traffic).route(leave, arrive)

    def _check(self) -> None:
        nodes, edges = len(self.lat), len(self.tail)
        columns = (self.head, self.length_m, self.speed_kmh, self.road_class, self.name, self.toll_yuan, self.allowed)
        if len(self.lon) != nodes or any(len(column) != edges for column in columns):
            raise ValueError("arrays of nodes, or of edges, differ in length")
        if len(self.shape_start) != edges + 1 or self.shape_start[-1] != len(self.shape):
            raise ValueError("shapes don't fit the edges")
        if not nodes:
            raise ValueError("a network without nodes")
        if not edges:
            return
        ends = np.concatenate([self.tail, self.head])
        if ends.min() < 0 or ends.max() >= nodes:
            raise ValueError("an edge ends at a node that doesn't exist")
        if self.road_class.max() >= len(CLASSES) or not 0 <= self.name.min() <= self.name.max() < len(self.names):
            raise ValueError("an edge has a class or a name that doesn't exist")
        if not (self.speed_kmh > 0).all() or not np.isfinite(self.length_m).all():
            raise ValueError("an edge has no speed or no length")

    def points(self, edge: int) -> list[Point]:
        """The points of an edge but its first: its shape and its head."""
        start, end = self.shape_start[edge], self.shape_start[edge + 1]
        return [*self._between[start:end], self.coordinates[self.head[edge]]]


class _Tour:
    """One route in the making: stops on a mode's graph, in traffic."""

    def __init__(
        self, network: RoadNetwork, stops: Sequence[Point], mode: str, preference: str | None, traffic: Traffic | None
    ):
        self._network, self._mode = network, mode
        self._graph = network.graph(mode)
        self._vehicle = VEHICLES[mode]
        self._preference = preference if self._vehicle.traffic else None
        self._traffic = traffic if self._vehicle.traffic else None
        self._stops = [(float(lat), float(lon)) for lat, lon in stops]
        nodes, away = self._graph.nearest(self._stops)
        self._nodes, self._away = nodes.tolist(), away.tolist()
        pairs = zip(self._stops, self._stops[1:], strict=False)
        self._legs = [index for index, (here, there) in enumerate(pairs) if here != there]  # those of some length
        for stop in sorted({end for leg in self._legs for end in (leg, leg + 1)}):
            if self._away[stop] > NEAREST_M:
                last = len(self._stops) - 1
                label = "起点" if stop == 0 else "终点" if stop == last else f"第 {stop} 个途经点"
                raise NoRoute(f"{label}附近 {NEAREST_M // 1000} 公里内没有这种出行方式可走的道路", stop)

    def route(self, leave: datetime | None, arrive: datetime | None) -> RoadRoute:
        if arrive is not None:
            leave = self._latest(arrive.replace(microsecond=0))
        clock, start = None, 0
        if leave is not None:
            leave = leave.replace(microsecond=0)
            start = second_of_day(leave)
            clock = self._clock(leave)
        now, free, far, toll = float(start), 0.0, 0.0, 0.0
        legs, points, compromised = [], self._stops[:1], False
        for leg in range(len(self._stops) - 1):
            stretches: list[Stretch] = []
            if leg in self._legs:
                out, back = self._access(leg), self._access(leg + 1)
                way, forced = self._way(leg, clock, now + out, backward=False)
                compromised |= forced
                times = self._times(way, clock, now + out, backward=False)
                stretches = self._stretches(way, times, start, now, far, leg)
                now, far = stretches[-1][3] + start, stretches[-1][2]
                free += out + sum(self._graph.seconds[edge] for edge in way) + back
                passed = [self._network.coordinates[self._graph.nodes[self._nodes[leg]]]]
                for edge in way:
                    edge = self._graph.edges[edge]
                    toll += self._network.tolls[edge]
                    passed += self._network.points(edge)
                # a stop that is a node is one point
                points += passed[passed[0] == points[-1] :]
                if points[-1] != self._stops[leg + 1]:
                    points.append(self._stops[leg + 1])
            legs.append(stretches)
        done = rounded_legs(legs)
        duration = sum(leg.duration_s for leg in done)
        return RoadRoute(
            mode=self._mode,
            distance_m=sum(leg.distance_m for leg in done),
            duration_s=duration,
            departure=leave,
            arrival=None if leave is None else later(leave, duration),
            delay_s=duration - whole_seconds(free),
            toll_yuan=round(toll, 2) if self._vehicle.traffic else 0.0,
            compromised=compromised,
            legs=done,
            points=points,
        )

    def _latest(self, arrive: datetime) -> datetime:
        """The last whole minute at which to leave: leg by leg in reversed time."""
        clock, end = self._clock(arrive), second_of_day(arrive)
        now = float(end)
        for leg in reversed(self._legs):
            now -= self._access(leg + 1)
            way, _ = self._way(leg, clock, now, backward=True)
            now = self._times(way, clock, now, backward=True)[-1] if way else now
            now -= self._access(leg)
        return later(arrive, int((now + _NOISE) // _MINUTE * _MINUTE) - end)

    def _clock(self, moment: datetime) -> TrafficClock | None:
        return None if self._traffic is None else TrafficClock(self._traffic, moment.date())

    def _access(self, stop: int) -> float:
        """Seconds between a stop and its node."""
        return self._away[stop] / (self._vehicle.access_kmh / 3.6)

    def _way(self, leg: int, clock: TrafficClock | None, now: float, *, backward: bool) -> tuple[list[int], bool]:
        """The edges of a leg, and whether some should have been avoided. Backward: from its end, at ``now``."""
        return self._graph.path(
            self._nodes[leg], self._nodes[leg + 1], self._preference, _hours(clock, now, backward), backward=backward
        )

    def _times(self, way: list[int], clock: TrafficClock | None, now: float, *, backward: bool) -> list[float]:
        """The time at the end of each edge; backward: at its beginning."""
        costs = [self._graph.seconds[edge] for edge in way]
        hours = _hours(clock, now, backward)
        if hours is None:
            sign = -1 if backward else 1
            return [now + sign * spent for spent in accumulate(costs)]
        needed, second = hours(1)
        count = 2 + int((second + sum(costs) * self._traffic.slowest) // HOUR_S)
        needed, second = hours(count)
        times = travel(costs, [self._graph.classes[edge] for edge in way], needed, second)
        return [now - (time - second) if backward else now + (time - second) for time in times]

    def _stretches(
        self, way: list[int], times: list[float], start: int, now: float, far: float, leg: int
    ) -> list[Stretch]:
        """Edges on the same road become one stretch; the first and the last reach to the stops."""
        before, after = self._away[leg], self._away[leg + 1]
        if not way:
            end = now + self._access(leg) + self._access(leg + 1)
            return [("", "path", far + before + after, end - start)]
        graph, network = self._graph, self._network
        done: list[Stretch] = []
        road = road_class = None
        far += before
        for edge, time in zip(way, times, strict=True):
            far += graph.metres[edge]
            name, kind = graph.names[edge], graph.classes[edge]
            if (name, kind) == (road, road_class):
                done.pop()
            road, road_class = name, kind
            done.append((network.names[name], CLASSES[kind], far, time - start))
        name, kind, far, time = done.pop()
        done.append((name, kind, far + after, time + self._access(leg + 1)))
        return done


def _hours(clock: TrafficClock | None, now: float, backward: bool) -> Hours | None:
    """What a search needs of a clock."""
    if clock is None:
        return None
    tell = clock.back if backward else clock.ahead
    return lambda hours: tell(now, hours)
