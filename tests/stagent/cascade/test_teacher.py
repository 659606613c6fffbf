"""The teacher over tasks of the sandbox: without rates the expert, with them its mistakes, each of its own kind."""

import asyncio
import json
from collections import Counter
from dataclasses import replace

import pytest

from stagent.cascade.mistakes import CALL_KINDS, FACT_KINDS, KINDS, MANNER_KINDS, NO_MISTAKES, Mistakes
from stagent.cascade.teacher import ErringTeacher, best_of
from stagent.queries.trajectory import AnswerStep
from stagent.reward.verifier import Verifier

JUDGE = Verifier(strict=True)


def tries(gazetteer, drawn, rates, numbers=(0,), seed=5):
    """``[(the expert's way, attempt), …]``"""
    teacher = ErringTeacher(gazetteer, rates, seed)

    async def run():
        return [(each.trajectory, await teacher.answer(each.task, number)) for each in drawn for number in numbers]

    return asyncio.run(run())


@pytest.fixture(scope="module")
def certain(gazetteer, drawn):
    """``certain("second_best")``: of tasks with room for this mistake, made in every one, expert and attempt."""
    kept = {}

    def one_kind(kind):
        if kind not in kept:
            pairs = tries(gazetteer, drawn, replace(NO_MISTAKES, **{kind: 1.0}))
            assert {attempt.mistakes for _, attempt in pairs} <= {(), (kind,)}
            kept[kind] = [(expert, attempt.trajectory) for expert, attempt in pairs if attempt.mistakes]
        return kept[kind]

    return one_kind


def texts(trajectory):
    return [step.text for step in trajectory.answers()]


def written(trajectory):
    return json.dumps(trajectory.as_json(), ensure_ascii=False)


def test_without_rates_it_is_the_expert_to_the_byte(gazetteer, drawn):
    for expert, attempt in tries(gazetteer, drawn, NO_MISTAKES, (0, 1)):
        assert attempt.mistakes == () and written(attempt.trajectory) == written(expert)


def test_seed_task_and_try_decide_everything(gazetteer, drawn):
    def record(tasks, numbers, seed=5):
        pairs = tries(gazetteer, tasks, Mistakes(), numbers, seed)
        return Counter((written(attempt.trajectory), attempt.mistakes) for _, attempt in pairs)

    forward = record(drawn[:30], (0, 1, 2))
    assert record(drawn[29::-1], (2, 1, 0)) == forward
    assert record(drawn[:30], (0, 1, 2), seed=6) != forward and record(drawn[:30], (3, 4, 5)) != forward


def test_one_wording_says_equal_things_in_equal_words(gazetteer, drawn):
    teacher = ErringTeacher(gazetteer, NO_MISTAKES, 5, wording="plain")
    task = next(each.task for each in drawn if each.task.pattern == "nearest_open")
    twins = [replace(task, id=name) for name in ("a", "b")]
    first, second = (asyncio.run(teacher.answer(twin, 0)).trajectory for twin in twins)
    assert texts(first) == texts(second) and [first.task, second.task] == twins
    own = ErringTeacher(gazetteer, NO_MISTAKES, 5)
    assert len({texts(asyncio.run(own.answer(replace(task, id=str(n)), 0)).trajectory)[0] for n in range(9)}) > 1


def test_an_attempt_may_be_changed_without_harm_to_the_next(gazetteer, drawn):
    teacher = ErringTeacher(gazetteer, NO_MISTAKES, 5)
    first = asyncio.run(teacher.answer(drawn[0].task, 0)).trajectory
    first.steps.clear()
    first.score = {"reward": 1.0}
    assert written(asyncio.run(teacher.answer(drawn[0].task, 1)).trajectory) == written(drawn[0].trajectory)


def test_every_kind_has_room_somewhere(certain):
    rooms = {kind: len(certain(kind)) for kind in KINDS}
    assert min(rooms.values()) > 0, rooms


def test_an_argument_is_wrong_and_another_answer_comes_of_it(certain):
    for expert, wrong in certain("wrong_argument"):
        assert texts(wrong) != texts(expert)
        made, right = wrong.calls(), expert.calls()
        differs = next(number for number in range(len(made)) if made[number] != right[number])
        assert made[differs].tool == right[differs].tool
        names = made[differs].arguments.keys()
        assert names == right[differs].arguments.keys()
        assert sum(made[differs].arguments[name] != right[differs].arguments[name] for name in names) == 1


def test_calls_that_were_not_made_are_told_all_the_same(certain):
    for expert, wrong in certain("call_left_out"):
        assert texts(wrong) == texts(expert)
        made, right = wrong.calls(), expert.calls()
        assert any(made == right[:out] + right[out + 1 :] for out in range(len(right)))
    for expert, wrong in certain("answer_too_early"):
        assert texts(wrong) == texts(expert) and len(wrong.calls()) < len(expert.calls())
        if len(expert.answers()) == 1:
            assert wrong.calls() == expert.calls()[: len(wrong.calls())]


def test_a_call_is_made_twice(certain):
    for expert, wrong in certain("repeated_call"):
        made, right = wrong.calls(), expert.calls()
        assert texts(wrong) == texts(expert)
        assert any(made == right[:twice] + right[twice - 1 :] for twice in range(1, len(right) + 1))


def test_the_second_nearest_that_is_open(certain):
    """By hand: of the items of the last search, in order of distance, the first that is open and isn't the best."""
    nearest = [pair for pair in certain("second_best") if pair[0].task.pattern == "nearest_open"]
    assert nearest
    for expert, wrong in nearest:
        opened = [item["name"] for item in expert.calls()[-1].content["items"] if item.get("open_now")]
        assert opened[0] in texts(expert)[0] and opened[0] not in texts(wrong)[0] and opened[1] in texts(wrong)[0]
        assert [step.content for step in wrong.calls()] == [step.content for step in expert.calls()]


def test_the_second_best_is_true_and_not_what_was_asked(certain):
    scores = [JUDGE.score(wrong) for _, wrong in certain("second_best")]
    assert sum(bool(score.vetoed) for score in scores) <= 0.1 * len(scores)
    assert all(not all(one.met for one in score.predicates) for score in scores)


@pytest.mark.parametrize("kind", FACT_KINDS)
def test_false_facts_are_vetoed(certain, kind):
    vetoed = [bool(JUDGE.score(wrong).vetoed) for _, wrong in certain(kind)]
    assert sum(vetoed) >= 0.95 * len(vetoed)


@pytest.mark.parametrize(("kind", "least"), [*((kind, 0.95) for kind in MANNER_KINDS), ("wrong_argument", 0.8),
                                             ("call_left_out", 0.95), ("answer_too_early", 0.95),
                                             ("repeated_call", 1.0), ("second_best", 1.0)])  # fmt: skip
def test_every_kind_costs_reward(certain, kind, least):
    pairs = certain(kind)
    lower = [(JUDGE.score(wrong).reward or 0) < (JUDGE.score(expert).reward or 0) for expert, wrong in pairs]
    assert sum(lower) >= least * len(lower)


def test_who_can_t_go_on_gives_up(gazetteer, drawn):
    pairs = tries(gazetteer, drawn, replace(NO_MISTAKES, wrong_argument=1.0), range(4))
    assert all(isinstance(attempt.trajectory.steps[-1], AnswerStep) for _, attempt in pairs)
    lost = [
        attempt for _, attempt in pairs if texts(attempt.trajectory)[-1].startswith("[Unsolved] 抱歉，查询时出了问题")
    ]
    assert lost and all(attempt.mistakes == ("wrong_argument",) for attempt in lost)


def test_a_fault_of_the_expert_s_own_is_none_of_a_mistake(gazetteer, drawn):
    broken = replace(next(each.task for each in drawn if each.task.chain), slots={})
    with pytest.raises(KeyError):
        asyncio.run(ErringTeacher(gazetteer, Mistakes(), 5).answer(broken, 0))


def test_best_of_eight(gazetteer, drawn):
    """At the default rates: what best of 8, split and veto have to work on."""
    teacher = ErringTeacher(gazetteer, Mistakes(), 0)

    async def run():
        return [await best_of(each.task, teacher, JUDGE, 8) for each in drawn]

    scored = asyncio.run(run())
    assert teacher.answers == 800 and all(len(tried) == 8 for tried in scored)
    rewards = [one.reward for tried in scored for one in tried]
    assert 0.5 < sum(rewards) / 800 < 0.7
    assert 0.14 < sum(bool(one.score.vetoed) for tried in scored for one in tried) / 800 < 0.28
    assert sum(max(one.reward for one in tried) for tried in scored) / 100 > 0.9
    again = ErringTeacher(gazetteer, Mistakes(), 0)
    for each, tried in zip(drawn[:20], scored, strict=False):
        for number, one in enumerate(tried):
            attempt = asyncio.run(again.answer(each.task, number))
            assert one.attempt == attempt and one.score == JUDGE.score(attempt.trajectory)
    made = {kind for tried in scored for one in tried for kind in one.attempt.mistakes}
    assert made >= {*CALL_KINDS, *FACT_KINDS}
