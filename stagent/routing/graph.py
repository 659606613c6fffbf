"""The part of a road network that one mode can use: its nodes near a stop, and its best paths."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from stagent.routing.geometry import EARTH_M, chord_m, unit_vectors
from stagent.routing.landmarks import Landmarks
from stagent.routing.search import Adjacency, earliest, shortest
from stagent.routing.traffic import HOUR_S
from stagent.routing.vehicles import Vehicle, avoided, weights

NEAREST_M = 2000  # a stop farther than this from any road that the mode can use has no route
_USUAL_DELAY = 2.5  # how much longer than by free flow a route is expected to last at most; else the search runs twice
_AVOIDED_S = 1000.0  # what a metre of an avoided road costs where there is no way around: more than any detour

# hours(n): the slowness of n hours from the start on, and the second of the first (TrafficClock.ahead and .back)
Hours = Callable[[int], tuple[list[list[float]], float]]


class ModeGraph:
    """The largest strongly connected part of what a vehicle may use: between all its nodes there is a way.

    Attributes:
        nodes: (n,) the network's nodes, of which this graph counts 0 to n - 1.
        edges: the network's edges (a list of e), of which this graph counts 0 to e - 1.
        seconds, classes, metres, names: lists of e: free-flow seconds, index into CLASSES, metres, the network's name.
    """

    def __init__(
        self, vehicle: Vehicle, lat, lon, tail, head, length_m, speed_kmh, road_class, toll_yuan, allowed, name
    ):
        usable = (allowed & vehicle.bit) > 0
        if not vehicle.motorways:
            usable &= road_class > 0
        kept = np.flatnonzero(usable)
        links = csr_array((np.ones(len(kept), np.int8), (tail[kept], head[kept])), shape=(len(lat), len(lat)))
        _, part = connected_components(links, connection="strong")
        inside = part == np.bincount(part).argmax()
        self.nodes = np.flatnonzero(inside)
        own = np.full(len(lat), -1)
        own[self.nodes] = np.arange(len(self.nodes))
        kept = kept[inside[tail[kept]] & inside[head[kept]]]
        self._tail, self._head = own[tail[kept]], own[head[kept]]
        self._class, self._length = road_class[kept], length_m[kept].astype(float)
        self._seconds = self._length / (vehicle.speeds(speed_kmh[kept]) / 3.6)
        self._toll = toll_yuan[kept]
        self.edges = kept.tolist()
        self.seconds, self.classes = self._seconds.tolist(), self._class.tolist()
        self.metres, self.names = self._length.tolist(), name[kept].tolist()
        # Nobody stops on a motorway where there is another road near.
        ordinary = np.zeros(len(self.nodes), bool)
        ordinary[np.concatenate([self._tail, self._head])[np.tile(self._class > 0, 2)]] = True
        places = unit_vectors(lat[self.nodes], lon[self.nodes])
        self._halts = [(np.flatnonzero(chosen), cKDTree(places[chosen])) for chosen in (ordinary, ~ordinary)]
        self._landmarks = Landmarks(len(self.nodes), self._tail, self._head, self._seconds, self._class)
        self._views: dict[tuple[str | None, bool, bool], Adjacency] = {}
        self._reach: dict[bool, csr_array] = {}

    def nearest(self, points: Sequence[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
        """Nodes (P,) nearest to points, and the straight metres (P,) to them; infinity beyond NEAREST_M.

        Nodes that only motorways meet count where there is no other.
        """
        places = unit_vectors(*np.asarray(points, float).reshape(-1, 2).T)
        node, chord = np.zeros(len(places), int), np.full(len(places), np.inf)
        for nodes, tree in self._halts:
            alone = np.flatnonzero(np.isinf(chord))
            if len(alone) and len(nodes):
                chord[alone], found = tree.query(places[alone], distance_upper_bound=chord_m(NEAREST_M))
                node[alone] = nodes[np.minimum(found, len(nodes) - 1)]
        return node, 2 * EARTH_M * np.arcsin(np.minimum(chord / 2, 1)) + np.where(np.isinf(chord), np.inf, 0)

    def path(
        self, start: int, goal: int, preference: str | None, hours: Hours | None, *, backward: bool = False
    ) -> tuple[list[int], bool]:
        """The best path, and whether it uses roads that the preference avoids, for want of any other.

        Without preference, or where roads are avoided: the path that arrives first, or, backward, leaves last. Where
        a kind of road is preferred: by weighted free-flow times, so that the path doesn't depend on the hour.

        Args:
            hours: the traffic from the start on; backward: from the goal back. None: free flow.
            backward: search from the goal to the start, in reversed time; the path lists its edges in that order too.
        """
        if preference is None:
            return self._by_time(start, goal, None, hours, backward), False
        if weights(preference) is not None:
            return self._by_cost(start, goal, preference, False, backward), False
        way = self._by_time(start, goal, preference, hours, backward)
        if way is not None:
            return way, False
        return self._by_cost(start, goal, preference, True, backward), True

    def seconds_within(self, node: int, seconds: float, *, towards: bool = False) -> np.ndarray:
        """(n,) free-flow seconds from a node to each, or from each ``towards`` it; infinity above ``seconds``."""
        if towards not in self._reach:
            matrix = self._landmarks.matrix()
            self._reach[towards] = matrix.T.tocsr() if towards else matrix
        return dijkstra(self._reach[towards], indices=node, limit=seconds)

    def _by_time(self, start: int, goal: int, view: str | None, hours: Hours | None, backward: bool):
        """The edges of the fastest path that a view has, or None."""
        if hours is None:
            return self._by_cost(start, goal, view, False, backward)
        adjacency = self._view(view, False, backward)
        bounds = self._landmarks.back_to if backward else self._landmarks.to
        ends = (goal, start) if backward else (start, goal)
        _, second = hours(1)
        count = 1 + int((second + _USUAL_DELAY * self._landmarks.least(start, goal)) // HOUR_S)
        while True:
            ahead, second = hours(count)
            slowness = tuple(map(min, zip(*ahead, strict=True)))
            way, end = earliest(adjacency, *ends, bounds(*ends, slowness), ahead, second)
            if way is not None or end == float("inf"):
                return way
            count *= 2

    def _by_cost(self, start: int, goal: int, view: str | None, compromised: bool, backward: bool):
        """The edges of the cheapest path, or None. Searched forward, always: of equal paths the same for both."""
        way = shortest(self._view(view, compromised, False), start, goal, self._landmarks.to(start, goal))
        return way[::-1] if backward and way is not None else way

    def _view(self, preference: str | None, compromised: bool, backward: bool) -> Adjacency:
        """The graph as a preference sees it; no cost is below the free-flow time, so that the bounds hold."""
        key = preference, compromised, backward
        if key not in self._views:
            costs, kept = self._seconds, np.arange(len(self.edges))
            if preference is not None:
                felt = weights(preference)
                if felt is not None:
                    costs = costs * felt[self._class]
                else:
                    shunned = avoided(preference, self._class, self._toll)
                    if compromised:
                        costs = costs + shunned * self._length * _AVOIDED_S
                    else:
                        kept = kept[~shunned]
            tail, head = (self._head, self._tail) if backward else (self._tail, self._head)
            adjacency: Adjacency = [[] for _ in self.nodes]
            rows = zip(
                tail[kept].tolist(),
                head[kept].tolist(),
                costs[kept].tolist(),
                self._class[kept].tolist(),
                kept.tolist(),
                strict=True,
            )
            for u, v, cost, road_class, edge in rows:
                adjacency[u].append((v, cost, road_class, edge))
            self._views[key] = adjacency
        return self._views[key]
