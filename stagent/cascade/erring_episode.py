"""The rule expert's episode with mistakes in its calls."""

from typing import Any

from stagent.cascade.call_mistakes import CallPlan, without
from stagent.queries.episode import Episode
from stagent.queries.task import Task
from stagent.tools.calls import Calls


class ErringEpisode(Episode):
    """An episode whose calls go wrong by a plan.

    Attributes:
        mistakes: kinds of those that were made so far.
    """

    def __init__(self, task: Task, calls: Calls, plan: CallPlan):
        super().__init__(task, calls)
        self.mistakes: list[str] = []
        self._plan, self._number, self._early = plan, -1, False

    async def call(self, tool: str, thought: str = "", /, **arguments: Any) -> dict[str, Any]:
        """As the expert's; what the plan leaves out is not written down, and the expert knows its result all the
        same."""
        plan, steps = self._plan, self.trajectory.steps
        self._number += 1
        wrong = plan.wrong
        if wrong and wrong.call == self._number and arguments.get(wrong.name) is not None:
            self._erred("wrong_argument")
            arguments[wrong.name] = wrong.value
        content = await super().call(tool, thought, **arguments)
        self._early |= self._number == plan.early
        if self._early or self._number == plan.left_out:
            self._erred("answer_too_early" if self._early else "call_left_out")
            steps.pop()
        elif self._number == plan.repeated:
            self._erred("repeated_call")
            steps.append(steps[-1])
        rest = without(content, plan.passed_over)
        if rest != content:
            self._erred("second_best")
        return rest

    def next_turn(self) -> str:
        self._early = False
        return super().next_turn()

    def _erred(self, kind: str) -> None:
        if kind not in self.mistakes:
            self.mistakes.append(kind)
