"""The label metrics of GPlan (section 5.1) on parsed plans, and the scoring of whole responses.

Two intents are *equal* if tool and all parameters are; they *match* if tool and ``tag`` are (no tag = no tag).
Predicted intents are whatever JSON objects a model wrote, so they are compared by keys that any of them has.
"""

import json
from collections.abc import Hashable, Sequence
from functools import lru_cache
from math import log2
from typing import NamedTuple

from data_process.intents import TAG, TOOL_KEY, Plan
from data_process.response import Response, parse_response
from data_process.rule_filter import filter_parsed
from gplan.metrics.latent import latent_valid

LABEL_METRICS = ("acc@1", "ndcg@3", "ndcg@3_unique", "nes")
METRICS = (*LABEL_METRICS, "valid", "latent_valid")


class Costs(NamedTuple):
    """The edit costs of NES."""

    sub_tool: float = 1.0  # substitution by another tool
    sub_param: float = 0.3  # the same tool with another parameter
    insert_delete: float = 1.0


class IntentKey(NamedTuple):
    """What an intent is compared by: hashable whatever the intent holds."""

    tool: Hashable
    tag: Hashable
    whole: Hashable


PlanKey = tuple[IntentKey, ...]


def plan_key(plan: Plan) -> PlanKey:
    """The keys of a plan's intents; plans with equal keys score the same.

    ``plan_key([{"工具名称": "tool_9"}])`` ->
    ``(IntentKey("tool_9", None, frozenset({("工具名称", "tool_9")})),)``
    """
    return tuple(IntentKey(_value_key(one.get(TOOL_KEY)), _value_key(one.get(TAG)), _whole(one)) for one in plan)


def _value_key(value: object) -> Hashable:
    # A tuple around the text of other JSON values keeps 1 and "1", and null and a missing tag, apart.
    return value if value is None or isinstance(value, str) else (json.dumps(value, sort_keys=True),)


def _whole(one: dict[str, object]) -> Hashable:
    if all(isinstance(value, str) for value in one.values()):
        return frozenset(one.items())
    return json.dumps(one, sort_keys=True)


def first_intent_hit(pred: Plan, gold: Plan) -> float:
    """Acc@1 of one row: 1.0 if the first intents are equal.

    ``first_intent_hit([t1, t9], [t1, t8]) == 1.0``; ``first_intent_hit([], [t1]) == 0.0``
    """
    return _hit(plan_key(pred), plan_key(gold))


def ndcg_at_3(pred: Plan, gold: Plan) -> float:
    """NDCG@3 as released: a predicted intent counts if it matches any gold intent, each time it is said.

    ``ndcg_at_3([t9, t9, t9], [t9]) == 2.130930`` (above 1, because the ideal has a single intent)
    """
    return _ndcg(plan_key(pred), plan_key(gold), unique=False)


def ndcg_at_3_unique(pred: Plan, gold: Plan) -> float:
    """NDCG@3 where each gold intent is matched at most once, in the order of the prediction.

    ``ndcg_at_3_unique([t9, t9, t9], [t9]) == 1.0``
    """
    return _ndcg(plan_key(pred), plan_key(gold), unique=True)


def nes(pred: Plan, gold: Plan, *, costs: Costs = Costs()) -> float:  # noqa: B008 (immutable)
    """Normalised edit similarity: 1 - D / max(|p|, |g|), D the weighted Levenshtein distance.

    ``nes([t8, t1], [t1, t8]) == 0.0``; ``nes([], []) == 1.0``; one of them empty: 0.0
    """
    return _nes(plan_key(pred), plan_key(gold), costs)


@lru_cache(maxsize=1 << 17)
def label_scores(pred: PlanKey, gold: PlanKey, costs: Costs = Costs()) -> tuple[float, float, float, float]:  # noqa: B008
    """The four ``LABEL_METRICS`` of a pair of plans, in that order."""
    return (
        _hit(pred, gold),
        _ndcg(pred, gold, unique=False),
        _ndcg(pred, gold, unique=True),
        _nes(pred, gold, costs),
    )


def _hit(pred: PlanKey, gold: PlanKey) -> float:
    return float(bool(pred) and bool(gold) and pred[0].whole == gold[0].whole)


def _ndcg(pred: PlanKey, gold: PlanKey, *, unique: bool) -> float:
    if not gold:
        return 0.0
    left = [(one.tool, one.tag) for one in gold]
    dcg = 0.0
    for i, one in enumerate(pred[:3]):
        if (one.tool, one.tag) in left:
            dcg += 1 / log2(i + 2)
            if unique:
                left.remove((one.tool, one.tag))
    return dcg / sum(1 / log2(i + 2) for i in range(min(3, len(gold))))


def _nes(pred: PlanKey, gold: PlanKey, costs: Costs) -> float:
    if not pred or not gold:
        return float(not pred and not gold)
    # One row of the distance table at a time: above[j] is the distance of pred[:i] to gold[:j].
    above = [j * costs.insert_delete for j in range(len(gold) + 1)]
    for i, one in enumerate(pred, start=1):
        row = [i * costs.insert_delete]
        for j, other in enumerate(gold, start=1):
            change = costs.sub_param if one.tool == other.tool else costs.sub_tool
            change = 0.0 if one.whole == other.whole else change
            row.append(min(above[j - 1] + change, above[j] + costs.insert_delete, row[-1] + costs.insert_delete))
        above = row
    return 1 - above[-1] / max(len(pred), len(gold))


class Scores(NamedTuple):
    """What scoring found, a list entry a row."""

    values: dict[str, list[float] | None]  # by METRICS' names; latent_valid None where it does not apply
    responses: list[Response]
    reasons: list[str | None]  # the rule filter's reason; None for a valid plan


def score_rows(
    predictions: Sequence[str],
    golds: Sequence[Plan],
    has_order: Sequence[bool],
    *,
    latent: bool,
    costs: Costs = Costs(),  # noqa: B008
) -> Scores:
    """Scores response texts against gold plans, row by row.

    A text that does not parse is an empty plan and scores 0; of one that is cut off the complete intents count.

    Args:
        predictions: response texts.
        golds: the parsed gold plans.
        has_order: whether the row's context holds an order (``trigger_1`` filled).
        latent: whether responses are meant to be fully latent, so that latent_valid means something.
    """
    responses = [parse_response(text) for text in predictions]
    pairs = [
        label_scores(plan_key(response.plan), plan_key(gold), costs)
        for response, gold in zip(responses, golds, strict=True)
    ]
    reasons = [filter_parsed(response, has_order=order) for response, order in zip(responses, has_order, strict=True)]
    values: dict[str, list[float] | None] = {name: [pair[i] for pair in pairs] for i, name in enumerate(LABEL_METRICS)}
    values["valid"] = [float(reason is None) for reason in reasons]
    values["latent_valid"] = (
        [float(latent_valid(text, len(r.plan))) for text, r in zip(predictions, responses, strict=True)]
        if latent
        else None
    )
    return Scores(values, responses, reasons)
