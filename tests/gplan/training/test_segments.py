"""Segments: who sees whom."""

import torch

from gplan.training.segments import segment_mask


def test_a_segment_sees_what_is_shared_and_itself():
    # Shared, one segment of two tokens, another, padding.
    expected = [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [1, 0, 0, 1, 0], [1, 0, 0, 0, 1]]
    assert segment_mask(torch.tensor([[0, 1, 1, 2, 3]])).int().tolist() == [[expected]]
