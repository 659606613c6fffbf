"""Calls of the ten tools as travellers make them, drawn from a world's own cities and places; some are wrong."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from stagent.worlds.local.world import LocalWorld

Call = tuple[str, dict[str, Any]]
WRONG = 0.05  # share of calls that can't be used
_QUERIES = ("咖啡馆", "川菜", "酒店", "景点", "地铁站", "药店", "停车场", "公园")


def draw(world: LocalWorld, seed: int) -> Iterator[Call]:
    """Calls without end, the same for the same world and seed."""
    chance = random.Random(seed)
    while True:
        call = _right(world, chance)
        yield _spoilt(call, chance) if chance.random() < WRONG else call


def searches(world: LocalWorld, count: int, seed: int) -> list[Call]:
    """Searches around ``count`` places."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        city = chance.choice(world.cities)
        query = _QUERIES[number % len(_QUERIES)]
        found.append(("map_search_places", {"query": query, "center": _somewhere(city, chance)}))
    return found


def spellings(call: Call) -> list[Call]:
    """Four ways to say the same search."""
    tool, said = call
    lat, lon = said["center"].split(",")
    return [
        (tool, said),
        (tool, {"radius": 5000.0, "query": f"  {said['query']} ", "center": f"{lat}0, {lon}"}),
        (tool, said | {"limit": 10, "region": None, "sort_by": "weight"}),
        (tool, said | {"center": f"+{lat}，{lon}", "price_category": "average_cost"}),
    ]


def _right(world: LocalWorld, chance: random.Random) -> Call:
    city = chance.choice(world.cities)
    here, there = _somewhere(city, chance), _somewhere(city, chance)
    query = chance.choice(_QUERIES)
    today = world.default_clock().date()
    day = (today + timedelta(days=chance.randrange(10))).isoformat()
    journey = {"origin": city.name, "destination": chance.choice(world.cities).name, "date": day}
    modes = chance.choice((["driving"], ["driving", "transit", "walking"], ["bicycling"]))
    return chance.choice(
        (
            ("map_search_places", {"query": query, "center": here, "radius": chance.choice((500, 2000, 5000))}),
            ("map_search_places", {"query": query, "region": city.name, "sort_by": "rating:d", "min_rating": 4}),
            ("map_search_places", {"query": chance.choice(city.places).name}),
            ("map_compute_routes", {"origin": here, "destination": there, "modes": modes}),
            ("map_search_along_route", {"query": query, "origin": here, "destination": there}),
            ("map_search_central_places", {"query": query, "origins": [here, there, _somewhere(city, chance)]}),
            ("map_search_ranking_list", {"query": "美食", "region": city.name}),
            ("travel_search_flights", journey),
            ("travel_search_trains", journey | {"days": 1}),
            ("weather_current_conditions", {"location": city.name}),
            ("weather_forecast_days", {"location": city.name, "date": day, "days": 3}),
            ("web_search", {"query": f"{city.name} {query}"}),
        )
    )


def _somewhere(city, chance: random.Random) -> str:
    """A place's coordinate."""
    lat, lon = chance.choice(city.places).at
    return f"{lat:.5f},{lon:.5f}"


def _spoilt(call: Call, chance: random.Random) -> Call:
    tool, said = call
    first = next(iter(said))
    return chance.choice(
        (
            (tool, {name: value for name, value in said.items() if name != first}),
            (tool, said | {first: 5}),
            (tool, said | {"zoom": 3}),
            (tool, said | {"limit": "ten"}),
            ("map_search", said),
        )
    )
