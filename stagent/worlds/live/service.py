"""Requests to one service: a pool of connections, its pace, patience, retries, and every failure as a sentence."""

import asyncio
import json
import logging
import ssl
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from stagent.worlds.live.settings import Secret
from stagent.worlds.live.shape import Node
from stagent.worlds.protocol import Unavailable

# Its debug lines quote the headers of answers, and a redirect's repeats the query, key and all.
logging.getLogger("httpcore2").setLevel(logging.INFO)
LARGEST = 8 << 20  # bytes of an answer; a drawn route through the whole country has some 2 MB
_ATTEMPTS = 3
_BUSY = "请求过于频繁，请稍后重试"


class Patience(NamedTuple):
    """Seconds: for one attempt, for the wait for a turn, and between attempts (doubled each time)."""

    attempt: float = 10
    queue: float = 20
    pause: float = 0.5


PATIENCE = Patience()


class Trouble(NamedTuple):
    """Why an attempt failed.

    Attributes:
        why: goes on from the service's name, in Chinese.
        again: another attempt may succeed now. retry: the caller's own may succeed later.
        wait: seconds that the service asked to wait for.
    """

    why: str
    again: bool = False
    retry: bool = False
    wait: float = 0


class RequestPace:
    """Lets through at most ``rate`` requests a second, evenly spaced, in their order."""

    def __init__(self, rate: float):
        self._gap, self._next = 1 / rate, 0.0

    async def turn(self, longest: float) -> bool:
        """Waits for a turn; False at once where it would come later than ``longest`` seconds from now."""
        now = asyncio.get_running_loop().time()
        start = max(now, self._next)
        if start - now > longest:
            return False
        self._next = start + self._gap
        await asyncio.sleep(start - now)
        return True


class _KeyedTransport(httpx2.AsyncBaseTransport):
    """Adds the key where a request leaves, so that no request, log line or exception above this holds it."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, parameter: str, key: Secret):
        self._inner, self._parameter, self._key = inner, parameter, key

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self._inner.handle_async_request(
            httpx2.Request(
                request.method,
                request.url.copy_merge_params({self._parameter: self._key.reveal()}),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


@cache
def _authorities() -> ssl.SSLContext:
    """Whose certificates are trusted; read once, which takes longer than most requests."""
    return httpx2.create_ssl_context()


class WebService:
    """One service over HTTP.

    Args:
        name: as reasons call it.
        base: its address.
        rate: requests a second.
        key: the query's parameter and the key that goes into it.
        agent: the User-Agent.
    """

    def __init__(
        self,
        name: str,
        base: str,
        rate: float,
        *,
        key: tuple[str, Secret] | None = None,
        agent: str = "STAgent",
        patience: Patience = PATIENCE,
    ):
        self.name, self._base, self._agent, self._patience = name, base, agent, patience
        self._pace, self._key = RequestPace(rate), key
        self._client: httpx2.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def get(self, path: str, params: dict[str, Any], *, statuses: tuple[int, ...] = (200,), check=None) -> Node:
        """The JSON of an answer.

        Args:
            statuses: those whose body is an answer.
            check: ``(Node) -> Trouble | None``: what a well-formed answer says is wrong.

        Raises:
            Unavailable: it names the service and the kind of failure.
        """
        for attempt in range(_ATTEMPTS):
            outcome = await self._attempt(path, params, statuses)
            if isinstance(outcome, Node):
                trouble = check(outcome) if check else None
                if trouble is None:
                    return outcome
            else:
                trouble = outcome
            if not trouble.again or attempt + 1 == _ATTEMPTS or trouble.wait > self._patience.attempt:
                break
            await asyncio.sleep(max(trouble.wait, self._patience.pause * 2**attempt))
        raise Unavailable(f"{self.name}{trouble.why}", retry=trouble.retry)

    def _connected(self) -> httpx2.AsyncClient:
        """The client of the running event loop: connections of a loop that ended can't be used again."""
        loop = asyncio.get_running_loop()
        if self._client is None or loop is not self._loop:
            self._client, self._loop = self._new_client(), loop
        return self._client

    def _new_client(self) -> httpx2.AsyncClient:
        host = urlsplit(self._base)
        # What httpx does of its own accord without a transport of ours: HTTPS_PROXY and NO_PROXY.
        proxy = None if proxy_bypass(host.hostname or "") else getproxies().get(host.scheme)
        transport = httpx2.AsyncHTTPTransport(
            verify=_authorities(),
            proxy=proxy,
            limits=httpx2.Limits(max_connections=20, max_keepalive_connections=10, keepalive_expiry=30),
        )
        return httpx2.AsyncClient(
            base_url=self._base,
            transport=_KeyedTransport(transport, *self._key) if self._key else transport,
            # identity: an answer's size is what arrives, and no small body unpacks to gigabytes
            headers={"User-Agent": self._agent, "Accept": "application/json", "Accept-Encoding": "identity"},
            timeout=httpx2.Timeout(self._patience.attempt, connect=min(5, self._patience.attempt)),
            follow_redirects=False,
            trust_env=False,
        )

    async def _attempt(self, path: str, params: dict[str, Any], statuses: tuple[int, ...]) -> Node | Trouble:
        if not await self._pace.turn(self._patience.queue):
            return Trouble("的请求排队过长，请稍后重试", retry=True)
        cancelled = False
        try:
            async with (
                asyncio.timeout(self._patience.attempt),
                self._connected().stream("GET", path, params=params) as response,
            ):
                if response.status_code not in statuses:
                    return _refused(response)
                body = await _body(response)
        except asyncio.CancelledError:
            cancelled = True
        except (TimeoutError, httpx2.TimeoutException):
            return Trouble("没有及时回答，请稍后重试", again=True, retry=True)
        except httpx2.ConnectError:
            return Trouble("无法连接，请稍后重试", again=True, retry=True)
        except (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.DecodingError):
            return Trouble("的回答中途断开，请稍后重试", again=True, retry=True)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
            return Trouble("的请求失败，请稍后重试", again=True, retry=True)
        if cancelled:
            # Anew: the traceback of the first one leads through the transport, whose frames hold the key.
            raise asyncio.CancelledError
        return self._parsed(body) if body is not None else Trouble("的回答过大，请缩小查询范围")

    def _parsed(self, body: bytes) -> Node | Trouble:
        if self._key:
            body = body.replace(self._key[1].reveal().encode(), b"***")  # a refusal may quote the request
        if not body.strip():
            return Trouble("的回答是空的，请稍后重试", again=True, retry=True)
        if body.lstrip().startswith(b"<"):
            return Trouble("返回了网页而不是数据，请稍后重试", again=True, retry=True)
        try:
            return Node(json.loads(body.decode(), parse_constant=_no_number), self.name)
        except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError, and so are numbers of 5,000 digits
            return Trouble("返回的不是完整的 JSON，请稍后重试", again=True, retry=True)

    async def close(self) -> None:
        if self._client is not None and self._loop is asyncio.get_running_loop():
            await self._client.aclose()
        self._client = None


def _refused(response: httpx2.Response) -> Trouble:
    status = response.status_code
    if status == 429:
        return Trouble(_BUSY, again=True, retry=True, wait=_seconds(response.headers.get("Retry-After", "")))
    if status >= 500:
        return Trouble(f"出错（HTTP {status}），请稍后重试", again=True, retry=True)
    if status in (401, 403):
        return Trouble(f"拒绝了访问（HTTP {status}），请检查密钥与权限")
    if 300 <= status < 400:
        return Trouble(f"转到了别的地址（HTTP {status}），请检查地址设置")
    return Trouble(f"不接受这个请求（HTTP {status}），请检查地址设置或换一种查询")


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0


async def _body(response: httpx2.Response) -> bytes | None:
    """The body; None where it is larger than ``LARGEST``."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LARGEST:
            return None
    return bytes(body)


def _no_number(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity, which JSON doesn't have
