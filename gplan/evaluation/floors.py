"""Majority floors on the gold file: what answers that look at nothing, or at one column, already score."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from data_process.intents import Plan, intent
from data_process.schema import VISIBLE, Row
from gplan.metrics.scores import LABEL_METRICS, Costs, PlanKey, label_scores, plan_key

_WEATHER = [intent("tool_9")] * 3


class Floor(NamedTuple):
    """One floor: its label metrics, and for ``best_single_column`` the column's name."""

    metrics: dict[str, float]
    column: str | None = None

    def as_json(self) -> dict:
        """``{"acc@1": 0.365, …}``, with ``"column"`` where there is one."""
        return {**self.metrics, **({"column": self.column} if self.column else {})}


def floors(rows: Sequence[Row], golds: Sequence[Plan], *, costs: Costs = Costs()) -> dict[str, Floor]:  # noqa: B008
    """The four floors of a gold file.

    - ``majority_first_intent``: the commonest first intent, alone as a plan of one intent.
    - ``majority_plan``: the commonest plan.
    - ``tool_9_x3``: weather three times, the answer that the released NDCG@3 rewards.
    - ``best_single_column``: the commonest first intent among the *other* rows with the same value of one
      column (a row's own label would make every column of unique values perfect), the column chosen by Acc@1
      on this file; the answer is the commonest plan that starts with it, among the same rows, or among all
      rows where the value occurs once.
    """
    keys = [plan_key(gold) for gold in golds]
    answers, column = _answers(rows, keys)
    columns = {"best_single_column": column}
    return {name: Floor(_mean_scores(found, keys, costs), columns.get(name)) for name, found in answers.items()}


def floor_plans(rows: Sequence[Row], golds: Sequence[Plan]) -> dict[str, list[Plan]]:
    """What each floor answers, a plan a row: ``{"majority_first_intent": [[…], …], …}``."""
    keys = [plan_key(gold) for gold in golds]
    plans: dict[PlanKey, Plan] = {(): [], plan_key(_WEATHER): _WEATHER}
    for key, gold in zip(keys, golds, strict=True):
        plans |= {key: gold, key[:1]: gold[:1]}
    return {name: [plans[key] for key in found] for name, found in _answers(rows, keys)[0].items()}


def _answers(rows: Sequence[Row], keys: Sequence[PlanKey]) -> tuple[dict[str, list[PlanKey]], str]:
    """What each floor answers, and the best single column."""
    first = Counter(key[:1] for key in keys).most_common(1)[0][0]
    plan = Counter(keys).most_common(1)[0][0]
    constant = {"majority_first_intent": first, "majority_plan": plan, "tool_9_x3": plan_key(_WEATHER)}
    best, best_answers = max(
        ((column, _column_answers([row[column] for row in rows], keys)) for column in VISIBLE),
        key=lambda item: sum(answer[:1] == key[:1] for answer, key in zip(item[1], keys, strict=True)),
    )
    return {name: [answer] * len(keys) for name, answer in constant.items()} | {
        "best_single_column": best_answers
    }, best


class _Group:
    """The labels of some rows, ranked so that one of them can be left out."""

    def __init__(self, keys: Sequence[PlanKey]) -> None:
        firsts = Counter(key[:1] for key in keys)
        plans: dict[PlanKey, Counter[PlanKey]] = defaultdict(Counter)
        for key in keys:
            plans[key[:1]][key] += 1
        self.firsts = firsts.most_common(2)
        self.plans = {first: counts.most_common(2) for first, counts in plans.items()}

    def answer_without(self, own: PlanKey) -> PlanKey:
        """The commonest plan that starts with the commonest first intent, one ``own`` left out."""
        return _top_without(self.plans[_top_without(self.firsts, own[:1])], own)


def _top_without(ranked: list[tuple[PlanKey, int]], own: PlanKey) -> PlanKey:
    """The commonest of the two highest counts when ``own`` counts once less: ``([(a, 2), (b, 2)], a)`` -> ``b``."""
    (top, count), *others = ranked
    return others[0][0] if top == own and others and others[0][1] > count - 1 else top


def _column_answers(values: Sequence[str], keys: Sequence[PlanKey]) -> list[PlanKey]:
    """A plan a row, from the labels of the other rows with the row's value; of all others if there are none."""
    if len(keys) == 1:
        return [()]
    by_value: dict[str, list[PlanKey]] = defaultdict(list)
    for value, key in zip(values, keys, strict=True):
        by_value[value].append(key)
    everything = _Group(keys)
    groups = {value: _Group(own) if len(own) > 1 else everything for value, own in by_value.items()}
    return [groups[value].answer_without(key) for value, key in zip(values, keys, strict=True)]


def _mean_scores(answers: Sequence[PlanKey], keys: Sequence[PlanKey], costs: Costs) -> dict[str, float]:
    table = np.array([label_scores(a, key, costs) for a, key in zip(answers, keys, strict=True)])
    return dict(zip(LABEL_METRICS, table.mean(axis=0).tolist(), strict=True))
