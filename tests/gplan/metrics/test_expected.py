"""Minimum Bayes risk on distributions that are worked out by hand."""

import pytest

from data_process.intents import intent
from gplan.metrics.expected import best_expected

RIDE, SHOW, REMIND, WEATHER = intent("tool_1", "当前位置", "订单目的地"), *(intent(f"tool_{i}") for i in (6, 8, 9))


def test_the_plan_nearest_to_all_wins_over_the_likeliest():
    plans = [[RIDE, SHOW, WEATHER], [RIDE, REMIND, WEATHER], [RIDE, REMIND, SHOW]]
    # NES of 0 and 1: one of three differs by tool, 2/3; of 1 and 2 likewise; of 0 and 2: show moves, two edits, 1/3.
    # 0: .4 + .3 · 2/3 + .3 · 1/3 = .7;  1: .4 · 2/3 + .3 + .3 · 2/3 = .7667;  2: .4 · 1/3 + .3 · 2/3 + .3 = .6333
    assert best_expected(plans, [0.4, 0.3, 0.3], RIDE) == 1


def test_the_first_intent_is_kept_and_plans_that_begin_otherwise_still_count_as_what_may_be_right():
    plans = [[SHOW, REMIND, WEATHER], [RIDE, SHOW, WEATHER], [RIDE, REMIND, WEATHER]]
    # Among 1 and 2 only: against 0 (chance .5) plan 2 has two right of three, plan 1 one of three and a shifted show.
    assert best_expected(plans, [0.5, 0.3, 0.2], RIDE) == 2
    assert best_expected(plans, [0.5, 0.3, 0.2], SHOW) == 0


def test_of_equals_the_first_counts():
    plans = [[RIDE, SHOW, WEATHER], [RIDE, REMIND, WEATHER]]
    assert best_expected(plans, [0.5, 0.5], RIDE) == 0


def test_a_first_intent_that_none_has():
    with pytest.raises(ValueError):
        best_expected([[RIDE, SHOW, WEATHER]], [1.0], WEATHER)
