"""Guesses of how a response goes on, so that one pass settles several decisions.

A guess is fed together with what is known. The pass then gives the model's own choice at every decision on the way; a
guess is kept as far as it agrees, so the response is the one that single steps would give, whatever was guessed.
"""

from collections import Counter, defaultdict

from gplan.planner.grammar import Grammar, State

# A guess is carried on while the plans so far make all of it this likely.
LEAST_LIKELY = 0.25


class Drafts:
    """Guesses from the plans that this planner has made so far: after which intent, which came how often."""

    def __init__(self, grammar: Grammar):
        self._grammar = grammar
        self._seen: dict[tuple, Counter[int]] = defaultdict(Counter)

    def learn(self, state: State, token: int) -> None:
        """Counts a decision that was made."""
        self._seen[self._where(state)][token] += 1

    def guess(self, state: State, longest: int) -> list[int]:
        """The tokens that probably follow a decision's state, at most ``longest``: none where nothing is known."""
        ids: list[int] = []
        likely = 1.0
        while len(ids) < longest and not self._grammar.is_free(state):
            allowed = self._grammar.allowed(state)
            if not allowed:
                break
            seen = self._seen.get(self._where(state), ())
            counts = {token: seen[token] for token in allowed} if seen else {}
            total = sum(counts.values())
            if not total:
                break
            token = max(counts, key=counts.__getitem__)
            likely *= counts[token] / total
            if likely < LEAST_LIKELY:
                break
            run, state = self._grammar.forced(self._grammar.advance(state, token))
            ids += [token, *run]
        return ids[:longest]

    @staticmethod
    def _where(state: State) -> tuple:
        return state.node, state.plan[-1:], state.steps - len(state.plan)
