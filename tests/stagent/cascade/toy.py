"""A toy that every stage can be tried on in a moment: an agent of one of two answers, in the real codec and engine.

Run as a program it does a stage in a process of its own, which a test kills:

    python -m tests.stagent.cascade.toy sft FOLDER         trains on the toy's lessons
    python -m tests.stagent.cascade.toy rl FOLDER KILL     until the judge is asked for the KILL-th time: then kill -9

FOLDER holds ``start/``, the policy to begin with.
"""

import os
import signal
import sys
from pathlib import Path

import torch

from stagent.cascade.policy import Policy, load_policy
from stagent.cascade.probing import Playground
from stagent.cascade.recipe import CascadeRecipe
from stagent.cascade.rl import RlStage, RlTasks
from stagent.cascade.sft import sft_arguments, train_on_lessons
from stagent.queries.task import Context, Task
from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.reward.score import TrajectoryScore
from stagent.rollout.compact.lesson import lesson
from stagent.rollout.compact.vocabulary import CompactVocabulary
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.sequence import TokenSequence
from stagent.tools.calls import Calls
from tests.support.toy_world import ToyWorld

GOOD, BAD = "可以", "没有"
ASKED = ("现在去公园", "明天去博物馆", "附近的酒店", "最近的充电站", "最早的火车", "公司的位置", "明天的天气", "家")
LIMITS = EpisodeLimits(calls=1)
EPOCHS = 20  # of the supervised run that is killed: two steps each
RECIPE = CascadeRecipe(
    rl_steps=6, rl_tasks=2, group=6, rl_rate=3e-3, clip_low=0.2, clip_high=0.2, validate_every=2, probe_every=3
)


def toy_task(number: int) -> Task:
    """One of as many tasks as there are hours: its prompt is like no other's."""
    context = Context(f"2026-01-05T{number % 24:02d}:00:00+08:00", "澜屿市", "30.41200,174.61800")
    return Task(
        f"t-{number}", "by_hand", "train", "toy", "1", context, (ASKED[number % len(ASKED)],), "area_summaries", 0
    )


TASKS = [toy_task(number) for number in range(4)]


def said(task: Task, *answers: str, calls: tuple[CallStep, ...] = ()) -> Trajectory:
    """An episode in which each turn is answered so."""
    steps = [
        step for turn, text in zip(task.turns, answers, strict=True) for step in (UserStep(turn), AnswerStep(text))
    ]
    return Trajectory(task, "a hand", [*steps[:1], *calls, *steps[1:]])


def toy_lessons(vocabulary: CompactVocabulary, answers: tuple[str, ...] = (GOOD, BAD)) -> list[TokenSequence]:
    """Every answer to every task."""
    return [lesson(said(task, answer), vocabulary) for task in TASKS for answer in answers]


class Pays:
    """A judge that pays for words: ``Pays({"可以": 1.0})``; what isn't named is worth 0, and None stays unscored."""

    name = "pays"

    def __init__(self, worth: dict[str, float | None], kill: int | None = None):
        self.worth, self.asked, self.kill = worth, 0, kill

    def score(self, trajectory: Trajectory) -> TrajectoryScore:
        self.asked += 1
        if self.asked == self.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        text = trajectory.answers()[-1].text if trajectory.answers() else ""
        reward = self.worth.get(text, 0.0)
        return TrajectoryScore(self.name, 1, reward, vetoed=("nothing",) if reward == 0 else ())


def ground(judge) -> Playground:
    return Playground(Calls(ToyWorld()), judge, LIMITS)


def rl_stage(folder: Path, start: Policy, judge=None, recipe: CascadeRecipe = RECIPE, tasks=TASKS, seed=0) -> RlStage:
    """The RL stage on the toy's tasks, all of them uncertain before."""
    work = RlTasks(tasks, {task.id: [0.0, 1.0] for task in tasks}, TASKS)
    return RlStage(folder, start, work, ground(judge or Pays({GOOD: 1.0})), recipe, seed)


def train_toy(policy: Policy, folder: Path, lessons, *, epochs: int, batch=4, rate=6e-3, data="toy", **changes) -> int:
    """Supervised training, saved at its end alone: each checkpoint is brought to the disk, which takes long."""
    args = sft_arguments(folder, epochs=epochs, batch=batch, rate=rate, seed=0)
    at_the_end = {"save_strategy": "steps", "save_steps": 10**6}
    for name, value in {"disable_tqdm": True, "use_cpu": True, **at_the_end, **changes}.items():
        setattr(args, name, value)
    return train_on_lessons(policy.model, lessons, policy.pad, args, data)


def main() -> None:
    torch.set_num_threads(1)
    what, folder = sys.argv[1], Path(sys.argv[2])
    start = load_policy(folder / "start")
    if what == "sft":
        train_toy(start, folder / "run", toy_lessons(start.vocabulary), epochs=EPOCHS, save_strategy="epoch")
    else:
        rl_stage(folder / "rl", start, Pays({GOOD: 1.0}, kill=int(sys.argv[3]))).run()


if __name__ == "__main__":
    main()
