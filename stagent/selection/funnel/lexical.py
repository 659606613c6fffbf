"""The lexical stage: texts that say the same in the same words, found by MinHash and locality-sensitive hashing.

Shingles are characters and pairs of characters of a wording's form (``wording.py``); instructions to a map are short,
so that longer ones would miss a text with one word changed. Every shingle carries the key of the text's atoms: texts
with different numbers, names or dates share none, and don't even become candidates, of which there would be thousands a
text otherwise. A candidate is compared exactly.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rensa import RMinHash, RMinHashLSH

# 32 bands of 4: a pair that shares .7 of its shingles is a candidate with .9998, one with .5 with .87.
PERMUTATIONS, BANDS = 128, 32


class Gone(NamedTuple):
    """Texts that were too near to another one that stayed; indices count within what a stage was given.

    Attributes:
        rows, of: which, and to which it was too near. near: how near, 1 is the same.
    """

    rows: np.ndarray
    of: np.ndarray
    near: np.ndarray

    @classmethod
    def made(cls, found: Sequence[tuple[int, int, float]]) -> "Gone":
        rows, of, near = zip(*found, strict=True) if found else ((), (), ())
        return cls(np.array(rows, np.int64), np.array(of, np.int64), np.array(near, np.float32))


def shingles(form: str) -> set[str]:
    """``shingles("从N到N") == {"从", "N", "到", "从N", "N到", "到N"}``; none reaches from clause to clause."""
    found: set[str] = set()
    for clause in form.split("\n"):
        found.update(clause)
        found.update(first + second for first, second in itertools.pairwise(clause))
    return found


def jaccard(first: str, second: str) -> float:
    """The share of all shingles of two forms that both have."""
    one, other = shingles(first), shingles(second)
    return len(one & other) / len(one | other)


def near_duplicates(keys: Sequence[int], forms: Sequence[str], least: float, seed: int) -> Gone:
    """What goes: a text whose key an earlier one has that stays, and ``least`` of whose shingles.

    Args:
        keys, forms: of texts, in their order.
    """
    stays: dict[tuple[int, str], tuple[int, float]] = {}  # the text that stands for these words, and how near it is
    gone: list[tuple[int, int, float]] = []
    fresh = []
    for row, words in enumerate(zip(keys, forms, strict=True)):
        if words not in stays:
            stays[words] = (row, 1.0)
            fresh.append(row)
    tokens = [[f"{keys[row]:x}{shingle}" for shingle in shingles(forms[row])] for row in fresh]
    hashes = RMinHash.from_token_sets(tokens, PERMUTATIONS, seed)
    index = RMinHashLSH(0.0, PERMUTATIONS, BANDS)
    for row, minhash in zip(fresh, hashes, strict=True):
        near = [
            (jaccard(forms[row], forms[other]), -other) for other in index.query(minhash) if keys[other] == keys[row]
        ]
        best, other = max(near, default=(0.0, 0))
        if best >= least:
            stays[keys[row], forms[row]] = (-other, best)
        else:
            index.insert(row, minhash)
    for row, words in enumerate(zip(keys, forms, strict=True)):
        other, near_by = stays[words]
        if other != row:
            gone.append((row, other, near_by))
    return Gone.made(gone)
