"""Shortest paths over flat lists: A* by fixed costs, and A* by times that change every full hour.

    adjacency[u] = [(v, cost, class, edge), …]      cost: free-flow seconds (or what a preference makes of them)
    bound[u]     <= cost from u to the goal

Both are exact. Plain Python with a heap: at some hundred nodes a search it is as fast as a one-to-all search in C
(docs/log.md), which could not change speeds on the way.
"""

from heapq import heappop, heappush

from stagent.routing.traffic import HOUR_S

Adjacency = list[list[tuple[int, float, int, int]]]
_FAR = float("inf")


def shortest(adjacency: Adjacency, start: int, goal: int, bound: list[float]) -> list[int] | None:
    """The cheapest path by fixed costs, as edges; None: there is none."""
    best = [_FAR] * len(adjacency)
    best[start] = 0.0
    reached: dict[int, tuple[int, int]] = {}
    heap = [(bound[start], 0.0, start)]
    while heap:
        _, cost, u = heappop(heap)
        if cost > best[u]:
            continue
        if u == goal:
            return _path(reached, start, goal)
        for v, added, _, edge in adjacency[u]:
            total = cost + added
            if total < best[v]:
                best[v] = total
                reached[v] = u, edge
                heappush(heap, (total + bound[v], total, v))
    return None


def earliest(
    adjacency: Adjacency, start: int, goal: int, bound: list[float], hours: list[list[float]], second: float
) -> tuple[list[int] | None, float]:
    """The path that arrives first.

    Args:
        bound: holds within ``hours``.
        hours: the slowness of each class in the current and in the following hours.
        second: of the current hour, at the start.

    Returns:
        The path as edges, and the seconds since the current hour began at its end. None and infinity: there is no path.
        None and a time: nothing arrives within these hours.
    """
    best = [_FAR] * len(adjacency)
    best[start] = second
    reached: dict[int, tuple[int, int]] = {}
    heap = [(second + bound[start], second, start)]
    end = len(hours) * HOUR_S
    while heap:
        _, now, u = heappop(heap)
        if now > best[u]:
            continue
        if now >= end:  # every other path arrives later still, for bounds hold up to here
            return None, now
        if u == goal:
            return _path(reached, start, goal), now
        hour = int(now // HOUR_S)
        slowness = hours[hour]
        left = (hour + 1) * HOUR_S - now
        for v, cost, road_class, edge in adjacency[u]:
            needed = cost * slowness[road_class]
            if needed > left:
                needed = across(cost, road_class, hours, hour, left)
            then = now + needed
            if then < best[v]:
                best[v] = then
                reached[v] = u, edge
                heappush(heap, (then + bound[v], then, v))
    return None, _FAR


def across(cost: float, road_class: int, hours: list[list[float]], hour: int, left: float) -> float:
    """Seconds on an edge on which at least one full hour passes, the first after ``left`` seconds.

    Beyond the last of ``hours`` its slowness goes on.
    """
    spent = 0.0
    while True:
        slowness = hours[hour][road_class]
        if hour == len(hours) - 1 or cost * slowness <= left:
            return spent + cost * slowness
        spent += left
        cost -= left / slowness
        hour, left = hour + 1, HOUR_S


def travel(costs: list[float], classes: list[int], hours: list[list[float]], second: float) -> list[float]:
    """The time at the end of each edge of a path, by the same clock as ``earliest``."""
    times = []
    for cost, road_class in zip(costs, classes, strict=True):
        hour = min(int(second // HOUR_S), len(hours) - 1)
        left = (hour + 1) * HOUR_S - second
        needed = cost * hours[hour][road_class]
        second += needed if needed <= left else across(cost, road_class, hours, hour, left)
        times.append(second)
    return times


def _path(reached: dict[int, tuple[int, int]], start: int, goal: int) -> list[int]:
    edges = []
    while goal != start:
        goal, edge = reached[goal]
        edges.append(edge)
    edges.reverse()
    return edges
