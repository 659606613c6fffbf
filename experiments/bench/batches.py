"""Which rows a measurement takes: few batches that stand for a whole epoch."""

import numpy as np

from data_process.data_loader import CSVDataset
from data_process.tokenised import FILLER
from gplan.training.sampler import EpochSampler

Batch = list[tuple[int, int]]  # (epoch, index) of each row
MULTIPLE = 8  # the collator rounds a batch's length up to it


def epoch_batches(rows: CSVDataset, size: int, *, epoch: int, seed: int, grouped: bool) -> list[Batch]:
    """The full batches of an epoch in the order that finetune would take them, shortest padded length first."""
    lengths = rows.lengths(epoch)[rows.indices]
    sampler = EpochSampler(len(rows), size, seed=seed, epoch=epoch, lengths=(lambda _: lengths) if grouped else None)
    keys = list(sampler)
    batches = [keys[i : i + size] for i in range(0, len(keys), size)]
    full = [batch for batch in batches if all(index != FILLER for _, index in batch)]
    return sorted(full, key=lambda batch: padded_length(lengths, batch))


def padded_length(lengths: np.ndarray, batch: Batch) -> int:
    """Tokens of each row of a batch after padding to its longest."""
    return -(-max(int(lengths[index]) for _, index in batch) // MULTIPLE) * MULTIPLE


def at_quantiles(batches: list[Batch], rounds: int) -> list[Batch]:
    """As many of the sorted batches as there are rounds, from the middles of equal shares of the epoch.

    ``at_quantiles([a, b, c, d, e, f], 3) == [b, d, f]``
    """
    return [batches[int((i + 0.5) / rounds * len(batches))] for i in range(rounds)]


def epoch_tokens(rows: CSVDataset, size: int, *, epoch: int, seed: int) -> dict[str, int]:
    """Tokens of an epoch's full batches, exactly: real ones, and computed ones when rows are padded to the batch's
    longest, in random order and grouped by length."""
    lengths = rows.lengths(epoch)[rows.indices]
    tokens = {"batch_size": size}
    for name, grouped in (("random", False), ("grouped", True)):
        batches = epoch_batches(rows, size, epoch=epoch, seed=seed, grouped=grouped)
        tokens[name] = sum(size * padded_length(lengths, batch) for batch in batches)
        tokens[f"{name}_real"] = sum(int(lengths[index]) for batch in batches for _, index in batch)
    return tokens
