"""An episode as the rule expert plays it: what it calls and says is written down as a trajectory."""

from typing import Any

from stagent.queries.answer import Piece
from stagent.queries.task import Task
from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.tools.calls import Calls


class Unsolved(Exception):
    """The expert can't go on; the message is the reason as the user reads it."""


class Episode:
    """A task being answered.

    Args:
        calls: of the task's world.

    Attributes:
        trajectory: what has happened so far.
    """

    def __init__(self, task: Task, calls: Calls, agent: str = "expert"):
        self.task, self.context = task, task.context
        self._calls = calls
        self.trajectory = Trajectory(task, agent, [UserStep(task.turns[0])])
        self._turn = 0

    async def call(self, tool: str, thought: str = "", /, **arguments: Any) -> dict[str, Any]:
        """Calls a tool; None values are left out. Returns the result's content: ``items``, ``about``, ``note``.

        Raises:
            Unsolved: the world has no such data.
            RuntimeError: the call was wrong: a fault of the expert's.
        """
        arguments = {name: value for name, value in arguments.items() if value is not None}
        result = await self._calls.call(tool, arguments, self.context.now)
        step = CallStep(
            tool, arguments, self.context.clock, result.outcome, result.content, result.text, result.geometry, thought
        )
        self.trajectory.steps.append(step)
        if result.outcome in ("error", "failed"):
            raise RuntimeError(f"{self.task.pattern}: {tool} {arguments}: {result.text}")
        if result.outcome == "unavailable":
            raise Unsolved(result.content["reason"])
        return result.content

    def answer(self, *pieces: Piece, thought: str = "") -> None:
        """Says something to the user, which ends the turn."""
        self.trajectory.steps.append(AnswerStep.of(list(pieces), thought))

    def next_turn(self) -> str:
        """What the user says to the answer."""
        self._turn += 1
        text = self.task.turns[self._turn]
        self.trajectory.steps.append(UserStep(text))
        return text

    def give_up(self, reason: str) -> None:
        self.answer(f"[Unsolved] {reason}")
