"""95% percentile intervals of means, by resampling rows with a fixed seed."""

from collections.abc import Mapping, Sequence

import numpy as np

RESAMPLES = 2_000
_CHUNK = 4_000_000  # row draws held at once, 32 MB


def bootstrap_intervals(
    values: Mapping[str, Sequence[float]], *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """The 95% interval of each column's mean over rows; all columns share the same resamples.

    ``bootstrap_intervals({"a": [1.0, 1.0]}) == {"a": (1.0, 1.0)}``

    Args:
        values: columns of equal length, one value a row.
        resamples: how often the rows are drawn anew, as many as there are, with replacement.
        seed: of the draws; the same seed and number of rows give the same draws.
    """
    table_RC = np.array(list(values.values()), dtype=np.float64).T  # rows, columns
    rows = len(table_RC)
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // rows)
    means = []
    for start in range(0, resamples, step):
        draws_BR = rng.integers(0, rows, (min(step, resamples - start), rows))
        # How often each row was drawn: one matrix product instead of gathering every column.
        offsets_B1 = np.arange(len(draws_BR))[:, None] * rows
        counts = np.bincount((draws_BR + offsets_B1).ravel(), minlength=draws_BR.size)
        means.append(counts.reshape(draws_BR.shape) @ table_RC / rows)
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5], axis=0)
    return {name: (float(low[i]), float(high[i])) for i, name in enumerate(values)}
