"""Makes tasks over a world: instructions with what a right answer says, and how the rule expert solves them.

A run that was stopped goes on where it was: give the same command again. With --text_only, instructions alone, for
selection: tens of thousands a second, each a line with id, text, pattern, primary, secondary, difficulty and slots.
"""

import argparse
import asyncio
import json
import random
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tqdm import tqdm

from config.command_line import number
from stagent.queries.continued import GrowingFile, read_settings, same_settings
from stagent.queries.drawing import days_of, draw_task, draw_tasks, draw_texts, number_of
from stagent.queries.opening import open_gazetteer
from stagent.queries.pattern import QueryPattern
from stagent.queries.patterns.all import BY_NAME, PATTERNS
from stagent.queries.scene import Gazetteer
from stagent.queries.task import SPLITS
from stagent.worlds.opening import add_world_arguments, clock_of
from utils import InputError, say

FORMAT = 1  # of the settings beside a file, and of what the same ones draw


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, metavar="OUT.jsonl", help="a task a line; continued where it is there")
    parser.add_argument("--count", type=number(int, 1), default=1000, help="how many; 1000")
    parser.add_argument("--draw", type=number(int, 0), default=0, metavar="SEED", help="seed of the tasks; 0")
    parser.add_argument("--split", choices=SPLITS, help="tasks of this split alone; all")
    parser.add_argument("--trajectories", type=Path, metavar="TRAJ.jsonl", help="write the expert's ways here")
    parser.add_argument("--text_only", action="store_true", help="instructions alone, without what is right")
    add_world_arguments(parser)


def run(args: argparse.Namespace) -> int:
    if args.text_only and args.trajectories:
        raise InputError("--trajectories: there are none with --text_only; leave out one of them")
    if args.trajectories and args.trajectories.resolve() == args.out.resolve():
        raise InputError(f"--trajectories {args.trajectories}: that is the tasks' file; name another")
    with open_gazetteer(args) as gazetteer, GrowingFile(args.out) as out:
        began = read_settings(args.out) if out.lines else {}
        days = days_of(gazetteer, _first_day(args, gazetteer, began.get("clock")))
        settings = _settings(args, gazetteer, days[0])
        if args.text_only:
            same_settings(args.out, out.lines, settings)
            _make_texts(args, gazetteer, days, out)
        elif args.trajectories:
            with GrowingFile(args.trajectories) as ways:
                _level(out, ways)
                same_settings(args.out, out.lines, settings)
                asyncio.run(_make_tasks(args, gazetteer, days, out, ways))
        else:
            same_settings(args.out, out.lines, settings)
            asyncio.run(_make_tasks(args, gazetteer, days, out, None))
        say(f"{args.out}: {out.lines} lines")
    return 0


def _first_day(args: argparse.Namespace, gazetteer: Gazetteer, began: Any) -> datetime | None:
    """The day from which on tasks take place: --clock, else that of the file that is continued, else None."""
    if args.clock or not isinstance(began, str):
        return clock_of(args, gazetteer.world)
    return datetime.fromisoformat(began).astimezone(gazetteer.world.zone)


def _settings(args: argparse.Namespace, gazetteer: Gazetteer, first: datetime) -> dict[str, Any]:
    """All that decides what a line says; not --count, so that a file can be made longer."""
    world = gazetteer.world
    return {
        "format": FORMAT,
        "world": f"{world.name} {world.version}",
        "clock": first.replace(hour=0, minute=0, second=0, microsecond=0).isoformat(),
        "--draw": args.draw,
        "--split": args.split,
        "--text_only": args.text_only,
        "--trajectories": args.trajectories is not None,
        "patterns": " ".join(pattern.name for pattern in PATTERNS),
    }


def _splits(args: argparse.Namespace) -> Sequence[Any]:
    return (args.split,) if args.split else SPLITS


def _level(tasks: GrowingFile, ways: GrowingFile) -> None:
    """Tasks and their trajectories stop at the same one."""
    lines = min(tasks.lines, ways.lines)
    for file in (tasks, ways):
        if file.lines > lines:
            file.keep(lines)


async def _make_tasks(
    args: argparse.Namespace,
    gazetteer: Gazetteer,
    days: Sequence[datetime],
    out: GrowingFile,
    ways: GrowingFile | None,
) -> None:
    begin = _next_number(out)
    todo = max(0, args.count - out.lines)
    with tqdm(total=args.count, initial=out.lines, desc="tasks", unit="task") as bar:
        async for drawn in draw_tasks(gazetteer, PATTERNS, todo, args.draw, _splits(args), begin=begin, days=days):
            out.append(drawn.task.as_json())
            out.flush()
            if ways:
                ways.append(drawn.trajectory.as_json())
                ways.flush()
            bar.update()


def _make_texts(args: argparse.Namespace, gazetteer: Gazetteer, days: Sequence[datetime], out: GrowingFile) -> None:
    labels: dict[str, dict[str, Any] | None] = {}
    draws = draw_texts(gazetteer, PATTERNS, None, args.draw, _splits(args), begin=_next_number(out), days=days)
    with tqdm(total=args.count, initial=out.lines, desc="instructions", unit="text", mininterval=1) as bar:
        while out.lines < args.count:
            draw = next(draws)
            if draw.pattern not in labels:
                labels[draw.pattern] = asyncio.run(_labels(gazetteer, BY_NAME[draw.pattern], days))
            if (label := labels[draw.pattern]) is None:
                continue
            line = {"id": draw.id, "text": "\n".join(draw.turns), "pattern": draw.pattern, "primary": draw.leaf}
            out.append(line | label | {"slots": draw.slots})
            bar.update()


async def _labels(gazetteer: Gazetteer, pattern: QueryPattern, days: Sequence[datetime]) -> dict[str, Any] | None:
    """Secondary leaves and difficulty of a task of a pattern, the first one drawn; None: this world has none.

    What they are of each text would need its truth and the expert; within a pattern they hardly differ.
    """
    rng = random.Random(f"labels-{pattern.name}")
    for city in gazetteer.cities:
        if drawn := await draw_task(gazetteer, pattern, city, rng, "label", days):
            return {"secondary": list(drawn.task.secondary), "difficulty": drawn.task.difficulty}
    return None


def _next_number(out: GrowingFile) -> int:
    """The number after that of the file's last task. Raises InputError for a line that is none of this verb's."""
    if not (line := out.last()):
        return 0
    try:
        return number_of(json.loads(line)["id"]) + 1
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{out.path}, line {out.lines}: no task; remove the line, or name another file") from None
