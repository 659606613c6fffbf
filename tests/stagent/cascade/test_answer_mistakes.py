"""Answers that are no service, of an answer made by hand: given up, made up, and without what was asked."""

import random
from dataclasses import replace

import pytest

from stagent.cascade.answer_mistakes import AnswerMistakes, fact_left_out, given_up
from stagent.cascade.asked import asked_facts, wants
from stagent.queries.answer import Fact
from stagent.queries.trajectory import AnswerStep
from stagent.reward.measure.names_damaged import Inventor


@pytest.fixture(scope="module")
def mistakes(gazetteer):
    return AnswerMistakes(Inventor(gazetteer))


def text(trajectory):
    return trajectory.answers()[-1].text


def unsolvable(trajectory, why):
    task = replace(trajectory.task, unsolvable=why)
    steps = [*trajectory.steps[:-1], AnswerStep.of(["[Unsolved] 请问要去哪里？"])]
    return replace(trajectory, task=task, steps=steps)


def asking(trajectory, *expects):
    return replace(trajectory, task=replace(trajectory.task, expects=expects))


def test_what_a_predicate_wants():
    name, minutes = Fact("济安药房", "name", "济安药房", "济安药房"), Fact("约 14 分钟", "duration", 832, "济安药房")
    assert wants({"kind": "value", "of": "duration", "any_of": [840], "within": 60}, minutes)
    assert not wants({"kind": "value", "of": "duration", "any_of": [840], "within": 5}, minutes)
    assert not wants({"kind": "value", "of": "distance", "any_of": [832]}, minutes)
    assert wants({"kind": "names", "any_of": ["同春堂", "济安药房"]}, name)
    assert wants({"kind": "choice", "winner": ["济安药房"], "among": [["济安药房"], ["同春堂"]]}, name)
    assert not wants({"kind": "choice", "winner": ["同春堂"], "among": [["济安药房"], ["同春堂"]]}, name)
    assert wants({"kind": "sequence", "stops": [["望潮公园"], ["济安药房"]]}, name)
    assert wants({"kind": "text", "all_of": [["小雨", "阵雨"]]}, Fact("小雨转阴", "word", "小雨转阴"))
    assert not wants({"kind": "verdict", "value": True, "yes": ["济安药房"], "no": []}, name)


def test_facts_that_a_task_asks_for(by_hand):
    asked = [(each.predicate, each.place, each.fact.text) for each in asked_facts(by_hand)]
    assert asked == [(0, 3, "济安药房"), (1, 3, "约 14 分钟")]
    assert list(asked_facts(asking(by_hand, by_hand.task.expects[0] | {"turn": 1}))) != []  # of its only turn
    two = replace(by_hand, task=replace(by_hand.task, turns=("一", "二")))
    assert list(asked_facts(two)) == []  # the second turn, which asks for all, has no answer


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        (1, "最近的是济安药房，距离 910 米。济安药房现在开着，需要路线吗？"),
        (0, "最近的是那一处，距离 910 米，走过去约 14 分钟。那一处现在开着，需要路线吗？"),
    ],
)
def test_what_was_asked_is_left_out(by_hand, asked, left):
    changed = fact_left_out(asking(by_hand, by_hand.task.expects[asked]), random.Random(1))
    assert text(changed) == left and changed.calls() == by_hand.calls()


def test_nothing_is_left_out_where_nothing_is_asked_for(by_hand):
    verdict = {"kind": "verdict", "value": True, "yes": ["开着"], "no": ["关门"]}
    assert fact_left_out(asking(by_hand, verdict), random.Random(1)) is None


def test_given_up_with_some_of_the_calls(by_hand):
    ways = [given_up(by_hand, random.Random(seed)) for seed in range(20)]
    assert {len(way.calls()) for way in ways} == {0, 1, 2}
    for way in ways:
        assert text(way).startswith("[Unsolved]") and len(way.answers()) == 1
        assert way.calls() == by_hand.calls()[: len(way.calls())]


@pytest.mark.parametrize("why", ["missing_information", "missing_tool", "no_data", "nothing_found"])
def test_an_answer_is_made_up_where_there_is_none(by_hand, mistakes, why):
    rng = random.Random(2)
    changed = mistakes.make("makes_up_answer", unsolvable(by_hand, why), rng)
    assert "[Unsolved]" not in text(changed) and any(character.isdigit() for character in text(changed))
    assert "{" not in text(changed)
    assert mistakes.make("gives_up", unsolvable(by_hand, why), rng) is None
    asked = mistakes.make("no_question", unsolvable(by_hand, why), rng)
    if why == "missing_information":
        assert not set("？?请") & set(text(asked)) and "[Unsolved]" not in text(asked)
    else:
        assert asked is None


def test_where_there_is_no_room(by_hand, mistakes):
    rng = random.Random(3)
    assert mistakes.make("makes_up_answer", by_hand, rng) is None
    assert mistakes.make("no_question", by_hand, rng) is None
    assert mistakes.make("wrong_sum", by_hand, rng) is None  # nothing was worked out


@pytest.mark.parametrize("kind", ["changed_digit", "swapped_entity", "invented_place"])
def test_one_fact_is_false(by_hand, mistakes, kind):
    for seed in range(10):
        changed = mistakes.make(kind, by_hand, random.Random(seed))
        assert text(changed) != text(by_hand) and changed.calls() == by_hand.calls()
