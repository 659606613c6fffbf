"""``Judge``: one interface for rules, a model and a journal; and what may be judged at all."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from data_process.intents import Plan, canonical
from data_process.response import Response
from data_process.rule_filter import filter_plan
from data_process.schema import Row
from gplan.judge.rubric import AXES, Judgement, Verdict

System = TypeVar("System", bound=Hashable)  # what a table of answers is called by


class Item(NamedTuple):
    """A plan for a row, and the axes to judge it on. The plan is canonical and passes the rule filter."""

    row: Row
    plan: Plan
    axes: tuple[str, ...] = AXES


class Judge(ABC):
    """Scores plans; a score is a function of the visible row and the canonical plan."""

    name: str
    noise: float | None = None  # mean standard deviation of a score over its samples, where there are several

    @abstractmethod
    def judge(self, items: Sequence[Item]) -> list[Judgement]:
        """A judgement for each item, in order, with a verdict on each of its axes."""


def judge_responses(
    judge: Judge, rows: Sequence[Row], tables: Mapping[System, Sequence[Response]]
) -> dict[System, list[Judgement]]:
    """Judgements of each system's answers to the rows, asked for in one go.

    An invalid plan is refused before it is judged, for ``plan.`` and the filter's reason. Text before or after a plan
    is not looked at, as it would not be by whoever carries it out.
    """
    found = {
        name: [judged_plan(row, response) for row, response in zip(rows, responses, strict=True)]
        for name, responses in tables.items()
    }
    valid = [
        Item(row, plan) for plans in found.values() for row, plan in zip(rows, plans, strict=True) if type(plan) is list
    ]
    judged = iter(judge.judge(valid))
    return {
        name: [
            next(judged) if type(plan) is list else dict.fromkeys(AXES, Verdict(None, (), f"plan.{plan}"))
            for plan in plans
        ]
        for name, plans in found.items()
    }


def judged_plan(row: Row, response: Response) -> Plan | str:
    """The canonical plan of an answer, or the rule filter's reason why it has none."""
    if any(problem.startswith("plan.") and problem != "plan.text_around" for problem in response.problems):
        return "format.json"
    reason = filter_plan(response.plan, has_order=bool(row["trigger_1"]))
    return reason or canonical(response.plan)
