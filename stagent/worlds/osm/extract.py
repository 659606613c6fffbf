"""An OpenStreetMap file, read once: features that may be places, roads, and the outlines of administrative areas.

.osm.pbf ──osmium──► nodes, areas (closed ways and multipolygons), lines ──► Extract
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import osmium

from stagent.worlds.local.categories import CATEGORIES
from stagent.worlds.local.city import Area
from stagent.worlds.local.place import Coordinate
from utils import InputError

# What can make a place of an object, roads, and what stands across them.
KEYS = sorted({key for kind in CATEGORIES.values() for tag in kind.osm for key, _ in tag[:1]})
_READ = (*KEYS, "highway", "barrier", "boundary", "place", "natural", "landuse")
# What a map shows between the roads; the coastline is none of it, since an extract rarely has all of it.
_WATER = {("natural", "water"), ("natural", "bay"), ("waterway", "riverbank")}
_GREEN = {("leisure", "park"), ("leisure", "garden"), ("landuse", "grass"), ("landuse", "forest"), ("natural", "wood")}
Ring = np.ndarray  # (P, 2) latitudes and longitudes


@dataclass(slots=True)
class Feature:
    """An object with tags and a middle; ``id`` is n, w or r and the number of the node, way or relation."""

    id: str
    at: Coordinate
    tags: dict[str, str]


@dataclass(slots=True)
class MappedRoad:
    """A road: the ids and the coordinates of its nodes."""

    tags: dict[str, str]
    nodes: list[int]
    points: list[tuple[float, float]]


@dataclass(slots=True)
class Boundary:
    """An administrative area.

    Attributes:
        level: as the map has it: 2 a country, larger numbers smaller areas.
        rings: outer and inner ones. box: (south, west, north, east).
    """

    name: str
    level: int
    tags: dict[str, str]
    rings: list[Ring]
    box: tuple[float, float, float, float]


@dataclass(slots=True)
class Extract:
    """What a file holds.

    Attributes:
        barriers: node -> tags, of what stands on roads.
        areas: for the map alone, green below water.
    """

    features: list[Feature] = field(default_factory=list)
    ways: list[MappedRoad] = field(default_factory=list)
    boundaries: list[Boundary] = field(default_factory=list)
    barriers: dict[int, dict[str, str]] = field(default_factory=dict)
    areas: list[Area] = field(default_factory=list)


def read_extract(path: Path) -> Extract:
    """Reads a file of any format that osmium knows by its name's ending.

    Raises:
        InputError: the file isn't there, is broken, or is no OpenStreetMap file.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; give an OpenStreetMap extract, city.osm.pbf")
    extract = Extract()
    try:
        objects = osmium.FileProcessor(str(path)).with_locations()
        objects = objects.with_areas(osmium.filter.KeyFilter(*_READ)).with_filter(osmium.filter.KeyFilter(*_READ))
        for entity in objects:
            tags = dict(entity.tags)
            if entity.is_node():
                _node(extract, entity, tags)
            elif entity.is_area():
                _area(extract, entity, tags)
            elif entity.is_way():
                _way(extract, entity, tags)
    except (RuntimeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}; give a whole OpenStreetMap extract, city.osm.pbf") from None
    extract.areas.sort(key=lambda area: area.kind)
    if not extract.ways:
        raise InputError(f"{path}: it has no roads (ways with highway=…); give an extract that has them")
    return extract


def _node(extract: Extract, node: osmium.osm.Node, tags: dict[str, str]) -> None:
    if "barrier" in tags:
        extract.barriers[node.id] = tags
    if node.location.valid():
        extract.features.append(Feature(f"n{node.id}", Coordinate(node.location.lat, node.location.lon), tags))


def _way(extract: Extract, way: osmium.osm.Way, tags: dict[str, str]) -> None:
    # Of a road cut off at the file's edge some nodes may be missing: what is there may be used.
    known = [node for node in way.nodes if node.location.valid()]
    if len(known) < 2:
        return
    points = [(node.location.lat, node.location.lon) for node in known]
    if "highway" in tags:
        extract.ways.append(MappedRoad(tags, [node.ref for node in known], points))
    if not way.is_closed():  # closed ones come as areas too
        extract.features.append(Feature(f"w{way.id}", Coordinate(*points[len(points) // 2]), tags))


def _area(extract: Extract, area: osmium.osm.Area, tags: dict[str, str]) -> None:
    outer = [_ring(ring) for ring in area.outer_rings()]
    inner = [_ring(hole) for ring in area.outer_rings() for hole in area.inner_rings(ring)]
    kind = "water" if tags.items() & _WATER else "green" if tags.items() & _GREEN else None
    if kind:
        extract.areas.append(Area(kind, [ring.tolist() for ring in (*outer, *inner)]))
    if "name" in tags and tags.get("boundary") == "administrative" and tags.get("admin_level", "").isdigit():
        every = np.concatenate(outer)
        box = (*every.min(axis=0).tolist(), *every.max(axis=0).tolist())
        extract.boundaries.append(Boundary(tags["name"], int(tags["admin_level"]), tags, outer + inner, box))
    letter = "w" if area.from_way() else "r"
    largest = max(outer, key=lambda ring: abs(_signed_area(ring)))
    extract.features.append(Feature(f"{letter}{area.orig_id()}", middle(largest), tags))


def _ring(nodes) -> Ring:
    return np.array([(node.lat, node.lon) for node in nodes])


def _signed_area(ring: Ring) -> float:
    """Twice the area inside, in square degrees."""
    lat, lon = (ring - ring[0]).T
    return float((lon[:-1] * lat[1:] - lon[1:] * lat[:-1]).sum())


def middle(ring: Ring) -> Coordinate:
    """The centre of mass of what a closed line surrounds."""
    lat, lon = (ring - ring[0]).T
    cross = lon[:-1] * lat[1:] - lon[1:] * lat[:-1]
    if not abs(cross.sum()) > 1e-15:
        return Coordinate(*ring[:-1].mean(axis=0).tolist())
    factor = 1 / (3 * cross.sum())
    north = ((lat[:-1] + lat[1:]) * cross).sum() * factor
    east = ((lon[:-1] + lon[1:]) * cross).sum() * factor
    return Coordinate(float(ring[0, 0] + north), float(ring[0, 1] + east))
