"""Counts of what was caught, as a table with intervals and bars."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, NamedTuple

_Z = 1.96  # of a 95% interval
ALL = "all"


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95% Wilson interval of a share: ``wilson(0, 1000) == (0.0, 0.0038…)``."""
    if not count:
        return 0.0, 1.0
    share, square = hits / count, _Z * _Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = _Z / (1 + square / count) * sqrt(share * (1 - share) / count + square / (4 * count * count))
    return max(0.0, middle - half), min(1.0, middle + half)


class ShareBar(NamedTuple):
    """What a share must be: at least or at most so much."""

    least: bool
    value: float

    def text(self) -> str:
        return f"{'≥' if self.least else '≤'} {self.value:g}"

    def passed(self, share: float) -> bool:
        return share >= self.value if self.least else share <= self.value


@dataclass
class ShareCount:
    """How many of how many, and how many were left out as they stay true."""

    hits: int = 0
    count: int = 0
    left_out: int = 0

    @property
    def share(self) -> float:
        return self.hits / self.count if self.count else 0.0

    def figure(self) -> dict[str, float] | None:
        if not self.count:
            return None
        low, high = wilson(self.hits, self.count)
        return {"value": round(self.share, 5), "low": round(low, 5), "high": round(high, 5)}


@dataclass
class ShareTally:
    """Shares by what was done and to which kind of claim; each is counted under ``ALL`` too, but those ``apart``."""

    apart: tuple[str, ...] = ()
    shares: dict[tuple[str, str], ShareCount] = field(default_factory=dict)

    def add(self, way: str, kind: str, hit: bool) -> None:
        for key in self._keys(way, kind):
            one = self.shares.setdefault(key, ShareCount())
            one.hits += hit
            one.count += 1

    def _keys(self, way: str, kind: str) -> set[tuple[str, str]]:
        return {(way, kind)} if kind in self.apart else {(way, kind or ALL), (way, ALL)}

    def leave_out(self, way: str, kind: str) -> None:
        for key in self._keys(way, kind):
            self.shares.setdefault(key, ShareCount()).left_out += 1

    def get(self, way: str, kind: str = ALL) -> ShareCount:
        return self.shares.get((way, kind), ShareCount())

    def kinds(self, way: str) -> list[str]:
        """``ALL`` first, then by name."""
        return sorted((kind for each, kind in self.shares if each == way), key=lambda kind: (kind != ALL, kind))


def share_rows(tallies: dict[str, ShareTally], bars: dict[str, ShareBar | None]) -> Iterator[dict[str, Any]]:
    """A row for each way and kind; columns for each tally: share, number, left out.

    Whether the bar is met is said of the first tally.
    """
    first = next(iter(tallies.values()))
    for way, bar in bars.items():
        kinds = sorted({kind for tally in tallies.values() for kind in tally.kinds(way)}, key=lambda k: (k != ALL, k))
        for kind in kinds:
            row: dict[str, Any] = {"way": way, "claims": kind, "bar": ""}
            for name, tally in tallies.items():
                one = tally.get(way, kind)
                row |= {name: one.figure(), f"{name}, number": one.count, f"{name}, left out": one.left_out}
            mine = first.get(way, kind)
            unbarred = bar is None or not mine.count or kind in first.apart
            row["bar"] = "" if bar is None or kind in first.apart else bar.text()
            row["met"] = "" if unbarred else "yes" if bar.passed(mine.share) else "NO"
            yield row
