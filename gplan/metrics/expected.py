"""Minimum Bayes risk over plans: of the likely ones, the one of highest expected NES."""

from collections.abc import Sequence

from data_process.intents import Intent, Plan
from gplan.metrics.scores import Costs, label_scores, plan_key


def best_expected(plans: Sequence[Plan], chances: Sequence[float], first: Intent) -> int:
    """The index of the plan with the highest expected NES among those that begin with ``first``.

    The expectation is over all ``plans`` with their ``chances``, which need not sum to 1. Among equals the first
    counts. ``first`` is the first intent of greedy decoding: kept, for Acc@1 is about it alone, and a plan's chance
    says little of its first intent's.

    ``best_expected([ab, ac, acd], [0.4, 0.3, 0.3], a) == 1``: ab is likeliest, ac is nearest to all

    Raises:
        ValueError: no plan begins with ``first``.
    """
    keys = [plan_key(plan) for plan in plans]
    wanted = plan_key([first])[0]
    candidates = [i for i, key in enumerate(keys) if key[0] == wanted]
    costs = Costs()
    return max(
        candidates,
        key=lambda i: sum(p * label_scores(keys[i], key, costs)[3] for key, p in zip(keys, chances, strict=True)),
    )
