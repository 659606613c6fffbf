"""generate and filter with the rule teacher and with replays, and the rows that they refuse."""

import json
import sys

import pytest

from data_process.response import parse_label
from data_process.schema import LABEL, read_rows, write_rows
from gplan.llm.journal import NAME, Entry, Journal, read_journal
from gplan.synthesis.rules.rule_teacher import RuleTeacher
from gplan.synthesis.teachers.jobs import make_jobs, ranges, standing
from gplan.world import rows as world
from gplan.world.expert import best_plan
from tests.support.teacher_server import with_reasons
from utils import door


@pytest.fixture(scope="module")
def rows():
    return world.generate(30, seed=5)


@pytest.fixture
def run(monkeypatch, capfd):
    """``run("generate", ROWS, FOLDER, …)`` -> (exit status, what was said)"""

    def call(*words):
        import synthesize

        monkeypatch.setattr(sys, "argv", ["synthesize.py", *map(str, words)])
        status = door(synthesize.main)
        return status, "".join(capfd.readouterr())

    return call


@pytest.fixture
def rows_csv(rows, tmp_path):
    write_rows(tmp_path / "rows.csv", rows)
    return tmp_path / "rows.csv"


def labels_with_reasons(rows):
    return [row[LABEL] for row in with_reasons(rows)]


def labels(folder):
    return [row[LABEL] for row in read_rows(folder / "labelled.csv")]


# Rules --------------------------------------------------------------------------------------------------------------


def test_the_rule_teacher_explains_plans_that_are_there(run, rows, rows_csv, tmp_path):
    out = tmp_path / "out"
    status, said = run("generate", rows_csv, out)
    assert status == 0 and "30 accepted, 0 rejected" in said
    assert run("filter", rows_csv, out)[0] == 0
    teacher = RuleTeacher()
    assert labels(out) == [teacher.label(row, parse_label(row[LABEL]).plan) for row in rows]
    before = (out / NAME).read_bytes()
    assert run("generate", rows_csv, out)[0] == 0
    assert (out / NAME).read_bytes() == before  # nothing was left to do
    assert (out / "rejected.jsonl").read_text() == ""


def test_the_rule_teacher_plans_where_no_plan_is_or_new_ones_are_asked_for(run, rows, rows_csv, tmp_path):
    """Half of the labels are empty: those rows get the expert's likeliest plan, the others keep theirs."""
    half = [row | {LABEL: ""} if i % 2 else row for i, row in enumerate(rows)]
    write_rows(tmp_path / "half.csv", half)
    assert run("generate", tmp_path / "half.csv", tmp_path / "a")[0] == 0
    run("filter", tmp_path / "half.csv", tmp_path / "a")
    found = [parse_label(label).plan for label in labels(tmp_path / "a")]
    assert found == [best_plan(row) if i % 2 else parse_label(row[LABEL]).plan for i, row in enumerate(rows)]

    assert run("generate", rows_csv, tmp_path / "b", "--plans", "new")[0] == 0
    assert run("filter", rows_csv, tmp_path / "b")[0] == 2  # those answers are about rows without plans
    assert run("filter", rows_csv, tmp_path / "b", "--plans", "new")[0] == 0
    assert [parse_label(label).plan for label in labels(tmp_path / "b")] == [best_plan(row) for row in rows]


def test_reasoning_that_is_there_is_written_anew(run, rows_csv, tmp_path):
    run("generate", rows_csv, tmp_path / "a")
    run("filter", rows_csv, tmp_path / "a")
    labelled = tmp_path / "a/labelled.csv"
    assert run("generate", labelled, tmp_path / "b")[0] == 0
    run("filter", labelled, tmp_path / "b")
    assert labels(tmp_path / "b") == labels(tmp_path / "a")


def test_a_changed_rule_teacher_is_noticed(run, rows_csv, tmp_path, monkeypatch):
    run("generate", rows_csv, tmp_path / "out")
    monkeypatch.setattr("gplan.synthesis.teachers.by_rules.FORMAT", 0)
    status, said = run("generate", rows_csv, tmp_path / "out")
    assert status == 2 and "30 rows (first: row 0) were answered for another request" in said
    monkeypatch.undo()
    assert run("generate", rows_csv, tmp_path / "out")[0] == 0


def test_metadata_of_a_world_stays_where_the_labels_are_still_its_own(run, rows, tmp_path):
    world.write_world(tmp_path / "w.csv", 30, 5)
    for folder, plans, kept in (("a", "keep", True), ("b", "new", False)):
        run("generate", tmp_path / "w.csv", tmp_path / folder, "--plans", plans)
        run("filter", tmp_path / "w.csv", tmp_path / folder, "--plans", plans)
        assert (tmp_path / folder / "labelled.csv.meta.json").exists() == kept
    # one answer becomes unusable: its row is left out, and what is left is no sample of the expert any more
    lines = (tmp_path / "a" / NAME).read_text(encoding="utf-8").splitlines(keepends=True)
    lines[3] = json.dumps(json.loads(lines[3]) | {"text": "不"}, ensure_ascii=False) + "\n"
    (tmp_path / "a" / NAME).write_text("".join(lines), encoding="utf-8")
    run("filter", tmp_path / "w.csv", tmp_path / "a")
    assert not (tmp_path / "a/labelled.csv.meta.json").exists()
    assert labels(tmp_path / "a") == [label for i, label in enumerate(labels_with_reasons(rows)) if i != 3]
    [line] = map(json.loads, (tmp_path / "a/rejected.jsonl").read_text().splitlines())
    assert line == {"row": 3, "id": rows[3]["id"], "reason": "reasoning.missing"} | {
        "message": "no <THOUGHT>…</THOUGHT> in the answer; write the reasoning between them",
        "text": "不",
    }


def test_interrupting_the_rule_teacher_keeps_the_batches_that_are_written(run, rows_csv, tmp_path, monkeypatch):
    monkeypatch.setattr("gplan.synthesis.teachers.teacher._BATCH", 8)
    calls = []

    def label(self, row, plan):
        calls.append(row)
        if len(calls) == 20:
            raise KeyboardInterrupt
        return real(self, row, plan)

    real = RuleTeacher.label
    monkeypatch.setattr(RuleTeacher, "label", label)
    status, said = run("generate", rows_csv, tmp_path / "out")
    assert status == 130 and "the same command goes on" in said
    assert [entry.row for entry in read_journal(tmp_path / "out")] == list(range(16))
    assert run("generate", rows_csv, tmp_path / "out")[0] == 0
    assert [entry.row for entry in read_journal(tmp_path / "out")] == list(range(30))


# Replay -------------------------------------------------------------------------------------------------------------


def test_a_replay_asks_nobody_and_names_what_it_lacks(run, rows, rows_csv, tmp_path):
    """The other journal answered rows 0 to 19; the rows to label are its rows 25 to 10, turned round."""
    write_rows(tmp_path / "first.csv", rows[:20])
    run("generate", tmp_path / "first.csv", tmp_path / "a")
    turned = [row | {"id": "1"} for row in reversed(rows[10:26])]
    write_rows(tmp_path / "turned.csv", turned)
    other = tmp_path / "a" / NAME
    status, said = run("generate", tmp_path / "turned.csv", tmp_path / "b", "--teacher", "replay", other)
    assert status == 3 and "6 of 16 rows have no answer, or no second one yet: 0-5" in said
    status, said = run("filter", tmp_path / "turned.csv", tmp_path / "b")
    assert status == 0 and "not asked yet: rows 0-5" in said
    assert labels(tmp_path / "b") == labels_with_reasons(rows[10:20])[::-1]
    assert {(entry.teacher, entry.id, entry.tries) for entry in read_journal(tmp_path / "b")} == {("replay", "1", 0)}
    assert run("generate", tmp_path / "turned.csv", tmp_path / "b", "--teacher", "replay", other)[0] == 3
    assert len(read_journal(tmp_path / "b")) == 10  # nothing twice


def test_a_replay_brings_both_attempts(run, rows, rows_csv, tmp_path):
    """A first answer that was rejected, one that failed to come, a second that was good; another row with the same
    request has answers of its own. The same row twice in a file gets the first one's both times."""
    job = make_jobs(rows[:1], "x", "keep")[0]
    good = RuleTeacher().label(rows[0], job.plan)
    one = Entry(0, "7", job.source, "r", 1, "llm", "m", "不", "stop", tries=1, tokens_in=9)
    with Journal(tmp_path / "a") as journal:
        journal.append(one, one._replace(attempt=2, text="", problem="endpoint.timeout"))
        journal.append(one._replace(attempt=2, text=good), one._replace(row=1, text="另一回答"))
    write_rows(tmp_path / "twice.csv", [rows[0], rows[0]])
    assert run("generate", tmp_path / "twice.csv", tmp_path / "b", "--teacher", "replay", tmp_path / "a")[0] == 0
    run("filter", tmp_path / "twice.csv", tmp_path / "b")
    assert labels(tmp_path / "b") == [good, good]
    assert [(entry.row, entry.text) for entry in read_journal(tmp_path / "b")] == [
        *((0, "不"), (0, good)),
        *((1, "不"), (1, good)),
    ]
    report = json.loads((tmp_path / "b/synthesis_report.json").read_text())
    assert report["funnel"]["accepted_after_retry"] == 2


def test_a_replay_without_a_journal(run, rows_csv, tmp_path):
    for words, said in (([], "replay JOURNAL"), ([tmp_path / "no.jsonl"], "no such file")):
        status, output = run("generate", rows_csv, tmp_path / "out", "--teacher", "replay", *words)
        assert status == 2 and said in output


# What is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("[{", "does not parse"),
        ('[{"工具名称":"tool_9"}]', "format.length"),
        ('[{"工具名称":"tool_9"},{"工具名称":"tool_11"},{"工具名称":"tool_8"}]', "schema.tool"),
    ],
)
def test_a_plan_that_can_not_be_kept_names_its_row_and_the_way_out(run, rows, tmp_path, label, words):
    write_rows(tmp_path / "rows.csv", [*rows[:2], rows[2] | {LABEL: label}])
    status, said = run("generate", tmp_path / "rows.csv", tmp_path / "out")
    assert status == 2 and not (tmp_path / "out").exists()
    for word in (
        str(tmp_path / "rows.csv"),
        f"row 2 (line 4, id {rows[2]['id']}), column raw_labels",
        words,
        "--plans new",
    ):
        assert word in said
    assert run("generate", tmp_path / "rows.csv", tmp_path / "out", "--plans", "new")[0] == 0


def test_words_that_make_no_sense(run, rows_csv, tmp_path):
    for words in (["--teacher", "gpt"], ["--teacher", "rules", "x"], ["--teacher", "llm"]):
        status, said = run("generate", rows_csv, tmp_path / "out", *words)
        assert status == 2 and "error:" in said
    status, said = run("generate", tmp_path / "none.csv", tmp_path / "out")
    assert status == 2 and "no such file" in said
    status, said = run("filter", rows_csv, tmp_path / "out", "--real_sample", tmp_path / "none.csv")
    assert status == 2 and "no such file" in said


def test_filter_without_a_journal_says_how_it_is_made(run, rows_csv, tmp_path):
    status, said = run("filter", rows_csv, tmp_path / "out")
    assert status == 2 and "synthesize.py generate" in said


def test_llm_without_its_package_says_what_to_install(run, rows_csv, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    words = ["--teacher", "llm", "--shots", 0, "--teacher_url", "http://127.0.0.1:9/v1", "--teacher_model", "m"]
    status, said = run("generate", rows_csv, tmp_path / "out", *words)
    assert status == 2 and "config/requirements/synthesis.txt" in said


def test_missing_seeds_say_how_they_are_made(run, rows_csv, tmp_path):
    words = ["--teacher", "llm", "--seeds", tmp_path / "none.jsonl", "--teacher_url", "http://127.0.0.1:9/v1"]
    status, said = run("generate", rows_csv, tmp_path / "out", *words, "--teacher_model", "m")
    assert status == 2 and "seeds import" in said


def test_real_rows(run, real_csv, tmp_path):
    """The 500 real rows: every plan explained or made anew, nothing rejected."""
    for plans in ("keep", "new"):
        out = tmp_path / plans
        assert run("generate", real_csv, out, "--plans", plans)[0] == 0
        assert run("filter", real_csv, out, "--plans", plans, "--real_sample", real_csv)[0] == 0
        assert len(labels(out)) == 500 and (out / "rejected.jsonl").read_text() == ""


def test_which_of_a_rows_answers_counts(rows):
    """The newest accepted one; without any the newest answer, whose reason is reported; else the newest failure."""
    job = make_jobs(rows[:1], "x", "keep")[0]
    good = Entry(0, "7", job.source, "r", 1, "llm", "m", RuleTeacher().label(rows[0], job.plan), "stop")
    better = good._replace(text=good.text.replace("。</CONTEXT>", "，别无其他。</CONTEXT>"))
    empty, silent = good._replace(text=""), good._replace(text="不")
    late, down = (good._replace(text="", problem=f"endpoint.{why}") for why in ("timeout", "server"))
    assert standing(job, []) is None
    assert standing(job, [good, better, empty, late]).entry == better
    assert standing(job, [silent, empty, late]).reason == "answer.empty"
    assert standing(job, [empty, silent]).reason == "reasoning.missing"
    assert standing(job, [late, down]).reason == "endpoint.server"


def test_ranges():
    assert ranges([]) == ""
    assert ranges([7, 0, 1, 2, 5, 8]) == "0-2, 5, 7-8"
