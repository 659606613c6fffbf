"""How far two judges agree: free functions over two lists of scores, 1 to 5.

Weighted kappa and Kendall's tau are scikit-learn's and scipy's; Krippendorff's alpha has no home there.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

SCORES = (1, 2, 3, 4, 5)


class Agreement(NamedTuple):
    """Of R rows; NaN where a figure is not defined (a judge that always says the same)."""

    rows: int
    exact: float  # share of equal scores
    kappa: float  # Cohen's, quadratic weights
    alpha: float  # Krippendorff's, ordinal
    tau: float  # Kendall's tau-b over rows
    table: np.ndarray  # 5 x 5: rows the first judge's score, columns the second's


def agreement(first: Sequence[float], second: Sequence[float]) -> Agreement:
    """``agreement([1, 5], [1, 5]).kappa == 1.0``; means of several samples count as the nearest whole score.

    Raises ImportError without scikit-learn and scipy: ``pip install -r config/requirements/baselines.txt``.
    """
    from scipy.stats import kendalltau
    from sklearn.metrics import cohen_kappa_score

    a_R, b_R = (np.array([math.floor(value + 0.5) for value in values]) for values in (first, second))
    table = np.zeros((5, 5), dtype=int)
    np.add.at(table, (a_R - 1, b_R - 1), 1)
    varied = len(set(a_R.tolist())) > 1 and len(set(b_R.tolist())) > 1
    kappa = cohen_kappa_score(a_R, b_R, labels=SCORES, weights="quadratic") if varied else math.nan
    tau = kendalltau(first, second).statistic if varied else math.nan
    return Agreement(len(a_R), float((a_R == b_R).mean()), float(kappa), ordinal_alpha(table), float(tau), table)


def ordinal_alpha(table: np.ndarray) -> float:
    """Krippendorff's alpha, ordinal metric, of two judges' table of counts (V x V); NaN where all values are one.

    alpha = 1 - observed / expected disagreement; the distance of two values is the number of values ranked between
    them, both ends by half (K. Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011):
    d²(c, k) = (sum of n_g for g from c to k - (n_c + n_k) / 2)².
    """
    coincidences = table + table.T  # each row's pair of values, in both orders
    n_V = coincidences.sum(axis=1)
    total = n_V.sum()
    up_to_V = np.cumsum(n_V)
    middle_V = up_to_V - n_V / 2
    distance = (middle_V[:, None] - middle_V[None, :]) ** 2
    expected = (np.outer(n_V, n_V) * distance).sum() / (total - 1)
    return float(1 - (coincidences * distance).sum() / expected) if expected else math.nan


def system_tau(first: Sequence[float], second: Sequence[float]) -> float:
    """Kendall's tau-b over systems' means: 1 where two judges rank them alike; NaN for fewer than two systems."""
    from scipy.stats import kendalltau

    return float(kendalltau(first, second).statistic) if len(first) > 1 else math.nan
