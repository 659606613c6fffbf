"""A trajectory: a task, what was said and called, and what it is worth. One JSON line a trajectory.

{"format": 1, "task": {…}, "agent": "expert", "steps": [
    {"role": "user", "text": "…"},
    {"role": "call", "thought": "先找药店", "tool": "map_search_places", "arguments": {…}, "clock": "…",
     "outcome": "found", "content": {…}, "text": "…", "geometry": […]},
    {"role": "answer", "text": "…", "pieces": […]}],
 "score": null}
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from stagent.queries.answer import Piece, pieces_as_json, pieces_of, text_of
from stagent.queries.task import Task, TaskError, read_lines, task_of
from utils import InputError

FORMAT = 1


@dataclass(frozen=True, slots=True)
class UserStep:
    text: str
    role: Literal["user"] = "user"


@dataclass(frozen=True, slots=True)
class CallStep:
    """A call and its result, as ``stagent.tools.calls.CallResult`` has it."""

    tool: str
    arguments: dict[str, Any]
    clock: str
    outcome: str
    content: dict[str, Any]
    text: str
    geometry: list[dict[str, Any]] = field(default_factory=list)
    thought: str = ""
    role: Literal["call"] = "call"


@dataclass(frozen=True, slots=True)
class AnswerStep:
    """What the user reads. ``pieces``: of the rule expert's answers alone."""

    text: str
    pieces: tuple[Piece, ...] = ()
    thought: str = ""
    role: Literal["answer"] = "answer"

    @classmethod
    def of(cls, pieces: list[Piece], thought: str = "") -> "AnswerStep":
        return cls(text_of(pieces), tuple(pieces), thought)


Step = UserStep | CallStep | AnswerStep


@dataclass(slots=True)
class Trajectory:
    """An episode from the first word to the last.

    Attributes:
        agent: who answered: "expert", a checkpoint's name.
        score: of ``stagent.reward``, as JSON; None: not scored.
    """

    task: Task
    agent: str
    steps: list[Step]
    score: dict[str, Any] | None = None

    def calls(self) -> list[CallStep]:
        return [step for step in self.steps if isinstance(step, CallStep)]

    def answers(self) -> list[AnswerStep]:
        """One for each turn that was answered, in order."""
        return [step for step in self.steps if isinstance(step, AnswerStep)]

    def as_json(self) -> dict[str, Any]:
        steps = []
        for step in self.steps:
            value = asdict(step)
            if isinstance(step, AnswerStep):
                value["pieces"] = pieces_as_json(step.pieces)
            steps.append(value)
        return {"format": FORMAT, "task": self.task.as_json(), "agent": self.agent, "steps": steps, "score": self.score}


def trajectory_of(value: Any) -> Trajectory:
    """A trajectory from JSON. Raises TaskError, which names the field."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise TaskError(f"no trajectory of format {FORMAT}")
    if not isinstance(value.get("steps"), list):
        raise TaskError("no steps; a task becomes a trajectory with: agent.py queries solve")
    kinds = {"user": UserStep, "call": CallStep, "answer": AnswerStep}
    steps: list[Step] = []
    for number, step in enumerate(value.get("steps") or [], 1):
        try:
            given = dict(step)
            kind = kinds[given["role"]]
            if kind is AnswerStep:
                given["pieces"] = tuple(pieces_of(given.get("pieces") or []))
            steps.append(kind(**given))
        except (TypeError, ValueError, KeyError) as error:
            raise TaskError(f"step {number}: {error}") from None
    return Trajectory(task_of(value.get("task")), str(value.get("agent", "")), steps, value.get("score"))


def read_trajectories(path: Path) -> Iterator[Trajectory]:
    """The trajectories of a file.

    Raises:
        InputError: a line that is broken or no trajectory; names file and line.
    """
    for number, value in read_lines(path):
        try:
            yield trajectory_of(value)
        except TaskError as error:
            raise InputError(f"{path}, line {number}: {error}") from None
