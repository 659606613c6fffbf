"""The twins file: what is written comes back, and a line that can't be used is named with what to do."""

import json
import runpy
import sys

import pytest

from data_process.intents import intent, render_plan
from data_process.schema import COLUMNS, write_rows
from data_process.twins import REMEDY, Pair, read_pair_records, read_pairs, write_pairs
from tests.conftest import ROOT
from utils import InputError

T1, T6, T8, T9 = intent("tool_1", "当前位置", "订单目的地"), intent("tool_6"), intent("tool_8"), intent("tool_9")
A, B = [T6, T8, T9], [T8, T1, T9]
ANCHOR = dict.fromkeys(COLUMNS, "") | {"id": "7", "trigger_1": "酒店", "raw_labels": render_plan(A)}
TWIN = ANCHOR | {"weekendflag": "1", "currenttime": "2026-02-14 08:00:00", "raw_labels": render_plan(B)}
CHANGED = ["currenttime", "weekendflag"]
PAIR = Pair(3, ANCHOR, TWIN, CHANGED, (A, B), "label")


def line(**changes):
    """A good line with some of its parts replaced; ``None`` takes one out."""
    fields = PAIR._asdict() | {"plans": None} | changes
    return {key: value for key, value in fields.items() if value is not None}


def without(row, column):
    return {key: value for key, value in row.items() if key != column}


def write(path, *lines):
    texts = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in lines]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def test_pairs_come_back_as_written(tmp_path):
    odd = ANCHOR | {"profile_feat_13": 'pf_2:高|"\u2028\n"'}
    pairs = [PAIR, Pair(4, odd, odd | {"current_tag": "商场", "raw_labels": render_plan(B)}, ["current_tag"], (A, B))]
    assert write_pairs(tmp_path / "t.jsonl", pairs) == 2
    assert read_pairs(tmp_path / "t.jsonl") == pairs
    assert "plans" not in json.loads((tmp_path / "t.jsonl").read_text(encoding="utf-8").split("\n")[0])
    assert [one.name for one in tmp_path.iterdir()] == ["t.jsonl"]


def test_what_may_be_left_out(tmp_path):
    """Changed is found anew and a label is no must; empty lines hold no pair."""
    path = write(tmp_path / "t.jsonl", line(changed=None, label=None), "", line())
    assert read_pairs(path) == [PAIR._replace(label=""), PAIR]


def test_a_file_that_broke_off_leaves_the_old_one(tmp_path):
    path = write(tmp_path / "t.jsonl", line(row=9))

    def pairs():
        yield PAIR
        raise RuntimeError("the teacher is gone")

    with pytest.raises(RuntimeError):
        write_pairs(path, pairs())
    assert read_pairs(path) == [PAIR._replace(row=9)]
    assert [one.name for one in tmp_path.iterdir()] == ["t.jsonl"]


BAD = {
    "not JSON": ("{", "pair.json", ["not JSON"]),
    "deep": ("[" * 100_000, "pair.json", ["not JSON"]),
    "no object": ("[]", "pair.json", ["not a JSON object"]),
    "no twin": (line(twin=None), "pair.side", ["column twin", "no twin", "row, anchor and twin"]),
    "no anchor": (line(anchor=None), "pair.side", ["no anchor"]),
    "anchor is text": (line(anchor="x"), "pair.side", ["no anchor"]),
    "no row": (line(row=None), "pair.side", ["no row"]),
    "row is true": (line(row=True), "pair.side", ["no row"]),
    "a column less": (line(twin=without(TWIN, "trigger_7")), "pair.columns", ["column twin", "see trigger_7"]),
    "a column more": (line(anchor=ANCHOR | {"more": ""}), "pair.columns", ["column anchor", "see more"]),
    "a number": (line(twin=TWIN | {"weekendflag": 1}), "pair.columns", ["see weekendflag"]),
    "profile": (line(twin=TWIN | {"profile_feat_3": "1"}), "pair.changed", ["differ in profile_feat_3", "currenttime"]),
    "id": (line(twin=TWIN | {"id": "8"}), "pair.changed", ["differ in id"]),
    "history": (line(twin=TWIN | {"long_term_behavior": "x"}), "pair.changed", ["differ in long_term_behavior"]),
    "order": (line(twin=TWIN | {"trigger_2": "x"}), "pair.changed", ["differ in trigger_2"]),
    "cell": (line(twin=TWIN | {"trigger_5": "x"}), "cell.time", ["'x' is not a time"]),
    "one moment": (line(twin=ANCHOR | {"raw_labels": render_plan(B)}), "pair.changed", ["are the same request"]),
    "changed": (line(changed=["currenttime"]), "pair.changed", ["says ['currenttime']", "weekendflag"]),
    "order of changed": (line(changed=CHANGED[::-1]), "pair.changed", ["column changed"]),
    "equal plans": (line(twin=TWIN | {"raw_labels": render_plan(A)}), "pair.equal_plans", ["the same plan", "id 7"]),
    "equal but for the order of keys": (
        line(
            anchor=ANCHOR | {"raw_labels": render_plan(B)},
            twin=TWIN | {"raw_labels": render_plan([dict(reversed(one.items())) for one in B])},
        ),
        "pair.equal_plans",
        ["the same plan"],
    ),
    "no plan": (line(anchor=ANCHOR | {"raw_labels": ""}), "plan.missing", ["anchor.raw_labels", "does not parse"]),
    "plan cut off": (line(twin=TWIN | {"raw_labels": render_plan(B)[:-3]}), "plan.truncated", ["twin.raw_labels"]),
    "filter": (line(twin=TWIN | {"raw_labels": render_plan([T9, T9, T8])}), "logic.duplicate", ["logic.duplicate"]),
    "no order": (
        line(anchor=ANCHOR | {"trigger_1": ""}, twin=TWIN | {"trigger_1": ""}),
        "logic.no_order",
        ["twin.raw_labels", "logic.no_order"],
    ),
}


@pytest.mark.parametrize("bad", BAD)
def test_lines_that_are_refused(tmp_path, bad):
    one, reason, words = BAD[bad]
    path = write(tmp_path / "t.jsonl", line(), "", one, line())
    with pytest.raises(InputError) as error:
        read_pairs(path)
    message = str(error.value)
    assert message.startswith(f"{path}: row 1 (line 3") and message.endswith(f"; correct it, or {REMEDY}")
    assert all(word in message for word in words), message
    records = list(read_pair_records(path))
    assert [record.line for record in records] == [1, 3, 4]
    assert [record.bad is None for record in records] == [True, False, True]
    assert records[1].pair is None and records[1].bad.reason == reason


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "no such file"), (b"", "no pairs in it"), (b"\n\n", "no pairs"), (b"\xff", "not UTF-8")],
)
def test_files_that_are_refused(tmp_path, content, words):
    path = tmp_path / "t.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=words) as error:
        read_pairs(path)
    assert str(path) in str(error.value) and REMEDY in str(error.value)


@pytest.mark.parametrize("bad", ["not JSON", "no twin", "a column less", "profile", "equal plans", "filter"])
def test_test_py_ends_in_one_line_and_writes_nothing(tmp_path, bad, monkeypatch, capsys):
    twins = write(tmp_path / "t.jsonl", line(), BAD[bad][0])
    write_rows(tmp_path / "gold.csv", [ANCHOR])
    predictions = write(tmp_path / "p.jsonl", {"row": 0, "text": ""})
    flags = {
        "--valid_csv": tmp_path / "gold.csv",
        "--predictions": predictions,
        "--twins": twins,
        "--twin_predictions": predictions,
        "--output_dir": tmp_path / "out",
    }
    monkeypatch.setattr(sys, "argv", ["test.py", *(str(word) for flag in flags.items() for word in flag)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "test.py"), run_name="__main__")
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"error: {twins}: row 1 (line 2") and err.count("\n") == 1
    assert all(word in err for word in BAD[bad][2]) and REMEDY in err
    assert not (tmp_path / "out").exists()
