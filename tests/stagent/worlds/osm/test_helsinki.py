"""OsmWorld on a real map: central Helsinki, which is no part of this project (GSISR_SHARED)."""

import random
import time
from datetime import datetime, timedelta

import osmium
import pytest
from opening_hours import OpeningHours

from stagent.worlds.fields import FIELDS
from stagent.worlds.local.place import Coordinate
from stagent.worlds.osm.hours import hours_of
from stagent.worlds.osm.world import OsmWorld
from tests.conftest import SHARED
from tests.stagent.worlds.local.town import ask

HELSINKI = SHARED / "osm" / "helsinki_centre.osm.pbf"
pytestmark = pytest.mark.skipif(not HELSINKI.is_file(), reason="the map of Helsinki is not here (GSISR_SHARED)")


@pytest.fixture(scope="module")
def opened():
    start = time.perf_counter()
    world = OsmWorld.open(HELSINKI)
    ask(world, "map_search_places", world.default_clock(), query="咖啡")
    return world, time.perf_counter() - start


@pytest.fixture(scope="module")
def world(opened):
    return opened[0]


def test_the_first_answer_comes_within_five_seconds(opened):
    assert opened[1] < 5


def test_of_all_opening_hours_on_the_map_98_percent_are_read(world):
    tagged = osmium.FileProcessor(str(HELSINKI)).with_filter(osmium.filter.KeyFilter("opening_hours"))
    texts = [entity.tags["opening_hours"] for entity in tagged]
    read = sum(hours_of(text, Coordinate(60.17, 24.94)) is not None for text in texts)
    assert len(texts) == 632 and read >= 0.98 * len(texts)
    assert world.hours_tagged > 500 and world.hours_read >= 0.98 * world.hours_tagged


def test_nearly_every_named_feature_with_a_category_is_found_by_its_name(world):
    named = [place for place in world.index.places if place.other_names or place.address]
    assert len(world.index.places) > 1261 and str(world.zone) == "Europe/Helsinki"
    for place in random.Random(1).sample(named, 100):
        for name in (place.name, *place.other_names[:2]):
            found = ask(world, "map_search_places", query=name, center=place.at, radius=100, limit=20)
            assert place.id in {item["id"] for item in found.items}, name


def test_open_now_is_what_the_library_says(world):
    rng, checked = random.Random(2), 0
    expressions = {place.id: place.hours.regular for place in world.index.places if place.hours}
    for _ in range(150):
        clock = datetime(2026, 1, 1, tzinfo=world.zone) + timedelta(minutes=rng.randrange(500_000))
        for item in ask(world, "map_search_places", clock, query="餐饮", limit=20, center=(60.168, 24.942)).items:
            if "open_now" in item:
                hours = OpeningHours(expressions[item["id"]], coords=(60.2, 24.9))
                assert item["open_now"] == hours.is_open(clock.replace(tzinfo=None)), (item, clock)
                assert item["open_now"] is False or item["hours_today"] != "休息" or clock.hour < 12
                checked += 1
    assert checked > 500


def test_routes_add_up_and_feet_are_never_slower_than_a_detour(world):
    rng = random.Random(3)
    for _ in range(20):
        a, b, c = ((60.165 + 0.013 * rng.random(), 24.936 + 0.016 * rng.random()) for _ in range(3))
        times = {}
        for key, ends in {"ab": (a, b), "bc": (b, c), "ac": (a, c)}.items():
            found = ask(
                world,
                "map_compute_routes",
                world.default_clock(),
                origin=ends[0],
                destination=ends[1],
                modes=("walking", "driving", "bicycling"),
            )
            for item in found.items:
                assert item.keys() <= FIELDS.keys()
                for part in ("distance_m", "duration_s"):
                    assert sum(step[part] for step in item["steps"]) == item[part]
                times[key, item["mode"]] = item["duration_s"]
        for mode in ("walking", "driving", "bicycling"):
            assert times["ac", mode] <= times["ab", mode] + times["bc", mode]
