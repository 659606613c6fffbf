"""Predicates on texts by anybody: met or not, by hand."""

import pytest

from tests.stagent.reward.episodes import call, scored, search, trains, way, weather

SHOP, SHOP_2 = "30.41400,174.61800", "30.41700,174.61800"


def met(predicate: dict, answer: str, *calls, **more) -> bool:
    return scored(answer, *calls, expects=(predicate,), **more).predicates[0].met


def test_names():
    one = {"kind": "names", "any_of": ["济安药房", "同春堂"]}
    assert met(one, "去济安药房吧。", search())
    assert not met(one, "附近有药店。", search())
    assert not met(one, "可能是济安药房。", search())
    assert not met(one | {"least": 2}, "去济安药房吧。", search())
    assert met(one | {"least": 2}, "济安药房和同春堂都可以。", search())
    only = {"kind": "names", "any_of": ["济安药房"], "only": True}
    assert not met(only, "济安药房和同春堂都可以。", search())
    assert met(only | {"also": ["同春堂"]}, "从同春堂出发，去济安药房。", search())
    assert met(only, "从同春堂出发，去济安药房。", search(), words="从同春堂出发找药店")  # a name of the question


def test_value():
    calls = (search(), way(SHOP, 649, 5087))
    lasts = {"kind": "value", "of": "duration", "any_of": [649], "within": 30, "entity": "济安药房"}
    assert met(lasts, "去济安药房要约 11 分钟。", *calls)
    assert met(lasts, "去济安药房要 10 分 49 秒。", *calls)
    assert not met(lasts, "去济安药房要约 12 分钟。", *calls)
    assert not met(lasts, "去济安药房要 11 分钟吗？", *calls)
    assert not met(lasts, "去同春堂要约 11 分钟。", *calls)
    assert met({"kind": "value", "of": "money", "any_of": [0]}, "望海公园免费。", search())
    assert met({"kind": "value", "of": "clock", "any_of": ["09:40"]}, "G12 上午九点四十分开。", trains())
    assert met({"kind": "value", "of": "date", "any_of": ["2026-01-06"]}, "明天去。")
    high = {"kind": "value", "of": "temperature", "any_of": [15], "entity": "2026-01-06"}
    assert met(high, "明天最高 15 度。", weather(), words="霁川明天天气")
    assert not met(high, "1月7日最高 15 度。", weather(), words="霁川明天天气")


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("来得及，还有半小时。", True),
        ("能赶得上。", True),
        ("来不及了。", False),
        ("来得及吗？", False),
        ("如果早点走就来得及。", False),
        ("可能来得及。", False),
        ("来得及，也来不及。", False),
        ("现在出发没法来得及。", False),
    ],
)
def test_verdict(answer, right):
    verdict = {"kind": "verdict", "value": True, "yes": ["来得及", "赶得上"], "no": ["来不及", "赶不上"]}
    assert met(verdict, answer) is right


def test_a_verdict_denied():
    verdict = {"kind": "verdict", "value": False, "yes": ["营业", "开着"], "no": ["关门", "打烊"]}
    assert met(verdict, "同春堂现在没有营业，营业时间 10:00-20:00。", search())
    assert met(verdict, "同春堂已经打烊。", search())
    assert not met(verdict, "同春堂还开着。", search())


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("推荐济安药房，更近。", True),
        ("济安药房 320 米，同春堂 500 米，济安药房更近。", True),
        ("比起同春堂，建议去济安药房。", True),
        ("推荐同春堂，比济安药房安静。", False),
        ("不推荐济安药房。", True),  # it is named alone; what is denied recommends nobody else
        ("同春堂更合适，济安药房远一些。", False),
    ],
)
def test_choice(answer, right):
    choice = {"kind": "choice", "winner": ["济安药房"], "among": [["济安药房"], ["同春堂"]]}
    assert met(choice, answer, search()) is right


def test_sequence():
    order = {"kind": "sequence", "stops": [["同春堂", "济安药房"], ["济安药房"], ["望海公园"]]}
    assert met(order, "先去同春堂，再去济安药房，最后到望海公园。", search())
    assert not met(order, "先去济安药房，再到望海公园，最后去同春堂。", search())
    assert not met(order, "先去济安药房，最后到望海公园。", search())  # one name can't be two stops


def test_text():
    phrases = {"kind": "text", "all_of": [["免费", "不收费"], ["身份证"]]}
    assert met(phrases, "望海公园不收费，带上身份证。", search())
    assert not met(phrases, "望海公园免费。", search())
    assert not met({"kind": "text", "all_of": [["免费"]]}, "望海公园不免费。", search())


def test_unsolved():
    missing = {"kind": "unsolved", "reason": "missing_information", "words": ["目的地", "去哪"]}
    more = {"unsolvable": "missing_information", "difficulty": -1}
    assert met(missing, "[Unsolved] 不知道目的地。", **more)
    assert met(missing, "请问您要去哪？", **more)
    assert not met(missing, "好的，马上为您安排。", **more)


def test_chat():
    assert met({"kind": "chat"}, "您好！", difficulty=0)
    assert not met({"kind": "chat"}, "您好！", search(), difficulty=0)


def test_turns():
    from stagent.queries.trajectory import AnswerStep, Trajectory, UserStep
    from stagent.reward.verifier import Verifier
    from tests.stagent.reward.episodes import task

    expects = ({"kind": "text", "all_of": [["哪天"]], "turn": 0}, {"kind": "names", "any_of": ["济安药房"]})
    steps = [UserStep("订票"), AnswerStep("您打算哪天走？"), UserStep("找药店"), search(), AnswerStep("去济安药房吧。")]
    score = Verifier().score(Trajectory(task(("订票", "找药店"), expects=expects), "a hand", steps))
    assert [judged.met for judged in score.predicates] == [True, True]


def test_a_mode_is_an_alternative():
    choice = {"kind": "choice", "winner": ["driving", "开车"], "among": [["driving", "开车"], ["walking", "步行"]]}
    calls = (search(), way(SHOP, 649, 5087), way(SHOP, 3600, 4800, mode="walking"))
    assert met(choice, "开车更快，要 11 分钟；步行要 1 小时。", *calls)
    assert not met(choice, "建议步行，要 1 小时。", *calls)


def test_nothing_is_met_by_an_empty_answer():
    assert not met({"kind": "chat"}, "\u200b", difficulty=0)
    assert not met({"kind": "names", "any_of": ["济安药房"]}, "", call("map_search_places", [], query="药店"))
