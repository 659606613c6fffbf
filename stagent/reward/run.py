"""``agent.py reward score TRAJECTORIES.jsonl OUT.jsonl``: each line's score filled in by the verifier."""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stagent.queries.task import TaskError, read_lines
from stagent.queries.trajectory import trajectory_of
from stagent.reward.verifier import VERSION, Verifier
from utils import InputError, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("trajectories", type=Path, metavar="TRAJECTORIES.jsonl", help="episodes, a JSON object a line")
    parser.add_argument(
        "out", type=Path, metavar="OUT.jsonl", help="the same lines with their scores; continued if it has some"
    )
    add_strict(parser)


def add_strict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--strict",
        action="store_true",
        help="veto every value whose witness isn't found, not only what is contradicted",
    )


def run(args: argparse.Namespace) -> int:
    done = _lines(args.out) if args.out.exists() else 0
    if done:
        say(f"{args.out} has {done} lines already; going on behind them")
    began = time.perf_counter()
    count, total, vetoed = 0, 0.0, 0
    with open(args.out, "a", encoding="utf-8") as file:
        verifier = Verifier(args.strict)
        _check_begun(args.out, args.trajectories, done, verifier)
        for value in scored(args.trajectories, verifier, done):
            file.write(json.dumps(value, ensure_ascii=False) + "\n")
            count += 1
            total += value["score"]["reward"] or 0.0
            vetoed += bool(value["score"]["vetoed"])
    if count:
        rate = count / (time.perf_counter() - began)
        say(
            f"{count} trajectories by {verifier.name} {VERSION}: mean reward {total / count:.3f}, {vetoed} vetoed, "
            f"{rate:.0f} a second"
        )
    elif not done:
        raise InputError(f"{args.trajectories}: empty; trajectories are made by: agent.py queries solve")
    return 0


def _check_begun(out: Path, trajectories: Path, done: int, verifier: Verifier) -> None:
    """Raises InputError for a file that doesn't begin with these trajectories as this verifier scored them."""
    given = read_lines(trajectories)
    for number, begun in read_lines(out) if done else ():
        _, value = next(given, (0, None))
        try:
            by = begun["score"]["judge"], begun["score"]["version"]
            same = begun["task"]["id"] == value["task"]["id"] and by == (verifier.name, VERSION)
        except (KeyError, TypeError):
            same = False
        if not same:
            raise InputError(f"{out}, line {number}: not {trajectories}'s, or of another verifier; name another file")


def scored(path: Path, verifier: Verifier, skip: int = 0) -> Iterator[dict[str, Any]]:
    """The trajectories of a file as JSON, with their scores.

    Raises:
        InputError: a line that is broken or no trajectory; names file and line.
    """
    for place, (number, value) in enumerate(read_lines(path)):
        if place < skip:
            continue
        try:
            trajectory = trajectory_of(value)
        except TaskError as error:
            raise InputError(f"{path}, line {number}: {error}") from None
        trajectory.score = verifier.score(trajectory).as_json()
        yield trajectory.as_json()


def _lines(path: Path) -> int:
    """How many whole lines a file has; a last one that was cut off is removed.

    Raises:
        InputError: the file can't be read.
    """
    try:
        with open(path, "r+b") as file:
            content = file.read()
            whole = content.rfind(b"\n") + 1
            file.truncate(whole)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    return content[:whole].count(b"\n")
