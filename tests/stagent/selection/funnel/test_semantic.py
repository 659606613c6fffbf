"""Near meanings: greedy in the pool's order, the same whatever the blocks and the index."""

import sys

import numpy as np
import pytest

from stagent.selection.funnel import semantic
from stagent.selection.funnel.embed import unit
from stagent.selection.funnel.semantic import near_meanings
from utils import InputError


def slow(groups, vectors, least):
    kept, gone = [], {}
    for row in range(len(vectors)):
        near = [(float(vectors[row] @ vectors[other]), other) for other in kept if groups[other] == groups[row]]
        if near and max(near)[0] >= least:
            gone[row] = max(near)[0]
        else:
            kept.append(row)
    return gone


@pytest.fixture
def many():
    rng = np.random.default_rng(0)
    centres = unit(rng.normal(size=(40, 16)))
    vectors = unit(centres[rng.integers(0, 40, 600)] + rng.normal(0, 0.12, (600, 16)))
    return rng.integers(0, 3, 600), vectors


def test_by_hand():
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1], [1, 0], [0, 0]], np.float32)
    gone = near_meanings(np.array([5, 5, 5, 9, 5]), vectors, 0.8)
    # the second has cosine .8 with the first; the third .6 with the second, which is gone; the fourth another group
    assert gone.rows.tolist() == [1] and gone.of.tolist() == [0] and gone.near[0] == pytest.approx(0.8)


def test_a_bucket_of_one_and_none():
    assert len(near_meanings(np.array([3]), np.ones((1, 2), np.float32), 0.5).rows) == 0
    assert len(near_meanings(np.empty(0, int), np.empty((0, 1), np.float32), 0.5).rows) == 0


def test_in_one_block(many):
    gone = near_meanings(*many, 0.8)
    assert dict(zip(gone.rows.tolist(), gone.near.tolist(), strict=True)) == pytest.approx(slow(*many, 0.8))
    assert 100 < len(gone.rows) < 600


def test_in_blocks(many, monkeypatch):
    whole = near_meanings(*many, 0.8)
    monkeypatch.setattr(semantic, "BLOCK", 32)
    blocks = near_meanings(*many, 0.8)
    assert blocks.rows.tolist() == whole.rows.tolist() and blocks.near == pytest.approx(whole.near)


def test_with_an_index(many, monkeypatch):
    pytest.importorskip("faiss")
    whole = near_meanings(*many, 0.8)
    monkeypatch.setattr(semantic, "BLOCK", 32)
    monkeypatch.setattr(semantic, "EXACT", 64)  # a near one in a list that isn't looked at is missed
    lists = near_meanings(*many, 0.8)
    assert len(np.intersect1d(lists.rows, whole.rows)) > 0.95 * len(whole.rows)
    assert near_meanings(*many, 0.8).rows.tolist() == lists.rows.tolist()  # and always the same


def test_without_the_index(many, monkeypatch):
    monkeypatch.setattr(semantic, "EXACT", 64)
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(InputError, match="pip install faiss-cpu"):
        near_meanings(*many, 0.8)
