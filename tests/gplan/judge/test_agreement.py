"""Agreement of two judges, against values derived by hand or published."""

import math

import numpy as np
import pytest

from gplan.judge.agreement import ordinal_alpha

sklearn = pytest.importorskip("sklearn", reason="agreement needs config/requirements/baselines.txt")


def test_alpha_by_hand():
    """Scores 1-1, 3-3, 1-3 and 3-1: n(1) = n(3) = 4 of 8 values; between the two lie 4/2 + 4/2 = 4 ranks, d² = 16.

    Observed: the pairs (1, 3) and (3, 1), 2 coincidences each in both orders = 4 of distance 16 -> 64.
    Expected: 2 · 4 · 4 · 16 / (8 - 1) = 512 / 7. Alpha = 1 - 64 · 7 / 512 = 0.125.
    """
    table = np.zeros((5, 5), dtype=int)
    table[0, 0] = table[2, 2] = table[0, 2] = table[2, 0] = 1
    assert ordinal_alpha(table) == pytest.approx(0.125)


def test_alpha_of_values_of_unequal_counts():
    """Scores 1-1, 1-2, 3-3: n = 3, 1, 2 of 6. d(1, 2) = 4 - 2 = 2, d(2, 3) = 3 - 1.5 = 1.5, d(1, 3) = 6 - 2.5 = 3.5.

    Observed: (1, 2) in both orders, 2 · 4 = 8. Expected: 2 · (3 · 1 · 4 + 1 · 2 · 2.25 + 3 · 2 · 12.25) / 5 = 36.
    """
    table = np.zeros((5, 5), dtype=int)
    table[0, 0] = table[0, 1] = table[2, 2] = 1
    assert ordinal_alpha(table) == pytest.approx(1 - 8 / 36)


def test_alpha_of_equal_and_of_constant_judges():
    assert ordinal_alpha(np.diag([3, 0, 2, 0, 4])) == 1
    assert math.isnan(ordinal_alpha(np.diag([0, 0, 7, 0, 0])))


def test_figures_of_two_judges():
    """Quadratic weights: observed (0 + 1 + 0 + 1) / 4, expected over all pairs of 1, 2, 4, 5 with 1, 3, 4, 4:
    (0+4+9+9 + 1+1+4+4 + 9+1+0+0 + 16+4+1+1) / 16 = 64 / 16 = 4; kappa = 1 - .5 / 4 = .875."""
    from gplan.judge.agreement import agreement, system_tau

    found = agreement([1, 2, 4, 5], [1, 3, 4, 4])
    assert (found.rows, found.exact) == (4, 0.5)
    assert found.kappa == pytest.approx(0.875)
    # Five pairs in the same order, one tied in the second alone: 5 / sqrt(6 · 5).
    assert found.tau == pytest.approx(5 / math.sqrt(30))
    assert found.table.sum() == 4 and found.table[1, 2] == found.table[4, 3] == 1
    assert system_tau([4.1, 4.2, 4.3], [3.0, 3.2, 3.1]) == pytest.approx(1 / 3)
    assert math.isnan(system_tau([4.1], [3.0]))


def test_a_judge_that_always_says_the_same_agrees_by_no_measure_but_the_share():
    from gplan.judge.agreement import agreement

    found = agreement([3, 3], [3, 4])
    assert found.exact == 0.5 and math.isnan(found.kappa) and math.isnan(found.tau)


def test_means_of_samples_count_as_the_nearest_score():
    from gplan.judge.agreement import agreement

    assert agreement([2.5, 3.4], [3, 3]).exact == 1
