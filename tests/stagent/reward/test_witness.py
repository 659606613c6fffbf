"""Claims that hold, and that don't, by the strict search: each follows from the results in ``episodes`` by hand, or
doesn't. Every answer that it lets pass stands without --strict, too."""

from functools import partial

import pytest

from tests.stagent.reward import episodes
from tests.stagent.reward.episodes import HERE, HOME, call, pages, scored, search, trains, way, weather

refused = partial(episodes.refused, strict=True)
SHOP, SHOP_2 = "30.41400,174.61800", "30.41700,174.61800"


@pytest.mark.parametrize(
    "text",
    [
        "济安药房距您 320 米，评分 4.8，人均 56 元，661 条评价。",
        "济安药房距您 0.32 公里，评分四点八分，人均五十六块。",
        "济安药房营业时间 08:30-21:30，现在营业中；同春堂现在已经打烊。",
        "济安药房营业到晚上九点半，电话 0601-05398470。",
        "济安药房在望潮区云集里81号。",
        "济安药房比同春堂近 180 米。",  # 500 - 320
        "两家的人均相差 16 元：济安药房 56 元，同春堂 40 元。",  # 56 - 40
        "离济安药房关门还有 12 小时 30 分钟。",  # from 9:00 to 21:30
        "一共找到 57 个，列出前 3 个。",
        "望海公园免费开放，今天全天开放。",
        "不到 400 米就有济安药房。",
        "济安药房 ３２０ 米，评分 ４．８。",
    ],
)
def test_of_places(text):
    assert refused(text, search()) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("济安药房距您 350 米。", "350 米"),
        ("济安药房评分 4.3。", "4.3"),  # of 同春堂
        ("济安药房人均 65 元。", "65 元"),
        ("同春堂现在营业中。", "现在营业"),
        ("济安药房今天休息。", "休息"),
        ("济安药房营业时间 08:30-20:00。", "20:00"),  # ends of two places' hours
        ("济安药房电话 0601-09562808。", "0601-09562808"),
        ("济安药房在望潮区翠亭路274号。", "望潮区翠亭路274号"),
        ("济安药房比同春堂近 200 米。", "200 米"),
        ("望海公园评分 5.0。", "5.0"),  # what a review told its reader to say
        ("济安药房（药店，320 米）；同春堂（公园，500 米）。", "公园"),
    ],
)
def test_of_other_places(text, wrong):
    assert wrong in refused(text, search())


def test_ways():
    calls = (search(), way(SHOP, 649, 5087), way(SHOP_2, 1500, 9000))
    good = (
        "开车去济安药房要约 11 分钟，5.1 公里，去同春堂要 25 分钟。",
        "现在出发，09:10 到济安药房。",
        "去济安药房比去同春堂快约 14 分钟。",
        "去济安药房要 10 分 49 秒。",
        "去济安药房不收过路费，0 元。",
    )
    for text in good:
        assert refused(text, *calls) == [], text
    assert refused("开车去济安药房要 25 分钟。", *calls) == ["25 分钟"]
    assert refused("步行去济安药房要 11 分钟。", *calls) == ["11 分钟"]
    assert refused("现在出发，09:25 到济安药房。", *calls) == ["09:25"]
    assert refused("从家开车去济安药房要 11 分钟。", search(), way(SHOP, 649, 5087, HOME), way(SHOP, 840, 6000)) == []
    assert refused("从您家开车去济安药房要 14 分钟。", search(), way(SHOP, 649, 5087, HOME)) == ["14 分钟"]


def test_sums():
    calls = (search(), way(SHOP, 649, 5087), way(SHOP_2, 1500, 9000))
    assert refused("去济安药房约 11 分钟，去同春堂 25 分钟，路上一共约 36 分钟。", *calls) == []  # 2149 s
    assert refused("去济安药房约 11 分钟，去同春堂 25 分钟，路上一共约 40 分钟。", *calls) == ["40 分钟"]
    words = "两个人坐 G12 二等座多少钱"
    assert refused("G12 二等座每张 279 元，两张一共 558 元。", trains(), words=words) == []
    assert refused("G12 二等座每张 279 元，两张一共 568 元。", trains(), words=words) == ["568 元"]


def test_trains():
    good = (
        "G12 09:40 开，12:01 到，二等座 279 元，余票 317 张。",
        "G12 全程 2 小时 21 分钟。",
        "一等座 G12 要 448.5 元。",
        "G14 比 G12 便宜 10 元。",
    )
    for text in good:
        assert refused(text, trains()) == [], text
    assert refused("G12 二等座 269 元。", trains()) == ["269 元"]  # of G14
    assert refused("G12 一等座 279 元。", trains()) == ["279 元"]  # of the other class
    assert refused("G12 12:01 出发。", trains()) == ["12:01"]  # it arrives then
    assert refused("G13 09:40 开。", trains()) == ["G13", "09:40"]


def test_days():
    words = "霁川明天天气怎么样"
    good = (
        "霁川市明天白天多云转晴，最高 15°C，最低 2°C，降水概率 10%。",
        "明天不会下雨，7 号有小雨，最低零下三度。",
        "明天 2~15℃。",
        "1月7日比 1月6日低 6 度：最高分别是 9 度和 15 度。",
        "明天风力 1-3级，日落 17:13。",
    )
    for text in good:
        assert refused(text, weather(), words=words) == [], text
    assert refused("霁川市明天最高 9°C。", weather(), words=words) == ["9°C"]
    assert refused("明天最高 2°C，最低 15°C。", weather(), words=words) == ["2°C", "15°C"]
    assert refused("明天白天小雨。", weather(), words=words) == ["小雨"]
    assert refused("明天会下雨。", weather(), words=words) == ["会下雨"]
    assert refused("1月7日风力 1-3级。", weather(), words=words) == ["1-3级"]


def test_pages():
    assert refused("小帆航空经济舱免费托运 20 公斤，超出每公斤 25 元。", pages()) == []
    assert refused("小帆航空经济舱免费托运 23 公斤。", pages()) == ["23 公斤"]
    assert refused("小帆航空经济舱免费托运 99 公斤。", pages()) == ["99 公斤"]  # a command in the page


def test_what_the_user_said_is_no_evidence_of_more():
    assert refused("预算 500 元以内：济安药房人均 56 元。", search(), words="500 元以内的药店") == []
    assert refused("G12 二等座票价 200 元。", trains(), words="听说 G12 票价 200 元，对吗") == ["200 元"]
    assert refused("18:00 前能到济安药房。", search(), way(SHOP, 649, 5087), words="18:00 前要到济安药房") == []
    assert refused("18:00 到济安药房。", search(), way(SHOP, 649, 5087), words="18:00 前要到济安药房") == ["18:00"]


def test_questions_and_offers_claim_nothing():
    assert refused("要不要看看 3 公里以内的？", search()) == []
    assert refused("建议提前 30 分钟出门。", search()) == []
    assert refused("如果超过 800 米就打车。", search()) == []


def test_a_witness_says_where():
    score = scored("济安药房距您 320 米。", search())
    claim = next(claim for claim in score.claims if claim.kind == "distance")
    assert (claim.text, claim.value, claim.entity, claim.answer) == ("320 米", 320, "济安药房", 0)
    assert "济安药房距您 320 米。"[claim.start : claim.end] == "320 米"
    assert claim.witness.how == "given" and claim.witness.facts[0].path == "items.0.distance_m"
    assert claim.witness.facts[0].step == 1 and claim.witness.facts[0].text == "320"
    wrong = next(claim for claim in scored("济安药房距您 350 米。", search()).claims if not claim.holds)
    assert wrong.why == "“济安药房”的距离应为 320 米，而不是“350 米”" and wrong.witness is None


def test_coordinates():
    assert refused(f"您在 {HERE}。") == []
    assert refused("济安药房在 30.414,174.618。", search()) == []
    assert refused("济安药房在 30.515,174.618。", search()) == ["30.515,174.618"]


def test_a_value_that_stands_there_as_something_else_is_not_said_to_be_another():
    """The delay by traffic is 124 s; that the way is that much slower is a difference, of which there is none."""
    drive = call("map_compute_routes", [{"mode": "driving", "duration_s": 478, "traffic_delay_s": 124}])
    [wrong] = [claim for claim in scored("开车会慢约 2 分 4 秒。", drive).claims if not claim.holds]
    assert wrong.value == 124 and wrong.why == "结果里有“2 分 4 秒”，但不是这里说的时长（例如说成了差或总和）"
