"""Measures the verifier on purpose-made answers: what it vetoes wrongly, what it lets pass, and how it can be gamed.

Expert answers of held-out kinds, and of all kinds, are left as they are, rephrased, damaged in one fact each, and
replaced by attempts to be paid for nothing. Damage that happens to stay true is left out and counted. Prints tables
with the bars.
"""

import argparse
import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from config.command_line import number
from stagent.queries.drawing import draw_tasks
from stagent.queries.opening import open_gazetteer
from stagent.queries.patterns.all import PATTERNS
from stagent.queries.scene import Gazetteer
from stagent.queries.task import SPLITS, Split
from stagent.queries.trajectory import Trajectory
from stagent.reward.measure.measuring import Measurement, Measuring
from stagent.reward.measure.speed import speed_rows
from stagent.reward.measure.tables import gaming_rows, printed, verifier_rows, write_results
from stagent.reward.measure.variant import ChangedAnswer
from stagent.reward.measure.written import measure_written
from stagent.reward.run import add_strict
from stagent.reward.score import TrajectoryScore
from stagent.reward.verifier import Verifier
from stagent.worlds.opening import add_world_arguments
from utils import InputError, say

SAMPLES: dict[str, Sequence[Split]] = {"held-out kinds": ("held_out_kind",), "all kinds": SPLITS}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=number(int, 1), default=1000, help="expert answers of each sample; 1000")
    parser.add_argument("--draw", type=number(int, 0), default=0, metavar="SEED", help="seed of tasks and damage; 0")
    parser.add_argument("--held_out", action="store_true", help="held-out kinds alone, not all kinds as well")
    parser.add_argument("--json", type=Path, metavar="FOLDER", help="write result files: verifier.json and others")
    written = "answers written by hand, with labels, as well"
    parser.add_argument("--answers", type=Path, nargs="*", default=(), metavar="IN.jsonl", help=written)
    parser.add_argument("--cases", type=Path, metavar="OUT.jsonl", help="write every miss: trajectory, damage, score")
    add_strict(parser)
    add_world_arguments(parser)


def run(args: argparse.Namespace) -> int:
    if args.json:
        _make_folder(args.json)  # before minutes of work, not behind it
    names = list(SAMPLES)[:1] if args.held_out else list(SAMPLES)
    with open_gazetteer(args) as gazetteer:
        samples = {name: asyncio.run(draw_sample(gazetteer, args.count, args.draw, SAMPLES[name])) for name in names}
        with _Cases(args.cases) as cases:
            measuring = Measuring(Verifier(args.strict), gazetteer, args.draw, cases.add)
            found = {name: asyncio.run(measuring.run(sample, name)) for name, sample in samples.items()}
    more = [row for path in args.answers for row in measure_written(path, Verifier(args.strict))[0]]
    if not args.strict:
        more += speed_rows(samples[names[0]])
    return _report(args, found, more)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--json {folder}: {error.strerror}; name a folder") from None


async def draw_sample(gazetteer: Gazetteer, count: int, seed: int, splits: Sequence[Split]) -> list[Trajectory]:
    return [drawn.trajectory async for drawn in draw_tasks(gazetteer, PATTERNS, count, seed, splits)]


def _report(args: argparse.Namespace, found: dict[str, Measurement], more: list[dict[str, Any]]) -> int:
    verifier = [*verifier_rows(found), *more]
    gaming = gaming_rows(found)
    if args.json:
        answers = "".join(f" {path}" for path in ("--answers", *args.answers)) if args.answers else ""
        options = f"{answers}{' --strict' if args.strict else ''} --json {args.json}"
        command = f"python agent.py reward measure --count {args.count} --draw {args.draw}{options}"
        names = write_results(args.json, command, args.draw, verifier, gaming, args.strict)
        say(f"wrote {', '.join(names)} into {args.json}")
    print(printed(verifier))
    print()
    print(printed(gaming))
    return 0


class _Cases:
    """A file of misses, written as they come; None: they are dropped."""

    def __init__(self, path: Path | None):
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> "_Cases":
        if self._path:
            try:
                self._file = open(self._path, "w", encoding="utf-8")
            except OSError as error:
                raise InputError(f"--cases {self._path}: {error.strerror}") from None
        return self

    def add(self, variant: ChangedAnswer, score: TrajectoryScore) -> None:
        if self._file is None:
            return
        trajectory = variant.trajectory.as_json()
        for step in trajectory["steps"]:
            step.pop("geometry", None)
        case = {"damage": variant.as_json(), "score": score.as_json(), "trajectory": trajectory}
        self._file.write(json.dumps(case, ensure_ascii=False) + "\n")
        self._file.flush()

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()
