"""Opening hours read from results, against the library that the worlds use."""

from datetime import date, datetime, timedelta

import pytest

from data_process.almanac import is_holiday
from stagent.queries.patterns.opening import covers, hours_on, open_through
from stagent.queries.patterns.still_open import open_by_text
from stagent.worlds.local.hours import Hours
from stagent.worlds.local.place import Coordinate, MapPlace
from tests.stagent.queries.patterns.ways_drawn import sandbox

MONDAY, TUESDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 8)


@pytest.mark.parametrize(
    ("text", "day", "holiday", "hours"),
    [
        ("全天", MONDAY, False, "全天"),
        ("每天 06:00-22:00", MONDAY, True, "06:00-22:00"),
        ("周二至周日 09:00-17:00；节假日 每天 09:00-18:00", MONDAY, False, "休息"),
        ("周二至周日 09:00-17:00；节假日 每天 09:00-18:00", MONDAY, True, "09:00-18:00"),
        ("周二至周日 09:00-17:00，节假日 每天 09:00-18:00", MONDAY, True, "09:00-18:00"),
        ("周三至周一 09:30-17:30", MONDAY, False, "09:30-17:30"),
        ("周三至周一 09:30-17:30", TUESDAY, False, "休息"),
        ("周二至周四,周日 18:30-01:00, 周五至周六 18:30-03:00", SUNDAY, False, "18:30-01:00"),
        ("周一至周五 10:30-14:00,17:00-21:00；周六至周日 10:30-22:00", MONDAY, False, "10:30-14:00,17:00-21:00"),
        ("Apr-Oct 每天 08:00-18:30；Nov-Mar 每天 08:30-17:00", MONDAY, False, None),
    ],
)
def test_the_hours_of_a_day(text, day, holiday, hours):
    assert hours_on(text, day, holiday) == hours


def test_texts_of_every_place_are_read_as_the_world_means_them():
    known = {place.hours for city in sandbox().cities for place in city.places if place.hours}
    days = [date(2026, 1, 1) + timedelta(days=9 * number) for number in range(40)]
    read = 0
    for hours in known:
        for day in days:
            found = hours_on(hours.text(), day, is_holiday(day))
            assert found == hours_on(hours.text().replace("；", "，"), day, is_holiday(day))
            if found is not None:
                read += 1
                assert found.replace(" ", "") == hours.on(day), (hours, day)
    assert read > 0.9 * len(known) * len(days)


@pytest.mark.parametrize(
    ("hours", "start", "end", "open_"),
    [
        ("10:00-14:00,17:00-22:00", "10:00", "14:00", True),
        ("10:00-14:00,17:00-22:00", "13:30", "17:30", False),
        ("18:00-02:00", "22:30", "23:45", True),
        ("10:00-22:00", "21:30", "22:01", False),
        ("全天", "03:00", "04:00", True),
        ("休息", "10:00", "11:00", False),
    ],
)
def test_from_a_moment_to_another(hours, start, end, open_):
    day = datetime(2026, 3, 2)
    a, b = (day + timedelta(hours=int(at[:2]), minutes=int(at[3:])) for at in (start, end))
    assert covers(hours, a, b) == open_


def test_open_through_is_open_at_every_minute():
    """Against ``Hours.is_open``, minute by minute."""
    place = MapPlace(
        "1", "甲", "cafe", Coordinate(30, 170), "市", hours=Hours("Mo 10:00-14:00,17:00-02:00; Tu 11:00-12:00")
    )
    for hour in range(0, 48):
        start = datetime(2026, 3, 2) + timedelta(hours=hour)
        for length in (30, 90, 240):
            minutes = (start + timedelta(minutes=number) for number in range(length))
            through = all(place.hours.is_open(minute) for minute in minutes)
            assert open_through(place, start, start + timedelta(minutes=length)) == through, (start, length)


def test_open_by_text_at_a_moment():
    at = datetime(2026, 3, 2, 23, 30)
    assert open_by_text("17:00-02:00", at) and open_by_text("全天", at)
    assert not open_by_text("10:00-22:00", at) and not open_by_text("休息", at)
    assert not open_by_text("10:00-23:30", at)
