"""Weather: what is forecast is what comes, seasons are seasons, and a place out at sea has none."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from stagent.worlds.protocol import ArgumentError
from stagent.worlds.sandbox.country import CITIES, ZONE
from stagent.worlds.sandbox.weather import Sky


@pytest.mark.parametrize("start", [date(2026, 1, 5), date(2026, 4, 3), date(2026, 7, 20), date(2026, 12, 30)])
def test_tomorrows_forecast_is_what_tomorrows_hours_say(ask, start):
    for plan in CITIES:
        for ahead in (1, 2):  # told a day before, and two
            day = start + timedelta(days=ahead)
            told = datetime(start.year, start.month, start.day, 9, tzinfo=ZONE)
            if day.year > 2026:
                continue
            forecast = ask("weather_forecast_days", clock=told, location=plan.name, date=day).items[0]
            hours = [
                ask(
                    "weather_current_conditions",
                    clock=datetime(day.year, day.month, day.day, hour, 25, tzinfo=ZONE),
                    location=plan.name,
                ).items[0]
                for hour in range(24)
            ]
            assert forecast["date"] == day.isoformat()
            assert forecast["high_c"] == max(hour["temperature_c"] for hour in hours)
            assert forecast["low_c"] == min(hour["temperature_c"] for hour in hours)
            assert forecast["rain_mm"] == round(sum(hour["rain_mm"] for hour in hours), 1)
            assert (forecast["rain_percent"] > 50) == (forecast["rain_mm"] > 0)
            for hour, now in enumerate(hours):
                half = "condition_day" if 6 <= hour < 18 else "condition_night"
                assert now["condition"] in forecast[half].split("转")
                assert (now["rain_mm"] > 0) == ("雨" in now["condition"] or "雪" in now["condition"])
                assert now["observed"] == f"{day}T{hour:02d}:00:00+08:00"
                assert now["wind_direction"] == forecast["wind_direction"]
                levels = [int(level) for level in forecast["wind_level"].removesuffix("级").split("-")]
                assert levels[0] <= int(now["wind_level"].removesuffix("级")) <= levels[-1]
            named = set("转".join((forecast["condition_day"], forecast["condition_night"])).split("转"))
            assert named == {hour["condition"] for hour in hours}


def test_a_forecast_does_not_change_as_its_day_comes_nearer(ask):
    day = date(2026, 6, 20)
    told = [
        ask("weather_forecast_days", clock=datetime(2026, 6, 20 - before, 22, tzinfo=ZONE), location="砚湖市", date=day)
        for before in (0, 3, 15)
    ]
    assert told[0].items == told[1].items == told[2].items
    assert told[0].items[0]["holiday"] == "端午节" and told[0].items[0]["weekday"] == "星期六"


def test_seasons_and_climates_differ():
    sky = Sky(7)
    means = {}
    for plan in CITIES:
        for month in (1, 4, 7, 10):
            days = [date(2026, month, day) for day in range(1, 29)]
            means[plan.key, month] = np.mean([hour.temperature_c for day in days for hour in sky.hours(plan.name, day)])
        assert means[plan.key, 1] < means[plan.key, 4] < means[plan.key, 7] > means[plan.key, 10]
    assert means["shuangyuan", 1] < -5 and means["luting", 1] > 14
    snow = [sky.conditions("霜原市", date(2026, 1, day)) for day in range(1, 32)]
    assert any("雪" in condition for day in snow for condition in day)
    assert not any("雪" in c for day in range(1, 32) for c in sky.conditions("鹭汀市", date(2026, 1, day)))


def test_weather_changes_slowly():
    """From hour to hour by 4 degrees at most, over midnight too; a day is more like the next than like another."""
    sky = Sky(7)
    for plan in CITIES:
        days = [date(2026, 3, 1) + timedelta(days=k) for k in range(90)]
        hours = [hour.temperature_c for day in days for hour in sky.hours(plan.name, day)]
        assert np.abs(np.diff(hours)).max() <= 4
        noons = np.array([sky.hours(plan.name, day)[14].temperature_c for day in days], float)
        noons -= np.polyval(np.polyfit(range(90), noons, 2), range(90))
        assert np.corrcoef(noons[:-1], noons[1:])[0, 1] > 0.3


def test_sunrise_is_early_in_june(ask):
    june, december = (
        ask(
            "weather_forecast_days",
            clock=datetime(2026, month, 20, 8, tzinfo=ZONE),
            location="澜屿市",
            date=date(2026, month, 21),
        ).items[0]
        for month in (6, 12)
    )
    # 30.4° north, 2.6° east of the country's meridian: noon about 11:50; days of 14 h 4 min and 10 h 10 min.
    assert june["sunrise"][:2] == "04" and june["sunset"][:2] in ("18", "19")
    assert december["sunrise"][:2] == "06" and december["sunset"][:2] in ("16", "17")


def test_a_point_has_its_districts_weather(ask, places):
    for place in list(places.values())[::400]:
        by_point = ask("weather_current_conditions", location=tuple(place.at)).items[0]
        assert by_point["region"] == place.district
        assert by_point == ask("weather_current_conditions", location=place.district).items[0]
        by_city = ask("weather_current_conditions", location=place.city).items[0]
        assert by_city | {"region": place.district} == by_point


@pytest.mark.parametrize("tool", ["weather_current_conditions", "weather_forecast_days"])
@pytest.mark.parametrize("location", ["巴黎", "", (30.412, 180.0), (0.0, 0.0), (30.9, 174.618)])
def test_a_place_that_is_not_there_is_an_error(ask, tool, location):
    with pytest.raises(ArgumentError) as error:
        ask(tool, location=location, **({"date": date(2026, 1, 5)} if "forecast" in tool else {}))
    assert error.value.parameter == "location" and "澜屿市" in error.value.allowed


def test_forecasts_reach_fifteen_days(ask):
    for day in (date(2026, 1, 4), date(2026, 1, 21)):
        with pytest.raises(ArgumentError) as error:
            ask("weather_forecast_days", location="澜屿市", date=day)
        assert error.value.parameter == "date" and "2026-01-20" in error.value.allowed
    found = ask("weather_forecast_days", location="澜屿市", date=date(2026, 1, 19), days=5)
    assert [item["date"] for item in found.items] == ["2026-01-19", "2026-01-20"] and "2026-01-20" in found.note
    assert found.about == {"region": "澜屿市"}
    last = datetime(2026, 12, 31, 12, tzinfo=ZONE)
    assert len(ask("weather_forecast_days", clock=last, location="澜屿市", date=date(2027, 1, 1), days=15).items) == 15
