"""generate --teacher llm: pace, budgets, runs that are cut off and go on."""

import os
import signal
import subprocess
import sys
import time

import pytest

from data_process.schema import write_rows
from gplan.llm import asking
from gplan.llm.journal import read_journal
from tests.conftest import ROOT
from tests.gplan.synthesis.teacher_http.conftest import KEY, entries
from tests.support.teacher_server import Send, TeacherServer, completion, error

pytest.importorskip("openai", reason="the llm teacher needs config/requirements/synthesis.txt")


# Pace and budget ----------------------------------------------------------------------------------------------------


def test_no_more_run_at_once_than_allowed_and_the_first_runs_alone(run, answers):
    with TeacherServer(lambda _, asked: Send(completion(answers[asked.request]), seconds=0.1)) as server:
        assert run(server, "--concurrency", 3)[0] == 0
    assert server.most == 3
    # 1 alone, then 11 by threes: the second and the last after one and four rounds of 0.1 s
    whens = [one.when for one in server.asked]
    assert whens[1] - whens[0] >= 0.1
    assert whens[-1] - whens[0] >= 0.4


def test_requests_a_minute(run, answers):
    """900 a minute are one in 66.7 ms, whatever the concurrency; repetitions count too."""
    failing = {2, 5}

    def script(number, asked):
        return error(500, "x") if number in failing else answers[asked.request]

    with TeacherServer(script) as server:
        assert run(server, "--rpm", 900, "--concurrency", 8)[0] == 0
    whens = [one.when for one in server.asked]
    assert len(whens) == 14
    # Single gaps can shrink by the time that a request takes to get here; over all of them that evens out.
    assert whens[-1] - whens[0] >= 13 * 60 / 900 - 0.03
    assert min(b - a for a, b in zip(whens, whens[4:], strict=False)) >= 4 * 60 / 900 - 0.03


def test_tokens_a_minute(run, answers):
    """A request counts with its prompt and its longest answer: 1,000 + 2,000 tokens at 1,200,000 a minute, 0.15 s."""
    with TeacherServer(lambda _, asked: answers[asked.request]) as server:
        assert run(server, "--tpm", 1_200_000)[0] == 0
    whens = [one.when for one in server.asked]
    assert whens[-1] - whens[1] >= 10 * 0.15 - 0.05


def test_a_budget_of_requests_stops_the_run_and_a_larger_one_goes_on(run, answers, tmp_path):
    with TeacherServer(lambda _, asked: answers[asked.request]) as server:
        status, said = run(server, "--max_requests", 5, "--concurrency", 4)
        assert (status, len(server.asked)) == (3, 5)
        assert "the budget is reached (5 requests, 5,000 tokens in, 500 out)" in said
        assert "7 of 12 rows have no answer, or no second one yet: 5-11" in said
        assert run(server, "--max_requests", 5)[0] == 3  # all runs of a folder together
        assert len(server.asked) == 5
        assert run(server, command="filter")[0] == 0
        assert "not asked yet: rows 5-11" in run(server, command="filter")[1]
        assert run(server, "--max_requests", 12)[0] == 0
        assert len(server.asked) == 12
    assert len(entries(tmp_path)) == 12


def test_a_budget_of_tokens_and_one_of_money(run, answers, tmp_path):
    """This endpoint counts a token a character of the prompt and 100 an answer, which may have 200. The fifth request
    is let through if what four have taken, its own prompt and 200 fit: to the token, and to the millionth."""

    def script(_, asked):
        return completion(answers[asked.request], tokens=(characters(asked), 100))

    def characters(asked):
        return sum(len(message["content"]) for message in asked.body["messages"])

    def requests(*limit):
        with TeacherServer(script) as server:
            flags = ["--max_answer_tokens", 200, "--concurrency", 1, "--shots", 0, *limit]
            status, said = run(server, *flags)
        (tmp_path / "out/journal.jsonl").unlink()
        return status, len(server.asked), server.asked, said

    prompts = [characters(asked) for asked in requests()[2]]
    tokens = sum(prompts[:5]) + 4 * 100 + 200
    assert requests("--max_tokens", tokens)[:2] == (3, 5)
    assert requests("--max_tokens", tokens - 1)[:2] == (3, 4)
    # 2 a million for prompts, 10 for answers
    millionths = 2 * sum(prompts[:5]) + 10 * (4 * 100 + 200)
    prices = ("--price_in", 2, "--price_out", 10)
    status, count, _, said = requests("--max_cost", (millionths + 0.5) / 1e6, *prices)
    assert (status, count) == (3, 5)
    assert f"cost {(2 * sum(prompts[:5]) + 10 * 500) / 1e6:.4f}" in said
    assert requests("--max_cost", (millionths - 0.5) / 1e6, *prices)[:2] == (3, 4)


def test_requests_that_run_leave_room_when_they_end(run, answers):
    """Four at once would be refused for the 5,000 tokens that each answer may have; waiting for the 100 that they
    take, all twelve fit."""
    lengths = []

    def script(_, asked):
        lengths.append(sum(len(message["content"]) for message in asked.body["messages"]))
        return completion(answers[asked.request], tokens=(lengths[-1], 100))

    with TeacherServer(script) as server:
        assert run(server, "--shots", 0)[0] == 0
        assert run(server, "--shots", 0, "--changed", "keep")[0] == 0
        limit = 2 * sum(lengths) + 23 * 100 + 5000
        flags = ["--shots", 0, "--request", '{"seed": 1}', "--changed", "ask", "--concurrency", 4]
        status, said = run(server, *flags, "--max_answer_tokens", 5000, "--max_tokens", limit)
        assert status == 0, said
        assert len(server.asked) == 24
        status, said = run(server, *flags, "--max_answer_tokens", 4999, "--max_tokens", limit)
        assert status == 3 and "12 of 12 rows" in said  # asked anew under a spent budget: all of them are still to do


def test_budgets_without_sense_are_refused(run):
    for flags in (["--max_cost", 1], ["--max_requests", 0], ["--concurrency", 0], ["--rpm", -1], ["--timeout", 0]):
        status, said = run("http://127.0.0.1:9/v1", *flags)
        assert status == 2 and str(flags[0]) in said
    for wrong in ("{", "[1]", '{"model": "x"}'):
        assert run("http://127.0.0.1:9/v1", "--request", wrong)[0] == 2


def test_more_of_the_request_reaches_the_endpoint(run, answers):
    with TeacherServer(lambda _, asked: answers[asked.request]) as server:
        run(server, "--request", '{"temperature": 0.5, "max_completion_tokens": 9, "x": {"y": 1}}')
    body = server.asked[0].body
    assert (body["temperature"], body["max_completion_tokens"], body["x"]) == (0.5, 9, {"y": 1})
    assert "max_tokens" not in body


# Cut off ------------------------------------------------------------------------------------------------------------


def start(rows_csv, folder, server, *flags):
    """generate in a process of its own."""
    words = [ROOT / "synthesize.py", "generate", rows_csv, folder, "--teacher", "llm", "--shots", 0, *flags]
    env = {**os.environ, "TEACHER_URL": server.url, "TEACHER_MODEL": "m", "TEACHER_API_KEY": KEY}
    return subprocess.Popen(
        [sys.executable, *map(str, words)], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_for(condition, process):
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[0]
        time.sleep(0.005)


def test_kill_9_loses_nothing_and_asks_nothing_twice_that_was_answered(rows_csv, answers, tmp_path):
    """Killed twice. An answer that was in the journal is never asked for again; what was under way at a kill, at most
    --concurrency requests, is."""
    folder = tmp_path / "out"
    journal = folder / "journal.jsonl"

    def lines():
        return journal.read_bytes().count(b"\n") if journal.exists() else 0

    with TeacherServer(lambda _, asked: Send(completion(answers[asked.request]), seconds=0.15)) as server:
        for least in (3, 7):
            process = start(rows_csv, folder, server, "--concurrency", 2)
            wait_for(lambda least=least: lines() >= least, process)
            process.kill()
            process.communicate()
            before, asked = journal.read_bytes(), len(server.asked)
            safe = {entry.row for entry in read_journal(folder)}
            assert len(safe) >= least
        # As a kill in the middle of a write leaves it:
        journal.write_bytes(before + b'{"row": 11, "id": "1000')
        time.sleep(0.3)  # what the killed process had under way has been counted by then
        asked = len(server.asked)
        process = start(rows_csv, folder, server, "--concurrency", 2)
        output = process.communicate(timeout=60)[0]
        assert process.returncode == 0, output
    assert journal.read_bytes().startswith(before)
    assert sorted(entry.row for entry in read_journal(folder)) == list(range(12))
    again = [one.request for one in server.asked[asked:]]
    assert sorted(again) == sorted(text for row, text in enumerate(answers) if row not in safe)
    assert len(server.asked) <= 12 + 2 * 2
    assert KEY not in output and KEY.encode() not in journal.read_bytes()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_let_what_runs_come_in(rows_csv, answers, tmp_path, number, status):
    with TeacherServer(lambda _, asked: Send(completion(answers[asked.request]), seconds=0.5)) as server:
        process = start(rows_csv, tmp_path / "out", server, "--concurrency", 3)
        wait_for(lambda: len(server.asked) == 4, process)  # one has been answered, three run
        process.send_signal(number)
        output = process.communicate(timeout=30)[0]
        assert process.returncode == status, output
        assert len(server.asked) == 4
    assert len(entries(tmp_path)) == 4  # those that ran are journalled
    assert "8 of 12 rows to go; the same command goes on" in output
    assert "Traceback" not in output


def test_a_stalled_request_does_not_hold_up_the_end(run, answers, tmp_path, monkeypatch):
    """A fatal error while another request hangs: it is given up after the grace time."""
    monkeypatch.setattr(asking, "GRACE_SECONDS", 0.3)

    def script(number, asked):
        if number == 0:
            return answers[asked.request]
        return Send(completion("x"), seconds=5) if number == 1 else error(401, "expired")

    with TeacherServer(script) as server:
        began = time.monotonic()
        status, _ = run(server, "--concurrency", 2)
    assert status == 2 and time.monotonic() - began < 3
    assert len(entries(tmp_path)) == 1


def test_a_second_process_is_refused(rows_csv, answers, run, tmp_path):
    with TeacherServer(lambda _, asked: Send(completion(answers[asked.request]), seconds=0.5)) as server:
        process = start(rows_csv, tmp_path / "out", server)
        wait_for(lambda: server.asked, process)
        status, said = run(server)
        assert status == 2 and "another process is writing into it" in said
        process.kill()
        process.communicate()


# Other requests than the journal's ----------------------------------------------------------------------------------


def test_another_model_or_other_seeds_are_noticed(run, answers):
    with TeacherServer(lambda _, asked: answers[asked.request]) as server:
        assert run(server, "--max_requests", 5)[0] == 3
        for changed in (["--teacher_model", "other"], ["--shots", 2], ["--request", '{"temperature": 1}']):
            status, said = run(server, *changed)
            assert status == 2 and "5 rows (first: row 0) were answered for another request" in said
        assert len(server.asked) == 5
        assert run(server, "--shots", 2, "--changed", "keep")[0] == 0
        assert len(server.asked) == 12
        # Now five rows stand for one shot and seven for two.
        status, said = run(server, "--shots", 2)
        assert status == 2 and "5 rows" in said
        assert run(server, "--shots", 2, "--changed", "ask")[0] == 0
        assert len(server.asked) == 17
        assert run(server, "--shots", 2)[0] == 0
        assert len(server.asked) == 17


def test_other_rows_are_refused(run, answers, plain_rows, tmp_path):
    with TeacherServer(lambda _, asked: answers[asked.request]) as server:
        run(server)
        changed = tmp_path / "changed.csv"
        write_rows(changed, [*plain_rows[:3], plain_rows[3] | {"current_city": "成都市"}, *plain_rows[4:]])
        for command in ("generate", "filter"):
            status, said = run(server, rows=changed, command=command)
            assert status == 2 and f"row 3 (id {plain_rows[3]['id']}) was answered with other columns" in said
        write_rows(changed, plain_rows[:5])
        status, said = run(server, rows=changed)
        assert status == 2 and "holds row 5, the file has 5 rows" in said
    assert len(server.asked) == 12
