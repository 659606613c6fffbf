"""Walking to, from and between the stops of a timetable, on a road network."""

import numpy as np

from stagent.routing.geometry import haversine_m
from stagent.routing.road_route import NoRoute, RoadRoute, whole_seconds
from stagent.routing.roads import Point, RoadNetwork
from stagent.routing.vehicles import WALKING_KMH

ACCESS_M = 1500  # to the first stop and from the last
CHANGE_M = 800  # between two stops
LONGEST_WALK_M = 5000  # from end to end
CHANGE_S = 60  # a change takes this long at least, also where one stays at the stop
_SPEED = WALKING_KMH / 3.6


class Walks:
    """Seconds of walking, as ``RoadNetwork.route`` gives them. Between stops they are found when first needed.

    Args:
        lat, lon: (S,) the stops'.
    """

    def __init__(self, roads: RoadNetwork, lat: np.ndarray, lon: np.ndarray):
        self._graph = roads.graph("walking")
        self._lat, self._lon = lat, lon
        self._node, away = self._graph.nearest(np.stack([lat, lon], axis=-1))
        self._access = away / _SPEED  # infinity: no road near
        self._changes: dict[tuple[int, bool], list[tuple[int, int]]] = {}

    def near(self, point: Point, *, towards: bool) -> dict[int, int]:
        """Stops within ACCESS_M of a point, or from which that is ``towards`` it, with whole seconds."""
        return self._within(point, ACCESS_M, towards)

    def changes(self, stop: int, *, towards: bool) -> list[tuple[int, int]]:
        """Stops within CHANGE_M of a stop, itself first, with the seconds that a change takes."""
        if (stop, towards) not in self._changes:
            point = float(self._lat[stop]), float(self._lon[stop])
            others = {stop: 0} | self._within(point, CHANGE_M, towards)
            self._changes[stop, towards] = [(other, max(CHANGE_S, seconds)) for other, seconds in others.items()]
        return self._changes[stop, towards]

    def _within(self, point: Point, metres: float, towards: bool) -> dict[int, int]:
        here = (self._lat == point[0]) & (self._lon == point[1])
        found = dict.fromkeys(np.flatnonzero(here).tolist(), 0)
        (node,), (away,) = self._graph.nearest([point])
        left = (metres - away) / _SPEED
        if left < 0:
            return found
        seconds = self._graph.seconds_within(node, left, towards=towards)[self._node]
        total = np.where(here, np.inf, seconds + self._access) + away / _SPEED
        for stop in np.flatnonzero(total <= metres / _SPEED).tolist():
            found[stop] = whole_seconds(total[stop])
        return found


def walk_all_the_way(roads: RoadNetwork, origin: Point, destination: Point) -> RoadRoute | None:
    """The walk from end to end; None: there is none of at most LONGEST_WALK_M."""
    if haversine_m(*origin, *destination) > LONGEST_WALK_M:
        return None
    try:
        walk = roads.route([origin, destination], "walking")
    except NoRoute:
        return None
    return walk if walk.distance_m <= LONGEST_WALK_M else None
