"""The last stage: how many texts of each leaf and difficulty are kept, and which."""

import numpy as np

from stagent.selection.funnel.pool import DIFFICULTIES
from utils import InputError

_MISSING, _CHAT = DIFFICULTIES.index(-1), DIFFICULTIES.index(0)
_SOLVABLE = slice(_CHAT + 1, None)


def levelled(there: np.ndarray, total: int, have: np.ndarray | None = None) -> np.ndarray:
    """``total`` spread as evenly as what is there allows, nobody below what he has.

    ``levelled([9, 2, 9], 12) == [5, 2, 5]``; a rest goes to the first: ``levelled([9, 9], 3) == [2, 1]``.
    """
    there = np.asarray(there, np.int64)
    have = np.zeros_like(there) if have is None else np.asarray(have, np.int64)
    total = int(min(max(total, have.sum()), there.sum()))

    def at(level: int) -> np.ndarray:
        return np.minimum(there, np.maximum(have, level))

    low, high = 0, int(there.max(initial=0))
    while low < high:  # the highest level that needs no more than the total
        middle = (low + high + 1) // 2
        low, high = (middle, high) if at(middle).sum() <= total else (low, middle - 1)
    quota = at(low)
    rest = np.flatnonzero(at(low + 1) > quota)[: total - quota.sum()]
    quota[rest] += 1
    return quota


def quotas(there: np.ndarray, keep: int, floor: int, missing: float, chat: float) -> np.ndarray:
    """How many are kept of each leaf and difficulty.

    Args:
        there: [leaves, difficulties] how many there are.
        keep: how many in all; more than there are: all.
        floor: of each leaf at least, as far as it has them and ``keep`` allows.
        missing, chat: shares of ``keep`` for difficulty -1 and 0, as far as there are any.

    Raises:
        InputError: fewer than leaves.
    """
    leaves = int((there.sum(axis=1) > 0).sum())
    keep = min(keep, int(there.sum()))
    if keep < leaves:
        raise InputError(f"--keep {keep}: {leaves} leaves have texts, and none shall be lost; keep {leaves} or more")
    floors = np.minimum(there.sum(axis=1), min(floor, keep // leaves) if leaves else 0)
    quota = np.array([levelled(row, count) for row, count in zip(there, floors, strict=True)])
    for column, share in ((_MISSING, missing), (_CHAT, chat)):
        room = keep - quota.sum() + quota[:, column].sum()
        quota[:, column] = levelled(there[:, column], min(round(share * keep), room), quota[:, column])
    solvable = quota[:, _SOLVABLE].sum(axis=1)
    room = keep - quota.sum() + solvable.sum()
    for row, count in enumerate(levelled(there[:, _SOLVABLE].sum(axis=1), room, solvable)):
        quota[row, _SOLVABLE] = levelled(there[row, _SOLVABLE], count, quota[row, _SOLVABLE])
    return levelled(there.ravel(), keep, quota.ravel()).reshape(there.shape)  # where too few are solvable


def drawn(leaves: np.ndarray, levels: np.ndarray, lots: np.ndarray, quota: np.ndarray) -> np.ndarray:
    """Which texts are kept: of each leaf and difficulty those with the lowest lots.

    Args:
        leaves, levels: [n] row and column in ``quota``. lots: [n] numbers by chance.

    Returns:
        [n] of bool.
    """
    cells = leaves * quota.shape[1] + levels
    order = np.lexsort((lots, cells))
    starts = np.searchsorted(cells[order], cells[order])
    kept = np.zeros(len(cells), bool)
    kept[order] = np.arange(len(cells)) - starts < quota.ravel()[cells[order]]
    return kept


def lots(rows: np.ndarray, seed: int) -> np.ndarray:
    """A number by chance for each row, a function of row and seed alone (SplitMix64)."""
    mixed = rows.astype(np.uint64) + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
