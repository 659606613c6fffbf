"""Lower bounds of travel times from distances to a few far nodes (ALT: A*, landmarks, triangle inequality).

    d(u, t) >= d(L, t) - d(L, u)   and   d(u, t) >= d(u, L) - d(t, L)       for every landmark L

Traffic makes roads slower, so bounds by free flow always hold; bounds by the traffic of the hours that a route lasts
are tighter, and a search by them visits fewer nodes. So tables are kept for each slowness that was asked for.
"""

from collections import OrderedDict

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

_LANDMARKS = 16
_BEST = 6  # of the 2 x 16 rows, those used for one search
_GRID = 10  # slowness is rounded down to tenths: hours that differ little share a table
_KEPT_BYTES = 64_000_000
_ROUNDING_S = 0.01  # what 32-bit tables may be wrong by


class Landmarks:
    """Tables over a strongly connected graph.

    Args:
        nodes: how many.
        tail, head: (E,) edges between them.
        seconds: (E,) free-flow times, above 0.
        road_class: (E,).
    """

    def __init__(self, nodes: int, tail: np.ndarray, head: np.ndarray, seconds: np.ndarray, road_class: np.ndarray):
        self._seconds, self._class = seconds, road_class
        # of edges with the same ends a matrix holds one: the fastest, found anew for each slowness
        pairs, self._pair = np.unique(tail.astype(np.int64) * nodes + head, return_inverse=True)
        self._ends = pairs // nodes, pairs % nodes
        self._nodes = nodes
        self._chosen: np.ndarray | None = None
        self._tables: OrderedDict[tuple[float, ...] | None, np.ndarray] = OrderedDict()

    def to(self, start: int, goal: int, slowness: tuple[float, ...] | None = None) -> list[float]:
        """(N,) lower bounds of the seconds from each node to ``goal``, for searches from ``start``.

        Args:
            slowness: by which each class is at least slower than by free flow; None: not at all.
        """
        table = self._table(slowness)
        at_goal = table[:, goal]
        best = np.argsort(table[:, start] - at_goal)[-_BEST:]
        bound = (table[best] - at_goal[best, None]).max(axis=0)
        return np.maximum(bound - _ROUNDING_S, 0, out=bound).tolist()

    def back_to(self, goal: int, start: int, slowness: tuple[float, ...] | None = None) -> list[float]:
        """(N,) lower bounds of the seconds from ``start`` to each node, for searches backwards from ``goal``."""
        table = self._table(slowness)
        at_start = table[:, start]
        best = np.argsort(at_start - table[:, goal])[-_BEST:]
        bound = (at_start[best, None] - table[best]).max(axis=0)
        return np.maximum(bound - _ROUNDING_S, 0, out=bound).tolist()

    def least(self, start: int, goal: int) -> float:
        """A lower bound of the free-flow seconds between two nodes."""
        table = self._table(None)
        return max(0.0, float((table[:, start] - table[:, goal]).max()) - _ROUNDING_S)

    def matrix(self, slowness: tuple[float, ...] | None = None) -> csr_array:
        """(N, N) seconds of the fastest edge between two nodes."""
        seconds = self._seconds if slowness is None else self._seconds * np.array(slowness)[self._class]
        fastest = np.full(len(self._ends[0]), np.inf)
        np.minimum.at(fastest, self._pair, seconds)
        return csr_array((fastest, self._ends), shape=(self._nodes, self._nodes))

    def _table(self, slowness: tuple[float, ...] | None) -> np.ndarray:
        """(2 L, N) rows that bound d(u, t) by row[u] - row[t]."""
        if slowness is not None:
            slowness = tuple(np.floor(np.array(slowness) * _GRID + 1e-9) / _GRID)
            if max(slowness) <= 1:
                slowness = None
        if slowness not in self._tables:
            matrix = self.matrix(slowness)
            if self._chosen is None:
                self._chosen = _far_apart(matrix)
            away = dijkstra(matrix, indices=self._chosen)
            towards = dijkstra(matrix.T.tocsr(), indices=self._chosen)
            self._tables[slowness] = np.concatenate([-away, towards]).astype(np.float32)
            while len(self._tables) > 1 and sum(table.nbytes for table in self._tables.values()) > _KEPT_BYTES:
                self._tables.popitem(last=False)
        self._tables.move_to_end(slowness)
        return self._tables[slowness]


def _far_apart(matrix: csr_array) -> np.ndarray:
    """Nodes each of which is as far as possible from those before it."""
    nearest = dijkstra(matrix, indices=0)
    chosen = [int(nearest.argmax())]
    nearest = dijkstra(matrix, indices=chosen[0])
    while len(chosen) < min(_LANDMARKS, matrix.shape[0]):
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, dijkstra(matrix, indices=chosen[-1]))
    return np.array(chosen)
