"""Rewards of a policy's own tries: a line a task, in the tasks' order, written block by block.

{"task": "1-000012", "rewards": [0.98, 0.0, …], "vetoed": 3}
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from tqdm import tqdm

from stagent.queries.continued import GrowingFile
from stagent.queries.task import Task
from stagent.reward.score import TrajectoryJudge, TrajectoryScore
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.play import Rollout, play_all
from stagent.rollout.sequence import seed_of
from stagent.rollout.speaker import Speaker
from stagent.tools.calls import Calls

AT_ONCE = 128
BLOCK = 128  # tasks that are probed together
ENOUGH = 0.25  # of a validation's episodes must be scored


class ScoredRollout(NamedTuple):
    """An episode and what it is worth; ``number``: which try of its task it is, from 0."""

    rollout: Rollout
    score: TrajectoryScore
    number: int

    @property
    def task(self) -> Task:
        return self.rollout.trajectory.task


class Playground(NamedTuple):
    """What episodes are played in and judged by."""

    calls: Calls
    judge: TrajectoryJudge
    limits: EpisodeLimits = EpisodeLimits()


def score_of(rollout: Rollout, judge: TrajectoryJudge) -> TrajectoryScore:
    """The judge's; unscored where a tool broke or a speaker failed: no policy is to learn from our faults."""
    broken = [call.tool for call in rollout.trajectory.calls() if call.outcome == "failed"]
    if broken or rollout.ended == "no reply":
        return TrajectoryScore(judge.name, 0, None, unscored=f"broken tool: {broken[0]}" if broken else rollout.problem)
    return judge.score(rollout.trajectory)


async def tries(
    tasks: Sequence[Task], samples: int, speaker: Speaker, ground: Playground, *names: object
) -> AsyncIterator[ScoredRollout]:
    """Episodes of each task, scored, as they end.

    Args:
        names: of what they are for: with the task and the number of the try they make the seed.
    """
    jobs = [(task, seed_of(0, *names, task.id, number)) for task in tasks for number in range(samples)]
    numbers = {(task.id, seed): place % samples for place, (task, seed) in enumerate(jobs)}
    async for rollout in play_all(jobs, speaker, lambda _: ground.calls, ground.limits, AT_ONCE):
        number = numbers[rollout.trajectory.task.id, rollout.seed]
        yield ScoredRollout(rollout, score_of(rollout, ground.judge), number)


class Validation(NamedTuple):
    """What stages and steps are compared by: means over scored episodes, and how many these are."""

    reward: float
    vetoed: float
    episodes: int


async def validate(tasks: Sequence[Task], speaker: Speaker, ground: Playground, seed: int) -> Validation | None:
    """Two tries of each task, with the same seeds each time; None: too few of them could be scored.

    Those that can be where a world is gone are those that never asked it.
    """
    found = [each.score async for each in tries(tasks, 2, speaker, ground, seed, "valid")]
    scored = [score for score in found if score.reward is not None]
    if len(scored) < ENOUGH * len(found):
        return None
    reward = fmean(score.reward for score in scored)
    return Validation(reward, fmean(bool(score.vetoed) for score in scored), len(scored))


async def probe(
    tasks: Sequence[Task],
    samples: int,
    open_speaker: Callable[[], Speaker],
    ground: Playground,
    out: GrowingFile,
    *names: object,
) -> None:
    """Plays what the file doesn't have yet. An episode that could not be scored counts nothing.

    What is played at once decides in which order a batch's sums are made, and so, once in a million ids, what is drawn.
    A block is therefore played by a speaker of its own, and again as a whole where it was cut off: the file is the same
    wherever a run was killed.
    """
    if out.lines < len(tasks):
        out.keep(out.lines // BLOCK * BLOCK)
    with tqdm(total=len(tasks), initial=out.lines, desc="probe", unit="task") as bar:
        for begin in range(out.lines, len(tasks), BLOCK):
            block = tasks[begin : begin + BLOCK]
            tried: dict[str, list[ScoredRollout]] = defaultdict(list)
            async for scored in tries(block, samples, open_speaker(), ground, *names):
                tried[scored.task.id].append(scored)
                bar.update(len(tried[scored.task.id]) == samples)
            for task in block:
                out.append(_line(task, sorted(tried[task.id], key=lambda each: each.number)))
            out.flush()


def _line(task: Task, tried: Sequence[ScoredRollout]) -> dict[str, Any]:
    rewards = [each.score.reward for each in tried if each.score.reward is not None]
    return {"task": task.id, "rewards": rewards, "vetoed": sum(bool(each.score.vetoed) for each in tried)}
