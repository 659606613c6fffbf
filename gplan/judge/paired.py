"""Two systems' judgements of the same rows, against each other."""

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from gplan.judge.rubric import Judgement
from gplan.judge.scores import COLUMNS, score_row
from gplan.metrics.bootstrap import bootstrap_intervals


class Paired(NamedTuple):
    """One column's comparison, over the rows that both have a score of; intervals are 95 %, rows drawn in pairs."""

    name: str
    first: float
    second: float
    difference: float  # second - first
    low: float
    high: float
    wins: int  # of the second
    ties: int
    losses: int


def compare_scores(first: Sequence[Judgement], second: Sequence[Judgement], *, seed: int = 0) -> list[Paired]:
    """Each column's comparison; none for one that no row has of both."""
    tables = [[score_row(one) for one in judgements] for judgements in (first, second)]
    found = []
    for name in COLUMNS:
        pairs = [(a[name], b[name]) for a, b in zip(*tables, strict=True) if None not in (a[name], b[name])]
        if not pairs:
            continue
        gaps = [b - a for a, b in pairs]
        low, high = bootstrap_intervals({name: gaps}, seed=seed)[name]
        wins, losses = sum(gap > 0 for gap in gaps), sum(gap < 0 for gap in gaps)
        means = [fmean(side) for side in zip(*pairs, strict=True)]
        found.append(Paired(name, *means, fmean(gaps), low, high, wins, len(gaps) - wins - losses, losses))
    return found
