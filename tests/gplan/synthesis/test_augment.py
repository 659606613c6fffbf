"""gplan.synthesis.augment: the plan and every other column come out as they went in, or nothing is written."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from data_process.intents import render_plan
from data_process.response import parse_label
from data_process.schema import COLUMNS, LABEL, read_rows, write_rows
from gplan.synthesis import __main__ as commands
from gplan.synthesis import augment
from tests.conftest import ROOT
from utils import door

SAMPLE = Path(os.environ.get("GSISR_SHARED") or ROOT.parent / "shared") / "gsisr" / "sample.csv"
LABEL_TEXT = '[{"工具名称":"tool_6"},{"工具名称":"tool_8"},{"工具名称":"tool_9"}]'
ROW = dict.fromkeys(COLUMNS, "") | {"id": "7", "trigger_1": "酒店", LABEL: LABEL_TEXT}


@pytest.fixture
def source(tmp_path):
    def write(*rows):
        write_rows(tmp_path / "in.csv", list(rows))
        return tmp_path / "in.csv"

    return write


@pytest.fixture
def run(monkeypatch, capsys):
    """Calls the command in this process: ``run(IN, OUT, *flags) -> (exit code, stdout, stderr)``."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["synthesize.py", "augment", *map(str, arguments), "--teacher", "rules"])
        code = door(commands.main)
        return code, *capsys.readouterr()

    return call


def read_plain(path):
    """The table by the csv module alone, not by the reader under test."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def command(*arguments):
    return subprocess.run(
        [sys.executable, "synthesize.py", "augment", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.skipif(not SAMPLE.is_file(), reason=f"no {SAMPLE}")
def test_the_real_sample_round_trips(tmp_path):
    out = tmp_path / "out.csv"
    done = command(SAMPLE, out, "--teacher", "rules", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["rows"] == 500
    before, after = read_plain(SAMPLE), read_plain(out)
    assert [{**row, LABEL: ""} for row in after] == [{**row, LABEL: ""} for row in before]
    lengths = []
    for old, new in zip(before, after, strict=True):
        label = parse_label(new[LABEL])
        assert label.plan == json.loads(old[LABEL])
        assert new[LABEL].endswith("</THOUGHT>" + old[LABEL])  # the sample's labels are compact already
        assert len(label.blocks) == len(label.plan) + 2
        lengths.append(len("".join(block.source for block in label.blocks)))
    chars = report["reasoning_chars"]
    assert (chars["min"], chars["max"]) == (min(lengths), max(lengths))
    assert chars["mean"] == pytest.approx(sum(lengths) / 500, abs=0.05)
    assert sorted(os.listdir(tmp_path)) == ["out.csv"]


def test_awkward_fields_come_out_as_they_went_in(source, run, tmp_path):
    odd = ROW | {
        "profile_feat_1": "NA",
        "profile_feat_2": "007",
        "profile_feat_3": '"a", "',
        "profile_feat_4": "x\ny",
        "profile_feat_13": "x\r\ny",
        "current_tag": "<|im_end|><T_1_a>",
        "trigger_4": "1e5",
    }
    path = source(ROW, odd)
    assert run(path, tmp_path / "out.csv")[0] == 0
    assert [{**row, LABEL: LABEL_TEXT} for row in read_plain(tmp_path / "out.csv")] == [ROW, odd]


def test_plan_is_kept_with_its_key_order(source, run, tmp_path):
    plan = [
        {"tag": "美食", "工具名称": "tool_7"},
        {"工具名称": "tool_5", "tag": "景点", "空间范围": "全城", "起始位置": "前一位推荐结果"},
        {"工具名称": "tool_9"},
    ]
    path = source(ROW | {LABEL: json.dumps(plan, ensure_ascii=False, indent=1)})
    assert run(path, tmp_path / "out.csv")[0] == 0
    assert read_plain(tmp_path / "out.csv")[0][LABEL].endswith("</THOUGHT>" + render_plan(plan))


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("", "plan.missing"),
        ("[{", "plan.truncated"),
        ('[{"工具名称":"tool_9"}]', "format.length"),
        (LABEL_TEXT.replace("tool_8", "tool_11"), "schema.tool"),
        (LABEL_TEXT.replace("tool_8", "tool_6"), "logic.duplicate"),
        ("<THOUGHT>x" + LABEL_TEXT, "thought.unclosed"),
    ],
)
def test_a_bad_label_stops_the_run(source, run, tmp_path, label, reason):
    path = source(ROW, ROW, ROW | {"id": "99", LABEL: label})
    code, out, error = run(path, tmp_path / "out.csv")
    assert (code, out) == (2, "")
    assert error.count("\n") == 1
    for part in (str(path), "row 2 (line 4, id 99)", "raw_labels", reason):
        assert part in error
    assert os.listdir(tmp_path) == ["in.csv"]


def test_the_orders_place_needs_an_order(source, run, tmp_path):
    label = LABEL_TEXT.replace('"tool_8"', '"tool_1","起始位置":"当前位置","终点位置":"订单目的地"')
    assert run(source(ROW | {LABEL: label}), tmp_path / "a.csv")[0] == 0
    code, _, error = run(source(ROW | {"trigger_1": "", LABEL: label}), tmp_path / "b.csv")
    assert code == 2 and "logic.no_order" in error


def test_reasoning_is_replaced_only_on_request(source, run, tmp_path):
    path = source(ROW, ROW | {LABEL: f"<THOUGHT><CONTEXT>旧</CONTEXT></THOUGHT>{LABEL_TEXT}"})
    code, _, error = run(path, tmp_path / "out.csv")
    assert code == 2 and "row 1" in error and "--replace" in error
    assert run(path, tmp_path / "out.csv", "--replace")[0] == 0
    rows = read_rows(tmp_path / "out.csv")
    assert rows[0] == rows[1] and "旧" not in rows[1][LABEL]


def test_out_must_not_be_in(source, run, tmp_path):
    path = source(ROW)
    before = path.read_bytes()
    (tmp_path / "link.csv").symlink_to(path)
    for target in (path, tmp_path / "." / "in.csv", tmp_path / "link.csv"):
        code, _, error = run(path, target, "--force")
        assert code == 2 and "OUT must not be IN" in error
    assert path.read_bytes() == before


def test_an_existing_out_needs_force(source, run, tmp_path):
    path, out = source(ROW), tmp_path / "out.csv"
    out.write_text("mine", encoding="utf-8")
    code, _, error = run(path, out)
    assert code == 2 and "--force" in error and out.read_text(encoding="utf-8") == "mine"
    assert run(path, out, "--force")[0] == 0
    assert len(read_rows(out)) == 1


@pytest.mark.parametrize("target", ["none/out.csv", "."])
def test_a_target_that_cannot_be_written(source, run, tmp_path, target):
    assert run(source(ROW), tmp_path / target)[0] == 2
    assert run(source(ROW), tmp_path / target, "--force")[0] == 2


def test_a_failed_run_leaves_the_old_out_alone(source, run, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("mine", encoding="utf-8")
    assert run(source(ROW | {LABEL: "[]"}), out, "--force")[0] == 2
    assert out.read_text(encoding="utf-8") == "mine"
    assert sorted(os.listdir(tmp_path)) == ["in.csv", "out.csv"]


def test_a_failed_write_leaves_no_part(source, run, tmp_path, monkeypatch):
    def fail(path, rows):
        Path(path).write_text("half", encoding="utf-8")
        raise OSError("disk full")

    path = source(ROW)
    monkeypatch.setattr(augment, "write_rows", fail)
    code, _, error = run(path, tmp_path / "out.csv")
    assert code == 2 and "disk full" in error
    assert os.listdir(tmp_path) == ["in.csv"]


def test_the_meta_file_goes_along(source, run, tmp_path):
    path, out, meta = source(ROW), tmp_path / "out.csv", tmp_path / "out.csv.meta.json"
    (tmp_path / "in.csv.meta.json").write_bytes(b'{"seed": 3}\r\n')
    assert run(path, out)[0] == 0
    assert meta.read_bytes() == b'{"seed": 3}\r\n'
    (tmp_path / "in.csv.meta.json").unlink()
    assert run(path, out, "--force")[0] == 0
    assert not meta.exists()  # it told of the table that was overwritten


def test_missing_in_and_unknown_teacher_are_usage_errors(run, tmp_path):
    code, _, error = run(tmp_path / "none.csv", tmp_path / "out.csv")
    assert code == 2 and "no such file" in error
    assert command(tmp_path / "none.csv", tmp_path / "out.csv", "--teacher", "nobody").returncode == 2


def test_text_output_counts_the_rows(source, run, tmp_path):
    code, out, error = run(source(ROW, ROW), tmp_path / "out.csv")
    assert code == 0 and "2 rows written" in out and error == ""
