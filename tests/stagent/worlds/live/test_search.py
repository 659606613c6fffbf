"""Along a route and in the middle: places of a service, measured by our own geometry."""

import math

import numpy as np
import pytest

from stagent.routing.geometry import distances_to_line, haversine_m
from stagent.worlds.live.search import circles_along
from tests.stagent.worlds.live.answers import OSRM, SHANGHAI_GCJ, SHANGHAI_WGS, found, poi, pois
from tests.stagent.worlds.live.asking import answer, refused, services
from tests.support.public_services import Reply

A_DEGREE = 111_195.08  # metres of a degree of latitude on a sphere of 6,371,008.8 m
# Along the meridian of 25° E, 4.448 km from south to north.
LINE = [(60.0, 25.0), (60.02, 25.0), (60.04, 25.0)]
NORTH = OSRM | {
    "routes": [
        OSRM["routes"][0] | {"geometry": {"type": "LineString", "coordinates": [[lon, lat] for lat, lon in LINE]}}
    ]
}
TRIP = {"origin": LINE[0], "destination": LINE[-1]}


@pytest.mark.parametrize("buffer", [50, 500, 5000])
@pytest.mark.parametrize("line", [LINE, [(60.0, 25.0), (60.0, 26.0), (60.3, 26.5)], [(60.0, 25.0)] * 2, [(60.0, 25.0)]])
def test_circles_cover_the_whole_buffer(line, buffer):
    circles = circles_along(line, buffer)
    assert 1 <= len(circles) <= 8
    random = np.random.default_rng(1)
    lat = random.uniform(59.95, 60.35, 20_000)
    lon = random.uniform(24.9, 26.6, 20_000)
    off, _ = distances_to_line(lat, lon, line)
    inside = off <= buffer * 0.999
    covered = np.zeros(len(lat), bool)
    for circle in circles:
        covered |= haversine_m(*circle.centre, lat, lon) <= circle.radius_m * 1.001
    assert covered[inside].all()


def test_along_a_route():
    near, far = found(1, 60.03, 25.001), found(2, 60.01, 25.002)
    outside, beyond = found(3, 60.02, 25.02), found(4, 60.06, 25.0)
    with services({"/route/v1/*": NORTH, "/search": [near, far, outside, beyond]}) as server:
        answered = answer(
            server, ("osrm", "nominatim"), "map_search_along_route", query="kahvila", **TRIP, buffer_radius=1000
        )
    # cos 60.03° of 0.001° and cos 60.01° of 0.002°
    expected = [
        ("node/2", 0.01 * A_DEGREE, 0.002 * A_DEGREE * math.cos(math.radians(60.01))),
        ("node/1", 0.03 * A_DEGREE, 0.001 * A_DEGREE * math.cos(math.radians(60.03))),
    ]
    got = [(item["id"], item["along_m"], item["off_route_m"]) for item in answered.items]
    assert [(id_, pytest.approx(along, abs=1), pytest.approx(off, abs=1)) for id_, along, off in expected] == got
    assert "distance_m" not in answered.items[0]
    assert answered.about == {"mode": "driving", "distance_m": 1500, "duration_s": 300}
    assert [drawn["kind"] for drawn in answered.geometry] == ["route", "buffer"]
    assert answered.geometry[1]["radius_m"] == 1000 and answered.geometry[1]["points"][0] == [60.0, 25.0]


def test_too_many_along_a_route_are_the_nearest_in_their_order():
    places = [found(1, 60.03, 25.001), found(2, 60.01, 25.004), found(3, 60.02, 25.002)]
    with services({"/route/v1/*": NORTH, "/search": places}) as server:
        answered = answer(server, ("osrm", "nominatim"), "map_search_along_route", query="kahvila", **TRIP, limit=2)
    assert [item["id"] for item in answered.items] == ["node/3", "node/1"]


def test_a_full_circle_is_said():
    many = [found(at, 60.02 + at * 1e-5, 25.0) for at in range(1, 41)]
    with services({"/route/v1/*": NORTH, "/search": many}) as server:
        answered = answer(server, ("osrm", "nominatim"), "map_search_along_route", query="kahvila", **TRIP)
    assert "一部分" in answered.note


def test_along_no_route_is_nothing():
    none = Reply(b'{"code": "NoRoute", "message": "x"}', 400)
    with services({"/route/v1/*": none}) as server:
        answered = answer(server, ("osrm", "nominatim"), "map_search_along_route", query="kahvila", **TRIP)
    assert answered.items == [] and "没有找到可行的路线" in answered.note


def test_along_a_route_needs_both_services():
    with services({}) as server:
        assert "NOMINATIM_URL" in refused(server, ("osrm",), "map_search_along_route", query="x", **TRIP).reason
        assert "驾车" in refused(server, ("nominatim",), "map_search_along_route", query="x", **TRIP).reason


@pytest.mark.parametrize(
    "sort_by, ids",
    [
        # Two start at 60.00, one at 60.04, 4448 m north. The places, with (max + mean) / 2:
        # 1 at 60.02:   2224 2224 2224  max 2224  sum 6672  balanced 2224
        # 2 at 60.00:      0    0 4448  max 4448  sum 4448  balanced 2965
        # 3 at 60.031:  3447 3447 1001  max 3447  sum 7895  balanced 3039
        ("min_max_distance", [1, 3, 2]),
        ("total_distance", [2, 1, 3]),
        ("balanced", [1, 2, 3]),
    ],
)
def test_central_places(sort_by, ids):
    places = [found(3, 60.031, 25.0), found(2, 60.0, 25.0), found(1, 60.02, 25.0)]
    origins = [(60.0, 25.0), (60.0, 25.0), (60.04, 25.0)]
    ask = {"query": "kahvila", "origins": origins, "sort_by": sort_by, "radius": 9000}
    with services({"/search": places}) as server:
        answered = answer(server, ("nominatim",), "map_search_central_places", **ask)
        first = answer(server, ("nominatim",), "map_search_central_places", **ask, limit=1)
    assert [item["id"] for item in answered.items] == [f"node/{number}" for number in ids]
    assert first.items == answered.items[:1]
    middle = next(item for item in answered.items if item["id"] == "node/1")
    assert middle["distances_m"] == [2224, 2224, 2224] and "distance_m" not in middle
    assert (middle["max_distance_m"], middle["total_distance_m"]) == (2224, 6672)


def test_central_places_are_filtered():
    rated = [poi(at, *SHANGHAI_GCJ, business={"rating": f"4.{at}"}) for at in range(1, 4)]
    ask = {"query": "茶馆", "origins": [SHANGHAI_WGS, SHANGHAI_WGS], "min_rating": 4.2}
    with services({"/v5/place/around": pois(*rated, poi(4, *SHANGHAI_GCJ))}) as server:
        answered = answer(server, ("amap",), "map_search_central_places", **ask)
        why = refused(server, ("nominatim",), "map_search_central_places", **ask)
    assert [item["rating"] for item in answered.items] == [4.2, 4.3] and "评分" in why.reason
    assert server.asked("/v5/place/around")[0]["sortrule"] == "distance"


def test_the_middle_and_its_radius():
    with services({"/search": []}) as server:
        ask = {"query": "kahvila", "origins": [(60.0, 25.0), (60.04, 25.0)]}
        answer(server, ("nominatim",), "map_search_central_places", **ask)
        answer(server, ("nominatim",), "map_search_central_places", **ask, radius=300)
        ask["origins"] = [(60.0, 25.0), (60.0, 25.0)]
        answer(server, ("nominatim",), "map_search_central_places", **ask)
    boxes = [list(map(float, seen.query["viewbox"].split(","))) for seen in server.seen]
    middles = [((south + north) / 2, (west + east) / 2) for west, south, east, north in boxes]
    heights = [(north - south) / 2 * A_DEGREE for _, south, _, north in boxes]
    assert middles == [pytest.approx((60.02, 25.0)), pytest.approx((60.02, 25.0)), pytest.approx((60.0, 25.0))]
    assert heights == [pytest.approx(2225, abs=2), pytest.approx(300, abs=1), pytest.approx(1000, abs=1)]
