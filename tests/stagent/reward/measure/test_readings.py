import pytest

from stagent.reward.measure.readings import SaidNumber, kind_of_key, number_of_words, read_value
from stagent.reward.measure.sayings_more import other_ways


@pytest.mark.parametrize(
    ("words", "number"),
    [("二百零五", 205), ("十五", 15), ("四点八", 4.8), ("两千零二十", 2020), ("一万二", 10002), ("0.5", 0.5)],
)
def test_numerals(words, number):
    assert number_of_words(words) == pytest.approx(number)


@pytest.mark.parametrize(
    ("kind", "text", "value", "within"),
    [
        ("duration", "约 3 小时 6 分钟", 11160, 30),
        ("duration", "14 分 6 秒", 846, 0.5),
        ("duration", "一刻钟左右", 900, 450),
        ("duration", "两个半小时", 9000, 450),
        ("duration", "约 3.1 小时", 11160, 180),
        ("distance", "约 5.1 公里", 5100, 50),
        ("distance", "1.13km", 1130, 5),
        ("distance", "三百二十米", 320, 0.5),
        ("clock", "晚上 9 点05分", 1265, 0.5),
        ("clock", "上午九点半", 570, 0.5),
        ("clock", "中午 12 点一刻", 735, 0.5),
        ("clock", "凌晨12点", 0, 0.5),
        ("date", "1 月 6 号", 106, 0),
        ("date", "2026-01-06", 106, 0),
        ("money", "￥130.5", 130.5, 0.05),
        ("money", "免费", 0, 0),
        ("rating", "四点八分", 4.8, 0.05),
        ("temperature", "零下三度", -3, 0.5),
        ("percent", "百分之三十五", 35, 0.5),
        ("count", " 2 ", 2, 0.5),
    ],
)
def test_a_value_and_how_exactly_it_is_said(kind, text, value, within):
    assert read_value(kind, text) == pytest.approx(SaidNumber(value, within))


@pytest.mark.parametrize(
    ("kind", "text"),
    [("clock", "25:10"), ("clock", "9:75"), ("date", "明天"), ("name", "2路"), ("distance", "走一会儿")],
)
def test_what_is_no_value_is_not_read(kind, text):
    assert read_value(kind, text) is None


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("duration", [45, 649, 900, 1800, 5400, 9000, 11160]),
        ("distance", [20, 320, 999, 5087, 12782]),
        ("clock", ["09:30", "21:05", "12:15", "00:55", "18:45", "11:00"]),
        ("money", [2, 56, 130.5, 2280, 0]),
        ("rating", [4.8, 3.0]),
        ("temperature", [-3, 0, 37]),
        ("percent", [5, 35, 100]),
        ("count", [3, 53, 205]),
        ("date", ["2026-01-06", "2026-11-24"]),
    ],
)
def test_every_other_way_to_say_a_value_says_that_value(kind, values):
    exact = {"clock": lambda v: int(v[:2]) * 60 + int(v[3:]), "date": lambda v: int(v[5:7]) * 100 + int(v[8:])}
    for value in values:
        for style, texts in other_ways(kind, value, "2026-01-05T09:00:00+08:00").items():
            for text in texts:
                said = read_value(kind, text)
                if text not in ("明天", "不到 1 分钟"):
                    assert said is not None, (style, text)
                    assert said.covers(exact.get(kind, float)(value)), (style, text)


def test_kinds_of_keys():
    keys = (
        "duration_s",
        "average_cost_yuan",
        "rating",
        "departure",
        "sunset",
        "hours_today",
        "open_now",
        "line",
        "cabin",
    )
    kinds = ("duration", "money", "rating", "clock", "clock", "hours", "open", "name", "word")
    assert tuple(map(kind_of_key, keys)) == kinds
