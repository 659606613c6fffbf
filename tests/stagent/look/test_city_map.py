"""What is drawn of a city, against values by hand."""

from itertools import pairwise

import numpy as np

from stagent.look.city_map import city_drawing, country_drawing, packed, place_rows, street_lines, transit_lines
from stagent.routing.timetable import Line, Stop, Trip
from stagent.routing.transit import Timetable
from stagent.worlds.local.city import Area
from tests.stagent.worlds.local.town import EAST, SIZE, STEP, grid, place, town


def unpacked(flat: list[int]) -> list[tuple[float, float]]:
    points = np.cumsum(np.array(flat).reshape(-1, 2), axis=0) / 100_000
    return [(round(lat, 5), round(lon, 5)) for lat, lon in points.tolist()]


def test_points_are_packed_as_steps():
    assert packed([[30.1, 170.2], [30.1001, 170.1998]]) == [3010000, 17020000, 10, -20]
    assert packed([(0, 0), (0, 0.000001), (0.00001, 0)]) == [0, 0, 1, 0]  # a metre is less than a unit


def test_each_street_is_drawn_once_and_whole():
    lines = street_lines(grid())
    # column 5 is the motorway: one line through all rows, though its edges run both ways
    (motorway,) = lines["motorway"]
    assert sorted(unpacked(motorway)) == [(round(row * STEP, 5), EAST + 0.005) for row in range(SIZE)]
    # 11 rows of 10 sections, 10 columns of 10: 210 sections of one step each, whatever lines they are joined to
    assert set(lines) == {"motorway", "residential"}
    sections = [tuple(sorted(pair)) for line in map(unpacked, lines["residential"]) for pair in pairwise(line)]
    assert len(sections) == len(set(sections)) == 210
    # at a crossing a line ends; it goes on at the town's 4 corners, and where 11 rows cross the motorway alone
    assert len(lines["residential"]) == 210 - 4 - 11


def test_curves_keep_their_points_in_both_directions():
    roads = grid()
    shape = [[(0.0, EAST + 0.4 * STEP)] if edge == 0 else [] for edge in range(len(roads.tail))]
    curved = type(roads).build(
        roads.lat, roads.lon, roads.tail, roads.head, length_m=roads.length_m, speed_kmh=roads.speed_kmh,
        road_class=roads.road_class, name=roads.name, names=roads.names, toll_yuan=roads.toll_yuan,
        allowed=roads.allowed, shape=shape,
    )  # fmt: skip
    lines = [unpacked(line) for line in street_lines(curved)["residential"]]
    found = [line for line in lines if (0.0, EAST + 0.0004) in line]
    assert len(found) == 1
    place = found[0].index((0.0, EAST + 0.0004))
    assert sorted(found[0][place - 1 : place + 2 : 2]) == [(0.0, EAST), (0.0, EAST + STEP)]


def test_areas_are_sent_as_rings():
    lake = Area("water", [[(0, EAST), (0, EAST + STEP), (STEP, EAST), (0, EAST)]])
    world = town(areas=[lake])
    assert city_drawing(world.cities[0], world.cities)["areas"] == [
        {"kind": "water", "rings": [[0, 15_000_000, 0, 100, 100, -100, -100, 0]]}
    ]


def test_places_come_with_those_that_most_wrote_about_first():
    rows = place_rows([place(1, "甲\u202e；", "cafe", 1, 1), place(2, "乙", "park", 2, 2, review_count=5)])
    assert rows == [["P002", "乙", "park", 0.002, EAST + 0.002], ["P001", "甲，", "cafe", 0.001, EAST + 0.001]]


def test_a_line_is_drawn_once_with_all_its_branches():
    stops = [Stop(name, name, 0, number / 1000) for number, name in enumerate("abcd")] + [Stop("x", "x", 0.001, 0.002)]
    ways = ["abcd", "dcba", "abx"]
    trips = [Trip("1", "daily", way[-1], [(stop, 60 * n, 60 * n) for n, stop in enumerate(way)]) for way in ways]
    shapes = {("1", "a", "b"): [(0.0005, 0.0005)]}
    timetable = Timetable.build(stops, [Line("1", "一号线", "metro")], trips, {"daily": bool}, shapes=shapes)
    (line,) = transit_lines(timetable)
    assert (line["name"], line["kind"]) == ("一号线", "metro")
    assert [unpacked(path) for path in line["paths"]] == [
        [(0, 0), (0.0005, 0.0005), (0, 0.001), (0, 0.002), (0, 0.003)],
        [(0, 0.001), (0.001, 0.002)],
    ]
    assert sorted(name for name, _, _ in line["stops"]) == ["a", "b", "c", "d", "x"]


def test_roads_that_cities_share_are_cut_at_their_bounds():
    world = town()
    city = world.cities[0]
    half = city.__class__(city.name, city.centre, (0, EAST, 0.01, EAST + 4.5 * STEP), city.places, city.roads)
    other = city.__class__("乙市", city.centre, (0, EAST + 5.5 * STEP, 0.01, EAST + 0.01), [], city.roads)
    own = city_drawing(half, [half, other])["streets"]
    east = [lon for lines in own.values() for line in lines for _, lon in unpacked(line)]
    assert max(east) == EAST + 0.004 and "motorway" not in own
    between = country_drawing([half, other])["streets"]
    # the motorway's 10 sections, and of each of 11 rows the sections from 4 to 5 and from 5 to 6
    assert len(between["motorway"]) == 1 and len(between["residential"]) == 22 // 2
    assert country_drawing([half])["streets"] == {}
    assert "motorway" in city_drawing(half, [half])["streets"]  # alone, a city has all of its roads
