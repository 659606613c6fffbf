"""Minimum Bayes risk over plans: of the likely ones, the one of highest expected NES."""

from collections.abc import Sequence

from data_process.intents import Plan
from gplan.metrics.scores import Costs, label_scores, plan_key


def least_risk(greedy: Plan, plans: Sequence[Plan], chances: Sequence[float]) -> Plan:
    """The plan with the highest expected NES among those that begin as the greedy one does; that one, if none does.

    The expectation is over all ``plans`` with their ``chances``, which need not sum to 1. Among equals the first
    counts. The first intent is kept, for Acc@1 is about it alone, and a plan's chance says little of its first
    intent's.

    ``least_risk(ab, [ab, ac, acd], [0.4, 0.3, 0.3]) == ac``: ab is likeliest, ac is nearest to all
    """
    keys, costs = [plan_key(plan) for plan in plans], Costs()
    first = plan_key(greedy[:1])
    candidates = [i for i, key in enumerate(keys) if key[:1] == first]

    def expected(i: int) -> float:
        return sum(p * label_scores(keys[i], key, costs)[3] for key, p in zip(keys, chances, strict=True))

    return plans[max(candidates, key=expected)] if candidates else greedy
