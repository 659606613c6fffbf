"""An OpenAI-compatible server for tests, on 127.0.0.1: it answers as its script says and remembers who asked what."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from data_process.response import parse_label, render_label
from data_process.schema import LABEL, Row
from gplan.synthesis.rules.rule_teacher import RuleTeacher
from gplan.synthesis.teachers.few_shot import messages


class Asked(NamedTuple):
    """One request as it arrived: when (``time.monotonic``), its body, its Authorization header."""

    when: float
    body: dict
    key: str

    @property
    def last(self) -> str:
        """The last message: the row, or what was wrong with the answer before."""
        return self.body["messages"][-1]["content"]

    @property
    def attempt(self) -> int:
        return 2 if self.last.startswith("上面的回答不能使用") else 1

    @property
    def request(self) -> str:
        """The user text of the row that is asked for, in both attempts."""
        return self.body["messages"][-1 if self.attempt == 1 else -3]["content"]


class Send(NamedTuple):
    """What to send: a status, a body, headers; ``seconds`` is how long the server thinks before."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    endless: bool = False  # the body over and over, until the client has had enough
    pause: float = 0.0  # seconds between one time and the next


def completion(text: str | None, *, finish: str = "stop", tokens: tuple[int, int] | None = (1000, 100)) -> bytes:
    """The body of a chat completion that says ``text``."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    whole = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
    if tokens:
        whole["usage"] = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
    return json.dumps(whole).encode()


def error(status: int, message: str, **headers: str) -> Send:
    body = json.dumps({"error": {"message": message, "type": "test", "code": None}}).encode()
    return Send(body, status, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


def with_reasons(rows: list[Row]) -> list[Row]:
    """The rows with the rule teacher's reasoning before their plans; needs no torch, as the embedded rows do."""
    teacher = RuleTeacher()
    return [{**row, LABEL: teacher.label(row, parse_label(row[LABEL]).plan)} for row in rows]


def good_answers(rows: list[Row]) -> dict[str, str]:
    """User text of each row (with its plan, as ``--plans keep`` asks) -> reasoning that passes the checks."""
    found = {}
    for row in rows:
        plan = parse_label(row[LABEL]).plan
        label = render_label(RuleTeacher().explain(row, plan), plan)
        found[messages(row, plan, [])[-1]["content"]] = label[: label.rindex("[{")]
    return found


class TeacherServer:
    """``with TeacherServer(script) as server``: ``script(number, asked)`` -> Send, bytes, or text for a completion.

    ``number`` counts the requests from 0; ``server.asked`` holds them, ``server.most`` is how many ran at once.
    """

    def __init__(self, script: Callable[[int, Asked], Send | bytes | str]) -> None:
        self.asked: list[Asked] = []
        self.most = self._now = 0
        lock, outer = threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with lock:
                    one = Asked(time.monotonic(), body, self.headers["authorization"] or "")
                    number = len(outer.asked)
                    outer.asked.append(one)
                    outer._now += 1
                    outer.most = max(outer.most, outer._now)
                try:
                    answer = script(number, one)
                    if isinstance(answer, str):
                        answer = completion(answer)
                    if isinstance(answer, bytes):
                        answer = Send(answer)
                    time.sleep(answer.seconds)
                    # Before it is sent: the client may ask again the moment it has the answer.
                    with lock:
                        outer._now -= 1
                    self.send_response(answer.status)
                    for name, value in (("Content-Type", "application/json"), *answer.headers):
                        self.send_header(name, value)
                    if "Content-Length" not in dict(answer.headers):
                        self.send_header("Content-Length", str(10**12 if answer.endless else len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)
                    while answer.endless:
                        time.sleep(answer.pause)
                        self.wfile.write(answer.body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # clients that go away are what many tests are about
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> "TeacherServer":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()
