"""An endpoint, asked at a bounded rate within a budget, and again where an answer failed to come.

reserve in the budget → wait for the pace → request ─┬→ reply
   ↑                                                 ├→ passing failure: wait, then again, ``tries`` times in all
   └─────────────────────────────────────────────────┘  refused, or no more tries: a reply with its problem
"""

import asyncio
import contextlib
import random
import time
from typing import NamedTuple

from gplan.llm.budget import Budget
from gplan.llm.endpoint import Endpoint, EndpointError, PassingError, RefusedError, Reply
from utils import InputError

# Full jitter (waits between 0 and a doubling bound): many clients that failed together don't come back together.
BASE_SECONDS, LONGEST_SECONDS = 1.0, 60.0
LONGEST_RETRY_AFTER = 600.0
# So many questions in a row without an answer, and the endpoint counts as gone.
GIVE_UP_AFTER = 10
# At the very start nobody listens, most likely: no reason to wait through all tries.
FIRST_CONNECTIONS = 3
LAST_RESORT = "the same command goes on where this one stopped"


class Pace(NamedTuple):
    """How an endpoint may be asked; None for no limit."""

    tries: int = 6  # requests for one answer
    per_minute: float | None = None  # requests
    tokens_per_minute: float | None = None
    longest_answer: int = 2_000  # tokens that an answer may have


class BudgetReached(Exception):
    """A limit of the budget is in the way of the next request."""


class Stopped(Exception):
    """The run is to end: nothing more is to be asked."""


class PacedEndpoint:
    """``await PacedEndpoint(endpoint, pace, budget).ask(messages)`` -> ``(Reply, tries, tokens in, tokens out)``."""

    def __init__(self, endpoint: Endpoint, pace: Pace, budget: Budget) -> None:
        self.endpoint, self.pace, self.budget = endpoint, pace, budget
        self.stop = asyncio.Event()  # set: no more requests
        self._next = 0.0  # the moment of the next request, on time.monotonic's clock
        self.answers = 0
        self._failed = 0  # questions in a row without an answer
        self._jitter = random.Random()

    @property
    def model(self) -> str:
        return self.endpoint.model

    async def close(self) -> None:
        await self.endpoint.close()

    async def ask(self, messages: list[dict[str, str]]) -> tuple[Reply, int, int, int]:
        """An answer, or a reply whose ``problem`` begins with ``endpoint.``.

        Raises:
            EndpointError: no request can succeed.
            BudgetReached, Stopped: nothing may be asked any more.
        """
        characters = sum(len(message["content"]) for message in messages)
        failure = PassingError("endpoint.timeout", "")
        spent = (0, 0)  # by all tries: an answer that can't be read was paid for too
        for number in range(self.pace.tries):
            if number:
                await self._wait(self._backoff(number))
            ticket = await self._ticket(characters)
            tokens, sent = (0, 0), False
            try:
                await self._turn(characters)
                sent = True
                reply = await self.endpoint.request(messages)
                tokens = self._tokens(reply, characters)
            except PassingError as error:
                failure, tokens = error, error.usage
                if error.retry_after is not None:  # what one request is told goes for all
                    self._next = max(self._next, time.monotonic() + min(error.retry_after, LONGEST_RETRY_AFTER))
                if not self.answers and error.problem == "endpoint.connection" and number + 1 == FIRST_CONNECTIONS:
                    break
                continue
            except RefusedError as error:
                if not self.answers:
                    raise EndpointError(
                        f"{self.endpoint.shown}: {error}; the very first request is refused: check "
                        f"{self.endpoint.role.upper()}_MODEL, --request and --max_answer_tokens"
                    ) from None
                return self._missed(Reply("", problem="endpoint.refused", message=str(error)), number + 1, spent)
            finally:
                spent = (spent[0] + tokens[0], spent[1] + tokens[1])
                self.budget.settle(ticket, *tokens, characters) if sent else self.budget.release(ticket)
            self.answers += 1
            self._failed = 0
            return reply, number + 1, *spent
        return self._missed(Reply("", problem=failure.problem, message=str(failure)), number + 1, spent)

    def _missed(self, reply: Reply, tries: int, spent: tuple[int, int]) -> tuple[Reply, int, int, int]:
        """Counts a question without an answer; the first of all, or many in a row, end the run."""
        self._failed += 1
        if not self.answers or self._failed >= GIVE_UP_AFTER:
            when = "at its first request" if not self.answers else f"for {self._failed} questions in a row"
            raise EndpointError(
                f"{self.endpoint.shown}: no answer {when}: {reply.message} ({tries} tries); "
                f"check {self.endpoint.role.upper()}_URL and that the endpoint runs; {LAST_RESORT}"
            )
        return reply, tries, *spent

    def _backoff(self, number: int) -> float:
        """Seconds before the ``number``-th repetition, 0 to 1, 2, 4 …; at the very start an error is due soon."""
        number = number if self.answers else min(number, 2)
        return self._jitter.uniform(0, min(LONGEST_SECONDS, BASE_SECONDS * 2 ** (number - 1)))

    async def _ticket(self, characters: int) -> int:
        """Room in the budget; where requests that run leave none, their end is waited for: most take less."""
        while (ticket := self.budget.reserve(characters, self.pace.longest_answer)) is None:
            if not self.budget.running:
                raise BudgetReached
            await self._wait(0.05)
        return ticket

    async def _turn(self, characters: int) -> None:
        """Waits for this request's turn: requests go out one by one, evenly, so that no minute holds too many."""
        gap = 0.0
        if self.pace.per_minute:
            gap = 60 / self.pace.per_minute
        if self.pace.tokens_per_minute:
            tokens = self.budget.estimate(characters) + self.pace.longest_answer
            gap = max(gap, 60 * tokens / self.pace.tokens_per_minute)
        now = time.monotonic()
        turn = max(now, self._next)
        self._next = turn + gap
        await self._wait(turn - now)

    async def _wait(self, seconds: float) -> None:
        """Sleeps; raises Stopped as soon as the run is to end."""
        if seconds > 0:
            with contextlib.suppress(TimeoutError, asyncio.TimeoutError):
                await asyncio.wait_for(self.stop.wait(), seconds)
        if self.stop.is_set():
            raise Stopped

    def _tokens(self, reply: Reply, characters: int) -> tuple[int, int]:
        """What the endpoint counted, or an estimate where it counts nothing."""
        tokens_in = self.budget.estimate(characters) if reply.tokens_in is None else reply.tokens_in
        return tokens_in, len(reply.text) if reply.tokens_out is None else reply.tokens_out


def check_pace(pace: Pace) -> None:
    """Raises InputError for numbers that leave nothing to ask."""
    for name, value in (("--tries", pace.tries), ("--max_answer_tokens", pace.longest_answer)):
        if value < 1:
            raise InputError(f"{name} {value}: give at least 1")
    for name, value in (("--rpm", pace.per_minute), ("--tpm", pace.tokens_per_minute)):
        if value is not None and not value > 0:
            raise InputError(f"{name} {value}: give a number above 0, or none for no limit")
