"""The server as a process of its own, on a checkpoint with random weights: what it answers, and how it ends."""

import asyncio
import http.client
import json
import math
import signal
import socket
import threading

import pytest
import torch

import serve
from data_process.schema import LABEL
from experiments.bench.client import make_orders, send, summary
from gplan.planner.decode import Planner
from gplan.planner.search import Search
from gplan.serving.ab import analyse
from gplan.serving.listener import listen
from gplan.serving.wire import MAX_BODY, Planned
from tests.support.serving import ROW, ask, eventually, metric, server_process
from utils import door

KEY = "sésame quixotic"
AUTH = {"Authorization": f"Bearer {KEY}".encode()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("serving")


@pytest.fixture(scope="module")
def server(picd_checkpoint, folder):
    words = ["--model", picd_checkpoint, "--plan_log", folder / "plans.jsonl", "--arm", "the arm", "--device", "cpu"]
    with server_process(folder, *words, API_KEY=KEY) as running:
        yield running


@pytest.fixture(scope="module")
def planner(picd_checkpoint):
    return Planner.load(picd_checkpoint, dtype=torch.float32, device="cpu", slots=8)


@pytest.fixture(scope="module")
def rows(labelled_rows):
    """Rows that a client would send: without labels."""
    return [{name: text for name, text in row.items() if name != LABEL} for row in labelled_rows[:16]]


def checked(answer: dict) -> dict:
    """An answer that is as the documentation says, with nothing that it does not name."""
    Planned.model_validate(answer)
    assert answer.keys() <= Planned.model_fields.keys()
    return answer


# Plans --------------------------------------------------------------------------------------------------------------


def test_a_row_gets_the_plan_of_a_single_call(server, planner, rows):
    expected = planner.plan(rows[:1])[0]
    answer = checked(ask(server.url, body=rows[0], **AUTH).json)
    assert answer["plan"] == expected.plan
    assert answer["log_probability"] == pytest.approx(expected.log_probability, abs=1e-4)
    assert answer["arm"] == "the arm" and answer["valid"] is True and len(answer["request_id"]) == 32
    assert not answer.keys() & {"decisions", "alternatives", "alternatives_complete"}
    timing = answer["timing"]
    assert 0 < timing["queue_ms"] + timing["plan_ms"] <= timing["total_ms"] + 0.02  # each is rounded
    assert timing["forward_passes"] > 1


def test_a_row_of_a_csv_is_taken_as_it_is_and_missing_columns_are_empty(server, planner, labelled_rows):
    whole = ask(server.url, body=labelled_rows[0], **AUTH).json
    assert whole["plan"] == planner.plan([labelled_rows[0]])[0].plan
    empty = dict.fromkeys(labelled_rows[0], "")
    assert ask(server.url, body=ROW, **AUTH).json["plan"] == planner.plan([empty | ROW])[0].plan


def test_a_list_is_answered_in_order_and_goes_forward_together(server, planner, rows):
    before = [
        metric(server.url, f"gplan_{name}", **AUTH) for name in ('batch_size_bucket{le="4.0"}', "batch_size_count")
    ]
    answers = ask(server.url, body=rows[:8], **AUTH).json
    assert [checked(one)["plan"] for one in answers] == [one.plan for one in planner.plan(rows[:8])]
    assert len({one["request_id"] for one in answers}) == 8
    after = [
        metric(server.url, f"gplan_{name}", **AUTH) for name in ('batch_size_bucket{le="4.0"}', "batch_size_count")
    ]
    small, passes = (new - old for new, old in zip(after, before, strict=True))
    assert passes <= max(one["timing"]["forward_passes"] for one in answers)
    assert passes > small  # some held more than 4 rows
    assert ask(server.url, body=rows[:1], **AUTH).json[0]["plan"] == answers[0]["plan"]  # a list of one is a list


def test_explain_lists_the_decisions_that_make_the_plan_and_its_probability(server, rows):
    answer = checked(ask(server.url, "/v1/plan?explain=true", rows[1], **AUTH).json)
    decisions = answer["decisions"]
    for one in decisions:
        assert sum(one["options"].values()) == pytest.approx(1, abs=1e-5)
        assert one["options"][one["chosen"]] == one["probability"] == max(one["options"].values())
    assert sum(math.log(one["probability"]) for one in decisions) == pytest.approx(answer["log_probability"], abs=1e-3)
    tools = {one["step"]: one["chosen"] for one in decisions if one["field"] == "工具名称"}
    assert all(answer["plan"][step - 1]["工具名称"] in chosen.split("|") for step, chosen in tools.items())


def test_k_adds_the_best_plans_in_order(server, planner, rows):
    search = Search(planner, rows[2], 3)
    while not search.done:
        search.step()
    one, other = ask(server.url, "/v1/plan?k=3", rows[2:4], **AUTH).json
    assert [found["plan"] for found in checked(one)["alternatives"]] == [found.plan for found in search.plans]
    assert one["alternatives_complete"] == search.complete
    scores = [found["log_probability"] for found in one["alternatives"]]
    assert scores == sorted(scores, reverse=True) and len(other["alternatives"]) == 3
    assert one["plan"] == ask(server.url, body=rows[2], **AUTH).json["plan"]  # still the greedy one


# What is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "field", "words"),
    [
        (b"{", 400, None, "not JSON"),
        (b"\xff{}", 400, None, "not JSON"),
        (b"[" * 100_000, 400, None, "nested too deep"),
        (b"1" * 5000, 400, None, "not JSON"),
        (b"3", 422, None, "not a row"),
        ([], 422, None, "the list is empty"),
        ([ROW] * 33, 413, None, "33 rows; 32 at most"),
        ([ROW, 3], 422, None, "row 1: not a row"),
        ({**ROW, "curenttime": "x"}, 422, "curenttime", "is it currenttime?"),
        ({**ROW, "x" * 100: "x"}, 422, "x" * 40, "no such column"),
        ({"current_city": "x"}, 422, "currenttime", "missing"),
        ({**ROW, "current_city": ""}, 422, "current_city", "empty"),
        ({**ROW, "currenttime": "2026-02-10"}, 422, "currenttime", "YYYY-MM-DD HH:MM:SS"),
        ({**ROW, "currenttime": "2026-02-30 09:30:00"}, 422, "currenttime", "YYYY-MM-DD HH:MM:SS"),
        ({**ROW, "currenttime": "46063.0132"}, 422, "currenttime", "YYYY-MM-DD HH:MM:SS"),
        ({**ROW, "trigger_4": "p_1E+05"}, 422, "trigger_4", "no POI's id"),
        ({**ROW, "trigger_7": "tomorrow"}, 422, "trigger_7", "YYYY-MM-DD HH:MM:SS"),
        ({**ROW, "weekendflag": 1}, 422, "weekendflag", "put it in quotes"),
        ({**ROW, "weekendflag": None}, 422, "weekendflag", 'write ""'),
        ({**ROW, "holidayflag": "yes"}, 422, "holidayflag", "write 0 or 1"),
        ({**ROW, "current_tag": "x" * 2049}, 422, "current_tag", "2,048 at most"),
        ({**ROW, "current_tag": "\0"}, 422, "current_tag", "NUL"),
        ({**ROW, "current_tag": "\ud800"}, 422, "current_tag", "surrogate"),
        (b'{"currenttime": "", "currenttime": ""}', 422, "currenttime", "given twice"),
        ({**ROW, "trigger_1": "龘" * 2000}, 413, None, " at most; shorten the row's histories"),
        ([ROW, {**ROW, "trigger_1": "龘" * 2000}], 413, None, "row 1: "),
    ],
)
def test_what_can_not_be_planned_is_refused_by_name(server, body, status, field, words):
    reply = ask(server.url, body=body, **AUTH)
    assert reply.status == status
    assert words in reply.error["message"] and reply.error.get("field") == field
    assert field is None or reply.error["message"].startswith(f"{field}: ")


def test_every_problem_of_every_row_is_listed_and_the_first_is_the_message(server):
    error = ask(server.url, body=[ROW, {"weekendflag": 2}, ROW | {"holidayflag": "2"}], **AUTH).error
    named = [(one["row"], one["field"]) for one in error["details"]]
    assert sorted(named) == [(1, "current_city"), (1, "currenttime"), (1, "weekendflag"), (2, "holidayflag")]
    assert {name: error[name] for name in ("message", "field", "row")} == error["details"][0]


@pytest.mark.parametrize(
    ("query", "field"), [("k=0", "k"), ("k=11", "k"), ("explain=perhaps", "explain"), ("K=3", "K")]
)
def test_options_are_checked_too(server, query, field):
    reply = ask(server.url, f"/v1/plan?{query}", ROW, **AUTH)
    assert (reply.status, reply.error["field"]) == (422, field)


def test_a_body_that_is_too_large_is_refused_before_it_is_there(server):
    """Only the head is sent: an answer can't have waited for the rest."""
    host, port = server.url.removeprefix("http://").split(":")
    head = f"POST /v1/plan HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n".encode()
    chunk = b"%x\r\n%b\r\n" % (MAX_BODY + 1, b" " * (MAX_BODY + 1))  # and no last chunk
    for rest in (b"Content-Length: 10000000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n" + chunk):
        with socket.create_connection((host, int(port)), timeout=60) as client:
            client.sendall(head + rest)
            answer = http.client.HTTPResponse(client)
            answer.begin()
            assert answer.status == 413 and b"1,048,576 bytes at most" in answer.read()
    # and one that is just not too large is read
    assert ask(server.url, body=b" " * (MAX_BODY - 1) + b"3", **AUTH).status == 422


@pytest.mark.parametrize("header", [None, "", KEY, "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x"])
def test_without_the_key_nothing_is_answered(server, header):
    headers = {} if header is None else {"Authorization": header.encode()}
    for path, body in (
        ("/v1/plan", ROW),
        ("/v1/plan?k=0", b"{"),
        ("/v1/examples", None),
        ("/v1/model", None),
        ("/metrics", None),
    ):
        reply = ask(server.url, path, body, **headers)
        assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")
        assert "Authorization: Bearer" in reply.error["message"]
    assert ask(server.url, "/healthz", **headers).json == {"status": "ok"}
    assert ask(server.url, "/readyz", **headers).json == {"status": "ready"}


def test_what_is_not_there_and_what_can_not_be_done(server):
    assert "/docs" in ask(server.url, "/v1/nothing", **AUTH).error["message"]
    assert ask(server.url, "/../serve.py").status == ask(server.url, "/%2e%2e/serve.py").status == 404
    reply = ask(server.url, "/v1/plan", **AUTH)
    assert (reply.status, reply.headers["allow"]) == (405, "POST") and reply.error


# What else there is -------------------------------------------------------------------------------------------------


def test_examples_can_be_posted_as_they_are(server):
    found = ask(server.url, "/v1/examples", **AUTH).json
    assert found["source"] == "generated rows"
    assert len(found["rows"]) == 20 and not any(LABEL in row for row in found["rows"])
    assert ask(server.url, body=found["rows"], **AUTH).status == 200


def test_the_model_is_described(server, planner):
    weights = sum(one.numel() for one in planner.slots.model.parameters())
    assert ask(server.url, "/v1/model", **AUTH).json == {
        **{"model": "output", "arm": "the arm", "parameters": weights, "cot_mode": "picd"},
        **{"prompt_style": "compact", "dtype": "float32", "device": "cpu"},
    }


def test_the_interface_is_described_without_anybody_elses_scripts(server):
    schema = ask(server.url, "/openapi.json").json
    body = schema["paths"]["/v1/plan"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["anyOf"][0] == {"$ref": "#/components/schemas/Row"}
    assert sorted(schema["components"]["schemas"]["Row"]["required"]) == ["current_city", "currenttime"]
    reply = ask(server.url, "/docs")
    page = reply.body.decode()
    assert "profile_feat_14" in page and "alternatives_complete" in page and "/v1/plan" in page
    assert (
        "://" not in page and "<script" not in page and "default-src 'self'" in reply.headers["content-security-policy"]
    )
    again = ask(server.url, "/docs", **{"If-None-Match": reply.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_served_plans_are_logged_and_can_be_compared_with_clicks(server, folder, rows):
    answers = ask(server.url, body=rows[:4], **AUTH).json
    lines = [json.loads(line) for line in (folder / "plans.jsonl").read_text(encoding="utf-8").splitlines()]
    for answer, line in zip(answers, lines[-4:], strict=True):
        same = {name: line[name] for name in ("request_id", "arm", "plan", "log_probability")}
        assert same == {name: answer[name] for name in same}
        assert line["total_ms"] == answer["timing"]["total_ms"] and line["time"].endswith("Z")
    (folder / "clicks.jsonl").write_text(json.dumps({"request_id": answers[0]["request_id"], "position": 1}) + "\n")
    arm = analyse([folder / "plans.jsonl"], folder / "clicks.jsonl")["arms"]["the arm"]
    assert (arm["requests"], arm["clicks"]) == (len(lines), 1)


def test_figures_are_counted_and_the_key_is_nowhere_in_the_log(server):
    names = (
        'requests_total{status="200"}',
        'requests_total{status="400"}',
        "request_seconds_count",
        "plans_total",
        'tokens_total{kind="prompt"}',
        "forward_passes_total",
    )
    before = [metric(server.url, f"gplan_{name}", **AUTH) for name in names]
    answers = ask(server.url, body=[ROW, ROW], **AUTH).json
    ask(server.url, body=b"{", **AUTH)
    after = [metric(server.url, f"gplan_{name}", **AUTH) for name in names]
    grown = [new - old for new, old in zip(after, before, strict=True)]
    assert grown[:4] == [1, 1, 2, 2]
    assert grown[4] > 40 and grown[5] == sum(one["timing"]["forward_passes"] for one in answers)
    assert metric(server.url, "gplan_queue_depth", **AUTH) == metric(server.url, "gplan_running", **AUTH) == 0
    assert metric(server.url, "process_resident_memory_bytes", **AUTH) > 1e7
    assert "quixotic" not in server.log.read_text()  # nor in any encoding of its first word


# How it starts and ends ---------------------------------------------------------------------------------------------


@pytest.fixture
def main(monkeypatch, capfd):
    """Calls serve.py in this process: ``main("--port", 1) -> (exit status, what it said)``."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def call(*words):
        monkeypatch.setattr("sys.argv", ["serve.py", *map(str, words)])
        return door(serve.main), capfd.readouterr().err

    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_an_address_in_use_is_one_clear_error(main, picd_checkpoint):
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        status, said = main("--model", picd_checkpoint, "--port", port)
    assert status == 2
    assert (
        said == f"error: --host 127.0.0.1 --port {port}: Address already in use; give others, or end what uses them\n"
    )


def test_no_checkpoint_is_one_clear_error(main, picd_checkpoint, tmp_path):
    status, said = main("--model", tmp_path / "output")
    assert (status, said.count("\n")) == (2, 1) and "bash finetune.sh" in said
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in picd_checkpoint.iterdir():
        if file.is_file() and file.suffix != ".safetensors":
            (broken / file.name).write_bytes(file.read_bytes())
    (broken / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    status, said = main("--model", broken, "--port", 0)  # found out while the server is there already
    assert status == 2 and said.splitlines()[-1].startswith(f"error: --model {broken}: the weights can't be loaded")
    status, said = main("--model", picd_checkpoint, "--port", 0, "--max_length", 20)
    assert status == 2 and "--max_length 20: a response alone may take" in said.splitlines()[-1]


def test_a_log_that_can_not_be_written_is_one_clear_error(main, picd_checkpoint, tmp_path):
    status, said = main("--model", picd_checkpoint, "--port", 0, "--plan_log", tmp_path / "no" / "plans.jsonl")
    assert status == 2 and said.endswith("plans.jsonl: No such file or directory; name a file that can be written\n")


def test_sigterm_under_load_loses_nothing_that_was_accepted(server, folder, rows, monkeypatch):
    """The last test here: it ends the server."""
    monkeypatch.setenv("API_KEY", KEY)  # which the load sends
    idle = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])))  # must not hold it up
    before = logged(folder)

    def terminate():
        eventually(lambda: len(logged(folder)) > len(before))
        server.process.send_signal(signal.SIGTERM)

    waiting = threading.Thread(target=terminate)
    waiting.start()
    outcomes = asyncio.run(send(make_orders(rows, 400, 150, seed=1), server.url, patience=60))
    waiting.join()
    assert server.process.wait(60) == 0
    idle.close()
    counts = summary(outcomes)
    # 503 from a full queue or while it drains, no connection or a closed one after that; nothing is cut or stuck
    assert counts["ends"].keys() <= {"answered", "refused", "closed"} and counts["statuses"].keys() <= {"200", "503"}
    answered = {one.answer["request_id"] for one in outcomes if one.status == 200}
    assert 1 < len(answered) == counts["statuses"]["200"] < 400
    assert answered == logged(folder) - before
    assert server.log.read_text().splitlines()[-1] == "stopped"


def logged(folder) -> set[str]:
    """The ids of the plans that were served."""
    return {json.loads(line)["request_id"] for line in (folder / "plans.jsonl").read_text("utf-8").splitlines()}
