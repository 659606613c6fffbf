"""The semantic stage: texts that mean the same, found as nearest neighbours inside their bucket.

A bucket is a primary leaf with its secondary ones. As in the lexical stage, only texts with the same atoms are
compared, so the neighbours of a text are searched among those of its bucket and key.
"""

import numpy as np

from stagent.selection.funnel.lexical import Gone
from utils import InputError

BLOCK = 1024  # texts that are compared with all that stay at once
EXACT = 16_384  # texts of a group up to which all are looked at; beyond, the lists of their nearest centres
_PROBES = 8


def near_meanings(groups: np.ndarray, vectors: np.ndarray, least: float) -> Gone:
    """What goes: a text with an earlier one of its group that stays and whose cosine is ``least`` or more.

    Args:
        groups: [n] a number of bucket and key.
        vectors: [n, d] of length 1, in the texts' order.
    """
    order = np.argsort(groups, kind="stable")
    edges = np.flatnonzero(np.diff(groups[order])) + 1
    found: list[tuple[int, int, float]] = []
    for rows in np.split(order, edges):
        if len(rows) > 1:
            found += [(int(rows[one]), int(rows[other]), near) for one, other, near in _in_group(vectors[rows], least)]
    return Gone.made(sorted(found))


def _in_group(vectors: np.ndarray, least: float) -> list[tuple[int, int, float]]:
    """Block by block: those too near to one that stays in an earlier block, then those within the block."""
    found: list[tuple[int, int, float]] = []
    index = _index(vectors) if len(vectors) > EXACT else None
    stays = np.empty(0, np.int64)
    for start in range(0, len(vectors), BLOCK):
        block = vectors[start : start + BLOCK]
        best, at = np.full(len(block), -1.0, np.float32), np.zeros(len(block), np.int64)
        if len(stays) and index is not None:
            near, places = index.search(block, 1)
            best, at = near[:, 0], stays[places[:, 0]]
        elif len(stays):
            cosines = block @ vectors[stays].T
            places = cosines.argmax(axis=1)
            best, at = cosines[np.arange(len(block)), places], stays[places]
        within = block @ block.T
        kept: list[int] = []
        for row in range(len(block)):
            if kept:
                other = int(np.argmax(within[row, kept]))
                if within[row, kept[other]] > best[row]:
                    best[row], at[row] = within[row, kept[other]], start + kept[other]
            if best[row] >= least:
                found.append((start + row, int(at[row]), min(1.0, float(best[row]))))
            else:
                kept.append(row)
        if index is not None and kept:
            index.add(np.ascontiguousarray(block[kept]))
        stays = np.concatenate([stays, start + np.array(kept, np.int64)])
    return found


def _index(vectors: np.ndarray):
    """An empty index of inner products that was trained on some of the vectors.

    Raises:
        InputError: the library is missing.
    """
    try:
        import faiss  # a large library, and few pools have a group of this size
    except ImportError:
        raise InputError(
            f"{len(vectors):,} texts of one bucket have the same names and numbers; for so many: pip install faiss-cpu"
        ) from None
    width, lists = vectors.shape[1], int(len(vectors) ** 0.5)
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = 0
    index.train(vectors[:: max(1, len(vectors) // (lists * 64))])
    index.nprobe = _PROBES
    return index
