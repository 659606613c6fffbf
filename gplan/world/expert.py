"""The world's expert: a plan distribution that is a function of the visible row, and nothing else.

A plan grows intent by intent down a tree of dependent decisions (``decisions.py``). ``sample_plan`` walks down
the tree once and ``plan_distribution`` walks all of it, so both follow the same distribution by construction,
and the best score that any planner can reach on a row (its ceiling) can be computed. It plans any GSISR row,
also an edited one or a real one with gaps.
"""

import random
from collections.abc import Iterator

from data_process.intents import Plan, render_plan
from data_process.schema import Row
from gplan.world.decisions import END, View, choices, view


def plan_distribution(row: Row) -> list[tuple[Plan, float]]:
    """All plans that the expert may give for a row, with their probabilities (sum 1), most probable first.

    A pure function of the visible columns (``id`` and ``raw_labels`` are never read); every plan passes the
    rule filter. Up to about 400 plans, mostly fewer than 150.
    """
    seen = view(row)
    found = [([dict(one) for one in plan], p) for plan, p in _walk(seen, [], 1.0)]
    total = sum(p for _, p in found)
    return sorted(((plan, p / total) for plan, p in found), key=lambda item: (-item[1], render_plan(item[0])))


def best_plan(row: Row) -> Plan:
    """The expert's most probable plan for a row: ``plan_distribution(row)[0][0]``, found without the whole tree.

    A branch can only lose probability further down, so one that is less likely than the best plan so far is left.
    """
    seen = view(row)
    best: list[tuple[Plan, float]] = []
    _walk_best(seen, [], 1.0, best)
    if len(best) > 1:  # the distribution settles ties by the plans' text
        return plan_distribution(row)[0][0]
    return [dict(one) for one in best[0][0]]


def sample_plan(row: Row, rng: random.Random) -> Plan:
    """One plan drawn from ``plan_distribution(row)``, by walking down the tree."""
    seen, plan = view(row), []
    while True:
        options = choices(seen, plan)
        one = rng.choices([one for one, _ in options], [p for _, p in options])[0]
        if one is END:
            return [dict(each) for each in plan]
        plan.append(one)


def _walk(seen: View, plan: Plan, probability: float) -> Iterator[tuple[Plan, float]]:
    for one, p in choices(seen, plan):
        if one is END:
            yield plan, probability * p
        else:
            yield from _walk(seen, [*plan, one], probability * p)


# Plans this close are as good as equal: rounding could turn either into the other.
_TIE = 1 - 1e-9


def _walk_best(seen: View, plan: Plan, probability: float, best: list[tuple[Plan, float]]) -> None:
    """Leaves in ``best`` the most probable plan below ``plan``, with those that tie with it."""
    for one, p in sorted(choices(seen, plan), key=lambda choice: -choice[1]):
        chance = probability * p
        if best and chance < _TIE * best[0][1]:
            return  # the choices after it are no likelier
        if one is not END:
            _walk_best(seen, [*plan, one], chance, best)
            continue
        top = max(chance, best[0][1]) if best else chance
        best[:] = sorted(
            ((found, c) for found, c in [*best, (plan, chance)] if c >= _TIE * top), key=lambda item: -item[1]
        )
