"""Rewards on plans whose worth is known by hand, and what is refused as a reward."""

import math

import pytest

from data_process.intents import intent
from gplan.rl import rewards
from gplan.rl.plan_rows import PlanRow
from gplan.rl.rewards import parse_rewards, rewards_of
from gplan.starter.rows import labelled
from gplan.world.expert import plan_distribution
from utils import InputError

T1, T8, T9 = intent("tool_1", "当前位置", "家"), intent("tool_8"), intent("tool_9")
T1_TO_WORK = intent("tool_1", "当前位置", "公司")


def row(label, other=None, columns=None):
    return PlanRow("row 0 of toy.csv", columns or {}, label, other)


@pytest.mark.parametrize(
    ("plan", "nes", "first"),
    [([T1, T8], 1.0, 1.0), ([T8, T1], 0.0, 0.0), ([T1], 0.5, 1.0), ([T1_TO_WORK, T8], 0.85, 0.0)],
)
def test_nes_and_first_intent(plan, nes, first):
    assert rewards.nes_reward(plan, row([T1, T8])) == pytest.approx(nes)
    assert rewards.first_intent(plan, row([T1, T8])) == first


@pytest.mark.parametrize(("plan", "margin"), [([T1], 0.5), ([T9], -1.0), ([intent("tool_6")], 0.0), ([T1, T8], 1.0)])
def test_twin_margin(plan, margin):
    assert rewards.twin_margin(plan, row([T1, T8], [T9])) == pytest.approx(margin)
    assert rewards.twin_margin(plan, row([T1, T8])) == 0.0


def test_expert_likelihood_is_that_of_the_worlds_distribution():
    columns = labelled(1, seed=3)[0]
    for plan, p in plan_distribution(columns)[:5]:
        assert rewards.expert_likelihood(plan, row(plan, columns=columns)) == pytest.approx(1 + math.log(p) / 10)
    assert rewards.expert_likelihood([T9], row([T9], columns=columns)) == 0.0  # too short for any expert


def test_rule_judge_is_the_mean_of_its_axes(monkeypatch):
    monkeypatch.setattr(rewards, "judged", lambda plan, row: {"flow": 5, "logic": 3, "st": 1})
    assert rewards.rule_judge([T9], row([T9])) == 0.5


def test_weights():
    assert parse_rewards("nes=0.5, first_intent=.5") == {"nes": 0.5, "first_intent": 0.5}
    assert rewards_of([T1], row([T1, T8]), {"nes": 2.0, "judge": 0.0}) == {"nes": 0.5}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ndcg@3=1", "ndcg@3 is no reward: .* whatever the row"),
        ("nes=0,first_intent=0", "every weight is 0"),
        ("", "every weight is 0"),
        ("nse=1", "no reward is called 'nse'; there are nes, first_intent"),
        ("nes", "nes needs a weight, as nes=0.5"),
        ("nes=much", "nes needs a weight"),
        ("nes=-1", "must be 0 or more"),
        ("nes=nan", "must be 0 or more"),
        ("nes=1,nes=2", "nes stands there twice"),
    ],
)
def test_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_rewards(text)


def test_a_reward_that_is_not_a_number_names_row_and_plan(monkeypatch):
    monkeypatch.setitem(rewards.REWARDS, "nes", lambda plan, row: math.nan)
    with pytest.raises(FloatingPointError, match=r"reward nes of row 0 of toy.csv is nan, not a number.*tool_9"):
        rewards_of([T9], row([T9]), {"nes": 1.0})


def test_a_constant_plan_has_most_of_ndcg_and_little_of_the_default(labelled_rows):
    """Why NDCG@3 is refused: the commonest plan of these rows, given to all of them."""
    from collections import Counter
    from statistics import fmean

    from data_process.response import parse_label
    from gplan.metrics.scores import ndcg_at_3, plan_key

    plans = [parse_label(each["raw_labels"]).plan for each in labelled_rows]
    commonest, _ = Counter(map(plan_key, plans)).most_common(1)[0]
    constant = next(plan for plan in plans if plan_key(plan) == commonest)
    ndcg = fmean(ndcg_at_3(constant, plan) for plan in plans)
    ours = fmean((rewards.nes_reward(constant, row(p)) + rewards.first_intent(constant, row(p))) / 2 for p in plans)
    assert ndcg > ours + 0.1
