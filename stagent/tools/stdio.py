"""The MCP server over stdin and stdout: one client, which started it.

    stdin ─► a thread ─► lines ─► Incoming ─► FastMCP ─► Outgoing ─► stdout
                          │ its end, or SIGTERM: no more lines, but what was taken is answered first

The SDK's own transport waits for a line in a way that no signal ends, forgets requests under way when stdin ends, so
that ``printf … | python agent.py serve`` prints less than it was asked for, and never answers a line that it can't
read, so that its client waits for ever.
"""

import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastmcp import FastMCP
from mcp.shared.message import SessionMessage
from mcp_types import (
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

GRACE = 30  # seconds for requests under way once there are no more lines
_AHEAD = 16  # lines that are read before they are taken
_PIECE = 1 << 16  # bytes


@contextmanager
def own_descriptors() -> Iterator[tuple[int, int]]:
    """stdin and stdout for the protocol alone: whatever else prints, prints on stderr, and reads nothing."""
    sys.stdout.flush()
    source, sink = os.dup(0), os.dup(1)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    try:
        yield source, sink
    finally:
        sys.stdout.flush()
        os.dup2(sink, 1)


async def serve_stdio(server: FastMCP, source: int, sink: int) -> None:
    """Serves until ``source`` ends, ``sink`` is closed, or a signal; a second signal ends the process at once."""
    lines = Lines(source)

    def end(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        lines.end()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    outgoing = Outgoing(sink, lines)
    # The one part that FastMCP keeps to itself; its own transports run it like this.
    low_level = server._mcp_server
    await low_level.run(Incoming(lines, outgoing), outgoing, low_level.create_initialization_options())


class Lines:
    """The lines of a file descriptor, until it ends or ``end`` is called.

    They are read in a thread that is never waited for: nothing else can leave a read that no byte will end.
    """

    def __init__(self, source: int):
        self._source = source
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(_AHEAD)
        self._ended = False
        threading.Thread(target=self._read, daemon=True, name="stdin").start()

    def end(self) -> None:
        """No more lines; may be called from a signal handler and from any thread."""
        self._loop.call_soon_threadsafe(self._end)

    async def next(self) -> bytes | None:
        """The next line, None: there is none."""
        if self._ended:
            return None
        line = await self._queue.get()
        self._ended |= line is None
        return None if self._ended else line

    def _end(self) -> None:
        self._ended = True
        if self._queue.empty():
            self._queue.put_nowait(None)

    def _read(self) -> None:
        rest: list[bytes] = []
        try:
            while piece := os.read(self._source, _PIECE):
                first, *others = piece.split(b"\n")
                rest.append(first)
                for other in others:
                    self._put(b"".join(rest))
                    rest = [other]
            self._put(b"".join(rest))  # a last line without its end
            self._put(None)
        except (OSError, RuntimeError):  # the descriptor or the loop is closed
            return

    def _put(self, line: bytes | None) -> None:
        asyncio.run_coroutine_threadsafe(self._queue.put(line), self._loop).result()


class Outgoing:
    """What the server writes: a message a line. Knows which requests wait for their answer."""

    def __init__(self, sink: int, lines: Lines):
        self._sink, self._lines = sink, lines
        self.waiting: set[int | str] = set()

    async def send(self, item: SessionMessage) -> None:
        self.write(item.message)

    def write(self, message: JSONRPCMessage) -> None:
        text = message.model_dump_json(by_alias=True, exclude_unset=True)
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            self.waiting.discard(message.id)
        rest = memoryview(f"{text}\n".encode())
        try:
            while rest:
                rest = rest[os.write(self._sink, rest) :]
        except BrokenPipeError:  # nobody is left to answer
            self.waiting.clear()
            self._lines.end()

    async def aclose(self) -> None:
        pass

    async def __aenter__(self) -> "Outgoing":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class Incoming:
    """What the server reads; ends when there are no more lines and everything taken is answered, or after ``GRACE``."""

    def __init__(self, lines: Lines, outgoing: Outgoing):
        self._lines, self._outgoing = lines, outgoing

    def __aiter__(self) -> "Incoming":
        return self

    async def __anext__(self) -> SessionMessage:
        while (line := await self._lines.next()) is not None:
            if line.strip() and (message := self._message(line)):
                return SessionMessage(message)
        end = time.monotonic() + GRACE
        while self._outgoing.waiting and time.monotonic() < end:
            await asyncio.sleep(0.01)
        raise StopAsyncIteration

    def _message(self, line: bytes) -> JSONRPCMessage | None:
        """The line's message; None: it is none, and its sender has been told."""
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValidationError:
            problem = ErrorData(code=PARSE_ERROR, message="the line is no JSON-RPC message")
            self._outgoing.write(JSONRPCError(jsonrpc="2.0", id=_id(line), error=problem))
            return None
        waiting = self._outgoing.waiting
        if isinstance(message, JSONRPCRequest):
            waiting.add(message.id)
        elif isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
            waiting.discard((message.params or {}).get("requestId"))  # it is not answered any more
        return message

    async def receive(self) -> SessionMessage:
        return await self.__anext__()

    async def aclose(self) -> None:
        self._lines.end()

    async def __aenter__(self) -> "Incoming":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _id(line: bytes) -> int | str | None:
    """The id of a request that is no valid message, if it can be found."""
    try:
        found = json.loads(line)["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, int | str) and not isinstance(found, bool) else None
