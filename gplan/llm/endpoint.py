"""One request to an OpenAI-compatible endpoint, and what can come of it: a reply, a passing failure, or the end.

An endpoint has a role, ``teacher`` or ``judge``: TEACHER_URL, TEACHER_MODEL and TEACHER_API_KEY are the teacher's, as
JUDGE_URL, JUDGE_MODEL and JUDGE_API_KEY are the judge's. The key is read from the environment alone; nothing that
leaves this file (replies, messages) holds it.
"""

import asyncio
import json
import os
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from utils import InputError, say

MAX_BYTES = 4 * 2**20  # of one answer's body: a long answer of a model that thinks aloud has some 100 KB
CONNECT_SECONDS = 10
# A key like "1" or "EMPTY", which local servers are given, is no secret, and may stand in any answer: tool_1.
_SHORTEST_SECRET = 8
_SHOWN = 300  # characters of a server's own words
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# Statuses that mean "not now": timeout, conflict, too early, too many requests; every 5xx is added.
_PASSING = frozenset({408, 409, 425, 429})
# Statuses about this one request, which another may not meet: bad request, too large, unprocessable.
_ABOUT_THE_REQUEST = frozenset({400, 413, 422})


class Reply(NamedTuple):
    """What came back: text, or a ``problem`` why there is none. Tokens are None where the endpoint didn't say."""

    text: str
    finish: str = ""
    problem: str = ""
    message: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None


class PassingError(Exception):
    """No answer this time: ``problem`` is a name to count by, ``retry_after`` the seconds that the server asks for."""

    def __init__(
        self, problem: str, message: str, retry_after: float | None = None, usage: tuple[int, int] = (0, 0)
    ) -> None:
        """``usage``: tokens in and out that were paid for all the same."""
        super().__init__(message)
        self.problem, self.retry_after, self.usage = problem, retry_after, usage


class RefusedError(Exception):
    """The endpoint calls this request a bad one."""


class EndpointError(InputError):
    """No request can succeed until something is set right; the message says what."""


class Endpoint:
    """A model behind a URL: ``await Endpoint(url, "qwen", 60, {}).request(messages)`` -> ``Reply``."""

    def __init__(
        self,
        url: str,
        model: str,
        timeout: float,
        options: Mapping[str, object],
        *,
        role: str = "teacher",
        dispensable: Mapping[str, object] | None = None,
    ) -> None:
        """Args:
        timeout: for a whole request, in seconds.
        options: further fields of the request's body.
        role: whose variables and flags messages name.
        dispensable: fields that are left out from the first time that the endpoint calls a request with them a bad one.
        """
        self.role, self._variable = role, f"{role.upper()}_"
        try:
            import openai
        except ImportError:
            raise EndpointError(
                f"--{role} llm needs the openai package: pip install -r config/requirements/synthesis.txt"
            ) from None
        self._openai = openai
        self.model, self.options, self.timeout = model, dict(options), timeout
        self.dispensable = dict(dispensable or {})
        key = f"{self._variable}API_KEY"
        self._key = os.environ.get(key, "").strip()
        if not self._key.isascii() or not self._key.isprintable():
            raise EndpointError(f"{key} holds characters that a key can't have; set it to the key alone")
        if not model:
            raise EndpointError(
                f"no model: set {self._variable}MODEL (or --{role}_model) to a name that the endpoint knows"
            )
        url = url.strip().rstrip("/").removesuffix("/chat/completions")
        try:
            parts = urlsplit(url)
            host = parts.hostname if parts.port != 0 else None  # a port out of range raises
        except ValueError:
            host = None
        if not url.startswith(("http://", "https://")) or not host:
            raise EndpointError(f"{self._variable}URL (or --{role}_url) must be like https://host/v1, with a host")
        self.shown = display(url)
        # A proxy of the environment can't reach a server on this machine.
        local = host in ("localhost", "::1") or host.startswith("127.")
        client = openai.DefaultAsyncHttpxClient(trust_env=False) if local else None
        self._client = openai.AsyncOpenAI(
            base_url=url,
            api_key=self._key or "none",  # many a local server wants none, the client wants some
            max_retries=0,  # how often and when to ask again is paced.py's to say
            timeout=openai.Timeout(timeout, connect=CONNECT_SECONDS),
            http_client=client,
        )

    async def close(self) -> None:
        await self._client.close()

    async def request(self, messages: list[dict[str, str]]) -> Reply:
        """Asks once.

        Raises:
            PassingError: to be tried again.
            RefusedError: this request won't be served.
            EndpointError: no request will.
        """
        openai = self._openai
        try:
            # The client's own timeout is one of silence: an answer that trickles in for ever would pass it.
            body = await asyncio.wait_for(self._body(messages), self.timeout)
        except (TimeoutError, asyncio.TimeoutError, openai.APITimeoutError):
            raise PassingError("endpoint.timeout", f"no answer within {self.timeout:g} s") from None
        except openai.APIStatusError as error:
            if self.dispensable and error.status_code in _ABOUT_THE_REQUEST:
                names = ", ".join(self.dispensable)
                say(f"{self.shown}: asked without {names} from now on: {self.redact(error.message)}")
                self.dispensable = {}
                return await self.request(messages)
            self._status(error)
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            raise PassingError("endpoint.connection", self.redact(f"no connection ({cause!s})")) from None
        except openai.OpenAIError as error:
            raise EndpointError(f"{self.shown}: {self.redact(error)}") from None
        return self.reply(body)

    async def _body(self, messages: list[dict[str, str]]) -> bytes:
        """The body of the answer, at most one byte more than ``MAX_BYTES``."""
        options = self.options | self.dispensable
        call = self._client.chat.completions.with_streaming_response.create(
            model=self.model, messages=messages, extra_body=options
        )
        async with call as response:
            body = bytearray()
            try:
                async for piece in response.iter_bytes():
                    body += piece
                    if len(body) > MAX_BYTES:
                        break
            except Exception as error:  # the HTTP library has exceptions of its own, whichever it is
                raise PassingError(
                    "endpoint.connection", self.redact(f"the answer broke off ({type(error).__name__})")
                ) from None
        return bytes(body)

    def reply(self, body: bytes) -> Reply:
        """Reads a body; raises PassingError for one that is no chat completion, which a gateway can cause.

        Tokens count wherever the endpoint says that it counted some, whatever else is wrong with its answer.
        """
        if len(body) > MAX_BYTES:
            message = f"the answer's body has more than {MAX_BYTES:,} bytes"
            return Reply("", problem="answer.huge", message=message)
        tokens: tuple[int | None, int | None] = (None, None)
        try:
            completion = json.loads(body)
            tokens = _tokens(completion)
            choices = completion["choices"]
            choice = choices[0] if choices else {}
            message = choice.get("message") or {}
            finish = str(choice.get("finish_reason") or "")[:40]
            text = _answer(message) or _text(choice.get("text"))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            start = self.redact(bytes(body[:80]).decode("utf-8", "replace"))
            message = f"the answer is no chat completion: {start!r}"
            raise PassingError("endpoint.garbled", message, usage=(tokens[0] or 0, tokens[1] or 0)) from None
        # Half of a surrogate pair can't be written as UTF-8; the checks refuse what stands in its place.
        text = self.redact(_SURROGATE.sub("�", text), None)
        problem, words = ("", "") if choices else ("answer.no_choice", "the answer holds no choice")
        if not text and (refusal := message.get("refusal")):
            problem, words = "answer.refused", self.redact(refusal)
        return Reply(text, finish, problem, words, *tokens)

    def redact(self, text: object, most: int | None = _SHOWN) -> str:
        """Someone else's words on one line, without the key, cut to a length."""
        text = str(text)
        if len(self._key) >= _SHORTEST_SECRET:
            text = text.replace(self._key, "[key]")
        if most is None:
            return text
        text = " ".join(text.split())
        return text if len(text) <= most else text[:most] + " …"

    def _status(self, error) -> None:
        """Raises what a status of 4xx or 5xx means."""
        status, words = error.status_code, self.redact(error.message)
        if status == 429 and error.code == "insufficient_quota":
            status = 402  # a spent account, which waiting won't fill
        if status in _PASSING or status >= 500:
            problem = "endpoint.busy" if status == 429 else "endpoint.server" if status >= 500 else "endpoint.timeout"
            retry_after = seconds_to_wait(error.response.headers.get("retry-after"))
            raise PassingError(problem, f"status {status}: {words}", retry_after) from None
        if status in _ABOUT_THE_REQUEST:
            raise RefusedError(f"status {status}: {words}") from None
        remedies = {
            401: f"set {self._variable}API_KEY to a key that the endpoint takes"
            f"{'' if self._key else ' (it is not set)'}",
            402: "the account has no money or quota left: fill it, or give another key",
            403: f"{self._variable}API_KEY is known but may not use {self.model}: give another key or model",
            404: f"set {self._variable}MODEL to a model that the endpoint has (now {self.model}), and "
            f"{self._variable}URL to its API's address, which mostly ends in /v1",
        }
        remedy = remedies.get(status, "see the endpoint's own message")
        raise EndpointError(f"{self.shown}: status {status}: {words}; {remedy}") from None


def display(url: str) -> str:
    """An address as it may be shown: ``https://me:secret@host:1/v1?key=x`` -> ``https://host:1/v1``."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def seconds_to_wait(header: str | None) -> float | None:
    """``seconds_to_wait("2.5") == 2.5``; an HTTP date counts from now; None for no header, or one of another kind."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(timezone.utc)).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(0.0, seconds) if seconds < float("inf") else None


def _answer(message: dict) -> str:
    """The words of a message. Where all of them stand under reasoning, those are the answer: a server that parts
    thinking from answers does that to a model that does not think."""
    return _text(message.get("content")) or _text(message.get("reasoning_content")) or _text(message.get("reasoning"))


def _text(content: object) -> str:
    """Text as it is, or the text among a list of parts: ``[{"type": "thinking", …}, {"type": "text", "text": "a"}]``
    gives ``"a"``. What is neither gives ``""``."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part if isinstance(part, dict) else {"text": part} for part in content]
    texts = [part.get("text") for part in parts if part.get("type", "text") in ("text", "output_text")]
    return "".join(text for text in texts if isinstance(text, str))


def _tokens(completion: dict) -> tuple[int | None, int | None]:
    """Tokens in and out by a body's ``usage``, under either of their names; None for what it does not say."""
    usage = completion.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    tokens_in = _count(counts, "prompt_tokens", "input_tokens")
    tokens_out = _count(counts, "completion_tokens", "output_tokens")
    total = _count(counts, "total_tokens")
    if tokens_out is None and None not in (tokens_in, total):
        tokens_out = max(0, total - tokens_in)
    return tokens_in, tokens_out


def _count(usage: dict, *names: str) -> int | None:
    """The number of tokens under the first of the names that has one."""
    values = (usage.get(name) for name in names)
    whole = (int(value) for value in values if type(value) in (int, float) and 0 <= value < 1e12)
    return next(whole, None)
