"""TravelBench's score: S = (mean − 1) / 4 · 100 × (1 − errors / calls) × meta / 5, an episode; unsolved by rule."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from stagent.benchmarks.answers import BEST
from stagent.benchmarks.figures import BenchmarkFigure, mean_figure, mean_of_means, share_figure
from stagent.benchmarks.travel_queries import SUBSETS, Subset
from stagent.queries.trajectory import AnswerStep, Trajectory, UserStep

UNSOLVED = "[unsolved]"


def raw_score(mean: float) -> float:
    """A mean mark from 1 to 5 as 0 to 100: ``raw_score(4) == 75``."""
    return (mean - 1) / (BEST - 1) * 100


def travel_score(mean: float, errors: int, calls: int, meta: int) -> float:
    """With both penalties: ``travel_score(4, 1, 4, 4) == 75 * 0.75 * 0.8``. No calls: nothing to be wrong."""
    right = 1 - errors / calls if calls else 1.0
    return raw_score(mean) * right * meta / BEST


@dataclass(frozen=True, slots=True)
class TravelScore:
    """One episode, scored.

    Attributes:
        ended: of ``Rollout``; errors, calls: of tools, what could not be read as a call with them.
        mean: of the judge's marks, 1 where there is no answer to judge; None: no usable judgement.
        meta: of the judge of the judge, 5 where there is no answer; None: none usable.
        unsolved_first: the first thing that the agent said was "[Unsolved]"; unsolved_any: some answer says so.
    """

    id: str
    subset: Subset
    ended: str
    calls: int
    errors: int
    unsolved_first: bool
    unsolved_any: bool
    mean: float | None = None
    meta: int | None = None
    marks: dict[str, Any] | None = None
    reason: str = ""

    @property
    def raw(self) -> float | None:
        return None if self.mean is None else raw_score(self.mean)

    @property
    def score(self) -> float | None:
        if self.mean is None or self.meta is None:
            return None
        return travel_score(self.mean, self.errors, self.calls, self.meta)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"raw": self.raw, "score": self.score}


def unsolved_first(trajectory: Trajectory) -> bool:
    """Whether the agent's first message is an answer that says so, before any call."""
    first = next((step for step in trajectory.steps if not isinstance(step, UserStep)), None)
    return isinstance(first, AnswerStep) and UNSOLVED in first.text.casefold()


def unsolved_any(trajectory: Trajectory) -> bool:
    """Whether any answer says so, whatever was called before."""
    return any(UNSOLVED in answer.text.casefold() for answer in trajectory.answers())


def mean_mark(marks: dict[str, dict[str, Any]]) -> float:
    return fmean(part["score"] for part in marks.values())


def travel_figures(scores: Sequence[TravelScore]) -> list[BenchmarkFigure]:
    """The table: each subset, then the mean of the three where all are there."""
    figures: list[BenchmarkFigure] = []
    for subset in SUBSETS:
        if part := [score for score in scores if score.subset == subset]:
            figures += _unsolvable(part) if subset == "unsolvable" else _solvable(subset, part)
    parts = {
        "multi": [each.score for each in scores if each.subset == "multi" and each.score is not None],
        "single": [each.score for each in scores if each.subset == "single" and each.score is not None],
        "unsolvable": [100.0 * each.unsolved_any for each in scores if each.subset == "unsolvable"],
    }
    if all(parts.values()):
        figures.append(mean_of_means("all", "mean of the three (any step)", parts))
    return figures


def _solvable(subset: str, part: Sequence[TravelScore]) -> list[BenchmarkFigure]:
    return [
        mean_figure(subset, "S", [each.score for each in part]),
        mean_figure(subset, "S without penalties", [each.raw for each in part]),
        share_figure(subset, "says [Unsolved], %", [each.unsolved_any for each in part], 100),
        share_figure(subset, "answered, %", [each.ended == "answered" for each in part], 100),
        *_calls(subset, part),
    ]


def _unsolvable(part: Sequence[TravelScore]) -> list[BenchmarkFigure]:
    return [
        share_figure("unsolvable", "first message says so, %", [each.unsolved_first for each in part], 100),
        share_figure("unsolvable", "any step says so, %", [each.unsolved_any for each in part], 100),
        *_calls("unsolvable", part),
    ]


def _calls(subset: str, part: Sequence[TravelScore]) -> list[BenchmarkFigure]:
    wrong = [number < each.errors for each in part for number in range(each.calls)]
    figures = [mean_figure(subset, "calls an episode", [each.calls for each in part])]
    return [*figures, share_figure(subset, "calls that are errors, %", wrong, 100)] if wrong else figures
