"""The MCP server as a process, over the toy world, whose answers take as long as a test wants.

python -m tests.support.tool_server 0.5 serve --port 0     # agent.py serve; the toy world's answers take 0.5 s
"""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.conftest import ROOT

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/call",
}
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def command(seconds: float | None, *words: object) -> list[str]:
    """``seconds``: of the toy world; None: the world that the words name."""
    program = ["agent.py"] if seconds is None else ["-m", "tests.support.tool_server", str(seconds)]
    return [sys.executable, *program, "serve", *map(str, words)]


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class ToolProcess(NamedTuple):
    """A running server: where it is, its process, and what it says."""

    url: str
    process: subprocess.Popen
    log: Path

    def ask(self, path: str = "/mcp", body: object = None, method: str | None = None, **headers: str) -> Answer:
        """One request over a connection of its own; a body that is not bytes is sent as JSON."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        sent = body if isinstance(body, bytes | None) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(connection):
            connection.request(method or ("GET" if body is None else "POST"), path, sent, HEADERS | named)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())

    def call(self, tool: str, arguments: object, **headers: str) -> Answer:
        """One call of a tool, as the newest protocol sends it."""
        return self.ask(body=message(tool, arguments), Mcp_Name=tool, **headers)

    def metric(self, name: str, **headers: str) -> float:
        for line in self.ask("/metrics", **headers).body.decode().splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[-1])
        return 0.0

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


def message(tool: str, arguments: object, number: int = 1) -> dict:
    params = {"name": tool, "arguments": arguments, "_meta": META}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


@contextlib.contextmanager
def tool_server(folder: Path, *words: object, seconds: float | None = 0, **variables: str) -> Iterator[ToolProcess]:
    """The server on a free port, ready; ``folder`` is for what it says."""
    log = folder / "server.log"
    with open(log, "w") as said:
        process = subprocess.Popen(
            command(seconds, "--port", 0, *words), env=ENVIRONMENT | variables, stderr=said, cwd=ROOT
        )
    try:
        eventually(lambda: "\nready" in log.read_text() or process.poll() is not None)
        found = re.search(r"at (http://\S+)/mcp", log.read_text())
        assert process.poll() is None and found, log.read_text()
        yield ToolProcess(found.group(1), process, log)
    finally:
        process.kill()
        process.wait(60)


def eventually(holds, seconds: float = 30) -> None:
    """Waits until ``holds()``."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


if __name__ == "__main__":
    from agent import main
    from stagent.worlds import opening
    from tests.support.toy_world import ToyWorld
    from utils import door

    seconds = float(sys.argv.pop(1))
    opening._open = lambda name, args: ToyWorld(seconds)
    sys.exit(door(main))
