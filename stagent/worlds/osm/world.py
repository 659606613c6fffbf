"""A world of an OpenStreetMap extract: places, opening hours and roads as they are mapped; nothing that isn't."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opening_hours import OpeningHours

from stagent.routing.roads import RoadNetwork
from stagent.worlds.local.city import City
from stagent.worlds.local.place import Coordinate
from stagent.worlds.local.world import LocalWorld
from stagent.worlds.osm.extract import read_extract
from stagent.worlds.osm.gtfs import read_gtfs
from stagent.worlds.osm.places import osm_places
from stagent.worlds.osm.roads import road_network
from stagent.worlds.osm.settlements import Settlements
from stagent.worlds.protocol import ClockError
from utils import InputError

ATTRIBUTION = "© OpenStreetMap contributors, ODbL"
_FORMAT = 1  # of what is made of an extract: a higher one is another version of the same bytes
_YEARS = range(2000, 2100)  # in which time zones and holidays are known
_AROUND_DEGREES = 0.02  # some 2 km, in which stops are of use


class OsmWorld(LocalWorld):
    """An extract, with the timetables of a GTFS feed if one is given.

    Attributes:
        hours_tagged, hours_read: places with opening hours, and those whose could be read; others have none here.
    """

    hours_tagged: int
    hours_read: int

    @classmethod
    def open(cls, pbf: Path, gtfs: Path | None = None, zone: str | None = None) -> "OsmWorld":
        """Reads the files.

        Args:
            zone: name of the time zone, Europe/Helsinki; None: the feed's, or that of the map's middle.

        Raises:
            InputError: a file that isn't there or can't be used, an unknown zone.
        """
        extract = read_extract(pbf)
        roads = road_network(extract)
        if not len(roads.tail):
            raise InputError(f"{pbf}: nobody may use any of its roads; give an extract with streets")
        bounds = _bounds(roads)
        middle = Coordinate((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
        south, west, north, east = bounds
        around = _AROUND_DEGREES
        feed = None if gtfs is None else read_gtfs(gtfs, (south - around, west - around, north + around, east + around))
        settlements = Settlements(extract, pbf)
        found = osm_places(extract, settlements.locate)
        cities = []
        for at, (name, aliases) in enumerate(settlements.cities.items()):
            own = [place for place in found.places if place.city == name or (at == 0 and not place.city)]
            cities.append(
                City(
                    name=name,
                    centre=settlements.centre(name, middle),
                    bounds=bounds,
                    places=own,
                    roads=roads,
                    timetable=feed and feed.timetable,
                    transit_days=feed and feed.days,
                    aliases=tuple(aliases),
                    areas=extract.areas if at == 0 else (),
                    districts={district: tuple(more) for district, more in settlements.districts[name].items()},
                )
            )
        world = cls(
            cities,
            name="osm",
            version=f"osm-{_FORMAT}-{_digest([pbf] if gtfs is None else [pbf, gtfs])}",
            zone=_zone(zone or (feed.zone if feed else ""), middle),
            attribution=ATTRIBUTION,
            tolls=False,
        )
        world.hours_tagged, world.hours_read = found.with_hours, found.read_hours
        return world

    def summary(self) -> str:
        """One line for who starts this world: what was read, and what couldn't be."""
        unread = self.hours_tagged - self.hours_read
        return (
            f"{', '.join(city.name for city in self.cities[:5])}: {len(self.index.places)} places, "
            f"{self.hours_tagged} with opening hours ({unread} of them can't be read and are left out), "
            f"{len(self.cities[0].roads.lat)} points of roads, "
            f"{'timetables' if self.cities[0].timetable else 'no timetables'}, time zone {self.zone}"
        )

    def check_clock(self, clock: datetime) -> None:
        """Raises ClockError outside 2000 to 2099."""
        if clock.year not in _YEARS:
            raise ClockError(f"{_YEARS[0]}-01-01 至 {_YEARS[-1]}-12-31 之间的时间")


def _bounds(roads: RoadNetwork) -> tuple[float, float, float, float]:
    return tuple(float(edge) for edge in (roads.lat.min(), roads.lon.min(), roads.lat.max(), roads.lon.max()))


def _zone(name: str, at: Coordinate) -> tzinfo:
    """A zone by its name, or the one at a point, which the opening hours' library knows."""
    if name:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InputError(f"{name!r} is no time zone; give one such as Europe/Helsinki") from None
    start, *_ = next(iter(OpeningHours("24/7", coords=tuple(at)).intervals(datetime(2026, 1, 1))))
    return start.tzinfo or timezone.utc


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]
