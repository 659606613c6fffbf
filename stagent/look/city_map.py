"""What a page draws of a world: streets joined to long lines, places, lines of public transport, as small JSON.

    {"centre": [30.1, 170.2], "areas": [{"kind": "water", "rings": [line, …]}, …],
     "streets": {"primary": [line, …], …}, "places": [[id, name, category, lat, lon], …],
     "lines": [{"name": "1号线", "kind": "metro", "paths": [line, …], "stops": [[name, lat, lon], …]}, …]}

A line of points is one flat list of whole numbers in 1e-5 degrees, the first point and then the steps to the next:
``[[30.1, 170.2], [30.1001, 170.1998]]`` → ``[3010000, 17020000, 10, -20]``.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from stagent.routing.roads import RoadNetwork
from stagent.routing.timetable import Stop
from stagent.routing.transit import Timetable
from stagent.routing.vehicles import CLASSES
from stagent.tools.render import clean_line
from stagent.worlds.local.city import City
from stagent.worlds.local.place import MapPlace

Point = tuple[float, float]
_UNITS = 100_000  # of a degree


def city_drawing(city: City, cities: Sequence[City]) -> dict[str, Any]:
    """A city; of roads that it shares with others, those within its bounds."""
    is_shared = any(other is not city and other.roads is city.roads for other in cities)
    inside = _within(city.roads, city.bounds) if is_shared else None
    return {
        "centre": city.centre,
        "areas": [{"kind": area.kind, "rings": [packed(ring) for ring in area.rings]} for area in city.areas],
        "streets": street_lines(city.roads, inside),
        "places": place_rows(city.places),
        "lines": transit_lines(city.timetable) if city.timetable else [],
    }


def country_drawing(cities: Sequence[City]) -> dict[str, Any]:
    """The roads between cities that share a network."""
    streets: dict[str, list[list[int]]] = {}
    for roads in {id(city.roads): city.roads for city in cities}.values():
        own = [city for city in cities if city.roads is roads]
        if len(own) > 1:
            outside = ~np.logical_or.reduce([_within(roads, city.bounds) for city in own])
            for name, lines in street_lines(roads, outside).items():
                streets.setdefault(name, []).extend(lines)
    return {"centre": cities[0].centre, "areas": [], "streets": streets, "places": [], "lines": []}


def packed(points: Iterable[Point]) -> list[int]:
    """Points as the flat list of this module; a point that falls on the one before it is left out."""
    whole = np.rint(np.asarray(list(points), float) * _UNITS).astype(np.int64)
    steps = np.diff(whole, axis=0)
    return [*whole[0].tolist(), *steps[steps.any(axis=1)].ravel().tolist()]


def street_lines(roads: RoadNetwork, wanted: np.ndarray | None = None) -> dict[str, list[list[int]]]:
    """The streets of each class, both directions drawn once, edges of a class that meet in pairs joined to one line.

    Args:
        wanted: (E,) which edges; None: all.
    """
    lines: dict[str, list[list[int]]] = {}
    for number, name in enumerate(CLASSES):
        own = roads.road_class == number
        edges = _once(roads, np.flatnonzero(own if wanted is None else own & wanted))
        if chains := _chains(roads, edges):
            lines[name] = [packed(_points(roads, chain)) for chain in chains]
    return lines


def place_rows(places: Iterable[MapPlace]) -> list[list[Any]]:
    """``[id, name, category, lat, lon]`` of each place, those that most visitors wrote about first."""
    known = sorted(places, key=lambda place: -(place.review_count or 0))
    return [
        [place.id, clean_line(place.name), place.category, round(place.at.lat, 5), round(place.at.lon, 5)]
        for place in known
    ]


def transit_lines(timetable: Timetable) -> list[dict[str, Any]]:
    """Each line once: its ways between stops, both directions and all variants, and its stops."""
    found: dict[str, dict[str, Any]] = {}
    drawn: dict[str, set[tuple[str, str]]] = defaultdict(set)
    # the longest variant first: the others mostly lie on it
    for line, stops, tracks in sorted(timetable.ways(), key=lambda way: -len(way[1])):
        one = found.setdefault(line.id, {"name": clean_line(line.name), "kind": line.kind, "paths": [], "stops": {}})
        one["paths"] += _new_stretches(stops, tracks, drawn[line.id])
        one["stops"] |= {stop.id: [clean_line(stop.name), round(stop.lat, 5), round(stop.lon, 5)] for stop in stops}
    return [one | {"stops": list(one["stops"].values())} for one in found.values()]


def _new_stretches(
    stops: Sequence[Stop], tracks: Sequence[Sequence[Point]], drawn: set[tuple[str, str]]
) -> list[list[int]]:
    """What of a way isn't drawn yet, in either direction, as lines; what is, is added to ``drawn``."""
    stretches: list[list[Point]] = []
    goes_on = False
    for (here, there), track in zip(pairwise(stops), tracks, strict=True):
        ends = (min(here.id, there.id), max(here.id, there.id))
        if ends in drawn:
            goes_on = False
            continue
        drawn.add(ends)
        if not goes_on:
            stretches.append([(here.lat, here.lon)])
        stretches[-1] += [*track, (there.lat, there.lon)]
        goes_on = True
    return [packed(points) for points in stretches]


def _within(roads: RoadNetwork, bounds: tuple[float, float, float, float]) -> np.ndarray:
    """(E,) which edges begin and end inside (south, west, north, east)."""
    south, west, north, east = bounds
    inside = (roads.lat >= south) & (roads.lat <= north) & (roads.lon >= west) & (roads.lon <= east)
    return inside[roads.tail] & inside[roads.head]


def _once(roads: RoadNetwork, edges: np.ndarray) -> list[int]:
    """Of two edges that are one street's two directions, the first."""
    kept: dict[tuple[int, int, int], int] = {}
    for edge in edges.tolist():
        ends = sorted((int(roads.tail[edge]), int(roads.head[edge])))
        # streets around a block join the same two corners, and are told apart by their length
        kept.setdefault((*ends, round(float(roads.length_m[edge]))), edge)
    return list(kept.values())


def _chains(roads: RoadNetwork, edges: list[int]) -> list[list[tuple[int, bool]]]:
    """Edges in the order of a walk, each with whether it is walked from tail to head."""
    at: dict[int, list[int]] = defaultdict(list)
    for edge in edges:
        at[int(roads.tail[edge])].append(edge)
        at[int(roads.head[edge])].append(edge)
    left = set(edges)

    def walk(node: int, edge: int) -> list[tuple[int, bool]]:
        chain = []
        while edge in left:
            left.remove(edge)
            forward = int(roads.tail[edge]) == node
            chain.append((edge, forward))
            node = int(roads.head[edge] if forward else roads.tail[edge])
            others = [other for other in at[node] if other in left]
            if len(at[node]) != 2 or not others:
                break
            edge = others[0]
        return chain

    # from the ends of lines first, then what is left: rings
    ends = [(node, edge) for node, met in at.items() if len(met) != 2 for edge in met]
    rings = [(int(roads.tail[edge]), edge) for edge in edges]
    return [walk(node, edge) for node, edge in (*ends, *rings) if edge in left]


def _points(roads: RoadNetwork, chain: list[tuple[int, bool]]) -> list[Point]:
    points: list[Point] = []
    for edge, forward in chain:
        tail, head = int(roads.tail[edge]), int(roads.head[edge])
        between = roads.shape[roads.shape_start[edge] : roads.shape_start[edge + 1]].tolist()
        own = [(roads.lat[tail], roads.lon[tail]), *map(tuple, between), (roads.lat[head], roads.lon[head])]
        points += own if forward else own[::-1]
    return points
