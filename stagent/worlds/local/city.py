"""A city of a world in memory, and how its regions are called."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from stagent.routing.roads import RoadNetwork
from stagent.routing.traffic import Traffic
from stagent.routing.transit import Timetable
from stagent.worlds.local.categories import plain
from stagent.worlds.local.place import Coordinate, MapPlace

# What a name may lack in a query: 澜屿 for 澜屿市.
_ENDINGS = ("市", "区", "县", "新区", "镇")


class Area(NamedTuple):
    """What a map shows between the roads; no tool answers from it.

    Attributes:
        rings: outer and inner ones, of (lat, lon).
    """

    kind: Literal["water", "green"]
    rings: Sequence[Sequence[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class City:
    """A city: places and the network that its routes use.

    Attributes:
        aliases: further names: ``("澜屿", "Lanyu")``.
        districts: name -> further names; ``MapPlace.district`` says in which a place lies.
        bounds: (south, west, north, east) in degrees.
        roads: cities that share one object are joined by its roads; between others there is no route.
        timetable, traffic: None: not known.
        transit_days: first and last day that the timetable knows; None: every day.
        areas: from the lowest to the highest.
    """

    name: str
    centre: Coordinate
    bounds: tuple[float, float, float, float]
    places: list[MapPlace]
    roads: RoadNetwork
    timetable: Timetable | None = None
    traffic: Traffic | None = None
    transit_days: tuple[date, date] | None = None
    aliases: tuple[str, ...] = ()
    districts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    areas: Sequence[Area] = ()


class Regions:
    """The names of cities and districts. A district whose name two cities have is called with its city's."""

    def __init__(self, cities: Sequence[City]):
        self._parts: dict[str, tuple[str, str]] = {}  # a region's one name -> city, district or ""
        self._texts: dict[str, str] = {}  # what a query may call it -> its one name
        owners: dict[str, int] = {}
        for city in cities:
            for district in city.districts:
                owners[district] = owners.get(district, 0) + 1
        for city in cities:
            self._add(city.name, (city.name, ""), (city.name, *city.aliases))
        for city in cities:
            for district, aliases in city.districts.items():
                alone = owners[district] == 1 and district not in self._parts
                name = district if alone else city.name + district
                titles = (district, *aliases)
                spellings = [
                    joined
                    for town in (city.name, *city.aliases, *_shortened(city.name))
                    for title in titles
                    for joined in (town + title, f"{town} {title}", f"{title}, {town}")
                ]
                self._add(name, (city.name, district), (*titles, *spellings) if alone else tuple(spellings))

    def _add(self, name: str, parts: tuple[str, str], spellings: Sequence[str]) -> None:
        self._parts[name] = parts
        for spelling in spellings:
            text = plain(spelling)
            self._texts.setdefault(text, name)  # a city before a district, a full name before a shortened one
            for short in _shortened(text):
                self._texts.setdefault(short, name)

    def name(self, text: str) -> str | None:
        """The one name of a region, None: there is none."""
        return self._texts.get(plain(text))

    def parts(self, name: str) -> tuple[str, str] | None:
        """City and district of a region's one name; the district is "" where the region is a city."""
        return self._parts.get(name)

    def names(self) -> list[str]:
        """All one names, cities first."""
        return list(self._parts)

    def words(self) -> dict[str, tuple[str, str]]:
        """What a query may call a region -> its city and district."""
        return {text: self._parts[name] for text, name in self._texts.items()}


def _shortened(name: str) -> list[str]:
    """What a name may be called for short: ``_shortened("望海新区") == ["望海新", "望海"]``."""
    shorts = (name.removesuffix(ending) for ending in _ENDINGS)
    return [short for short in shorts if short != name and len(short) > 1]
