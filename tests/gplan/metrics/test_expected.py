"""Minimum Bayes risk on distributions that are worked out by hand."""

from data_process.intents import intent
from gplan.metrics.expected import least_risk

RIDE, SHOW, REMIND, WEATHER = intent("tool_1", "当前位置", "订单目的地"), *(intent(f"tool_{i}") for i in (6, 8, 9))


def test_the_plan_nearest_to_all_wins_over_the_likeliest():
    plans = [[RIDE, SHOW, WEATHER], [RIDE, REMIND, WEATHER], [RIDE, REMIND, SHOW]]
    # NES of 0 and 1: one of three differs by tool, 2/3; of 1 and 2 likewise; of 0 and 2: show moves, two edits, 1/3.
    # 0: .4 + .3 · 2/3 + .3 · 1/3 = .7;  1: .4 · 2/3 + .3 + .3 · 2/3 = .7667;  2: .4 · 1/3 + .3 · 2/3 + .3 = .6333
    assert least_risk(plans[0], plans, [0.4, 0.3, 0.3]) == plans[1]


def test_the_first_intent_is_kept_and_plans_that_begin_otherwise_still_count_as_what_may_be_right():
    plans = [[SHOW, REMIND, WEATHER], [RIDE, SHOW, WEATHER], [RIDE, REMIND, WEATHER]]
    # Among 1 and 2 only: against 0 (chance .5) plan 2 has two right of three, plan 1 one of three and a shifted show.
    assert least_risk(plans[1], plans, [0.5, 0.3, 0.2]) == plans[2]
    assert least_risk(plans[0], plans, [0.5, 0.3, 0.2]) == plans[0]


def test_of_equals_the_first_counts():
    plans = [[RIDE, SHOW, WEATHER], [RIDE, REMIND, WEATHER]]
    assert least_risk(plans[1], plans, [0.5, 0.5]) == plans[0]


def test_where_none_begins_as_greedy_does_greedy_stays():
    greedy = [WEATHER, SHOW, REMIND]
    assert least_risk(greedy, [[RIDE, SHOW, WEATHER]], [1.0]) == greedy
