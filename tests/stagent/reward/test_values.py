"""Values that texts say: kinds, sizes and the digits shown, worked out by hand. The day is Monday, 2026-01-05."""

from datetime import date

import pytest

from stagent.reward.plain import plain
from stagent.reward.values import values


def said(text: str) -> list[tuple]:
    return [(value.kind, value.value) for value in values(plain(text).text, date(2026, 1, 5))]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("约 5.1 公里", "distance", 5100),
        ("320m", "distance", 320),
        ("三点五公里", "distance", 3500),
        ("半小时", "duration", 1800),
        ("一刻钟", "duration", 900),
        ("两个半小时", "duration", 9000),
        ("1 小时 20 分钟", "duration", 4800),
        ("2h27m", "duration", 8820),
        ("10 分 49 秒", "duration", 649),
        ("about 11 minutes", "duration", 660),
        ("上午九点", "clock", "09:00"),
        ("下午3点半", "clock", "15:30"),
        ("晚上 9 点 05分", "clock", "21:05"),
        ("9:30 pm", "clock", "21:30"),
        ("中午 12 点一刻", "clock", "12:15"),
        ("四点八分", "rating", 4.8),
        ("4.8 星", "rating", 4.8),
        ("五十六块", "money", 56),
        ("￥56", "money", 56),
        ("8块5", "money", 8.5),
        ("1,397 元", "money", 1397),
        ("零下三度", "temperature", -3),
        ("-3°C", "temperature", -3),
        ("百分之三十", "percent", 30),
        ("20 公斤", "mass", 20),
        ("3 斤", "mass", 1.5),
        ("G12次", "number", "G12"),
        ("LHA1001", "number", "LHA1001"),
        ("0601-08245229", "phone", "060108245229"),
        ("1月6日", "date", "2026-01-06"),
        ("一月六号", "date", "2026-01-06"),
        ("下周一", "weekday", "2026-01-12"),
        ("Jan 6", "date", "2026-01-06"),
        ("30.41200,174.61800", "coordinate", "30.41200,174.61800"),
    ],
)
def test_one_value(text, kind, value):
    assert said(text) == [(kind, value)]


def test_digits_shown_say_what_is_meant():
    short, long, minutes, hours, coin = (
        next(values(text, date(2026, 1, 5))) for text in ("5 公里", "5.10 公里", "11 分钟", "1.5 小时", "1.5 元")
    )
    assert (short.low, short.high) == (4500, 5500)
    assert (long.low, long.high) == pytest.approx((5095, 5105))
    assert (minutes.low, minutes.high) == (630, 690)
    assert (hours.low, hours.high) == (5220, 5580)  # half of the last digit is three minutes
    assert (coin.low, coin.high) == pytest.approx((1.45, 1.55))


def test_spans_and_what_looks_like_one():
    assert [(value.low, value.high) for value in values("10-15 分钟", date(2026, 1, 5))] == [(570, 930)]
    assert [(value.low, value.high) for value in values("2~15℃", date(2026, 1, 5))] == [(2, 15)]
    assert said("150 元~11月6日") == [("money", 150), ("date", "2025-11-06")]  # the nearest such day


def test_more_than():
    value = next(values("20 多公里", date(2026, 1, 5)))
    assert (value.low, value.high) == (20_000, 30_000)
    value = next(values("十几分钟", date(2026, 1, 5)))
    assert (value.low, value.high) == (600, 1200)


def test_what_is_no_value():
    for text in ("一家店", "早一点到", "万一堵车", "一起去", "第一次来", "几点"):
        assert not [value for value in said(text) if value[0] in ("count", "clock", "rank")], text


def test_a_time_that_no_clock_has_is_kept_as_wrong():
    value = next(values("86:54 到", date(2026, 1, 5)))
    assert value.kind == "clock" and value.low < 0


@pytest.mark.parametrize(
    ("text", "kind", "low", "high"),
    [
        ("六百米出头", "distance", 600, 700),
        ("4.3 公里出头", "distance", 4300, 4400),
        ("一公里多", "distance", 1000, 2000),
        ("四里多路", "distance", 2000, 2500),
        ("三四百米", "distance", 300, 400),
        ("180 米左右", "distance", 171, 189),
        ("178 米左右", "distance", 177.5, 178.5),
        ("17 分半", "duration", 1020, 1080),
        ("两分多钟", "duration", 120, 180),
        ("13 分钟多", "duration", 780, 840),
        ("二十来分钟", "duration", 1080, 1800),
        ("七八分钟", "duration", 420, 480),
        ("将近 10 分钟", "duration", 510, 630),
        ("最近 10 分钟", "duration", 570, 630),
        ("四个多小时", "duration", 14400, 17999),
        ("四十几张", "count", 40, 50),
        ("一千一百多条", "count", 1100, 1200),
        ("四百零八块五", "money", 408.45, 408.55),
        ("9 块 5", "money", 9.45, 9.55),
        ("下午 6 点零 5 分", "clock", 1085, 1085),
        ("下午三点二十多", "clock", 920, 929),
        ("下午 1 点零几分", "clock", 780, 789),
        ("上午 8 点 24 前", "clock", 504, 504),
        ("4 小时 97 分钟", "duration", -1, -1),
    ],
)
def test_vague_values(text, kind, low, high):
    value = next(values(plain(text).text, date(2026, 1, 5)))
    assert (value.kind, value.low, value.high) == (kind, pytest.approx(low), pytest.approx(high))


def test_spans_of_days():
    assert said("1 月 16～19 日") == [("date", "2026-01-16"), ("date", "2026-01-19")]
    assert said("15、16 号") == [("date", "2026-01-15"), ("date", "2026-01-16")]
    assert said("10/28 有票") == [("date", "2025-10-28")]
    assert said("4.6/5 分") == [("rating", 4.6)]
