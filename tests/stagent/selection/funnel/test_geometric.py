"""k-center greedy against its definition."""

import numpy as np
import pytest

from stagent.selection.funnel.embed import unit
from stagent.selection.funnel.geometric import k_center


def test_by_hand():
    # on a quarter circle: the middle first, then the farthest end (the earlier of two), then the other
    angles = np.radians([0, 40, 45, 90])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    cover = k_center(vectors, 3)
    assert cover.chosen.tolist() == [2, 0, 3]
    assert cover.centre.tolist() == [0, 2, 2, 3]
    assert cover.near == pytest.approx([1, np.cos(np.radians(5)), 1, 1], abs=1e-6)


@pytest.mark.parametrize("count", [1, 5, 40])
def test_the_farthest_is_always_next(count):
    vectors = unit(np.random.default_rng(1).normal(size=(40, 8)))
    cover = k_center(vectors, count)
    assert len(set(cover.chosen.tolist())) == count
    for number in range(1, count):
        nearest = (vectors @ vectors[cover.chosen[:number]].T).max(axis=1)
        nearest[cover.chosen[:number]] = 2
        assert nearest[cover.chosen[number]] == pytest.approx(nearest.min(), abs=1e-6)
    best = vectors @ vectors[cover.chosen].T
    assert cover.near == pytest.approx(best.max(axis=1), abs=1e-5)


def test_equal_texts_are_all_chosen_when_all_are_wanted():
    assert sorted(k_center(np.ones((4, 1), np.float32), 4).chosen.tolist()) == [0, 1, 2, 3]
    assert k_center(np.zeros((1, 3), np.float32), 1).chosen.tolist() == [0]
