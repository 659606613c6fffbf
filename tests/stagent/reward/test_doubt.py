"""The benefit of the doubt: what is said freely holds unless the results in ``episodes`` speak against it."""

from datetime import date

import pytest

from stagent.reward.hours import hours_on
from tests.stagent.reward.episodes import pages, refused, scored, search, trains, way, weather

SHOP, SHOP_2 = "30.41400,174.61800", "30.41700,174.61800"
WEATHER = "霁川明天天气怎么样"


def how(text, *calls, **more):
    """By which way each claim holds; "" of one that doesn't."""
    return [claim.witness.how if claim.witness else "" for claim in scored(text, *calls, **more).claims]


@pytest.mark.parametrize(
    "text",
    [
        "济安药房口碑不错，走过去没几步，也就 320 米。",
        "济安药房：评分 4.8，营业到 21:30。\n同春堂远一点，500 米，便宜些，40 元。",
        "两家都不远，一个 320 米一个 500 米。",
        "济安药房（320 米，评分 4.8）。",
        "济安药房和同春堂人均加起来 96 元。",  # 56 + 40
        "人均 56 + 40 = 96 元。",
        "评分最高的是济安药房，同春堂其次。",
        "同春堂评分 4.3 对济安药房的 4.8。",
        "济安药房今天 9 点半才关门，还能逛 12 个半小时。",  # from 9:00 to 21:30
        "同春堂周二开到 20:00，周六休息。",
        "济安药房比同春堂近 200 米。",  # 180, rounded
    ],
)
def test_what_nothing_speaks_against_holds(text):
    assert refused(text, search()) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("济安药房口碑不错，走过去没几步，也就 500 米。", ["500 米"]),  # 同春堂's
        ("两家都不远，一个 320 米一个 600 米。", ["600 米"]),
        ("济安药房（320 米，评分 4.3）。", ["4.3"]),
        ("济安药房和同春堂人均加起来 106 元。", ["106 元"]),
        ("人均 56 + 40 = 98 元。", ["98 元"]),
        ("评分最高的是同春堂，比济安药房好。", ["评分最高"]),
        ("济安药房离关门还有 10 个小时。", ["10 个小时"]),
        ("同春堂周六开到 20:00。", ["20:00"]),  # from Monday to Friday alone
        ("济安药房营业时间 08:30-20:00。", ["20:00"]),  # two places' hours
        ("济安药房走 900 米就到，去同春堂再走 900 米。", ["900 米", "900 米"]),  # neither is the other's witness
    ],
)
def test_what_contradicts_does_not(text, wrong):
    assert refused(text, search()) == wrong


def test_the_strict_search_asks_for_more():
    text = "人均 56 + 40 = 96 元。"
    assert (refused(text, search()), refused(text, search(), strict=True)) == ([], ["96 元"])


def test_how_a_value_holds():
    assert how("济安药房距您 320 米。", search()) == ["given"]
    assert how("人均 56 + 40 = 96 元。", search())[-1] == "reckoned"
    assert how("二等座 279 × 2 = 558 元。", trains())[-1] == "reckoned"
    assert how("二等座 279 × 2 = 568 元。", trains())[-1] == ""


def test_ways_are_no_spans_between_any_moments():
    calls = (search(), way(SHOP, 649, 5087), way(SHOP_2, 1500, 9000))
    assert refused("去济安药房要 30 分钟。", *calls) == ["30 分钟"]  # it opens half an hour before now
    assert refused("去济安药房 30 分钟，去同春堂 55 分钟，一共 85 分钟。", *calls) == ["30 分钟", "55 分钟", "85 分钟"]
    assert refused("09:00 出发，09:25 到同春堂，路上 25 分钟。", *calls) == []


def test_trains():
    assert refused("明天1月6日 G12 从澜屿东站出发，12:01 到。", trains()) == []
    assert refused("1月6日（星期三）出发。", trains()) == ["1月6日（星期三"]  # a Tuesday
    assert refused("G12 12:01 出发。", trains()) == ["12:01"]  # it arrives then
    couple = {"words": "两个人去霁川，也可能三个人"}
    assert refused("二等座两张 558 元，三张 837 元。", trains(), **couple) == []
    assert refused("二等座两张 558 元，三张 847 元。", trains(), **couple) == ["847 元"]


def test_the_weather_is_of_the_day_named_nearest():
    assert refused("霁川明天挺暖和，白天能到 15 度；后天 9 度，会下雨。", weather(), words=WEATHER) == []
    assert refused("霁川明天挺暖和，白天能到 9 度。", weather(), words=WEATHER) == ["9 度"]
    assert refused("霁川明天 15 度，后天 15 度。", weather(), words=WEATHER) == ["15 度"]
    assert refused("明天最高 2°C，最低 15°C。", weather(), words=WEATHER) == ["2°C", "15°C"]


def test_pages():
    assert refused("小帆航空的行李规定：免费 20 公斤，手提 7 公斤。", pages()) == []
    assert refused("小帆航空的行李规定：免费 30 公斤，手提 7 公斤。", pages()) == ["30 公斤"]
    assert refused("小帆航空经济舱免费托运 99 公斤。", pages()) == ["99 公斤"]  # a command to the assistant


def test_names():
    assert refused("附近的药店我帮您看了，济安药房最合适。", search()) == []
    assert refused("推荐大槐树药房。", search()) == ["大槐树药房"]
    assert refused("附近有家星巴克。", search()) == ["星巴克"]


def test_hours_of_a_season():
    text = "Apr-Oct 每天 08:00-18:30，Nov-Mar 每天 08:30-17:00"
    assert hours_on(text, date(2026, 1, 5)) == "08:30-17:00"
    assert hours_on(text, date(2026, 7, 6)) == "08:00-18:30"
    assert hours_on("Apr-Oct 每天 08:00-18:30", date(2026, 1, 5)) == "休息"


def test_a_list_without_end_is_given_no_doubt():
    few, many = ("济安药房距您 320 米。" * number + "\n\n二等座 279 × 2 = 558 元。" for number in (3, 300))
    assert refused(few, search(), trains()) == []
    assert refused(many, search(), trains()) == ["558 元"]
