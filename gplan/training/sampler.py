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

    Args:
        size: number of rows.
        multiple: rows of one micro-batch over all ranks.
        seed: of the order; None keeps the file's order and the epoch.
        epoch: 1, 2, …; ``set_epoch`` takes Trainer's, which counts from 0.
        lengths: from an epoch to the tokens of each row there, (size,); None leaves the order fully random.
    """

    def __init__(
        self,
        size: int,
        multiple: int,
        *,
        seed: int | None,
        epoch: int = 1,
        lengths: Callable[[int], np.ndarray] | None = None,
    ):
        self.size, self.multiple, self.seed, self.epoch, self.lengths = size, multiple, seed, epoch, lengths

    def set_epoch(self, epoch: int) -> None:
        if self.seed is not None:
            self.epoch = epoch + 1

    def __len__(self) -> int:
        return -(-self.size // self.multiple) * self.multiple

    def __iter__(self):
        for index in self._order():
            yield self.epoch, index
        for _ in range(len(self) - self.size):
            yield self.epoch, FILLER

    def _order(self) -> list[int]:
        if self.seed is None:
            return list(range(self.size))
        rng = np.random.default_rng([self.seed, self.epoch])
        order = rng.permutation(self.size)
        if self.lengths is None:
            return order.tolist()
        lengths = self.lengths(self.epoch)
        groups = []
        for pool in np.split(order, range(POOL, self.size, POOL)):
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            parts = np.split(pool, range(GROUP, len(pool), GROUP))
            groups += [parts[i] for i in rng.permutation(len(parts))]
        return np.concatenate(groups).tolist()
