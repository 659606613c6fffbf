"""Segments: parts of a sequence that share what stands in front of them and do not see each other.

Segment 0 is shared. A token sees earlier tokens of segment 0 and of its own. Shapes: B sequences, L positions.
"""

import torch
from torch.nn.attention.flex_attention import BlockMask, create_block_mask


def segment_mask(segments_BL: torch.Tensor) -> torch.Tensor:
    """Who may be seen by whom, bool, (B, 1, L, L).

    ``segment_mask([[0, 1, 2]])`` -> ``[[[[1, 0, 0], [1, 1, 0], [1, 0, 1]]]]``
    """
    keys, queries = segments_BL[:, None, None, :], segments_BL[:, None, :, None]
    length = segments_BL.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=segments_BL.device).tril()
    return causal & ((keys == 0) | (keys == queries))


def segment_blocks(segments_BL: torch.Tensor) -> BlockMask:
    """The same for flex attention, which leaves out the blocks in which nobody is seen."""

    def seen(row, head, query, key):
        segment = segments_BL[row, key]
        return (query >= key) & ((segment == 0) | (segment == segments_BL[row, query]))

    count, length = segments_BL.shape
    return create_block_mask(seen, count, None, length, length, device=segments_BL.device)
