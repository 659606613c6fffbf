"""A journey by timetable: walking and lines, in the order in which they are used."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class JourneyLeg:
    """A walk, or a ride from one stop to another.

    Attributes:
        kind: ``walking``, or the line's.
        line, direction: "" for a walk. from_name, to_name: stops; "" for the journey's ends.
        stop_count: how many stops one rides, the last included; 0 for a walk.
        wait_s: before this leg.
        points: (lat, lon).
    """

    kind: str
    line: str
    direction: str
    from_name: str
    to_name: str
    stop_count: int
    departure: datetime
    arrival: datetime
    distance_m: int
    duration_s: int
    wait_s: int
    points: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Journey:
    """From door to door. Distances of legs add up to ``distance_m``, durations and waits to ``duration_s``.

    Attributes:
        departure: when one leaves the origin. walking_m: of all walks.
        transfers: changes from one ride to the next.
        fare_yuan: None: not known.
    """

    duration_s: int
    distance_m: int
    departure: datetime
    arrival: datetime
    walking_m: int
    transfers: int
    fare_yuan: float | None
    legs: list[JourneyLeg]
