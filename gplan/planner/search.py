"""The k best plans of a row, and its likeliest first intent: exact best-first search over decisions.

    slot   │ prefix │ user, header, scaffold … │ a b │ c d e │ f │ …      chunks of different branches, as they come
                                                 └ a branch's tokens attend to the prompt and to their own branch

A branch is a response up to a decision. The most probable open branch is asked, each allowed token makes a new branch,
and a plan that is whole competes like any other; since log-probabilities only fall, the first k whole plans to come out
on top are the k best. Several branches are asked in one pass: those that best-first search would ask next, unless they
turn out not to be needed, which costs time and changes nothing.
"""

import heapq
import itertools
import math
from abc import ABC, abstractmethod
from collections import Counter
from typing import NamedTuple, Self

import torch

from data_process.intents import Intent, Plan
from data_process.schema import Row
from gplan.planner.decode import PIECE, Planner
from gplan.planner.grammar import LIBRARY, State
from utils import InputError

# Branches asked in one pass, and tokens of branches after which the search gives up.
ABREAST = 8
BUDGET = 2048


class Ranked(NamedTuple):
    """A plan and its log-probability among all valid plans, in nats."""

    plan: Plan
    log_probability: float


class _Branch(NamedTuple):
    """An open branch: tokens that are not fed yet, the state after them, the places of those that are fed."""

    state: State
    chunk: list[int]
    path: list[int]


class _BestFirst(ABC):
    """Best-first search over one row's responses, of which a subclass says what it looks for: ``_is_found``, ``_bound``
    and ``complete``. Call ``step`` until ``done``; the passes are counted in ``forward_passes``.

    Raises:
        InputError: free reasoning (cot_sft) leaves no finite number of responses to rank.
    """

    def __init__(self, planner: Planner, row: Row):
        if planner.mode == "cot_sft":
            raise InputError("the plans of a cot_sft checkpoint can't be ranked: its reasoning is free text")
        self._planner = planner
        run, state = planner.grammar.forced(planner.grammar.start(has_order=bool(row["trigger_1"])))
        self._slots = planner.slots.fork()
        prompt = planner.encoder.prompt(row)[self._slots.prefix :]
        self._place = self._slots.prefix  # the next free one
        self._shared = self._place + len(prompt) + len(run)  # places that every branch attends to
        # Both by cost, the negative log-probability; among equals the first comes first.
        self._count = itertools.count()
        self._open = [(0.0, next(self._count), _Branch(state, [*prompt, *run], []))]
        self._found: list[tuple[float, int, State]] = []
        self.forward_passes = 0

    @property
    @abstractmethod
    def complete(self) -> bool:
        """Whether nothing that is still open can change the result."""

    @abstractmethod
    def _is_found(self, state: State) -> bool:
        """Whether a branch that leads here is a find, and no longer open."""

    @abstractmethod
    def _bound(self) -> float:
        """Branches of this cost and more are not asked."""

    @property
    def done(self) -> bool:
        return self.complete or self._place - self._shared > BUDGET

    def run(self) -> Self:
        """Steps until ``done``."""
        while not self.done:
            self.step()
        return self

    def step(self) -> None:
        """One pass (several where the prompt is long) over the most probable open branches."""
        if self._place < self._shared:
            cost, _, branch = self._open.pop()
            self._ask([(cost, branch)], self._feed_prompt(branch.chunk))
            return
        branches = []
        while self._open and len(branches) < ABREAST and self._open[0][0] < self._bound():
            cost, _, branch = heapq.heappop(self._open)
            branches.append((cost, branch))
        places = list(itertools.accumulate((len(branch.chunk) for _, branch in branches), initial=self._place))
        self._slots.reserve(places[-1])
        width = places[-1] - self._place
        allowed = (torch.arange(places[-1]) < self._shared).repeat(width, 1)
        positions = []
        for (_, branch), begin, end in zip(branches, places, places[1:], strict=False):
            own = allowed[begin - self._place : end - self._place]
            own[:, branch.path] = True
            own[:, begin:end] = torch.ones(end - begin, end - begin, dtype=torch.bool).tril()
            at = self._shared + len(branch.path)
            positions += range(at, at + end - begin)
            branch.path.extend(range(begin, end))
        self.forward_passes += 1
        hidden = self._slots.forward(
            0,
            torch.tensor([[token for _, branch in branches for token in branch.chunk]]),
            torch.arange(self._place, places[-1])[None],
            positions=torch.tensor([positions]),
            allowed=allowed[None],
        )
        lasts = [place - self._place - 1 for place in places[1:]]
        self._place = places[-1]
        self._ask(branches, hidden[0, lasts])

    def _feed_prompt(self, ids: list[int]) -> torch.Tensor:
        """The hidden state of the last token: (1, H)."""
        self._slots.reserve(self._shared)
        for start in range(0, len(ids), PIECE):
            piece = torch.tensor([ids[start : start + PIECE]])
            self.forward_passes += 1
            hidden = self._slots.forward(0, piece, torch.arange(piece.shape[1])[None] + self._place)
            self._place += piece.shape[1]
        return hidden[0, -1:]

    def _ask(self, branches: list[tuple[float, _Branch]], hidden: torch.Tensor) -> None:
        """Replaces branches by what may follow them. hidden: (N, H), after each branch's last token."""
        grammar = self._planner.grammar
        scores = self._planner.score(hidden, [branch.state for _, branch in branches])
        for (cost, branch), found in zip(branches, scores, strict=True):
            for token, log_prob in zip(found.tokens, found.log_probs, strict=True):
                total = cost - log_prob
                if total >= self._bound():
                    continue
                run, state = grammar.forced(grammar.advance(branch.state, token))
                if self._is_found(state):
                    heapq.heappush(self._found, (total, next(self._count), state))
                else:
                    heapq.heappush(
                        self._open, (total, next(self._count), _Branch(state, [token, *run], list(branch.path)))
                    )


class Search(_BestFirst):
    """The search for the ``k`` best plans of one row: ``plans``, best first.

    Greedy decoding can miss the best plan: a likely first step may lead to unlikely ones. Where the model is so unsure
    that the budget does not suffice, ``complete`` stays False, and ``plans`` are good ones, perhaps fewer than k.
    """

    def __init__(self, planner: Planner, row: Row, k: int):
        super().__init__(planner, row)
        self._k = k

    @property
    def plans(self) -> list[Ranked]:
        """The best found so far, at most k."""
        best = sorted(self._found)[: self._k]
        return [Ranked(self._planner.grammar.plan(state), -cost) for cost, _, state in best]

    @property
    def complete(self) -> bool:
        """Whether ``plans`` are the k best."""
        return not self._open or self._open[0][0] >= self._bound()

    def _is_found(self, state: State) -> bool:
        return state.node == self._planner.grammar.final

    def _bound(self) -> float:
        """The cost of the k-th best plan found; infinite before there is one."""
        return sorted(self._found)[self._k - 1][0] if len(self._found) >= self._k else math.inf


class FirstIntentSearch(_BestFirst):
    """The search for the first intent that is likeliest over all valid plans, in ``forward_passes``.

    Greedy decoding can miss it: a picd response settles the number of intents first, and among plans of the likeliest
    number another intent may be the likeliest.
    """

    @property
    def first(self) -> Intent | None:
        """The likeliest of those found so far; None where the budget did not suffice for one."""
        masses = self._masses()
        return dict(LIBRARY[max(masses, key=masses.__getitem__)]) if masses else None

    @property
    def complete(self) -> bool:
        """Whether no other can be as likely, whatever comes of the open branches."""
        (_, best), (_, second) = [*self._masses().most_common(2), (None, 0.0), (None, 0.0)][:2]
        return best > second + sum(math.exp(-cost) for cost, *_ in self._open) or not self._open

    def _masses(self) -> Counter[int]:
        """The probability of each first intent so far, by its place in ``LIBRARY``."""
        masses: Counter[int] = Counter()
        for cost, _, state in self._found:
            masses[state.plan[0]] += math.exp(-cost)
        return masses

    def _is_found(self, state: State) -> bool:
        return bool(state.plan)

    def _bound(self) -> float:
        return math.inf
