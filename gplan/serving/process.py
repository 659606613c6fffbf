"""The server as a process: it owns an address, and a signal makes it finish what it has accepted.

SIGTERM ─► /readyz and new requests: 503 ─► no new connections, idle ones closed ─► requests under way are answered
        ─► the planner's thread ends ─► exit status 0
"""

import argparse
import contextlib
import gc
import os
import signal
import socket
from pathlib import Path

import uvicorn
from transformers.utils import logging

from data_process.schema import Row
from gplan.metrics.placement import placement
from gplan.planner.decode import Planner
from gplan.serving.batcher import Batcher
from gplan.serving.heads import HeadProtocol
from gplan.serving.listener import BACKLOG, KEEP_ALIVE, is_local
from gplan.serving.plan_log import PlanLog
from gplan.serving.prometheus import Metrics
from gplan.serving.server import CUT_OFF, Service, create_app
from gplan.serving.wire import MAX_ROWS
from utils import InputError, say


def make_service(args: argparse.Namespace, source: str, rows: list[Row], opened: contextlib.ExitStack) -> Service:
    """The service of ``serve.py``'s arguments; what has to be closed in the end goes into ``opened``.

    Args:
        rows: without labels, to try the server with; they are from ``source``.

    Raises:
        InputError: the plan log can't be written.
    """
    metrics = Metrics()
    return Service(
        Batcher(lambda: load_planner(args), rows, args.queue, metrics),
        metrics,
        name=Path(args.model).resolve().name,
        arm=args.arm,
        timeout=args.timeout,
        max_length=args.max_length,
        max_rows=min(MAX_ROWS, args.queue),
        key=os.environ.get("API_KEY") or None,
        examples={"source": source, "rows": rows},
        plan_log=opened.enter_context(PlanLog(args.plan_log)) if args.plan_log else None,
    )


def greet(args: argparse.Namespace, address: str) -> None:
    """Says where the server is, and what to know about that."""
    say(f"serving {args.model} at {address}")
    if not is_local(args.host) and not os.environ.get("API_KEY"):
        say("warning: whoever reaches this address can ask; set API_KEY, or leave --host out")


def load_planner(args: argparse.Namespace) -> Planner:
    """The planner of ``serve.py``'s arguments.

    Raises:
        InputError: no checkpoint that can be loaded, or arguments that don't fit it.
    """
    device, dtype = placement(args.dtype, args.device)
    slots = args.slots or (64 if device.type == "cuda" else 16)
    logging.disable_progress_bar()
    planner = Planner.load(args.model, dtype=dtype, device=device, slots=slots)
    if args.max_length <= planner.limit:
        raise InputError(f"--max_length {args.max_length}: a response alone may take {planner.limit}; give more")
    if device.type == "cuda":
        # All memory at once: it is now that it can be missing, and slots that grow would void what was recorded.
        planner.slots.reserve(args.max_length)
    return planner


def run(service: Service, listener: socket.socket) -> int:
    """Serves until a signal; returns how many accepted requests had to be left without an answer.

    Raises:
        InputError: the planner can't be loaded.
    """
    # Requests under way have the service's timeout, and then a moment to send their answers.
    server = Server(service, timeout_graceful_shutdown=int(service.timeout) + 5)
    # uvicorn raises the signal once more when it is done, which would end the process with another status.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    batcher = service.batcher

    def loaded() -> None:
        if batcher.error:
            server.stop()
            return
        # What is there by now stays: 400,000 objects that a full collection would look through, 0.2 s each time.
        gc.freeze()
        say("ready")

    batcher.start(loaded)
    server.run([listener])
    batcher.stop()
    gc.unfreeze()  # or libraries complain of leaks at exit
    if batcher.error and not batcher.planner:
        raise batcher.error
    return service.metrics.answered(CUT_OFF)


class Server(uvicorn.Server):
    """uvicorn's server, which tells the service that it ends."""

    def __init__(self, service: Service, **settings):
        super().__init__(
            uvicorn.Config(
                create_app(service),
                lifespan="off",
                access_log=False,
                log_config=None,
                timeout_keep_alive=KEEP_ALIVE,
                backlog=BACKLOG,
                http=HeadProtocol,
                **settings,
            )
        )
        self._service = service

    def stop(self) -> None:
        self._service.draining = self.should_exit = True

    def handle_exit(self, sig, frame) -> None:
        self._service.draining = True
        super().handle_exit(sig, frame)
