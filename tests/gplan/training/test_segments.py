"""Segments: who sees whom."""

import torch
from torch.nn.attention.flex_attention import create_mask

from gplan.training.segments import segment_blocks, segment_mask


def test_a_segment_sees_what_is_shared_and_itself():
    # Shared, one segment of two tokens, another, padding.
    expected = [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [1, 0, 0, 1, 0], [1, 0, 0, 0, 1]]
    assert segment_mask(torch.tensor([[0, 1, 1, 2, 3]])).int().tolist() == [[expected]]


def test_blocks_say_the_same_and_leave_out_what_nobody_sees():
    # Blocks of 128 tokens: what is shared fills one, each of four segments one, and two rows of a batch differ.
    segments = torch.stack(
        [torch.arange(5).repeat_interleave(128), torch.tensor([0, 0, 1, 1, 2]).repeat_interleave(128)]
    )
    blocks = segment_blocks(segments)
    assert torch.equal(create_mask(blocks.mask_mod, 2, None, 640, 640, "cpu"), segment_mask(segments))
    seen = [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [1, 0, 0, 1, 0], [1, 0, 0, 0, 1]]
    assert blocks.to_dense()[0, 0].tolist() == seen
