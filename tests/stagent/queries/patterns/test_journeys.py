"""Times and distances of ways, by hand."""

from datetime import datetime

import pytest

from stagent.queries.answer import Fact, text_of
from stagent.queries.pattern import sentence
from stagent.queries.patterns.journeys import (
    clock,
    clocks,
    day_word,
    exactly,
    listed,
    main_roads,
    metres,
    next_day,
    rides,
    said_clock,
)
from stagent.queries.sayings import say_fact
from stagent.routing.geometry import haversine_m
from tests.stagent.queries.patterns.ways_drawn import drawn


@pytest.mark.parametrize(
    ("moment", "nearest", "around"),
    [
        ("2026-01-05T09:20:00+08:00", "09:20", ["09:20"]),
        ("2026-01-05T09:20:07+08:00", "09:20", ["09:20", "09:21"]),
        ("2026-01-05T09:20:40+08:00", "09:21", ["09:20", "09:21"]),
        ("2026-01-05T23:59:40+08:00", "00:00", ["23:59", "00:00"]),
    ],
)
def test_a_moment_is_said_to_the_minute_before_or_after(moment, nearest, around):
    assert clock(moment) == nearest
    assert clocks(moment) == around
    assert said_clock(moment)["any_of"] == around


def test_several_moments_are_all_right():
    assert said_clock("2026-01-05T09:20:00+08:00", "2026-01-05T09:19:30+08:00", entity="澜屿站") == {
        "kind": "value",
        "of": "clock",
        "any_of": ["09:20", "09:19"],
        "entity": "澜屿站",
    }


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(919, "15 分 19 秒"), (900, "15 分钟"), (3661, "1 小时 1 分 1 秒"), (7200, "2 小时"), (0, "0 秒")],
)
def test_a_duration_to_the_second(seconds, text):
    assert exactly(seconds, "澜屿站", "difference") == Fact(text, "duration", seconds, "澜屿站", "difference")


def test_a_duration_of_two_minutes_and_two_yuan_are_not_said_with_二():
    texts = {say_fact(kind, value, rng=_Last()).text for kind, value in (("duration", 120), ("money", 2))}
    assert texts == {"大约两分钟", "两元"}


class _Last:
    """Chance that always draws the last."""

    def choice(self, ways):
        return ways[-1]


def test_straight_metres_are_right_within_a_thousandth():
    a, b = (31.2, 168.5), (31.23, 168.46)
    assert metres(a, b) == pytest.approx(float(haversine_m(*a, *b)), rel=1e-3)


def test_the_longest_roads_stand_in_their_order_and_each_once():
    steps = [("甲路", 300), ("乙路", 900), ("", 2000), ("甲路", 400), ("丙路", 650)]
    item = {
        "steps": [{"road": road, "distance_m": length} if road else {"distance_m": length} for road, length in steps]
    }
    assert text_of(main_roads(item)) == "甲路、乙路"


def test_rides_are_what_one_rides():
    modes = ("walking", "bus", "waiting", "metro", "walking")
    assert [step["mode"] for step in rides({"steps": [{"mode": mode} for mode in modes]})] == ["bus", "metro"]


def test_days_are_said_from_today_on():
    now = datetime(2026, 1, 31, 23, 30)
    assert [day_word(now, datetime(2026, month, day)) for month, day in ((1, 31), (2, 1), (2, 2))] == [
        "今天",
        "明天",
        "后天",
    ]
    over = {"departure": "2026-01-05T22:00:00+08:00", "arrival": "2026-01-06T01:10:00+08:00"}
    assert next_day(over) == "次日" and next_day(over | {"arrival": "2026-01-05T23:10:00+08:00"}) == ""


def test_facts_are_listed_with_something_between():
    assert listed(["甲", "乙", "丙"], " → ") == ["甲", " → ", "乙", " → ", "丙"]
    assert listed([]) == []


def test_a_sentence_is_filled_with_pieces():
    place, time = Fact("澜屿站", "name", "澜屿站", "澜屿站"), Fact("约 11 分钟", "duration", 649, "澜屿站")
    assert sentence(("去{place}要{time}(。|。)",), _Last(), place=["甲、", place], time=time) == [
        *("去", "甲、", place),
        *("要", time, "。"),
    ]


def test_a_way_from_home_needs_no_search_for_it():
    chains = {(each.task.slots["start"] in ("", "家", "公司"), each.task.chain) for each in drawn("route_to", 12)}
    assert chains <= {
        (True, ("map_search_places", "map_compute_routes")),
        (False, ("map_search_places", "map_search_places", "map_compute_routes")),
    }
    assert len(chains) == 2
