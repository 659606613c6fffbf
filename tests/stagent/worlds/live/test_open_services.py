"""OSRM, Nominatim and Open-Meteo: what is asked for, what is read, and what they can't."""

from datetime import date

import pytest

from stagent.worlds.live.wind import wind_direction, wind_level
from stagent.worlds.live.world import LiveWorld
from stagent.worlds.protocol import ArgumentError
from tests.stagent.worlds.live.answers import OPEN_METEO_DAYS, OPEN_METEO_NOW, OSRM, found
from tests.stagent.worlds.live.asking import answer, ask, refused, services, settings
from tests.support.public_services import Reply

HELSINKI = (60.17, 24.94)
TRIP = {"origin": HELSINKI, "destination": (60.175, 24.96)}


def test_osrm_rounds_so_that_steps_add_up():
    with services({"/route/v1/*": OSRM}) as server:
        answered = answer(server, ("osrm",), "map_compute_routes", **TRIP)
    (item,) = answered.items
    assert item["steps"] == [
        {"road": "Mannerheimintie", "distance_m": 500, "duration_s": 100},
        {"road": "E12", "distance_m": 501, "duration_s": 101},  # ends at 1000.8 and 200.8
        {"distance_m": 499, "duration_s": 99},  # ends at 1500.4 and 300.5
    ]
    assert (item["distance_m"], item["duration_s"]) == (1500, 300)
    assert answered.geometry[0]["points"] == [[60.17, 24.94], [60.172, 24.95], [60.175, 24.96]]
    assert "不含路况" in answered.note
    seen = server.seen[0]
    assert seen.path == "/route/v1/driving/24.940000,60.170000;24.960000,60.175000"
    assert (seen.query["geometries"], seen.query["steps"], "exclude" in seen.query) == ("geojson", "true", False)


def test_osrm_walks_where_it_has_an_address_for_it():
    with services({"/route/v1/*": OSRM}) as server:
        answered = answer(server, ("osrm",), "map_compute_routes", **TRIP, modes=("walking", "bicycling", "transit"))
    assert [item["mode"] for item in answered.items] == ["walking"] and answered.note.count("没有能规划") == 2
    assert server.seen[0].path.startswith("/route/v1/foot/")


@pytest.mark.parametrize(
    "preference, exclude",
    [
        ("avoid_highways", "motorway"),
        ("avoid_tolls", "toll"),
        ("avoid_highways+avoid_tolls", "motorway,toll"),
    ],
)
def test_osrm_avoids(preference, exclude):
    with services({"/route/v1/*": OSRM}) as server:
        answer(server, ("osrm",), "map_compute_routes", **TRIP, preference=preference)
    assert server.seen[0].query["exclude"] == exclude


def test_osrm_cant_prefer_and_may_not_avoid():
    refusal = Reply(b'{"code": "InvalidValue", "message": "Exclude flag combination is not supported."}', 400)
    with services({"/route/v1/*": refusal}) as server:
        why = refused(server, ("osrm",), "map_compute_routes", **TRIP, preference="prefer_highways")
        assert "preference" in why.reason and server.seen == []
        why = refused(server, ("osrm",), "map_compute_routes", **TRIP, preference="avoid_tolls")
        assert "preference" in why.reason and len(server.seen) == 1


@pytest.mark.parametrize("code, words", [("NoRoute", "没有找到可行的路线"), ("NoSegment", "附近没有道路")])
def test_osrm_without_a_route(code, words):
    sent = Reply(b'{"code": "' + code.encode() + b'", "message": "x"}', 400)
    with services({"/route/v1/*": sent}) as server:
        answered = answer(server, ("osrm",), "map_compute_routes", **TRIP)
    assert answered.items == [] and words in answered.note


def route(**change) -> dict:
    return OSRM | {"routes": [OSRM["routes"][0] | change]}


@pytest.mark.parametrize(
    "broken",
    [
        {"code": "Ok"},
        {"code": "Ok", "routes": []},
        {"code": 0, "routes": []},
        route(distance="1500"),
        route(duration=None),
        route(distance=-1),
        route(legs=None),
        route(legs=[{"steps": [{"distance": 1, "duration": "1"}]}]),
        route(geometry="_p~iF~ps|U"),
        route(geometry={"coordinates": [[24.94]]}),
        route(geometry={"coordinates": [[24.94, 95]]}),
    ],
)
def test_osrm_of_another_kind(broken):
    with services({"/route/v1/*": broken}) as server:
        assert "文档不符" in refused(server, ("osrm",), "map_compute_routes", **TRIP).reason


def test_nominatim_finds_within_a_circle():
    near, far, bare = found(1, 60.171, 24.941), found(2, 60.2, 24.94), found(3, 60.1701, 24.94, name="", extratags=None)
    with services({"/search": [near, far, bare]}) as server:
        answered = answer(
            server,
            ("nominatim",),
            "map_search_places",
            query="kahvila",
            center=HELSINKI,
            radius=1000,
            sort_by="distance",
        )
    # 0.0001° north is 11 m; 0.001° north and east 111.2 m and 55.3 m; 0.03° north is 3.3 km.
    assert [(item["id"], item["distance_m"]) for item in answered.items] == [("node/3", 11), ("node/1", 124)]
    assert answered.items[1] == {
        "id": "node/1",
        "name": "Kahvila 1",
        "city": "Helsinki",
        "district": "Kamppi",
        "address": "Kahvila 1, Koekatu 1, Kamppi, Helsinki, Suomi",
        "location": "60.17100,24.94100",
        "distance_m": 124,
        "hours": "Mo-Fr 08:00-18:00",
        "phone": "+358 9 123",
    }
    assert answered.items[0]["name"] == "Kahvila 3"  # of its address
    seen = server.seen[0]
    west, south, east, north = map(float, seen.query["viewbox"].split(","))
    assert (north - south) / 2 == pytest.approx(1000 / 111_195, rel=1e-4)
    assert (east - west) / (north - south) == pytest.approx(2.0103, rel=1e-3)  # 1 / cos 60.17°
    assert (seen.query["bounded"], seen.query["format"]) == ("1", "jsonv2")
    assert seen.headers["User-Agent"] == "STAgent (someone@example.org)"


def test_nominatim_in_a_region_and_nothing():
    with services({"/search": []}) as server:
        assert answer(server, ("nominatim",), "map_search_places", query="sauna", region="Helsinki").items == []
    assert server.seen[0].query["q"] == "sauna, Helsinki" and server.seen[0].query["limit"] == "10"


@pytest.mark.parametrize(
    "given", [{"min_rating": 4}, {"sort_by": "rating:d"}, {"sort_by": "price:a"}, {"price_max": 5}]
)
def test_nominatim_knows_no_ratings_and_prices(given):
    with services({}) as server:
        why = refused(server, ("nominatim",), "map_search_places", query="kahvila", **given)
    assert "没有" in why.reason and server.seen == []


def test_nominatim_is_asked_once_a_second():
    with services({"/search": []}) as server:
        ask(
            LiveWorld(settings(server.url, "nominatim")),
            *[("map_search_places", {"query": f"q{at}"}) for at in range(3)],
        )
    gaps = [b.when - a.when for a, b in zip(server.seen, server.seen[1:], strict=False)]
    assert len(gaps) == 2 and min(gaps) > 0.95


@pytest.mark.parametrize(
    "broken",
    [
        {"lat": 60.17},
        {"lat": "91"},
        {"lon": None},
        {"osm_id": "1"},
        {"display_name": []},
        {"address": "x"},
        {"name": 5},
    ],
)
def test_nominatim_of_another_kind(broken):
    with services({"/search": [found(1, *HELSINKI) | broken]}) as server:
        assert "文档不符" in refused(server, ("nominatim",), "map_search_places", query="kahvila").reason


def test_open_meteo_now():
    with services({"/v1/forecast": OPEN_METEO_NOW}) as server:
        answered = answer(server, ("open_meteo",), "weather_current_conditions", location=HELSINKI)
    assert answered.items == [
        {
            "observed": "2026-01-05T09:15:00+02:00",
            "condition": "小雪",
            "temperature_c": -5,
            "feels_like_c": -10,  # -9.5, to the even one
            "humidity_percent": 84,
            "wind_direction": "西南风",
            "wind_level": "3级",
            "rain_mm": 0.1,
        }
    ]
    query = server.seen[0].query
    assert (query["latitude"], query["longitude"], query["timezone"], query["wind_speed_unit"]) == (
        "60.17000",
        "24.94000",
        "auto",
        "ms",
    )


def test_open_meteo_days_without_what_is_null():
    with services({"/v1/forecast": OPEN_METEO_DAYS}) as server:
        ask = {"location": HELSINKI, "date": date(2026, 1, 5), "days": 3}
        answered = answer(server, ("open_meteo",), "weather_forecast_days", **ask)
    assert answered.items == [
        {
            "date": "2026-01-05",
            "weekday": "星期一",
            "condition": "阴",
            "high_c": -2,
            "low_c": -8,
            "rain_percent": 20,
            "rain_mm": 0.0,
            "wind_direction": "北风",
            "wind_level": "0级",
            "sunrise": "09:22",
            "sunset": "15:30",
        },
        {
            "date": "2026-01-06",
            "weekday": "星期二",
            "condition": "雷暴",
            "high_c": 2,
            "low_c": -3,
            "rain_mm": 12.3,
            "wind_direction": "东风",
            "wind_level": "12级",
            "sunrise": "09:21",
            "sunset": "15:32",
        },
    ]
    query = server.seen[0].query
    assert (query["start_date"], query["end_date"]) == ("2026-01-05", "2026-01-07")
    assert answered.note  # two of three days


def test_open_meteo_is_not_asked_beyond_its_days():
    with services({"/v1/forecast": OPEN_METEO_DAYS}) as server:
        answer(server, ("open_meteo",), "weather_forecast_days", location=HELSINKI, date=date(2026, 1, 18), days=9)
        why = refused(server, ("open_meteo",), "weather_forecast_days", location=HELSINKI, date=date(2026, 1, 21))
    assert [seen.query["end_date"] for seen in server.seen] == ["2026-01-20"]  # 15 days after the 5th
    assert "第 15 天" in why.reason


def test_names_need_somebody_who_knows_them():
    with services({"/search": [found(1, *HELSINKI)], "/v1/forecast": OPEN_METEO_NOW}) as server:
        why = refused(server, ("open_meteo",), "weather_current_conditions", location="Helsinki")
        assert "纬度,经度" in why.reason and server.seen == []
        named = answer(server, ("open_meteo", "nominatim"), "weather_current_conditions", location="Helsinki")
        assert named.items[0]["region"] == "Helsinki"
        assert "OPEN_METEO_URL" in refused(server, (), "weather_current_conditions", location=HELSINKI).reason
    with services({"/search": []}) as server, pytest.raises(ArgumentError):
        answer(server, ("open_meteo", "nominatim"), "weather_current_conditions", location="Nowhere")


def now(**change) -> dict:
    return OPEN_METEO_NOW | {"current": OPEN_METEO_NOW["current"] | change}


def days(**change) -> dict:
    return OPEN_METEO_DAYS | {"daily": OPEN_METEO_DAYS["daily"] | change}


@pytest.mark.parametrize(
    "broken",
    [
        {"error": True, "reason": "x"},
        OPEN_METEO_NOW | {"utc_offset_seconds": "7200"},
        OPEN_METEO_NOW | {"current": []},
        now(temperature_2m="-4"),
        now(temperature_2m=None),
        now(temperature_2m=900),
        now(relative_humidity_2m=200),
        now(time="now"),
        now(weather_code="snow"),
    ],
)
def test_open_meteo_of_another_kind(broken):
    with services({"/v1/forecast": broken}) as server:
        assert "文档不符" in refused(server, ("open_meteo",), "weather_current_conditions", location=HELSINKI).reason


@pytest.mark.parametrize(
    "broken",
    [
        days(time=None),
        days(sunset=[]),
        days(temperature_2m_max=["1", "2", "3"]),
        days(time=[1, 2, 3]),
        days(time=["2026-01-05", None, "2026-01-07"]),
    ],
)
def test_open_meteos_days_of_another_kind(broken):
    with services({"/v1/forecast": broken}) as server:
        ask = {"location": HELSINKI, "date": date(2026, 1, 5), "days": 3}
        assert "文档不符" in refused(server, ("open_meteo",), "weather_forecast_days", **ask).reason


def test_an_unknown_code_is_no_condition():
    with services({"/v1/forecast": now(weather_code=42)}) as server:
        (item,) = answer(server, ("open_meteo",), "weather_current_conditions", location=HELSINKI).items
    assert "condition" not in item


@pytest.mark.parametrize(
    "degrees, name",
    [
        (0, "北风"),
        (22, "北风"),
        (23, "东北风"),
        (90, "东风"),
        (180, "南风"),
        (337, "西北风"),
        (338, "北风"),
        (360, "北风"),
    ],
)
def test_eight_winds(degrees, name):
    assert wind_direction(degrees) == name


@pytest.mark.parametrize(
    "speed, level", [(0, "0级"), (0.3, "1级"), (3.3, "2级"), (3.4, "3级"), (10.7, "5级"), (17.2, "8级"), (99, "12级")]
)
def test_forces_of_the_beaufort_scale(speed, level):
    assert wind_level(speed) == level
