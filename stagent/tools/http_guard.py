"""What stands before the MCP server over HTTP: who may ask, how much, and how often.

    request ─► Host and Origin (421, 403) ─► the client's rate (429) ─► key (401) ─► /metrics
            ─► requests under way (503) ─► the whole body, in time (413, 408) ─► FastMCP

/healthz and /readyz are answered before all that. A refusal is a JSON-RPC error without an id, as MCP's own are.
"""

import asyncio
import hmac
import math
import time
from collections import OrderedDict
from ipaddress import ip_address
from typing import NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stagent.tools.metrics import ToolMetrics

PATH = "/mcp"
MAX_BODY = 1 << 20  # bytes
# Up to here a body that is too large is still read, for nothing: a client that is cut off while it sends sees a broken
# connection, and never the answer that says why.
MAX_DISCARDED = 16 << 20
BODY_SECONDS = 10.0
_CLIENTS = 10_000  # addresses whose rates are kept
_INVALID_REQUEST = -32600  # JSON-RPC


class HttpLimits(NamedTuple):
    """Attributes:
    rate: requests a second that one client's address may send for long; twice as many at once. 0: any number.
    under_way: requests that are served at the same time.
    hosts: names under which the server is reached, besides localhost and addresses.
    """

    rate: float
    under_way: int
    hosts: tuple[str, ...] = ()


class RefusedRequest(Exception):
    """A request that is not let through: its status, the reason and what to do about it."""

    def __init__(self, status: int, message: str, **headers: str):
        super().__init__(message)
        self.status, self.headers = status, {name.replace("_", "-"): value for name, value in headers.items()}


class Guard:
    """An ASGI application around FastMCP's.

    Args:
        key: that clients must show as a bearer token or in X-Api-Key; None: none.

    Attributes:
        under_way, cut_off: requests that are served now, and that were ended by the server's own end.
        draining: whether the server takes no more.
    """

    def __init__(self, app: ASGIApp, limits: HttpLimits, key: str | None, metrics: ToolMetrics):
        self._app, self._limits, self._metrics = app, limits, metrics
        self._key = key.encode() if key else None
        self._rates = Rates(limits.rate)
        self.under_way = self.cut_off = 0
        self.draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._answer(scope, receive, send)
        except RefusedRequest as error:
            self._metrics.refused.labels(error.status).inc()
            problem = {"code": _INVALID_REQUEST, "message": str(error)}
            content = {"jsonrpc": "2.0", "id": None, "error": problem}
            await JSONResponse(content, error.status, error.headers)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == "/healthz" or (path == "/readyz" and not self.draining):
            await JSONResponse({"status": "ok"})(scope, receive, send)
            return
        if self.draining:
            raise RefusedRequest(503, "the server is shutting down", Retry_After="5", Connection="close")
        headers = Headers(scope=scope)
        self._check_host(headers)
        self._check_rate(scope)
        self._check_key(headers)
        if path == "/metrics":
            await Response(self._metrics.text(), media_type=CONTENT_TYPE_LATEST)(scope, receive, send)
            return
        if path.rstrip("/") != PATH:
            raise RefusedRequest(404, f"nothing is here; MCP is at {PATH}, figures are at /metrics")
        if self.under_way >= self._limits.under_way:
            words = f"{self.under_way} requests are under way, and more are not taken; ask again in a second"
            raise RefusedRequest(503, words, Retry_After="1")
        self.under_way += 1
        try:
            body = await _read(headers, receive)
            if body is not None:
                await self._app(scope, _read_already(body, receive), send)
        except asyncio.CancelledError:
            self.cut_off += 1
            raise
        finally:
            self.under_way -= 1

    def _check_host(self, headers: Headers) -> None:
        """Refuses what a web page of somebody else's makes a browser send.

        A page reaches a local server by a name of its own that resolves to 127.0.0.1 (DNS rebinding), so names have to
        be known here, while an address as Host can't be such a name.
        """
        host = headers.get("Host", "")
        name = _name(host)
        if not (_is_address(name) or name == "localhost" or name in self._limits.hosts):
            raise RefusedRequest(421, f"Host {name[:100]!r} is not known here; start the server with --allowed_hosts")
        origin = headers.get("Origin")
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            raise RefusedRequest(403, f"Origin {origin[:100]!r}: pages of other sites may not ask")

    def _check_rate(self, scope: Scope) -> None:
        client = scope.get("client")
        if wait := self._rates.wait(client[0] if client else "", time.monotonic()):
            seconds = str(math.ceil(wait))
            words = f"more than {self._limits.rate:g} requests a second; ask again in {seconds} s"
            raise RefusedRequest(429, words, Retry_After=seconds)

    def _check_key(self, headers: Headers) -> None:
        if self._key is None:
            return
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else headers.get("X-Api-Key", "")
        if not hmac.compare_digest(given.encode("latin-1"), self._key):
            words = "a key is needed: send the header Authorization: Bearer KEY, or X-Api-Key: KEY"
            raise RefusedRequest(401, words, WWW_Authenticate="Bearer")


class Rates:
    """A bucket of tokens a client: ``rate`` come in a second, ``2 * rate`` fit in, a request takes one."""

    def __init__(self, rate: float):
        self._rate = rate
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client -> tokens, when

    def wait(self, client: str, now: float) -> float:
        """0 and a token less, or the seconds until there is one."""
        if not self._rate:
            return 0.0
        most = max(1.0, 2 * self._rate)
        tokens, then = self._buckets.pop(client, (most, now))
        tokens = min(most, tokens + (now - then) * self._rate)
        missing = max(0.0, 1 - tokens)
        self._buckets[client] = (tokens if missing else tokens - 1, now)
        if len(self._buckets) > _CLIENTS:
            self._buckets.popitem(last=False)  # whoever has asked for nothing for longest has a full bucket anyway
        return missing / self._rate


def _name(host: str) -> str:
    """``"[::1]:8000"`` -> ``"::1"``, ``"LOCALHOST:80"`` -> ``"localhost"``."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0].lower() if host.count(":") == 1 else host.lower()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


async def _read(headers: Headers, receive: Receive) -> bytes | None:
    """The body; None: the client has left.

    Raises:
        RefusedRequest: it is too large, or has not arrived in time.
    """

    async def whole() -> bytes | None:
        body, size = bytearray(), 0
        while (message := await receive())["type"] == "http.request":
            piece = message.get("body", b"")
            size += len(piece)
            if size > MAX_DISCARDED:
                raise too_large
            if size <= MAX_BODY:
                body += piece
            if not message.get("more_body"):
                if size > MAX_BODY:
                    raise too_large
                return bytes(body)
        return None

    too_large = RefusedRequest(413, f"the body is too large; {MAX_BODY:,} bytes at most", Connection="close")
    if int(headers.get("Content-Length", "0")) > MAX_DISCARDED:  # the protocol has seen to it that it is a number
        raise too_large
    try:
        return await asyncio.wait_for(whole(), BODY_SECONDS)
    except asyncio.TimeoutError:
        words = f"the body did not arrive within {BODY_SECONDS:g} s"
        raise RefusedRequest(408, words, Connection="close") from None


def _read_already(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives the whole body first."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message
