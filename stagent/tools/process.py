"""The MCP server as a process: its world is opened, it serves, a signal makes it finish what it has accepted.

SIGTERM ─► /readyz and new requests: 503 ─► no new connections, idle ones closed ─► requests under way are answered
        ─► the world is closed ─► exit status 0
"""

import argparse
import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import Awaitable
from typing import TypeVar

import uvicorn
from fastmcp import FastMCP

from gplan.serving.heads import HeadProtocol
from gplan.serving.listener import BACKLOG, KEEP_ALIVE, is_local, listen, url
from stagent.tools.calls import Calls
from stagent.tools.http_guard import PATH, Guard, HttpLimits
from stagent.tools.mcp_server import create_server
from stagent.tools.metrics import ToolMetrics
from stagent.tools.stdio import own_descriptors, serve_stdio
from stagent.worlds.opening import clock_of, open_world
from stagent.worlds.protocol import World
from utils import say

Ended = TypeVar("Ended")
GRACE = 30  # seconds for requests under way once a signal has come


def over_stdio(args: argparse.Namespace) -> int:
    """Serves whoever started this process; returns the exit status.

    Raises:
        InputError: the world or the clock can't be used.
    """
    with own_descriptors() as (source, sink):
        server, world = _opened(args, ToolMetrics())
        asyncio.run(_then_close(serve_stdio(server, source, sink), world))
    return 0


def over_http(args: argparse.Namespace) -> int:
    """Serves at an address until a signal; returns the exit status.

    Raises:
        InputError: the address, the world or the clock can't be used.
    """
    key, metrics = os.environ.get("API_KEY") or None, ToolMetrics()
    limits = HttpLimits(args.rate, args.under_way, tuple(name.lower() for name in args.allowed_hosts))
    with listen(args.host, args.port) as listener:
        server, world = _opened(args, metrics)
        say(f"serving MCP at {url(args.host, listener)}{PATH}")
        if not is_local(args.host) and not key:
            say("warning: whoever reaches this address can ask; set API_KEY, or leave --address out")
        cut_off = asyncio.run(_then_close(serve_http(server, listener, limits, key, metrics), world))
    say(f"stopped; {cut_off} requests were cut off" if cut_off else "stopped")
    return 1 if cut_off else 0


def _opened(args: argparse.Namespace, metrics: ToolMetrics) -> tuple[FastMCP, World]:
    """The command line's world, and a server for it."""
    # What libraries have to say goes to stderr in one form; which requests came, and were refused, is in /metrics.
    logging.basicConfig(format="%(levelname)s: %(message)s")
    world = open_world(args)
    # What is there by now stays: a full collection would look through all of it, 0.1 s each time.
    gc.collect()
    gc.freeze()
    clock = clock_of(args, world)
    calls = Calls(world, language=args.language, observer=metrics.observe)
    return create_server(calls, (lambda: clock) if clock else world.default_clock, args.language, metrics), world


async def _then_close(serving: Awaitable[Ended], world: World) -> Ended:
    try:
        return await serving
    finally:
        gc.unfreeze()  # or libraries complain of leaks at exit
        await world.close()


async def serve_http(
    server: FastMCP, listener: socket.socket, limits: HttpLimits, key: str | None, metrics: ToolMetrics
) -> int:
    """Serves until a signal; returns how many accepted requests had to be left without an answer.

    Every request stands for itself: no session is kept, so that a client outlives a server's restart, and any number
    of servers can stand behind one address.
    """
    app = server.http_app(path=PATH, json_response=True, stateless_http=True, host_origin_protection=False)
    guard = Guard(app, limits, key, metrics)
    # uvicorn raises the signal once more when it is done, which would end the process with another status.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    await ToolServer(guard).serve([listener])
    return guard.cut_off


class ToolServer(uvicorn.Server):
    """uvicorn's server, which says when it is ready, and tells the guard that it ends."""

    def __init__(self, guard: Guard):
        super().__init__(
            uvicorn.Config(
                guard,
                lifespan="on",
                ws="none",
                access_log=False,
                log_config=None,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=GRACE,
                backlog=BACKLOG,
                http=HeadProtocol,
            )
        )
        self._guard = guard

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        say("ready")

    def handle_exit(self, sig, frame) -> None:
        self._guard.draining = True
        super().handle_exit(sig, frame)
