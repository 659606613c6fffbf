"""What a plan is worth for a row, by small pure functions, and how much each of them counts."""

import math
from collections.abc import Callable
from functools import lru_cache

from data_process.intents import Plan
from data_process.schema import Row
from gplan.judge.judge import Item
from gplan.judge.rubric import AXES
from gplan.judge.rules import RuleJudge
from gplan.metrics.scores import label_scores, plan_key
from gplan.rl.plan_rows import PlanRow
from gplan.world.expert import plan_distribution
from utils import InputError

# Nats below which a plan is as good as impossible for the expert.
_LEAST = -10.0
_JUDGE = RuleJudge()

NDCG_REFUSED = (
    "ndcg@3 is no reward: it asks what a plan's three first intents are among, not in which order or how many, so the "
    "commonest plan has .758 of it whatever the row (docs/results.md); take nes and first_intent"
)


def nes_reward(plan: Plan, row: PlanRow) -> float:
    """NES to the label, 0 to 1: ``[t8, t1]`` for ``[t1, t8]`` is worth 0, ``[t1]`` a half."""
    return label_scores(plan_key(plan), plan_key(row.label))[-1]


def first_intent(plan: Plan, row: PlanRow) -> float:
    """1 if the plan begins as the label does, parameters included, else 0."""
    return label_scores(plan_key(plan), plan_key(row.label))[0]


def twin_margin(plan: Plan, row: PlanRow) -> float:
    """NES to the own label minus NES to the twin's, -1 to 1; 0 for a row without a twin.

    Own ``[t1, t8]``, twin's ``[t9]``: ``[t1]`` is worth .5, ``[t9]`` -1, ``[t5]`` 0.
    """
    if row.other is None:
        return 0.0
    own, other = (label_scores(plan_key(plan), plan_key(label))[-1] for label in (row.label, row.other))
    return own - other


def expert_likelihood(plan: Plan, row: PlanRow) -> float:
    """How likely the world's expert finds the plan, 0 to 1: 1 + log p / 10 nats, and 0 from there on.

    p = 1 is worth 1, p = e⁻⁵ a half, an impossible plan 0. Of rows that the world made alone it says something.
    """
    p = _expert(tuple(row.row.items())).get(plan_key(plan), 0.0)
    return 1 + max(math.log(p), _LEAST) / -_LEAST if p else 0.0


@lru_cache(maxsize=4096)
def _expert(row: tuple[tuple[str, str], ...]) -> dict:
    return {plan_key(plan): p for plan, p in plan_distribution(dict(row))}


def rule_judge(plan: Plan, row: PlanRow) -> float:
    """The rule judge's mean over Flow, Logic and ST, 0 to 1: scores 5, 3 and 1 are worth a half."""
    scores = judged(plan, row.row)
    return (sum(scores.values()) / len(scores) - 1) / 4


def judged(plan: Plan, row: Row) -> dict[str, int]:
    """The rule judge's scores, 1 to 5, by axis; the plan is valid."""
    (judgement,) = _JUDGE.judge([Item(row, plan)])
    return {axis: judgement[axis].score for axis in AXES}


REWARDS: dict[str, Callable[[Plan, PlanRow], float]] = {
    "nes": nes_reward,
    "first_intent": first_intent,
    "twin_margin": twin_margin,
    "expert": expert_likelihood,
    "judge": rule_judge,
}
DEFAULT = "nes=0.5,first_intent=0.5"
WITH_TWINS = f"{DEFAULT},twin_margin=0.25"


def parse_rewards(text: str) -> dict[str, float]:
    """Weights by reward: ``"nes=0.5,first_intent=0.5"`` -> ``{"nes": 0.5, "first_intent": 0.5}``.

    Raises:
        InputError: no such reward, one named twice, ndcg@3 with the reason, no number, or none above 0.
    """
    weights: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = (word.strip() for word in part.partition("="))
        if name.startswith("ndcg"):
            raise InputError(f"--rewards {text}: {NDCG_REFUSED}")
        if name not in REWARDS:
            raise InputError(f"--rewards {text}: no reward is called {name!r}; there are {', '.join(REWARDS)}")
        if name in weights:
            raise InputError(f"--rewards {text}: {name} stands there twice")
        try:
            weights[name] = float(number)
        except ValueError:
            raise InputError(f"--rewards {text}: {name} needs a weight, as {name}=0.5") from None
        if not 0 <= weights[name] < math.inf:
            raise InputError(f"--rewards {text}: the weight of {name} must be 0 or more")
    if not any(weights.values()):
        raise InputError(f"--rewards {text!r}: every weight is 0, so no plan is better than another; give {DEFAULT}")
    return weights


def rewards_of(plan: Plan, row: PlanRow, weights: dict[str, float]) -> dict[str, float]:
    """Each weighted reward of a plan, unweighted.

    Raises:
        FloatingPointError: one is not a number.
    """
    values = {name: REWARDS[name](plan, row) for name, weight in weights.items() if weight}
    if wrong := [name for name, value in values.items() if not math.isfinite(value)]:
        raise FloatingPointError(
            f"reward {wrong[0]} of {row.name} is {values[wrong[0]]}, not a number, for the plan {plan}; nothing of "
            "this step is saved: mend the reward, and go on from the last checkpoint with --resume auto"
        )
    return values
