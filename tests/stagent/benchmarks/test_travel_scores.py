"""TravelBench's score and both readings of "unsolved", worked by hand."""

import pytest

from stagent.benchmarks.travel_scores import (
    TravelScore,
    mean_mark,
    raw_score,
    travel_figures,
    travel_score,
    unsolved_any,
    unsolved_first,
)
from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep

CALL = CallStep("web_search", {}, "2026-01-05T09:00:00+08:00", "found", {}, "")
USER, GIVES_UP, ANSWERS = UserStep("订票"), AnswerStep("[Unsolved] 没有这样的工具"), AnswerStep("已为您查到")


def test_the_score():
    assert raw_score(1) == 0 and raw_score(5) == 100 and raw_score(4) == 75
    # mean of 5, 4, 3 is 4: 75; one call of four is an error: × 3/4; the judge's marks are worth 4 of 5: × 0.8
    assert travel_score(4, 1, 4, 4) == pytest.approx(45)
    assert travel_score(4, 0, 0, 5) == 75  # nothing called: nothing to be wrong
    assert travel_score(5, 2, 2, 5) == 0
    assert mean_mark({"planning": {"score": 5}, "fidelity": {"score": 4}, "presentation": {"score": 3}}) == 4


@pytest.mark.parametrize(
    ("steps", "first", "some"),
    [
        ([USER, GIVES_UP], True, True),
        ([USER, CALL, GIVES_UP], False, True),
        ([USER, CALL, ANSWERS], False, False),
        ([USER, CALL], False, False),
        ([USER, ANSWERS, USER, GIVES_UP], False, True),
        ([USER], False, False),
    ],
)
def test_two_readings_of_unsolved(steps, first, some):
    trajectory = Trajectory(None, "m", steps)
    assert (unsolved_first(trajectory), unsolved_any(trajectory)) == (first, some)


def scored(subset, mean=None, meta=None, *, calls=0, errors=0, first=False, some=False):
    return TravelScore("x", subset, "answered", calls, errors, first, some, mean, meta)


def test_the_table_counts_what_has_no_mark():
    scores = [
        scored("multi", 3, 5, calls=2, errors=1),  # 50 × 1/2 = 25, without penalties 50
        scored("single", 5, 5),  # 100
        scored("single", 5, None),  # the judge of the judge failed: no S, but 100 without penalties
        scored("single"),  # no judgement
        scored("unsolvable", first=True, some=True),
        scored("unsolvable", some=True, calls=2),
        scored("unsolvable", calls=1),
        scored("unsolvable"),
    ]
    figures = {(each.group, each.name): each for each in travel_figures(scores)}
    assert figures["multi", "S"].value == 25 and figures["multi", "S without penalties"].value == 50
    assert figures["multi", "calls that are errors, %"].value == 50
    single = figures["single", "S"]
    assert (single.value, single.count, single.unscored) == (100, 1, 2)
    plain = figures["single", "S without penalties"]
    assert (plain.value, plain.count, plain.unscored) == (100, 2, 1)
    assert figures["unsolvable", "first message says so, %"].value == 25
    assert figures["unsolvable", "any step says so, %"].value == 50
    # (25 + 100 + 50) / 3
    assert figures["all", "mean of the three (any step)"].value == pytest.approx(175 / 3)


def test_no_mean_of_three_where_a_part_has_no_score():
    figures = travel_figures([scored("multi"), scored("single", 5, 5), scored("unsolvable", some=True)])
    assert not [each for each in figures if each.group == "all"]
