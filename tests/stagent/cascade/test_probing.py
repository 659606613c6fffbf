"""Probing on a toy: every task tried as often, each try by its own seed, and a file that goes on where it was cut."""

import asyncio
import json
from functools import partial

import pytest

from stagent.cascade import probing
from stagent.cascade.probing import probe, tries
from stagent.queries.continued import GrowingFile
from stagent.reward.score import TrajectoryScore
from tests.stagent.cascade.toy import GOOD, TASKS, Pays, ground


def played(policy, judge, *names, samples=5, tasks=TASKS):
    async def play():
        return [each async for each in tries(tasks, samples, policy.speaker("toy"), ground(judge), *names)]

    return asyncio.run(play())


def written(policy, path, judge, *names):
    with GrowingFile(path) as out:
        asyncio.run(probe(TASKS, 5, partial(policy.speaker, "toy"), ground(judge), out, *names))
    return {line["task"]: line for line in map(json.loads, path.read_text().splitlines())}


def said(episodes):
    return {
        (each.task.id, each.number): [answer.text for answer in each.rollout.trajectory.answers()] for each in episodes
    }


def test_every_task_is_tried_as_often_each_try_once(toy_policy):
    found = played(toy_policy(), Pays({GOOD: 1.0}))
    assert sorted((each.task.id, each.number) for each in found) == [(task.id, n) for task in TASKS for n in range(5)]
    assert len({each.rollout.seed for each in found}) == 20
    assert {each.score.reward for each in found} == {0.0, 1.0}
    for each in found:
        assert each.score.reward == float([step.text for step in each.rollout.trajectory.answers()] == [GOOD])


def test_a_try_is_its_names_alone(toy_policy):
    """Whatever is played beside it, and however many: the same; for another purpose, another."""
    all_of_them = said(played(toy_policy(), Pays({}), 7, "probe"))
    some = said(played(toy_policy(), Pays({}), 7, "probe", samples=3, tasks=TASKS[::-2]))
    assert some.items() <= all_of_them.items()
    assert said(played(toy_policy(), Pays({}), 7, "valid")) != all_of_them
    assert said(played(toy_policy(), Pays({}), 8, "probe")) != all_of_them


def test_a_line_a_task(toy_policy, tmp_path):
    found = written(toy_policy(), tmp_path / "probe.jsonl", Pays({GOOD: 1.0}), "probe")
    expected = said(played(toy_policy(), Pays({}), "probe"))
    for task in TASKS:
        rewards = [float(expected[task.id, number] == [GOOD]) for number in range(5)]  # in the order of the tries
        assert found[task.id] == {"task": task.id, "rewards": rewards, "vetoed": rewards.count(0.0)}


def test_a_file_that_was_cut_is_gone_on_with(toy_policy, tmp_path, monkeypatch):
    """Blocks of two: the third line's block is played again as a whole, and the file is the same to the byte."""
    monkeypatch.setattr(probing, "BLOCK", 2)
    path = tmp_path / "probe.jsonl"
    written(toy_policy(), path, Pays({GOOD: 1.0}), "probe")
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    assert [json.loads(line)["task"] for line in lines] == [task.id for task in TASKS]
    for cut, episodes in ((b"".join(lines[:3]) + lines[3][:20], 10), (lines[0], 20), (whole, 0)):
        path.write_bytes(cut)
        judge = Pays({GOOD: 1.0})
        written(toy_policy(), path, judge, "probe")
        assert path.read_bytes() == whole and judge.asked == episodes


def test_a_last_block_that_is_not_full_is_kept(toy_policy, tmp_path, monkeypatch):
    monkeypatch.setattr(probing, "BLOCK", 3)
    judge = Pays({})
    for _ in range(2):
        written(toy_policy(), tmp_path / "probe.jsonl", judge, "probe")
    assert judge.asked == 20


class Fails(Pays):
    """Can't score what isn't paid for."""

    def score(self, trajectory):
        found = super().score(trajectory)
        return found if found.reward else TrajectoryScore(self.name, 1, None, unscored="no reply")


@pytest.mark.parametrize("worth", [{GOOD: 1.0}, {}])
def test_what_no_judge_could_score_is_left_out(toy_policy, tmp_path, worth):
    found = written(toy_policy(), tmp_path / "probe.jsonl", Fails(worth), "probe")
    expected = said(played(toy_policy(), Pays({}), "probe"))
    for task in TASKS:
        paid = sum(expected[task.id, number] == [GOOD] for number in range(5)) if worth else 0
        assert found[task.id] == {"task": task.id, "rewards": [1.0] * paid, "vetoed": 0}
