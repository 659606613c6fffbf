"""Every pattern about ways, on both kinds of map: tasks that can be asked, answers that are right and know what
they say."""

import json
import time
from datetime import datetime, timedelta
from itertools import product

import pytest

from stagent.queries.drawing import draw_texts
from stagent.queries.task import Task, task_of
from stagent.queries.trajectory import trajectory_of
from tests.stagent.queries.patterns.ways_drawn import BY_NAME, PATTERNS, drawn, facts, said, sandbox

NAMES = list(BY_NAME)


def _numbers_of(content: object) -> set[object]:
    """Every plain value in a result, times as HH:MM too, rounded both ways."""
    if isinstance(content, dict):
        return set().union(*(_numbers_of(value) for value in content.values())) if content else set()
    if isinstance(content, list):
        return set().union(*(_numbers_of(value) for value in content)) if content else set()
    if isinstance(content, str) and len(content) == 25 and content[10] == "T":
        at = datetime.fromisoformat(content)
        return {content, content[:10], f"{at:%H:%M}", f"{at + timedelta(seconds=30):%H:%M}"}
    return {content}


@pytest.mark.parametrize("name", NAMES)
def test_a_task_of_the_sandbox_is_asked_solved_and_kept(name):
    tasks = drawn(name, 3)
    assert tasks
    for each in tasks:
        task: Task = each.task
        assert "{" not in task.turns[0] and "…" not in task.turns[0] and "()" not in task.turns[0]
        assert task_of(json.loads(json.dumps(task.as_json()))) == task
        assert trajectory_of(json.loads(json.dumps(each.trajectory.as_json()))) == each.trajectory
        assert task.chain == tuple(step.tool for step in each.trajectory.calls())
        assert 1 <= task.difficulty <= 5 and not task.unsolvable
        assert len(task.chain) <= 8, "an episode has no more calls"
        assert not said(each).startswith("[Unsolved]") and len(said(each)) < 420
        assert not [part for part in ("{", "}", "|", "。。", "，。", "，，", "；。", "None") if part in said(each)]


@pytest.mark.parametrize("name", NAMES)
def test_the_expert_meets_what_is_asked(name):
    for each in drawn(name, 3):
        text, told = said(each), facts(each)
        for predicate in each.task.expects:
            kind = predicate["kind"]
            if kind == "value":
                values = [fact.value for fact in told if fact.kind == predicate["of"]]
                wanted, within = predicate["any_of"], predicate.get("within", 0)
                assert any(
                    value == right or (not isinstance(right, str) and abs(value - right) <= within)
                    for value, right in product(values, wanted)
                ), (text, predicate)
            elif kind == "names":
                assert sum(name in text for name in predicate["any_of"]) >= predicate.get("least", 1)
            elif kind == "text":
                assert all(any(word in text for word in words) for words in predicate["all_of"])
            elif kind == "verdict":
                yes, no = (any(word in text for word in predicate[side]) for side in ("yes", "no"))
                assert (yes, no) == (predicate["value"], not predicate["value"]), (text, predicate)
            elif kind == "choice":
                at = {min(text.find(word) for word in words if word in text): words for words in predicate["among"]
                      if any(word in text for word in words)}  # fmt: skip
                assert at[min(at)] == predicate["winner"], "the winner comes first"
            else:
                assert kind == "sequence"
                at = -1
                for stop in predicate["stops"]:
                    at = min((spot for word in stop if (spot := text.find(word, at + 1)) >= 0), default=-1)
                    assert at >= 0, (text, predicate)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_given_stands_in_a_result_the_context_or_the_question(name):
    for each in drawn(name, 3):
        known = set().union(*(_numbers_of(step.content) for step in each.trajectory.calls()))
        spoken = "".join(each.task.turns) + str(each.task.context) + str(each.task.slots)
        pages = str([step.content for step in each.trajectory.calls()])
        for fact in facts(each):
            assert fact.text in said(each)
            if fact.how == "given" and fact.value not in known:
                assert str(fact.value) in spoken or fact.text in spoken or str(fact.value) in pages or (
                    fact.kind == "duration" and f"{fact.value // 60}分钟" in spoken
                ) or (fact.kind == "distance" and f"{fact.value / 1000:.1f} 公里" in pages), fact  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_map_without_traffic_timetables_and_prices_is_served_or_said_to_lack_them(name):
    for each in drawn(name, 3, bare=True):
        kinds = {predicate["kind"] for predicate in each.task.expects}
        assert said(each).startswith("[Unsolved]") == (each.task.unsolvable == "no_data") == (kinds == {"unsolved"})
        if each.task.unsolvable:
            words = each.task.expects[0]["words"]
            assert any(word in said(each) for word in words)


def test_a_plain_map_serves_what_needs_places_and_roads_alone():
    solved = {name for name in NAMES for each in drawn(name, 3, bare=True) if not each.task.unsolvable}
    assert solved >= {
        *("route_to", "route_home", "route_via", "leave_in_time", "arrive_when", "open_on_arrival", "fastest_mode"),
        *("best_order", "nearest_then_on", "stop_on_the_way", "stops_with_stays", "timed_afternoon"),
    }
    assert not solved & {"jammed_now", "transit_to", "toll_worth", "weekend_by_train", "train_or_plane", "line_fare"}


def test_names_are_unique_and_each_kind_has_several_wordings():
    assert len(BY_NAME) == len(PATTERNS) >= 40
    for pattern in PATTERNS:
        assert all(len(ways) >= (2 if pattern.long_tail else 3) for ways in pattern.wordings), pattern.name
    held_out = sum(pattern.held_out for pattern in PATTERNS)
    assert 0.15 <= held_out / len(PATTERNS) <= 0.35


def test_every_leaf_about_ways_is_there_with_two_kinds_or_more():
    leaves: dict[str, int] = {}
    for pattern in PATTERNS:
        leaves[pattern.leaf.rpartition(".")[2]] = leaves.get(pattern.leaf.rpartition(".")[2], 0) + 1
    assert set(leaves) == {
        *("route_planning", "simple_route_itinerary", "short_trip_itinerary", "medium_trip_itinerary"),
        *("long_trip_itinerary", "feasibility_assessment", "route_comparison", "transportation_mode_comparison"),
        *("public_transit_fares", "public_transit_realtime_status", "public_transit_schedules_and_routes"),
        "road_traffic_status",
    }
    assert min(leaves.values()) >= 2


def test_difficulties_reach_from_one_call_to_seven_and_more():
    levels = {each.task.difficulty for name in NAMES for each in drawn(name, 3)}
    assert levels == {1, 2, 3, 4, 5}


def test_texts_alone_are_drawn_fast_and_whole():
    gazetteer = sandbox()
    next(draw_texts(gazetteer, PATTERNS, 1, 0))  # what is kept for all of them
    began = time.process_time()
    texts = [each.turns[0] for each in draw_texts(gazetteer, PATTERNS, 3000, 1)]
    assert time.process_time() - began < 3, "a thousand a second even here; a million must do"
    assert not [text for text in texts if "{" in text or "…" in text or "|" in text or "从从" in text]
    assert len(set(texts)) > 2850


def test_the_same_seed_asks_the_same():
    first, again = ([each.turns for each in draw_texts(sandbox(), PATTERNS, 50, 9)] for _ in range(2))
    assert first == again
