"""What a route by road is, and how it is put together from paths: parts rounded so that they add up to the totals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

_NOISE = 1e-6  # of sums of seconds: below it nothing is rounded up


class NoRoute(ValueError):
    """There is no way, or none is known. The message, in Chinese, says of which stop.

    Attributes:
        stop: the index of the stop that no road reaches; None: it is about none.
    """

    def __init__(self, reason: str, stop: int | None = None):
        super().__init__(reason)
        self.stop = stop


@dataclass(frozen=True, slots=True)
class RoadStep:
    """A stretch on one road of one class; ``road`` is "" where it has no name."""

    road: str
    road_class: str
    distance_m: int
    duration_s: int


@dataclass(frozen=True, slots=True)
class RoadLeg:
    """From one stop to the next; its steps add up to it."""

    distance_m: int
    duration_s: int
    steps: list[RoadStep]


@dataclass(frozen=True, slots=True)
class RoadRoute:
    """A route over all stops; its legs add up to it.

    Attributes:
        departure, arrival: None where no time was asked for.
        delay_s: what traffic adds on this path.
        toll_yuan: of modes with an engine; with two decimals.
        compromised: a road that was to be avoided is used, for there is no way without.
        points: (lat, lon) from the first stop to the last.
    """

    mode: str
    distance_m: int
    duration_s: int
    departure: datetime | None
    arrival: datetime | None
    delay_s: int
    toll_yuan: float
    compromised: bool
    legs: list[RoadLeg]
    points: list[tuple[float, float]]

    @property
    def steps(self) -> list[RoadStep]:
        """Of all legs."""
        return [step for leg in self.legs for step in leg.steps]


def whole_seconds(seconds: float) -> int:
    """Rounded up, which keeps the triangle inequality: ⌈a + b⌉ <= ⌈a⌉ + ⌈b⌉."""
    return math.ceil(seconds - _NOISE)


# A step before it is rounded: road, class, and the metres and seconds from the route's start to the step's end.
Stretch = tuple[str, str, float, float]


def rounded_legs(legs: Sequence[Sequence[Stretch]]) -> list[RoadLeg]:
    """Rounds running sums, not steps, so that steps add up to legs and legs to the route.

    ``[[("A", "path", 0.6, 1.0), ("B", "path", 1.2, 2.0)]]`` → one leg of 1 m and 2 s, steps of 1 m and 0 m.
    """
    metres = seconds = 0
    done = []
    for stretches in legs:
        steps = []
        for road, road_class, far, late in stretches:
            far, late = round(far), whole_seconds(late)
            steps.append(RoadStep(road, road_class, far - metres, late - seconds))
            metres, seconds = far, late
        distance, duration = (sum(step.distance_m for step in steps), sum(step.duration_s for step in steps))
        done.append(RoadLeg(distance, duration, steps))
    return done
