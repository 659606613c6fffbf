"""A small map and a small feed for tests, written as real files.

The map lies at 60 N, 25 E. A row is 0.001 degrees of latitude and a column 0.002 of longitude, both 111.195 m (but for
some centimetres). Cars go around the square one way; the path through its middle is for people on foot.

    row 2   o──Takaisin──o──────────o        Takaisin: both ways
            │ Alas (↓)              │ Ylös (↑, 40 km/h)
    row 1   o ─ ─ ─Polku (foot)─ ─ ─o
            │                       │
    row 0   o───Alku────o───────────o        Alku: both ways
    column  0           1           2
"""

import zipfile
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Relation, Way

STEP_M = 111.195


def at(row: float, column: float) -> tuple[float, float]:
    return 60 + 0.001 * row, 25 + 0.002 * column


class MapWriter:
    """Writes nodes, ways and relations, in this order, to a file."""

    def __init__(self, path: Path):
        self._writer = osmium.SimpleWriter(str(path))
        self._nodes: dict[tuple[float, float], int] = {}
        self._ways: list[Way] = []
        self._relations: list[Relation] = []

    def node(self, row: float, column: float, **tags: str) -> int:
        """A node at rows and columns; the same place without tags is the same node."""
        if (row, column) not in self._nodes or tags:
            number = len(self._nodes) + 1
            self._nodes[row, column] = number
            lat, lon = at(row, column)
            self._writer.add_node(Node(id=number, location=(lon, lat), tags=_tags(tags)))
        return self._nodes[row, column]

    def way(self, *places: tuple[float, float], **tags: str) -> int:
        number = len(self._ways) + 1
        self._ways.append(Way(id=number, nodes=[self.node(*place) for place in places], tags=_tags(tags)))
        return number

    def relation(self, *ways: int, **tags: str) -> None:
        members = [("w", way, "outer") for way in ways]
        self._relations.append(Relation(id=len(self._relations) + 1, members=members, tags=_tags(tags)))

    def close(self) -> None:
        for way in self._ways:
            self._writer.add_way(way)
        for relation in self._relations:
            self._writer.add_relation(relation)
        self._writer.close()


def _tags(tags: dict[str, str]) -> dict[str, str]:
    return {key.replace("__", ":"): value for key, value in tags.items()}


def village(path: Path) -> Path:
    """Writes the map; gives its path."""
    out = MapWriter(path)
    out.node(1, 1.2, place="town", name="Kylä", name__zh="库莱", name__sv="Byn")
    out.node(0.1, 0.5, amenity="cafe", name="Kahvila Aalto", name__zh="阿尔托咖啡", cuisine="coffee_shop;cake",
             opening_hours="Mo-Fr 8-16, Sa 10-14; PH off", phone="+358 9 1; +358 9 2", addr__street="Alku",
             addr__housenumber="3", wheelchair="yes", addr__city="byn")  # fmt: skip
    out.node(0.1, 1.5, amenity="restaurant", name="Napoli", cuisine="pizza;italian", opening_hours="when it rains")
    out.node(1.1, 1.5, amenity="toilets")
    out.node(1.2, 1.5, shop="clothes")  # no name: no place
    out.node(1.3, 1.5, amenity="parking", access="private", name="Own")
    out.node(1.4, 1.5, highway="bus_stop", name="Tori")
    out.way((0, 0), (0, 1), (0, 2), highway="residential", name="Alku")
    out.way((0, 2), (1, 2), (2, 2), highway="secondary", name="Ylös", oneway="yes", maxspeed="40")
    out.way((2, 2), (2, 1), (2, 0), highway="residential", name="Takaisin")
    out.way((2, 0), (1, 0), (0, 0), highway="residential", name="Alas", oneway="yes")
    out.way((1, 0), (1, 2), highway="footway", name="Polku")
    # a museum, 2 rows high and 0.5 columns wide, of which the lower half is 0.25 wide: two rectangles
    out.way((0, 3), (2, 3), (2, 3.5), (1, 3.5), (1, 3.25), (0, 3.25), (0, 3), tourism="museum", name="Museo",
            building="yes")  # fmt: skip
    west = out.way((-1, -1), (3, -1), (3, 1), (-1, 1), (-1, -1), note="outline")
    east = out.way((-1, 1), (3, 1), (3, 5), (-1, 5), (-1, 1), note="outline")
    whole = out.way((-1, -1), (3, -1), (3, 5), (-1, 5), (-1, -1), note="outline")
    out.relation(whole, type="boundary", boundary="administrative", admin_level="8", name="Kylä")
    out.relation(west, type="boundary", boundary="administrative", admin_level="10", name="Länsi", name__zh="西区")
    out.relation(east, type="boundary", boundary="administrative", admin_level="10", name="Itä")
    out.close()
    return path


FEED = {
    "agency.txt": "agency_name,agency_url,agency_timezone\nA,http://a.invalid,Europe/Helsinki\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon,location_type\n"
    "a,Alku,60.0,25.0,0\nb,Kulma,60.0,25.004,\nc,Ylhäällä,60.002,25.004,\nfar,Kaukana,61.0,25.0,\nst,Asema,,,1\n",
    "routes.txt": "route_id,route_short_name,route_long_name,route_type\nr1,7,Seitsemän,0\nr2,,Yöbussi,3\n",
    # the tram on weekdays of January but the 6th, and on Sunday the 11th; the night bus by dates alone
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "wd,1,1,1,1,1,0,0,20260101,20260131\n",
    "calendar_dates.txt": "service_id,date,exception_type\nwd,20260106,2\nwd,20260111,1\nnight,20260105,1\n",
    "trips.txt": "route_id,service_id,trip_id,trip_headsign\nr1,wd,t1,Ylös\nr1,wd,every,\nr2,night,n1,Ylhäällä\n",
    # t1 comes from afar; its time at b isn't told and lies halfway. The night bus leaves at 25:30.
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "t1,08:50:00,08:50:00,far,1\nt1,09:00:00,09:00:00,a,2\nt1,,,b,3\nt1,09:01:00,09:01:00,c,9\n"
    "every,00:00:00,00:00:00,a,1\nevery,00:01:00,00:01:00,c,2\n"
    "n1,25:30:00,25:30:00,a,1\nn1,25:31:00,25:31:00,c,2\n",
    "frequencies.txt": "trip_id,start_time,end_time,headway_secs\nevery,12:00:00,12:20:00,600\n",
    "fare_attributes.txt": "fare_id,price,currency_type,payment_method,transfers\nf,3.5,CNY,0,0\n",
}


def feed(path: Path, **changed: str | None) -> Path:
    """Writes the feed as a zip; ``stops=None`` leaves stops.txt out, ``stops="…"`` writes another."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (FEED | {f"{key}.txt": text for key, text in changed.items()}).items():
            if text is not None:
                archive.writestr(name, text)
    return path
