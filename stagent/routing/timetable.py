"""What a timetable is made of, and the trips that run around a day, sorted for searching.

lines, trips, frequencies ──► patterns: same line, direction and stops
day ──► rides: the trips of a pattern that run, none of which overtakes another
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from stagent.routing.traffic import DAY_S

Times = Sequence[tuple[str, int, int]]  # (stop, arrival, departure): seconds from the service day's midnight


class Stop(NamedTuple):
    """A place where vehicles halt."""

    id: str
    name: str
    lat: float
    lon: float


class Line(NamedTuple):
    """A line; ``kind``: metro, bus, tram, ferry, rail and so on."""

    id: str
    name: str
    kind: str


class Trip(NamedTuple):
    """One run of a vehicle. Times after midnight go on beyond 86400 and belong to the service day before."""

    line: str
    service: str
    headsign: str
    times: Times


class Frequency(NamedTuple):
    """Runs like one another: the first leaves its first stop at ``first_s``, more each ``headway_s`` up to ``last_s``.

    Of ``times`` only differences count.
    """

    line: str
    service: str
    headsign: str
    times: Times
    first_s: int
    last_s: int
    headway_s: int


@dataclass(frozen=True, slots=True)
class ServiceDays:
    """The days on which trips run: a callable like any other from a date to bool.

    Attributes:
        weekdays: Monday is 0. first, last: the period, both included. added, removed: exceptions.
    """

    weekdays: frozenset[int]
    first: date = date.min
    last: date = date.max
    added: frozenset[date] = frozenset()
    removed: frozenset[date] = frozenset()

    def __call__(self, day: date) -> bool:
        if day in self.added or day in self.removed:
            return day in self.added
        return self.first <= day <= self.last and day.weekday() in self.weekdays


@dataclass(slots=True)
class Pattern:
    """Trips with one line, direction and sequence of stops.

    Attributes:
        stops: (n,) indices. arrive, depart: (T, n) seconds. service: (T,) indices.
    """

    line: int
    headsign: str
    stops: list[int]
    arrive: np.ndarray
    depart: np.ndarray
    service: np.ndarray


@dataclass(slots=True)
class Rides:
    """Trips of a pattern from the first to the last, of which none overtakes another.

    Attributes:
        arrive, depart: a column of (T,) seconds for each stop.
    """

    pattern: Pattern
    stops: list[int]
    arrive: list[memoryview]
    depart: list[memoryview]


@dataclass(slots=True)
class Schedule:
    """All rides, and for each stop those that halt there: (ride, position)."""

    rides: list[Rides]
    at: list[list[tuple[int, int]]]


def patterns(
    stops: Mapping[str, int],
    lines: Mapping[str, int],
    services: Mapping[str, int],
    trips: Sequence[Trip],
    frequencies: Sequence[Frequency],
) -> list[Pattern]:
    """Trips and frequencies by line, direction and stops.

    Args:
        stops, lines, services: the index of each id.

    Raises:
        ValueError: an id that isn't there, fewer than two stops, times that go backwards, no headway.
    """
    found: dict[tuple[int, str, tuple[int, ...]], list[tuple[np.ndarray, np.ndarray, int]]] = {}
    for trip in (*trips, *frequencies):
        what = f"a trip of line {trip.line!r} to {trip.headsign!r}"
        ids = [stop for stop, _, _ in trip.times]
        wrong = [one for one in ids if one not in stops]
        if wrong or trip.line not in lines or trip.service not in services:
            raise ValueError(f"{what}: its line, its service {trip.service!r} or a stop is unknown {wrong[:3]}")
        clock = np.array([(arrive, depart) for _, arrive, depart in trip.times], np.int32)
        if len(ids) < 2 or (np.diff(clock.ravel()) < 0).any():
            raise ValueError(f"{what}: two stops or more are needed, and times that don't go backwards")
        arrive, depart = clock[:, 0], clock[:, 1]
        if isinstance(trip, Frequency):
            if trip.headway_s <= 0:
                raise ValueError(f"{what}: a headway of {trip.headway_s} s")
            starts = np.arange(trip.first_s, trip.last_s + 1, trip.headway_s, np.int32) - depart[0]
            arrive, depart = arrive + starts[:, None], depart + starts[:, None]
        key = lines[trip.line], trip.headsign, tuple(stops[one] for one in ids)
        rows = np.atleast_2d(arrive), np.atleast_2d(depart), services[trip.service]
        found.setdefault(key, []).append(rows)
    return [
        Pattern(
            line,
            headsign,
            list(sequence),
            np.concatenate([arrive for arrive, _, _ in rows]),
            np.concatenate([depart for _, depart, _ in rows]),
            np.concatenate([np.full(len(arrive), service) for arrive, _, service in rows]),
        )
        for (line, headsign, sequence), rows in found.items()
    ]


def schedule(
    known: Sequence[Pattern], services: Sequence[Callable[[date], bool]], day: date, count: int, *, mirrored: bool
) -> Schedule:
    """The trips that are under way on a day or on the next, in seconds from the day's midnight.

    Args:
        count: of stops.
        mirrored: as who travels back in time sees them: stops in reversed order, every time negated.
    """
    running = [
        (offset * DAY_S, np.array([runs(day + timedelta(days=offset)) for runs in services], bool))
        for offset in (-1, 0, 1)
    ]
    done = Schedule([], [[] for _ in range(count)])
    for pattern in known:
        arrive, depart = [], []
        for offset, runs in running:
            rows = runs[pattern.service] & (pattern.arrive[:, -1] + offset >= 0)
            arrive.append(pattern.arrive[rows] + offset)
            depart.append(pattern.depart[rows] + offset)
        arrive, depart, stops = np.concatenate(arrive), np.concatenate(depart), pattern.stops
        if mirrored:
            arrive, depart, stops = -depart[:, ::-1], -arrive[:, ::-1], stops[::-1]
        for rows in _in_order(arrive, depart):
            for position, stop in enumerate(stops):
                done.at[stop].append((len(done.rides), position))
            done.rides.append(Rides(pattern, stops, _columns(arrive[rows]), _columns(depart[rows])))
    return done


def _columns(times: np.ndarray) -> list[memoryview]:
    return [memoryview(column) for column in np.ascontiguousarray(times.T, np.int32)]


def _in_order(arrive: np.ndarray, depart: np.ndarray) -> list[np.ndarray]:
    """Rows in as few groups as it takes for nobody to overtake in one, each from its first trip to its last."""
    order = np.lexsort([arrive[:, -1], depart[:, 0]])
    times = np.concatenate([arrive[order], depart[order]], axis=1)
    if (np.diff(times, axis=0) >= 0).all():
        return [order] if len(order) else []
    groups: list[list[int]] = []
    for row in order:
        for group in groups:
            last = group[-1]
            if (arrive[last] <= arrive[row]).all() and (depart[last] <= depart[row]).all():
                group.append(row)
                break
        else:
            groups.append([row])
    return [np.array(group) for group in groups]
