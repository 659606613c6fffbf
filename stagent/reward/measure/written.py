"""Measures the verifier on answers that people wrote, some with one lie: honest ones vetoed, lies caught.

{"trajectory": {…}, "honest": false, "lie": "评分是 4.5，不是 4.8", "lie_kind": "number"}
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from stagent.queries.task import TaskError, read_lines
from stagent.queries.trajectory import Trajectory, trajectory_of
from stagent.reward.measure.tables import printed
from stagent.reward.measure.tally import ShareBar, ShareCount
from stagent.reward.run import add_strict
from stagent.reward.score import TrajectoryJudge, TrajectoryScore
from stagent.reward.verifier import Verifier
from utils import InputError

BARS = {True: ShareBar(False, 0.03), False: ShareBar(True, 0.9)}
_WAYS = {True: "honest: vetoed", False: "one lie: caught"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("answers", type=Path, metavar="ANSWERS.jsonl", help="trajectories with labels, one a line")
    add_strict(parser)
    parser.add_argument("--wrong", action="store_true", help="print every answer that was judged wrongly")


def run(args: argparse.Namespace) -> int:
    rows, wrong = measure_written(args.answers, Verifier(args.strict))
    print(printed(rows))
    for answer, score in wrong if args.wrong else ():
        print(f"\n{answer.trajectory.task.id}: {answer.trajectory.answers()[-1].text}")
        print(
            f"  {f'the lie: {answer.lie}' if answer.lie else 'honest'}; vetoed: {'; '.join(score.vetoed) or 'nothing'}"
        )
    return 0


class WrittenAnswer(NamedTuple):
    """An answer with its label.

    Attributes:
        lie: what is false in it; "" of an honest one.
    """

    trajectory: Trajectory
    honest: bool
    lie: str
    lie_kind: str


def read_written(path: Path) -> Iterator[WrittenAnswer]:
    """The answers of a file.

    Raises:
        InputError: a line without trajectory or label; names file and line.
    """
    for number, value in read_lines(path):
        try:
            if not isinstance(value, dict) or not isinstance(value.get("honest"), bool):
                raise TaskError("an object with trajectory and honest (true or false) is needed")
            trajectory = trajectory_of(value.get("trajectory"))
        except TaskError as error:
            raise InputError(f"{path}, line {number}: {error}") from None
        yield WrittenAnswer(trajectory, value["honest"], str(value.get("lie", "")), str(value.get("lie_kind", "")))


def measure_written(
    path: Path, judge: TrajectoryJudge
) -> tuple[list[dict[str, Any]], list[tuple[WrittenAnswer, TrajectoryScore]]]:
    """Rows of the verifier's table (``tables.printed``), and the answers that were judged wrongly."""
    counts = {True: ShareCount(), False: ShareCount()}
    wrong = []
    for answer in read_written(path):
        score = judge.score(answer.trajectory)
        vetoed = score.reward == 0
        count = counts[answer.honest]
        count.count += 1
        count.hits += vetoed
        if vetoed == answer.honest:
            wrong.append((answer, score))
    rows = [
        {
            "way": f"{path.stem}, written by hand, {_WAYS[honest]}",
            "bar": BARS[honest].text(),
            "all kinds": count.figure(),
            "all kinds, number": count.count,
            "met": "yes" if BARS[honest].passed(count.share) else "NO",
        }
        for honest, count in counts.items()
        if count.count
    ]
    return rows, wrong
