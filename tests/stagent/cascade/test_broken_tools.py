"""A world that dies in the middle of training: nobody learns from it, it is said, and the same command goes on."""

import asyncio
import json

import pytest

from stagent.cascade.policy import load_policy, save_policy
from stagent.cascade.probing import Playground, tries
from stagent.cascade.rl import RlStage, RlTasks
from stagent.queries.trajectory import CallStep
from stagent.rollout.compact.lesson import lesson
from stagent.rollout.live_episode import EpisodeLimits
from stagent.tools.calls import Calls
from stagent.worlds.protocol import Found
from tests.stagent.cascade.toy import BAD, GOOD, RECIPE, TASKS, Pays, said, train_toy
from tests.support.toy_world import ToyWorld
from utils import InputError


class Mortal(ToyWorld):
    """Finds nothing; it breaks where ``dead`` is True. Counts what it was asked."""

    def __init__(self):
        super().__init__()
        self.dead = False

    async def answer(self, tool, arguments, clock):
        self.asked.append((tool, arguments, clock))
        if self.dead:
            raise ConnectionError("the map is gone")
        return Found([])


class Watching(Pays):
    """Kills and revives a world by how many episodes were judged; broken ones aren't shown to a judge."""

    def __init__(self, world, die_behind: int):
        super().__init__({GOOD: 1.0})
        self.world, self.die_behind = world, die_behind

    def score(self, trajectory):
        found = super().score(trajectory)
        self.world.dead = self.asked >= self.die_behind
        return found


@pytest.fixture(scope="module")
def searcher(untrained, vocabulary, tmp_path_factory):
    """``searcher()``: a policy that searches for nothing, and then gives one of two answers."""
    search = CallStep("map_search_places", {"query": "药店"}, "", "empty", {"items": []}, "没有")
    lessons = [lesson(said(task, answer, calls=(search,)), vocabulary) for task in TASKS for answer in (GOOD, BAD)]
    policy, folder = untrained(), tmp_path_factory.mktemp("searcher")
    assert train_toy(policy, folder / "run", lessons, epochs=80) == 0
    save_policy(policy, folder / "start")
    return lambda: load_policy(folder / "start")


def stage(folder, policy, world, die_behind: int = 10**6) -> RlStage:
    # nothing is kept: every episode asks the world
    judge = Watching(world, die_behind)
    place = Playground(Calls(world, capacity=0), judge, EpisodeLimits(calls=2))
    return RlStage(folder, policy, RlTasks(TASKS, {task.id: [0.0, 1.0] for task in TASKS}, TASKS), place, RECIPE, 0)


def log_of(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_a_world_that_dies_in_the_middle(searcher, tmp_path, capsys):
    """Behind the first validation and step 1: step 2 and its validation fail, all but what asks nothing."""
    folder, whole = tmp_path / "rl", tmp_path / "whole"
    with pytest.raises(
        InputError, match="too few episodes of validation could be scored after step 2: pays, or a tool"
    ):
        stage(folder, searcher(), Mortal(), die_behind=2 * len(TASKS) + RECIPE.rl_tasks * RECIPE.group).run()
    assert "the map is gone" in capsys.readouterr().err
    assert [entry["step"] for entry in log_of(folder)] == [0, 1] and log_of(folder)[1]["unscored"] == 0
    state = stage(folder, searcher(), Mortal()).run()  # the same command
    assert (state.step, state.ended) == (6, "")
    stage(whole, searcher(), Mortal()).run()
    assert (folder / "log.jsonl").read_bytes() == (whole / "log.jsonl").read_bytes()


def test_a_broken_episode_is_no_sample(searcher):
    """And is not shown to the judge; one that asked before the world broke is."""
    world = Mortal()
    world.dead = True
    ground = Playground(Calls(world, capacity=0), Watching(world, 0), EpisodeLimits(calls=2))

    async def played():
        return [each async for each in tries(TASKS, 4, searcher().speaker("searcher"), ground, "x")]

    found = asyncio.run(played())
    broken = [any(call.outcome == "failed" for call in each.rollout.trajectory.calls()) for each in found]
    assert sum(broken) > len(found) / 2
    assert [each.score.reward is None for each in found] == broken
    assert {each.score.unscored for each, failed in zip(found, broken, strict=True) if failed} == {
        "broken tool: map_search_places"
    }
    assert ground.judge.asked == broken.count(False)
