"""Rows of a user's file in three formats, and what is said of a wrong one."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from stagent.benchmarks.user_file import FileRow, file_rows, literal_of, names_of
from utils import InputError

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def row(tmp_path):
    def make(**values):
        return FileRow(tmp_path / "q.jsonl", 7, values, {"query": "question"})

    return make


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", '{"query": "去哪儿", "n": 1}\n\n{"query": "吃什么", "n": 2}\n'),
        ("a.json", '[{"query": "去哪儿", "n": 1}, {"query": "吃什么", "n": 2}]'),
        ("a.csv", '\ufeffquery,n\n去哪儿,1\n"吃什么",2\n'),
    ],
)
def test_three_formats(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    rows = list(file_rows(tmp_path / name, {}))
    assert [each.text("query") for each in rows] == ["去哪儿", "吃什么"]
    assert [each.number for each in rows] == ([1, 3] if name == "a.jsonl" else [1, 2])  # JSON lines have line numbers


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.txt", "x", "ends in .jsonl, .json or .csv"),
        ("a.json", "{", "no JSON"),
        ("a.json", '{"query": "x"}', "a list of objects is needed"),
        ("a.jsonl", "[1]\n", "row 1: '[1]'; an object with fields is needed"),
        ("a.jsonl", "", "no rows in it"),
        ("a.csv", "a,b\n1\n", "row 1: not as many cells as the head"),
        ("a.csv", "a,b\n1,2,3\n", "row 1: not as many cells as the head"),
    ],
)
def test_a_file_that_is_none(tmp_path, name, text, said):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        list(file_rows(tmp_path / name, {}))
    assert said in str(error.value)


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        list(file_rows(tmp_path / "a.csv", {}))


def test_a_wrong_field_is_named_as_the_file_has_it(row):
    with pytest.raises(InputError, match=r"q.jsonl, row 7, field question: .*a text is needed \(the row has query\)"):
        row(query="x").text("query")
    with pytest.raises(InputError, match=r"row 7, field question: '3'; a text is needed"):
        row(question=3).text("query")


@pytest.mark.parametrize(("value", "flag"), [(True, True), ("1.0", True), (0, False), (None, False), ("False", False)])
def test_flags(row, value, flag):
    assert row(missing_tool=value).flag("missing_tool") is flag


def test_a_flag_that_is_none(row):
    with pytest.raises(InputError, match=r"field missing_tool: 'maybe'; true or false is needed"):
        row(missing_tool="maybe").flag("missing_tool")


def test_moments(row):
    assert row(time="2026-01-05").moment("time", ZONE) == datetime(2026, 1, 5, 9, tzinfo=ZONE)
    assert row(time="2026-01-05 10:30").moment("time", ZONE) == datetime(2026, 1, 5, 10, 30, tzinfo=ZONE)
    assert row(time="2026-01-05T01:00:00+00:00").moment("time", ZONE) == datetime(2026, 1, 5, 9, tzinfo=ZONE)
    assert row().moment("time", ZONE) is None
    with pytest.raises(InputError, match="field time: '明天'; an ISO 8601 day or time"):
        row(time="明天").moment("time", ZONE)


def test_literals(row):
    assert row(x="{'a': None}").literal("x", dict, "an object") == {"a": None}
    assert row(x='{"a": null}').literal("x", dict, "an object") == {"a": None}
    assert row(x=[1]).literal("x", list, "a list") == [1]
    with pytest.raises(InputError, match="a list is needed, as JSON or as a Python literal"):
        row(x="[1").literal("x", list, "a list")
    assert literal_of("__import__('os')") == "__import__('os')" and literal_of("{1, 2}") == "{1, 2}"
    assert literal_of("12") == "12"  # a name may be made of digits
    json.dumps(literal_of("[" * 5000))  # too deep: stays a text


def test_names_of():
    assert names_of(["query=question"], ("query", "time"), "--field") == {"query": "question"}
    for word in ("query", "query=", "what=x"):
        with pytest.raises(InputError, match=f"--field {word}: give NAME=FIELD, with NAME one of query, time"):
            names_of([word], ("query", "time"), "--field")
