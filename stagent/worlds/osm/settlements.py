"""Cities and districts of an extract: from the outlines of administrative areas and from addresses, never a guess.

An extract's edge cuts outlines, which are then left out: what lies there has no district, and its city's name comes
from its address, or is the extract's only settlement.
"""

from collections import Counter
from pathlib import Path

import numpy as np

from stagent.worlds.local.categories import plain
from stagent.worlds.local.place import Coordinate
from stagent.worlds.osm.extract import Boundary, Extract
from stagent.worlds.osm.places import other_names

_SETTLEMENTS = ("city", "town", "village")


class Settlements:
    """Where places of an extract lie.

    Attributes:
        cities: name -> further names; at least one.
        districts: city -> district -> further names.
    """

    def __init__(self, extract: Extract, path: Path):
        nodes = [one for one in extract.features if one.tags.get("place") in _SETTLEMENTS and one.tags.get("name")]
        biggest = min((_SETTLEMENTS.index(one.tags["place"]) for one in nodes), default=0)
        nodes = [one for one in nodes if one.tags["place"] in _SETTLEMENTS[: max(2, biggest + 1)]]
        self.cities = {one.tags["name"]: other_names(one.tags, one.tags["name"]) for one in nodes}
        if not self.cities:
            named = Counter(one.tags["addr:city"] for one in extract.features if one.tags.get("addr:city"))
            self.cities = {max(named, key=lambda name: (named[name], name)) if named else path.name.split(".")[0]: []}
        self._at = {one.tags["name"]: one.at for one in nodes}
        self._known = {plain(name): city for city, more in self.cities.items() for name in (city, *more)}
        self._only = next(iter(self.cities)) if len(self.cities) == 1 else ""
        self._city_areas = [area for area in extract.boundaries if plain(area.name) in self._known]
        self._district_areas = _next_below(extract.boundaries, self._city_areas)
        self.districts: dict[str, dict[str, list[str]]] = {city: {} for city in self.cities}

    def centre(self, city: str, default: Coordinate) -> Coordinate:
        """Where the map has a city's name."""
        return self._at.get(city, default)

    def locate(self, at: Coordinate, tags: dict[str, str]) -> tuple[str, str]:
        """City and district of a point, "" where not known."""
        area = next((area for area in self._city_areas if inside(area, at)), None)
        named = self._known.get(plain(tags.get("addr:city", "")), "")
        city = self._known[plain(area.name)] if area is not None else named or self._only
        if not city:
            return "", ""
        area = next((area for area in self._district_areas if inside(area, at)), None)
        if area is not None:
            self.districts[city].setdefault(area.name, other_names(area.tags, area.name))
            return city, area.name
        district = tags.get("addr:district") or tags.get("addr:suburb") or ""
        if district:
            self.districts[city].setdefault(district, [])
        return city, district


def _next_below(areas: list[Boundary], cities: list[Boundary]) -> list[Boundary]:
    """Areas of the next level below the cities', of which a district is one: level 6 below 5, or 9 below 8."""
    above = max((area.level for area in cities), default=8)
    level = min((area.level for area in areas if area.level > above), default=None)
    return [area for area in areas if area.level == level]


def inside(area: Boundary, at: Coordinate) -> bool:
    """Whether a point lies in an area: an odd number of sides east of it."""
    south, west, north, east = area.box
    if not (south <= at.lat <= north and west <= at.lon <= east):
        return False
    return sum(_crossings(ring, at) for ring in area.rings) % 2 == 1


def _crossings(ring: np.ndarray, at: Coordinate) -> int:
    lat, lon = ring[:, 0], ring[:, 1]
    above = lat > at.lat
    sides = np.flatnonzero(above[:-1] != above[1:])
    cross = lon[sides] + (at.lat - lat[sides]) / (lat[sides + 1] - lat[sides]) * (lon[sides + 1] - lon[sides])
    return int((cross > at.lon).sum())
