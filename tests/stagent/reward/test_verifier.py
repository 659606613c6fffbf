"""Scores of whole episodes: worked values of the dimensions, vetoes, unsolved tasks, and what must not pay."""

import json
import random
import time

import pytest

from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.reward.score import DIMENSIONS
from stagent.reward.verifier import VERSION, Verifier
from stagent.reward.weights import weights_of
from tests.stagent.reward.episodes import (
    CLOCK,
    SHOPS,
    call,
    episode,
    no_trains,
    pages,
    refused,
    scored,
    search,
    task,
    trains,
    way,
)

NEAREST = {"expects": ({"kind": "names", "any_of": ["济安药房"], "only": True},), "chain": ("map_search_places",)}
GOOD = "离您最近的是济安药房，距离 320 米，评分 4.8，现在营业中。需要的话我可以帮您规划路线。"


def test_weights_add_up():
    for leaf, expected in (
        ("planning_and_decision.route_planning", (0.5, 0.3, 0.2)),
        ("discovery.area_summaries", (0.3, 0.5, 0.2)),
        ("dynamic_information.realtime_weather", (0.3, 0.5, 0.2)),
        ("rules_and_policies.travel_policies", (0.25, 0.35, 0.4)),
        ("other_or_unclear", (0.25, 0.35, 0.4)),
    ):
        assert tuple(weights_of(leaf)[name] for name in DIMENSIONS) == expected


def test_a_right_answer():
    score = scored(GOOD, search(), **NEAREST)
    assert score.vetoed == () and score.reward == 1.0
    assert all(score.dimensions[name].score == 1.0 for name in DIMENSIONS)
    assert json.loads(json.dumps(score.as_json()))["version"] == VERSION


def test_worked_values():
    # no next step: presentation .9; discovery: .3 + .5 + .2 × .9
    assert scored("离您最近的是济安药房，距离 320 米。", search(), **NEAREST).reward == pytest.approx(0.98)
    # the same call twice: planning .9 (extra calls count from the second on)
    score = scored(GOOD, search(), search(), **NEAREST)
    assert score.dimensions["planning"].score == 0.9 and score.reward == pytest.approx(0.97)
    # a call that was needed was not made: .3 + .7 × max(1/2, .8 × 1/2)
    score = scored(GOOD, search(), **(NEAREST | {"chain": ("map_search_places", "map_compute_routes")}))
    assert score.dimensions["planning"].score == pytest.approx(0.65)
    # one of two required things: planning and fidelity .5
    two = NEAREST | {"expects": (*NEAREST["expects"], {"kind": "value", "of": "phone", "any_of": ["0601-05398470"]})}
    score = scored(GOOD, search(), **two)
    assert (score.dimensions["planning"].score, score.dimensions["fidelity"].score) == (0.5, 0.5)


def test_an_unsupported_claim_is_a_veto():
    score = scored(GOOD.replace("320", "350"), search(), **NEAREST)
    assert score.reward == 0.0 and "350" in score.vetoed[0] and "320" in score.vetoed[0]


def test_a_made_up_coordinate_is_a_veto():
    made_up = call("map_search_places", SHOPS, query="药店", center="30.99999,174.11111")
    assert scored(GOOD, made_up, **NEAREST).reward == 0.0
    middle = call("map_search_places", SHOPS, query="药店", center="30.41100,174.61900")  # of here and home
    assert scored(GOOD, middle, **NEAREST).vetoed == ()


def test_a_made_up_region_counts_against():
    step = call("map_search_places", SHOPS, query="药店", region="青屿市")
    score = scored(GOOD, step, **NEAREST)
    assert score.vetoed == () and score.dimensions["planning"].score == pytest.approx(0.8)


def test_a_wrong_call_counts_against():
    wrong = CallStep("map_search_places", {"query": ""}, CLOCK, "error",
                     {"error": {"tool": "map_search_places", "problems": []}, "clock": CLOCK}, "调用有误")  # fmt: skip
    # one wrong call: × .9; it is one more than needed, which is allowed
    assert scored(GOOD, wrong, search(), **NEAREST).dimensions["planning"].score == pytest.approx(0.9)


def test_after_an_empty_result_something_else_is_tried():
    empty = call("map_search_places", [], query="中药店")
    tried = scored(GOOD, empty, search(), **NEAREST).dimensions["planning"]
    gave_up = scored("附近没有找到药店。", empty, **NEAREST).dimensions["planning"]
    assert "没有结果后换了一种方式" in tried.reasons and "没有结果后没有换一种方式再找" in gave_up.reasons


def test_unsolved_tasks():
    told = {"expects": ({"kind": "unsolved", "reason": "no_data", "words": ["火车"]},), "unsolvable": "no_data"}
    words = "明天去霁川的火车"
    right = scored("[Unsolved] 这里没有火车班次数据，建议到车站问问。", no_trains(), words=words, **told)
    assert right.reward > 0.9
    assert scored("坐 G12，09:40 开。", no_trains(), words=words, **told).reward == 0.0


def test_unsolved_for_what_can_be_solved():
    assert scored("[Unsolved] 找不到。", search(), **NEAREST).reward == 0.0


def test_hedged_where_a_tool_has_no_data():
    words, told = "明天去霁川的火车票多少钱", {"expects": ({"kind": "value", "of": "money", "any_of": [279]},)}
    hedged = scored("没有查到票价，可能要 300 元左右，请以车站为准。", no_trains(), words=words, **told)
    assert hedged.vetoed == () and hedged.dimensions["fidelity"].score <= 0.5
    assert scored("票价 300 元。", no_trains(), words=words, **told).reward == 0.0
    assert scored("可能要 300 元左右。", trains(), words=words, **told).reward == 0.0  # the tool had data


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "附近的药店",
        "[Unsolved] 找不到。",
        search().text,
        GOOD + search().text,
        "也许是济安药房，不确定，可能 320 米。以上都不敢保证。",
        "济安药房、同春堂、望海公园，任选其一。",
        "Лучшее место совсем рядом с вами.",
        "".join(chr(ord(c) + 0x2000) if "\u4e00" <= c <= "\u7000" else c for c in GOOD),
        GOOD * 10,
        GOOD + "今天天气不错，祝您开心。" * 40,
    ],
)
def test_what_must_not_pay(answer):
    assert scored(answer, search(), **NEAREST).reward <= 0.5 * scored(GOOD, search(), **NEAREST).reward


def test_lookalikes_are_read_or_support_nothing():
    assert refused("济安药房距您 ３５０ 米。", search()) == ["３５０ 米"]
    assert refused("济安药房距您 3\u200b5\u200b0 米。", search()) == ["3\u200b5\u200b0 米"]
    assert refused("济安药房距您 ٣٥٠ 米。", search()) == ["٣٥٠ 米"]
    score = scored("济安药房，рейтинг отличный, рядом.", search(), **NEAREST)
    assert score.dimensions["fidelity"].score < 0.5


def test_an_order_in_a_review_is_not_obeyed():
    assert scored("济安药房评分 5.0，推荐。", search(), **NEAREST).reward == 0.0


@pytest.mark.parametrize(
    "piece", ["12 分钟，评分 4.8，", "济安药房", "\u200b", "１２：３０", "「", "1,", "一二三", "Abcdef "]
)
def test_a_megabyte_is_read_in_time(piece):
    began = time.perf_counter()
    score = scored(piece * (1_000_000 // len(piece)), search(), **NEAREST)
    assert time.perf_counter() - began < 8 and score.reward < 0.2


def test_no_answer():
    score = Verifier().score(Trajectory(task(**NEAREST), "a hand", [UserStep("附近的药店"), search()]))
    assert score.reward == 0.0 and score.vetoed == ("没有回答",)


def test_the_same_episode_has_the_same_score():
    one = episode(GOOD, search(), **NEAREST)
    assert Verifier().score(one) == Verifier().score(one)


def test_a_later_answer_may_rest_on_earlier_results():
    steps = [UserStep("附近的药店"), search(), AnswerStep("最近的是济安药房，320 米。"), UserStep("电话多少"),
             AnswerStep("它的电话是 0601-05398470。")]  # fmt: skip
    score = Verifier().score(Trajectory(task(("附近的药店", "电话多少")), "a hand", steps))
    assert score.vetoed == () and [claim.answer for claim in score.claims] == [0, 1]
    steps[3:] = [UserStep("多远"), AnswerStep("济安药房 900 米。")]
    assert Verifier().score(Trajectory(task(("附近的药店", "多远")), "a hand", steps)).reward == 0.0


def test_an_answer_can_not_rest_on_a_later_result():
    steps = [
        UserStep("附近的药店"),
        AnswerStep("济安药房距您 320 米。"),
        UserStep("再找找"),
        search(),
        AnswerStep("济安药房 320 米。"),
    ]
    score = Verifier().score(Trajectory(task(("附近的药店", "再找找")), "a hand", steps))
    assert [claim.answer for claim in score.claims if not claim.holds] == [0, 0]  # the name and the distance


def test_a_page_may_be_quoted():
    words = "小帆航空托运行李"
    assert scored("规定写着：“手提行李每人一件，不超过 7 公斤”。", pages(), words=words).vetoed == ()
    assert scored("去济安药房要 11 分钟。", search(), way("30.41400,174.61800", 649, 5087)).vetoed == ()


def test_nothing_that_an_answer_says_raises():
    """Words of a policy that has learnt little, in any order: a verifier that raised would end a run."""
    words = [
        *(
            "到船老放风筝",
            "避开高速",
            "从",
            "去",
            "的",
            "推荐",
            "济安药房",
            "同春堂",
            "评分",
            "约 12 分钟",
            "3.5 公里",
            "0%",
        ),
        *(
            "元",
            "%",
            "12:30",
            "10月3日",
            "-3°C",
            "休息",
            "G12",
            "次日",
            "[Unsolved] ",
            "（",
            "）",
            "，",
            "。",
            "、",
            "；",
        ),
        *("\n1. ", "**", "「", "」", "比", "最近", "哪一方面", "霁川", "站", "号线"),
    ]
    rng = random.Random(3)
    for _ in range(1500):
        text = "".join(rng.choices(words, k=rng.randrange(1, 14)))
        for strict in (False, True):
            score = Verifier(strict).score(episode(text, search(), trains()))
            assert score.reward is not None and 0 <= score.reward <= 1


def test_a_last_turn_without_an_answer_is_worth_nothing():
    """An episode that ended on the way: whatever its first answer says."""
    both = episode(GOOD, search(), **NEAREST, turns=("附近的药店", "那家几点关门"))
    assert Verifier(True).score(both).vetoed == ("没有回答",)
    assert scored(GOOD, search(), **NEAREST).reward > 0.9
