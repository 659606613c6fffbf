"""Splits tasks by how a model fared on them, from its scored episodes: what to teach it, and what to let it explore.

    python agent.py rollout play tasks.jsonl played.jsonl --samples 8
    python agent.py reward score played.jsonl scored.jsonl --strict
    python agent.py rollout split scored.jsonl split        # split/certain.jsonl, split/uncertain.jsonl, …, split.png

Tasks keep their order, but uncertain ones stand in that of their potential σ²·μ, the highest first. An episode that no
judge could score counts in no mean.
"""

import argparse
from collections import defaultdict
from pathlib import Path

from data_process.files import write_jsonl
from stagent.cascade.pictures import draw_split
from stagent.cascade.recipe import CascadeRecipe
from stagent.cascade.split import PARTS, by_potential, split
from stagent.queries.task import Task
from stagent.queries.trajectory import read_trajectories
from utils import InputError, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "scored", type=Path, metavar="SCORED.jsonl", help="episodes, several of each task, of: reward score"
    )
    parser.add_argument("out", type=Path, metavar="FOLDER", help="takes a file of tasks a part, and the picture")


def run(args: argparse.Namespace) -> int:
    if args.out.exists() and not args.out.is_dir():
        raise InputError(f"{args.out}: a file; name a folder")
    tasks, rewards, unscored = _read(args.scored)
    parts = split(rewards, CascadeRecipe())
    args.out.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        names = [name for name in tasks if parts.get(name) == part]
        names = by_potential(rewards, names) if part == "uncertain" else names
        write_jsonl(args.out / f"{part}.jsonl", [tasks[name].as_json() for name in names])
    draw_split(args.out / "split.png", tasks, rewards, parts)
    counts = ", ".join(f"{sum(part == each for part in parts.values())} {each}" for each in PARTS)
    left = f"; {unscored} episodes without a reward" if unscored else ""
    say(f"{args.out}: {len(parts)} tasks: {counts}{left}")
    return 0


def _read(path: Path) -> tuple[dict[str, Task], dict[str, list[float]], int]:
    """Tasks and their rewards by the task's id, and how many episodes have none."""
    tasks: dict[str, Task] = {}
    rewards: dict[str, list[float]] = defaultdict(list)
    unscored = 0
    for place, trajectory in enumerate(read_trajectories(path), 1):
        if trajectory.score is None:
            raise InputError(f"{path}, trajectory {place}: has no score; first: agent.py reward score")
        task = tasks.setdefault(trajectory.task.id, trajectory.task)
        if task != trajectory.task:
            raise InputError(f"{path}, trajectory {place}: another task has the id {task.id}; score one file of tasks")
        if (reward := trajectory.score["reward"]) is None:
            unscored += 1
        else:
            rewards[task.id].append(reward)
    if not any(len(each) > 1 for each in rewards.values()):
        raise InputError(f"{path}: no task has two scored episodes; play each more often: rollout play --samples 8")
    return tasks, rewards, unscored
