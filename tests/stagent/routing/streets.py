"""Networks for tests: a city on a grid with every class of road, and small random graphs."""

from datetime import date

import numpy as np

from stagent.routing.geometry import haversine_m
from stagent.routing.roads import RoadNetwork
from stagent.routing.traffic import Traffic
from stagent.routing.vehicles import BICYCLING, CLASSES, DRIVING, WALKING

ALL = DRIVING | WALKING | BICYCLING
SPEED = (110, 80, 60, 50, 40, 30, 20, 10)  # km/h of CLASSES


def city(side: int = 75, block_m: float = 150, seed: int = 0) -> RoadNetwork:
    """side × side crossings: every 25th street a motorway, every 10th a primary, every 5th a tertiary road."""
    draw = np.random.default_rng(seed)
    degree = block_m / 111_195
    row, column = np.divmod(np.arange(side * side), side)
    lat = 30 + (row + draw.normal(0, 0.15, side * side)) * degree
    lon = 110 + (column + draw.normal(0, 0.15, side * side)) * degree / np.cos(np.radians(30))
    tail, head, road_class, name = [], [], [], []
    for down in (True, False):
        for node in range(side * side):
            line, last = (column[node], row[node]) if down else (row[node], column[node])
            if last == side - 1:
                continue
            kind = next((k for step, k in ((25, 0), (10, 2), (5, 4), (1, 5)) if line % step == step // 2), 5)
            one_way = kind == 5 and draw.random() < 0.1
            other = node + (side if down else 1)
            for a, b in ((node, other),) if one_way else ((node, other), (other, node)):
                tail.append(a)
                head.append(b)
                road_class.append(kind)
                name.append(1 + 2 * int(line) + down)
    tail, head, road_class = np.array(tail), np.array(head), np.array(road_class)
    length = haversine_m(lat[tail], lon[tail], lat[head], lon[head]) * draw.uniform(1, 1.1, len(tail))
    return RoadNetwork.build(
        lat,
        lon,
        tail,
        head,
        length_m=length,
        speed_kmh=np.array(SPEED)[road_class],
        road_class=road_class,
        name=name,
        names=["", *(f"{way}{line}" for line in range(side) for way in ("street", "avenue"))],
        toll_yuan=np.where(road_class == 0, length * 0.0005, 0),
        allowed=np.where(road_class == 0, DRIVING, ALL),
    )


def random_network(seed: int, nodes: int = 30, edges: int = 110, toll_share: float = 0.2) -> RoadNetwork:
    """A multigraph of random edges with random classes, lengths of up to 20 km, some tolls."""
    draw = np.random.default_rng(seed)
    road_class = draw.choice(len(CLASSES), edges, p=[0.3] + [0.1] * 7)
    return RoadNetwork.build(
        30 + draw.uniform(0, 0.2, nodes),
        110 + draw.uniform(0, 0.2, nodes),
        draw.integers(0, nodes, edges),
        draw.integers(0, nodes, edges),
        length_m=draw.uniform(50, 20_000, edges),
        speed_kmh=np.array(SPEED)[road_class] * draw.uniform(0.7, 1.1, edges),
        road_class=road_class,
        name=draw.integers(0, 4, edges),
        names=["", "A", "B", "C"],
        toll_yuan=np.where(draw.random(edges) < toll_share, 5, 0),
        allowed=draw.integers(1, 8, edges) | DRIVING,
    )


def weekend(day: date) -> int:
    return int(day.weekday() >= 5)


def rush_hours() -> Traffic:
    """Two kinds of day; on workdays main roads go at .45 to .6 at 8 and 18 o'clock."""
    factor = np.ones((2, 24, len(CLASSES)))
    shape = {7: 0.6, 8: 0.9, 9: 0.5, 12: 0.2, 16: 0.3, 17: 0.8, 18: 1.0, 19: 0.5, 20: 0.2}
    share = np.array([0.4, 0.5, 0.55, 0.5, 0.45, 0.3, 0.1, 0.0])
    for hour, jam in shape.items():
        factor[0, hour] -= jam * share
        factor[1, hour] -= 0.4 * jam * share
    return Traffic(factor, weekend)


def random_traffic(seed: int) -> Traffic:
    """Anything that may be: factors from .1 to 1 in every hour."""
    return Traffic(np.random.default_rng(seed).uniform(0.1, 1, (2, 24, len(CLASSES))), weekend)
