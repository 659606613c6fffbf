"""What the grid lacks: a motorway ring and an expressway to the airport, both with tolls, roads to stations, paths."""

import itertools
import math

from stagent.routing.vehicles import BICYCLING, DRIVING, WALKING
from stagent.worlds.sandbox.country import CityPlan
from stagent.worlds.sandbox.ground import LAKE_M, Ground
from stagent.worlds.sandbox.streets import ON_FOOT, Grid, Streets, connected

_RING = 0.74  # of the radius
_TOLL_EACH_KM = 0.5  # yuan
_PATH_STEP = 180  # metres between two nodes of a promenade


def draw_streets(ground: Ground, seed: int) -> Streets:
    """All streets of a city, each of which can be reached from each other one."""
    streets = Streets(ground)
    grid = Grid(streets, seed)
    grid.add_parks()
    plan = ground.plan
    ring = _ring(streets)
    for spot in plan.stations:
        _seat(streets, spot.name, *ground.at(spot.bearing, spot.out), f"{spot.name.removesuffix('站')}站前路")
    if plan.airport:
        seat = _seat(streets, plan.airport.name, *ground.at(plan.airport.bearing, plan.airport.out), "机场路")
        _expressway(streets, ring, plan.airport.bearing, seat, "机场高速")
    if plan.coast is not None:
        _expressway(streets, ring, _harbour(plan), None, f"{plan.name[:2]}疏港高速")
        _promenade(streets, _shore(ground), "海滨步道")
    _promenade(streets, _bank(ground), "滨江步道" if plan.river.endswith("江") else "滨河步道")
    if ground.lake:
        turns = [2 * math.pi * k / 36 for k in range(37)]
        x, y = ground.lake
        far = LAKE_M + 40
        _promenade(streets, [(x + far * math.cos(t), y + far * math.sin(t)) for t in turns], "环湖步道")
    connected(streets)
    return streets


def _motorway(streets: Streets, a: int, b: int, name: str) -> None:
    metres = math.hypot(streets.x[a] - streets.x[b], streets.y[a] - streets.y[b])
    toll = max(0.5, round(2 * metres / 1000 * _TOLL_EACH_KM) / 2)
    streets.link(a, b, "motorway", name, allowed=DRIVING, toll=toll)


def _ramp(streets: Streets, node: int, at_least: str = "secondary") -> None:
    """Joins a motorway's node to the nearest wide street, both ways."""
    street = streets.nearest(streets.x[node], streets.y[node], at_least)
    streets.link(node, street, "service", "高速匝道", allowed=DRIVING)


def _ring(streets: Streets) -> list[int]:
    """The ring as far as there is land under it; its nodes in their order, -1 where there is none."""
    ground, nodes = streets.ground, []
    for k in range(40):
        at = ground.at(9 * k, _RING)
        nodes.append(streets.node(*at, "motorway") if ground.dry(*at) else -1)
    dry = [node >= 0 for node in nodes]
    for k, node in enumerate(nodes):
        before, after = nodes[k - 1], nodes[(k + 1) % 40]
        if node < 0:
            continue
        if after >= 0:
            _motorway(streets, node, after, f"{ground.plan.name[:2]}绕城高速")
        if k % 3 == 0 or before < 0 or after < 0:
            _ramp(streets, node)
    return [node for node, is_dry in zip(nodes, dry, strict=True) if is_dry]


def _expressway(streets: Streets, ring: list[int], bearing: float, end: int | None, name: str) -> None:
    """A motorway outward from near the inner ring, with junctions at both ends and at the ring."""
    ground = streets.ground
    far = 0.98 if end is None else math.hypot(streets.x[end], streets.y[end]) / ground.plan.radius - 0.04
    outs = [0.36 + (far - 0.36) * k / 6 for k in range(7)]
    points = [ground.at(bearing, out) for out in outs]
    points = [point for point in points if ground.dry(*point)]
    nodes = [streets.node(*point, "motorway") for point in points]
    for a, b in itertools.pairwise(nodes):
        _motorway(streets, a, b, name)
    _ramp(streets, nodes[0])
    if end is None:
        _ramp(streets, nodes[-1], "tertiary")
    else:
        streets.link(nodes[-1], end, "service", "机场匝道", allowed=DRIVING)
    x, y = streets.x, streets.y
    near = [(math.hypot(x[a] - x[b], y[a] - y[b]), a, b) for a in nodes for b in ring]
    _, a, b = min(near)
    streets.link(a, b, "service", "高速匝道", allowed=DRIVING)


def _harbour(plan: CityPlan) -> float:
    """The direction of the harbour: along the coast, on the side where the airport isn't."""
    sides = plan.coast - 72, plan.coast + 72
    return max(sides, key=lambda side: abs((side - plan.airport.bearing + 180) % 360 - 180))


def _seat(streets: Streets, name: str, x: float, y: float, road: str) -> int:
    """The node that a station or an airport stands at, with a road of its own to the streets around."""
    ends = {streets.nearest(x, y, "tertiary"), streets.nearest(x + 500, y + 300, "secondary")}
    node = streets.node(x, y, "secondary")
    for end in sorted(ends):
        streets.link(node, end, "secondary", road)
    streets.seats[name] = node
    return node


def _promenade(streets: Streets, points: list[tuple[float, float]], name: str) -> None:
    """A path for walking and cycling along water, joined to the streets every few hundred metres."""
    ground, before = streets.ground, -1
    for k, (x, y) in enumerate(points):
        if not ground.dry(x, y):
            before = -1
            continue
        node = streets.node(x, y, "path")
        if before >= 0:
            streets.link(before, node, "path", name, allowed=WALKING if k % 40 > 36 else ON_FOOT)
        if before < 0 or k % 3 == 0:
            streets.link(node, streets.nearest(x, y), "path", "", allowed=WALKING | BICYCLING)
        before = node


def _bank(ground: Ground) -> list[tuple[float, float]]:
    """Points along the river's bank, through the middle of the city."""
    reach = int(0.7 * ground.plan.radius / _PATH_STEP)
    return [tuple(map(float, ground.river_bank(_PATH_STEP * k, 45.0))) for k in range(-reach, reach + 1)]


def _shore(ground: Ground) -> list[tuple[float, float]]:
    """Points 60 m from the sea."""
    bearing, radius = math.radians(ground.plan.coast), ground.plan.radius
    points = []
    reach = int(0.8 * radius / _PATH_STEP)
    for k in range(-reach, reach + 1):
        along = _PATH_STEP * k
        x, y = along * math.cos(bearing), -along * math.sin(bearing)
        inward = float(ground.inland(x, y)) - 60
        points.append((x + inward * math.sin(bearing), y + inward * math.cos(bearing)))
    return points
