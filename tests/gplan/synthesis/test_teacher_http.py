"""generate --teacher llm against a real HTTP server on this machine that misbehaves in every way we know."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from data_process.response import parse_label
from data_process.schema import LABEL, read_rows, write_rows
from gplan.llm import endpoint, paced
from gplan.llm.endpoint import display, seconds_to_wait
from gplan.llm.journal import read_journal
from gplan.synthesis.seeds.seed_file import Seed, write_seeds
from gplan.synthesis.teachers import asking
from tests.conftest import ROOT
from tests.support.teacher_server import Send, TeacherServer, completion, error, good_answers, with_reasons
from utils import door

pytest.importorskip("openai", reason="the llm teacher needs config/requirements/synthesis.txt")

KEY = "sk-test-4f9c1d77ab"


@pytest.fixture(scope="session")
def plain_rows():
    """12 generated rows with a plan and no reasoning, no two the same."""
    from gplan.world.rows import generate

    return generate(12, seed=21)


@pytest.fixture(scope="session")
def answers(plain_rows):
    return good_answers(plain_rows)


@pytest.fixture
def rows_csv(plain_rows, tmp_path) -> Path:
    write_rows(tmp_path / "rows.csv", plain_rows)
    return tmp_path / "rows.csv"


@pytest.fixture
def run(rows_csv, plain_rows, tmp_path, monkeypatch, capfd):
    """``run(server, *flags)`` -> (exit status, what was said); the key is never in anything said or written."""
    write_seeds(
        tmp_path / "seeds.jsonl",
        [Seed(f"s{i}", "hotel", row, []) for i, row in enumerate(with_reasons(plain_rows[6:]))],
    )
    monkeypatch.setattr(paced, "BASE_SECONDS", 0.01)
    monkeypatch.setenv("TEACHER_API_KEY", KEY)
    # A proxy that nobody runs: a request that goes through it fails.
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    def call(server, *flags, command="generate", rows=rows_csv):
        import synthesize

        where = ["--teacher", "llm", "--teacher_url", getattr(server, "url", server), "--teacher_model", "m"]
        where += ["--seeds", tmp_path / "seeds.jsonl", "--shots", 1]
        words = [command, rows, tmp_path / "out", *(where if command == "generate" else ()), *flags]
        monkeypatch.setattr(sys, "argv", ["synthesize.py", *map(str, words)])
        status = door(synthesize.main)
        said = "".join(capfd.readouterr())
        for path in tmp_path.rglob("*"):
            assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
        assert KEY not in said
        return status, said

    return call


def entries(tmp_path):
    return read_journal(tmp_path / "out")


# What a good run is -------------------------------------------------------------------------------------------------


def test_every_row_is_asked_once_and_its_reasoning_lands_in_labelled_csv(run, answers, plain_rows, tmp_path):
    with TeacherServer(lambda _, asked: answers[asked.request]) as server:
        status, said = run(server)
        assert (status, len(server.asked)) == (0, 12)
        assert "12 accepted, 0 rejected; 12 requests, 12,000 tokens in, 1,200 out" in said
        assert run(server)[0] == 0  # again: nothing is left to ask
        assert len(server.asked) == 12
    assert {one.key for one in server.asked} == {f"Bearer {KEY}"}
    body = server.asked[0].body
    assert (body["model"], body["max_tokens"]) == ("m", 2000)
    assert [one["role"] for one in body["messages"]] == ["system", "user", "assistant", "user"]

    assert run(server, command="filter")[0] == 0
    labelled = read_rows(tmp_path / "out/labelled.csv")
    assert [{**row, LABEL: ""} for row in labelled] == [{**row, LABEL: ""} for row in plain_rows]
    for old, new in zip(plain_rows, labelled, strict=True):
        assert new[LABEL].endswith("</THOUGHT>" + old[LABEL])
        parse_label(new[LABEL])
    report = json.loads((tmp_path / "out/synthesis_report.json").read_text())
    assert report["funnel"]["accepted_first"] == 12


def test_rows_without_a_plan_get_one(run, answers, plain_rows, tmp_path):
    """The server plans tool_9 … for all; 奶茶 is no tag of the library and becomes 美食 before the filter."""
    plan = '[{"工具名称":"tool_9"},{"工具名称":"tool_7","tag":"奶茶"},{"工具名称":"tool_8"}]'
    steps = "<STEP_1>查天气。</STEP_1><STEP_2>附近喝咖啡。</STEP_2><STEP_3>提醒订单。</STEP_3>"
    text = f"<THOUGHT><CONTEXT>人在外地。</CONTEXT><STRATEGY>先看天气。</STRATEGY>{steps}</THOUGHT>{plan}"
    empty = tmp_path / "empty.csv"
    write_rows(empty, [{**row, LABEL: ""} for row in plain_rows])
    with TeacherServer(lambda *_: text) as server:
        assert run(server, rows=empty)[0] == 0
        assert not any("【已定计划】" in one.request for one in server.asked)
    run(server, command="filter", rows=empty)
    labelled = read_rows(tmp_path / "out/labelled.csv")
    assert {row[LABEL] for row in labelled} == {text.replace("奶茶", "美食")}


# What goes wrong and passes -----------------------------------------------------------------------------------------

PASSING = {
    "busy": lambda: error(429, "slow down", Retry_After="0"),
    "server error": lambda: error(500, "oops"),
    "half a JSON": lambda: completion("x")[:60],
    "not JSON": lambda: b"<html>gateway</html>",
    "no object": lambda: b"[1]",
    "cut connection": lambda: Send(completion("x"), headers=(("Content-Length", "9999"), ("Connection", "close"))),
    "stall": lambda: Send(completion("x"), seconds=1.2),
    "trickle": lambda: Send(b" ", endless=True, pause=0.05),  # never silent, never done
}


@pytest.mark.parametrize("failure", PASSING)
def test_a_failure_that_passes_is_asked_again(run, answers, tmp_path, failure):
    """The third and the fourth request fail; each costs one more request and no row."""

    def script(number, asked):
        return PASSING[failure]() if number in (2, 3) else answers[asked.request]

    with TeacherServer(script) as server:
        began = time.monotonic()
        status, said = run(server, "--timeout", 0.6, "--concurrency", 2)
    assert status == 0, said
    assert time.monotonic() - began < 30
    assert len(server.asked) == 14
    assert sorted(entry.tries for entry in entries(tmp_path)) in ([1] * 10 + [2, 2], [1] * 11 + [3])
    assert sum(Counter(one.request for one in server.asked).values()) == 14


def test_retry_after_is_kept(run, answers):
    with TeacherServer(lambda n, asked: error(429, "wait", Retry_After="1") if n == 0 else answers[asked.request]) as s:
        assert run(s)[0] == 0
    waited = s.asked[1].when - s.asked[0].when
    assert 1.0 <= waited < 3.0


def test_waits_grow_and_are_spread(monkeypatch):
    """Between 0 and a bound that doubles from 1 s to 60 s; at the very start, never beyond 2 s."""
    teacher = paced.PacedEndpoint(None, paced.Pace(), None)
    monkeypatch.setattr(teacher._jitter, "uniform", lambda low, high: (low, high))
    assert [teacher._backoff(n)[1] for n in (1, 2, 3, 9)] == [1, 2, 2, 2]
    teacher.answers = 1
    assert [teacher._backoff(n) for n in (1, 2, 3, 7, 9)] == [(0, 1), (0, 2), (0, 4), (0, 60), (0, 60)]


def test_what_a_server_says_of_waiting():
    assert seconds_to_wait("2.5") == 2.5
    assert seconds_to_wait("Wed, 21 Oct 2015 07:28:00 GMT") == 0  # long past
    assert [seconds_to_wait(text) for text in (None, "", "soon", "inf", "nan")] == [None] * 5


def test_a_row_that_fails_again_and_again_is_named_and_asked_by_the_next_run(run, answers, plain_rows, tmp_path):
    bad = list(answers)[5]
    broken = True

    def script(_, asked):
        return error(503, "overloaded") if broken and asked.request == bad else answers[asked.request]

    with TeacherServer(script) as server:
        status, said = run(server, "--tries", 3)
        assert status == 3
        assert "1 of 12 rows have no answer, or no second one yet: 5" in said
        assert len(server.asked) == 11 + 3
        assert run(server, command="filter")[0] == 0
        [line] = map(json.loads, (tmp_path / "out/rejected.jsonl").read_text().splitlines())
        assert (line["row"], line["id"], line["reason"]) == (5, plain_rows[5]["id"], "teacher.server")
        assert "503" in line["message"] and "overloaded" in line["message"]
        broken = False
        assert run(server)[0] == 0
        assert len(server.asked) == 15
    run(server, command="filter")
    assert len(read_rows(tmp_path / "out/labelled.csv")) == 12


def test_an_endpoint_that_goes_away_ends_the_run(run, answers, tmp_path):
    """After ten rows in a row, not after a hundred thousand; what came before is kept."""
    with TeacherServer(lambda n, asked: answers[asked.request] if n < 2 else error(500, "gone")) as server:
        status, said = run(server, "--tries", 1, "--concurrency", 1)
    assert status == 2
    assert "no answer for 10 rows in a row: status 500" in said and "the same command goes on" in said
    assert len(server.asked) == 12
    assert sum(entry.answered for entry in entries(tmp_path)) == 2


def test_failures_between_answers_don_t_end_the_run(run, answers, monkeypatch):
    """Three in a row would; here two fail, one is answered, two fail …"""
    monkeypatch.setattr(paced, "GIVE_UP_AFTER", 3)
    with TeacherServer(lambda n, asked: error(500, "x") if n % 3 else answers[asked.request]) as server:
        status, said = run(server, "--tries", 1, "--concurrency", 1)
    assert (status, len(server.asked)) == (3, 12)
    assert "8 of 12 rows" in said and "yet: 1-2, 4-5, 7-8, 10-11" in said


def test_a_second_answer_that_fails_to_come_is_asked_for_by_the_next_run(run, answers, tmp_path):
    """Row 4's first answer is rejected, and the retry meets a server that is down: the row keeps its reason so far."""
    bad, down = list(answers)[4], True

    def script(_, asked):
        if asked.request != bad:
            return answers[asked.request]
        return "不会。" if asked.attempt == 1 else error(503, "down") if down else answers[bad]

    with TeacherServer(script) as server:
        status, said = run(server, "--tries", 2)
        assert status == 3 and "1 of 12 rows" in said and "yet: 4" in said
        assert "1 rejected (1 reasoning.missing)" in said
        run(server, command="filter")
        [line] = map(json.loads, (tmp_path / "out/rejected.jsonl").read_text().splitlines())
        assert line["reason"] == "reasoning.missing"
        down = False
        assert run(server)[0] == 0
    assert [one.attempt for one in server.asked if one.request == bad] == [1, 2, 2, 2]
    run(server, command="filter")
    assert len(read_rows(tmp_path / "out/labelled.csv")) == 12


# What can't be helped -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        # a server that repeats the key, as some do
        (error(401, f"Incorrect API key provided: {KEY}"), ("401", "[key]", "set TEACHER_API_KEY")),
        (error(403, "no access"), ("403", "may not use m")),
        (error(404, "The model m does not exist"), ("404", "does not exist", "set TEACHER_MODEL", "ends in /v1")),
        (error(402, "Insufficient Balance"), ("402", "no money")),
        (error(400, "max_tokens is too large"), ("400", "too large", "very first request")),
    ],
)
def test_what_waiting_does_not_help_is_one_error(run, tmp_path, answer, words):
    with TeacherServer(lambda *_: answer) as server:
        status, said = run(server, "--concurrency", 4)
    assert (status, len(server.asked)) == (2, 1)
    assert said.count("error:") == 1 and "Traceback" not in said
    for word in words:
        assert word in said
    assert entries(tmp_path) == []


def test_a_spent_account_is_not_waited_for(run):
    body = json.dumps({"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}).encode()
    with TeacherServer(lambda *_: Send(body, 429)) as server:
        status, said = run(server)
    assert (status, len(server.asked)) == (2, 1)
    assert "no money or quota left" in said


def test_a_key_that_dies_in_the_middle_keeps_what_was_answered(run, answers, tmp_path):
    with TeacherServer(lambda n, asked: answers[asked.request] if n < 5 else error(401, "expired")) as server:
        status, said = run(server, "--concurrency", 3)
    assert status == 2 and said.count("error:") == 1
    assert sum(entry.answered for entry in entries(tmp_path)) == 5
    assert len(server.asked) <= 5 + 3


def test_one_bad_request_among_good_ones_is_that_rows_matter(run, answers, tmp_path):
    bad = list(answers)[7]

    def script(_, asked):
        return error(400, "content filter") if asked.request == bad else answers[asked.request]

    with TeacherServer(script) as server:
        status, said = run(server)
    assert (status, len(server.asked)) == (3, 12)
    assert "no second one yet: 7" in said
    assert [entry.problem for entry in entries(tmp_path) if not entry.answered] == ["teacher.refused"]


def test_an_unreachable_teacher_is_one_error_soon(run):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        began = time.monotonic()
        status, said = run(url)
    assert status == 2 and time.monotonic() - began < 5
    assert said.count("error:") == 1 and "no answer at its first request" in said and "TEACHER_URL" in said


@pytest.mark.parametrize("url", ["", "localhost:8000/v1", "ftp://x/v1", "http://", "http://[", "http://x:99999/v1"])
def test_an_address_that_is_none_is_refused(run, url):
    status, said = run(url)
    assert status == 2 and "TEACHER_URL" in said and "Traceback" not in said


def test_a_key_that_is_none_is_refused_without_being_shown(run, monkeypatch):
    for wrong in ("ключ-secret", "a\nb-secret"):
        monkeypatch.setenv("TEACHER_API_KEY", wrong)
        status, said = run("http://127.0.0.1:9/v1")
        assert status == 2 and "TEACHER_API_KEY" in said and "secret" not in said


def test_an_address_is_shown_without_its_secrets(run):
    assert display("https://me:secret@host:1/v1?key=x") == "https://host:1/v1"
    status, said = run("http://me:secret@127.0.0.1:1/v1?api_key=secret")
    assert status == 2 and "secret" not in said


# Answers that can't be used -----------------------------------------------------------------------------------------

GOOD_BLOCKS = "<CONTEXT>人在外地。</CONTEXT><STRATEGY>先看。</STRATEGY>"
UNUSABLE = {
    "answer.empty": lambda good: completion(""),
    "answer.no_choice": lambda good: json.dumps({"choices": [], "usage": {}}).encode(),
    "answer.huge": lambda good: completion("天" * 30_000),
    "reasoning.language": lambda good: completion(re.sub(r"[一-鿿][^<]*", "The user is away from home.", good)),
    "reasoning.missing": lambda good: completion("好的，建议先打车去酒店，然后吃饭。"),
    "blocks.order": lambda good: completion(good.replace("STRATEGY", "PLAN")),
    "blocks.steps": lambda good: completion(re.sub(r"<STEP_3>.*</STEP_3>", "", good.partition("<STEP_4>")[0])),
    "thought.unclosed": lambda good: completion(good[:-10]),
    "answer.cut": lambda good: completion(good[:-10], finish="length"),
    "reasoning.invented_poi": lambda good: completion(good.replace("</CONTEXT>", "在p_99。</CONTEXT>")),
    "reasoning.invented_city": lambda good: completion(good.replace("</CONTEXT>", "想去德阳市。</CONTEXT>")),
    "reasoning.invented_time": lambda good: completion(good.replace("</CONTEXT>", "13月40日。</CONTEXT>")),
    "plan.unfaithful": lambda good: completion(good + '[{"工具名称":"tool_3"}]'),
}


@pytest.mark.parametrize("reason", UNUSABLE)
def test_an_unusable_answer_is_shown_its_error_once_and_rejected(run, answers, plain_rows, tmp_path, reason):
    """Row 4 always gets the bad answer: asked twice, the second time with the reason; the others are untouched."""
    bad = list(answers)[4]

    def script(_, asked):
        if asked.request != bad:
            return answers[asked.request]
        text = UNUSABLE[reason](answers[bad])
        if reason == "blocks.steps":
            text = completion(json.loads(text)["choices"][0]["message"]["content"] + "</THOUGHT>")
        return text

    with TeacherServer(script) as server:
        status, said = run(server)
        assert status == 0, said
        assert "11 accepted, 1 rejected (1 " + reason in said
        assert run(server)[0] == 0  # nor is it asked a third time by the next run
    mine = [one for one in server.asked if one.request == bad]
    assert [one.attempt for one in mine] == [1, 2]
    assert f"（{reason}）" in mine[1].last
    assert [one["role"] for one in mine[1].body["messages"]][-3:] == ["user", "assistant", "user"]
    assert len(server.asked) == 13
    run(server, command="filter")
    [line] = map(json.loads, (tmp_path / "out/rejected.jsonl").read_text().splitlines())
    assert (line["row"], line["id"], line["reason"]) == (4, plain_rows[4]["id"], reason)
    assert len(read_rows(tmp_path / "out/labelled.csv")) == 11
    report = json.loads((tmp_path / "out/synthesis_report.json").read_text())
    assert report["reasons"] == {reason: 1}
    assert report["funnel"] == {
        **{"rows": 12, "asked": 12, "answered": 12},
        **{"accepted_first": 11, "accepted_after_retry": 0, "rejected": 1},
    }


def test_a_corrected_answer_is_accepted(run, answers, tmp_path):
    with TeacherServer(lambda n, asked: answers[asked.request] if asked.attempt == 2 else "不会。") as server:
        status, said = run(server)
    assert status == 0 and "12 accepted (12 on the retry), 0 rejected" in said
    assert len(server.asked) == 24
    run(server, command="filter")
    report = json.loads((tmp_path / "out/synthesis_report.json").read_text())
    assert report["funnel"]["accepted_after_retry"] == 12


def test_a_body_without_end_is_left(run, answers, tmp_path, monkeypatch):
    """64 KB are the most that is taken of one answer here; who read on would come to the timeout."""
    monkeypatch.setattr(endpoint, "MAX_BYTES", 2**16)
    bad = list(answers)[3]

    def script(_, asked):
        return Send(b" " * 8192, endless=True) if asked.request == bad else answers[asked.request]

    with TeacherServer(script) as server:
        assert run(server, "--timeout", 5)[0] == 0
    [first, second] = [entry for entry in entries(tmp_path) if entry.row == 3]
    assert (first.problem, second.problem, first.text) == ("answer.huge", "answer.huge", "")


def test_odd_contents_do_no_harm(run, answers, tmp_path):
    """null, half of a surrogate pair, the key itself, no usage: read, written and counted all the same."""
    odd = dict(zip(list(answers)[:3], (None, "\ud800", f"钥匙{KEY}"), strict=True))

    def script(_, asked):
        return completion(odd.get(asked.request, answers[asked.request]), tokens=None)

    with TeacherServer(script) as server:
        status, said = run(server)
    assert status == 0, said
    texts = {entry.row: entry.text for entry in entries(tmp_path)}
    assert (texts[0], texts[1], texts[2]) == ("", "�", "钥匙[key]")
    assert all(entry.tokens_in > 0 for entry in entries(tmp_path))  # estimated


def test_a_key_that_is_no_secret_is_left_in_the_answers(run, answers, monkeypatch, tmp_path):
    monkeypatch.setenv("TEACHER_API_KEY", "1")
    with TeacherServer(lambda _, asked: answers[asked.request]) as server:
        assert run(server)[0] == 0
    assert {entry.text for entry in entries(tmp_path)} == set(answers.values())


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
        assert status == 2 and "another process is generating into it" in said
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


# Answers as teachers really give them --------------------------------------------------------------------------------


def message(content, **more) -> bytes:
    """A completion whose message has this content, text or not, and further fields."""
    body = json.loads(completion(""))
    body["choices"][0]["message"] |= {"content": content} | more
    return json.dumps(body).encode()


SHAPES = {
    "thinking that the template opened": lambda text: message(f"先分析这个请求。\n</think>\n\n{text}"),
    "thinking of its own": lambda text: message(f"<think>先看。</think>{text}"),
    "another word for it": lambda text: message(f"<thinking>先看。</thinking>\n{text}"),
    "a list of parts": lambda text: message(
        [{"type": "thinking", "thinking": [{"type": "text", "text": "…"}]}, {"type": "text", "text": text}]
    ),
    "parts that are text": lambda text: message([text[:50], text[50:]]),
    "output_text": lambda text: message([{"type": "output_text", "text": text, "annotations": []}]),
    "reasoning beside it": lambda text: message(text, reasoning_content="先看。"),
    "all of it under reasoning": lambda text: message(None, reasoning_content=text),
    "all of it under reasoning, by another name": lambda text: message("", reasoning=text),
    "null fields": lambda text: message(text, refusal=None, tool_calls=None, function_call=None, audio=None),
    "the old interface": lambda text: json.dumps(
        {
            "choices": [{"text": text, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 100},
        }
    ).encode(),
    "tokens by other names": lambda text: json.dumps(
        json.loads(message(text)) | {"usage": {"input_tokens": 1000, "output_tokens": 100.0}}
    ).encode(),
    "a total alone": lambda text: json.dumps(
        json.loads(message(text)) | {"usage": {"prompt_tokens": 1000, "total_tokens": 1100}}
    ).encode(),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_an_answer_in_any_of_these_shapes_is_read_and_asked_for_once(run, answers, tmp_path, shape):
    with TeacherServer(lambda n, asked: SHAPES[shape](answers[asked.request])) as server:
        status, said = run(server)
    assert status == 0 and "12 accepted, 0 rejected" in said, said
    assert len(server.asked) == 12
    assert {(entry.tokens_in, entry.tokens_out) for entry in entries(tmp_path)} == {(1000, 100)}


def test_a_refusal_says_so(run, answers, tmp_path):
    bad = list(answers)[4]

    def script(_, asked):
        return message(None, refusal="I can't help") if asked.request == bad else answers[asked.request]

    with TeacherServer(script) as server:
        status, said = run(server)
    assert status == 0 and "1 rejected (1 answer.refused)" in said
    assert {entry.message for entry in entries(tmp_path) if entry.row == 4} == {"I can't help"}


def test_what_was_paid_for_counts_though_it_could_not_be_read(run, answers, tmp_path):
    """Every second answer holds no choices that can be read, but says what it took: both are booked."""
    heard = set()

    def script(_, asked):
        if asked.request in heard:
            return completion(answers[asked.request], tokens=(1000, 100))
        heard.add(asked.request)
        return json.dumps({"choices": "busy", "usage": {"prompt_tokens": 700, "completion_tokens": 30}}).encode()

    with TeacherServer(script) as server:
        status, said = run(server)
    assert status == 0, said
    assert "24 requests, 20,400 tokens in, 1,560 out" in said
    assert {(entry.tries, entry.tokens_in, entry.tokens_out) for entry in entries(tmp_path)} == {(2, 1700, 130)}
    # A later run counts the same from the journal.
    with TeacherServer(script) as server:
        assert "24 requests, 20,400 tokens in, 1,560 out" in run(server)[1]


def test_the_same_fault_row_after_row_ends_the_run_and_shows_an_answer(run, answers, tmp_path):
    with TeacherServer(lambda n, asked: "好的，建议先打车去酒店。") as server:
        status, said = run(server, "--stop_after", 3, "--concurrency", 1)
        assert status == 2
        line = said.strip().splitlines()[-1]
        assert "3 rows in a row were rejected for one reason, reasoning.missing" in line
        assert "the last answer was: '好的，建议先打车去酒店。'" in line and "--stop_after 0" in line
        assert len(server.asked) == 6  # each asked twice
        assert len(entries(tmp_path)) == 6  # what was answered is kept
        assert run(server, "--stop_after", 0)[0] == 0
    assert len(server.asked) == 24


def test_faults_between_good_answers_don_t_end_the_run(run, answers):
    bad = set(list(answers)[::2])
    with TeacherServer(lambda n, asked: "不会。" if asked.request in bad else answers[asked.request]) as server:
        status, said = run(server, "--stop_after", 2, "--concurrency", 1)
    assert status == 0 and "6 accepted, 6 rejected" in said
