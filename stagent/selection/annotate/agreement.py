"""How far two annotators agree: free functions over the labels of the same instructions."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from stagent.queries.taxonomy import BY_ID, LEAVES, OTHER, TOPS

# Two-sided 95 %.
_Z = 1.959964
LEVELS = (-1, 0, 1, 2, 3, 4, 5)


class Share(NamedTuple):
    """A share and its 95 % interval (Wilson's, which holds for small counts and near 0 and 1)."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else math.nan

    def text(self) -> str:
        """``"0.900 (0.596 to 0.982)"``"""
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})" if self.of else "-"


def share(hits: int, of: int) -> Share:
    """``share(9, 10)`` lies between 0.596 and 0.982; of none: from 0 to 1."""
    if not of:
        return Share(0, 0, 0.0, 1.0)
    p, z2 = hits / of, _Z * _Z
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of))
    low, high = max(0.0, middle - half) if hits else 0.0, min(1.0, middle + half) if hits < of else 1.0
    return Share(hits, of, low, high)


def top_of(leaf: str) -> str:
    """The class of a leaf; other_or_unclear is its own."""
    return BY_ID[leaf].top if leaf in BY_ID else OTHER


class Confusion(NamedTuple):
    """How often what one calls a row is what the other calls a column.

    Attributes:
        names: of rows and columns; counts: names x names.
    """

    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


def confusion(gold: Sequence[str], said: Sequence[str], names: Sequence[str]) -> Confusion:
    """``confusion(["a", "a"], ["a", "b"], ["a", "b"]).counts == ((1, 1), (0, 0))``; names that neither uses are left
    out."""
    pairs = Counter(zip(gold, said, strict=True))
    used = [name for name in names if name in gold or name in said]
    return Confusion(tuple(used), tuple(tuple(pairs[row, column] for column in used) for row in used))


def leaves_confusion(gold: Sequence[str], said: Sequence[str]) -> Confusion:
    return confusion(gold, said, [*(leaf.id for leaf in LEAVES), OTHER])


def tops_confusion(gold: Sequence[str], said: Sequence[str]) -> Confusion:
    return confusion([*map(top_of, gold)], [*map(top_of, said)], [*TOPS, OTHER])


def levels_confusion(gold: Sequence[int], said: Sequence[int]) -> Confusion:
    return confusion([*map(str, gold)], [*map(str, said)], [*map(str, LEVELS)])


def by_name(gold: Sequence[str], said: Sequence[str]) -> dict[str, Share]:
    """For each name of the first, how often the second says it too."""
    of, hits = Counter(gold), Counter(one for one, other in zip(gold, said, strict=True) if one == other)
    return {name: share(hits[name], count) for name, count in of.items()}


def kappa(gold: Sequence[object], said: Sequence[object]) -> float:
    """Cohen's: agreement beyond chance, NaN where both always say one thing."""
    rows, a, b = len(gold), Counter(gold), Counter(said)
    exact = sum(one == other for one, other in zip(gold, said, strict=True)) / rows
    chance = sum(a[name] * b[name] for name in a) / rows**2
    return (exact - chance) / (1 - chance) if chance < 1 else math.nan


class SetFigures(NamedTuple):
    """Of sets of labels, over all rows: how much of what the second says is the first's, and the reverse."""

    precision: Share
    recall: Share

    @property
    def f1(self) -> float:
        p, r = self.precision, self.recall
        return 2 * p.hits / (p.of + r.of) if p.of + r.of else math.nan


def set_figures(gold: Sequence[Sequence[str]], said: Sequence[Sequence[str]]) -> SetFigures:
    """``set_figures([["a", "b"]], [["a"]])``: precision 1 of 1, recall 1 of 2."""
    hits = sum(len(set(one) & set(other)) for one, other in zip(gold, said, strict=True))
    return SetFigures(share(hits, sum(len(set(s)) for s in said)), share(hits, sum(len(set(g)) for g in gold)))
