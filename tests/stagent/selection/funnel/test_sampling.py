"""How many of each leaf and difficulty, and which."""

import numpy as np
import pytest

from stagent.selection.funnel.sampling import drawn, levelled, lots, quotas
from utils import InputError


def test_levelled_by_hand():
    assert levelled([9, 2, 9], 12).tolist() == [5, 2, 5]
    assert levelled([9, 9], 3).tolist() == [2, 1]
    assert levelled([1, 1], 9).tolist() == [1, 1]
    assert levelled([9, 9], 6, [5, 0]).tolist() == [5, 1]
    assert levelled([], 4).tolist() == []


def test_levelled_is_as_even_as_can_be():
    rng = np.random.default_rng(0)
    for _ in range(200):
        there = rng.integers(0, 30, 7)
        have = rng.integers(0, there + 1)
        total = int(rng.integers(have.sum(), there.sum() + 1))
        quota = levelled(there, total, have)
        assert quota.sum() == total and (quota <= there).all() and (quota >= have).all()
        # nobody who could have more has two less than somebody who has more than he had
        hungry, fed = quota[quota < there], quota[quota > have]
        assert not len(hungry) or not len(fed) or hungry.min() >= fed.max() - 1


def table(*rows):
    return np.array(rows)


def test_shares_of_missing_and_chat_and_a_floor_for_each_leaf():
    there = table([100, 50, 400, 400, 0, 0, 0], [0, 0, 3, 0, 0, 0, 0], [100, 0, 0, 0, 100, 100, 100])
    quota = quotas(there, 200, 10, 0.1, 0.05)
    assert quota.sum() == 200 and (quota <= there).all()
    assert quota[:, 0].sum() == 20 and quota[:, 1].sum() == 10
    assert quota[1].tolist() == [0, 0, 3, 0, 0, 0, 0]  # all there is
    assert quota[0, 2:].tolist() == [42, 42, 0, 0, 0] and quota[2, 4:].sum() == 83  # 167 solvable in two leaves


def test_more_to_keep_than_there_is():
    there = table([3, 0, 0, 2, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1])
    assert quotas(there, 100, 20, 0.1, 0.05).tolist() == there.tolist()


def test_fewer_than_leaves():
    there = table([3, 0, 0, 2, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1], [0] * 7)
    with pytest.raises(InputError, match="--keep 1: 2 leaves have texts"):
        quotas(there, 1, 20, 0.1, 0.05)
    assert (quotas(there, 2, 20, 0.1, 0.05).sum(axis=1)).tolist() == [1, 1, 0]


def test_too_few_solvable_ones_leave_their_places_to_the_others():
    there = table([50, 50, 1, 0, 0, 0, 0])
    assert quotas(there, 60, 0, 0.1, 0.05).sum() == 60


def test_quotas_hold_for_any_pool():
    rng = np.random.default_rng(5)
    for _ in range(100):
        there = rng.integers(0, 60, (6, 7)) * rng.integers(0, 2, (6, 7))
        leaves = (there.sum(axis=1) > 0).sum()
        keep = int(rng.integers(leaves, there.sum() + 10)) if leaves else 0
        floor = int(rng.integers(0, 15))
        quota = quotas(there, keep, floor, 0.1, 0.05)
        assert quota.sum() == min(keep, there.sum()) and (quota <= there).all() and (quota >= 0).all()
        least = np.minimum(there.sum(axis=1), min(floor, keep // leaves) if leaves else 0)
        assert (quota.sum(axis=1) >= least).all()


def test_which_are_drawn():
    leaves, levels = np.array([0, 0, 0, 1, 1]), np.array([2, 2, 2, 2, 3])
    quota = np.zeros((2, 7), int)
    quota[0, 2], quota[1, 3] = 2, 1
    assert drawn(leaves, levels, np.array([5, 1, 3, 0, 9]), quota).tolist() == [False, True, True, False, True]


def test_lots_are_a_function_of_row_and_seed():
    rows = np.arange(100_000)
    one = lots(rows, 1)
    assert (lots(rows[::-1], 1)[::-1] == one).all() and (lots(rows, 2) != one).all()
    assert len(np.unique(one)) == len(rows)
    # as even as chance: 16 bins of 6,250 with a deviation of 77
    assert abs(np.bincount((one >> np.uint64(60)).astype(int)) - 6250).max() < 5 * 77
