"""Where and when a task is made: a world, a city of it, a user in it, a clock, and chance."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from stagent.queries.task import Context
from stagent.routing.geometry import haversine_m
from stagent.tools.calls import Calls
from stagent.worlds.local.categories import WITHIN, WORDS, plain
from stagent.worlds.local.city import City
from stagent.worlds.local.listing import coordinate
from stagent.worlds.local.place import MapPlace
from stagent.worlds.local.world import LocalWorld
from stagent.worlds.record import RecordingWorld

_LONGEST_NAME = 30  # of a place that somebody would ask for by name


class Gazetteer:
    """A world as the generator looks at it, behind the tools' backs: places by city and category, made once.

    Args:
        world: one in memory, which may be recorded: then the calls are.
        held_out: how many of the world's cities, the last ones, are kept for testing; none of a single one.
    """

    def __init__(self, world: LocalWorld | RecordingWorld, held_out: int = 2):
        self.calls = Calls(world)
        self.world: Any = world.recorded if isinstance(world, RecordingWorld) else world
        self.cities = [city for city in self.world.cities if city.places]
        self.held_out = {city.name for city in self.cities[1:][-held_out:]} if held_out else set()
        self._places: dict[tuple[str, str], list[MapPlace]] = {}
        self._known: dict[tuple[str, str], list[MapPlace]] = {}

    def places(self, city: City, category: str) -> list[MapPlace]:
        """A city's places of a category and of those below it."""
        key = (city.name, category)
        if key not in self._places:
            self._places[key] = [place for place in city.places if place.category in WITHIN[category]]
        return self._places[key]

    def injected_places(self, city: City) -> list[MapPlace]:
        """A city's places with a review that tries to instruct its reader; only the sandbox has such."""
        key = (city.name, "injected")
        if key not in self._known:
            ids = getattr(self.world, "injected", frozenset())
            self._known[key] = [place for place in city.places if place.id in ids and place.name in self.named_once]
        return self._known[key]

    def knows(self, tool: str) -> bool:
        """Whether the world has data at all for one of the tools that not every world has."""
        return getattr(type(self.world), tool) is not getattr(LocalWorld, tool)

    def numbers(self, tool: str, origin: str, destination: str) -> list[str]:
        """Numbers of all trains or flights (by the tool that finds them) between two cities, whatever day they run."""
        return self._numbers.get((tool, origin, destination), [])

    @cached_property
    def _numbers(self) -> dict[tuple[str, str, str], list[str]]:
        found: dict[tuple[str, str, str], list[str]] = {}
        if self.knows("travel_search_flights"):
            for flight in self.world.flights:
                key = ("travel_search_flights", flight.origin, flight.destination)
                found.setdefault(key, []).append(flight.number)
        if self.knows("travel_search_trains"):
            for train in self.world.trains:
                for board, leave in combinations(train.calls, 2):
                    found.setdefault(("travel_search_trains", board.city, leave.city), []).append(train.number)
        return found

    def known_places(self, city: City, category: str) -> list[MapPlace]:
        """Those whose name means them alone: no other place, no region and no kind of place is called so."""
        key = (city.name, category)
        if key not in self._known:
            self._known[key] = [
                place
                for place in self.places(city, category)
                if place.name in self.named_once
                and len(place.name) <= _LONGEST_NAME
                and plain(place.name) not in WORDS
                and self.world.region(place.name) is None
            ]
        return self._known[key]

    @cached_property
    def named_once(self) -> set[str]:
        """Names that one place of the whole world has: what a user can say and mean one place."""
        seen: dict[str, int] = {}
        for city in self.cities:
            for place in city.places:
                seen[place.name] = seen.get(place.name, 0) + 1
        return {name for name, count in seen.items() if count == 1}


@dataclass
class Scene:
    """One task's setting.

    Attributes:
        rng: of everything that is drawn for this task.
    """

    gazetteer: Gazetteer
    city: City
    context: Context
    rng: random.Random
    _near: dict[str, Any] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.context.now

    @property
    def here(self) -> tuple[float, float]:
        lat, lon = self.context.location.split(",")
        return float(lat), float(lon)

    @property
    def region(self) -> str:
        return self.city.name

    def places(self, category: str) -> list[MapPlace]:
        return self.gazetteer.places(self.city, category)

    def near(
        self, places: list[MapPlace], radius_m: float, centre: tuple[float, float] | None = None
    ) -> list[MapPlace]:
        """Those within a straight distance, nearest first; the centre is the user's place unless it is given."""
        if not places:
            return []
        lat, lon = centre or self.here
        away = haversine_m(np.array([p.at.lat for p in places]), np.array([p.at.lon for p in places]), lat, lon)
        order = np.argsort(away, kind="stable")
        return [places[row] for row in order if away[row] <= radius_m]

    def known_place(self, category: str, fits: Callable[[MapPlace], bool] | None = None) -> MapPlace | None:
        """A place whose name means it alone, drawn; None: there is none that fits."""
        fitting = self.gazetteer.known_places(self.city, category)
        if fits is not None:
            fitting = [place for place in fitting if fits(place)]
        return self.rng.choice(fitting) if fitting else None

    async def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a tool answers, to know what is true: ``content`` of ``stagent.tools.calls.CallResult``."""
        return (await self.gazetteer.calls.call(tool, arguments, self.now)).content


def where(place: MapPlace) -> str:
    """``"30.41200,174.61800"``, as tools read and write it."""
    return coordinate(place.at)
