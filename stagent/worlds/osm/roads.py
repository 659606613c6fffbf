"""Roads of an extract as a network: who may use them, in which direction and how fast.

ways ── cut where they meet, at barriers and every 40 m ──► edges, one for each direction that somebody may use
"""

import re
from collections.abc import Sequence

import numpy as np

from stagent.routing.geometry import haversine_m
from stagent.routing.roads import RoadNetwork
from stagent.routing.vehicles import BICYCLING, CLASSES, DRIVING, WALKING
from stagent.worlds.osm.extract import Extract, MappedRoad

_ALL = DRIVING | WALKING | BICYCLING
_SOFT = WALKING | BICYCLING
# highway -> class, km/h where no limit is tagged, who may use it where no tag says otherwise
_KINDS = {
    "motorway": ("motorway", 110, DRIVING),
    "motorway_link": ("motorway", 60, DRIVING),
    "trunk": ("trunk", 80, _ALL),
    "trunk_link": ("trunk", 50, _ALL),
    "primary": ("primary", 50, _ALL),
    "primary_link": ("primary", 40, _ALL),
    "secondary": ("secondary", 50, _ALL),
    "secondary_link": ("secondary", 40, _ALL),
    "tertiary": ("tertiary", 40, _ALL),
    "tertiary_link": ("tertiary", 30, _ALL),
    "unclassified": ("residential", 40, _ALL),
    "residential": ("residential", 30, _ALL),
    "living_street": ("residential", 15, _ALL),
    "road": ("residential", 30, _ALL),
    "service": ("service", 20, _ALL),
    "track": ("path", 15, _SOFT),
    "pedestrian": ("path", 10, WALKING),
    "footway": ("path", 10, WALKING),
    "path": ("path", 10, _SOFT),
    "cycleway": ("path", 15, _SOFT),
    "steps": ("path", 10, WALKING),
    "corridor": ("path", 10, WALKING),
    "platform": ("path", 10, WALKING),
    "elevator": ("path", 10, WALKING),
    "bridleway": ("path", 10, 0),
    "busway": ("service", 30, 0),
}
# A mode -> the tags that speak of it, the narrowest first.
_ACCESS = {
    DRIVING: ("motorcar", "motor_vehicle", "vehicle", "access"),
    WALKING: ("foot", "access"),
    BICYCLING: ("bicycle", "vehicle", "access"),
}
_CLOSED = frozenset(
    ("no", "private", "agricultural", "forestry", "emergency", "military", "psv", "bus", "use_sidepath", "dismount")
)
_OPEN = frozenset(("yes", "designated", "permissive", "destination", "customers", "official"))
_STOPS_CARS = frozenset(("bollard", "block", "cycle_barrier", "turnstile", "kissing_gate", "stile", "chain", "log"))
_STOPS_ALL = frozenset(("wall", "fence", "city_wall", "retaining_wall", "hedge"))
_LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*(mph|km/?h|kmh)?")
# Of the limit, what a car makes on average where streets cross it; on a motorway all of it.
_SHARE = 0.8
_LONGEST_M = 40.0  # of an edge: a stop is joined to a node, which is to lie near


def usable(tags: dict[str, str]) -> int:
    """Bits of the modes that may use a way or pass a barrier's node; ``{"highway": "footway"}`` → WALKING."""
    default = _ALL if "barrier" in tags else 0
    allowed = _KINDS[tags["highway"]][2] if tags.get("highway") in _KINDS else default
    if tags.get("motorroad") == "yes":
        allowed &= DRIVING
    for bit, keys in _ACCESS.items():
        key = next((key for key in keys if key in tags), None)
        if key is None:
            continue
        if tags[key] in _CLOSED:
            allowed &= ~bit
        elif tags[key] in _OPEN and key != "access":  # access=yes on a footway lets no cars in; motor_vehicle=yes does
            allowed |= bit
    return allowed


def directions(tags: dict[str, str], allowed: int) -> tuple[int, int]:
    """Bits of who may go along a way as it is drawn, and against it. People on foot go both ways."""
    oneway = tags.get("oneway", "")
    if not oneway and (tags.get("junction") in ("roundabout", "circular") or tags.get("highway") == "motorway"):
        oneway = "yes"
    wheels = allowed & (DRIVING | BICYCLING)
    forth, back = wheels, wheels
    if oneway in ("yes", "true", "1"):
        back = 0
    elif oneway in ("-1", "reverse"):
        forth = 0
    lanes = (tags.get(key, "") for key in ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both"))
    if tags.get("oneway:bicycle") == "no" or any(lane.startswith("opposite") for lane in lanes):
        forth, back = (way | allowed & BICYCLING for way in (forth, back))
    return forth | allowed & WALKING, back | allowed & WALKING


def speed_kmh(tags: dict[str, str]) -> float:
    """Of a car, from the limit, or the default of the road's class."""
    road_class, speed, _ = _KINDS[tags["highway"]]
    if found := _LIMIT.fullmatch(tags.get("maxspeed", "").strip()):
        limit = float(found[1]) * (1.609344 if found[2] == "mph" else 1)
        speed = limit if limit > 0 else speed
    return max(5.0, speed if road_class == "motorway" else speed * _SHARE)


def road_network(extract: Extract) -> RoadNetwork:
    """All roads that anybody may use. A toll road's toll is 1: the map knows that there is one, not how much."""
    builder = _Builder(extract)
    for way in extract.ways:
        allowed = usable(way.tags) if way.tags["highway"] in _KINDS else 0
        if allowed:
            builder.add(way, allowed)
    return builder.network()


class _Builder:
    def __init__(self, extract: Extract):
        self._barriers = {node: _passing(tags) for node, tags in extract.barriers.items()}
        self._meets = _meeting_nodes(extract.ways)
        self._index: dict[int, int] = {}  # of map nodes
        self._lat: list[float] = []
        self._lon: list[float] = []
        self._names: dict[str, int] = {"": 0}
        self._edges: list[tuple[int, int, float, float, int, int, float, int]] = []
        self._shapes: list[Sequence[tuple[float, float]]] = []

    def add(self, way: MappedRoad, allowed: int) -> None:
        tags = way.tags
        forth, back = directions(tags, allowed)
        name = self._names.setdefault(tags.get("name") or tags.get("ref", ""), len(self._names))
        road = speed_kmh(tags), CLASSES.index(_KINDS[tags["highway"]][0]), name, float(tags.get("toll") == "yes")
        here, shape, length, passing = self._node(way, 0), [], 0.0, self._barriers.get(way.nodes[0], _ALL)
        points = np.array(way.points)
        metres = haversine_m(points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1]).tolist()
        for at in range(1, len(way.nodes)):
            pieces = int(metres[at - 1] // _LONGEST_M) + 1
            for piece in range(1, pieces):  # long straight stretches get nodes between
                share = piece / pieces
                there = self._new(*(points[at - 1] + share * (points[at] - points[at - 1])).tolist())
                self._link(here, there, length + metres[at - 1] / pieces, road, forth & passing, back & passing, shape)
                here, shape, length, passing = there, [], 0.0, _ALL
            length += metres[at - 1] / pieces
            barrier = self._barriers.get(way.nodes[at])
            last = at == len(way.nodes) - 1
            if last or barrier is not None or way.nodes[at] in self._meets or length + metres[at] > _LONGEST_M:
                there = self._node(way, at)
                passing &= _ALL if barrier is None else barrier
                self._link(here, there, length, road, forth & passing, back & passing, shape)
                here, shape, length, passing = there, [], 0.0, _ALL if barrier is None else barrier
            else:
                shape.append(way.points[at])

    def network(self) -> RoadNetwork:
        tail, head, length, speed, road_class, name, toll, allowed = (
            zip(*self._edges, strict=True) if self._edges else ((),) * 8
        )
        return RoadNetwork.build(
            self._lat,
            self._lon,
            tail,
            head,
            length_m=length,
            speed_kmh=speed,
            road_class=road_class,
            name=name,
            names=list(self._names),
            toll_yuan=toll,
            allowed=allowed,
            shape=self._shapes,
        )

    def _new(self, lat: float, lon: float) -> int:
        self._lat.append(lat)
        self._lon.append(lon)
        return len(self._lat) - 1

    def _node(self, way: MappedRoad, at: int) -> int:
        if way.nodes[at] not in self._index:
            self._index[way.nodes[at]] = self._new(*way.points[at])
        return self._index[way.nodes[at]]

    def _link(
        self,
        here: int,
        there: int,
        length: float,
        road: tuple[float, int, int, float],
        forth: int,
        back: int,
        shape: Sequence[tuple[float, float]],
    ) -> None:
        for tail, head, allowed, between in ((here, there, forth, shape), (there, here, back, shape[::-1])):
            if allowed and tail != head:
                speed, road_class, name, toll = road
                self._edges.append((tail, head, length, speed, road_class, name, toll, allowed))
                self._shapes.append(between)


def _passing(tags: dict[str, str]) -> int:
    """Bits of who passes a barrier on a node."""
    if tags["barrier"] in _STOPS_ALL:
        return 0
    passing = usable(tags)
    says_cars = any(tags.get(key) in _OPEN for key in ("motorcar", "motor_vehicle", "vehicle"))
    return passing & ~DRIVING if tags["barrier"] in _STOPS_CARS and not says_cars else passing


def _meeting_nodes(ways: Sequence[MappedRoad]) -> frozenset[int]:
    """Nodes at which ways meet, a way itself included."""
    seen: set[int] = set()
    twice: set[int] = set()
    for way in ways:
        for node in way.nodes:
            (twice if node in seen else seen).add(node)
    return frozenset(twice)
