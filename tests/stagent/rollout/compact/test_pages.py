"""Numbers of a page, worked by hand."""

import pytest

from stagent.rollout.compact.pages import MOST, PageNumber, numbers_of
from tests.stagent.reward.episodes import PAGE


def test_where_a_number_stands_and_what_it_is():
    assert list(numbers_of("成人票 40 元")) == [PageNumber(4, 8, "money.0", "money", 40)]
    paths = [(each.path, each.value) for each in numbers_of(PAGE["excerpt"])]
    assert paths == [("mass.0", 20), ("mass.1", 7), ("money.0", 25), ("mass.2", 99)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("90 分钟", "duration", 5400),
        ("1.5 公里", "distance", 1500),
        ("800米", "distance", 800),
        ("20:00 后", "clock", "20:00"),
        ("08:30-11:00,13:00-21:30", "hours", "08:30-11:00,13:00-21:30"),
        ("30%", "percent", 30),
        ("3 站", "count", 3),
        ("12.5 千克", "mass", 12.5),
    ],
)
def test_kinds_in_their_units(text, kind, value):
    number = next(numbers_of(text))
    assert (number.path, number.kind, number.value) == (f"{kind}.0", kind, value)


def test_the_first_of_each_kind():
    text = "".join(f"{number} 元、" for number in range(10)) + "5 公斤"
    assert [each.value for each in numbers_of(text)] == [*range(MOST), 5]


@pytest.mark.parametrize(
    "text",
    ["9" * 400 + " 公里", "9" * 5000 + " 元", "9" * 400 + ".5 元", "9" * 5000 + " 分钟", "1234567890 元", "112:30"],
)
def test_numbers_that_no_value_has_are_none(text):
    assert list(numbers_of(text)) == []
