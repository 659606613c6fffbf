"""Which tasks teach a policy something: by mean and variance of the rewards of its own tries.

    trivial    μ ≥ .95 and σ² < .01      it can do them
    noise      μ ≤ .05 and σ² < .01      it can't, ever
    certain    the learnable rest, σ² up to the median: to be taught
    uncertain  the learnable rest, σ² over the median: to be explored; potential σ²·μ

The bounds are the paper's; the median is ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, median
from typing import NamedTuple

from stagent.cascade.recipe import CascadeRecipe

PARTS = ("trivial", "noise", "certain", "uncertain")


class Probed(NamedTuple):
    """A task's tries.

    Attributes:
        variance: of the rewards, over their number.
    """

    mean: float
    variance: float

    @property
    def potential(self) -> float:
        return self.variance * self.mean


def probed(rewards: Sequence[float]) -> Probed:
    """``probed([1, 0]) == Probed(.5, .25)``"""
    mean = fmean(rewards)
    return Probed(mean, fmean((reward - mean) ** 2 for reward in rewards))


def split(rewards: Mapping[str, Sequence[float]], recipe: CascadeRecipe) -> dict[str, str]:
    """The part of each task, by its id.

    Args:
        rewards: of each task's tries; one without any is left out.
    """
    tasks = {task: probed(each) for task, each in rewards.items() if each}
    parts = {task: _simple(each, recipe) for task, each in tasks.items()}
    learnable = [task for task, part in parts.items() if not part]
    middle = median([tasks[task].variance for task in learnable]) if learnable else 0.0
    for task in learnable:
        parts[task] = "uncertain" if tasks[task].variance > middle else "certain"
    return parts


def _simple(each: Probed, recipe: CascadeRecipe) -> str:
    if each.variance >= recipe.still:
        return ""
    return "trivial" if each.mean >= recipe.trivial else "noise" if each.mean <= recipe.noise else ""


def by_potential(rewards: Mapping[str, Sequence[float]], tasks: Iterable[str]) -> list[str]:
    """Tasks, that with the highest potential first; equals by their ids."""
    return sorted(tasks, key=lambda task: (-probed(rewards[task]).potential, task))
