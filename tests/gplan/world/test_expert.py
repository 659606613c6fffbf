"""The expert: a plan distribution over valid plans, a function of what the row shows."""

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from data_process.intents import ORDER_PLACE, render_plan
from data_process.rule_filter import filter_plan
from data_process.schema import COLUMNS, LABEL, Row, read_rows
from gplan.world.decisions import END, choices, view
from gplan.world.expert import best_plan, plan_distribution, sample_plan
from gplan.world.rows import generate
from tests.conftest import ROOT

SAMPLE = Path(os.environ.get("GSISR_SHARED", ROOT / ".." / "shared")) / "gsisr" / "sample.csv"
MAX_SUPPORT = 400


@pytest.fixture(scope="module")
def rows():
    return generate(400, seed=11)


def hotel_row(**changes: str) -> Row:
    """A hand-made row: a hotel booked in Suzhou at noon, the person in a mall of the same city at 15:00."""
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "currenttime": "2026-03-11 15:00:00",
        "holidayflag": "0",
        "weekendflag": "0",
        "current_poi_name": "p_5",
        "current_tag": "商场",
        "current_city": "苏州市",
        "current_district": "姑苏区",
        "trigger_1": "酒店",
        "trigger_2": "苏州市",
        "trigger_3": "姑苏区",
        "trigger_4": "p_9",
        "trigger_5": "2026-03-11 12:00:00",
        "trigger_6": "2026-03-11 00:00:00",
        "trigger_7": "2026-03-12 00:00:00",
    }
    return row | changes


def firsts(row: Row) -> dict[str, float]:
    """Marginal distribution of the first intent, as label texts."""
    total: Counter = Counter()
    for plan, p in plan_distribution(row):
        total[render_plan(plan[:1])] += p
    return dict(total)


def assert_distribution(row: Row) -> None:
    plans = plan_distribution(row)
    assert sum(p for _, p in plans) == pytest.approx(1)
    assert all(p > 0 for _, p in plans)
    assert [p for _, p in plans] == sorted((p for _, p in plans), reverse=True)
    assert len({render_plan(plan) for plan, _ in plans}) == len(plans) <= MAX_SUPPORT
    assert all(filter_plan(plan, has_order=bool(row["trigger_1"])) is None for plan, _ in plans)


def test_distribution_is_one_over_valid_plans(rows):
    for row in rows:
        assert_distribution(row)


def test_most_rows_have_few_plans(rows):
    sizes = sorted(len(plan_distribution(row)) for row in rows)
    assert sizes[int(0.9 * len(sizes))] <= 150


@pytest.mark.skipif(not SAMPLE.is_file(), reason="the real sample is not here (GSISR_SHARED)")
def test_every_real_row_can_be_planned():
    for row in read_rows(SAMPLE):
        assert_distribution(row)


def test_rows_with_gaps_and_without_an_order_can_be_planned():
    assert_distribution(dict.fromkeys(COLUMNS, ""))
    assert_distribution(dict.fromkeys(COLUMNS, "no such value"))
    without = hotel_row(**{f"trigger_{i}": "" for i in range(1, 8)})
    assert_distribution(without)
    assert all(ORDER_PLACE not in one.values() for plan, _ in plan_distribution(without) for one in plan)


def test_gaps_in_any_column_do_not_matter_to_validity(rows):
    rng = random.Random(0)
    for row in rows[:150]:
        gaps = rng.sample(COLUMNS, 12)
        assert_distribution({column: "" if column in gaps else value for column, value in row.items()})


def test_label_and_id_are_not_seen(rows):
    for row in rows[:50]:
        assert plan_distribution(row | {"id": "1", LABEL: "[]"}) == plan_distribution(row)
        hidden = {column: value for column, value in row.items() if column not in ("id", LABEL)}
        assert plan_distribution(hidden) == plan_distribution(row)


def test_plans_belong_to_the_caller(rows):
    plan_distribution(rows[0])[0][0][0].clear()
    sample_plan(rows[0], random.Random(0))[0].clear()
    assert_distribution(rows[0])


def test_arriving_at_the_order_turns_the_ride_into_its_card():
    away = firsts(hotel_row())
    there = firsts(hotel_row(current_poi_name="p_9", current_tag="经济型"))
    ride = '[{"工具名称":"tool_1","起始位置":"当前位置","终点位置":"订单目的地"}]'
    card = '[{"工具名称":"tool_6"}]'
    # The real rows: hotel order in its city .84 ride; at the hotel .88 card.
    assert max(away, key=away.get) == ride and away[ride] == pytest.approx(0.84, abs=0.05)
    assert max(there, key=there.get) == card and there[card] == pytest.approx(0.88, abs=0.05)
    assert ride not in there


def test_city_time_and_taste_each_change_the_plan():
    base = hotel_row()
    assert firsts(hotel_row(current_city="杭州市", current_district="西湖区")) != firsts(base)
    morning = {"currenttime": "2026-03-12 08:00:00", "current_poi_name": "p_9", "current_tag": "经济型"}
    assert '{"工具名称":"tool_8"}' in max(firsts(hotel_row(**morning)), key=firsts(hotel_row(**morning)).get)
    visits = "在3月10日周二{}点act_4了位于异地行中{}的p_7"
    tastes = [", ".join(visits.format(hour, tag) for hour in (9, 10, 11)) for tag in ("公园", "商场")]
    plans = [best_plan(hotel_row(short_term_behavior_seq=text)) for text in tastes]
    assert plans[0] != plans[1] and {one.get("tag") for one in plans[0]} >= {"景点"}


def test_a_car_in_the_history_turns_the_ride_into_a_drive():
    drive = '[{"工具名称":"tool_2","起始位置":"当前位置","终点位置":"订单目的地"}]'
    driver = hotel_row(short_term_behavior_seq="在3月11日周三9点act_4了位于异地行中服务区的p_7")
    assert max(firsts(driver), key=firsts(driver).get) == drive
    assert firsts(hotel_row())[drive] < 0.2


def test_sampled_plans_follow_the_distribution(rows):
    rng, draws = random.Random(5), 4000
    for row in (hotel_row(), *rows[:3]):
        seen = Counter(render_plan(sample_plan(row, rng)) for _ in range(draws))
        expected = {render_plan(plan): p for plan, p in plan_distribution(row)}
        assert set(seen) <= set(expected)
        # Four standard deviations of a share, at most 4 * sqrt(0.25 / 4000) = 0.032.
        assert all(abs(seen[plan] / draws - p) < 0.032 for plan, p in expected.items())
        assert 0.5 * sum(abs(seen[plan] / draws - p) for plan, p in expected.items()) < 0.08


def test_choices_sum_to_one_along_the_way(rows):
    for row in rows[:50]:
        plan, seen = [], view(row)
        while (options := choices(seen, plan))[0][0] is not END:
            assert sum(p for _, p in options) == pytest.approx(1)
            assert len(options) <= 5
            plan.append(options[0][0])
        assert 3 <= len(plan) <= 9


def test_best_plan_heads_the_distribution(rows):
    assert best_plan(rows[0]) == plan_distribution(rows[0])[0][0]


def test_the_best_plan_is_the_first_of_the_distribution():
    """The short cut through the tree finds what walking all of it finds, on rows of every kind."""
    for row in generate(2000, seed=31):
        assert best_plan(row) == plan_distribution(row)[0][0]


def test_plans_that_tie_are_settled_as_in_the_distribution(monkeypatch):
    """Four plans of probability a quarter each: the one whose text comes first, wherever it stands in the tree."""
    tree = {0: "tool_9 tool_8", 1: "tool_7 tool_6", 2: "tool_10"}

    def tied(seen, plan):
        names = tree.get(len(plan), "").split()
        return [({"工具名称": name}, 1 / len(names)) for name in names] or [(END, 1.0)]

    monkeypatch.setattr("gplan.world.expert.choices", tied)
    expected = [{"工具名称": name} for name in ("tool_8", "tool_6", "tool_10")]
    assert best_plan(hotel_row()) == plan_distribution(hotel_row())[0][0] == expected


def test_a_first_step_that_is_likelier_need_not_lead_to_the_best_plan(monkeypatch):
    """0.6 splits in three ways of 0.2; 0.4 goes on in one way."""
    branches = {"tool_9": ["tool_1", "tool_2", "tool_3"], "tool_8": ["tool_6"]}

    def uneven(seen, plan):
        if not plan:
            return [({"工具名称": "tool_9"}, 0.6), ({"工具名称": "tool_8"}, 0.4)]
        names = branches[plan[0]["工具名称"]] if len(plan) == 1 else []
        return [({"工具名称": name}, 1 / len(names)) for name in names] or [(END, 1.0)]

    monkeypatch.setattr("gplan.world.expert.choices", uneven)
    assert best_plan(hotel_row()) == [{"工具名称": "tool_8"}, {"工具名称": "tool_6"}]
