"""Amap's places: what is asked for, what is read, what is left out, and every infocode."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from stagent.worlds.live.amap.infocodes import INFOCODES, NO_ROUTE
from stagent.worlds.live.amap.places import open_now
from stagent.worlds.protocol import ArgumentError
from tests.stagent.worlds.live.answers import (
    SHANGHAI_GCJ,
    SHANGHAI_WGS,
    district,
    districts,
    poi,
    pois,
    refusal,
)
from tests.stagent.worlds.live.asking import answer, refused, services

BUSINESS = {
    "business_area": "陆家嘴",
    "rating": "4.8",
    "cost": "85.00",
    "tel": "021-1234;021-5678",
    "keytag": "茶馆",
    "rectag": "安静",
    "tag": "龙井,茶馆,点心",
    "opentime_today": "08:30-22:00",
    "opentime_week": "周一至周日 08:30-22:00",
    "alias": "",
}


def test_a_place_with_everything_and_one_with_nothing():
    full = poi(1, *SHANGHAI_GCJ, business=BUSINESS)
    bare = poi(2, *SHANGHAI_GCJ, business={"rating": "", "cost": [], "tel": []}, address=[], type="", adname="")
    with services({"/v5/place/text": pois(full, bare)}) as server:
        found = answer(server, ("amap",), "map_search_places", query="茶馆")
    assert found.items == [
        {
            "id": "B0001",
            "name": "试验茶馆1号",
            "category": "茶艺馆",
            "tags": ["茶馆", "安静", "龙井", "点心"],
            "city": "上海市",
            "district": "浦东新区",
            "address": "试验路1号",
            "location": "31.17743,121.52721",  # the reference pair's WGS-84
            "rating": 4.8,
            "average_cost_yuan": 85,
            "open_now": True,
            "hours_today": "08:30-22:00",
            "hours": "周一至周日 08:30-22:00",
            "phone": "021-1234;021-5678",
        },
        {"id": "B0002", "name": "试验茶馆2号", "city": "上海市", "location": "31.17743,121.52721"},
    ]
    # Keys come in the contract's order.
    assert list(found.items[0]) == [
        *("id", "name", "category", "tags", "city", "district", "address", "location", "rating"),
        *("average_cost_yuan", "open_now", "hours_today", "hours", "phone"),
    ]
    assert server.asked("/v5/place/text")[0] == {
        "key": "0123456789abcdef0123456789abcdef",
        "keywords": "茶馆",
        "show_fields": "business",
        "page_size": "10",
        "page_num": "1",
    }


def test_a_centre_goes_there_shifted_and_longitude_first():
    with services({"/v5/place/around": pois(poi(1, *SHANGHAI_GCJ, distance="860"))}) as server:
        found = answer(
            server,
            ("amap",),
            "map_search_places",
            query="茶馆",
            center=SHANGHAI_WGS,
            radius=700,
            sort_by="distance",
            limit=3,
        )
    assert found.items[0]["distance_m"] == 860
    asked = server.asked("/v5/place/around")[0]
    assert asked["location"] == "121.531542,31.175304"
    assert (asked["radius"], asked["sortrule"], asked["page_size"]) == ("700", "distance", "3")


def test_a_region_is_asked_for_by_its_code():
    answers = {
        "/v3/config/district": districts(district("浦东新区", "310115")),
        "/v5/place/text": pois(),
    }
    with services(answers) as server:
        assert answer(server, ("amap",), "map_search_places", query="茶馆", region="浦东").items == []
    asked = server.asked("/v5/place/text")[0]
    assert (asked["region"], asked["city_limit"]) == ("310115", "true")


def by_keywords(**known):
    return {"/v3/config/district": lambda query: known.get(query["keywords"], districts()), "/v5/place/text": pois()}


GULOU = district("鼓楼区", "320106", citycode="025"), district("鼓楼区", "350102", citycode="0591")


def test_one_of_several_regions_is_told_by_its_city():
    nanjing = district("南京市", "320100", "city", "025", (district("玄武区", "320102"), GULOU[0]))
    with services(by_keywords(鼓楼区=districts(*GULOU), 南京市=districts(nanjing))) as server:
        with pytest.raises(ArgumentError, match="2 个叫“鼓楼区”"):
            answer(server, ("amap",), "map_search_places", query="茶馆", region="鼓楼区")
        answer(server, ("amap",), "map_search_places", query="茶馆", region="南京市鼓楼区")
    assert server.asked("/v5/place/text")[0]["region"] == "320106"


def test_a_city_goes_before_the_province_of_its_name():
    jilin = districts(district("吉林省", "220000", "province", []), district("吉林市", "220200", "city", "0432"))
    with services(by_keywords(吉林=jilin)) as server:
        answer(server, ("amap",), "map_search_places", query="茶馆", region="吉林")
    assert server.asked("/v5/place/text")[0]["region"] == "220200"


def test_a_region_that_is_none_is_an_error_of_the_argument():
    with services(by_keywords()) as server, pytest.raises(ArgumentError) as caught:
        answer(server, ("amap",), "map_search_places", query="茶馆", region="澜屿市")
    assert caught.value.parameter == "region" and "澜屿市" in caught.value.problem and caught.value.allowed


RATED = [
    poi(1, *SHANGHAI_GCJ, business={"rating": "4.1", "cost": "30.00"}),
    poi(2, *SHANGHAI_GCJ, business={"rating": "4.9", "cost": "300.00"}),
    poi(3, *SHANGHAI_GCJ, business={"rating": "4.5"}),
    poi(4, *SHANGHAI_GCJ, business={"cost": "50.00"}),
    poi(5, *SHANGHAI_GCJ),
]


@pytest.mark.parametrize(
    "given, ids",
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"limit": 2}, [1, 2]),
        ({"sort_by": "rating:d"}, [2, 3, 1, 4, 5]),
        ({"sort_by": "price:a"}, [1, 4, 2, 3, 5]),
        ({"sort_by": "price:d"}, [2, 4, 1, 3, 5]),
        ({"min_rating": 4.5}, [2, 3]),
        ({"price_max": 50}, [1, 4]),
        ({"price_min": 50}, [2, 4]),
        ({"price_min": 31, "price_max": 299, "min_rating": 1}, []),
    ],
)
def test_filters_and_orders(given, ids):
    with services({"/v5/place/text": pois(*RATED)}) as server:
        found = answer(server, ("amap",), "map_search_places", query="茶馆", **given)
    assert [item["id"] for item in found.items] == [f"B{number:04}" for number in ids] and found.note == ""


def test_filtering_looks_at_three_pages_and_says_so():
    def page(query):
        first = (int(query["page_num"]) - 1) * 25
        return pois(*(poi(first + at, *SHANGHAI_GCJ, business={"rating": "4.0"}) for at in range(25)))

    with services({"/v5/place/text": page}) as server:
        found = answer(server, ("amap",), "map_search_places", query="茶馆", min_rating=3)
    assert len(found.items) == 10 and "75" in found.note and len(server.seen) == 3


@pytest.mark.parametrize("given", [{"sort_by": "price:a"}, {"price_max": 9}, {"price_min": 9}])
def test_prices_that_amap_does_not_have_are_unavailable(given):
    with services({}) as server:
        why = refused(server, ("amap",), "map_search_places", query="酒店", price_category="price", **given)
    assert "标价" in why.reason and not why.retry and server.seen == []


def test_a_place_twice_is_one_and_one_without_a_point_is_none():
    with services({"/v5/place/text": pois(RATED[0], RATED[0], poi(9, 0, 0, location=""))}) as server:
        found = answer(server, ("amap",), "map_search_places", query="茶馆")
    assert [item["id"] for item in found.items] == ["B0001"]


@pytest.mark.parametrize(
    "broken",
    [
        {"name": 5},
        {"name": None},
        {"id": ""},
        {"location": [121.5, 31.1]},
        {"location": "31.1"},
        {"location": "121.5,91"},
        {"business": "none"},
        {"business": {"rating": 4.8}},
        {"business": {"rating": "6"}},
        {"business": {"cost": "-5"}},
        {"business": {"cost": "about 50"}},
        {"business": {"tel": 12345}},
        {"distance": 860},
        {"address": {"street": "x"}},
    ],
)
def test_a_field_of_another_kind_is_no_answer(broken):
    with services({"/v5/place/text": pois(poi(1, *SHANGHAI_GCJ) | broken)}) as server:
        why = refused(server, ("amap",), "map_search_places", query="茶馆")
    assert "文档不符" in why.reason and "pois[0]" in why.reason and not why.retry


@pytest.mark.parametrize(
    "answered", [{"status": "1", "infocode": "10000"}, {"status": 1, "infocode": "10000", "pois": []}]
)
def test_an_answer_without_its_frame_is_none(answered):
    with services({"/v5/place/text": answered}) as server:
        assert "文档不符" in refused(server, ("amap",), "map_search_places", query="茶馆").reason


@pytest.mark.parametrize("infocode", [*INFOCODES, "30001", "30007", "99999"])
def test_infocodes(infocode):
    with services({"/v5/place/text": refusal(infocode)}) as server:
        why = refused(server, ("amap",), "map_search_places", query="茶馆")
    passing = infocode in ("10004", "10014", "10015", "10016", "10019", "10020", "10021", "20003", "30001", "30007")
    assert why.reason.startswith("高德") and why.retry is (passing or infocode == "10017")
    assert len(server.seen) == (3 if passing else 1)
    if infocode in ("10003", "10044"):
        assert "用完" in why.reason and "明天" in why.reason
    if infocode == "10001":
        assert "AMAP_KEY" in why.reason
    assert not set(INFOCODES) & set(NO_ROUTE)


def test_a_keyword_that_amap_would_refuse():
    with services({"/v5/place/text": pois()}) as server:
        answer(server, ("amap",), "map_search_places", query="茶" * 80)
        with pytest.raises(ArgumentError, match="81"):
            answer(server, ("amap",), "map_search_places", query="茶" * 81)
    assert len(server.seen) == 1


def test_elsewhere_amap_has_nothing():
    with services({}) as server:
        why = refused(server, ("amap",), "map_search_places", query="cafe", center=(60.17, 24.94))
    assert "NOMINATIM_URL" in why.reason and server.seen == []


@pytest.mark.parametrize(
    "today, time, state",
    [
        ("09:00-17:00", "09:00", True),
        ("09:00-17:00", "16:59", True),
        ("09:00-17:00", "17:00", False),
        ("09:00-17:00", "08:59", False),
        ("11:00-14:00 17:00-22:00", "15:00", False),
        ("11:00-14:00,17:00-22:00", "17:30", True),
        ("00:00-24:00", "03:00", True),
        ("18:00-02:00", "23:59", True),
        ("18:00-02:00", "12:00", False),
        ("18:00-02:00", "01:00", None),  # the evening before may go on
        ("09:00-17:00", "05:59", None),
        ("周一至周五 09:00-17:00", "10:00", None),
        ("24小时营业", "10:00", None),
        ("9:00-17:00", "10:00", None),
    ],
)
def test_open_now(today, time, state):
    moment = datetime.fromisoformat(f"2026-01-05T{time}").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    assert open_now(today, moment) is state
    assert open_now(today, moment.astimezone(ZoneInfo("America/New_York"))) is state


def test_without_a_service_it_is_unavailable():
    with services({}) as server:
        why = refused(server, (), "map_search_places", query="茶馆")
    assert "AMAP_KEY" in why.reason
