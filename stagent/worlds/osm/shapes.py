"""The ways that a feed's lines take between two stops, for drawing them and for their length."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np

from stagent.routing.geometry import distances_to_line, haversine_m
from stagent.routing.roads import Point
from stagent.routing.timetable import Stop
from stagent.worlds.osm.tables import Feed

_OFF_M = 200  # a stop farther from the shape isn't on it
# A way this much longer than the straight line comes of a shape that passes a stop twice: it isn't used.
_DETOUR, _DETOUR_M = 4, 500
_SAME_M = 1  # a point of the shape this near to a stop is the stop

Pattern = tuple[str, str, tuple[str, ...]]  # line, shape, stops in their order
Shapes = dict[tuple[str, str, str], list[Point]]  # by line, stop and next stop: the points between them


def shapes_between(feed: Feed, patterns: Iterable[Pattern], stops: Mapping[str, Stop]) -> Shapes:
    """The points between neighbouring stops, for those that shapes.txt leads past.

    Raises:
        InputError: a column or a value of shapes.txt that can't be used.
    """
    patterns = [pattern for pattern in patterns if pattern[1]]
    if not patterns or not feed.has("shapes.txt"):
        return {}
    lines = _lines(feed, {shape for _, shape, _ in patterns})
    found: Shapes = {}
    for line, shape, calls in patterns:
        if len(lines.get(shape, ())) > 1:
            for pair, points in _between(lines[shape], [stops[call] for call in calls]):
                found.setdefault((line, *pair), points)
    return found


def _lines(feed: Feed, wanted: set[str]) -> dict[str, np.ndarray]:
    """(P, 2) the points of each shape in their order."""
    points = defaultdict(list)
    for row in feed.table("shapes.txt", "shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence"):
        if row["shape_id"] in wanted:
            at = row.number("shape_pt_lat", -90, 90), row.number("shape_pt_lon", -180, 180)
            points[row["shape_id"]].append((row.whole("shape_pt_sequence", 0, 10**9), *at))
    return {shape: np.array(sorted(listed))[:, 1:] for shape, listed in points.items()}


def _between(line: np.ndarray, calls: list[Stop]) -> Iterable[tuple[tuple[str, str], list[Point]]]:
    lat, lon = np.array([(stop.lat, stop.lon) for stop in calls]).T
    off, along = distances_to_line(lat, lon, line)
    run = np.concatenate([[0], np.cumsum(haversine_m(*line[:-1].T, *line[1:].T))])
    straight = haversine_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    for at, (here, there) in enumerate(pairwise(calls)):
        length = along[at + 1] - along[at]
        if max(off[at], off[at + 1]) <= _OFF_M and 0 < length <= _DETOUR * straight[at] + _DETOUR_M:
            inner = line[(run > along[at] + _SAME_M) & (run < along[at + 1] - _SAME_M)]
            yield (here.id, there.id), [tuple(point) for point in inner.tolist()]
