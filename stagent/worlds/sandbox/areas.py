"""What a map of a city shows between its roads: the sea, the river, the lake and the parks."""

import math

import numpy as np
from scipy.spatial import ConvexHull

from stagent.routing.roads import RoadNetwork
from stagent.worlds.local.city import Area
from stagent.worlds.sandbox.ground import LAKE_M, Ground

_RIVER_M = 36  # from its middle to its banks, along which promenades lead at 45
_STEP_M = 120
_OUT = 1.7  # of the city's radius: how far sea and river go on
_PARK = "公园步道"  # how the names of a park's paths end
_LEAST_CORNERS = 4


def draw_areas(ground: Ground, roads: RoadNetwork) -> list[Area]:
    """The areas of a city, water above green."""
    water = [_band(ground)]
    if ground.plan.coast is not None:
        water.append(_sea(ground))
    if ground.lake is not None:
        turns = np.linspace(0, 2 * math.pi, 73)
        water.append(_ring(ground, ground.lake[0] + LAKE_M * np.cos(turns), ground.lake[1] + LAKE_M * np.sin(turns)))
    return [*_parks(roads), *(Area("water", (ring,)) for ring in water)]


def _ring(ground: Ground, x, y) -> tuple[tuple[float, float], ...]:
    lat, lon = ground.degrees(np.asarray(x), np.asarray(y))
    return tuple(zip(lat.tolist(), lon.tolist(), strict=True))


def _band(ground: Ground) -> tuple[tuple[float, float], ...]:
    """The river from bank to bank."""
    along = np.arange(-_OUT * ground.plan.radius, _OUT * ground.plan.radius, _STEP_M)
    left, right = ground.river_bank(along, -_RIVER_M), ground.river_bank(along[::-1], _RIVER_M)
    return _ring(ground, *(np.concatenate(pair) for pair in zip(left, right, strict=True)))


def _sea(ground: Ground) -> tuple[tuple[float, float], ...]:
    """From the shore to far out."""
    bearing, far = math.radians(ground.plan.coast), _OUT * ground.plan.radius
    along = np.arange(-far, far + 1, _STEP_M)
    x, y = along * math.cos(bearing), -along * math.sin(bearing)
    out = ground.inland(x, y)  # metres from there to the shore, straight towards the sea
    x, y = x + out * math.sin(bearing), y + out * math.cos(bearing)
    corners = [(x[end] + far * math.sin(bearing), y[end] + far * math.cos(bearing)) for end in (-1, 0)]
    return _ring(
        ground, *(np.append(shore, ends) for shore, ends in zip((x, y), zip(*corners, strict=True), strict=True))
    )


def _parks(roads: RoadNetwork) -> list[Area]:
    """What the paths of each park surround."""
    areas = []
    for number, name in enumerate(roads.names):
        if not name.endswith(_PARK):
            continue
        nodes = np.unique(roads.tail[roads.name == number])
        points = np.stack([roads.lat[nodes], roads.lon[nodes]], axis=1)
        if len(points) >= _LEAST_CORNERS:
            corners = points[ConvexHull(points).vertices]
            areas.append(Area("green", (tuple(map(tuple, corners.tolist())),)))
    return areas
