"""Any value of any answer replaced by one of another kind: an answer or a sentence, never a crash."""

import asyncio
import copy
import random
from datetime import date
from typing import Any

import pytest

from stagent.worlds.live.service import RequestPace
from stagent.worlds.live.world import LiveWorld
from stagent.worlds.protocol import ArgumentError, Found, Unavailable
from tests.stagent.worlds.live.answers import (
    BICYCLING,
    DRIVING,
    LIVES,
    OPEN_METEO_DAYS,
    OPEN_METEO_NOW,
    OSRM,
    REGEO,
    SHANGHAI_GCJ,
    SHANGHAI_WGS,
    TRANSIT,
    casts,
    district,
    districts,
    found,
    poi,
    pois,
)
from tests.stagent.worlds.live.asking import CLOCK, QUICK, arguments, known, services, settings

OTHERS = [None, True, 0, -1, 7, 1e300, "", "x", "-1", "1,1", "20801", [], [1], [[]], {}, {"a": []}, "９"]
HELSINKI, NEAR = (60.17, 24.94), (60.175, 24.96)
TRIP = {"origin": SHANGHAI_WGS, "destination": (31.2, 121.6)}
BUSINESS = {"rating": "4.8", "cost": "85", "tel": "1", "tag": "a,b", "opentime_today": "08:00-22:00"}
REGIONS = districts(district("上海市", "310000", "city", "021", (district("浦东新区", "310115"),)))
# What is asked, of which service, and every answer on the way to it.
CASES = [
    (
        ("amap",),
        "map_search_places",
        {"query": "x"},
        {"/v5/place/text": pois(poi(1, *SHANGHAI_GCJ, business=BUSINESS))},
    ),
    (
        ("amap",),
        "map_search_places",
        {"query": "x", "region": "上海市浦东"},
        {"/v3/config/district": REGIONS, "/v5/place/text": pois()},
    ),
    (("amap",), "map_compute_routes", TRIP, {"/v5/direction/driving": DRIVING}),
    (("amap",), "map_compute_routes", TRIP | {"modes": ("bicycling",)}, {"/v5/direction/bicycling": BICYCLING}),
    (
        ("amap",),
        "map_compute_routes",
        TRIP | {"modes": ("transit",)},
        {"/v5/direction/transit/integrated": TRANSIT, "/v3/geocode/regeo": REGEO},
    ),
    (
        ("amap",),
        "map_search_along_route",
        TRIP | {"query": "x"},
        {"/v5/direction/driving": DRIVING, "/v5/place/around": pois(poi(1, *SHANGHAI_GCJ))},
    ),
    (
        ("amap",),
        "weather_current_conditions",
        {"location": SHANGHAI_WGS},
        {"/v3/geocode/regeo": REGEO, "/v3/weather/weatherInfo": LIVES},
    ),
    (
        ("amap",),
        "weather_forecast_days",
        {"location": "上海市", "date": date(2026, 1, 5)},
        {"/v3/config/district": REGIONS, "/v3/weather/weatherInfo": casts("2026-01-05", "2026-01-06")},
    ),
    (("osrm",), "map_compute_routes", {"origin": HELSINKI, "destination": NEAR}, {"/route/v1/*": OSRM}),
    (("nominatim",), "map_search_places", {"query": "x", "center": HELSINKI}, {"/search": [found(1, *NEAR)]}),
    (
        ("nominatim",),
        "map_search_central_places",
        {"query": "x", "origins": [HELSINKI, NEAR]},
        {"/search": [found(1, *NEAR)]},
    ),
    (("open_meteo",), "weather_current_conditions", {"location": HELSINKI}, {"/v1/forecast": OPEN_METEO_NOW}),
    (
        ("open_meteo",),
        "weather_forecast_days",
        {"location": HELSINKI, "date": date(2026, 1, 5)},
        {"/v1/forecast": OPEN_METEO_DAYS},
    ),
]
CHANGES = 60  # of each case


def places_in(value: Any, path: tuple = ()) -> list[tuple]:
    """The paths of every value in a JSON document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, one in inner for deeper in places_in(one, (*path, key)))]


def changed(document: Any, path: tuple, value: Any) -> Any:
    if not path:
        return value
    document = copy.deepcopy(document)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


@pytest.mark.parametrize("used, tool, given, right", CASES, ids=[f"{case[0][0]}-{case[1]}" for case in CASES])
def test_no_answer_crashes_the_world(used, tool, given, right, monkeypatch):
    monkeypatch.setattr(RequestPace, "turn", lambda self, longest: asyncio.sleep(0, True))
    chance = random.Random(tool)
    every = [(path, place, value) for path, one in right.items() for place in places_in(one) for value in OTHERS]
    chosen = chance.sample(every, min(CHANGES, len(every)))
    call = arguments(tool, **given)
    outcomes = []

    async def ask_all(server) -> None:
        for change in [None, *chosen]:
            server.answers = dict(right)
            if change:
                path, place, value = change
                server.answers[path] = changed(right[path], place, value)
            world = LiveWorld(settings(server.url, *used), QUICK._replace(pause=0))
            try:
                outcomes.append(await world.answer(tool, call, CLOCK))
            except (Unavailable, ArgumentError) as why:
                outcomes.append(why)
            finally:
                await world.close()

    with services({}) as server:
        asyncio.run(ask_all(server))
    assert isinstance(outcomes[0], Found)  # unchanged
    for outcome in outcomes:
        if isinstance(outcome, Found):
            known(outcome.items)
        else:
            assert getattr(outcome, "reason", "") or outcome.problem
    assert sum(isinstance(outcome, Unavailable) for outcome in outcomes) > 10
