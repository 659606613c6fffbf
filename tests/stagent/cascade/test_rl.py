"""The RL stage on a toy: what pays is said more often, the best is kept, and a killed run ends as any other."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest
import torch

from stagent.cascade import probing
from stagent.cascade.policy import load_policy
from stagent.cascade.probing import tries
from stagent.cascade.rl import RlStage, RlTasks
from stagent.queries.trajectory import Trajectory
from stagent.reward.score import TrajectoryScore
from tests.conftest import ROOT
from tests.stagent.cascade.toy import GOOD, RECIPE, TASKS, Pays, ground, rl_stage
from utils import InputError

VALID = 2 * len(TASKS)  # episodes of a validation
NEVER = replace(RECIPE, validate_every=0, probe_every=0)  # validated before the first step and behind the last alone


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Sums in one order, here and in a process of its own."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def log_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_policy(folder).model.state_dict()


class Scripted(Pays):
    """Pays by a list, episode after episode, whatever is said; the last one goes on. Keeps which tasks it saw."""

    def __init__(self, *rewards: float | None):
        super().__init__({})
        self.rewards, self.seen = rewards, []

    def score(self, trajectory: Trajectory) -> TrajectoryScore:
        reward = self.rewards[min(len(self.seen), len(self.rewards) - 1)]
        self.seen.append(trajectory.task.id)
        return TrajectoryScore(self.name, 1, reward, vetoed=("nothing",) if reward == 0 else ())


class PaysOrFails(Pays):
    """Can't score what it doesn't pay for."""

    def score(self, trajectory: Trajectory) -> TrajectoryScore:
        found = super().score(trajectory)
        return found if found.reward else replace(found, reward=None, vetoed=(), unscored="no reply")


class ByTask(Pays):
    """Pays the same for every episode of a task. Keeps which tasks it saw."""

    def __init__(self, worth: dict[str, float]):
        super().__init__(worth)
        self.seen = []

    def score(self, trajectory: Trajectory) -> TrajectoryScore:
        self.seen.append(trajectory.task.id)
        return TrajectoryScore(self.name, 1, self.worth[trajectory.task.id])


def test_what_pays_is_said_more_often(toy_policy, tmp_path):
    recipe = replace(RECIPE, rl_steps=20, validate_every=5, probe_every=0, collapse=1.0)
    state = rl_stage(tmp_path / "rl", toy_policy(), recipe=recipe).run()
    log = log_of(tmp_path / "rl")
    assert [entry["step"] for entry in log] == list(range(21)) and state.step == 20
    early, late = (fmean(entry["reward"] for entry in part) for part in (log[1:6], log[-5:]))
    assert early < 0.7 and late > 0.9
    assert [entry["step"] for entry in log if "valid_reward" in entry] == [0, 5, 10, 15, 20]
    assert log[-1]["valid_reward"] > log[0]["valid_reward"] + 0.2 and log[-1]["valid_vetoed"] < log[0]["valid_vetoed"]
    for entry in log[1:]:
        assert entry["kl"] >= 0 and 0 <= entry["clipped"] <= 1 and entry["unscored"] == 0
    assert any(entry["ratio"] != 1 for entry in log[1:])  # the second update is behind the policy that drew


def test_every_step_is_drawn_by_the_policy_as_it_is(toy_policy, tmp_path):
    """One update a batch: its ratios are 1, though prompts come again whose keys an earlier policy has computed."""
    recipe = replace(NEVER, rl_steps=4, rl_tasks=4, rl_updates=1)
    rl_stage(tmp_path / "rl", toy_policy(), recipe=recipe).run()
    log = log_of(tmp_path / "rl")[1:]
    assert [entry["ratio"] for entry in log] == pytest.approx([1.0] * 4, abs=1e-4)
    assert {entry["clipped"] for entry in log} == {0} and log[-1]["kl"] > 0.01  # and it has moved


def test_the_best_policy_is_kept(toy_policy, tmp_path):
    """That of the highest validation reward, the first of equals; played again it has that reward."""
    folder = tmp_path / "rl"
    stage = rl_stage(folder, toy_policy(), recipe=replace(RECIPE, rl_steps=8, collapse=1.0))
    state = stage.run()
    found = {entry["step"]: entry["valid_reward"] for entry in log_of(folder) if "valid_reward" in entry}
    assert state.best == max(found.values()) == found[state.best_step]
    assert state.best_step == min(step for step, reward in found.items() if reward == state.best)
    assert sorted(path.name for path in folder.iterdir()) == [stage.best().name, "log.jsonl", "state-000008"]

    async def again():
        speaker = load_policy(stage.best()).speaker("again")
        return [s.score.reward async for s in tries(TASKS, 2, speaker, ground(Pays({GOOD: 1.0})), 0, "valid")]

    assert fmean(asyncio.run(again())) == pytest.approx(state.best)


def test_a_collapse_ends_it_with_a_line(toy_policy, tmp_path, capsys):
    """Paid before the first step, never after it: the validation of step 2 has lost it all."""
    folder = tmp_path / "rl"
    stage = rl_stage(folder, toy_policy(), Scripted(*[1.0] * VALID, 0.0))
    state = stage.run()
    line = "stopped at step 2: the validation reward fell from 1.000 to 0.000"
    assert state.ended == line and f"{line}; best at step 0, 1.000" in capsys.readouterr().err
    assert [entry["step"] for entry in log_of(folder)] == [0, 1, 2] and stage.best() == folder / "best-000000"
    start = toy_policy().model.state_dict()
    assert all(torch.equal(value, start[name]) for name, value in weights(stage.best()).items())
    before = (folder / "log.jsonl").read_bytes()
    judge = Scripted(0.0)
    assert rl_stage(folder, toy_policy(), judge).run().ended == line and judge.seen == []  # it is over
    assert (folder / "log.jsonl").read_bytes() == before


def test_a_small_fall_ends_nothing(toy_policy, tmp_path):
    judge = Scripted(*[1.0] * VALID, 0.91)
    state = rl_stage(tmp_path / "rl", toy_policy(), judge, replace(NEVER, rl_steps=2, collapse=0.1)).run()
    assert (state.step, state.ended, state.best_step) == (2, "", 0)


def test_groups_without_spread_are_counted_and_teach_nothing(toy_policy, tmp_path):
    rl_stage(tmp_path / "rl", toy_policy(), Scripted(0.5), replace(NEVER, rl_steps=3)).run()
    for entry in log_of(tmp_path / "rl")[1:]:
        assert (entry["reward"], entry["spreadless"], entry["sequences"]) == (0.5, 1.0, 0)
        assert (entry["clipped"], entry["ratio"], entry["kl"]) == (0, 1, 0)
    start = toy_policy().model.state_dict()
    after = weights(tmp_path / "rl" / "state-000003" / "policy")
    assert all(torch.equal(value, start[name]) for name, value in after.items())


def test_an_unscored_episode_is_never_a_number(toy_policy, tmp_path, monkeypatch):
    """What isn't paid isn't scored either: every scored one is worth 1, and there is nothing to tell apart."""
    monkeypatch.setattr(probing, "ENOUGH", 0.01)  # so few are paid
    state = rl_stage(tmp_path / "rl", toy_policy(), PaysOrFails({GOOD: 1.0}), replace(NEVER, rl_steps=4)).run()
    log = log_of(tmp_path / "rl")
    assert {entry.get("reward", 1.0) for entry in log} == {1.0} == {entry.get("valid_reward", 1.0) for entry in log}
    assert sum(entry.get("unscored", 0) for entry in log) > 0 and {e["spreadless"] for e in log[1:]} == {1.0}
    assert {reward for each in state.rewards.values() for reward in each} <= {0.0, 1.0}


def test_a_task_that_was_never_scored_keeps_what_is_known_of_it(toy_policy, tmp_path):
    """The judge fails behind the first validation and is mended for the last: no task has become unknown or worthless.

    Validation 8, two steps of 12 episodes and probing again, 24, unscored, then the last validation.
    """
    judge = Scripted(*[0.5] * VALID, *[None] * (12 + 24 + 12), 0.5)
    state = rl_stage(tmp_path / "rl", toy_policy(), judge, replace(NEVER, rl_steps=2, probe_every=1)).run()
    assert state.rewards == {task.id: [0.0, 1.0] for task in TASKS}
    log = log_of(tmp_path / "rl")
    assert log[1]["learnable"] == 1.0 and [e["unscored"] for e in log[1:]] == [12, 12] and len(log) == 3


def test_a_judge_that_scores_nothing_of_a_validation_stops_it(toy_policy, tmp_path):
    """And not: a reward of 0, a collapse. Mended, the same command goes on."""
    judge = Scripted(*[0.5] * (VALID + 24), None)
    with pytest.raises(InputError, match="too few episodes of validation could be scored after step 2: pays"):
        rl_stage(tmp_path / "rl", toy_policy(), judge).run()
    state = rl_stage(tmp_path / "rl", toy_policy(), Scripted(0.5)).run()
    assert (state.step, state.ended, state.best) == (6, "", 0.5)


REWARDS = {"t-0": [0.0, 1.0], "t-1": [1.0, 1.0, 1.0, 0.0], "t-2": [0.0, 0.0, 0.0, 1.0], "t-3": [1.0, 1.0]}


def ordered(folder, policy, judge, **changes):
    """Steps of one task each on tasks with a potential of .125, .1406, .0469 and 0, the last a trivial one."""
    recipe = replace(NEVER, rl_steps=6, rl_tasks=1, rl_rate=1e-9, **changes)
    RlStage(folder, policy, RlTasks(TASKS, REWARDS, TASKS), ground(judge), recipe, 0).run()
    episodes = judge.seen[VALID:-VALID]
    assert all(len(set(episodes[place : place + RECIPE.group])) == 1 for place in range(0, len(episodes), RECIPE.group))
    return episodes[:: RECIPE.group]


def test_the_highest_potential_comes_first(toy_policy, tmp_path):
    half = ByTask({task.id: 0.5 for task in TASKS})
    assert ordered(tmp_path / "rl", toy_policy(), half) == ["t-1", "t-0", "t-2"] * 2


def test_by_chance_every_task_comes_once_a_pass(toy_policy, tmp_path):
    half, again = (ByTask({task.id: 0.5 for task in TASKS}) for _ in range(2))
    found = ordered(tmp_path / "rl", toy_policy(), half, chosen_by="random")
    assert sorted(found[:3]) == sorted(found[3:]) == ["t-0", "t-1", "t-2"]
    assert ordered(tmp_path / "again", toy_policy(), again, chosen_by="random") == found


def test_what_has_become_trivial_is_left_out(toy_policy, tmp_path):
    """All of t-1's episodes of step 1 are worth 1: the others are left, in turn."""
    judge = ByTask({"t-0": 0.5, "t-1": 1.0, "t-2": 0.5, "t-3": 0.5})
    found = ordered(tmp_path / "rl", toy_policy(), judge)
    assert found[0] == "t-1" and set(found[1:]) == {"t-0", "t-2"}


def test_probing_again_finds_what_can_teach_by_now(toy_policy, tmp_path):
    """Of four tasks one is done by now and one will never be; two are left. The trivial one of before counts again."""
    judge = ByTask({"t-0": 1.0, "t-1": 0.5, "t-2": 0.0, "t-3": 0.5})
    folder = tmp_path / "rl"
    recipe = replace(NEVER, rl_steps=2, rl_tasks=1, probe_every=1)
    RlStage(folder, toy_policy(), RlTasks(TASKS, REWARDS, TASKS), ground(judge), recipe, 0).run()
    assert [entry.get("learnable") for entry in log_of(folder)] == [None, 0.5, None]


def test_fewer_tasks_than_a_step_takes(toy_policy, tmp_path):
    """Each once: the episodes of a second time would be the same."""
    judge = ByTask({task.id: 0.5 for task in TASKS})
    rl_stage(tmp_path / "rl", toy_policy(), judge, replace(NEVER, rl_steps=1, rl_tasks=9)).run()
    assert len(judge.seen) - 2 * VALID == len(TASKS) * RECIPE.group


@pytest.fixture(scope="module")
def whole(one_thread, toy_start, tmp_path_factory) -> dict[str, bytes]:
    """The files of a run that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole") / "rl"
    rl_stage(folder, load_policy(toy_start), recipe=RECIPE).run()
    return files_of(folder)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# The judge is asked 8 times for a validation, 12 times a step, 24 times to probe again behind step 3.
KILLED = [
    pytest.param([82, 93], id="in step 4, behind probing again and a line that no state has; in its validation"),
    pytest.param([5, 30], id="in the first validation, before anything is saved; in step 2", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("kills", KILLED)
def test_killed_and_gone_on_with_it_ends_as_one_that_was_not(kills, toy_start, toy_policy, whole, tmp_path):
    processes = {}
    for kill in kills:
        shutil.copytree(toy_start, tmp_path / str(kill) / "start")
        command = [sys.executable, "-m", "tests.stagent.cascade.toy", "rl", str(tmp_path / str(kill)), str(kill)]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        processes[kill] = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    for kill, process in processes.items():
        assert process.wait() == -signal.SIGKILL, process.stderr.read()
        folder = tmp_path / str(kill) / "rl"
        assert files_of(folder) != whole
        rl_stage(folder, toy_policy()).run()
        found = files_of(folder)
        assert found.keys() == whole.keys()
        assert [name for name in found if found[name] != whole[name]] == []
