"""The rule expert, or a teacher made of it, as a speaker: its way through a task, message by message."""

from collections.abc import Awaitable, Callable, Sequence

from stagent.queries.drawing import solve
from stagent.queries.patterns.all import BY_NAME
from stagent.queries.scene import Gazetteer
from stagent.queries.task import Task
from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.rollout.chat import ToolCall, Written
from stagent.rollout.sequence import TokenSequence

Way = Callable[[Task, int], Awaitable[Trajectory]]


def expert_way(gazetteer: Gazetteer) -> Way:
    """The way of the rule expert, whatever the seed."""

    async def way(task: Task, seed: int) -> Trajectory:
        return await solve(task, BY_NAME[task.pattern], gazetteer)

    return way


class WaySpeaker:
    """Says what a trajectory of the task says, which is made when it first speaks; results are not looked at.

    Args:
        way: from a task and the episode's seed to its trajectory.
    """

    def __init__(self, name: str, way: Way):
        self.name, self._way = name, way

    def begin(self, task: Task, seed: int) -> "WayDialogue":
        return WayDialogue(self._way(task, seed))


class WayDialogue:
    """One trajectory's calls and answers, in order."""

    def __init__(self, way: Awaitable[Trajectory]):
        self.sequences: list[TokenSequence] = []
        self._way = way
        self._left: list[CallStep | AnswerStep] | None = None

    def user(self, text: str) -> None:
        pass

    def results(self, steps: Sequence[CallStep]) -> None:
        pass

    async def speak(self) -> Written:
        if self._left is None:
            self._left = [step for step in (await self._way).steps if not isinstance(step, UserStep)]
        step = self._left.pop(0)
        if isinstance(step, AnswerStep):
            return Written(step.text, thought=step.thought)
        return Written("", (ToolCall(step.tool, step.arguments),), step.thought)
