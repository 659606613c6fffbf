"""The journey that arrives first, by rounds of one more ride (RAPTOR: Delling, Pajor and Werneck, 2012).

    walk to a stop, ride, [walk to another stop or change, ride]…, walk on

The same search on a mirrored schedule finds the journey that leaves last.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stagent.routing.timetable import Rides, Schedule

MOST_RIDES = 6
_FAR = float("inf")


@dataclass(slots=True)
class Boarding:
    """Ready at a stop to board: after a ride, or from the origin (``before`` is None)."""

    stop: int
    walked: int  # seconds so far
    before: "Ridden | None"


@dataclass(slots=True)
class Ridden:
    """Off a vehicle. ``row`` of the rides' columns, from one position of their stops to another."""

    start: Boarding
    rides: Rides
    row: int
    on: int
    off: int


def first_arrival(
    schedule: Schedule,
    ready: Mapping[int, int],
    onward: Mapping[int, int],
    changes: Callable[[int], Sequence[tuple[int, int]]],
    leave: int,
    before: int,
) -> tuple[int, Ridden | None]:
    """The first arrival before a time, of those with equal arrivals the one with the fewest rides.

    Args:
        ready: seconds of walking from the origin, by stop.
        onward: seconds of walking to the destination, by stop.
        changes: of a stop, those where one can board after a ride to it, itself among them, with seconds.
        leave, before: in the schedule's seconds.

    Returns:
        The arrival at the destination and the last ride; None and ``before``: nothing arrives by then.
    """
    end, last = before, None
    count = len(schedule.at)
    off_at: list[float] = [_FAR] * count  # the first arrival by a ride
    on_at: list[float] = [_FAR] * count  # the first time at which one can board
    boarding: list[Boarding | None] = [None] * count
    marked = set()
    for stop, walked in ready.items():
        on_at[stop] = leave + walked
        boarding[stop] = Boarding(stop, walked, None)
        marked.add(stop)
    for _ in range(MOST_RIDES):
        first: dict[int, int] = {}
        for stop in marked:
            for ride, position in schedule.at[stop]:
                if position < first.get(ride, count + position):
                    first[ride] = position
        arrived: dict[int, Ridden] = {}
        for ride, position in sorted(first.items()):
            _ride(schedule.rides[ride], position, on_at, boarding, off_at, end, arrived)
        marked = set()
        for stop in sorted(arrived):
            if off_at[stop] + onward.get(stop, _FAR) < end:
                end, last = int(off_at[stop] + onward[stop]), arrived[stop]
        for stop, ridden in sorted(arrived.items()):
            for other, seconds in changes(stop):
                then = off_at[stop] + seconds
                if then < on_at[other] and then < end:
                    on_at[other] = then
                    boarding[other] = Boarding(other, ridden.start.walked + seconds, ridden)
                    marked.add(other)
        if not marked:
            break
    return end, last


def _ride(
    rides: Rides,
    position: int,
    on_at: list[float],
    boarding: list[Boarding | None],
    off_at: list[float],
    end: float,
    arrived: dict[int, Ridden],
) -> None:
    """Rides along from a position, on the first trip that can be caught, and notes where that arrives earlier."""
    row, on, start = len(rides.depart[0]), position, None
    for here in range(position, len(rides.stops)):
        stop = rides.stops[here]
        if start is not None:
            time = rides.arrive[here][row]
            if time < off_at[stop] and time < end:
                off_at[stop] = time
                arrived[stop] = Ridden(start, rides, row, on, here)
        ready = on_at[stop]
        if start is None or ready <= rides.depart[here][row]:
            if ready == _FAR:
                continue
            caught = bisect_left(rides.depart[here], ready)
            # an earlier trip, or the same with less walking to it
            if caught < row or (caught == row and start is not None and boarding[stop].walked < start.walked):
                row, on, start = caught, here, boarding[stop]
