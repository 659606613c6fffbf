"""A replay of a row's answers: its own calls alone, whichever way they are spelt; a miss is an error."""

import asyncio

import pytest

from stagent.benchmarks.mobility_rows import read_mobility
from stagent.benchmarks.stored_calls import StoredCalls, same_arguments, schema_problems, shortened, tools_of
from tests.stagent.benchmarks.rows import DRIVE, DRIVING, FIND, WEATHER, WHERE, write_rows
from tests.support.toy_world import MONDAY

OTHER = DRIVING | {
    "tool_list": "[{'name': 'driving_route', 'arguments': {'origin': '1,1', 'destination': '2,2'}}]",
    "route_ans": "",
}


@pytest.fixture
def rows(tmp_path):
    return read_mobility(write_rows(tmp_path / "r.csv", DRIVING, WHERE, WEATHER, OTHER), {})


def test_tools_are_as_the_rows_use_them(rows):
    tools = tools_of(rows)
    assert sorted(tools) == ["driving_route", "query_poi", "reverse_geocoding", "weather_query"]
    drive = tools["driving_route"]
    assert drive.needed == {"origin", "destination"}  # one row has no strategy
    assert drive.kinds == {"origin": {"string"}, "destination": {"string"}, "strategy": {"array"}}
    assert drive.schema("路线")["function"]["parameters"] == {
        "type": "object",
        "properties": {
            "destination": {"type": "string"},
            "origin": {"type": "string"},
            "strategy": {"type": "array"},
        },
        "required": ["destination", "origin"],
    }


@pytest.mark.parametrize(
    ("tool", "arguments", "wrong"),
    [
        ("driving_route", DRIVE, []),
        ("driving_route", {"origin": "1,1"}, ["destination"]),
        ("driving_route", DRIVE | {"strategy": "不走高速"}, ["strategy"]),
        ("driving_route", DRIVE | {"mode": "x"}, ["mode"]),
        ("fly", {}, ["tool"]),
        ("query_poi", [], ["arguments"]),
    ],
)
def test_what_does_not_fit(rows, tool, arguments, wrong):
    assert [each.parameter for each in schema_problems(tools_of(rows), tool, arguments)] == wrong


@pytest.mark.parametrize(
    ("given", "same"),
    [
        (DRIVE, True),
        (DRIVE | {"origin": "174.61, 30.41"}, True),  # rounded, with a blank
        (DRIVE | {"origin": "174.612,30.41"}, False),  # 0.002 degrees off
        (DRIVE | {"strategy": []}, False),
        (DRIVE | {"strategy": ["不走高速", "不走高速"]}, False),
        ({name: value for name, value in DRIVE.items() if name != "strategy"}, False),
        ("x", False),
    ],
)
def test_spellings_of_a_call(given, same):
    assert same_arguments(DRIVE, given) is same


def test_lists_have_no_order():
    assert same_arguments({"s": ["a", "b"]}, {"s": ["B ", "a"]}) and not same_arguments({"s": ["a"]}, {"s": "a"})


def test_what_a_row_has_stored_is_found_and_nothing_else(rows):
    def call(row, tool, arguments):
        return asyncio.run(StoredCalls(tools_of(rows), row, "v").call(tool, arguments, MONDAY))

    found = call(rows[0], "query_poi", FIND | {"keywords": " 北站"})
    assert found.outcome == "found" and found.content["answer"]["name"] == "澜屿北站" and "174.650000" in found.text
    missed = call(rows[0], "query_poi", FIND | {"keywords": "南站"})
    assert missed.outcome == "error" and "没有被录下" in missed.text
    assert call(rows[1], "query_poi", FIND).outcome == "error"  # another row's
    assert "缺少" in call(rows[0], "query_poi", {"city": "澜屿市"}).text
    nothing = call(rows[3], "driving_route", {"origin": "1,1", "destination": "2,2"})
    assert nothing.outcome == "unavailable" and "没有保存" in nothing.text


def test_long_lists_lose_their_middle():
    assert shortened({"a": list(range(8))}) == {"a": list(range(8))}
    assert shortened(list(range(20))) == [0, 1, 2, 3, "……（中间省略 12 条）……", 16, 17, 18, 19]
