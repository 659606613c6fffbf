"""TravelBench's queries from small files written by hand, and the wrong ones named field by field."""

import json

import pytest

from stagent.benchmarks.travel_queries import read_queries
from tests.support.toy_world import MONDAY, ToyWorld
from utils import InputError

NAMES: dict[str, str] = {}


@pytest.fixture
def read(tmp_path):
    def reads(subset, *rows, names=NAMES, clock=None):
        path = tmp_path / f"{subset}.jsonl"
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return read_queries({subset: path}, names, ToyWorld(), clock)

    return reads


def test_a_query_is_a_task(read):
    first, second = read(
        "single",
        {"query": "附近的药店", "time": "2026-03-02 10:30", "context": "用户在澜屿市"},
        {"id": "x", "query": "明天冷吗", "context": {"city": "澜屿市"}},
    )
    assert first.task.id == "single/1" and first.task.turns == ("附近的药店",)
    assert first.task.context.clock == "2026-03-02T10:30:00+08:00"
    assert first.task.context.profile == {"情况": "用户在澜屿市"} and first.task.unsolvable == ""
    assert second.task.id == "single/x" and second.task.context.now == MONDAY  # the world's own
    assert second.context == '{"city": "澜屿市"}'


def test_what_the_user_knows_is_not_the_agents(read):
    (query,) = read("multi", {"query": "找个饭店", "user_profile": {"口味": "不吃辣"}})
    assert query.profile == '{"口味": "不吃辣"}'
    assert "不吃辣" not in json.dumps(query.task.as_json(), ensure_ascii=False)


def test_why_a_query_is_unsolvable(read):
    queries = read(
        "unsolvable",
        {"query": "订一张票", "missing_tool": True},
        {"query": "去那里", "missing_info": 1},
        {"query": "嗯", "no_actionable": "true"},
    )
    whys = ["missing_tool", "missing_information", "missing_information"]
    assert [each.task.unsolvable for each in queries] == whys
    assert all(each.task.difficulty == -1 for each in queries)


def test_names_and_a_clock_of_the_users_own(read):
    row = {"question": "附近的药店", "time": "1999-01-01"}
    (query,) = read("single", row, names={"query": "question"}, clock=MONDAY)
    assert query.task.turns == ("附近的药店",) and query.task.context.now == MONDAY


@pytest.mark.parametrize(
    ("subset", "row", "said"),
    [
        ("single", {"text": "x"}, "row 1, field query: not there, or empty; a text is needed (the row has text)"),
        ("single", {"query": " "}, "row 1, field query: not there, or empty"),
        ("multi", {"query": "x"}, "row 1, field user_profile: not there, or empty; what the user's simulator knows"),
        ("single", {"query": "x", "time": "soon"}, "row 1, field time: 'soon'; an ISO 8601 day or time is needed"),
        ("single", {"query": "x", "time": "1999-01-01"}, "row 1, field time: 1999-01-01; a day that the world knows"),
        ("unsolvable", {"query": "x", "missing_info": "?"}, "row 1, field missing_info: '?'; true or false is needed"),
    ],
)
def test_a_wrong_field_is_named(read, subset, row, said):
    with pytest.raises(InputError) as error:
        read(subset, row)
    assert f"{subset}.jsonl, {said}" in str(error.value)


def test_an_id_stands_once(read):
    with pytest.raises(InputError, match="row 2, field id: a; each once is needed; row 1 has it too"):
        read("single", {"id": "a", "query": "x"}, {"id": "a", "query": "y"})
