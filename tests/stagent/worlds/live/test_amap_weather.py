"""Amap's weather, now and for four days, with Open-Meteo after them."""

from datetime import date

import pytest

from stagent.worlds.protocol import ArgumentError
from tests.stagent.worlds.live.answers import (
    LIVES,
    OK,
    OPEN_METEO_DAYS,
    REGEO,
    SHANGHAI_WGS,
    casts,
    district,
    districts,
)
from tests.stagent.worlds.live.asking import answer, refused, services

FOUR = ("2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08")
ALL = {
    "/v3/config/district": districts(district("浦东新区", "310115")),
    "/v3/geocode/regeo": REGEO,
    "/v3/weather/weatherInfo": lambda query: LIVES if query["extensions"] == "base" else casts(*FOUR),
    "/v1/forecast": OPEN_METEO_DAYS,
}


def test_now():
    with services(ALL) as server:
        found = answer(server, ("amap",), "weather_current_conditions", location="浦东")
        point = answer(server, ("amap",), "weather_current_conditions", location=SHANGHAI_WGS)
    expected = {
        "observed": "2026-01-05T08:30:12+08:00",
        "condition": "小雨",
        "temperature_c": -3,
        "humidity_percent": 81,
        "wind_direction": "西北风",
        "wind_level": "≤3级",
    }
    assert found.items == point.items == [{"region": "浦东新区"} | expected]
    assert [asked["city"] for asked in server.asked("/v3/weather/weatherInfo")] == ["310115"] * 2
    assert server.asked("/v3/geocode/regeo")[0]["location"] == "121.531542,31.175304"


def test_days():
    with services(ALL) as server:
        found = answer(server, ("amap",), "weather_forecast_days", location="浦东", date=date(2026, 1, 6), days=3)
    assert found.about == {"region": "浦东新区"} and found.note == ""
    # daytemp 6, 7, 8; nighttemp 7: the first night is the warmer.
    assert [(item["date"], item["high_c"], item["low_c"]) for item in found.items] == [
        ("2026-01-06", 7, 6),
        ("2026-01-07", 7, 7),
        ("2026-01-08", 8, 7),
    ]
    assert found.items[0] == {
        "date": "2026-01-06",
        "weekday": "星期二",
        "condition_day": "多云",
        "condition_night": "小雨",
        "high_c": 7,
        "low_c": 6,
        "wind_direction": "北风",
        "wind_level": "1-3级",
    }


def test_later_days_are_open_meteos():
    with services(ALL) as server:
        ask = {"location": "浦东", "date": date(2026, 1, 5), "days": 5}
        found = answer(server, ("amap", "open_meteo"), "weather_forecast_days", **ask)
        alone = answer(server, ("amap",), "weather_forecast_days", **ask)
        why = refused(server, ("amap",), "weather_forecast_days", location="浦东", date=date(2026, 1, 12))
    assert [item["date"] for item in found.items] == ["2026-01-05", "2026-01-06"]  # the fake's
    asked = server.asked("/v1/forecast")
    assert len(asked) == 1 and (asked[0]["latitude"], asked[0]["longitude"]) == ("31.17743", "121.52721")
    assert len(alone.items) == 4 and "四天" in alone.note
    assert "四天" in why.reason and not why.retry


def test_a_day_that_passed_has_no_empty_words():
    past = casts("2026-01-05")
    past["forecasts"][0]["casts"][0] |= {"dayweather": [], "daytemp": [], "daywind": "", "daypower": None}
    with services(ALL | {"/v3/weather/weatherInfo": past}) as server:
        found = answer(server, ("amap",), "weather_forecast_days", location="浦东", date=date(2026, 1, 5))
    assert found.items == [{"date": "2026-01-05", "weekday": "星期一", "condition_night": "小雨"}]


def test_still_air_keeps_its_word():
    still = OK | {"lives": [LIVES["lives"][0] | {"winddirection": "无风向", "humidity": []}]}
    with services(ALL | {"/v3/weather/weatherInfo": still}) as server:
        (item,) = answer(server, ("amap",), "weather_current_conditions", location="浦东").items
    assert item["wind_direction"] == "无风向" and "humidity_percent" not in item


def test_no_weather_there():
    with services(ALL | {"/v3/weather/weatherInfo": OK | {"lives": []}}) as server:
        assert "浦东新区" in refused(server, ("amap",), "weather_current_conditions", location="浦东").reason


def test_an_unknown_name_is_the_arguments_error():
    with services(ALL | {"/v3/config/district": districts()}) as server, pytest.raises(ArgumentError) as caught:
        answer(server, ("amap",), "weather_current_conditions", location="亚特兰蒂斯")
    assert caught.value.parameter == "location"


@pytest.mark.parametrize(
    "broken",
    [{"temperature": 8}, {"temperature": "warm"}, {"weather": ""}, {"reporttime": "today"}, {"humidity": "120"}],
)
def test_weather_of_another_kind_is_no_answer(broken):
    wrong = OK | {"lives": [LIVES["lives"][0] | broken]}
    with services(ALL | {"/v3/weather/weatherInfo": wrong}) as server:
        assert "文档不符" in refused(server, ("amap",), "weather_current_conditions", location="浦东").reason
