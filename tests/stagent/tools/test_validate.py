"""Arguments: each wrong value is named with what to give instead, and all spellings of a call become one."""

import math
from datetime import date, datetime

import pytest

from stagent.tools.schemas import BY_NAME, TOOLS
from stagent.tools.validate import InvalidCall, clean, read_arguments
from tests.support.toy_world import MONDAY, ZONE, ToyWorld

WORLD = ToyWorld()
PLACES, ROUTES, TRAINS = "map_search_places", "map_compute_routes", "travel_search_trains"


def read(tool: str, arguments) -> dict:
    return read_arguments(BY_NAME[tool], arguments, WORLD, MONDAY)


def wrong(tool: str, arguments) -> list[tuple[str, str]]:
    with pytest.raises(InvalidCall) as caught:
        read(tool, arguments)
    return [(problem.parameter, problem.problem) for problem in caught.value.problems]


def test_a_call_in_its_one_form():
    assert read(PLACES, {"query": " 咖啡馆\u200b", "center": "30.123456, 170.2", "region": "澜屿"}) == {
        "query": "咖啡馆",
        "center": (30.12346, 170.2),
        "radius": 5000,
        "region": "澜屿市",
        "sort_by": "weight",
        "price_category": "average_cost",
        "limit": 10,
    }


@pytest.mark.parametrize(
    "spelling",
    [
        {"query": "咖啡馆", "center": "30.1,170.2"},
        {"query": "  咖啡馆 ", "center": "30.10000 , 170.20000", "region": None},
        {"center": "３０.１，１７０.２", "query": "咖啡馆", "radius": 5000.0, "limit": 10},
        {"query": "咖\u200b啡馆", "center": "+30.1,170.200001", "sort_by": "weight", "radius": 5000},
    ],
)
def test_spellings_of_one_call(spelling):
    assert read(PLACES, spelling) == read(PLACES, {"query": "咖啡馆", "center": "30.1,170.2"})


def test_a_list_without_order_has_one_and_a_list_with_order_keeps_it():
    ends = {"origin": "30,170", "destination": "31,170"}
    assert read(ROUTES, ends | {"modes": ["walking", "driving", "walking"]})["modes"] == ("driving", "walking")
    assert read(ROUTES, ends)["modes"] == ("driving",)
    places = ["31,170", "30,170"]
    assert read(ROUTES, ends | {"intermediates": places})["intermediates"] == ((31.0, 170.0), (30.0, 170.0))
    assert read(ROUTES, ends | {"intermediates": []}) == read(ROUTES, ends)
    assert read(ROUTES, ends | {"preference": "avoid_tolls+avoid_highways"})["preference"] == (
        "avoid_highways+avoid_tolls"
    )


def test_the_buffer_follows_the_mode():
    way = {"query": "加油站", "origin": "30,170", "destination": "31,170"}
    assert read("map_search_along_route", way)["buffer_radius"] == 2000
    assert read("map_search_along_route", way | {"transport_mode": "walking"})["buffer_radius"] == 500


def test_times_are_the_worlds():
    ends = {"origin": "30,170", "destination": "31,170"}
    for text in ("2026-01-05T10:00", "2026-01-05T02:00:00Z", "2026-01-05 10:00:00.7+08:00"):
        assert read(ROUTES, ends | {"departure_time": text})["departure_time"] == datetime(2026, 1, 5, 10, tzinfo=ZONE)
    assert wrong(ROUTES, ends | {"departure_time": "2026-01-05T08:59"}) == [
        ("departure_time", "2026-01-05T08:59:00+08:00 早于现在")
    ]
    for text in ("2026-01-05", "10:00", "20260105T1000", "2026-13-05T10:00", "0001-01-01T00:00Z", 1767578400):
        assert [name for name, _ in wrong(ROUTES, ends | {"departure_time": text})] == ["departure_time"]


@pytest.mark.parametrize(
    ("tool", "day", "days", "problem"),
    [
        (TRAINS, "2026-01-05", 15, None),
        (TRAINS, "2026-01-20", 0, None),
        (TRAINS, "2026-01-20", 1, "days"),
        (TRAINS, "2026-01-04", 0, "date"),
        (TRAINS, "2026-01-21", 0, "date"),
        ("weather_forecast_days", "2026-01-20", 1, None),
        ("weather_forecast_days", "2026-01-20", 2, "days"),
        ("weather_forecast_days", "2026-01-06", 15, None),
        ("weather_forecast_days", "2026-01-06", 0, "days"),
    ],
)
def test_days_reach_fifteen_on(tool, day, days, problem):
    where = {"location": "澜屿"} if tool != TRAINS else {"origin": "澜屿", "destination": "别处"}
    arguments = where | {"date": day, "days": days}
    if problem:
        assert [name for name, _ in wrong(tool, arguments)] == [problem]
    else:
        assert read(tool, arguments)["date"] == date.fromisoformat(day)


def test_every_wrong_value_is_named():
    assert wrong(PLACES, {"query": 5, "radius": 10, "qury": None}) == [
        ("query", "应为文字，收到数字"),
        ("qury", "没有这个参数，是否为 query"),
        ("radius", "10 超出范围"),
        ("radius", "需要同时给出 center"),
    ]
    assert wrong(PLACES, {}) == [("query", "缺少必填参数")]
    assert wrong(PLACES, [1]) == [("arguments", "应为 JSON 对象，收到列表")]
    ends = {"origin": "上海", "destination": "170,30", "modes": ["car"]}
    assert wrong(ROUTES, ends | {"arrival_time": "2026-01-05T10:00", "departure_time": "2026-01-05T10:00"}) == [
        ("departure_time", "不能与 arrival_time 同时给出"),
        ("destination", "“170,30”超出范围；纬度在前"),
        ("modes[0]", "没有“car”这个选项"),
        ("origin", "“上海”不是坐标；地名请先用 map_search_places 查到坐标"),
    ]
    assert wrong(PLACES, {"query": "x", "sort_by": "distance"}) == [("sort_by", "distance 需要 center")]
    assert wrong(PLACES, {"query": "x", "price_min": 9, "price_max": 8}) == [("price_min", "大于 price_max")]
    assert wrong("map_search_central_places", {"query": "x", "origins": ["30,170"]}) == [("origins", "有 1 项")]


@pytest.mark.parametrize("value", ["5", True, math.nan, math.inf, -math.inf, 10**400, 0, 5.5, [5], {}, "", "５"])
def test_no_type_is_converted(value):
    assert [name for name, _ in wrong(PLACES, {"query": "x", "limit": value})] == ["limit"]


@pytest.mark.parametrize("value", ["", " ", "\u200b", "x" * 201, "x" * 10**7, "\ud800", b"x", 5])
def test_a_text_is_something_and_not_too_long(value):
    assert [name for name, _ in wrong(PLACES, {"query": value})] == ["query"]


def test_messages_stay_short():
    problems = wrong(PLACES, {f"{place}" * 1000: place for place in range(1000)})
    assert len(problems) == 10
    assert all(len(name) < 50 and len(problem) < 100 for name, problem in problems)


def test_clean_keeps_what_is_read():
    assert clean("Ａ\u3000Ｂ\tｃ\u202e\x00") == "A B c"


def test_the_schemas_hold_together():
    assert [tool.name for tool in TOOLS] == [
        "map_search_places",
        "map_compute_routes",
        "map_search_along_route",
        "map_search_central_places",
        "map_search_ranking_list",
        "travel_search_flights",
        "travel_search_trains",
        "weather_current_conditions",
        "weather_forecast_days",
        "web_search",
    ]
    for tool in TOOLS:
        for parameter in tool.parameters:
            assert parameter.zh and parameter.en
            assert not (parameter.required and parameter.default is not None)
            for other in (parameter.needs, parameter.excludes):
                assert not other or tool.parameter(other)
