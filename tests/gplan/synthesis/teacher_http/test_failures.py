"""generate --teacher llm against a real HTTP server on this machine that fails in every way we know."""

import json
import socket
import time
from collections import Counter

import pytest

from data_process.response import parse_label
from data_process.schema import LABEL, read_rows, write_rows
from gplan.llm import paced
from gplan.llm.endpoint import display, seconds_to_wait
from tests.gplan.synthesis.teacher_http.conftest import KEY, entries
from tests.support.teacher_server import Send, TeacherServer, completion, error

pytest.importorskip("openai", reason="the llm teacher needs config/requirements/synthesis.txt")


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
        assert (line["row"], line["id"], line["reason"]) == (5, plain_rows[5]["id"], "endpoint.server")
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
    assert "no answer for 10 questions in a row: status 500" in said and "the same command goes on" in said
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
    assert [entry.problem for entry in entries(tmp_path) if not entry.answered] == ["endpoint.refused"]


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
