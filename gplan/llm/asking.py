"""Asks an LLM many questions at once, journals what comes, shows how it goes, and stops cleanly.

    first job alone ──► N workers: ask ─► journal ─► check ─┬─ accepted
    (a wrong key costs                                      ├─ rejected: once more, with the error shown
     one request)                                           └─ rejected again, or no answer

Budget reached: nothing new is asked, what runs comes to its end. SIGINT, SIGTERM or an error that concerns every
request: the same, for ``GRACE_SECONDS``; what has not come by then is given up and asked again by the next run.
"""

import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from tqdm import tqdm

from gplan.llm.endpoint import EndpointError
from gplan.llm.journal import Entry, Journal
from gplan.llm.paced import BudgetReached, PacedEndpoint, Stopped
from utils import say

GRACE_SECONDS = 10.0
ATTEMPTS = 2
# The exit status of a command that left something unanswered: a budget, failures, a replay without it.
INCOMPLETE = 3


Message = dict[str, str]


class CheckedAnswer(Protocol):
    """What an answer was found to be: of use, or not and why."""

    entry: Entry
    reason: str
    message: str

    @property
    def accepted(self) -> bool: ...


class Talk(Protocol):
    """What is asked, and what is made of the answers. A job has a ``number``, an ``id`` and a ``source``."""

    def question(self, job: Any) -> tuple[list[Message], str]:
        """The chat that a job is asked with, and its digest."""

    def check(self, job: Any, entry: Entry) -> CheckedAnswer:
        """What an entry is worth for its job."""

    def correction(self, chat: list[Message], refused: CheckedAnswer) -> list[Message]:
        """The chat of the one retry, which shows the refused answer and its error."""


class Tally:
    """How many jobs are accepted (at which attempt) and rejected (why), on a progress bar."""

    def __init__(self, jobs: int, spent: Callable[[], str], unit: str = "row") -> None:
        self.accepted: Counter[int] = Counter()
        self.rejected: Counter[str] = Counter()
        self._spent, self.unit = spent, unit
        # Into a file a bar is a line every 10 seconds and one at the end.
        seconds = 0.1 if sys.stderr.isatty() else 10
        self.bar = tqdm(total=jobs, desc=f"{unit}s", unit=unit, mininterval=seconds, dynamic_ncols=True)

    def add(self, one: CheckedAnswer) -> None:
        """Counts a job that has come to its end."""
        if one.accepted:
            self.accepted[one.entry.attempt] += 1
        else:
            self.rejected[one.reason] += 1
        self.bar.set_postfix_str(self.line(3), refresh=False)
        self.bar.update()

    def line(self, reasons: int | None = None) -> str:
        """``"117 accepted (7 on the retry), 3 rejected (2 reasoning.language, 1 format.json); 12 requests, …"``."""
        retried = f" ({self.accepted[2]} on the retry)" if self.accepted[2] else ""
        why = ", ".join(f"{count} {name}" for name, count in self.rejected.most_common(reasons))
        rejected = f"{self.rejected.total():,} rejected" + (f" ({why})" if why else "")
        spent = self._spent()
        return f"{self.accepted.total():,} accepted{retried}, {rejected}" + (f"; {spent}" if spent else "")

    def close(self) -> None:
        self.bar.set_postfix_str(self.line(3), refresh=False)
        self.bar.refresh()
        self.bar.close()


class Asking:
    """One run: ``asyncio.run(Asking(…).run(jobs))`` -> the signal that ended it, or 0."""

    def __init__(
        self,
        endpoint: PacedEndpoint,
        journal: Journal,
        tally: Tally,
        talk: Talk,
        known: dict[int, Entry],
        workers: int,
        stop_after: int,
    ) -> None:
        """``known`` holds the first answer of jobs that lack the second, by number.

        After ``stop_after`` jobs in a row that were rejected for one reason the run ends: more of the same would only
        be paid for. 0: never.
        """
        self.endpoint, self.journal, self.tally, self.talk = endpoint, journal, tally, talk
        self.known, self.workers = known, workers
        self.budget_reached = False
        self._stop_after, self._reason, self._alike = stop_after, "", 0
        self._signal = 0

    async def run(self, jobs: list) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, number)
        try:
            left = iter(jobs)
            # Alone until something has come back: an endpoint that can't answer is told by one request.
            await self._together(left, 1, until=self._heard)
            await self._together(left, self.workers)
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
            await self.endpoint.close()
        return self._signal

    def _stop(self, number: int) -> None:
        if self._signal:  # the second one: at once
            for task in self._tasks:
                task.cancel()
        self._signal = number
        self.endpoint.stop.set()

    def _heard(self) -> bool:
        return self.endpoint.answers > 0

    async def _together(self, left: Iterator, workers: int, until: Callable[[], bool] = lambda: False) -> None:
        """Runs workers to the end of the jobs; the first error stops all of them and is raised."""
        self._tasks = [asyncio.create_task(self._worker(left, until)) for _ in range(workers)]
        stopping = asyncio.create_task(self.endpoint.stop.wait())
        running = set(self._tasks)
        while running and not stopping.done():
            done, _ = await asyncio.wait({*running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            running -= done
            if any(task is not stopping and not task.cancelled() and task.exception() for task in done):
                self.endpoint.stop.set()
        stopping.cancel()
        if running:
            _, late = await asyncio.wait(running, timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                raise result

    async def _worker(self, left: Iterator, until: Callable[[], bool]) -> None:
        try:
            for job in left:
                await self._job(job)
                if until() or self.endpoint.stop.is_set() or self.budget_reached:
                    return
        except BudgetReached:
            self.budget_reached = True
        except Stopped:
            return

    async def _job(self, job) -> None:
        chat, digest = self.talk.question(job)
        entry = self.known.get(job.number)
        if entry is None:
            entry = await self._ask(job, chat, digest, 1)
        one = self.talk.check(job, entry)
        if not one.accepted and entry.answered:
            chat = self.talk.correction(chat, one)
            second = self.talk.check(job, await self._ask(job, chat, digest, ATTEMPTS))
            # No answer to the retry: the job keeps the reason of the answer it has.
            one = second if second.entry.answered else one
        self.tally.add(one)
        self._check_alike(one)

    def _check_alike(self, one: CheckedAnswer) -> None:
        """Raises EndpointError when too many jobs have been rejected for one reason, one after the other."""
        if one.accepted or not one.entry.answered:
            self._alike = 0
            return
        self._alike = self._alike + 1 if one.reason == self._reason else 1
        self._reason = one.reason
        if self._stop_after and self._alike >= self._stop_after:
            raise EndpointError(
                f"{self._alike} {self.tally.unit}s in a row were rejected for one reason, {one.reason}: {one.message}; "
                f"the last answer was: {one.entry.text[:400]!r}; set right what leads to it, or give --stop_after 0"
            )

    async def _ask(self, job, chat: list[Message], digest: str, attempt: int) -> Entry:
        began = time.monotonic()
        reply, tries, tokens_in, tokens_out = await self.endpoint.ask(chat)
        entry = Entry(
            row=job.number,
            id=job.id,
            source=job.source,
            request=digest,
            attempt=attempt,
            teacher="llm",
            model=self.endpoint.model,
            text=reply.text,
            finish=reply.finish,
            problem=reply.problem,
            message=reply.message,
            tries=tries,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            seconds=round(time.monotonic() - began, 3),
        )
        self.journal.append(entry)
        return entry


def ask_all(asking: Asking, jobs: list, spent: Callable[[], str]) -> int:
    """Runs to the end and says how it went; returns the signal that ended it, or 0."""
    try:
        ended = asyncio.run(asking.run(jobs))
    finally:
        asking.tally.close()
        say(asking.tally.line())
    if asking.budget_reached:
        say(f"the budget is reached ({spent()}); the same command with a larger one goes on")
    return ended
