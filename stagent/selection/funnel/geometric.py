"""The geometric stage: of each bucket, the texts that cover it best (k-center greedy, farthest first)."""

from typing import NamedTuple

import numpy as np


class Cover(NamedTuple):
    """Chosen texts, and how they cover the others.

    Attributes:
        chosen: [k] rows, in the order in which they were chosen.
        centre: [n] the chosen row that is nearest to each. near: [n] their cosine.
    """

    chosen: np.ndarray
    centre: np.ndarray
    near: np.ndarray


def k_center(vectors: np.ndarray, count: int) -> Cover:
    """Begins with the text that is nearest to the mean, then always adds the one that is farthest from all chosen.

    At most twice as far from the chosen as the best choice would leave the farthest text (Gonzalez, 1985).

    Args:
        vectors: [n, d] of length 1.
        count: how many to choose, 1 to n.
    """
    chosen = np.empty(count, np.int64)
    near = np.full(len(vectors), -np.inf, np.float32)
    centre = np.zeros(len(vectors), np.int64)
    row = int(np.argmax(vectors @ vectors.mean(axis=0)))
    for number in range(count):
        chosen[number] = row
        cosines = vectors @ vectors[row]
        closer = cosines > near
        near[closer], centre[closer] = cosines[closer], row
        near[row], centre[row] = np.inf, row  # never again, though others may be as far
        row = int(np.argmin(near))
    near[chosen] = 1.0
    return Cover(chosen, centre, near)
