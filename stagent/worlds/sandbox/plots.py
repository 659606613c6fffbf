"""Where places can stand: beside named streets, with a house number that grows along the street."""

import random
from typing import NamedTuple

import numpy as np

from stagent.routing.vehicles import CLASSES
from stagent.worlds.sandbox.ground import LAKE_M
from stagent.worlds.sandbox.streets import Streets

_LINED = ("primary", "secondary", "tertiary", "residential")  # classes with houses along them
_HOUSE_M = 14


class Plot(NamedTuple):
    """A piece of ground: metres east and north of the city's middle, and its address without the district."""

    x: float
    y: float
    street: str
    number: int

    @property
    def address(self) -> str:
        return f"{self.street}{self.number}号"


class Plots:
    """A city's ground to build on; no two plots have the same address."""

    def __init__(self, streets: Streets):
        self.streets, self.radius = streets, streets.ground.plan.radius
        x, y = np.array(streets.x), np.array(streets.y)
        lined = {CLASSES.index(name) for name in _LINED}
        edges = [
            edge[:4]
            for edge in streets.edges
            if edge[2] in lined and edge[0] < edge[1] and not streets.names[edge[3]].endswith("桥")
        ]
        self._tail, self._head, self._kind, self._name = np.array(edges).T
        self._x1, self._y1, self._x2, self._y2 = x[self._tail], y[self._tail], x[self._head], y[self._head]
        self.mid_x, self.mid_y = (self._x1 + self._x2) / 2, (self._y1 + self._y2) / 2
        self.length = np.hypot(self._x2 - self._x1, self._y2 - self._y1)
        self.out = np.hypot(self.mid_x, self.mid_y) / self.radius
        self._used: set[tuple[int, int]] = set()
        self._begins = self._beginnings()
        self._weights: dict[str, np.ndarray] = {}

    def _beginnings(self) -> dict[int, tuple[float, float, float]]:
        """Of each street the direction in which its numbers grow, and where along that direction it begins."""
        begins: dict[int, tuple[float, float, float]] = {}
        for name in np.unique(self._name):
            own = self._name == name
            x, y = np.concatenate([self._x1[own], self._x2[own]]), np.concatenate([self._y1[own], self._y2[own]])
            if np.ptp(x) >= np.ptp(y):
                across, along = 1.0, 0.0
            else:
                across, along = 0.0, 1.0
            begins[int(name)] = across, along, float((x * across + y * along).min())
        return begins

    def pull(self, strength: float) -> np.ndarray:
        """Weights of streets for something that the middle attracts more or less (0 to 9)."""
        return self._cumulative(f"pull {strength}", lambda: np.exp(-0.55 * strength * self.out))

    def where(self, place: str) -> np.ndarray:
        """Weights for the places of ``sights``: shore, river, lake, old, in, out."""
        return self._cumulative(place, lambda: self._where(place))

    def _where(self, place: str) -> np.ndarray:
        ground = self.streets.ground
        if place == "shore" and ground.plan.coast is not None:
            return np.exp(-ground.inland(self.mid_x, self.mid_y) / 120) * (self.out < 0.9)
        if place == "river":
            return np.exp(-np.abs(ground.river_side(self.mid_x, self.mid_y)) / 120) * (self.out < 0.6)
        if place == "lake" and ground.lake is not None:
            away = np.hypot(self.mid_x - ground.lake[0], self.mid_y - ground.lake[1]) - LAKE_M
            return np.exp(-np.abs(away) / 120)
        low, high = {"old": (0.03, 0.25), "in": (0.25, 0.6)}.get(place, (0.7, 1.0))
        return ((self.out > low) & (self.out < high)).astype(float)

    def _cumulative(self, key: str, weights) -> np.ndarray:
        if key not in self._weights:
            self._weights[key] = np.cumsum(weights() * self.length)
        return self._weights[key]

    def draw(self, weights: np.ndarray, rng: random.Random) -> Plot:
        """A free plot at a street drawn by cumulated weights."""
        while True:
            edge = int(np.searchsorted(weights, rng.random() * weights[-1]))
            if plot := self._on(edge, rng.uniform(0.08, 0.92), rng):
                return plot

    def near(self, x: float, y: float, rng: random.Random) -> Plot:
        """A free plot at the street nearest to a point."""
        order = np.argsort(np.hypot(self.mid_x - x, self.mid_y - y))
        return next(plot for edge in order if (plot := self._on(int(edge), rng.uniform(0.2, 0.8), rng)))

    def streets_at(self, x: float, y: float) -> list[str]:
        """The names of the streets around a point, the nearest first."""
        order = np.argsort(np.hypot(self.mid_x - x, self.mid_y - y), kind="stable")[:120]
        return list(dict.fromkeys(self.streets.names[self._name[edge]] for edge in order))

    def _on(self, edge: int, share: float, rng: random.Random) -> Plot | None:
        """A plot beside an edge, None where its number is taken or there is water."""
        x1, y1, x2, y2 = self._x1[edge], self._y1[edge], self._x2[edge], self._y2[edge]
        side = rng.choice((-1, 1))
        off = side * rng.uniform(14, 38) / self.length[edge]
        x, y = x1 + share * (x2 - x1), y1 + share * (y2 - y1)
        name = int(self._name[edge])
        across, along, start = self._begins[name]
        odd = side > 0 if (x2 - x1) * across + (y2 - y1) * along > 0 else side < 0
        number = 2 * int((x * across + y * along - start) / _HOUSE_M) + (1 if odd else 2)
        x, y = float(x - off * (y2 - y1)), float(y + off * (x2 - x1))
        if (name, number) in self._used or not self.streets.ground.dry(x, y):
            return None
        self._used.add((name, number))
        return Plot(x, y, self.streets.names[name], number)


def stem(street: str) -> str:
    """The word in a street's name: ``stem("听涛东路") == "听涛"``, ``stem("鲤滩三巷") == "鲤滩"``, ``"经十二路"`` "
    "→ ``"经十二"``."""
    return street.partition("路")[0] if street[0] in "经纬" else street[:2]
