"""Passes of fixed shapes, recorded once as CUDA graphs and replayed: a pass is then one launch, not some thousand.

A decode pass of a small batch is over sooner than Python can launch its kernels, so launching is what it would cost.
A graph has fixed shapes and addresses: batches and chunks are padded up to a few sizes, attention reads whole slots,
and only passes that begin at slot 0 are recorded. Long prompts and large batches keep a GPU busy and run as they are.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch

# Chunk widths, and the most tokens (rows × width) of a recorded pass.
WIDTHS = (8, 32, 128, 512)
RECORDED = 1024
_WARM_UP = 3  # passes before recording: libraries choose their algorithms, and take their memory, in the first ones


class _Pass(NamedTuple):
    ids: torch.Tensor  # (B, W)
    index: torch.Tensor  # (B, W), -1 for padding
    hidden: torch.Tensor  # (B, W, H)
    replay: Callable[[], object]


class Graphs:
    """The recorded passes of one set of slots.

    Args:
        run: (ids, index) -> hidden states, with nothing that depends on the values of either.
        rows: the slots there are.
        device: where; without CUDA the same shapes are run as they are, which is what tests can see.
    """

    def __init__(self, run: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], rows: int, device: torch.device):
        self._run, self._rows, self._device = run, rows, device
        self._passes: dict[tuple[int, int], _Pass] = {}
        self._pool = None  # graphs are replayed one at a time, so they can share their memory

    def shape(self, rows: int, width: int) -> tuple[int, int] | None:
        """The recorded shape that holds a batch, None if it is too large: ``shape(3, 5) == (4, 8)`` of 64 slots."""
        wide = next((one for one in WIDTHS if one >= width), None)
        many = min(1 << (rows - 1).bit_length(), self._rows)
        return (many, wide) if wide and many * wide <= RECORDED else None

    def forward(self, ids: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        """The hidden states (B, W, H) of a batch that has a ``shape``; ids, index: (B, W)."""
        rows, width = ids.shape
        shape = self.shape(rows, width)
        if shape not in self._passes:
            self._passes[shape] = self._record(*shape)
        one = self._passes[shape]
        one.index.fill_(-1)
        one.index[:rows, :width] = index.to(self._device, non_blocking=True)
        one.ids[:rows, :width] = ids.to(self._device, non_blocking=True)
        one.replay()
        return one.hidden[:rows, :width].clone()  # the next replay writes over it

    def _record(self, rows: int, width: int) -> _Pass:
        ids = torch.zeros(rows, width, dtype=torch.long, device=self._device)
        index = torch.full_like(ids, -1)  # all padding: warming up writes into the slots' bins
        if self._device.type != "cuda":
            hidden = self._run(ids, index)
            return _Pass(ids, index, hidden, lambda: hidden.copy_(self._run(ids, index)))
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                self._run(ids, index)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            hidden = self._run(ids, index)
        self._pool = self._pool or graph.pool()
        return _Pass(ids, index, hidden, graph.replay)
