"""One thread runs the planner; requests that arrive together go forward together.

    submit ──► waiting ──admit──► running ──step … step──► future          a newcomer joins between two passes
               bounded            in slots      └ k > 1 ─► searching ──► future
                                                           one pass of the oldest search after each pass of the others

A job's ``future`` is all that its owner holds: it gets the job once it is planned, or an exception, and cancelling it
takes the job out wherever it is.
"""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError

from data_process.schema import Row
from gplan.planner.decode import Planner
from gplan.planner.request import Request
from gplan.planner.search import Ranked, Search
from gplan.serving.prometheus import Metrics

_log = logging.getLogger(__name__)


class FullError(Exception):
    """The queue has no room for these jobs now."""


class ClosedError(Exception):
    """The planner takes no jobs: it is not loaded yet, or broken."""


class PlannerError(Exception):
    """A pass failed that the job was in."""


class PlanJob:
    """A row on its way: its plan, and with k > 1 its k best plans after that. Times are ``time.monotonic``'s."""

    def __init__(self, request: Request, *, k: int, arrived: float):
        self.request, self.k, self.arrived = request, k, arrived
        self.admitted = self.planned = 0.0
        self.ranked: list[Ranked] = []
        self.complete = True  # whether ``ranked`` are the k best
        self.future: Future[PlanJob] = Future()


class Batcher:
    """The planner's thread and the queue before it.

    Args:
        load: makes the planner, in the thread that will use it.
        examples: rows that are planned once before the first request, and after a failure to see whether it works.
        queue: jobs that may wait, those that wait for a search included.

    ``error`` is what broke the planner, None while it works.
    """

    def __init__(self, load: Callable[[], Planner], examples: list[Row], queue: int, metrics: Metrics):
        self._load, self._examples, self._queue, self._metrics = load, examples, queue, metrics
        self._changed = threading.Condition()  # guards the three below
        self._waiting: deque[PlanJob] = deque()
        self._searching: deque[PlanJob] = deque()
        self._stopping = False
        self._running: dict[Request, PlanJob] = {}
        self._search: Search | None = None  # of the first job of _searching
        self._thread: threading.Thread | None = None
        self.planner: Planner | None = None  # once it is warm
        self.error: Exception | None = None
        metrics.gauge("queue_depth", "Rows that wait, for a slot or for their search.", self._backlog)
        metrics.gauge("running", "Rows in slots.", lambda: len(self._running))

    @property
    def ready(self) -> bool:
        return self.planner is not None and self.error is None

    @property
    def full(self) -> bool:
        """Whether there is no room: asked before work is put into a request."""
        return self._backlog() >= self._queue

    def start(self, on_loaded: Callable[[], None]) -> None:
        """Starts the thread, which loads the planner and then calls ``on_loaded``: ``error`` says whether it could."""
        self._thread = threading.Thread(target=self._work, args=(on_loaded,), name="planner", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns when every job that was submitted has come to its end. A planner that still loads is left alone."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self.planner is not None:
            self._thread.join()

    def submit(self, jobs: list[PlanJob]) -> None:
        """Puts jobs into the queue, all or none.

        Raises:
            FullError: there is no room for them.
            ClosedError: there is no planner that works.
        """
        with self._changed:
            if not self.ready:
                raise ClosedError
            if self._backlog() + len(jobs) > self._queue:
                raise FullError
            self._waiting.extend(jobs)
            self._changed.notify()

    def _backlog(self) -> int:
        """The jobs that wait and were not given up."""
        with self._changed:
            return sum(not job.future.cancelled() for job in (*self._waiting, *self._searching))

    def _work(self, on_loaded: Callable[[], None]) -> None:
        try:
            planner = self._load()
            self._try_out(planner)
            self.planner = planner
        except Exception as error:
            self.error = error
        on_loaded()
        try:
            while not self.error and self._more():
                self._round()
        except Exception as error:
            self._give_up(error)

    def _round(self) -> None:
        """A pass over prompts, one over decisions, one of a search, as far as there is work for each."""
        try:
            self._drop()
            self._pass(self._newcomers())
        except Exception as error:
            self._recover(error)
        self._search_on()

    def _try_out(self, planner: Planner) -> None:
        # On CUDA every size of batch that will be recorded is recorded now, not while somebody waits.
        most = planner.slots.count if planner.slots.device.type == "cuda" else 1
        for size in (1 << i for i in range(most.bit_length())):
            planner.plan([self._examples[i % len(self._examples)] for i in range(size)])

    def _more(self) -> bool:
        """Waits until there is something to do; False when there will be nothing any more."""
        with self._changed:
            while not (self._waiting or self._running or self._searching):
                if self._stopping:
                    return False
                self._changed.wait()
            return True

    def _drop(self) -> None:
        """Takes those out of their slots that were given up."""
        for request in [request for request, job in self._running.items() if job.future.cancelled()]:
            self.planner.drop(request)
            del self._running[request]

    def _newcomers(self) -> list[PlanJob]:
        """The jobs to admit now."""
        newcomers: list[PlanJob] = []
        free, slots = self.planner.free, self.planner.slots.count
        with self._changed:
            # With more to do than there are slots, prompts go in few passes, not in one for each slot that falls free.
            if free < min(len(self._waiting), slots // 4) and self._running:
                return newcomers
            while self._waiting and len(newcomers) < free:
                if not (job := self._waiting.popleft()).future.cancelled():
                    newcomers.append(job)
        return newcomers

    def _pass(self, newcomers: list[PlanJob]) -> None:
        if newcomers:
            now = time.monotonic()
            for job in newcomers:
                job.admitted = now
                self._running[job.request] = job
            self.planner.admit([job.request for job in newcomers])
            self._metrics.passes.labels("prompts").inc()
        if not self._running:
            return
        self._metrics.batch_size.observe(len(self._running))
        self._metrics.passes.labels("decisions").inc()
        for request in self.planner.step():
            job = self._running.pop(request)
            job.planned = time.monotonic()
            if job.k > 1:
                with self._changed:
                    self._searching.append(job)
            else:
                _settle(job)

    def _search_on(self) -> None:
        """One pass of the oldest search."""
        if not self._searching:
            return
        job = self._searching[0]
        try:
            if not job.future.cancelled():
                self._search = self._search or Search(self.planner, job.request.row, job.k)
                if not self._search.done:
                    self._metrics.passes.labels("search").inc()
                    self._search.step()
                if not self._search.done:
                    return
                job.ranked, job.complete = self._search.plans, self._search.complete
            _settle(job)
        except Exception as error:
            self._report(error)
            _settle(job, PlannerError())
        with self._changed:
            self._searching.popleft()
        self._search = None

    def _recover(self, error: Exception) -> None:
        """Answers those that were in a pass that failed; raises if the planner can't go on."""
        self._report(error)
        for job in self._running.values():
            _settle(job, PlannerError())
        self._running.clear()
        for request in reversed(list(self.planner.running)):
            self.planner.drop(request)
        self._try_out(self.planner)

    def _give_up(self, error: Exception) -> None:
        self._report(error)
        with self._changed:
            self.error = error
            for job in (*self._running.values(), *self._waiting, *self._searching):
                _settle(job, PlannerError())
            self._waiting.clear()
            self._searching.clear()

    def _report(self, error: Exception) -> None:
        self._metrics.failures.inc()
        _log.error("a pass of the planner failed", exc_info=error)


def _settle(job: PlanJob, error: Exception | None = None) -> None:
    with contextlib.suppress(InvalidStateError):  # cancelled a moment ago
        if error:
            job.future.set_exception(error)
        else:
            job.future.set_result(job)
