"""A city's ground: its outline, sea, river, lake and districts, in metres east (x) and north (y) of its middle."""

import math

import numpy as np

from stagent.routing.geometry import EARTH_M
from stagent.worlds.sandbox.chance import dice
from stagent.worlds.sandbox.country import CityPlan

_DEGREE_M = math.radians(1) * EARTH_M
LAKE_CITY, LAKE_M = "砚湖市", 950  # the one city that lies around a lake
_CENTRE, _FAR = 0.34, 1.3  # of the radius: where the central district ends, and all others


class Ground:
    """One city's ground; every method takes and gives arrays as well as single numbers."""

    def __init__(self, plan: CityPlan, seed: int):
        rng = dice(seed, plan.name, "ground")
        self.plan = plan
        self._phases = [rng.uniform(0, 2 * math.pi) for _ in range(8)]
        flow = plan.coast if plan.coast is not None else rng.uniform(0, 180)
        self._flow = math.radians(flow + rng.uniform(-8, 8))
        self._offset = rng.choice((-1, 1)) * rng.uniform(0.12, 0.2) * plan.radius
        self.lake = None
        if plan.name == LAKE_CITY:
            angle = rng.uniform(0, 2 * math.pi)
            self.lake = (0.3 * plan.radius * math.cos(angle), 0.3 * plan.radius * math.sin(angle))
        self.districts = self._districts(rng)

    def degrees(self, x, y):
        """Latitude and longitude of points in metres."""
        shrink = math.cos(math.radians(self.plan.lat))
        return self.plan.lat + np.divide(y, _DEGREE_M), self.plan.lon + np.divide(x, _DEGREE_M * shrink)

    def metres(self, lat, lon):
        """The inverse of ``degrees``."""
        shrink = math.cos(math.radians(self.plan.lat))
        return (np.subtract(lon, self.plan.lon)) * _DEGREE_M * shrink, (np.subtract(lat, self.plan.lat)) * _DEGREE_M

    def at(self, bearing: float, out: float) -> tuple[float, float]:
        """The point in a direction, degrees from north, and at a share of the radius."""
        angle, far = math.radians(bearing), out * self.plan.radius
        return far * math.sin(angle), far * math.cos(angle)

    def dry(self, x, y):
        """Whether points lie on the city's land: inside its outline, not in the sea, not in the lake."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        radius, phases = self.plan.radius, self._phases
        angle = np.arctan2(y, x)
        outline = radius * (1 + 0.05 * np.sin(3 * angle + phases[0]) + 0.03 * np.sin(5 * angle + phases[1]))
        land = np.hypot(x, y) <= outline
        if self.plan.coast is not None:
            land &= self.inland(x, y) > 0
        if self.lake is not None:
            land &= np.hypot(x - self.lake[0], y - self.lake[1]) > LAKE_M
        return land

    def inland(self, x, y):
        """Metres to the shore, negative in the sea; of a city that has one."""
        bearing = math.radians(self.plan.coast)
        seaward = x * math.sin(bearing) + y * math.cos(bearing)
        along = x * math.cos(bearing) - y * math.sin(bearing)
        radius = self.plan.radius
        shore = radius * (0.46 + 0.05 * np.sin(4 * along / radius + self._phases[2]))
        return shore - seaward

    def river_side(self, x, y):
        """A number that is positive on one bank of the river and negative on the other, about metres from it."""
        along = x * math.sin(self._flow) + y * math.cos(self._flow)
        across = x * math.cos(self._flow) - y * math.sin(self._flow)
        return across - self._river(along)

    def river_bank(self, along, off):
        """Points at ``along`` metres down the river and ``off`` metres from its middle."""
        across = self._river(along) + off
        return (
            along * math.sin(self._flow) + across * math.cos(self._flow),
            along * math.cos(self._flow) - across * math.sin(self._flow),
        )

    def _river(self, along):
        radius = self.plan.radius
        bends = 0.06 * np.sin(3.1 * np.divide(along, radius) + self._phases[3])
        return self._offset + radius * (bends + 0.025 * np.sin(7.3 * np.divide(along, radius) + self._phases[4]))

    def warp(self, x, y):
        """Bends a straight grid a little, so that no street is quite straight."""
        phases, size = self._phases, self.plan.step * 0.7
        east = size * (np.sin(y / 1900 + phases[5]) + 0.5 * np.sin((x + y) / 1300 + phases[6]))
        north = size * (np.sin(x / 2100 + phases[7]) + 0.5 * np.sin((x - y) / 1500 + phases[0]))
        return x + east, y + north

    def district(self, x: float, y: float) -> str:
        """The district of a point, ``""`` outside the city."""
        return next((name for name, ring in self.districts.items() if inside(x, y, ring)), "")

    def _districts(self, rng) -> dict[str, list[tuple[float, float]]]:
        """Name -> the corners of its polygon: one in the middle, the others around it like slices."""
        central, *others = self.plan.districts
        middle = {}  # whole degrees from north -> the corner of the central district
        for angle in range(0, 360, 10):
            middle[angle] = self.at(angle, _CENTRE * (1 + 0.08 * math.sin(math.radians(3 * angle)) + self._uneven(rng)))
        polygons = {central: [middle[angle] for angle in sorted(middle)]}
        first, span = (0, 360) if self.plan.coast is None else (round(self.plan.coast, -1) + 60, 240)
        weights = [rng.uniform(0.85, 1.15) for _ in others]
        cuts = [first + round(span * sum(weights[:i]) / sum(weights), -1) for i in range(len(others) + 1)]
        if self.plan.coast is not None:  # the first and the last reach to the sea
            cuts[0], cuts[-1] = first - 60, first + 300
        for name, start, end in zip(others, cuts, cuts[1:], strict=False):
            angles = range(int(start), int(end) + 1, 10)
            inner = [middle[angle % 360] for angle in angles]
            outer = [self.at(angle, _FAR) for angle in angles]
            polygons[name] = inner + outer[::-1]
        return polygons

    @staticmethod
    def _uneven(rng) -> float:
        return rng.uniform(-0.06, 0.06)


def inside(x: float, y: float, ring: list[tuple[float, float]]) -> bool:
    """Whether a point lies in a polygon; one on a border that two share lies in exactly one of them."""
    odd = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            odd = not odd
    return odd
