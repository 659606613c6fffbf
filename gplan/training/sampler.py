"""``EpochSampler``: the order of samples, a function of the data, the seed and the epoch alone."""

from collections.abc import Callable

import numpy as np
from torch.utils.data import Sampler

from data_process.tokenised import FILLER

# Rows are grouped by length within a pool of so many shuffled ones, in groups of GROUP. Neither depends on the batch
# size or the ranks, so that the order of rows stays the same however a global batch is cut.
POOL, GROUP = 1024, 64


class EpochSampler(Sampler):
    """Yields ``(epoch, index)``: the order of rows depends on the data, the seed and the epoch alone.

    With ``lengths``, rows of like length come together: a shuffled pool is sorted by length, cut into groups, and
    the groups are shuffled. The last global micro-batch is filled up with ``(epoch, -1)``, so that every rank gets
    equally many batches without a row being counted twice. ``EpochSampler(3, 2, seed=0)`` at epoch 5 gives four
    pairs, for instance ``(5, 2), (5, 0), (5, 1), (5, -1)``.

    With ``share``, an epoch is not a pass over all rows but over the next so many of them: with 5 rows and a share of
    2, epochs 1 and 2 see four of them, epoch 3 the fifth and the first of the next pass's order.

    Args:
        size: number of rows.
        multiple: rows of one micro-batch over all ranks.
        seed: of the order; None keeps the file's order and the epoch.
        epoch: 1, 2, …; ``set_epoch`` takes Trainer's, which counts from 0.
        lengths: from an epoch to the tokens of each row there, (size,); None leaves the order fully random.
        share: rows of an epoch; None for all.
    """

    def __init__(
        self,
        size: int,
        multiple: int,
        *,
        seed: int | None,
        epoch: int = 1,
        lengths: Callable[[int], np.ndarray] | None = None,
        share: int | None = None,
    ):
        self.size, self.multiple, self.seed, self.epoch, self.lengths = size, multiple, seed, epoch, lengths
        self.share = share or size

    def set_epoch(self, epoch: int) -> None:
        if self.seed is not None:
            self.epoch = epoch + 1

    def __len__(self) -> int:
        return -(-self.share // self.multiple) * self.multiple

    def __iter__(self):
        for index in self._order():
            yield self.epoch, index
        for _ in range(len(self) - self.share):
            yield self.epoch, FILLER

    def _order(self) -> list[int]:
        if self.seed is None:
            return list(range(self.size))
        # The passes' orders stand one behind the other; an epoch is the next part of them.
        start = (self.epoch - 1) * self.share
        passes = range(start // self.size, (start + self.share - 1) // self.size + 1)
        rngs = [np.random.default_rng([self.seed, number + 1]) for number in passes]
        order = np.concatenate([rng.permutation(self.size) for rng in rngs])
        order = order[start - passes[0] * self.size :][: self.share]
        if self.lengths is None:
            return order.tolist()
        lengths, groups = self.lengths(self.epoch), []
        for pool in np.split(order, range(POOL, self.share, POOL)):
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            parts = np.split(pool, range(GROUP, len(pool), GROUP))
            groups += [parts[i] for i in rngs[-1].permutation(len(parts))]
        return np.concatenate(groups).tolist()
