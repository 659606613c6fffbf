"""Minimum Bayes risk: of the k best plans that begin with the likeliest first intent, the one of highest expected NES.

likeliest first intent, over plans of any length ──┐
k best plans, their probabilities ─────────────────┴► expected NES of each that begins so ► the best one
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from data_process.intents import Plan
from data_process.schema import Row
from gplan.metrics.expected import least_risk
from gplan.planner.decode import Planner
from gplan.planner.search import FirstIntentSearch, Search
from utils import InputError


class LeastRisk(NamedTuple):
    """A row's plan of least risk, and the passes it took: both searches', and greedy decoding's where it was needed."""

    plan: Plan
    forward_passes: int


def plans_of_least_risk(planner: Planner, rows: Sequence[Row], k: int) -> list[LeastRisk]:
    """The plan of least risk of each row, in order; the greedy one where none of the k best begins with that intent.

    Raises:
        InputError: k is 1, a cot_sft checkpoint (free text can't be ranked), or a row is longer than the model can
            attend to.
    """
    if k < 2:
        raise InputError(f"k = {k}: of one plan none is to be chosen; give 2 or more, or decode with planner")
    planner.requests(list(rows))  # refuses one that is too long before any is searched
    return [_least_risk(planner, row, k) for row in rows]


def _least_risk(planner: Planner, row: Row, k: int) -> LeastRisk:
    first, search = FirstIntentSearch(planner, row).run(), Search(planner, row, k).run()
    passes = first.forward_passes + search.forward_passes
    plans = [ranked.plan for ranked in search.plans]
    if not any(plan[0] == first.first for plan in plans):
        (greedy,) = planner.plan([row])
        return LeastRisk(greedy.plan, passes + greedy.forward_passes)
    chances = [math.exp(ranked.log_probability) for ranked in search.plans]
    return LeastRisk(least_risk([first.first], plans, chances), passes)
