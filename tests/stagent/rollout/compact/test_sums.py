"""Differences, sums and multiples worked by hand; parts that don't fit give nothing."""

import pytest

from stagent.rollout.compact.fields import FieldValue
from stagent.rollout.compact.sums import field_at, minus, plus, sum_at, times
from tests.stagent.reward.episodes import search, trains
from tests.stagent.rollout.compact.by_hand import VOCABULARY, read, said, things, tokens_in

LATE = FieldValue("clock", "23:30", "2026-01-05T23:30:00+08:00")
HOUR = FieldValue("duration", 3600)
NAME, OPEN = FieldValue("name", "济安药房"), FieldValue("open", True)
BEST, CHEAP = FieldValue("rating", 5.0), FieldValue("money", 269)


def test_differences():
    assert minus(FieldValue("duration", 8460), FieldValue("duration", 8580)) == ("duration", 120, "")
    assert minus(FieldValue("clock", "12:01"), FieldValue("clock", "09:40")) == ("duration", 141 * 60, "")
    assert minus(FieldValue("money", 448.5), FieldValue("money", 279)) == ("money", 169.5, "")
    assert minus(FieldValue("money", 0.3), FieldValue("money", 0.1)) == ("money", 0.2, "")  # not 0.19999999999999998
    assert minus(FieldValue("temperature", -3), FieldValue("temperature", 9)) == ("temperature", 12, "")
    assert minus(BEST, FieldValue("rating", 4.8)) == ("rating", 0.2, "")


def test_sums():
    assert plus(CHEAP, FieldValue("money", 448.5)) == ("money", 717.5, "")
    assert plus(LATE, HOUR) == ("clock", "00:30", "2026-01-06T00:30:00+08:00")
    assert plus(FieldValue("clock", "23:30"), HOUR) == ("clock", "00:30", "")
    assert plus(FieldValue("clock", "09:00"), FieldValue("duration", 119)) == ("clock", "09:01", "")
    assert plus(FieldValue("clock", "24:00"), FieldValue("duration", 600)) == ("clock", "00:10", "")  # of a page
    assert plus(FieldValue("clock", "23:30"), FieldValue("duration", 60 * 999_999_999)) == (
        "clock",
        "10:09",
        "",
    )  # 1410 + 999,999,999 ≡ 609


def test_multiples():
    assert times(3, FieldValue("money", 279)) == ("money", 837, "")
    assert times(2, FieldValue("duration", 90)) == ("duration", 180, "")


@pytest.mark.parametrize(
    "pair",
    [(LATE, CHEAP), (CHEAP, HOUR), (NAME, NAME), (OPEN, OPEN), (HOUR, LATE), (FieldValue("date", "2026-01-06"),) * 2],
)
def test_parts_that_don_t_fit_give_nothing(pair):
    assert minus(*pair) is None and plus(*pair) is None


def test_what_there_can_t_be_more_of():
    assert plus(BEST, BEST) is None and plus(LATE, LATE) is None
    assert plus(FieldValue("temperature", 9), FieldValue("temperature", 9)) is None
    for value in (BEST, LATE, NAME, OPEN):
        assert times(2, value) is None


@pytest.fixture
def known():
    """Shops are <3> to <5>, the trains G12 and G14 are <6> and <7>."""
    found = things()
    read(search(), found)
    read(trains(), found)
    return found


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("<minus> <6> <.duration_s> <7> <.duration_s>", "约 2 分钟"),
        ("<minus> <7> <.departure> <6> <.departure>", "约 48 分钟"),
        ("<plus> <6> <.departure> <6> <.duration_s>", "12:01"),
        ("<plus> <6> <.fares.0.fare_yuan> <7> <.fares.0.fare_yuan>", "548 元"),
        ("<times> 3 <6> <.fares.0.fare_yuan>", "837 元"),
        ("<minus> <6> <.duration_s> <7> <.departure>", ""),
        ("<minus> <6> <.rating> <7> <.duration_s>", ""),  # a field that it doesn't have
        ("<plus> <90> <.duration_s> <6> <.duration_s>", ""),
        ("<plus> <3> <.rating> <3> <.rating>", ""),
    ],
)
def test_a_sum_takes_its_tokens(known, tokens, text):
    given = tokens_in(tokens)
    value, length = sum_at(given, 0, known)
    assert length == len(given) and (value is None) == (text == "")
    assert said(["一共", *given, "。"], known) == f"一共{text}。"


@pytest.mark.parametrize(
    ("tokens", "length"),
    [
        (["<minus>"], 1),
        (["<plus>", "<6>"], 2),
        (["<plus>", "<6>", "<.duration_s>"], 3),
        (["<minus>", "<minus>", "<6>", "<.duration_s>"], 1),
        (["<times>"], 1),
        (["<times>", "药店", "<6>"], 1),
        (["<times>", "3"], 2),
        (["<times>", "1", "2", "<6>"], 2),  # one digit
    ],
)
def test_a_sum_that_is_cut_off_is_nothing(known, tokens, length):
    assert sum_at(tokens, 0, known) == (None, length)


def test_a_digit_of_another_script_is_no_count(known):
    assert sum_at(["<times>", "②", "<6>", "<.duration_s>"], 0, known) == (None, 1)


def test_a_field_and_its_tokens(known):
    assert field_at(["<6>", "<.duration_s>"], 0, known) == (("duration", 8460, ""), 2)
    assert field_at(["<6>", "<.rating>"], 0, known) == (None, 2)
    assert field_at(["<6>", "去"], 0, known) == (None, 1) and field_at(["<6>"], 0, known) == (None, 1)
    assert field_at(["去"], 0, known) == (None, 0) and field_at([], 0, known) == (None, 0)
    assert "<.duration_s>" in VOCABULARY.ids
