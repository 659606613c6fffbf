"""map_search_places: what a query means, filters, orders, and what is said of a place."""

import math
import random
from datetime import datetime, timedelta

import pytest

from stagent.worlds.fields import FIELDS
from stagent.worlds.local.categories import CATEGORIES, WITHIN
from stagent.worlds.local.hours import Hours
from stagent.worlds.local.words import take_apart
from stagent.worlds.protocol import ArgumentError, Unavailable
from tests.stagent.worlds.local.town import CLOCK, PLACES, STEP_M, ZONE, ask, at, names, place, town


@pytest.fixture(scope="module")
def world():
    return town()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("川菜", {"老地方川菜馆", "蜀香园"}),  # a synonym
        ("吃饭的地方", {"老地方川菜馆", "蜀香园", "围炉火锅", "晨光咖啡"}),  # a wider category
        ("ＣＯＦＦＥＥ", {"晨光咖啡"}),
        ("公园", {"横山公园"}),  # a category: not whatever has the word in its name
        ("蜀香园", {"蜀香园"}),
        ("晨光", {"晨光咖啡", "晨光书店"}),  # part of a name
        ("jia history", {"甲市历史博物馆"}),  # another name
        ("老字号", {"老地方川菜馆"}),  # a tag
        ("横5路8号", {"晨光书店"}),  # an address
        ("晨光咖啡厅", {"晨光咖啡"}),  # words of name and category
        ("老字号川菜", {"老地方川菜馆"}),
        ("山前区评分高的川菜馆", {"蜀香园"}),
        ("川菜 in Sea View", {"老地方川菜馆"}),
        ("甲市历史搏物馆", {"甲市历史博物馆"}),  # a slip: names alike
        ("川菜博物馆", set()),  # nothing is both
        ("海底捞", set()),
        ("网吧", set()),  # a category of which there is none
        ("，", set()),
    ],
)
def test_a_query_finds_what_the_whole_of_it_means(world, query, expected):
    assert set(names(ask(world, "map_search_places", query=query))) == expected


def test_the_exact_name_comes_first_and_similar_names_are_said_to_be_similar(world):
    assert names(ask(world, "map_search_places", query="甲市站")) == ["甲市站", "甲市站停车场"]
    assert "名称相近" in ask(world, "map_search_places", query="甲市历史搏物馆").note
    assert "可用 min_rating" in ask(world, "map_search_places", query="评分高的川菜").note
    unrated = town([place(1, "a", "sichuan", 1, 1)])
    assert "没有评分数据" in ask(unrated, "map_search_places", query="评分高的川菜").note


def test_a_query_is_taken_apart_by_its_longest_words():
    words = take_apart("望海区评分高的老字号川菜馆", {"望海区"}, {"老字号"})
    assert (words.regions, list(words.hints), words.rest, words.categories) == (
        ["望海区"],
        ["评分高"],
        ["老字号"],
        ["sichuan"],
    )
    # "bar" is no word of "barista", "old kamp" is two words, CJK characters that stand together are one
    assert take_apart("barista old kamp 星河", {}, {}).rest == ["barista", "old", "kamp", "星河"]
    assert take_apart("bars bar", {}, {}).categories == ["bar"]


def test_what_is_said_of_a_place_is_what_is_known_in_the_order_of_the_contract(world):
    (item,) = ask(world, "map_search_places", query="晨光咖啡", center=at(5, 5)).items
    assert item == {
        "id": "P004",
        "name": "晨光咖啡",
        "category": "咖啡馆",
        "city": "甲市",
        "district": "山前区",
        "location": "0.00500,150.00550",
        "distance_m": 56,  # half a step
        "rating": 3.9,
        "average_cost_yuan": 30,
        "open_now": True,
        "hours_today": "08:00-20:00",
        "hours": "每天 08:00-20:00；节假日 10:00-16:00",
    }
    assert list(item).index("distance_m") == list(item).index("location") + 1
    answers = [ask(world, "map_search_places", query=CATEGORIES[one.category].zh) for one in PLACES]
    assert all(
        key in FIELDS and value is not None for found in answers for it in found.items for key, value in it.items()
    )


def test_regions_have_several_names_and_unknown_ones_are_refused(world):
    assert [world.region(text) for text in ("甲市", "JIA", "望海", "甲市望海区", "sea view", "天涯")] == [
        "甲市",
        "甲市",
        "望海区",
        "望海区",
        "望海区",
        None,
    ]
    assert names(ask(world, "map_search_places", query="川菜", region="望海区")) == ["老地方川菜馆"]
    with pytest.raises(ArgumentError) as error:
        ask(world, "map_search_places", query="川菜", region="天涯")
    assert error.value.parameter == "region" and "望海区" in error.value.allowed


def test_filters_leave_out_what_is_unknown_and_say_so(world):
    found = ask(world, "map_search_places", query="餐馆", min_rating=4.5)
    assert set(names(found)) == {"老地方川菜馆", "蜀香园"}
    found = ask(world, "map_search_places", query="景点", min_rating=4.5)
    assert names(found) == ["甲市历史博物馆"] and "1 个地点没有" in found.note  # the park has no rating
    found = ask(world, "map_search_places", query="景点", min_rating=4.5, center=at(2, 7), radius=100)
    assert names(found) == ["甲市历史博物馆"] and "没有" not in found.note  # and is too far away to be spoken of
    assert names(ask(world, "map_search_places", query="餐馆", price_min=60, price_max=90, sort_by="price:d")) == [
        "蜀香园",
        "老地方川菜馆",
    ]
    found = ask(world, "map_search_places", query="甲市", price_category="price", price_max=8, sort_by="price:a")
    assert names(found) == ["甲市历史博物馆", "甲市站停车场"]
    with pytest.raises(ArgumentError, match="price_max"):
        ask(world, "map_search_places", query="餐馆", price_min=60, price_max=50)


def test_a_world_without_ratings_says_so_instead_of_finding_nothing():
    world = town([place(1, "a", "cafe", 1, 1), place(2, "b", "cafe", 1, 2)])
    for more in ({"min_rating": 1}, {"sort_by": "rating:d"}, {"price_max": 50}, {"sort_by": "price:a"}):
        with pytest.raises(Unavailable, match="没有"):
            ask(world, "map_search_places", query="咖啡", **more)
    assert len(ask(world, "map_search_places", query="咖啡").items) == 2


def test_points_off_the_map_and_distance_without_a_centre_are_refused(world):
    with pytest.raises(ArgumentError) as error:
        ask(world, "map_search_places", query="咖啡", center=(0.03, 150.0))  # 2.2 km north of the last street
    assert error.value.parameter == "center" and "0.000 至 0.010" in error.value.allowed
    assert ask(world, "map_search_places", query="咖啡", center=(0.027, 150.0)).items  # 1.9 km
    with pytest.raises(ArgumentError, match="center"):
        ask(world, "map_search_places", query="咖啡", sort_by="distance")


def test_a_world_without_places_and_the_longest_query_have_answers(world):
    assert ask(town([]), "map_search_places", query="咖啡", center=at(1, 1)).items == []
    assert ask(world, "map_search_places", query="天" * 200).items == []
    assert ask(world, "map_search_places", query="a b " * 50).items == []


def test_nothing_within_the_radius_says_how_far_the_nearest_is(world):
    found = ask(world, "map_search_places", query="火车站", center=at(0, 9), radius=500)
    assert found.items == [] and f"{9 * STEP_M:.0f} 米外" in found.note


def _metres(a, b) -> float:
    """The haversine, written once more."""
    north, east = math.radians(b[0] - a[0]), math.radians(b[1] - a[1])
    half = (
        math.sin(north / 2) ** 2 + math.cos(math.radians(a[0])) * math.cos(math.radians(b[0])) * math.sin(east / 2) ** 2
    )
    return 2 * 6_371_008.8 * math.asin(math.sqrt(half))


def test_radius_region_filters_and_orders_agree_with_a_plain_loop():
    rng = random.Random(5)
    kinds = ["sichuan", "hotpot", "cafe", "cinema", "park"]
    places = [
        place(
            number,
            f"地{number}",
            rng.choice(kinds),
            10 * rng.random(),
            10 * rng.random(),
            rating=rng.choice([None, 3.5, 4.0, 4.5]),
            average_cost=rng.choice([None, 20, 50, 80]),
        )
        for number in range(300)
    ]
    world = town(places)
    for _ in range(60):
        word, key = rng.choice([("美食", "food"), ("餐馆", "restaurant"), ("川菜", "sichuan"), ("电影院", "cinema")])
        center, radius = at(10 * rng.random(), 10 * rng.random()), rng.choice([150, 300, 600])
        least, low, limit = rng.choice([None, 4.0]), rng.choice([None, 50]), rng.randint(1, 20)
        region = rng.choice([None, "望海区", "山前区"])
        sort = rng.choice(["distance", "rating:d", "price:a", "price:d"])
        expected = [
            (one, _metres(one.at, center))
            for one in places
            if one.category in WITHIN[key]
            and _metres(one.at, center) <= radius
            and (region is None or one.district == region)
            and (least is None or (one.rating is not None and one.rating >= least))
            and (low is None or (one.average_cost is not None and one.average_cost >= low))
        ]

        order = {
            "distance": lambda pair: pair[1],
            "rating:d": lambda pair: math.inf if pair[0].rating is None else -pair[0].rating,
            "price:a": lambda pair: math.inf if pair[0].average_cost is None else pair[0].average_cost,
            "price:d": lambda pair: math.inf if pair[0].average_cost is None else -pair[0].average_cost,
        }[sort]
        expected.sort(key=lambda pair: (order(pair), pair[0].id))
        found = ask(
            world,
            "map_search_places",
            query=word,
            center=center,
            radius=radius,
            region=region,
            min_rating=least,
            price_min=low,
            limit=limit,
            sort_by=sort,
        )
        assert [item["id"] for item in found.items] == [one.id for one, _ in expected[:limit]]
        assert all(item["distance_m"] == round(far) for item, (_, far) in zip(found.items, expected, strict=False))


def test_no_place_is_open_outside_its_hours(world):
    spans = {  # by hand: weekday -> minutes of opening and closing, beyond 24 h where past midnight
        "P002": lambda day: (600, 1320) if day.weekday() < 5 else None,
        "P003": lambda day: (1020, 1560),
        "P004": lambda day: (600, 960) if day.strftime("%m%d") in ("0101", "0102", "0103") else (480, 1200),
        "P006": lambda day: (0, 1440),
    }
    clock = datetime(2026, 1, 1, 0, 30, tzinfo=ZONE)  # through the New Year holiday into a week of work
    checked = 0
    for _ in range(24 * 8):
        for query in ("餐馆", "咖啡", "火车站"):
            for item in ask(world, "map_search_places", clock, query=query).items:
                if item["id"] not in spans:
                    assert "open_now" not in item
                    continue
                minute = clock.hour * 60 + clock.minute
                today, before = (spans[item["id"]](clock - timedelta(days=back)) for back in (0, 1))
                is_open = any(
                    span is not None and span[0] <= minute + shift < span[1]
                    for span, shift in ((today, 0), (before, 1440))
                )
                assert item["open_now"] == is_open, (item, clock)
                checked += 1
        clock += timedelta(hours=1)
    assert checked == 24 * 8 * 4


def test_hours_know_the_holidays_of_a_country_and_the_sun():
    hours = Hours("Mo-Su 09:00-17:00; PH 10:00-12:00", near=(60.2, 24.9))
    assert hours.on(datetime(2026, 12, 6).date()) == "10:00-12:00"  # Finland's day of independence, a Sunday
    assert hours.on(datetime(2026, 12, 13).date()) == "09:00-17:00"
    assert Hours(hours.regular).on(datetime(2026, 12, 6).date()) == "09:00-17:00"
    dark = Hours("sunrise-sunset", near=(60.2, 24.9))  # Helsinki: some six hours of sun in December
    (span,) = dark.intervals(datetime(2026, 12, 21).date())
    assert timedelta(hours=5) < span[1] - span[0] < timedelta(hours=6.5)
    assert span[0].tzinfo is None and not dark.is_open(CLOCK.replace(month=12, day=21, hour=8))
