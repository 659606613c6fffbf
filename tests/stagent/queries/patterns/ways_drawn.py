"""The sandbox, and a map that knows neither traffic nor timetables, with tasks of patterns about ways drawn there."""

import asyncio
import random
from dataclasses import replace
from datetime import datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from stagent.queries.answer import Fact
from stagent.queries.drawing import Drawn, days_of, draw_task
from stagent.queries.pattern import QueryPattern
from stagent.queries.patterns.budget import BUDGET
from stagent.queries.patterns.comparing_modes import COMPARING_MODES
from stagent.queries.patterns.comparing_roads import COMPARING_ROADS
from stagent.queries.patterns.departures import DEPARTURES
from stagent.queries.patterns.door_to_door import DOOR_TO_DOOR
from stagent.queries.patterns.errands import ERRANDS
from stagent.queries.patterns.feasibility import FEASIBILITY
from stagent.queries.patterns.lines import LINES
from stagent.queries.patterns.outings import OUTINGS
from stagent.queries.patterns.rain_or_shine import RAIN_OR_SHINE
from stagent.queries.patterns.still_open import STILL_OPEN_WHEN_THERE
from stagent.queries.patterns.stop_orders import STOP_ORDERS
from stagent.queries.patterns.tours import TOURS
from stagent.queries.patterns.traffic import TRAFFIC
from stagent.queries.patterns.transit import TRANSIT
from stagent.queries.patterns.trips import TRIPS
from stagent.queries.patterns.ways import WAYS
from stagent.queries.patterns.ways_chosen import WAYS_CHOSEN
from stagent.queries.patterns.ways_in_time import WAYS_IN_TIME
from stagent.queries.scene import Gazetteer
from stagent.worlds.local.world import LocalWorld
from stagent.worlds.sandbox.world import SandboxWorld

PATTERNS: tuple[QueryPattern, ...] = (
    *(*WAYS, *WAYS_CHOSEN, *WAYS_IN_TIME, *TRAFFIC, *TRANSIT, *LINES, *DEPARTURES, *FEASIBILITY),
    *(*STILL_OPEN_WHEN_THERE, *BUDGET, *COMPARING_ROADS, *COMPARING_MODES, *DOOR_TO_DOOR),
    *(*ERRANDS, *STOP_ORDERS, *OUTINGS, *RAIN_OR_SHINE, *TRIPS, *TOURS),
)
BY_NAME = {pattern.name: pattern for pattern in PATTERNS}


class PlainMap(LocalWorld):
    """A sandbox city as OpenStreetMap would have it: places and roads, a present day, and nothing else."""

    def default_clock(self) -> datetime:
        return datetime(2026, 3, 2, 9, tzinfo=self.zone)


@lru_cache(maxsize=1)
def sandbox() -> Gazetteer:
    return Gazetteer(SandboxWorld.open())


@lru_cache(maxsize=1)
def plain_map() -> Gazetteer:
    city = sandbox().cities[2]
    bare = [replace(place, rating=None, review_count=None, average_cost=None, price=None) for place in city.places]
    cities = [replace(city, places=bare, timetable=None, traffic=None)]
    zone = ZoneInfo("Asia/Shanghai")
    return Gazetteer(PlainMap(cities, name="osm", version="test", zone=zone, tolls=False), held_out=0)


@cache
def drawn(name: str, count: int, seed: int = 0, bare: bool = False) -> tuple[Drawn, ...]:
    """Tasks of a pattern, as many of ``count`` as come."""
    gazetteer = plain_map() if bare else sandbox()
    pattern, days = BY_NAME[name], days_of(gazetteer)

    async def draw() -> list[Drawn | None]:
        found = []
        for number in range(count):
            rng = random.Random(f"{seed} {name} {number}")
            city = rng.choice(gazetteer.cities)
            found.append(await draw_task(gazetteer, pattern, city, rng, f"{name}-{number}", days))
        return found

    return tuple(each for each in asyncio.run(draw()) if each)


def facts(task: Drawn) -> list[Fact]:
    """Of the last answer."""
    return [piece for piece in task.trajectory.answers()[-1].pieces if isinstance(piece, Fact)]


def said(task: Drawn) -> str:
    return task.trajectory.answers()[-1].text
