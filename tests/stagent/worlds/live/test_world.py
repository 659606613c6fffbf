"""The live world as the tools see it: clock, regions, and what no service answers."""

from datetime import UTC, datetime, timedelta

import pytest

from stagent.tools.schemas import TOOLS
from stagent.worlds.live.world import LiveWorld
from stagent.worlds.protocol import ClockError, Unavailable
from tests.stagent.worlds.live.answers import OSRM, SHANGHAI_GCJ, SHANGHAI_WGS, found, poi, pois
from tests.stagent.worlds.live.asking import KEY, QUICK, answer, ask, refused, services, settings

SAMPLES = {
    "map_search_places": {"query": "x"},
    "map_compute_routes": {"origin": SHANGHAI_WGS, "destination": SHANGHAI_WGS},
    "map_search_along_route": {"query": "x", "origin": SHANGHAI_WGS, "destination": SHANGHAI_WGS},
    "map_search_central_places": {"query": "x", "origins": [SHANGHAI_WGS, SHANGHAI_WGS]},
    "map_search_ranking_list": {"query": "x", "region": "上海市"},
    "travel_search_flights": {"origin": "上海市", "destination": "北京市", "date": datetime(2026, 1, 5).date()},
    "travel_search_trains": {"origin": "上海市", "destination": "北京市", "date": datetime(2026, 1, 5).date()},
    "weather_current_conditions": {"location": "上海市"},
    "weather_forecast_days": {"location": "上海市", "date": datetime(2026, 1, 5).date()},
    "web_search": {"query": "x"},
}


def test_without_services_every_tool_is_unavailable_with_a_reason():
    assert SAMPLES.keys() == {tool.name for tool in TOOLS}
    outcomes = ask(LiveWorld(settings("http://127.0.0.1:1"), QUICK), *SAMPLES.items())
    assert all(isinstance(outcome, Unavailable) and not outcome.retry for outcome in outcomes)
    assert all(any(a > "一" for a in outcome.reason) for outcome in outcomes)


@pytest.mark.parametrize(
    "tool", ["map_search_ranking_list", "travel_search_flights", "travel_search_trains", "web_search"]
)
def test_what_no_public_service_has(tool):
    with services({}) as server:
        why = refused(server, ("amap", "osrm", "nominatim", "open_meteo"), tool, **SAMPLES[tool])
    assert why.reason.startswith("没有公开的") and server.seen == []


def test_a_place_decides_which_service_is_asked():
    answers = {
        "/v5/place/around": pois(poi(1, *SHANGHAI_GCJ)),
        "/search": [found(1, 60.17, 24.94)],
        "/v5/direction/driving": pois(),
        "/route/v1/*": OSRM,
    }
    both = ("amap", "nominatim", "osrm")
    with services(answers) as server:
        answer(server, both, "map_search_places", query="x", center=SHANGHAI_WGS)
        answer(server, both, "map_search_places", query="x", center=(60.17, 24.94))
        answer(server, both, "map_compute_routes", origin=(60.17, 24.94), destination=(60.2, 24.9))
    assert [seen.path[:6] for seen in server.seen] == ["/v5/pl", "/searc", "/route"]
    assert ["key" in seen.query for seen in server.seen] == [True, False, False]  # Amap's key is Amap's alone


def test_the_clock_is_the_present():
    world = LiveWorld(settings("http://127.0.0.1:1"))
    now = world.default_clock()
    assert now.tzinfo == world.zone and abs(now - datetime.now(UTC)) < timedelta(seconds=5)
    for off in (timedelta(0), timedelta(minutes=59), -timedelta(minutes=59)):
        world.check_clock(now + off)
    for off in (timedelta(minutes=61), -timedelta(minutes=61), timedelta(days=400)):
        with pytest.raises(ClockError, match="the present alone"):
            world.check_clock((now + off).astimezone(UTC))


def test_regions_are_taken_as_they_are():
    world = LiveWorld(settings("http://127.0.0.1:1"))
    assert world.region(" 上海  市 ") == "上海 市" and world.region("上海市") == "上海市" and world.region(" ") is None


def test_who_has_to_be_named():
    world = LiveWorld(settings("http://127.0.0.1:1", "amap", "osrm", "open_meteo"))
    assert all(name in world.attribution for name in ("高德地图", "OpenStreetMap contributors", "Open-Meteo"))
    assert world.name == "live" and KEY not in world.version
