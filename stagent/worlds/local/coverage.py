"""Which points of the earth a world's maps cover."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

from stagent.routing.geometry import chord_m, haversine_m, unit_vectors
from stagent.routing.graph import NEAREST_M
from stagent.routing.roads import RoadNetwork
from stagent.worlds.local.city import City
from stagent.worlds.protocol import ArgumentError

_NAMED = 8  # cities that an error lists


class Coverage:
    """A point is covered where a road lies within 2 km of it."""

    def __init__(self, cities: Sequence[City]):
        self._cities = cities
        networks = {id(city.roads): city.roads for city in cities}
        self._trees = {key: cKDTree(_vectors(network)) for key, network in networks.items()}

    def city(self, parameter: str, at: tuple[float, float]) -> City:
        """The city on whose map a point is, of several the one whose centre is nearest.

        Raises:
            ArgumentError: it is on no map; names the parameter.
        """
        point = unit_vectors(*at)
        near = [key for key, tree in self._trees.items() if tree.query(point)[0] <= chord_m(NEAREST_M)]
        cities = [city for city in self._cities if id(city.roads) in near]
        if not cities:
            problem = f"坐标 {at[0]:.5f},{at[1]:.5f} 不在地图范围内（{NEAREST_M // 1000} 公里内没有道路）"
            raise ArgumentError(parameter, problem, f"地图范围内的坐标：{self.text()}")
        return min(cities, key=lambda city: haversine_m(*at, *city.centre))

    def text(self) -> str:
        """``"澜屿市（纬度 30.31 至 30.52，经度 150.1 至 150.4）"`` of each city, eight at most."""
        parts = []
        for city in self._cities[:_NAMED]:
            south, west, north, east = city.bounds
            parts.append(f"{city.name}（纬度 {south:.3f} 至 {north:.3f}，经度 {west:.3f} 至 {east:.3f}）")
        more = f"，等 {len(self._cities)} 个城市" if len(self._cities) > _NAMED else ""
        return "、".join(parts) + more


def _vectors(network: RoadNetwork) -> np.ndarray:
    """(P, 3) the nodes of a network and the points between them."""
    return np.concatenate([unit_vectors(network.lat, network.lon), unit_vectors(*network.shape.T)])
