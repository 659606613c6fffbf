"""Every kind of instruction: what is promised of them together, and of tasks drawn of each."""

import asyncio
import json
import random
import re
from collections import Counter
from string import Formatter

import pytest

from stagent.queries.drawing import days_of, draw_scene, draw_task
from stagent.queries.pattern import worded
from stagent.queries.patterns.all import PATTERNS
from stagent.queries.predicates import check_possible
from stagent.queries.task import task_of
from stagent.queries.taxonomy import BY_ID, LEAVES, OTHER, TOPS
from stagent.queries.trajectory import trajectory_of
from stagent.tools.schemas import BY_NAME as TOOLS
from stagent.worlds.local.categories import WORDS


def test_names_are_unique_and_plain():
    counts = Counter(pattern.name for pattern in PATTERNS)
    assert [name for name, count in counts.items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z][a-z_]+", name) for name in counts)


def test_every_leaf_has_a_pattern_and_every_class_a_held_out_one():
    assert len(PATTERNS) >= 40
    assert {leaf.id for leaf in LEAVES} <= {pattern.leaf for pattern in PATTERNS} <= {*BY_ID, OTHER}
    held_out = {pattern.leaf.partition(".")[0] for pattern in PATTERNS if pattern.held_out}
    assert {*TOPS, OTHER} <= held_out
    assert 0.15 < sum(pattern.held_out for pattern in PATTERNS) / len(PATTERNS) < 0.35


def test_long_tail_and_conversations_are_there():
    assert sum(pattern.long_tail for pattern in PATTERNS) >= 5
    assert sum(len(pattern.wordings) > 1 for pattern in PATTERNS) >= 5
    assert {pattern.leaf for pattern in PATTERNS if pattern.long_tail} - {OTHER}


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_three_wordings_a_turn_whose_brackets_close(pattern):
    for ways in pattern.wordings:
        assert len(ways) >= 3 and len(set(ways)) == len(ways)
        for way in ways:
            depth = 0
            for character in way:
                depth += {"(": 1, ")": -1}.get(character, 0)
                assert depth >= 0, way
                assert character != "|" or depth, f"an alternative outside brackets: {way}"
            assert depth == 0, way
            list(Formatter().parse(way))  # raises for braces that don't close


@pytest.fixture(scope="session")
def drawn(gazetteer):
    """A task of every pattern, with the expert's way: ``{"weather_now": Drawn, …}``."""
    days = days_of(gazetteer)

    async def draw():
        found = {}
        for pattern in PATTERNS:
            rng = random.Random(f"test-{pattern.name}")
            cities = rng.sample(gazetteer.cities, len(gazetteer.cities))
            for city in cities:
                if task := await draw_task(gazetteer, pattern, city, rng, f"test-{pattern.name}", days):
                    found[pattern.name] = task
                    break
        return found

    return asyncio.run(draw())


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_tasks_can_be_read_met_and_are_solved_without_an_error(pattern, drawn):
    task, trajectory = drawn[pattern.name]
    assert task_of(json.loads(json.dumps(task.as_json()))) == task
    assert trajectory_of(json.loads(json.dumps(trajectory.as_json()))) == trajectory
    check_possible(task.expects, len(task.turns))
    assert task.expects
    assert len(trajectory.answers()) == len(task.turns)
    assert not any("{" in turn or "|" in turn for turn in task.turns)
    calls = trajectory.calls()
    assert all(call.outcome in ("found", "empty") for call in calls)
    assert len(calls) <= 8 and all(call.tool in TOOLS for call in calls)
    last = trajectory.answers()[-1].text
    assert ("[Unsolved]" in last) == bool(task.unsolvable), last
    assert "None" not in last and "{" not in last
    assert task.difficulty < 1 or calls


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_arguments_come_from_words_context_and_results(pattern, drawn):
    """Coordinates and names in calls were told before them: nothing is looked up behind the tools' backs."""
    task, trajectory = drawn[pattern.name]
    known = task.context.text() + json.dumps(task.context.profile)
    for step in trajectory.steps:
        if step.role == "user":
            known += step.text
        elif step.role == "call":
            for name in ("origin", "destination", "center", "location", "origins", "intermediates"):
                value = step.arguments.get(name, [])
                for text in [value] if isinstance(value, str) else value:
                    assert text in known or text.removesuffix("市") in known, f"{step.tool}.{name}: {text}"
            if step.tool in ("map_search_places", "map_search_along_route", "map_search_central_places"):
                query = step.arguments["query"]
                assert query in WORDS or set(query) <= set(known), query
            known += json.dumps(step.content, ensure_ascii=False)


def test_drawing_slots_and_words_asks_no_tool(gazetteer, monkeypatch):
    async def refuse(*_, **__):
        raise AssertionError("a tool was called")

    monkeypatch.setattr(gazetteer.calls, "call", refuse)
    rng, days = random.Random(3), days_of(gazetteer)
    for pattern in PATTERNS:
        slots = None
        for _ in range(200):
            if (slots := pattern.draw(draw_scene(gazetteer, rng.choice(gazetteer.cities), rng, days))) is not None:
                break
        assert slots is not None, pattern.name
        assert json.loads(json.dumps(slots)) == slots
        for ways in pattern.wordings:
            for way in ways:
                worded((way,), slots, rng)  # raises for a slot that isn't there
