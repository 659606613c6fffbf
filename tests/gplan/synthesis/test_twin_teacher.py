"""Counterfactual twins whose plans come from an LLM behind a real HTTP server, journalled and continued."""

import json
import sys

import pytest

from data_process.twins import read_pairs
from gplan.synthesis import __main__ as commands
from gplan.synthesis.rules.rule_teacher import RuleTeacher
from gplan.synthesis.teachers.by_rules import rules
from gplan.synthesis.teachers.few_shot import messages
from gplan.synthesis.twins import counterfactual
from tests.support.teacher_server import TeacherServer
from utils import door

pytest.importorskip("openai", reason="the llm teacher needs config/requirements/synthesis.txt")

ROWS = 10


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    from data_process.schema import write_rows
    from gplan.world.rows import generate

    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    write_rows(path, generate(ROWS, seed=33))
    return path


@pytest.fixture(scope="module")
def by_rules(source):
    """The pairs of the rule teacher, and its answer to every request that the search for them made."""
    from data_process.schema import read_rows

    answers = {}

    def teacher(rows):
        plans = rules(rows)
        for row, plan in zip(rows, plans, strict=True):
            answers[messages(row, None, [])[-1]["content"]] = RuleTeacher().label(row, plan)
        return plans

    rows = read_rows(source)
    pairs, _ = counterfactual.find_twins(rows, list(map(counterfactual.curated, rows)), teacher, seed=1)
    assert len(answers) > ROWS + 8
    return pairs, answers


@pytest.fixture
def run(source, tmp_path, monkeypatch, capfd):
    def call(server, *flags):
        teacher = ["--teacher", "llm", "--teacher_url", server.url, "--teacher_model", "m", "--shots", "0"]
        words = [source, tmp_path / "twins.jsonl", *teacher, *flags]
        monkeypatch.setattr(sys, "argv", ["synthesize.py", "twins", *map(str, words)])
        return door(commands.main), "".join(capfd.readouterr())

    return call


def test_an_llm_that_plans_as_the_rules_do_gives_the_same_pairs_and_is_asked_once(run, by_rules, tmp_path):
    pairs, answers = by_rules
    with TeacherServer(lambda _, asked: answers[asked.request]) as server:
        status, said = run(server)
        assert status == 0, said
        assert read_pairs(tmp_path / "twins.jsonl") == pairs
        assert len(server.asked) == len(answers)
        assert run(server, "--force")[0] == 0
        assert len(server.asked) == len(answers)
    assert f"{len(pairs)} pairs" in said


def test_a_budget_counts_all_batches_and_the_same_command_goes_on(run, by_rules, tmp_path):
    pairs, answers = by_rules
    target = tmp_path / "twins.jsonl"
    with TeacherServer(lambda _, asked: answers[asked.request]) as server:
        # Enough for the anchors and some of their first moments.
        status, said = run(server, "--max_requests", ROWS + 4)
        assert (status, len(server.asked)) == (3, ROWS + 4)
        assert "the budget is reached" in said
        assert not target.exists()
        assert run(server, "--max_requests", ROWS + 4)[0] == 3
        assert len(server.asked) == ROWS + 4
        assert run(server)[0] == 0
        assert len(server.asked) == len(answers)
    assert read_pairs(target) == pairs


def test_rows_whose_plans_are_rejected_have_no_twin_and_say_so(run, by_rules, source, tmp_path):
    _, answers = by_rules
    from data_process.schema import read_rows

    spoiled = messages(read_rows(source)[0], None, [])[-1]["content"]
    with TeacherServer(lambda _, asked: "no tags" if asked.request == spoiled else answers[asked.request]) as server:
        assert run(server)[0] == 0
    without = [json.loads(line) for line in (tmp_path / "twins.jsonl.without.jsonl").read_text().splitlines()]
    assert {"row": 0, "reason": "teacher.anchor"}.items() <= without[0].items()
    assert 0 not in {pair.row for pair in read_pairs(tmp_path / "twins.jsonl")}


def test_an_endpoint_that_can_not_be_reached_is_one_error(run):
    class Nobody:
        url = "http://127.0.0.1:9/v1"

    status, said = run(Nobody, "--tries", "1")
    assert status == 2
    assert said.count("error:") == 1
    assert "127.0.0.1:9" in said
