"""The whole pipeline, and synthesize.sh, which starts it."""

import json
import os
import re
import subprocess
import sys

import pytest

from data_process.rule_filter import checked_label
from data_process.schema import LABEL, read_rows, write_rows
from gplan.evaluation.ceilings import world_expected
from gplan.synthesis.triggers import pick
from gplan.world.rows import generate, write_world
from tests.conftest import ROOT
from tests.support.teacher_server import TeacherServer, good_answers
from utils import door


@pytest.fixture
def run(monkeypatch, capfd):
    def call(*words):
        import synthesize

        monkeypatch.setattr(sys, "argv", ["synthesize.py", "run", *map(str, words)])
        status = door(synthesize.main)
        return status, "".join(capfd.readouterr())

    return call


def without_labels(rows):
    return [{**row, LABEL: ""} for row in rows]


def picked(rows):
    return [rows[number] for number in sorted({trigger.row for trigger in pick(rows)})]


def test_embedded_rows_become_training_and_validation_files_with_ceilings(run, tmp_path):
    out = tmp_path / "out"
    status, said = run("--output_dir", out, "--rows", 60, "--valid_rows", 30)
    assert status == 0, said
    train, valid = read_rows(out / "train.csv"), read_rows(out / "valid.csv")
    assert without_labels(train) == without_labels(picked(generate(60, seed=1)))
    assert without_labels(valid) == without_labels(picked(generate(30, seed=2)))
    assert all(checked_label(row).blocks for row in train + valid)
    expected, note = world_expected(out / "valid.csv", valid, [checked_label(row).plan for row in valid])
    assert expected and 0.5 < expected.ceilings["acc@1"] < 1, note
    assert not (out / "train.csv.meta.json").exists()
    journal = (out / "journal.jsonl").read_bytes()
    assert run("--output_dir", out, "--rows", 60, "--valid_rows", 30)[0] == 0  # again: nothing to do
    assert (out / "journal.jsonl").read_bytes() == journal
    # an answer for the last row that can't be used: without that row, valid.csv is no sample of the expert any more
    lines = journal.decode().splitlines(keepends=True)
    lines[-1] = json.dumps(json.loads(lines[-1]) | {"text": "不"}) + "\n"
    (out / "journal.jsonl").write_text("".join(lines))
    assert run("--output_dir", out, "--rows", 60, "--valid_rows", 30)[0] == 0
    assert without_labels(read_rows(out / "valid.csv")) == without_labels(valid[:-1])
    assert not (out / "valid.csv.meta.json").exists()
    status, said = run("--output_dir", out, "--rows", 50, "--valid_rows", 30)  # other rows in the same folder
    assert status == 2 and "give the file it was made for" in said


def test_rows_of_ones_own_are_split(run, tmp_path):
    rows = generate(60, seed=9)
    write_rows(tmp_path / "log.csv", [row | {LABEL: ""} for row in rows])
    out = tmp_path / "out"
    assert run("--rows_csv", tmp_path / "log.csv", "--output_dir", out, "--valid_rows", 7)[0] == 0
    train, valid = read_rows(out / "train.csv"), read_rows(out / "valid.csv")
    assert len(valid) == 7
    both = sorted(json.dumps(row) for row in without_labels(train + valid))
    assert both == sorted(json.dumps(row) for row in without_labels(picked(rows)))
    assert not (out / "valid.csv.meta.json").exists()
    status, said = run("--rows_csv", tmp_path / "log.csv", "--output_dir", tmp_path / "b", "--valid_rows", 60)
    assert status == 2 and "--valid_rows" in said


def test_new_plans_have_no_ceilings(run, tmp_path):
    """The world's metadata says whose labels these are: not the expert's draw any more."""
    write_world(tmp_path / "w.csv", 20, 4)
    words = ["--rows_csv", tmp_path / "w.csv", "--valid_csv", tmp_path / "w.csv", "--output_dir"]
    assert run(*words, tmp_path / "a", "--plans", "new")[0] == 0
    assert not (tmp_path / "a/valid.csv.meta.json").exists()
    assert run(*words, tmp_path / "b")[0] == 0
    assert json.loads((tmp_path / "b/valid.csv.meta.json").read_text())["seed"] == 4


def test_rows_without_a_trigger_are_refused(run, tmp_path):
    nothing = [row | {"trigger_1": "", "current_tag": "", "short_term_behavior_seq": ""} for row in generate(5, seed=4)]
    write_rows(tmp_path / "log.csv", [row | {LABEL: ""} for row in nothing])
    status, said = run("--rows_csv", tmp_path / "log.csv", "--output_dir", tmp_path / "out")
    assert status == 2 and "no row has a trigger" in said


def test_a_budget_leaves_what_is_answered_in_the_files(run, tmp_path, monkeypatch):
    pytest.importorskip("openai", reason="the llm teacher needs config/requirements/synthesis.txt")
    rows = picked(generate(40, seed=9))
    answers = good_answers(rows)
    write_rows(tmp_path / "t.csv", rows[:10])
    write_rows(tmp_path / "v.csv", rows[10:14])
    words = ["--rows_csv", tmp_path / "t.csv", "--valid_csv", tmp_path / "v.csv", "--output_dir", tmp_path / "out"]
    words += ["--teacher", "llm", "--teacher_model", "m", "--shots", 0, "--concurrency", 1, "--teacher_url"]
    with TeacherServer(lambda _, asked: answers[asked.request]) as server:
        status, said = run(*words, server.url, "--max_requests", 12)
        assert status == 3 and "not asked yet: rows 12-13" in said
        counts = [len(read_rows(tmp_path / "out" / name)) for name in ("train.csv", "valid.csv")]
        assert counts == [10, 2]
        assert run(*words, server.url)[0] == 0
        assert len(server.asked) == 14
    assert len(read_rows(tmp_path / "out/valid.csv")) == 4


# synthesize.sh ------------------------------------------------------------------------------------------------------

STUB = """#!/usr/bin/env bash
case "$1:${2-}" in
    -c:* | */probe.py:* | */variables.py:*) exec '%s' "$@" ;;
    *) printf '%%s\\n' "$@" ;;
esac
"""


def script(tmp_path, *arguments, **variables):
    """What Python is started with, and what the set-up said."""
    stub = tmp_path / "stub python"
    stub.write_text(STUB % sys.executable)
    stub.chmod(0o755)
    env = {"PATH": os.defpath, "HOME": str(tmp_path), "GPLAN_PYTHON": str(stub), **variables}
    command = ["bash", str(ROOT / "synthesize.sh"), *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    first, *rest = done.stdout.splitlines()
    assert first == f"{ROOT}/synthesize.py"
    return rest, done.stderr


def test_the_script_runs_the_pipeline_with_the_rule_teacher_by_default(tmp_path):
    assert os.access(ROOT / "synthesize.sh", os.X_OK)
    rest, _ = script(tmp_path)
    assert rest == ["run", "--output_dir", "./output_synthesis", "--teacher", "rules"]


def test_the_scripts_variables_become_flags_and_arguments_come_last(tmp_path):
    """A variable defined at the top but forgotten in the list would be silently without effect."""
    names = re.findall(r'^([A-Z][A-Z0-9_]*)="\$\{', (ROOT / "synthesize.sh").read_text(), flags=re.M)
    rest, _ = script(tmp_path, "--plans", "new", **{name: f"value of {name}" for name in names})
    assert rest[0] == "run" and rest[-2:] == ["--plans", "new"]
    assert dict(zip(rest[1:-2:2], rest[2:-2:2], strict=True)) == {f"--{n.lower()}": f"value of {n}" for n in names}
    assert len(names) == 9


def test_the_script_never_passes_the_key(tmp_path):
    rest, _ = script(tmp_path, TEACHER_URL="http://x/v1", TEACHER_MODEL="m", TEACHER_API_KEY="sk-secret")
    flags = ["--teacher_url", "http://x/v1", "--teacher_model", "m", "--teacher", "llm"]
    assert rest == ["run", "--output_dir", "./output_synthesis", *flags]


def test_a_command_of_its_own_is_passed_through(tmp_path):
    rest, _ = script(tmp_path, "filter", "a b.csv", "out", OUTPUT_DIR="x")
    assert rest == ["filter", "a b.csv", "out"]


def test_twins_without_paths_are_those_of_what_the_pipeline_left(tmp_path):
    rest, _ = script(tmp_path, "twins", "--force", OUTPUT_DIR="my out", TEACHER="llm")
    one = ["twins", "my out/train.csv", "my out/train_twins.jsonl", "--teacher", "llm", "--force"]
    other = ["twins", "my out/valid.csv", "my out/valid_twins.jsonl", "--teacher", "llm", "--force"]
    assert rest == [*one, f"{ROOT}/synthesize.py", *other]
    # What is there is kept, so that a teacher who had to stop between the two goes on.
    (tmp_path / "my out").mkdir()
    (tmp_path / "my out/train_twins.jsonl").touch()
    rest, said = script(tmp_path, "twins", OUTPUT_DIR="my out")
    assert rest == ["twins", "my out/valid.csv", "my out/valid_twins.jsonl", "--teacher", "rules"]
    assert "my out/train_twins.jsonl is there already; --force makes it anew" in said
    assert len(script(tmp_path, "twins", "--force", OUTPUT_DIR="my out")[0]) == 13
    rest, _ = script(tmp_path, "twins", "a b.csv", "c.jsonl")
    assert rest == ["twins", "a b.csv", "c.jsonl"]


def test_the_client_is_asked_for_with_an_llm_teacher_only(tmp_path):
    """config/requirements/synthesis.txt is looked at where it is needed: here it asks for what nobody has."""
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "scripts").mkdir()
    (copy / "config" / "requirements").mkdir(parents=True)
    scripts = [f"scripts/{name}" for name in ("setup_env.sh", "probe.py", "launch.sh", "variables.py")]
    for name in ("synthesize.sh", *scripts, "requirements.txt"):
        (copy / name).write_text((ROOT / name).read_text())
    (copy / "config/requirements/synthesis.txt").write_text("gplan-nobody>=1\n")
    stub = tmp_path / "stub"
    stub.write_text(STUB % sys.executable)
    stub.chmod(0o755)

    def said(*arguments, **variables):
        env = {"PATH": os.defpath, "GPLAN_PYTHON": str(stub), **variables}
        command = ["bash", str(copy / "synthesize.sh"), *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stderr

    assert "gplan-nobody" not in said() + said("filter", "a", "b") + said(TEACHER="rules", TEACHER_URL="http://x/v1")
    for words in ({"TEACHER_URL": "http://x/v1"}, {"TEACHER": "llm"}):
        assert "lacks gplan-nobody>=1" in said(**words)
    assert "lacks gplan-nobody>=1" in said("generate", "a", "b", "--teacher", "llm")
