"""Files of tasks and trajectories that can't be used: each fault is named with its file and line."""

import json

import pytest

from stagent.queries.predicates import PredicateError, check_possible
from stagent.queries.task import read_tasks
from stagent.queries.trajectory import read_trajectories
from tests.support.toy_world import ToyWorld
from utils import InputError

CONTEXT = {"clock": "2026-01-05T09:00:00+08:00", "city": "澜屿市", "location": "30.41200,174.61800", "profile": {}}
TASK = {
    "format": 1, "id": "1", "pattern": "p", "split": "train", "world": "toy", "version": "1", "context": CONTEXT,
    "turns": ["附近的药店"], "primary": "discovery.poi_search.constrained_poi_search", "difficulty": 1,
    "expects": [{"kind": "names", "any_of": ["济安药房"]}],
}  # fmt: skip


def write(path, *values):
    path.write_text("\n".join(json.dumps(TASK | value, ensure_ascii=False) for value in values) + "\n")
    return path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "format 2; this version reads 1"),
        ({"primary": "discovery.nothing"}, "primary 'discovery.nothing': not in the taxonomy"),
        ({"secondary": ["other_or_unclear"]}, "secondary 'other_or_unclear': not in the taxonomy"),
        ({"auxiliary": ["budget_constraints.cheap"]}, "auxiliary 'budget_constraints.cheap'"),
        ({"temporal": {"departure": "now"}}, "temporal departure 'now'"),
        ({"difficulty": 6}, "difficulty 6; a whole number from -1 to 5"),
        ({"difficulty": True}, "difficulty True"),
        ({"turns": []}, "turns: a text that isn't empty"),
        ({"turns": "附近"}, "turns: a list of texts"),
        ({"context": CONTEXT | {"clock": "2026-01-05T09:00:00"}}, "context: no offset"),
        ({"surprise": 1}, "unknown field 'surprise'"),
        ({"expects": [{"kind": "names", "any_of": []}]}, "expects: names: 1 of 0 names can't be met"),
    ],
)
def test_a_task_that_cannot_be_used_is_named(tmp_path, change, said):
    path = write(tmp_path / "tasks.jsonl", {}, change)
    tasks = read_tasks(path)
    assert next(tasks).id == "1"
    with pytest.raises(InputError) as error:
        next(tasks)
    assert str(error.value).startswith(f"{path}, line 2: {said}")


def test_a_broken_line_is_named(tmp_path):
    path = tmp_path / "tasks.jsonl"
    path.write_bytes(json.dumps(TASK).encode() + b'\n\n{"a": \n')
    with pytest.raises(InputError, match=r"line 3: no JSON"):
        list(read_tasks(path))
    path.write_bytes(b'{"a": "\xff"}\n')
    with pytest.raises(InputError, match=r"line 1: not UTF-8"):
        list(read_tasks(path))


def test_a_task_of_another_version_of_the_world_is_refused(tmp_path):
    world = ToyWorld()
    path = write(tmp_path / "tasks.jsonl", {"world": world.name, "version": "of yesterday"})
    with pytest.raises(InputError, match=rf"line 1: a task of {world.name} of yesterday, but this world is"):
        list(read_tasks(path, world=world))
    path = write(tmp_path / "tasks.jsonl", {"world": world.name, "version": world.version})
    assert len(list(read_tasks(path, world=world))) == 1


def test_a_task_is_no_trajectory(tmp_path):
    with pytest.raises(InputError, match=r"line 1: no steps; a task becomes a trajectory with"):
        list(read_trajectories(write(tmp_path / "tasks.jsonl", {})))


@pytest.mark.parametrize(
    ("predicates", "said"),
    [
        ([{"kind": "sequence", "stops": [["甲"], ["甲"]]}], "enough different names"),
        ([{"kind": "choice", "winner": ["丙"], "among": [["甲"], ["乙"]]}], "one of two or more alternatives"),
        ([{"kind": "value", "of": "money", "any_of": []}], "any_of is empty"),
        ([{"kind": "text", "all_of": [[]]}], "an empty set"),
        ([{"kind": "names", "any_of": ["甲", "甲"], "least": 2}], "2 of 1 names"),
        ([{"kind": "unsolved", "reason": "no_data", "words": ["天气"]}, {"kind": "chat"}], "unsolved excludes chat"),
        ([{"kind": "chat", "turn": 2}], "turn 2; the task has 2"),
        ([{"kind": "poem"}], "kind 'poem'"),
    ],
)
def test_what_no_answer_can_meet_is_found(predicates, said):
    with pytest.raises(PredicateError, match=said):
        check_possible(predicates, 2)


def test_two_stops_with_two_names_between_them_can_be_met():
    check_possible([{"kind": "sequence", "stops": [["甲", "乙"], ["甲"]]}], 1)  # 乙, 甲
    check_possible([{"kind": "unsolved", "reason": "no_data", "words": ["天气"], "turn": 0}, {"kind": "chat"}], 2)
