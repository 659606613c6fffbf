"""How tests talk to the server: real sockets, to a process of its own or to one whose planner can be held."""

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import torch

from gplan.planner.decode import Planner
from gplan.serving.batcher import Batcher
from gplan.serving.listener import listen
from gplan.serving.process import Server
from gplan.serving.prometheus import Metrics
from gplan.serving.server import Service
from tests.conftest import ROOT

ROW = {"currenttime": "2026-02-10 09:30:00", "current_city": "临沧市", "trigger_1": "酒店", "trigger_2": "临沧市"}


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self) -> dict:
        """What is under ``error``, and there is nothing beside it."""
        assert list(self.json) == ["error"] and self.headers["content-type"] == "application/json"
        return self.json["error"]


def ask(url: str, path: str = "/v1/plan", body=None, *, method: str | None = None, **headers: str) -> Reply:
    """One request over a connection of its own; a body that is not bytes is sent as JSON, a generator in chunks."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    if isinstance(body, dict | list):
        body = json.dumps(body)
    connection.request(method or ("GET" if body is None else "POST"), path, body, headers)
    with contextlib.closing(connection), connection.getresponse() as answer:
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


def metric(url: str, name: str, **headers: str) -> float:
    """A figure of /metrics: ``metric(url, 'gplan_requests_total{status="200"}')``; 0 if it is not there yet."""
    for line in ask(url, "/metrics", **headers).body.decode().splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[-1])
    return 0.0


def eventually(holds, seconds: float = 60) -> None:
    """Waits until ``holds()``."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Running(NamedTuple):
    url: str
    process: subprocess.Popen
    log: Path  # what it says


@contextlib.contextmanager
def server_process(folder: Path, *words, **variables: str) -> Iterator[Running]:
    """``serve.py`` on a free port, ready; ``folder`` is for what it says."""
    log = folder / "server.log"
    with open(log, "w") as said:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "serve.py"), "--port", "0", *map(str, words)],
            env=os.environ | {"OMP_NUM_THREADS": "1"} | variables,
            stderr=said,
        )
    try:
        eventually(lambda: "\nready" in log.read_text() or process.poll() is not None)
        found = re.search(r"at (http://\S+)", log.read_text())
        assert process.poll() is None and found, log.read_text()
        yield Running(found.group(1), process, log)
    finally:
        process.terminate()
        process.wait(60)


class Held(Planner):
    """A planner whose passes over decisions wait for ``go``; the next ``failing`` of them fail."""

    def __init__(self, *given, **settings):
        super().__init__(*given, **settings)
        self.go = threading.Event()
        self.go.set()
        self.failing = 0

    def step(self):
        assert self.go.wait(60)
        if self.failing:
            self.failing -= 1
            raise RuntimeError("meant to fail")
        return super().step()


class Here(NamedTuple):
    url: str
    planner: Held
    service: Service


@contextlib.contextmanager
def server_here(checkpoint: Path, rows, *, slots=4, queue=8, load=None, **settings) -> Iterator[Here]:
    """A server in this process, on a socket all the same."""
    planner = Held.load(checkpoint, dtype=torch.float32, device="cpu", slots=slots)
    metrics = Metrics()
    batcher = Batcher(load or (lambda: planner), rows[:1], queue, metrics)
    defaults = {"name": "m", "arm": "a", "timeout": 30, "max_length": 2560, "max_rows": 8, "key": None}
    service = Service(batcher, metrics, **(defaults | {"examples": {}, "plan_log": None} | settings))
    server = Server(service)
    loaded = threading.Event()
    batcher.start(loaded.set)
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            if load is None:
                assert loaded.wait(60)
            yield Here(f"http://127.0.0.1:{port}", planner, service)
        finally:
            planner.go.set()
            server.stop()
            thread.join(60)
            batcher.stop()
            assert not thread.is_alive()
