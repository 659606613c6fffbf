"""Traffic: how much slower each class of road is in each hour, and clocks that read it.

Speeds change at full hours, also in the middle of a road: whoever is still on it goes on at the new speed (the model of
Ichoua, Gendreau and Potvin, 2003). So nobody who leaves later arrives earlier.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

import numpy as np

from stagent.routing.vehicles import CLASSES

HOUR_S = 3600
DAY_S = 24 * HOUR_S


class Traffic:
    """Speed factors, which multiply free-flow speeds.

    Args:
        factor: (kinds of day, 24 hours, classes of ``vehicles.CLASSES``), each in (0, 1].
        day_kind: the first index for a date: ``lambda day: 1 if day.weekday() >= 5 else 0``.

    Raises:
        ValueError: a shape or a factor that can't be.
    """

    def __init__(self, factor: np.ndarray, day_kind: Callable[[date], int]):
        factor = np.asarray(factor, float)
        if factor.ndim != 3 or factor.shape[1:] != (24, len(CLASSES)):
            raise ValueError(f"factor has the shape {factor.shape}: (kinds of day, 24, {len(CLASSES)}) is needed")
        if not ((factor > 0) & (factor <= 1)).all():
            raise ValueError("a factor lies outside (0, 1]")
        self.factor = factor
        self.day_kind = day_kind
        self.slowest = float(1 / factor.min())
        self.slowness = (1 / factor).tolist()  # [kind][hour][class], at least 1: the search multiplies times by it


class TrafficClock:
    """Traffic from an instant on, or back from it. Seconds count from the midnight before ``day`` begins."""

    def __init__(self, traffic: Traffic, day: date):
        self._traffic, self._day = traffic, day
        self._kinds: dict[int, int] = {}

    def hour(self, k: int) -> list[float]:
        """The slowness of each class in the k-th hour from midnight; k may be negative, or beyond the day."""
        days, hour = divmod(k, 24)
        if days not in self._kinds:
            self._kinds[days] = self._traffic.day_kind(self._day + timedelta(days=days))
        return self._traffic.slowness[self._kinds[days]][hour]

    def ahead(self, second: float, hours: int) -> tuple[list[list[float]], float]:
        """The next hours' slowness, and the seconds of the first that are over."""
        k = int(second // HOUR_S)
        return [self.hour(k + j) for j in range(hours)], second - k * HOUR_S

    def back(self, second: float, hours: int) -> tuple[list[list[float]], float]:
        """The same for who travels back in time: the hours before, and the seconds left of the first (up to 3600)."""
        k = -int(-second // HOUR_S) - 1  # at a full hour, the one that it ends
        return [self.hour(k - j) for j in range(hours)], (k + 1) * HOUR_S - second


def second_of_day(moment: datetime) -> int:
    """``09:00:30.7`` → 32430."""
    return moment.hour * HOUR_S + moment.minute * 60 + moment.second


def later(moment: datetime, seconds: int) -> datetime:
    """A moment so many real seconds later, in the same zone, also where its clocks change between."""
    if moment.tzinfo is None:
        return moment + timedelta(seconds=seconds)
    return (moment.astimezone(timezone.utc) + timedelta(seconds=seconds)).astimezone(moment.tzinfo)
