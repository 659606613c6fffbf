"""Queue, batch and clock of the server, seen with a planner that can be held between two passes; on real sockets."""

import asyncio
import json
import os
import resource
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from experiments.bench.client import make_orders, send
from gplan.planner.decode import Planner
from gplan.planner.search import Search
from gplan.serving.batcher import Batcher, PlanJob, PlannerError
from gplan.serving.plan_log import PlanLog
from gplan.serving.prometheus import Metrics
from tests.support.serving import ROW, ask, eventually, metric, server_here
from utils import InputError

HEAD = b"POST /v1/plan HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
WHOLE = HEAD % len(json.dumps(ROW)) + json.dumps(ROW).encode()
HALF = WHOLE[:-10]


@pytest.fixture
def here(picd_checkpoint, labelled_rows):
    """Starts a server in this process: ``with here(slots=1) as server``."""
    return lambda **settings: server_here(picd_checkpoint, labelled_rows, **settings)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(16) as threads:
        yield threads


def backlog(server) -> tuple[float, float]:
    """How many rows are in slots, and how many wait."""
    return metric(server.url, "gplan_running"), metric(server.url, "gplan_queue_depth")


def test_newcomers_join_between_passes_and_leave_when_they_are_done(here, pool, labelled_rows):
    with here(slots=3) as server:
        server.planner.go.clear()
        rows = labelled_rows[1:4]  # the row before them has warmed the planner up: it would take few passes
        first = pool.submit(ask, server.url, "/v1/plan", rows[0])
        eventually(lambda: backlog(server) == (1, 0))
        others = [pool.submit(ask, server.url, "/v1/plan", row) for row in rows[1:]]
        eventually(lambda: backlog(server) == (1, 2))
        server.planner.go.set()
        answers = [one.result().json for one in (first, *others)]
        assert [one["plan"] for one in answers] == [one.plan for one in server.planner.plan(rows)]
        # A row's first pass is over its prompt. The one that the first was held in was its own; all others are shared.
        passes = [one["timing"]["forward_passes"] - 1 for one in answers]
        assert min(passes) > 2
        assert metric(server.url, 'gplan_passes_total{kind="decisions"}') <= max(passes[0], 1 + max(passes[1:]))
        assert metric(server.url, 'gplan_passes_total{kind="prompts"}') == 2


def test_more_rows_than_slots_are_planned_all_the_same(here, labelled_rows):
    with here(slots=4) as server:
        answers = ask(server.url, body=labelled_rows[:7]).json
        assert [one["plan"] for one in answers] == [one.plan for one in server.planner.plan(labelled_rows[:7])]
        passes = metric(server.url, 'gplan_passes_total{kind="decisions"}')
        assert passes < sum(one["timing"]["forward_passes"] - 1 for one in answers) / 2


def test_a_full_queue_says_when_to_come_back(here, pool):
    with here(slots=1, queue=2) as server:
        server.planner.go.clear()
        first = pool.submit(ask, server.url, "/v1/plan", ROW)
        eventually(lambda: backlog(server) == (1, 0))
        second = pool.submit(ask, server.url, "/v1/plan", ROW)
        eventually(lambda: backlog(server) == (1, 1))
        # A list is taken as a whole or not at all.
        reply = ask(server.url, body=[ROW, ROW])
        assert (reply.status, reply.headers["retry-after"]) == (503, "1") and "queue is full" in reply.error["message"]
        third = pool.submit(ask, server.url, "/v1/plan", ROW)
        eventually(lambda: backlog(server) == (1, 2))
        assert ask(server.url, body=ROW).status == 503
        server.planner.go.set()
        assert [one.result().status for one in (first, second, third)] == [200] * 3
        assert ask(server.url, body=ROW).status == 200


def test_who_waits_too_long_is_told_and_taken_out(here):
    with here(slots=1, timeout=0.2) as server:
        server.planner.go.clear()
        reply = ask(server.url, body=[ROW, ROW])  # one in the slot, one in the queue
        assert reply.status == 504 and "within 0.2 s" in reply.error["message"]
        assert metric(server.url, 'gplan_dropped_total{reason="timeout"}') == 1
        server.planner.go.set()
        eventually(lambda: backlog(server) == (0, 0))
        assert ask(server.url, body=ROW).status == 200
        assert metric(server.url, "gplan_plans_total") == 1


def test_a_body_that_does_not_arrive_is_not_waited_for(here):
    with here(timeout=0.2) as server, socket.create_connection(("127.0.0.1", port(server)), timeout=60) as client:
        client.sendall(HALF)
        assert client.recv(65536).startswith(b"HTTP/1.1 408 ")


def port(server) -> int:
    return int(server.url.rpartition(":")[2])


def test_clients_that_leave_are_dropped_from_batch_and_queue(here, pool):
    with here(slots=1) as server:
        server.planner.go.clear()
        clients = []
        for place in range(2):  # the first goes into the slot, the second waits
            clients.append(socket.create_connection(("127.0.0.1", port(server)), timeout=60))
            clients[-1].sendall(WHOLE)
            eventually(lambda place=place: backlog(server) == (1, place))
        for client in clients:
            client.close()
        eventually(lambda: metric(server.url, 'gplan_dropped_total{reason="left"}') == 2)
        other = pool.submit(ask, server.url, "/v1/plan", ROW)
        server.planner.go.set()
        timing = other.result().json["timing"]
        assert metric(server.url, "gplan_plans_total") == 1
        assert metric(server.url, 'gplan_requests_total{status="499"}') == 2
        assert metric(server.url, 'gplan_passes_total{kind="prompts"}') == 2  # the one that waited had none
        # Besides the passes of the one that stayed there was but the one that the first was in when it left.
        assert metric(server.url, 'gplan_passes_total{kind="decisions"}') <= timing["forward_passes"] + 1


def test_one_who_leaves_while_sending_does_no_harm(here):
    with here() as server:
        with socket.create_connection(("127.0.0.1", port(server)), timeout=60) as client:
            client.sendall(HALF)
        eventually(lambda: metric(server.url, 'gplan_requests_total{status="499"}') == 1)
        assert ask(server.url, body=ROW).status == 200


def test_a_pass_that_fails_is_answered_and_the_next_request_planned(here, pool, caplog):
    with here(slots=2) as server:
        server.planner.go.clear()
        in_slots = pool.submit(ask, server.url, "/v1/plan", [ROW, ROW])
        eventually(lambda: backlog(server) == (2, 0))
        waiting = pool.submit(ask, server.url, "/v1/plan", ROW)
        eventually(lambda: backlog(server) == (2, 1))
        server.planner.failing = 1
        server.planner.go.set()
        assert in_slots.result().status == 500 and "ask again" in in_slots.result().error["message"]
        assert waiting.result().status == 200
        assert ask(server.url, "/healthz").status == 200
        assert metric(server.url, "gplan_planner_failures_total") == 1
    assert "meant to fail" in caplog.text


def test_a_planner_that_does_not_come_back_turns_healthz_bad(here, pool):
    with here(slots=1) as server:
        server.planner.go.clear()
        both = [pool.submit(ask, server.url, "/v1/plan", ROW) for _ in range(2)]  # the second waits
        eventually(lambda: backlog(server) == (1, 1))
        server.planner.failing = 1000
        server.planner.go.set()
        assert [one.result().status for one in both] == [500, 500]
        assert ask(server.url, "/healthz").status == 500
        assert [ask(server.url, path).status for path in ("/readyz", "/v1/model")] == [503, 503]
        assert ask(server.url, body=ROW).status == 503


def test_a_thread_that_fails_elsewhere_is_no_secret_either(here, monkeypatch):
    with here(slots=1) as server:
        server.planner.go.clear()
        monkeypatch.setattr(server.planner, "drop", lambda _: 1 / 0)
        with socket.create_connection(("127.0.0.1", port(server)), timeout=60) as client:
            client.sendall(WHOLE)
            eventually(lambda: backlog(server) == (1, 0))
        eventually(lambda: metric(server.url, 'gplan_dropped_total{reason="left"}') == 1)
        server.planner.go.set()
        eventually(lambda: ask(server.url, "/healthz").status == 500)
        assert ask(server.url, body=ROW).status == 503


def test_searches_run_between_the_others_passes(picd_checkpoint, labelled_rows, monkeypatch):
    """The search takes some hundred passes; the others, submitted after it, don't wait for it."""
    planner = Planner.load(picd_checkpoint, dtype=torch.float32, device="cpu", slots=2)
    batcher = Batcher(lambda: planner, labelled_rows[:1], 8, Metrics())
    batcher.start(lambda: None)
    eventually(lambda: batcher.ready)
    searching, *others = [
        PlanJob(planner.request(row), k=10 if i == 0 else 1, arrived=0) for i, row in enumerate(labelled_rows[:4])
    ]
    finished = []
    for i, job in enumerate((searching, *others)):
        job.future.add_done_callback(lambda _, i=i: finished.append(i))
    batcher.submit([searching, *others])
    assert len(searching.future.result(60).ranked) == 10
    assert sorted(finished) == [0, 1, 2, 3] and finished[-1] == 0
    # A search that fails is the affair of its own request; one that is given up makes room for the next.
    given_up, broken = (PlanJob(planner.request(row), k=10, arrived=0) for row in labelled_rows[:2])
    batcher.submit([given_up, broken])
    given_up.future.cancel()
    monkeypatch.setattr(Search, "step", lambda _: 1 / 0)
    with pytest.raises(PlannerError):
        broken.future.result(60)
    last = PlanJob(planner.request(labelled_rows[3]), k=1, arrived=0)
    batcher.submit([last])
    batcher.stop()
    assert last.future.done() and last.future.result() is last


def test_not_ready_before_the_model_is_loaded(here, picd_checkpoint):
    loaded = threading.Event()

    def load():
        assert loaded.wait(60)
        return Planner.load(picd_checkpoint, dtype=torch.float32, device="cpu", slots=1)

    with here(load=load) as server:
        assert ask(server.url, "/healthz").status == 200
        for path, body in (("/readyz", None), ("/v1/model", None), ("/v1/plan", ROW)):
            reply = ask(server.url, path, body)
            assert (reply.status, reply.headers["retry-after"]) == (503, "5") and "loaded" in reply.error["message"]
        loaded.set()
        eventually(lambda: ask(server.url, "/readyz").status == 200)
        assert ask(server.url, body=ROW).status == 200


def test_while_it_drains_it_finishes_and_takes_nothing_new(here, pool):
    with here() as server:
        server.planner.go.clear()
        under_way = pool.submit(ask, server.url, "/v1/plan", ROW)
        eventually(lambda: backlog(server) == (1, 0))
        server.service.draining = True  # what a signal does first
        reply = ask(server.url, body=ROW)
        assert (reply.status, reply.headers["retry-after"], reply.headers["connection"]) == (503, "5", "close")
        assert ask(server.url, "/readyz").status == 503
        assert ask(server.url, "/healthz").status == 200
        server.planner.go.set()
        assert under_way.result().status == 200


def test_latency_counts_from_when_a_request_was_due(here, labelled_rows):
    """Open loop: the server stalls until all are due, so each is at least as late as the end of the stall."""
    rows = [{name: row[name] for name in ROW} for row in labelled_rows[:4]]
    with here(slots=4, queue=32) as server:
        orders = make_orders(rows, 10, 50, spacing="even")
        server.planner.go.clear()
        began = time.monotonic()

        def end_of_stall():
            eventually(lambda: sum(backlog(server)) == 10)
            stalled.append(time.monotonic() - began)
            server.planner.go.set()

        stalled: list[float] = []
        waiting = threading.Thread(target=end_of_stall)
        waiting.start()
        outcomes = asyncio.run(send(orders, server.url))
        waiting.join()
    assert [one.status for one in outcomes] == [200] * 10
    assert [one.due for one in outcomes] == pytest.approx([i / 50 for i in range(10)])
    assert all(one.due + one.seconds > stalled[0] - 0.1 for one in outcomes)  # it began a moment before the clock


# The plan log -------------------------------------------------------------------------------------------------------

ENTRY = {"request_id": "1", "arm": "a", "plan": [], "log_probability": -1.0}


def test_a_full_disk_costs_log_lines_and_no_plans(here, caplog):
    with PlanLog("/dev/full") as log, here(plan_log=log) as server:
        assert [ask(server.url, body=ROW).status for _ in range(2)] == [200, 200]
        assert metric(server.url, "gplan_plan_log_failures_total") == 2
    assert caplog.text.count("No space left on device") == 1


def test_a_line_that_is_cut_is_not_continued(tmp_path):
    path = tmp_path / "plans.jsonl"
    path.write_text("cut by a cra")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with PlanLog(path) as log:
        assert log.write(ENTRY)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, hard))
        try:
            assert not log.write(ENTRY)  # 10 bytes of it
            assert not log.write(ENTRY)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert log.write(ENTRY)
    first, whole, cut, last = [line for line in path.read_text().split("\n") if line]
    assert first == "cut by a cra" and len(cut) == 10
    assert [json.loads(line)["request_id"] for line in (whole, last)] == ["1", "1"]


def test_two_logs_into_one_file_keep_their_lines(tmp_path, pool):
    path = tmp_path / "plans.jsonl"
    with PlanLog(path) as one, PlanLog(path) as other:
        done = [pool.submit(log.write, ENTRY | {"request_id": str(i)}) for i in range(200) for log in (one, other)]
        assert all(one.result() for one in done)
    found = [int(json.loads(line)["request_id"]) for line in path.read_text().splitlines()]
    assert sorted(found) == sorted([*range(200), *range(200)])
    assert os.stat(path).st_mode & 0o777 == 0o644


def test_a_log_in_no_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"--plan_log .*No such file or directory"):
        PlanLog(tmp_path / "no" / "plans.jsonl")
