"""Lets the rule expert solve tasks: a trajectory for each, in the tasks' order.

A run that was stopped goes on where it was: give the same command again.
"""

import argparse
import asyncio
import json
from pathlib import Path

from tqdm import tqdm

from stagent.queries.continued import GrowingFile
from stagent.queries.drawing import solve
from stagent.queries.opening import open_gazetteer
from stagent.queries.patterns.all import BY_NAME
from stagent.queries.scene import Gazetteer
from stagent.queries.task import Task, read_tasks
from stagent.worlds.opening import add_world_arguments
from utils import InputError, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tasks", type=Path, metavar="TASKS.jsonl", help="tasks, of the verb make")
    parser.add_argument("out", type=Path, metavar="OUT.jsonl", help="a trajectory a line; continued where it is there")
    add_world_arguments(parser)


def run(args: argparse.Namespace) -> int:
    with open_gazetteer(args) as gazetteer:
        tasks = list(read_tasks(args.tasks, world=gazetteer.world))
        for number, task in enumerate(tasks, 1):
            if task.pattern not in BY_NAME:
                raise InputError(f"{args.tasks}, task {number}: no pattern {task.pattern!r} here; make the tasks anew")
        with GrowingFile(args.out) as out:
            _check_begun(args.out, tasks)
            asyncio.run(_solve(tasks, gazetteer, out))
            say(f"{args.out}: {out.lines} trajectories")
    return 0


def _check_begun(path: Path, tasks: list[Task]) -> None:
    """Raises InputError for a file that doesn't begin with these tasks' trajectories."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                begun = json.loads(line)["task"]["id"]
            except (ValueError, KeyError, TypeError):
                begun = None
            if number > len(tasks) or begun != tasks[number - 1].id:
                raise InputError(f"{path}, line {number}: no trajectory of the tasks' {number}th; name another file")


async def _solve(tasks: list[Task], gazetteer: Gazetteer, out: GrowingFile) -> None:
    with tqdm(total=len(tasks), initial=out.lines, desc="tasks", unit="task") as bar:
        for task in tasks[out.lines :]:
            out.append((await solve(task, BY_NAME[task.pattern], gazetteer)).as_json())
            out.flush()
            bar.update()
