"""generate --teacher llm: answers that can't be used, and answers as teachers really give them."""

import json
import re

import pytest

from data_process.schema import read_rows
from gplan.llm import endpoint
from tests.gplan.synthesis.teacher_http.conftest import KEY, entries
from tests.support.teacher_server import Send, TeacherServer, completion

pytest.importorskip("openai", reason="the llm teacher needs config/requirements/synthesis.txt")


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
