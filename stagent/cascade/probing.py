"""Rewards of a policy's own tries: a line a task, written as its last episode ends.

{"task": "1-000012", "rewards": [0.98, 0.0, …], "vetoed": 3}
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from tqdm import tqdm

from stagent.queries.continued import GrowingFile
from stagent.queries.task import Task, read_lines
from stagent.reward.score import TrajectoryJudge, TrajectoryScore
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.play import Rollout, play_all
from stagent.rollout.sequence import seed_of
from stagent.rollout.speaker import Speaker
from stagent.tools.calls import Calls

AT_ONCE = 128


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
        yield ScoredRollout(rollout, ground.judge.score(rollout.trajectory), number)


async def probe(
    tasks: Sequence[Task],
    samples: int,
    speaker: Speaker,
    ground: Playground,
    out: GrowingFile,
    *names: object,
) -> None:
    """Plays what the file doesn't have yet. An episode that no judge could score counts nothing."""
    known = {value["task"] for _, value in read_lines(out.path)}
    left = [task for task in tasks if task.id not in known]
    rewards: dict[str, dict[int, float | None]] = defaultdict(dict)
    vetoed: Counter[str] = Counter()
    with tqdm(total=len(tasks), initial=len(tasks) - len(left), desc="probe", unit="task") as bar:
        async for scored in tries(left, samples, speaker, ground, *names):
            name = scored.task.id
            rewards[name][scored.number] = scored.score.reward
            vetoed[name] += bool(scored.score.vetoed)
            if len(rewards[name]) == samples:
                found = [reward for _, reward in sorted(rewards.pop(name).items()) if reward is not None]
                out.append({"task": name, "rewards": found, "vetoed": vetoed.pop(name)})
                out.flush()
                bar.update()
