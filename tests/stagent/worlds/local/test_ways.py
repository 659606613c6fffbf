"""Routes, places along a route and places to meet, through the world's answers."""

import math
import random
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import numpy as np
import pytest

from stagent.routing.geometry import haversine_m
from stagent.routing.traffic import Traffic
from stagent.routing.vehicles import CLASSES
from stagent.worlds.fields import FIELDS
from stagent.worlds.local.city import City
from stagent.worlds.local.world import LocalWorld
from stagent.worlds.protocol import ArgumentError, Unavailable
from tests.stagent.worlds.local.town import CLOCK, STEP_M, ZONE, ask, at, grid, names, place, town


@pytest.fixture(scope="module")
def world():
    factor = np.ones((1, 24, len(CLASSES)))
    factor[:, 9, CLASSES.index("residential")] = 0.5  # from 9 to 10 streets are at half their speed
    return town(traffic=Traffic(factor, lambda day: 0))


def _route(world, start, end, **more):
    return ask(world, "map_compute_routes", origin=start, destination=end, **more)


def test_a_route_has_its_length_its_times_and_its_roads(world):
    (item,) = _route(world, at(0, 0), at(2, 3), traffic_aware=False).items
    assert (item["mode"], item["distance_m"], item["duration_s"]) == ("driving", 556, 56)  # 5 x 111.195 m at 10 m/s
    assert item["departure"] == "2026-01-05T09:00:00+08:00" and item["arrival"] == "2026-01-05T09:00:56+08:00"
    assert item["toll_yuan"] == 0 and "traffic_delay_s" not in item and "legs" not in item
    assert {step["road_class"] for step in item["steps"]} == {"街道"}
    assert {step["road"] for step in item["steps"]} <= {f"{way}{k}路" for way in "横纵" for k in range(4)}


def test_traffic_slows_and_its_delay_is_told(world):
    (item,) = _route(world, at(0, 0), at(0, 4)).items
    assert (item["duration_s"], item["traffic_delay_s"]) == (89, 44)  # 444.78 m at 5 m/s, at 10 m/s ⌈44.5⌉ = 45
    (item,) = _route(world, at(0, 0), at(0, 4), departure_time=CLOCK + timedelta(hours=1)).items
    assert (item["duration_s"], item["traffic_delay_s"]) == (45, 0)


def test_steps_and_legs_add_up_and_every_key_is_known(world):
    rng = random.Random(1)
    for _ in range(20):
        stops = [at(10 * rng.random(), 10 * rng.random()) for _ in range(4)]
        found = _route(
            world, stops[0], stops[3], intermediates=stops[1:3], modes=("driving", "walking", "bicycling", "truck")
        )
        assert [item["mode"] for item in found.items] == ["driving", "walking", "bicycling", "truck"]
        for item in found.items:
            assert item.keys() <= FIELDS.keys() and len(item["legs"]) == 3
            for key in ("distance_m", "duration_s"):
                assert sum(leg[key] for leg in item["legs"]) == item[key] == sum(step[key] for step in item["steps"])
            spent = datetime.fromisoformat(item["arrival"]) - datetime.fromisoformat(item["departure"])
            assert spent.total_seconds() == item["duration_s"]
        assert [line["item"] for line in found.geometry] == [0, 1, 2, 3]
        assert found.geometry[0]["points"][0] == list(stops[0]) and found.geometry[0]["points"][-1] == list(stops[3])


def test_an_avoided_highway_is_avoided_and_tolls_are_counted(world):
    (item,) = _route(world, at(0, 5), at(10, 5)).items
    assert (item["distance_m"], item["toll_yuan"]) == (1112, 20) and item["steps"][0]["road_class"] == "高速公路"
    for preference in ("avoid_highways", "avoid_tolls", "avoid_highways+avoid_tolls"):
        (item,) = _route(world, at(0, 5), at(10, 5), preference=preference).items
        assert item["distance_m"] == round(12 * STEP_M) and item["toll_yuan"] == 0
        assert "高速公路" not in {step["road_class"] for step in item["steps"]}
    found = _route(world, at(0, 5), at(10, 5), modes=("walking",), preference="avoid_tolls")
    assert "只用于机动车" in found.note


def test_arriving_by_a_time_means_leaving_early_enough(world):
    arrive = CLOCK.replace(hour=10, minute=0, second=30)
    (item,) = _route(world, at(0, 0), at(0, 4), arrival_time=arrive).items
    # 444.78 m, 30 s of it after ten at 10 m/s (300 m), 144.78 m before at 5 m/s: 28.956 s; so 9:59 is the last minute
    assert item["departure"] == "2026-01-05T09:59:00+08:00"
    assert datetime.fromisoformat(item["arrival"]) <= arrive
    found = _route(world, at(0, 0), at(0, 4), arrival_time=CLOCK + timedelta(seconds=30))
    assert found.items == [] and "来不及" in found.note and "08:59" in found.note


def test_times_before_now_are_refused(world):
    for name in ("departure_time", "arrival_time"):
        with pytest.raises(ArgumentError) as error:
            _route(world, at(0, 0), at(0, 4), **{name: CLOCK - timedelta(minutes=1)})
        assert error.value.parameter == name and "早于现在" in error.value.problem
    late = CLOCK.replace(second=40)
    assert _route(world, at(0, 0), at(0, 4), departure_time=CLOCK).items  # "now", written to the minute
    assert ask(world, "map_compute_routes", late, origin=at(0, 0), destination=at(0, 4), departure_time=CLOCK).items
    with pytest.raises(ArgumentError):  # not a moment in the world's zone at all
        _route(world, at(0, 0), at(0, 4), departure_time=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))))


def test_points_off_the_map_are_named(world):
    for parameter, more in (
        ("origin", {"origin": (0.04, 150.0)}),
        ("destination", {"destination": (0.0, 151.0)}),
        ("intermediates[1]", {"intermediates": [at(1, 1), (-0.02, 150.0)]}),
    ):
        with pytest.raises(ArgumentError) as error:
            ask(world, "map_compute_routes", **({"origin": at(0, 0), "destination": at(1, 1)} | more))
        assert error.value.parameter == parameter and "甲市（纬度" in error.value.allowed
    for tool, parameter, more in (
        ("map_search_along_route", "destination", {"origin": at(0, 0), "destination": (0.0, 151.0)}),
        ("map_search_central_places", "origins[1]", {"origins": [at(0, 0), (0.0, 151.0)]}),
    ):
        with pytest.raises(ArgumentError) as error:
            ask(world, tool, query="咖啡", **more)
        assert error.value.parameter == parameter


def test_two_cities_without_a_road_between_them_are_told_apart():
    cities = [
        City("甲市", at(5, 5), (0, 150.0, 0.01, 150.01), [], grid(), districts={"新区": (), "东区": ()}),
        City("乙市", (0.005, 150.105), (0, 150.1, 0.01, 150.11), [], grid(150.1), districts={"新区": ()}),
    ]
    world = LocalWorld(cities, name="two", version="1", zone=ZONE)
    with pytest.raises(ArgumentError) as error:
        _route(world, at(1, 1), (0.005, 150.105))
    assert error.value.parameter == "destination" and "乙市" in error.value.problem
    assert _route(world, (0.001, 150.101), (0.005, 150.105)).items
    # a name that two cities have means a district only together with the city's
    assert [world.region(text) for text in ("新区", "乙市新区", "甲市 新区", "东区")] == [
        None,
        "乙市新区",
        "甲市新区",
        "东区",
    ]


def test_what_there_is_no_data_for_is_a_note_or_unavailable(world):
    found = _route(world, at(0, 0), at(0, 4), modes=("driving", "transit"))
    assert [item["mode"] for item in found.items] == ["driving"] and "公共交通：没有公交" in found.note
    with pytest.raises(Unavailable, match="没有公交"):
        _route(world, at(0, 0), at(0, 4), modes=("transit",))
    without_traffic = _route(town(), at(0, 0), at(0, 4))
    assert "没有路况数据" in without_traffic.note and "traffic_delay_s" not in without_traffic.items[0]
    for tool in (
        "map_search_ranking_list",
        "travel_search_flights",
        "travel_search_trains",
        "weather_current_conditions",
        "weather_forecast_days",
        "web_search",
    ):
        with pytest.raises(Unavailable) as none:
            ask(world, tool)
        assert not none.value.retry


def _crowd(seed: int, count: int = 150):
    rng = random.Random(seed)
    return [place(number, f"咖啡{number}", "cafe", 10 * rng.random(), 10 * rng.random()) for number in range(count)]


def test_results_along_a_route_lie_within_the_buffer_in_their_order():
    places, rng = _crowd(2), random.Random(3)
    world = town(places)
    for mode, default in (("driving", 2000), ("walking", 500)):
        found = ask(
            world, "map_search_along_route", query="咖啡", origin=at(0, 0), destination=at(10, 9), transport_mode=mode
        )
        assert found.geometry[1]["radius_m"] == default
    for _ in range(15):
        ends = [at(10 * rng.random(), 10 * rng.random()) for _ in range(2)]
        buffer, limit = rng.choice([50, 100, 200]), rng.choice([5, 200])
        found = ask(
            world,
            "map_search_along_route",
            query="咖啡",
            origin=ends[0],
            destination=ends[1],
            buffer_radius=buffer,
            limit=limit,
        )
        line = np.array(found.geometry[0]["points"])
        # the second implementation: points a metre apart
        dense = [line[:1]]
        for here, there in pairwise(line):
            count = max(1, math.ceil(float(haversine_m(*here, *there))))
            dense.append(here + (there - here) * np.linspace(0, 1, count + 1)[1:, None])
        dense = np.concatenate(dense)
        away = {one.id: float(haversine_m(*one.at, *dense.T).min()) for one in places}
        shown = {item["id"]: item for item in found.items}
        assert all(
            away[id_] <= buffer + 1 and abs(item["off_route_m"] - away[id_]) <= 1.5 for id_, item in shown.items()
        )
        inside = {id_ for id_, far in away.items() if far <= buffer - 1}
        assert inside <= shown.keys() if limit == 200 else len(shown) >= min(limit, len(inside))
        along = [item["along_m"] for item in found.items]
        assert along == sorted(along) and all(0 <= metres <= found.about["distance_m"] + 1 for metres in along)
        assert found.about["mode"] == "driving"


def test_places_to_meet_minimise_what_they_claim():
    places, rng = _crowd(4, 80), random.Random(5)
    world = town(places)
    for _ in range(30):
        origins = [at(10 * rng.random(), 10 * rng.random()) for _ in range(rng.randint(2, 5))]
        sort = rng.choice(["balanced", "min_max_distance", "total_distance"])
        more = rng.choice([{}, {"radius": 400}])
        found = ask(world, "map_search_central_places", query="咖啡", origins=origins, sort_by=sort, limit=5, **more)
        middle = [sum(axis) / len(origins) for axis in zip(*origins, strict=True)]
        costs = {}
        for one in places:
            each = [float(haversine_m(*one.at, *origin)) for origin in origins]
            if float(haversine_m(*one.at, *middle)) <= more.get("radius", 5000):
                mean = sum(each) / len(each)
                costs[one.id] = {
                    "balanced": (max(each) + mean) / 2,
                    "min_max_distance": max(each),
                    "total_distance": sum(each),
                }[sort]
        assert [item["id"] for item in found.items] == sorted(costs, key=lambda id_: (costs[id_], id_))[:5]
        for item in found.items:
            assert item["max_distance_m"] == max(item["distances_m"]) and len(item["distances_m"]) == len(origins)
            assert item["total_distance_m"] == sum(item["distances_m"])


def test_places_to_meet_are_filtered():
    places = [place(1, "近", "cafe", 5, 5, rating=3.0), place(2, "远", "cafe", 5, 9, rating=4.9)]
    origins = [at(5, 4), at(5, 6)]
    assert names(ask(town(places), "map_search_central_places", query="咖啡", origins=origins)) == ["近", "远"]
    assert names(ask(town(places), "map_search_central_places", query="咖啡", origins=origins, min_rating=4)) == ["远"]
