"""What the model says at a decision."""

from typing import NamedTuple


class TokenScores(NamedTuple):
    """The tokens that may follow and their log-probabilities; of free text only the best token's."""

    tokens: list[int]
    log_probs: list[float]

    @property
    def best(self) -> int:
        """The likeliest token; the first of equals, which is what argmax takes."""
        return self.tokens[max(range(len(self.tokens)), key=self.log_probs.__getitem__)]
