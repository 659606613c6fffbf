"""MobilityBench's rows: expected calls with the answers stored for them, and wrong fields named."""

import pytest

from stagent.benchmarks.mobility_rows import STORED, read_mobility
from tests.stagent.benchmarks.rows import DRIVE, DRIVING, FIND, PLACE, ROUTE, WEATHER, WHERE, write_rows
from utils import InputError


def test_each_call_has_its_stored_answer(tmp_path):
    driving, where, weather = read_mobility(write_rows(tmp_path / "r.csv", DRIVING, WHERE, WEATHER), {})
    assert [tuple(call) for call in driving.calls] == [("query_poi", FIND, PLACE), ("driving_route", DRIVE, ROUTE)]
    assert (driving.id, driving.city, driving.location) == ("row/1", "澜屿市", "174.6100001,30.4100001")
    assert driving.slots == {"start": "", "transit": [], "end": "北站", "strategies": ["不走高速"]}
    assert where.calls[0].answer == "澜屿市东区望海路12号" and weather.calls[0].answer == {"text": "小雨"}


def test_a_result_is_the_last_calls_and_a_place_its_names(tmp_path):
    drive = {"name": "driving_route", "arguments": {"origin": "1,1", "destination": "2,2"}}
    places = [{"name": "query_poi", "arguments": {"keywords": each}} for each in ("甲 站", "乙站", "丙站")]
    row = DRIVING | {
        "tool_list": repr([*places, drive, drive | {"arguments": {"origin": "2,2", "destination": "3,3"}}]),
        "query_end_poi": "丙站",
        "query_transit_poi": "['甲站', '乙站']",
        "std_transit": "[{'name': '甲'}, {'name': '乙'}]",
        "std_end": "",
    }
    (read,) = read_mobility(write_rows(tmp_path / "r.csv", row), {})
    answers = [call.answer for call in read.calls]
    # 丙站 has no place stored; the route is of the second call, and none is of the first
    assert answers == [{"name": "甲"}, {"name": "乙"}, None, None, ROUTE]


def test_a_column_of_the_users_choice(tmp_path):
    path = write_rows(tmp_path / "r.csv", WEATHER | {"weather": "", "location_ans": "小雨"})
    assert read_mobility(path, {})[0].calls[0].answer is None
    assert read_mobility(path, {}, STORED | {"weather_query": ("location_ans",)})[0].calls[0].answer == "小雨"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"query": ""}, "field query: not there, or empty; a text is needed"),
        ({"context": "澜屿"}, "field context: '澜屿'; an object like"),
        ({"context": "{'city': 3}"}, "field context: city is no text; a text is needed"),
        (
            {"tool_list": ""},
            'field tool_list: not there, or empty; a list of {"name": "…", "arguments": {…}} is needed',
        ),
        ({"tool_list": "{'name': 'query_poi'}"}, "field tool_list: "),
        ({"tool_list": "[{'arguments': {}}]"}, "field tool_list[0]: no name; "),
        ({"tool_list": "[{'name': 'a'}, {'name': 'b', 'arguments': 1}]"}, "field tool_list[1].arguments: no object; "),
        ({"task_scenario": ""}, "field task_scenario: not there, or empty"),
        ({"intent_family": ""}, "field intent_family: not there, or empty"),
    ],
)
def test_a_wrong_field_is_named(tmp_path, change, said):
    with pytest.raises(InputError) as error:
        read_mobility(write_rows(tmp_path / "r.csv", WHERE, DRIVING | change), {})
    assert f"r.csv, row 2, {said}" in str(error.value)
