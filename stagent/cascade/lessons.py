"""The teacher's verified answers as lessons: a line a task, with what it took to get them.

{"task": "1-000012", "reward": 0.98, "answers": 2, "ids": […], "written": [[14, 22], [40, 61]]}
{"task": "1-000013", "reward": 0.0, "answers": 8, "why": "no verified answer"}
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from tqdm import tqdm

from stagent.cascade.teacher import ErringTeacher, ScoredAttempt
from stagent.queries.continued import GrowingFile
from stagent.queries.task import Task, read_lines
from stagent.queries.trajectory import Trajectory
from stagent.reward.score import TrajectoryJudge
from stagent.rollout.compact.text import Unsayable
from stagent.rollout.sequence import TokenSequence

ToLesson = Callable[[Trajectory], TokenSequence]


def sequence_json(sequence: TokenSequence) -> dict[str, Any]:
    """``ids`` and ``written``, the latter as spans: ``[[14, 22]]`` are the ids from 14 on, without 22."""
    spans, place = [], 0
    for written, run in groupby(sequence.written):
        length = len(list(run))
        spans += [[place, place + length]] if written else []
        place += length
    return {"ids": sequence.ids, "written": spans}


def sequence_of(value: dict[str, Any]) -> TokenSequence:
    written = [False] * len(value["ids"])
    for start, end in value["written"]:
        written[start:end] = [True] * (end - start)
    return TokenSequence(value["ids"], written, [0.0] * len(written))


async def write_lessons(
    tasks: Sequence[Task],
    teacher: ErringTeacher,
    judge: TrajectoryJudge,
    to_lesson: ToLesson,
    out: GrowingFile,
    *,
    tries: int,
    good: float,
    best: bool,
) -> None:
    """A line for each task that the file doesn't have yet, in the tasks' order.

    Args:
        best: all tries are asked for and the best is taken; else the first that is good enough.
    """
    with tqdm(total=len(tasks), initial=out.lines, desc="teacher's answers", unit="task") as bar:
        for task in tasks[out.lines :]:
            attempts = await _attempts(task, teacher, judge, tries, None if best else good)
            out.append({"task": task.id} | _line(attempts, to_lesson, good))
            out.flush()
            bar.update()


async def _attempts(
    task: Task, teacher: ErringTeacher, judge: TrajectoryJudge, tries: int, enough: float | None
) -> list[ScoredAttempt]:
    """Tries of a task, up to the first that is worth enough."""
    attempts: list[ScoredAttempt] = []
    for number in range(tries):
        attempt = await teacher.answer(task, number)
        attempts.append(ScoredAttempt(attempt, judge.score(attempt.trajectory)))
        if enough is not None and attempts[-1].reward >= enough:
            break
    return attempts


def _line(attempts: Sequence[ScoredAttempt], to_lesson: ToLesson, good: float) -> dict[str, Any]:
    chosen = max(attempts, key=lambda each: each.reward)
    line: dict[str, Any] = {"reward": chosen.reward, "answers": len(attempts)}
    if chosen.reward < good:
        return line | {"why": "no verified answer"}
    try:
        return line | sequence_json(to_lesson(chosen.attempt.trajectory))
    except Unsayable as error:
        return line | {"why": f"no tokens for {error}"}


def read_lessons(path) -> Iterator[tuple[str, int, TokenSequence | None]]:
    """Of each line the task, the answers it took, and the lesson, None where there is none."""
    for _, value in read_lines(path):
        yield value["task"], value["answers"], sequence_of(value) if "ids" in value else None
