"""What may change in a moment, what is possible, what matters."""

import random
from datetime import datetime

import pytest

from gplan.world import moments
from gplan.world.geography import Poi
from gplan.world.moments import candidates, is_possible, last_on, what_matters, window
from gplan.world.places import Atlas, with_place
from tests.support.hotel_order import HOTEL, MALL, MEAL, STATION, other, request, seconds


@pytest.fixture
def atlas():
    return Atlas([request(), other()])


NOW_TO_CHECK_OUT = "2026-03-11 15:00:00", "2026-03-12 14:00:00"


@pytest.mark.parametrize(
    ("fields", "first", "last"),
    [
        # Ordered at 12:00 exactly, the history's 12 o'clock is over at 13:00; the room must be left at 14:00.
        ({}, "2026-03-11 13:00:00", "2026-03-12 14:00:00"),
        # The newest entry is of this very hour: certainly done now, not a minute before.
        ({"currenttime": "2026-03-11 12:40:00"}, "2026-03-11 12:40:00", "2026-03-12 14:00:00"),
        ({"trigger_5": ""}, *NOW_TO_CHECK_OUT),  # ordered some time before now
        ({"trigger_5": "2026-03-11 14:59:59"}, "2026-03-11 14:59:59", "2026-03-12 14:00:00"),
        ({"short_term_behavior_seq": ""}, "2026-03-11 12:00:00", "2026-03-12 14:00:00"),
        ({"short_term_behavior_seq": "昨天"}, *NOW_TO_CHECK_OUT),  # can't be read
        # An entry of a day that never was.
        ({"short_term_behavior_seq": f"{MEAL}, {MEAL.replace('3月11', '2月30')}"}, *NOW_TO_CHECK_OUT),
        # No end: fresh for a day from the start, which is later than the order.
        ({"trigger_7": "", "trigger_6": "2026-03-11 18:00:00"}, "2026-03-11 13:00:00", "2026-03-12 18:00:00"),
        ({"trigger_7": "2026-06-10 23:59:59"}, "2026-03-11 13:00:00", "2026-03-18 15:00:00"),  # seven days at most
        ({"trigger_7": "2026-03-12 20:15:00"}, "2026-03-11 13:00:00", "2026-03-12 20:15:00"),
        ({"trigger_7": "2026-03-10 00:00:00"}, "2026-03-11 13:00:00", "2026-03-11 15:00:00"),  # over already
        # No order: from the history to a day from now.
        (dict.fromkeys((f"trigger_{i}" for i in range(1, 8)), ""), "2026-03-11 13:00:00", "2026-03-12 15:00:00"),
    ],
)
def test_the_window_by_hand(fields, first, last):
    row = request(**fields)
    assert window(row, seconds(row["currenttime"])) == (seconds(first), seconds(last))


def test_history_without_years():
    assert last_on(12, 31, 23, datetime(2026, 1, 1, 0, 30)) == datetime(2025, 12, 31, 23)
    assert last_on(1, 1, 0, datetime(2026, 1, 1, 0, 30)) == datetime(2026, 1, 1)
    assert last_on(2, 29, 8, datetime(2026, 3, 1)) == datetime(2024, 2, 29, 8)
    assert last_on(2, 30, 8, datetime(2026, 3, 1)) is None
    assert last_on(3, 1, 24, datetime(2026, 3, 1)) is None
    newest = "在12月31日周三23点act_1了位于本地商场的p_5"
    now = datetime(2026, 1, 1, 9)
    row = request(currenttime="2026-01-01 09:00:00", short_term_behavior_seq=newest, trigger_5="2025-12-31 20:00:00")
    assert window(row, now)[0] == datetime(2026, 1, 1)


def test_possible_moments(atlas):
    at = {"currenttime": "2026-03-11 20:00:00"}
    for twin in (
        request(**at),
        with_place(request(), HOTEL),  # the own order's place, its tag from the history
        with_place(request(**at), STATION),  # five hours later, seen in the other row
        with_place(request(currenttime="2026-03-12 08:00:00"), Poi("p_1", "住宅区", "无锡市", "梁溪区")),  # home
        request(currenttime="2026-03-11 13:00:00"),
        request(**at, raw_labels="not looked at"),
    ):
        assert is_possible(request(), twin, atlas) is None


@pytest.mark.parametrize(
    ("twin", "reason"),
    [
        (request(profile_feat_3="1"), "columns"),
        (request(trigger_5="2026-03-11 11:00:00"), "columns"),
        (request(id="8"), "columns"),
        (request(currenttime="soon"), "time.unreadable"),
        (request(currenttime="2026-03-11 12:59:59"), "time.too_early"),
        (request(currenttime="2026-03-12 14:00:01"), "time.too_late"),
        (request(currenttime="2026-06-11 08:00:00"), "time.too_late"),
        (request(weekendflag="1"), "flags.calendar"),
        (request(holidayflag="1"), "flags.calendar"),
        (request(currenttime="2026-03-12 08:00:00", weekendflag="1"), "flags.calendar"),
        (request(current_tag="商务酒店"), "place.parts"),
        (request(current_city="无锡市"), "place.parts"),
        (request(current_district="吴中区"), "place.parts"),
        (with_place(request(), HOTEL._replace(tag="酒店")), "place.parts"),
        (with_place(request(), HOTEL._replace(district="姑苏区")), "place.parts"),
        (with_place(request(currenttime="2026-03-11 20:00:00"), Poi("p_2", "公司", "无锡市", "梁溪区")), "place.parts"),
        (with_place(request(), STATION), "place.journey"),
        (with_place(request(currenttime="2026-03-11 18:59:59"), STATION), "place.journey"),
        (with_place(request(currenttime="2026-03-11 13:00:00"), STATION), "place.journey"),
    ],
)
def test_impossible_moments(atlas, twin, reason):
    assert is_possible(request(), twin, atlas) == reason


def test_nobody_comes_from_elsewhere_to_where_they_are(atlas):
    """Order and history allow the morning, but the person would have had to be in another city before the anchor."""
    fields = {"trigger_5": "2026-03-10 20:00:00", "short_term_behavior_seq": ""}
    morning = request(**fields, currenttime="2026-03-11 08:00:00")
    assert is_possible(request(**fields), morning, atlas) is None
    assert is_possible(request(**fields), with_place(morning, STATION), atlas) == "place.journey"


def test_days_change_only_where_the_calendar_is_known():
    ticket = {"trigger_1": "门票", "trigger_7": "2026-06-10 23:59:59"}
    saturday = {"currenttime": "2026-03-14 10:00:00"}
    anchor, atlas = request(**ticket), Atlas([request()])
    assert is_possible(anchor, request(**ticket, **saturday, weekendflag="1"), atlas) is None
    # A file of another year, or with flags of its own: only its own day's flags are known.
    for year, flag in (("2025", "0"), ("2026", "1")):
        fields = {name: anchor[name].replace("2026", year) for name in ("trigger_5", "trigger_6", "trigger_7")}
        row = anchor | fields | {"currenttime": f"{year}-03-11 15:00:00", "weekendflag": flag}
        later = row | {"currenttime": f"{year}-03-11 21:00:00"}
        next_day = row | {"currenttime": f"{year}-03-12 10:00:00"}
        assert is_possible(row, later, atlas) is None
        for holiday, weekend in ("00", "01", "10", "11"):
            moved = next_day | {"holidayflag": holiday, "weekendflag": weekend}
            assert is_possible(row, moved, atlas) == "flags.calendar"
        days = {one["currenttime"][:10] for _, one in zip(range(30), candidates(row, atlas, random.Random(0)))}  # noqa: B905
        assert days == {f"{year}-03-11"}


@pytest.mark.parametrize(
    ("twin", "expected"),
    [
        (request(currenttime="2026-03-11 16:59:00"), []),
        (request(currenttime="2026-03-11 17:00:00"), ["day_part"]),
        (request(currenttime="2026-03-12 15:00:00"), ["order_ending"]),
        (request(weekendflag="1"), ["kind_of_day"]),
        (request(holidayflag="1"), ["kind_of_day"]),
        (with_place(request(), HOTEL), ["at_order", "place"]),
        (with_place(request(), MALL._replace(name="p_6", district="吴中区")), []),  # another mall
        (with_place(request(), STATION), ["order_city", "home", "place"]),
        (with_place(request(), Poi("p_1", "商场", "苏州市", "姑苏区")), ["home"]),
    ],
)
def test_what_matters(twin, expected):
    assert what_matters(request(), twin) == expected


def test_an_order_that_begins_matters():
    booked = {"trigger_6": "2026-03-11 15:30:00"}
    assert what_matters(request(**booked), request(**booked, currenttime="2026-03-11 15:29:59")) == []
    assert what_matters(request(**booked), request(**booked, currenttime="2026-03-11 15:30:00")) == ["order_begun"]


def test_places_whose_parts_are_not_all_known_are_never_used():
    alone = Atlas([request(), other(current_district="")])
    assert alone.seen == {MALL}
    assert alone.own(request()) == {"order": HOTEL}  # 无锡市梁溪区 stands in no row's two columns
    assert Atlas([other()]).own(request()) == {"order": HOTEL, "home": Poi("p_1", "住宅区", "无锡市", "梁溪区")}
    assert "order" not in alone.own(request(short_term_behavior_seq=""))
    twice = [other(current_city="无锡", current_district="市梁溪区"), other()]  # the same text, cut in two ways
    assert "home" not in Atlas(twice).own(request())


def test_the_search_ends(monkeypatch):
    monkeypatch.setattr(moments, "what_matters", lambda anchor, twin: [])
    assert list(candidates(request(), Atlas([request(), other()]), random.Random(0))) == []
