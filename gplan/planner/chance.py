"""Draws at decisions: whole plans from the distribution over valid plans, at a temperature."""

import math
import random

from gplan.planner.scores import TokenScores
from utils import InputError


class Chance:
    """The draws of one response, one number a decision: the same seed and scores give the same response.

    Args:
        temperature: what log-probabilities are divided by; above 0.
        seed: anything that ``random.Random`` takes.

    Raises:
        InputError: no such temperature; the likeliest plan needs no chance.
    """

    def __init__(self, temperature: float, seed: int | str):
        check_temperature(temperature)
        self._temperature, self._numbers = temperature, random.Random(seed)

    def draw(self, scores: TokenScores) -> int:
        """A token with its probability at the temperature; ``tempered`` has them."""
        sought = self._numbers.random()
        for token, log_prob in zip(scores.tokens, tempered(scores.log_probs, self._temperature), strict=True):
            sought -= math.exp(log_prob)
            if sought < 0:
                return token
        return scores.best  # what rounding has left over


def check_temperature(temperature: float) -> None:
    """Raises InputError for a temperature that nothing can be drawn at."""
    if not 0 < temperature < math.inf:
        raise InputError(f"--temperature {temperature:g}: more than 0 is needed; at 0 all plans of a row are one plan")


def tempered(log_probs: list[float], temperature: float) -> list[float]:
    """Log-probabilities at a temperature: ``tempered([log .8, log .2], .5)`` -> ``[log .941, log .059]``."""
    if temperature == 1:
        return log_probs
    scaled = [value / temperature for value in log_probs]
    most = max(scaled)
    total = most + math.log(sum(math.exp(value - most) for value in scaled))
    return [value - total for value in scaled]
