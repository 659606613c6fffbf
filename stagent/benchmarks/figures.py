"""Figures of a benchmark with 95% intervals, and the table that is printed at its end."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

from gplan.metrics.bootstrap import RESAMPLES, bootstrap_intervals
from stagent.reward.measure.tally import wilson


class BenchmarkFigure(NamedTuple):
    """One figure.

    Attributes:
        value: None where nothing was scored.
        count: scored episodes; unscored: those that should have been and have no number.
    """

    group: str
    name: str
    value: float | None
    low: float = 0.0
    high: float = 0.0
    count: int = 0
    unscored: int = 0

    def as_json(self) -> dict[str, Any]:
        return self._asdict()


def mean_figure(group: str, name: str, values: Iterable[float | None]) -> BenchmarkFigure:
    """The mean of what has a number, its interval by resampling; None is one without."""
    every = list(values)
    scored = [value for value in every if value is not None]
    if not scored:
        return BenchmarkFigure(group, name, None, unscored=len(every))
    low, high = bootstrap_intervals({"": scored})[""]
    return BenchmarkFigure(group, name, fmean(scored), low, high, len(scored), len(every) - len(scored))


def share_figure(group: str, name: str, hits: Iterable[bool | None], scale: float = 1.0) -> BenchmarkFigure:
    """How many are true, with Wilson's interval, times ``scale``; None is one without an answer."""
    every = list(hits)
    scored = [hit for hit in every if hit is not None]
    if not scored:
        return BenchmarkFigure(group, name, None, unscored=len(every))
    low, high = wilson(sum(scored), len(scored))
    share = sum(scored) / len(scored)
    return BenchmarkFigure(group, name, scale * share, scale * low, scale * high, len(scored), len(every) - len(scored))


def mean_of_means(group: str, name: str, parts: Mapping[str, Sequence[float]], seed: int = 0) -> BenchmarkFigure:
    """The mean over parts of each part's mean; each part is resampled for itself. Every part needs a value."""
    rng = np.random.default_rng(seed)
    means = []
    for values in parts.values():
        column_N = np.asarray(values, dtype=np.float64)
        draws_RN = rng.integers(0, len(column_N), (RESAMPLES, len(column_N)))
        means.append(column_N[draws_RN].mean(axis=1))
    low, high = np.percentile(np.mean(means, axis=0), [2.5, 97.5])
    value = fmean(fmean(values) for values in parts.values())
    return BenchmarkFigure(group, name, value, float(low), float(high), sum(map(len, parts.values())))


def table_of(figures: Sequence[BenchmarkFigure]) -> str:
    """A line a figure: group, name, value, interval, how many were scored, how many could not be."""
    lines = [("", "", "value", "95% interval", "scored", "unscored")]
    group = None
    for each in figures:
        value, interval = "-", "-"
        if each.value is not None:
            value, interval = f"{each.value:.3f}", f"{each.low:.3f} to {each.high:.3f}"
        shown = each.group if each.group != group else ""
        group = each.group
        lines.append((shown, each.name, value, interval, str(each.count), str(each.unscored)))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) if place < 2 else cell.rjust(width) for place, (cell, width) in enumerate(row))
        for row in (tuple(zip(line, widths, strict=True)) for line in lines)
    )
