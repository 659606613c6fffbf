"""Names that nobody knows are found by their ending, their place or their marks; everyday talk is none."""

import pytest

from stagent.reward.phrases import pieces, stretches
from tests.stagent.reward.episodes import refused, search, way, weather


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("最近的是青团药房，320 米。", "青团药房"),
        ("推荐去鹤鸣寺走走。", "鹤鸣寺"),
        ("1. 沧浪居火锅，评分 4.8", "沧浪居火锅"),
        ("附近的“云水阁茶楼”也不错。", "云水阁茶楼"),
        ("济安药房（星芒路店）距您 320 米。", "星芒路"),
        ("青屿市明天晴。", "青屿市"),
        ("可以走弥勒大道。", "弥勒大道"),
        ("从澜屿西站出发。", "澜屿西站"),
        ("推荐 Moonlight Bistro，评分 4.8。", "Moonlight"),
    ],
)
def test_invented(text, name):
    assert name in refused(text, search())


@pytest.mark.parametrize(
    "text",
    [
        "离您最近的药店是济安药房，附近还有一家公园。",
        "需要的话我可以帮您规划路线，或者看看周边的餐厅和酒店。",
        "这家药店口碑不错，适合买常用药，开车去也方便停车。",
        "从您的位置步行过去就行，路上注意安全。",
        "没有更近的连锁药店了，可以去社区医院问问。",
        "地铁站、公交站和停车场都在旁边。",
        "建议避开早高峰，走主路更快。",
        "出门记得带伞，祝您一路顺利！",
        "老人腿脚不便，尽量少爬楼梯，闭目养神也行。",
        "地铁挤成罐头，不如打车；新手司机慢着点开，济安药房离您 320 米。",
        "省下来的钱够喝杯奶茶了，何乐而不为。",
        "店面不大，拐进小胡同才看得见招牌，济安药房离您 320 米。",
        "附近没有像样的馆子，倒是有几家苍蝇小馆味道不赖。",
        "前者快一些，闷热谈不上，跟朋友愿意多走点的话，济安药房离您 320 米。",
    ],
)
def test_everyday_talk(text):
    assert refused(text, search()) == []


def test_what_the_user_names_is_known():
    assert refused("您说的青团药房我没有找到。", search(), words="青团药房开门吗") == []
    assert refused("霁川市明天多云转晴。", weather(), words="霁川明天天气") == []


def test_no_place_is_spoken_of_that_the_conversation_does_not_name():
    # the values are 济安药房's, but nobody named it, and something unknown was
    assert refused("推荐蒋婶凉茶，320 米，评分 4.8。", search()) != []
    assert refused("最近的一家 320 米，评分 4.8。", search()) == []


def test_a_way_leads_from_and_to_what_is_named():
    calls = (search(), way("30.41400,174.61800", 649, 5087))
    assert refused("从同春堂开车到济安药房要 11 分钟。", *calls, strict=True) == ["11 分钟"]


def test_stretches():
    assert stretches("去青团书屋") == ((1, 5, 2, True, 5),)
    assert stretches("附近的药店") == ()
    assert pieces("听瀑亭中秋节第一天") == ["听瀑亭"]
