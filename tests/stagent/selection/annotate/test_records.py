"""What may stand in a line, and what is said of one that can't be used."""

import json

import pytest

from stagent.queries.task import TaskError
from stagent.selection.annotate.records import read_records, record_of
from utils import InputError

CONTEXT = {
    "clock": "2026-01-05T09:00:00+08:00",
    "city": "澜屿市",
    "location": "30.1,174.6",
    "profile": {"家": "30.2,174.7"},
}


def written(tmp_path, *lines):
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_words_are_a_text_or_turns_joined_by_line_ends():
    assert record_of({"text": "附近的药店", "more": 1}).text == "附近的药店"
    assert record_of({"turns": ["找药店", "要开着的"], "primary": "other_or_unclear"}).text == "找药店\n要开着的"


def test_a_context_is_read_like_a_tasks_a_text_or_any_object():
    known = "现在：2026-01-05 09:00（星期一）；城市：澜屿市；位置：30.1,174.6；家：30.2,174.7"
    assert record_of({"text": "回家", "context": CONTEXT}).context == known
    assert record_of({"text": "回家", "context": "在海边"}).context == "在海边"
    assert record_of({"text": "回家", "context": {"home": [1, 2]}}).context == "home：[1, 2]"
    assert record_of({"text": "回家"}).context == ""


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ([], "no object"),
        ({}, "text"),
        ({"text": 3}, "text"),
        ({"text": " "}, "text"),
        ({"text": "长" * 20_001}, "20,001"),
        ({"turns": "x"}, "turns"),
        ({"text": "x", "context": 3}, "context"),
        ({"text": "x", "primary": "discovery.cafes"}, "discovery.cafes"),
        ({"text": "x", "primary": ["a"]}, "primary"),
        ({"text": "x", "primary": "other_or_unclear", "secondary": ["no.leaf"]}, "no.leaf"),
        (
            {"text": "x", "primary": "other_or_unclear", "auxiliary": ["budget_constraints.huge"]},
            "budget_constraints.huge",
        ),
        ({"text": "x", "primary": "other_or_unclear", "temporal": {"departure": "soon"}}, "soon"),
        ({"text": "x", "difficulty": 6}, "difficulty"),
        ({"text": "x", "difficulty": True}, "difficulty"),
    ],
)
def test_what_cant_be_used_is_named(value, field):
    with pytest.raises(TaskError, match=field):
        record_of(value)


def test_a_bad_line_is_named_with_its_file_and_number(tmp_path):
    path = written(tmp_path, {"text": "附近的药店"}, "", {"text": "去哪", "primary": "discovery.cafes"})
    records = read_records(path)
    assert next(records).number == 1
    with pytest.raises(InputError, match=r"in\.jsonl, line 3: primary 'discovery\.cafes'"):
        next(records)
    with pytest.raises(InputError, match=r"line 1"):
        list(read_records(written(tmp_path, '{"text": ')))
