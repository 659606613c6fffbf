"""Amap's routes: driving, cycling and transit, in legs, at times, and without a way."""

import copy
from datetime import datetime, timedelta

import pytest

from stagent.worlds.live.amap.transit import named
from tests.stagent.worlds.live.answers import BICYCLING, DRIVING, REGEO, SHANGHAI_WGS, TRANSIT, refusal
from tests.stagent.worlds.live.asking import CLOCK, answer, refused, services

TRIP = {"origin": SHANGHAI_WGS, "destination": (31.2, 121.6)}
ALL = {
    "/v5/direction/driving": DRIVING,
    "/v5/direction/walking": BICYCLING,
    "/v5/direction/bicycling": BICYCLING,
    "/v5/direction/transit/integrated": TRANSIT,
    "/v3/geocode/regeo": REGEO,
}


def compute(answers=ALL, **given):
    with services(answers) as server:
        found = answer(server, ("amap",), "map_compute_routes", **TRIP | given)
    return found, server


def changed(answered, change) -> dict:
    """A copy of an answer with something else in it."""
    answered = copy.deepcopy(answered)
    change(answered["route"])
    return answered


def test_driving():
    found, server = compute()
    assert found.items == [
        {
            "mode": "driving",
            "distance_m": 4000,
            "duration_s": 600,
            "departure": "2026-01-05T09:00:00+08:00",
            "arrival": "2026-01-05T09:10:00+08:00",
            "toll_yuan": 5,
            # The two steps on 甲路 as one; 1000 + 500 and 200 + 50.
            "steps": [
                {"road": "甲路", "distance_m": 1500, "duration_s": 250},
                {"distance_m": 2500, "duration_s": 350},
            ],
        }
    ]
    line = found.geometry[0]
    assert (line["item"], line["kind"], len(line["points"])) == (0, "route", 6)
    assert line["points"][0] == pytest.approx([31.177427, 121.527211], abs=2e-6)  # WGS-84 again
    assert found.note == ""
    asked = server.asked("/v5/direction/driving")[0]
    assert (asked["origin"], asked["strategy"], asked["show_fields"]) == (
        "121.531542,31.175304",
        "32",
        "cost,polyline",
    )


@pytest.mark.parametrize(
    "preference, strategy, said",
    [
        ("prefer_highways", "34", ""),
        ("avoid_highways", "35", ""),
        ("avoid_tolls", "1", "没有能完全避开收费的路线"),
        ("prefer_main_roads", "37", ""),
        ("avoid_highways+avoid_tolls", "42", "没有能完全避开收费的路线"),
    ],
)
def test_preferences_are_strategies(preference, strategy, said):
    found, server = compute(preference=preference)
    assert server.asked("/v5/direction/driving")[0]["strategy"] == strategy and found.note == said


def test_stops_on_the_way_make_legs():
    found, server = compute(intermediates=[(31.18, 121.55), (31.19, 121.57)])
    (item,) = found.items
    assert (item["distance_m"], item["duration_s"], item["toll_yuan"]) == (12_000, 1800, 15)
    assert [leg["from_location"] for leg in item["legs"]] == [
        "31.17743,121.52721",
        "31.18000,121.55000",
        "31.19000,121.57000",
    ]
    assert item["legs"][-1]["to_location"] == "31.20000,121.60000"
    for key in ("distance_m", "duration_s"):
        assert sum(leg[key] for leg in item["legs"]) == item[key] == sum(step[key] for step in item["steps"])
    asked = server.asked("/v5/direction/driving")
    assert [one["destination"] for one in asked[:-1]] == [one["origin"] for one in asked[1:]]


def test_times():
    later = CLOCK + timedelta(hours=5)
    found, _ = compute(departure_time=later)
    assert (found.items[0]["departure"], found.items[0]["arrival"]) == (
        "2026-01-05T14:00:00+08:00",
        "2026-01-05T14:10:00+08:00",
    )
    assert "现在的路况" in found.note
    found, _ = compute(arrival_time=later, modes=("driving", "bicycling"))
    assert [item["departure"][11:16] for item in found.items] == ["13:50", "13:48"]
    assert all(item["arrival"] == "2026-01-05T14:00:00+08:00" for item in found.items)
    found, _ = compute(traffic_aware=False)
    assert "总是计入路况" in found.note


def test_cycling_has_its_duration_elsewhere():
    found, _ = compute(modes=("bicycling",))
    assert found.items == [
        {
            "mode": "bicycling",
            "distance_m": 3000,
            "duration_s": 720,
            "departure": "2026-01-05T09:00:00+08:00",
            "arrival": "2026-01-05T09:12:00+08:00",
            "steps": [{"road": "乙路", "distance_m": 3000}],
        }
    ]


def test_transit():
    found, server = compute(modes=("transit",), departure_time=datetime.fromisoformat("2026-01-06T01:05+00:00"))
    (item,) = found.items
    assert item | {"steps": ()} == {
        "mode": "transit",
        "distance_m": 9000,
        "duration_s": 1800,
        "departure": "2026-01-06T09:05:00+08:00",
        "arrival": "2026-01-06T09:35:00+08:00",
        "fare_yuan": 4,
        "transfers": 1,
        "walking_m": 700,
        "steps": (),
    }
    assert item["steps"] == [
        {"mode": "walking", "distance_m": 300, "duration_s": 240},
        {
            "mode": "metro",
            "line": "地铁9号线",
            "direction": "曹路(北)",
            "from_name": "甲站",
            "to_name": "乙站",
            "stop_count": 4,
            "distance_m": 5300,
            "duration_s": 700,
        },
        {
            "mode": "bus",
            "line": "试验1路",
            "from_name": "乙站",
            "to_name": "丙站",
            "stop_count": 1,
            "distance_m": 3000,
            "duration_s": 500,
        },
        {"mode": "walking", "distance_m": 400, "duration_s": 300},
    ]
    # 240 + 700 + 500 + 300 of 1800 s: the rest is waiting.
    assert sum(step["duration_s"] for step in item["steps"]) == 1740
    assert len(found.geometry[0]["points"]) == 2 + 3 + 2 + 2
    asked = server.asked("/v5/direction/transit/integrated")[0]
    assert (asked["city1"], asked["city2"], asked["date"], asked["time"]) == ("021", "021", "2026-01-06", "9-05")


def test_transit_with_a_train_and_a_taxi():
    segment = {
        "walking": {"origin": "1,1", "destination": "1,1", "distance": "0", "cost": {"duration": "0"}},
        "railway": {
            "id": "1",
            "time": "3600",
            "name": "K100(甲城-乙城)",
            "trip": "K100",
            "distance": "90000",
            "type": "K字头快速",
            "departure_stop": {"name": "甲城", "location": "121.5 31.1", "time": "2036"},
            "arrival_stop": {"name": "乙城", "location": "121.9 31.3", "time": "2136"},
            "spaces": [],
        },
        "taxi": {"distance": "5000", "price": "", "drivetime": "600", "startname": "乙城"},
    }

    def change(route):
        route["transits"][0] |= {"segments": [segment], "distance": "95000", "walking_distance": "0"}
        route["transits"][0]["cost"] = {"duration": "4500", "transit_fee": ""}

    found, _ = compute(ALL | {"/v5/direction/transit/integrated": changed(TRANSIT, change)}, modes=("transit",))
    (item,) = found.items
    assert item["steps"] == [
        {
            "mode": "rail",
            "line": "K100(甲城-乙城)",
            "from_name": "甲城",
            "to_name": "乙城",
            "distance_m": 90_000,
            "duration_s": 3600,
        },
        {"mode": "taxi", "distance_m": 5000, "duration_s": 600},
    ]
    assert "fare_yuan" not in item and item["transfers"] == 1


def test_what_cant_be_had_is_said_beside_what_can():
    found, _ = compute(modes=("driving", "motorcycle", "truck", "transit"), arrival_time=CLOCK + timedelta(hours=2))
    assert [item["mode"] for item in found.items] == ["driving"]
    assert "摩托车" in found.note and "货车" in found.note and "到达时间" in found.note


def test_all_that_cant_be_had_is_unavailable():
    with services(ALL) as server:
        why = refused(server, ("amap",), "map_compute_routes", **TRIP, modes=("motorcycle", "truck"))
        assert "摩托车" in why.reason and "货车" in why.reason and not why.retry and server.seen == []
        why = refused(server, (), "map_compute_routes", **TRIP)
        assert "AMAP_KEY" in why.reason
        abroad = {"origin": (60.17, 24.94), "destination": (60.2, 24.9)}
        assert "驾车" in refused(server, ("amap",), "map_compute_routes", **abroad).reason


@pytest.mark.parametrize("infocode", ["20800", "20801", "20802", "20803"])
def test_no_route_is_an_answer(infocode):
    found, server = compute(ALL | {"/v5/direction/driving": refusal(infocode)}, modes=("driving", "bicycling"))
    assert [item["mode"] for item in found.items] == ["bicycling"] and found.note.startswith("驾车：")
    found, server = compute(ALL | {"/v5/direction/driving": refusal(infocode)})
    assert found.items == [] and found.note and len(server.seen) == 1


def test_no_paths_and_no_transit_are_answers():
    empty = changed(DRIVING, lambda route: route.update(paths=[]))
    assert compute(ALL | {"/v5/direction/driving": empty})[0].items == []
    none = changed(TRANSIT, lambda route: route.update(transits=[]))
    assert compute(ALL | {"/v5/direction/transit/integrated": none}, modes=("transit",))[0].items == []
    nowhere = REGEO | {"regeocode": {"formatted_address": [], "addressComponent": []}}
    found, _ = compute(ALL | {"/v3/geocode/regeo": nowhere}, modes=("transit",))
    assert found.items == [] and "公交数据" in found.note


def test_one_mode_that_fails_leaves_the_others():
    found, _ = compute(ALL | {"/v5/direction/driving": refusal("10003")}, modes=("driving", "walking"))
    assert [item["mode"] for item in found.items] == ["walking"] and "用完" in found.note


@pytest.mark.parametrize(
    "change",
    [
        lambda route: route["paths"][0].update(distance=4000),
        lambda route: route["paths"][0].update(distance=""),
        lambda route: route["paths"][0].update(cost={}),
        lambda route: route["paths"][0]["cost"].update(duration="-5"),
        lambda route: route["paths"][0]["cost"].update(tolls="free"),
        lambda route: route["paths"][0].update(steps=None),
        lambda route: route["paths"][0]["steps"][0].update(step_distance="1e3"),
        lambda route: route["paths"][0]["steps"][0].update(polyline=[[121, 31]]),
        lambda route: route["paths"][0]["steps"][0].update(polyline="121.5;31.1"),
        lambda route: route.update(paths={}),
    ],
)
def test_a_route_of_another_kind_is_no_answer(change):
    with services({"/v5/direction/driving": changed(DRIVING, change)}) as server:
        assert "文档不符" in refused(server, ("amap",), "map_compute_routes", **TRIP).reason


def test_steps_that_contradict_the_whole_lose_what_contradicts():
    wrong = changed(DRIVING, lambda route: route["paths"][0].update(distance="9000"))
    (item,) = compute({"/v5/direction/driving": wrong})[0].items
    assert item["distance_m"] == 9000 and [sorted(step) for step in item["steps"]] == [
        ["duration_s", "road"],
        ["duration_s"],
    ]
    rounded = changed(DRIVING, lambda route: route["paths"][0].update(distance="4001"))
    (item,) = compute({"/v5/direction/driving": rounded})[0].items
    assert sum(step["distance_m"] for step in item["steps"]) == 4001


def test_a_restriction_that_cant_be_avoided_is_said():
    wrong = changed(DRIVING, lambda route: route["paths"][0].update(restriction="1"))
    assert "限行" in compute({"/v5/direction/driving": wrong})[0].note


@pytest.mark.parametrize(
    "line, parts",
    [
        ("地铁1号线(苹果园--环球度假区)", ("地铁1号线", "环球度假区")),
        ("观光7号线(老车)(甲(东)--乙巷(西))", ("观光7号线(老车)", "乙巷(西)")),
        ("试验1路", ("试验1路", "")),
        ("试验--2路", ("试验--2路", "")),
        ("乱)--了)", ("乱)--了)", "")),
    ],
)
def test_names_of_lines(line, parts):
    assert named(line) == parts
