"""A way from one point to another, as a routing service gives it, and what becomes of several one after another."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any


class NoWay(Exception):
    """There is no route; the text says why, in Chinese."""


@dataclass(slots=True)
class FoundWay:
    """A way between two stops, in one mode. What the service doesn't say is None.

    Attributes:
        steps: dicts with the keys that a result's steps have.
        points: (lat, lon) in WGS-84.
        notes: sentences about this way.
    """

    distance_m: int
    duration_s: int
    steps: list[dict[str, Any]]
    points: list[tuple[float, float]]
    toll_yuan: float | int | None = None
    fare_yuan: float | int | None = None
    walking_m: int | None = None
    transfers: int | None = None
    notes: list[str] = field(default_factory=list)


def total(ways: Iterable[FoundWay], key: str) -> Any:
    """The sum over the ways; None where one of them doesn't say."""
    values = [getattr(way, key) for way in ways]
    return None if any(value is None for value in values) else round(sum(values), 2)


def rounded(values: list[float]) -> list[int]:
    """Integers near the values that add up to the rounded sum: ``[0.4, 0.4, 0.4]`` → ``[0, 1, 0]``."""
    ends, sum_so_far = [0], 0.0
    for value in values:
        sum_so_far += value
        ends.append(round(sum_so_far))
    return [end - start for start, end in pairwise(ends)]


def joined(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbouring steps on one road as one; steps without length are left out.

    ``[{"road": "A", "distance_m": 5}, {"road": "A", "distance_m": 7}]`` → ``[{"road": "A", "distance_m": 12}]``
    """
    whole: list[dict[str, Any]] = []
    for step in steps:
        if not step.get("distance_m", 1) and not step.get("duration_s"):
            continue
        if whole and whole[-1].get("road") == step.get("road"):
            for key in ("distance_m", "duration_s"):
                if key in step:
                    whole[-1][key] += step[key]
        else:
            whole.append(dict(step))
    return whole


def consistent(steps: list[dict[str, Any]], distance_m: int, duration_s: int) -> list[dict[str, Any]]:
    """The steps without a measure that doesn't add up to the whole way's: what contradicts itself isn't passed on.

    Differences of rounding, at most one a step, are taken up by the longest step.
    """
    steps = [dict(step) for step in steps]
    for key, whole in (("distance_m", distance_m), ("duration_s", duration_s)):
        given = [step[key] for step in steps if key in step]
        gap = whole - sum(given)
        if len(given) == len(steps) and abs(gap) <= len(steps):
            if gap:
                max(steps, key=lambda step, key=key: step[key])[key] += gap
        else:
            for step in steps:
                step.pop(key, None)
    return steps
