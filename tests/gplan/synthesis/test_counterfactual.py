"""Counterfactual twins: the command from CSV to file, rounds of a teacher, how plans differ."""

import json
import subprocess
import sys

import pytest

from data_process.intents import render_plan
from data_process.schema import COLUMNS, LABEL, write_rows
from data_process.twins import read_pairs
from gplan.synthesis import __main__ as commands
from gplan.synthesis.teachers.by_rules import rules
from gplan.synthesis.twins import counterfactual
from gplan.synthesis.twins.counterfactual import differences, find_twins
from gplan.world.expert import plan_distribution
from gplan.world.rows import generate
from tests.conftest import ROOT
from tests.support.hotel_order import FOOD, SHOPS, T6, T8, T9, A, B, other, request
from utils import door


def command(*arguments):
    done = subprocess.run(
        [sys.executable, "synthesize.py", "twins", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def test_from_a_csv_to_pairs(tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.jsonl"
    thought = "<THOUGHT><CONTEXT>a</CONTEXT><STRATEGY>b</STRATEGY>" + "".join(
        f"<STEP_{i}>c</STEP_{i}>" for i in (1, 2, 3)
    )
    rows = [
        request(raw_labels=f"{thought}</THOUGHT>{render_plan(B)}"),
        other(raw_labels=""),
        request(currenttime=""),
    ]
    write_rows(source, rows)
    code, out, err = command(source, target, "--teacher", "rules", "--per_row", 2, "--json")
    assert (code, err) == (0, "")
    pairs = read_pairs(target)
    assert [pair.row for pair in pairs] == [0, 0, 1, 1]
    assert [pair.label for pair in pairs] == [render_plan(B)] * 2 + [""] * 2  # without its reasoning
    for pair in pairs:
        assert {name: pair.anchor[name] for name in COLUMNS[:-1]} == {n: rows[pair.row][n] for n in COLUMNS[:-1]}
        assert pair.changed == [name for name in COLUMNS[:-1] if pair.anchor[name] != pair.twin[name]]
        for side in (pair.anchor, pair.twin):
            assert json.loads(side[LABEL]) == plan_distribution(side)[0][0]
    assert pairs[0].twin != pairs[1].twin
    without = (tmp_path / "out.jsonl.without.jsonl").read_text(encoding="utf-8")
    assert json.loads(without) == {"row": 2, "id": "7", "reason": "time.unreadable"}
    found = json.loads(out)
    assert (found["rows"], found["pairs"], found["with_twin"], found["share"]) == (3, 4, 2, 0.6667)
    assert found["without"] == {"time.unreadable": 1}
    assert found["changed"]["currenttime"] == sum("currenttime" in pair.changed for pair in pairs)
    assert sum(found["kinds"].values()) == 4
    assert sum(found["plans"][name] for name in ("tools", "parameters", "order")) == 4
    # Once more without --force: nothing is touched; the plain report names what lacks.
    before = target.read_bytes()
    code, _, err = command(source, target, "--teacher", "rules", "--seed", 2)
    assert code == 2 and f"{target}: exists already" in err
    assert target.read_bytes() == before
    code, out, _ = command(source, target, "--teacher", "rules", "--force")
    assert code == 0 and "2 pairs" in out and "time.unreadable 1" in out


@pytest.mark.parametrize(
    ("rows", "flags", "words"),
    [
        (None, [], ["in.csv: no such file"]),
        (
            [request(), request(raw_labels="[{")],
            [],
            ["in.csv: row 1 (line 3, id 7), column raw_labels", "a label may be empty"],
        ),
        ([request(raw_labels=render_plan([T9, T9, T9]))], [], ["row 0", "logic.duplicate"]),
        ([request(currenttime="")], [], ["no row has a twin", "time.unreadable"]),
        ([request()], ["--per_row", "0"], ["--per_row", "1 or more"]),
        ([request()], ["--moments", "x"], ["--moments"]),
    ],
)
def test_bad_input_ends_in_a_message_and_no_file(tmp_path, rows, flags, words, monkeypatch, capsys):
    source, target = tmp_path / "in.csv", tmp_path / "out.jsonl"
    if rows:
        write_rows(source, rows)
    monkeypatch.setattr(sys, "argv", ["synthesize.py", "twins", str(source), str(target), "--teacher", "rules", *flags])
    try:
        code = door(commands.main)
    except SystemExit as ended:
        code = ended.code
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert all(word in err for word in words), err
    assert not list(tmp_path.glob("out*"))


def test_a_teacher_is_asked_in_rounds_and_its_failures_are_told():
    """Row 0 gets a twin at its second moment, 1 never another plan, 2 and 3 have none, 4 an invalid one, 6 one once."""
    rows, asked = [request(id=str(i), currenttime="" if i == 5 else "2026-03-11 15:00:00") for i in range(7)], []

    def teacher(batch):
        assert batch
        asked.append([row["id"] for row in batch])
        nth = len(asked)  # 1: the anchors
        answers = {
            "0": B if nth == 3 else A,
            "1": A,
            "2": None,
            "3": A if nth == 1 else None,
            "4": A if nth == 1 else [T9, T9, T9],
            "5": A,
            "6": A if nth < 3 else None,
        }
        return [answers[row["id"]] for row in batch]

    pairs, without = find_twins(rows, ["x"] * 7, teacher, seed=1, moments=3)
    assert asked == [list(ids) for ids in ("0123456", "01346", "01346", "1346")]
    assert [(pair.row, pair.label, pair.anchor[LABEL], pair.twin[LABEL]) for pair in pairs] == [
        (0, "x", render_plan(A), render_plan(B))
    ]
    assert {one.row: one.reason for one in without} == {
        1: "plan.equal",
        2: "teacher.anchor",
        3: "teacher.twin",
        4: "teacher.twin",
        5: "time.unreadable",
        6: "plan.equal",
    }


def test_no_moment_left():
    """Nowhere else to be, and an order that ends now."""
    row = request(trigger_4="", trigger_5="", trigger_7="2026-03-11 15:00:00")
    asked = []
    _, without = find_twins([row], [""], lambda batch: asked.append(len(batch)) or rules(batch), seed=1)
    assert asked == [1]
    assert [one.reason for one in without] == ["moment.none"]


def test_batches_do_not_change_what_is_found(monkeypatch):
    rows = generate(60, seed=5)
    whole = find_twins(rows, [""] * 60, rules, seed=3)
    monkeypatch.setattr(counterfactual, "BATCH", 7)
    assert find_twins(rows, [""] * 60, rules, seed=3) == whole
    assert find_twins(rows, [""] * 60, rules, seed=4) != whole


def test_how_plans_differ():
    assert differences([T8, T9, T6], [T9, T8, T6]) == ["first_intent", "order"]
    assert differences([T6, FOOD, T9], [T6, SHOPS, T9]) == ["parameters"]
    assert differences([FOOD, T6, T9], [SHOPS, T6, T9]) == ["first_intent", "parameters"]
    assert differences([T6, T9, FOOD], [T6, SHOPS, T9]) == ["parameters"]
    assert differences([T6, FOOD, T9], [T6, FOOD, T9, T8]) == ["tools"]
    assert differences([T6, FOOD, SHOPS, T9], [T6, FOOD, T9]) == ["tools"]
