"""uvicorn's HTTP protocol with a limit that it lacks: how long the head of a request may take to arrive.

    connected ──► ┊ POST /v1/plan HTTP/1.1 … ┊ ──► the body, which has the service's own timeout
    keep-alive ─► └ HEAD_SECONDS from the first byte, or from the connection ┘

Without it, whoever sends a byte now and then holds a connection for ever, and some thousand of them hold the server.
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0


class HeadProtocol(H11Protocol):
    """Closes a connection whose request's head has not arrived ``HEAD_SECONDS`` after it began."""

    _head: asyncio.TimerHandle | None = None

    def connection_made(self, transport) -> None:
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait_for_head()

    def connection_lost(self, exc) -> None:
        super().connection_lost(exc)
        self._stop_waiting()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait_for_head()

    def _wait_for_head(self) -> None:
        """Starts the clock if a head is under way, stops it if none is: an idle connection has its own timeout."""
        idle = self.timeout_keep_alive_task is not None
        if idle or self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            self._stop_waiting()
        elif self._head is None:
            self._head = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _too_slow(self) -> None:
        self.transport.close()
