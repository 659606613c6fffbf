"""Figures with intervals; what has no number is counted, never averaged."""

import pytest

from stagent.benchmarks.figures import BenchmarkFigure, mean_figure, mean_of_means, share_figure, table_of


def test_a_mean_leaves_out_what_has_no_number():
    figure = mean_figure("single", "S", [50.0, None, 100.0, None])
    assert (figure.value, figure.count, figure.unscored) == (75.0, 2, 2)
    assert figure.low == 50.0 and figure.high == 100.0  # of two rows a quarter of the draws is all one or all the other
    assert mean_figure("single", "S", [None]) == BenchmarkFigure("single", "S", None, unscored=1)


def test_a_share_has_wilsons_interval():
    figure = share_figure("decision", "DR", [False] * 10 + [None], 100)
    # 0 of 10: z² / (n + z²) = 3.8416 / 13.8416 = 0.27754
    assert figure.value == 0 and figure.low == 0 and figure.high == pytest.approx(27.754, abs=0.001)
    assert (figure.count, figure.unscored) == (10, 1)


def test_a_mean_of_means_weighs_parts_alike():
    figure = mean_of_means("all", "mean", {"a": [0.0], "b": [90.0, 90.0, 90.0]})
    assert (figure.value, figure.low, figure.high, figure.count) == (45.0, 45.0, 45.0, 4)


def test_the_table():
    figures = [
        BenchmarkFigure("multi", "S", 61.25, 40.0, 80.0, 3, 1),
        BenchmarkFigure("multi", "other", None, unscored=4),
    ]
    lines = [line.split() for line in table_of(figures).splitlines()]
    assert lines[1:] == [
        ["multi", "S", "61.250", "40.000", "to", "80.000", "3", "1"],
        ["other", "-", "-", "0", "4"],
    ]
