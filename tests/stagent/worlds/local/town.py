"""A small town for tests: a square grid of streets at the equator, where a step of 0.001 degrees is 111.195 m.

row 10  o──o──o ··· o      columns 0 to 10; column 5 is a motorway (100 km/h, 2 yuan a section, engines alone),
  ·     │  │  │     │      all others are 36 km/h = 10 m/s, named 横k路 (rows) and 纵k路 (columns)
row 0   o──o──o ··· o
"""

import asyncio
from datetime import datetime, timedelta, timezone

from stagent.routing.roads import RoadNetwork
from stagent.routing.vehicles import CLASSES
from stagent.worlds.local.city import City
from stagent.worlds.local.hours import Hours
from stagent.worlds.local.place import Coordinate, MapPlace
from stagent.worlds.local.world import LocalWorld

ZONE = timezone(timedelta(hours=8))
CLOCK = datetime(2026, 1, 5, 9, tzinfo=ZONE)  # a Monday
STEP, STEP_M = 0.001, 111.195
SIZE = 11
EAST = 150.0  # where column 0 lies


def at(row: float, column: float) -> Coordinate:
    """A point by its rows and columns from the grid's corner."""
    return Coordinate(row * STEP, EAST + column * STEP)


def grid(east: float = EAST) -> RoadNetwork:
    """The streets; ``east``: longitude of column 0."""
    lat = [row * STEP for row in range(SIZE) for _ in range(SIZE)]
    lon = [east + column * STEP for _ in range(SIZE) for column in range(SIZE)]
    names = ["", *(f"横{k}路" for k in range(SIZE)), *(f"纵{k}路" for k in range(SIZE))]
    edges = []
    for row in range(SIZE):
        for column in range(SIZE):
            here = row * SIZE + column
            if column + 1 < SIZE:
                edges.append((here, here + 1, "residential", 36, 1 + row, 0, 7))
            if row + 1 < SIZE:
                kind = ("motorway", 100, 1 + SIZE + column, 2, 1) if column == 5 else None
                kind = kind or ("residential", 36, 1 + SIZE + column, 0, 7)
                edges.append((here, here + SIZE, *kind))
    edges += [(there, here, *rest) for here, there, *rest in edges]
    tail, head, kinds, speed, name, toll, allowed = zip(*edges, strict=True)
    return RoadNetwork.build(
        lat,
        lon,
        tail,
        head,
        length_m=[STEP_M] * len(edges),
        speed_kmh=speed,
        road_class=[CLASSES.index(kind) for kind in kinds],
        name=name,
        names=names,
        toll_yuan=toll,
        allowed=allowed,
    )


def place(number: int, name: str, category: str, row: float, column: float, **more) -> MapPlace:
    district = "望海区" if column < 5 else "山前区"
    return MapPlace(f"P{number:03d}", name, category, at(row, column), "甲市", district, **more)


PLACES = [
    place(1, "老地方川菜馆", "sichuan", 1, 1, rating=4.5, review_count=300, average_cost=60, tags=("老字号",)),
    place(2, "蜀香园", "sichuan", 1, 9, rating=4.8, review_count=10, average_cost=90, hours=Hours("Mo-Fr 10:00-22:00")),
    place(3, "围炉火锅", "hotpot", 3, 2, rating=4.2, review_count=80, average_cost=100, hours=Hours("17:00-02:00")),
    place(4, "晨光咖啡", "cafe", 5, 5.5, rating=3.9, average_cost=30, hours=Hours("Mo-Su 08:00-20:00", "10:00-16:00")),
    place(5, "晨光书店", "books", 5, 6, address="横5路8号"),
    place(6, "甲市站", "railway_station", 9, 9, hours=Hours("24/7")),
    place(7, "甲市站停车场", "parking", 9, 9.2, price=8),
    place(8, "甲市历史博物馆", "museum", 2, 7, price=0, rating=4.6, other_names=("Jia History Museum",)),
    place(9, "横山公园", "park", 8, 1),
    place(10, "公园路小学", "school", 8, 2),
    place(11, "海角酒店", "hotel", 0, 0, price=388.5, rating=4.1),
]


def town(places=PLACES, **more) -> LocalWorld:
    """The town, alone in its world."""
    city = City(
        "甲市",
        at(5, 5),
        (0.0, EAST, 0.01, EAST + 0.01),
        list(places),
        grid(),
        aliases=("Jia",),
        districts={"望海区": ("Sea View",), "山前区": ()},
        **more,
    )
    return LocalWorld([city], name="town", version="1", zone=ZONE)


_DEFAULTS = {
    "map_search_places": {"radius": 5000, "sort_by": "weight", "price_category": "average_cost", "limit": 10},
    "map_compute_routes": {"modes": ("driving",), "traffic_aware": True},
    "map_search_along_route": {"transport_mode": "driving", "limit": 10},
    "map_search_central_places": {"sort_by": "balanced", "price_category": "average_cost", "limit": 10},
}


def ask(world: LocalWorld, tool: str, clock: datetime = CLOCK, **arguments):
    """What the world answers, with the tool's defaults for what isn't given."""
    return asyncio.run(world.answer(tool, _DEFAULTS.get(tool, {}) | arguments, clock))


def names(found) -> list[str]:
    return [item["name"] for item in found.items]
