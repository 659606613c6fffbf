"""The label metrics against the worked values of the specification and a slow second implementation."""

import json
import random
from functools import cache
from math import log2

import numpy as np
import pytest

from data_process.intents import all_intents, intent
from gplan.metrics.bootstrap import bootstrap_intervals
from gplan.metrics.scores import (
    Costs,
    first_intent_hit,
    label_scores,
    ndcg_at_3,
    ndcg_at_3_unique,
    nes,
    plan_key,
    score_rows,
)

T1 = intent("tool_1", "当前位置", "订单目的地")
T1_HOME = intent("tool_1", "当前位置", "家")
T6, T8, T9 = intent("tool_6"), intent("tool_8"), intent("tool_9")


def t5(tag):
    return intent("tool_5", "当前位置", "附近", tag)


GOLD = [T1, T8, t5("美食"), T9]
WORKED = [
    (GOLD, GOLD, (1, 1, 1, 1)),
    ([T8, T1, t5("美食"), T9], GOLD, (0, 1, 1, 0.5)),
    # one parameter of t1 differs: 0.3; tool_5 missing: 1; so 1 - 1.3 / 4
    ([T1_HOME, T8, T9], GOLD, (0, 1, 1, 0.675)),
    ([t5("购物"), T9, T9], [t5("美食"), T9, T8, T6], (0, 0.530721, 0.296082, 0.425)),
    ([T9, T9, T9], [T9], (1, 2.130930, 1, 1 / 3)),
    ([], [T1, T8, T9], (0, 0, 0, 0)),
]


@pytest.mark.parametrize(("pred", "gold", "expected"), WORKED)
def test_worked_values(pred, gold, expected):
    found = (first_intent_hit(pred, gold), ndcg_at_3(pred, gold), ndcg_at_3_unique(pred, gold), nes(pred, gold))
    assert found == pytest.approx(expected, abs=1e-6)
    assert label_scores(plan_key(pred), plan_key(gold)) == pytest.approx(expected, abs=1e-6)


def test_nes_of_empty_plans():
    assert nes([], []) == 1
    assert nes([T9], []) == nes([], [T9]) == 0


def test_nes_costs_are_parameters():
    # the cheapest way from t1 home to t1 order: the substitution, or deletion and insertion if that is dearer
    assert nes([T1_HOME], [T1], costs=Costs(sub_param=0.7)) == pytest.approx(0.3)
    assert nes([T1_HOME], [T1], costs=Costs(sub_param=0.7, insert_delete=0.2)) == pytest.approx(0.6)
    assert nes([T9], [T8], costs=Costs(sub_tool=0.5)) == pytest.approx(0.5)


def slow_nes(pred, gold):
    """The edit distance straight from its recursive definition, on the plans themselves."""

    @cache
    def distance(i, j):
        if i == 0 or j == 0:
            return i + j
        a, b = pred[i - 1], gold[j - 1]
        cost = 0 if a == b else 0.3 if a.get("工具名称") == b.get("工具名称") else 1
        return min(distance(i - 1, j) + 1, distance(i, j - 1) + 1, distance(i - 1, j - 1) + cost)

    return 1 - distance(len(pred), len(gold)) / max(len(pred), len(gold))


def slow_ndcg(pred, gold, unique):
    """Each gold intent is ticked off with a flag of its own when it is used up."""
    used = [False] * len(gold)
    dcg = 0.0
    for i in range(min(3, len(pred))):
        for j, one in enumerate(gold):
            same = one["工具名称"] == pred[i]["工具名称"] and one.get("tag") == pred[i].get("tag")
            if same and not (unique and used[j]):
                used[j] = True
                dcg += 1 / log2(i + 2)
                break
    return dcg / sum(1 / log2(i + 2) for i in range(min(3, len(gold))))


def test_against_a_slow_implementation_on_random_plans():
    rng = random.Random(5)
    library = all_intents()
    for _ in range(600):
        # few intents, so that equal ones, same tools and same tags are frequent
        some = [*rng.sample(library, 6), T9, T1, T1_HOME]
        pred = [rng.choice(some) for _ in range(rng.randint(1, 7))]
        gold = [rng.choice(some) for _ in range(rng.randint(1, 7))]
        assert nes(pred, gold) == pytest.approx(slow_nes(pred, gold))
        assert ndcg_at_3(pred, gold) == pytest.approx(slow_ndcg(pred, gold, unique=False))
        assert ndcg_at_3_unique(pred, gold) == pytest.approx(slow_ndcg(pred, gold, unique=True))
        assert first_intent_hit(pred, gold) == (pred[0] == gold[0])


def test_order_of_keys_does_not_matter():
    assert first_intent_hit([dict(reversed(T1.items()))], [T1]) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"工具名称": None},
        {"工具名称": ["tool_9"]},
        {"工具名称": {"a": 1}, "tag": []},
        {"工具名称": "tool_9", "tag": {"b": [1]}},
        {"工具名称": "tool_9", "tag": None, "x": 1.5},
    ],
)
def test_any_json_object_can_be_compared(odd):
    for pred, gold in (([odd, T9], [T9, T8]), ([T9], [odd]), ([odd], [odd])):
        same = pred == gold
        assert first_intent_hit(pred, gold) == same
        assert ndcg_at_3(pred, gold) <= 1
        assert 0 <= ndcg_at_3_unique(pred, gold) <= 1
        assert (nes(pred, gold) == 1) == same


def test_json_values_of_other_types_are_other_values():
    assert first_intent_hit([{"工具名称": "tool_9", "x": 1}], [{"工具名称": "tool_9", "x": True}]) == 0
    assert first_intent_hit([{"工具名称": "tool_9", "x": "1"}], [{"工具名称": "tool_9", "x": 1}]) == 0


def test_score_rows():
    gold = [T1, T8, T9]
    whole = json.dumps(gold, ensure_ascii=False)
    texts = [whole, whole[:-5], "no plan", f"<THOUGHT>[{json.dumps(T9)}]</THOUGHT>" + whole]
    scores = score_rows(texts, [gold] * 4, [True, True, True, False], latent=False)
    assert scores.values["acc@1"] == [1, 1, 0, 1]
    # cut inside the third intent: the two complete ones count, but the plan is not valid
    assert scores.values["nes"] == pytest.approx([1, 2 / 3, 0, 1])
    assert scores.reasons == [None, "format.json", "format.json", "logic.no_order"]
    assert scores.values["valid"] == [1, 0, 0, 0]
    assert scores.values["latent_valid"] is None


def test_a_long_runaway_prediction_is_scored():
    text = "[" + ",".join([json.dumps(T9)] * 5_000)
    scores = score_rows([text], [[T9, T8, T6]], [True], latent=True)
    assert scores.values["acc@1"] == [1]
    assert scores.values["latent_valid"] == [0]


def test_bootstrap_interval_is_near_the_normal_one():
    values = [1.0] * 300 + [0.0] * 700
    low, high = bootstrap_intervals({"a": values}, resamples=4_000)["a"]
    half = 1.96 * (0.3 * 0.7 / 1000) ** 0.5  # the normal approximation, good at n = 1,000
    assert (low, high) == pytest.approx((0.3 - half, 0.3 + half), abs=0.003)


def test_bootstrap_is_a_plain_resampling_of_rows():
    rng = np.random.default_rng(7)
    columns = {"a": [0.0, 1.0, 0.5, 0.25], "b": [1.0, 1.0, 0.0, 0.0]}
    draws = rng.integers(0, 4, (1_000, 4))
    expected = {
        name: tuple(np.percentile([np.mean([values[i] for i in draw]) for draw in draws], [2.5, 97.5]))
        for name, values in columns.items()
    }
    found = bootstrap_intervals(columns, resamples=1_000, seed=7)
    assert all(found[name] == pytest.approx(expected[name]) for name in columns)
    assert found == bootstrap_intervals(columns, resamples=1_000, seed=7)


def test_bootstrap_in_chunks_draws_the_same(monkeypatch):
    values = {"a": np.random.default_rng(0).random(50).tolist()}
    whole = bootstrap_intervals(values, resamples=1_001)
    monkeypatch.setattr("gplan.metrics.bootstrap._CHUNK", 500)
    assert bootstrap_intervals(values, resamples=1_001)["a"] == pytest.approx(whole["a"])
