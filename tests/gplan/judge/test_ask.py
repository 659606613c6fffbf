"""Questions show no more than their axis, and an answer is a score or refused by name."""

import json
import random

import pytest

from data_process.intents import intent
from gplan.judge.ask import AnswerError, messages, question, read_answer, rubric_digest
from gplan.judge.changes import renamed
from gplan.judge.judge import Item
from gplan.judge.rubric import AXES, KINDS, Evidence
from tests.gplan.judge.test_rules import FOOD, REMIND, RIDE, WEATHER
from tests.support.hotel_order import other, request

PLAN = [RIDE, REMIND, FOOD, WEATHER]


def text(axis, plan=PLAN, **fields):
    return messages(question(Item(request(**fields), plan), axis))[1]["content"]


def test_what_each_axis_is_shown():
    assert text("flow").splitlines()[:2] == ["计划：", "1. 打车 起始位置=当前位置 终点位置=订单目的地"]
    assert text("logic").splitlines()[0] == "有订单"
    assert text("logic", trigger_1="").splitlines()[0] == "没有订单"
    shown = text("st")
    assert "3月11日周三15点（下午，平日）" in shown and "苏州市姑苏区，商场（外地，常驻无锡市）" in shown
    assert "酒店，在苏州市吴中区，与此人同城，此人未到订单地；3小时前下单，15小时前开始，9小时后结束" in shown
    assert "p_" not in shown


def test_the_rubric_is_whole_and_the_plan_comes_last():
    for axis in AXES:
        system, user = (one["content"] for one in messages(question(Item(request(), PLAN), axis)))
        assert all(kind.words in system for kind in KINDS if kind.axis == axis)
        assert not any(kind.words in system for kind in KINDS if kind.axis != axis)
        assert user.splitlines()[-1].startswith("4. ")


def test_what_must_not_matter_gives_the_same_question():
    for other_row in (request(id="99"), request(raw_labels="[]"), renamed(request())):
        assert [question(Item(other_row, PLAN), axis) for axis in AXES] == [
            question(Item(request(), PLAN), axis) for axis in AXES
        ]
    shuffled = random.Random(1).sample(PLAN, 4)
    assert shuffled != PLAN
    assert text("st", shuffled) == text("st") and text("flow", shuffled) != text("flow")
    assert text("flow", currenttime="2026-03-11 03:00:00") == text("flow")
    assert text("st", currenttime="2026-03-11 03:00:00") != text("st")


def test_evidence_is_numbered_as_in_the_plan():
    """ST shows the intents in library order: the ride is first there, and third in this plan."""
    asked = question(Item(request(), [WEATHER, FOOD, RIDE]), "st")
    assert asked.plan.splitlines()[0].startswith("1. 打车") and asked.numbers == (3, 2, 1)
    score, evidence = read_answer(asked, answer(4, (1, "去订单地", "+")))
    assert (score, evidence) == (4, (Evidence(3, "去订单地", 1),))


def answer(score, *evidence, **more):
    parts = [{"intent": number, "fact": fact, "sign": sign} for number, fact, sign in evidence]
    return json.dumps({"evidence": parts, "score": score, **more}, ensure_ascii=False)


ASKED = question(Item(request(), PLAN), "logic")
GOOD, BAD = (1, "好", "+"), (2, "坏", "-")


@pytest.mark.parametrize(
    ("said", "score"),
    [
        (answer(3), 3),
        (answer(5, GOOD, BAD), 5),
        (answer(1.0, BAD), 1),
        (f'<think>先看 {{"score": 9}}</think>\n{answer(4, GOOD)}', 4),
        (f"```json\n{answer(4, GOOD)}\n```", 4),
        # All axes, in another order than ours.
        (json.dumps({"st": {"evidence": [], "score": 3}, "logic": json.loads(answer(2, BAD)), "flow": {}}), 2),
    ],
)
def test_answers_that_are_scores(said, score):
    assert read_answer(ASKED, said)[0] == score


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", "answer.empty"),
        ("<think>…</think>", "answer.empty"),
        ("<think>还在想", "answer.json"),
        ("这个计划很好，可以打4分。", "answer.json"),
        ("<!doctype html><html><body>502 Bad Gateway</body></html>", "answer.json"),
        (f"好的：{answer(4, GOOD)}", "answer.json"),
        ("[]", "answer.shape"),
        ("4", "answer.shape"),
        (answer(4, GOOD, comment="!"), "answer.shape"),
        ('{"evidence": [], "score": 3, "flow": 4}', "answer.shape"),
        (json.dumps({"flow": {"evidence": [], "score": 3}}), "answer.shape"),  # not the axis that was asked
        ('{"evidence": [{"intent": 1, "sign": "+"}], "score": 4}', "answer.shape"),
        (answer(4, (1, " ", "+")), "answer.shape"),
        (answer(4, (1, "好", "加")), "answer.shape"),
        (answer("四", GOOD), "answer.score"),
        (answer("four", GOOD), "answer.score"),
        (answer("4", GOOD), "answer.score"),
        (answer(6, GOOD), "answer.score"),
        (answer(0, BAD), "answer.score"),
        (answer(3.5), "answer.score"),
        (answer(True), "answer.score"),
        (answer(None), "answer.score"),
        (answer(4, (5, "好", "+")), "answer.intent"),
        (answer(4, (0, "好", "+")), "answer.intent"),
        (answer(4, ("1", "好", "+")), "answer.intent"),
        (answer(4), "answer.evidence"),
        (answer(5, BAD), "answer.evidence"),
        (answer(2, GOOD), "answer.evidence"),
    ],
)
def test_answers_that_are_none(said, reason):
    with pytest.raises(AnswerError) as refused:
        read_answer(ASKED, said)
    assert refused.value.reason == reason


def test_a_truncated_answer_is_called_so():
    with pytest.raises(AnswerError) as refused:
        read_answer(ASKED, answer(4, GOOD)[:-5], "length")
    assert refused.value.reason == "answer.cut"


def test_a_rubric_is_pinned():
    """Another digest is another rubric: journals of this one are not read with it. Raise VERSION with the rules."""
    assert {axis: rubric_digest(axis) for axis in AXES} == {
        "flow": "d7e49bb5df9af62d2ac6",
        "logic": "ae3beb436e1a048846bc",
        "st": "46719de20a06cdf35a43",
    }


def test_another_person_is_another_question():
    assert question(Item(other(), PLAN), "st") != question(Item(request(), PLAN), "st")
    assert question(Item(other(), [intent("tool_9")] * 3), "flow") == question(
        Item(request(), [intent("tool_9")] * 3), "flow"
    )
