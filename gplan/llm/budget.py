"""What a teacher may cost: HTTP requests, tokens and money, counted over everything that a journal holds."""

from typing import NamedTuple

from gplan.llm.journal import Entry

# One token a character until the endpoint has told better: Chinese takes about 0.65, ids and tags more.
_TOKENS_A_CHARACTER = 1.0


class Limits(NamedTuple):
    """The most that a folder may cost, None for no limit; prices in money per million tokens."""

    requests: int | None = None
    tokens: int | None = None
    money: float | None = None
    price_in: float = 0.0
    price_out: float = 0.0


class Budget:
    """Counts what was spent, and says no before a limit is passed.

    A request is let through only if it fits with all that run: its prompt by the tokens a character seen so far, its
    answer at the longest. Spending passes a limit by no more than the error of that estimate.
    """

    def __init__(self, limits: Limits, spent: list[Entry]) -> None:
        self.limits = limits
        self.requests = sum(entry.tries for entry in spent)
        self.tokens_in = sum(entry.tokens_in for entry in spent)
        self.tokens_out = sum(entry.tokens_out for entry in spent)
        self._rate = _TOKENS_A_CHARACTER
        self._reserved: dict[int, tuple[int, int]] = {}
        self._next = 0

    @property
    def running(self) -> int:
        """Requests for which room is set aside."""
        return len(self._reserved)

    @property
    def money(self) -> float:
        return self._cost(self.tokens_in, self.tokens_out)

    def estimate(self, characters: int) -> int:
        """The tokens of a prompt of that many characters."""
        return round(characters * self._rate)

    def reserve(self, characters: int, longest_answer: int) -> int | None:
        """Sets aside what one more request can take: a ticket for ``settle``, or None if a limit is in the way."""
        expected = (self.estimate(characters), longest_answer)
        running = [*self._reserved.values(), expected]
        tokens_in = self.tokens_in + sum(one for one, _ in running)
        tokens_out = self.tokens_out + sum(two for _, two in running)
        if self._over(self.requests + len(running), tokens_in + tokens_out, self._cost(tokens_in, tokens_out)):
            return None
        self._next += 1
        self._reserved[self._next] = expected
        return self._next

    def settle(self, ticket: int, tokens_in: int, tokens_out: int, characters: int) -> None:
        """Books what a request took in the end: 0 tokens for one that failed."""
        del self._reserved[ticket]
        self.requests += 1
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out
        if tokens_in:
            self._rate = tokens_in / max(1, characters)

    def release(self, ticket: int) -> None:
        """Gives back what was set aside for a request that was never sent."""
        del self._reserved[ticket]

    def spent(self) -> str:
        """``"12 requests, 57,720 tokens in, 3,480 out, cost 0.0412"``; no cost without prices."""
        priced = self.limits.price_in or self.limits.price_out
        cost = f", cost {self.money:.4f}" if priced else ""
        return f"{self.requests:,} requests, {self.tokens_in:,} tokens in, {self.tokens_out:,} out{cost}"

    def _cost(self, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in * self.limits.price_in + tokens_out * self.limits.price_out) / 1e6

    def _over(self, requests: int, tokens: int, money: float) -> bool:
        most = ((self.limits.requests, requests), (self.limits.tokens, tokens), (self.limits.money, money))
        return any(limit is not None and value > limit for limit, value in most)
