"""Traffic by hour: how much slower each class of road is on workdays, at weekends and on holidays."""

import numpy as np

from stagent.routing.traffic import Traffic
from stagent.routing.vehicles import CLASSES
from stagent.worlds.sandbox.chance import share
from stagent.worlds.sandbox.country import CityPlan
from stagent.worlds.sandbox.timetables import HOLIDAY, WEEKEND, WORKDAY, day_kind

# How full streets are in each hour, 0 to 1.
_LOAD = {
    WORKDAY: (2, 1, 1, 1, 1, 4, 18, 72, 95, 66, 44, 46, 48, 44, 42, 46, 60, 88, 100, 74, 46, 32, 18, 8),
    WEEKEND: (5, 3, 2, 1, 1, 2, 6, 14, 26, 42, 56, 60, 56, 54, 58, 62, 66, 68, 62, 52, 44, 34, 22, 11),
    HOLIDAY: (6, 4, 2, 1, 1, 3, 10, 26, 50, 70, 76, 72, 62, 60, 66, 72, 74, 70, 60, 52, 46, 36, 22, 12),
}
# How much of its speed a class loses where streets are full.
_LOSS = {
    "motorway": 0.42,
    "trunk": 0.62,
    "primary": 0.58,
    "secondary": 0.52,
    "tertiary": 0.42,
    "residential": 0.25,
    "service": 0.25,
    "path": 0.0,
}
_MORE_ON_HOLIDAYS = {"motorway": 1.45}  # everybody drives to the airport and home again


def draw_traffic(plan: CityPlan, seed: int) -> Traffic:
    """A city's traffic; larger cities are fuller."""
    crowded = 0.62 + 0.2 * plan.scale
    factor = np.ones((3, 24, len(CLASSES)))
    for kind, load in _LOAD.items():
        for hour, percent in enumerate(load):
            for index, name in enumerate(CLASSES):
                loss = _LOSS[name] * crowded * percent / 100
                loss *= 0.94 + 0.12 * share(seed, "traffic", plan.name, kind, hour, name)
                loss *= _MORE_ON_HOLIDAYS.get(name, 1.0) if kind == HOLIDAY else 1.0
                factor[kind, hour, index] = max(0.2, 1 - loss)
    return Traffic(factor, day_kind)
