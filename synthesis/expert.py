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
from synthesis.decisions import END, View, choices, view


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
    """The expert's most probable plan for a row."""
    return plan_distribution(row)[0][0]


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
