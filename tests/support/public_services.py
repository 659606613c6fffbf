"""Public services for tests, on 127.0.0.1: a path answers what it was told to, and who asked for what is remembered."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit


class Reply(NamedTuple):
    """What to send.

    Attributes:
        seconds: how long the server thinks before. pause: between one byte and the next.
        claimed: the Content-Length, where it isn't the body's.
    """

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0
    pause: float = 0
    claimed: int | None = None


class Seen(NamedTuple):
    """A request as it arrived: when (``time.monotonic``), its path, its query, its headers."""

    when: float
    path: str
    query: dict[str, str]
    headers: dict[str, str]


Answer = Reply | dict | list | Callable[[dict[str, str]], Any]


def reply(answer: Any) -> Reply:
    """A dict or a list is sent as JSON."""
    return answer if isinstance(answer, Reply) else Reply(json.dumps(answer, ensure_ascii=False).encode())


class PublicServices:
    """``with PublicServices({"/v3/weather/weatherInfo": {...}}) as server``: answers by path, and by the path's start
    where it ends in ``*``; a callable gets the query; a path that isn't there is 404."""

    def __init__(self, answers: dict[str, Answer]):
        self.answers, self.seen = answers, []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # so that connections are kept
            disable_nagle_algorithm = True  # or every answer waits 40 ms for an acknowledgement

            def do_GET(handler):
                parts = urlsplit(handler.path)
                query = dict(parse_qsl(parts.query))
                self.seen.append(Seen(time.monotonic(), parts.path, query, dict(handler.headers)))
                self._send(handler, self._answer(parts.path, query))

            def log_message(handler, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # a client that left

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, path: str, query: dict[str, str]) -> Reply:
        for known, answer in self.answers.items():
            if path == known or (known.endswith("*") and path.startswith(known[:-1])):
                return reply(answer(query) if callable(answer) else answer)
        return Reply(b"no such path", 404)

    def _send(self, handler: BaseHTTPRequestHandler, sent: Reply) -> None:
        time.sleep(sent.seconds)
        handler.send_response(sent.status)
        for name, value in (("Content-Type", "application/json"), *sent.headers):
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(sent.body) if sent.claimed is None else sent.claimed))
        handler.end_headers()
        if sent.claimed is not None:
            handler.close_connection = True
        if not sent.pause:
            handler.wfile.write(sent.body)
            return
        for byte in sent.body:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(sent.pause)

    def asked(self, path: str) -> list[dict[str, str]]:
        """The queries that a path got."""
        return [seen.query for seen in self.seen if seen.path == path]

    def __enter__(self) -> "PublicServices":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
