"""Water and parks of an extract, for the map alone."""

from stagent.worlds.osm.extract import read_extract
from tests.stagent.worlds.osm.village import MapWriter, at


def rounded(points) -> set[tuple[float, float]]:
    return {(round(lat, 6), round(lon, 6)) for lat, lon in points}


def test_water_lies_above_green_and_islands_are_left_out(tmp_path):
    path = tmp_path / "lake.osm.pbf"
    out = MapWriter(path)
    out.way((0, 0), (0, 1), highway="residential", name="Tie")
    shore = [(1, 1), (1, 4), (4, 4), (4, 1), (1, 1)]
    island = [(2, 2), (2, 3), (3, 3), (3, 2), (2, 2)]
    out.relation(out.way(*shore), out.way(*island), type="multipolygon", natural="water")
    park = [(5, 1), (5, 2), (6, 2), (5, 1)]
    out.way(*park, leisure="park", name="Puisto")
    out.way((7, 1), (7, 2), (8, 2), (7, 1), landuse="residential")
    out.way((8, 3), (8, 4), natural="water")  # a line surrounds nothing
    out.close()
    green, water = read_extract(path).areas
    assert (green.kind, water.kind) == ("green", "water")
    found = [rounded(ring) for ring in (*green.rings, *water.rings)]
    assert found == [rounded(at(*place) for place in ring) for ring in (park, shore, island)]
