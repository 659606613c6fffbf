"""A row on its way to a plan: what of its response is settled, what goes forward next, and what came out."""

import math
from typing import NamedTuple

from data_process.intents import Plan
from data_process.schema import Row
from gplan.planner.chance import Chance
from gplan.planner.drafts import Drafts
from gplan.planner.grammar import Grammar, State
from gplan.planner.scores import TokenScores


class Decision(NamedTuple):
    """A choice that the model made.

    ``Decision(2, "tag", "美食", 0.7, {"美食": 0.7, "购物": 0.3})``: step is the intent's place in the plan (0: the plan
    as a whole), field ``steps`` (their number), a key of an intent, or ``more`` (another intent or none). Options'
    probabilities sum to 1; an option that stands for several values joins them with ``|``.
    """

    step: int
    field: str
    chosen: str
    probability: float
    options: dict[str, float]


class Answer(NamedTuple):
    """A planned response.

    ``ids`` are the response's, end token included; ``log_probability`` is in nats, of the plan among all valid plans
    (after a cot_sft reasoning: given that reasoning).
    """

    ids: list[int]
    plan: Plan
    log_probability: float
    decisions: list[Decision]
    forward_passes: int


class Request:
    """A row on its way to a plan.

    ``fed`` counts the settled tokens in its slot, ``chunk`` is what goes forward next.

    Args:
        row: the request's columns.
        prompt: its ids.
        prefix: how many of them every slot holds already.
        limit: tokens after which free reasoning (cot_sft) is closed.
        chance: draws what is decided; unset: the likeliest is taken.
    """

    def __init__(
        self,
        row: Row,
        prompt: list[int],
        grammar: Grammar,
        drafts: Drafts | None,
        *,
        prefix: int,
        limit: int,
        chance: Chance | None = None,
    ):
        self.row = row
        self._grammar, self._drafts, self._limit, self._chance = grammar, drafts, limit, chance
        self.ids, self._state = grammar.forced(grammar.start(has_order=bool(row["trigger_1"])))
        self._known = [*prompt[prefix:], *self.ids]  # settled and not fed yet
        self.prompt_tokens = len(prompt)
        self.fed = prefix
        self.chunk: list[int] = []
        self.points: list[tuple[int, State]] = []  # places in the chunk where the model is asked
        self.forward_passes = 0
        self._made: list[tuple[State, int, TokenScores]] = []

    @property
    def done(self) -> bool:
        return self._state.node == self._grammar.final

    @property
    def waiting(self) -> int:
        """Tokens that are known and not fed."""
        return len(self._known)

    def share(self) -> list[int]:
        """Takes as fed all that is known but its last token, and returns it: a neighbour's slot has it already."""
        shared, self._known = self._known[:-1], self._known[-1:]
        self.fed += len(shared)
        return shared

    def prepare(self, longest: int) -> None:
        """Sets ``chunk``, what is known and a guess of at most ``longest`` tokens of what follows, and ``points``."""
        guess = self._drafts.guess(self._state, longest) if self._drafts else []
        self.chunk = [*self._known, *guess]
        state, place = self._state, len(self._known) - 1
        self.points = [(place, state)]
        for token in guess:
            state, place = self._grammar.advance(state, token), place + 1
            if len(self._grammar.allowed(state)) > 1:
                self.points.append((place, state))

    def settle(self, scores: list[TokenScores]) -> None:
        """Takes what the model says at each point, as far as the guess has come true."""
        place = len(self._known) - 1
        for (_, state), token_scores in zip(self.points, scores, strict=True):
            following = self._take(state, token_scores)
            guessed = self.chunk[place + 1 :]
            right = _common(following, guessed)
            place += right
            self._known = following[right:]
            if self._known or self.done:
                break
        self.fed += place + 1

    def _take(self, state: State, scores: TokenScores) -> list[int]:
        """Makes the choice in a state; returns it and what must follow it."""
        token = scores.best if self._chance is None else self._chance.draw(scores)
        if not self._grammar.is_free(state):
            self._made.append((state, token, scores))
            if self._drafts:
                self._drafts.learn(state, token)
        elif len(self.ids) >= self._limit:
            token = self._grammar.close
        run, self._state = self._grammar.forced(self._grammar.advance(state, token))
        self.ids += [token, *run]
        return [token, *run]

    def answer(self, *, explain: bool = True) -> Answer:
        """What came out, once the request is done; without ``explain`` the decisions are left out."""
        decisions = [_decision(self._grammar, *made) for made in self._made] if explain else []
        total = sum(scores.log_probs[scores.tokens.index(token)] for _, token, scores in self._made)
        return Answer(self.ids, self._grammar.plan(self._state), total, decisions, self.forward_passes)


def _common(ids: list[int], other: list[int]) -> int:
    """``_common([1, 2, 3], [1, 2, 4, 5]) == 2``"""
    return next((i for i, (a, b) in enumerate(zip(ids, other, strict=False)) if a != b), min(len(ids), len(other)))


def _decision(grammar: Grammar, state: State, token: int, scores: TokenScores) -> Decision:
    choice = grammar.choice(state)
    options = {
        "|".join(choice.values[option]): math.exp(score)
        for option, score in zip(scores.tokens, scores.log_probs, strict=True)
    }
    chosen = "|".join(choice.values[token])
    return Decision(choice.step, choice.field, chosen, options[chosen], options)
