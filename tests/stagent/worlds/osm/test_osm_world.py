"""OsmWorld on a small map written by the test: what is read from tags, and what is unavailable."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from stagent.worlds.local.place import Coordinate
from stagent.worlds.osm.extract import read_extract
from stagent.worlds.osm.hours import hours_of, tidied
from stagent.worlds.osm.places import category_of
from stagent.worlds.osm.roads import directions, road_network, speed_kmh, usable
from stagent.worlds.osm.world import OsmWorld
from stagent.worlds.protocol import ArgumentError, ClockError, Unavailable
from tests.stagent.worlds.local.town import ask as ask_at
from tests.stagent.worlds.osm.village import STEP_M, MapWriter, at, village
from utils import InputError

CLOCK = datetime(2026, 1, 5, 9, tzinfo=ZoneInfo("Europe/Helsinki"))  # a Monday


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return OsmWorld.open(village(tmp_path_factory.mktemp("osm") / "kylä.osm.pbf"))


def ask(world, tool, **arguments):
    return ask_at(world, tool, CLOCK, **arguments)


def test_a_node_becomes_a_place_with_what_its_tags_say(world):
    (item,) = ask(world, "map_search_places", query="阿尔托咖啡").items
    assert item == {
        "id": item["id"],
        "name": "Kahvila Aalto",
        "category": "咖啡馆",
        "tags": ["coffee shop", "cake", "无障碍"],
        "city": "Kylä",
        "district": "Länsi",
        "address": "Alku 3",
        "location": "60.00010,25.00100",
        "open_now": True,
        "hours_today": "08:00-16:00",
        "hours": "周一至周五 08:00-16:00；周六 10:00-14:00；节假日 休息",
        "phone": "+358 9 1",
    }
    tuesday = CLOCK.replace(day=6)  # Epiphany, a public holiday in Finland
    (item,) = ask_at(world, "map_search_places", tuesday, query="Kahvila Aalto").items
    assert item["hours_today"] == "休息" and item["open_now"] is False


def test_hours_that_cannot_be_read_are_left_out_and_counted(world):
    (item,) = ask(world, "map_search_places", query="披萨").items
    assert item["name"] == "Napoli" and not {"open_now", "hours", "hours_today"} & item.keys()
    assert (world.hours_tagged, world.hours_read) == (2, 1)
    assert "5 places, 2 with opening hours (1 of them" in world.summary()


def test_an_area_is_a_place_in_its_middle(world):
    (item,) = ask(world, "map_search_places", query="博物馆").items
    # two rectangles: rows 1-2 and columns 3-3.5 (area 1 x .5), rows 0-1 and columns 3-3.25 (1 x .25)
    row, column = (1.5 * 0.5 + 0.5 * 0.25) / 0.75, (3.25 * 0.5 + 3.125 * 0.25) / 0.75
    lat, lon = at(row, column)
    assert item["location"] == f"{lat:.5f},{lon:.5f}" and item["district"] == "Itä"


def test_what_has_no_name_is_a_place_only_where_that_is_of_use(world):
    names = {place.name for place in world.index.places}
    assert names == {"Kahvila Aalto", "Napoli", "公共厕所", "Tori", "Museo"}


def test_regions_are_those_of_complete_outlines(world):
    assert [world.region(text) for text in ("kyla", "库莱", "西区", "Länsi", "Itä, Byn", "Oulu")] == [
        "Kylä",
        "Kylä",
        "Länsi",
        "Länsi",
        "Itä",
        None,
    ]
    assert [item["name"] for item in ask(world, "map_search_places", query="美食", region="Länsi").items] == [
        "Kahvila Aalto"
    ]


def _route(world, start, end, *modes):
    return ask(world, "map_compute_routes", origin=at(*start), destination=at(*end), modes=modes)


def test_cars_obey_one_ways_and_people_on_foot_do_not(world):
    found = _route(world, (2, 2), (0, 2), "driving", "walking", "bicycling")
    driving, walking, bicycling = found.items
    # around three sides; 24 km/h where nothing is tagged: 80 % of 30
    assert driving["distance_m"] == pytest.approx(6 * STEP_M, abs=1) == bicycling["distance_m"]
    assert driving["duration_s"] == pytest.approx(6 * STEP_M / (24 / 3.6), abs=1)
    assert [step["road"] for step in driving["steps"]] == ["Takaisin", "Alas", "Alku"]
    assert walking["distance_m"] == pytest.approx(2 * STEP_M, abs=1)
    assert "toll_yuan" not in driving and "没有路况数据" in found.note
    up = _route(world, (0, 2), (2, 2), "driving").items[0]
    assert up["duration_s"] == pytest.approx(2 * STEP_M / (32 / 3.6), abs=1)  # 80 % of 40
    assert up["steps"][0]["road_class"] == "次干路"


def test_a_path_is_for_people_on_foot(world):
    walking, driving = _route(world, (1, 0), (1, 2), "walking", "driving").items
    assert walking["distance_m"] == pytest.approx(2 * STEP_M, abs=1) and walking["steps"][0]["road"] == "Polku"
    assert driving["distance_m"] == pytest.approx(4 * STEP_M, abs=1)
    # a stop in the middle of the path finds a node near, though the map has nodes only at its ends
    assert _route(world, (1, 1), (1, 2), "walking").items[0]["distance_m"] == pytest.approx(STEP_M, abs=21)


def test_a_bollard_stops_cars_alone(tmp_path):
    out = MapWriter(tmp_path / "bollard.osm.pbf")
    out.node(0, 1, barrier="bollard")
    out.way((0, 0), (0, 1), (0, 2), highway="residential")
    out.way((0, 0), (2, 0), (2, 2), (0, 2), highway="residential")
    out.close()
    world = OsmWorld.open(tmp_path / "bollard.osm.pbf")
    driving, walking, bicycling = _route(world, (0, 0), (0, 2), "driving", "walking", "bicycling").items
    assert driving["distance_m"] == pytest.approx(6 * STEP_M, abs=1)
    assert walking["distance_m"] == bicycling["distance_m"] == pytest.approx(2 * STEP_M, abs=1)


def test_long_roads_get_nodes_between_without_getting_longer(tmp_path):
    out = MapWriter(tmp_path / "long.osm.pbf")
    out.way((0, 0), (0, 10), (3, 10), highway="residential")
    out.close()
    network = road_network(read_extract(tmp_path / "long.osm.pbf"))
    assert network.length_m.max() <= 40.01 and network.length_m.sum() == pytest.approx(2 * 13 * STEP_M, rel=1e-4)


@pytest.mark.parametrize(
    ("tags", "expected"),  # 1 driving, 2 walking, 4 bicycling
    [
        ("highway=residential", 7),
        ("highway=motorway", 1),
        ("highway=trunk motorroad=yes", 1),
        ("highway=footway", 2),
        ("highway=footway bicycle=yes", 6),
        ("highway=footway access=yes", 2),
        ("highway=cycleway foot=no", 4),
        ("highway=residential access=private", 0),
        ("highway=residential access=no foot=yes", 2),
        ("highway=service vehicle=no", 2),
        ("highway=residential motor_vehicle=no", 6),
        ("highway=pedestrian motor_vehicle=destination", 3),
        ("highway=primary bicycle=use_sidepath", 3),
        ("highway=busway", 0),
        ("highway=construction", 0),
    ],
)
def test_who_may_use_a_road(tags, expected):
    assert usable(dict(pair.split("=") for pair in tags.split())) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("highway=residential", (7, 7)),
        ("highway=residential oneway=yes", (7, 2)),
        ("highway=residential oneway=-1", (2, 7)),
        ("highway=residential oneway=yes oneway:bicycle=no", (7, 6)),
        ("highway=residential oneway=yes cycleway=opposite_lane", (7, 6)),
        ("highway=residential junction=roundabout", (7, 2)),
        ("highway=residential junction=roundabout oneway=no", (7, 7)),
    ],
)
def test_in_which_direction(tags, expected):
    assert directions(dict(pair.split("=") for pair in tags.split()), 7) == expected


def test_speeds_come_from_limits_or_the_class():
    assert speed_kmh({"highway": "primary"}) == 40
    assert speed_kmh({"highway": "residential", "maxspeed": "20 mph"}) == pytest.approx(20 * 1.609344 * 0.8)
    assert speed_kmh({"highway": "motorway", "maxspeed": "120"}) == 120
    assert speed_kmh({"highway": "residential", "maxspeed": "FI:urban"}) == 24


@pytest.mark.parametrize(
    ("tags", "category"),
    [
        ("amenity=restaurant", "restaurant"),
        ("amenity=restaurant cuisine=pizza;kebab", "pizza"),
        ("amenity=restaurant cuisine=kebab;pizza", "kebab"),
        ("amenity=restaurant cuisine=unheard_of", "restaurant"),
        ("amenity=bar;restaurant", "restaurant"),
        ("railway=station station=subway", "metro_station"),
        ("railway=station", "railway_station"),
        ("shop=whatever", "shop"),
        ("shop=no", None),
        ("building=yes tourism=museum", "museum"),
        ("building=yes", "building"),
        ("office=lawyer", "company"),
        ("highway=residential", None),
    ],
)
def test_categories_by_tags(tags, category):
    assert category_of(dict(pair.split("=") for pair in tags.split())) == category


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("Mon - Fri 11am - 11pm, Sun 2pm - 10:30pm", "Mo-Fr 11:00-23:00; Su 14:00-22:30"),
        ("Mo-Fr 8-16", "Mo-Fr 08:00-16:00"),
        ("Mo-Fr: 9.30–18 Sa: 10-14", "Mo-Fr 09:30-18:00; Sa 10:00-14:00"),
        ("Fr11:00-24:00", "Fr 11:00-24:00"),
        ("Mo-Fr 16:00-", "Mo-Fr 16:00+"),
        ("Tues 9h30 to 18h", "Tu 09:30-18:00"),
        ("24h", "24/7"),
        ("12am-12pm", "00:00-12:00"),
    ],
)
def test_sloppy_hours_are_tidied(text, becomes):
    assert tidied(text) == becomes
    assert hours_of(text, Coordinate(60, 25)).regular in (becomes, text)


@pytest.mark.parametrize("text", ['"by appointment"', "unknown", "Mo-Fr unknown", "when it rains", "", "Su 8"])
def test_hours_that_say_nothing_are_none(text):
    assert hours_of(text, Coordinate(60, 25)) is None


def test_what_the_map_does_not_know_is_unavailable(world):
    for more in ({"min_rating": 4.0}, {"price_max": 50}, {"sort_by": "rating:d"}):
        with pytest.raises(Unavailable, match="去掉"):
            ask(world, "map_search_places", query="咖啡", **more)
    for tool in ("map_search_ranking_list", "travel_search_trains", "weather_current_conditions", "web_search"):
        with pytest.raises(Unavailable):
            asyncio.run(world.answer(tool, {}, CLOCK))
    with pytest.raises(Unavailable, match="时刻"):
        _route(world, (0, 0), (0, 2), "transit")


def test_the_world_says_what_it_is(world, tmp_path):
    again = OsmWorld.open(village(tmp_path / "other.osm.pbf"))
    assert world.name == "osm" and world.version == again.version  # the same bytes
    assert str(world.zone) == "Europe/Helsinki" and "OpenStreetMap" in world.attribution
    assert str(OsmWorld.open(tmp_path / "other.osm.pbf", zone="Asia/Shanghai").zone) == "Asia/Shanghai"
    assert abs((world.default_clock() - datetime.now(world.zone)).total_seconds()) < 5
    with pytest.raises(ClockError, match="2099"):
        world.check_clock(CLOCK.replace(year=2100))
    with pytest.raises(ArgumentError, match="2099"):
        ask(world, "map_compute_routes", origin=at(0, 0), destination=at(0, 1), departure_time=CLOCK.replace(year=2100))


def test_files_that_cannot_be_used_are_named(tmp_path):
    good = village(tmp_path / "good.osm.pbf").read_bytes()
    for name, content, says in (
        ("absent.osm.pbf", None, "no such file"),
        ("empty.osm.pbf", b"", "PBF"),
        ("noise.osm.pbf", b"no map at all", "PBF"),
        ("half.osm.pbf", good[: len(good) // 2], "PBF"),
        ("map.txt", good, "format"),
        ("broken.osm", b"<osm version='0.6'><node id='1' lat='x'", "give a whole"),
        ("roadless.osm", b"<osm version='0.6'><node id='1' lat='60' lon='25'/></osm>", "no roads"),
    ):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InputError) as error:
            OsmWorld.open(path)
        assert name in str(error.value) and says in str(error.value) and "\n" not in str(error.value)
    with pytest.raises(InputError, match="Mars"):
        OsmWorld.open(tmp_path / "good.osm.pbf", zone="Mars/Olympus")
