"""Minimum Bayes risk: of a row's k best plans the one of highest expected NES, greedy decoding's first intent kept.

greedy plan ── first intent ──┐
k best plans, probabilities ──┴► expected NES of each that begins so ► the best one
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from data_process.intents import Plan
from data_process.schema import Row
from gplan.metrics.expected import least_risk
from gplan.planner.decode import Planner
from gplan.planner.search import Search
from utils import InputError


class LeastRisk(NamedTuple):
    """A row's plan of least risk, and the passes it took: greedy decoding's and the search's."""

    plan: Plan
    forward_passes: int


def plans_of_least_risk(planner: Planner, rows: Sequence[Row], k: int) -> list[LeastRisk]:
    """The plan of least risk of each row, in order; the greedy one where none of the k best begins as it does.

    Raises:
        InputError: k is 1, a cot_sft checkpoint (free text can't be ranked), or as ``Planner.plan``.
    """
    if k < 2:
        raise InputError(f"k = {k}: of one plan none is to be chosen; give 2 or more, or decode with planner")
    answers = planner.plan(list(rows))
    chosen = []
    for row, answer in zip(rows, answers, strict=True):
        search = Search(planner, row, k)
        while not search.done:
            search.step()
        plans = [ranked.plan for ranked in search.plans]
        chances = [math.exp(ranked.log_probability) for ranked in search.plans]
        plan = least_risk(answer.plan, plans, chances)
        chosen.append(LeastRisk(plan, answer.forward_passes + search.forward_passes))
    return chosen
