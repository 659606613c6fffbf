"""Strict reading: every kind of value, and what is none of it."""

import pytest

from stagent.worlds.live.shape import Node
from stagent.worlds.protocol import Unavailable

WRONG = [None, True, 3, 3.5, "", "x", "1e5", "NaN", "١٢", "-1", [], [1], {}, {"a": 1}, "1" * 40]


def refuses(read, value) -> bool:
    try:
        read(Node(value, "某服务", "here"))
    except Unavailable as why:
        assert "某服务" in why.reason and "here" in why.reason and not why.retry
        return True
    return False


@pytest.mark.parametrize("value", WRONG)
def test_numbers_in_text_are_digits_alone(value):
    assert refuses(Node.count, value)
    assert refuses(Node.decimal, value)
    assert refuses(Node.integer, value) == (value != "-1")


def test_what_is_read():
    assert Node("2385", "s").count() == 2385
    assert Node("-7", "s").integer() == -7
    assert (Node("4.8", "s").decimal(), Node("85.00", "s").decimal()) == (4.8, 85)
    assert isinstance(Node("85.00", "s").decimal(), int)
    assert Node(" 两\n行\t文字 ", "s").text() == "两 行 文字"
    assert Node("104.5,30.25", "s").lon_lat() == (30.25, 104.5)
    assert Node("104.5,30.25;104.6,30.3;", "s").line() == [(30.25, 104.5), (30.3, 104.6)]


@pytest.mark.parametrize(
    "value", [None, 5, "", "104.5", "104.5,30.2,1", "181,3", "3,91", "a,b", "104.5 30.2", ["1", "2"]]
)
def test_what_is_no_coordinate(value):
    assert refuses(Node.lon_lat, value)


@pytest.mark.parametrize("value", [None, "5", True, float("inf"), float("nan"), [], 101, -1])
def test_what_is_no_number_from_0_to_100(value):
    assert refuses(lambda node: node.number(0, 100), value)


@pytest.mark.parametrize("value", [None, 5, "", "2026-13-01", "tomorrow", "2026-01-05T09:00+08:00"])
def test_what_is_no_time(value):
    assert refuses(Node.moment, value)


def test_ranges_are_checked():
    assert refuses(lambda node: node.decimal(0, 5), "5.1")
    assert refuses(lambda node: node.decimal(0, 5), "-0.1")


def test_empty_is_unknown_and_missing_is_named():
    node = Node({"a": "", "b": [], "c": {}, "d": None, "e": 0, "f": {"g": []}}, "某服务")
    assert [node.find(key) for key in "abcdz"] == [None] * 5
    assert node.find("e").value == 0
    assert node["f"].entries("g") == []
    with pytest.raises(Unavailable, match="f\\.x"):
        node["f"]["x"]
    with pytest.raises(Unavailable, match="f\\.x 应为列表"):
        node["f"].entries("x")
    with pytest.raises(Unavailable, match="a"):
        node["a"]
    assert refuses(lambda node: node.find("a"), ["a"])
    assert refuses(Node.each, {"a": 1})
