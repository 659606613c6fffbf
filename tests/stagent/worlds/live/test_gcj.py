"""GCJ-02 against published reference pairs, and there and back again."""

import numpy as np
import pytest

from stagent.worlds.live import gcj

# WGS-84 → GCJ-02, the pairs that implementations have compared themselves with since the formula is known.
PAIRS = [
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),  # Shanghai
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),  # Shenzhen
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),  # Beijing
]


@pytest.mark.parametrize("wgs, shifted", PAIRS)
def test_reference_pairs_both_ways(wgs, shifted):
    assert gcj.to_gcj([wgs])[0] == pytest.approx(shifted, abs=1e-11)
    assert gcj.to_wgs([shifted])[0] == pytest.approx(wgs, abs=1e-9)


def test_there_and_back_is_the_same_point_everywhere():
    random = np.random.default_rng(0)
    points = np.column_stack([random.uniform(1, 55.5, 20_000), random.uniform(72.5, 137.5, 20_000)])
    shifted = gcj.to_gcj(points)
    moved = np.abs(shifted - points).max(axis=1)
    assert moved.max() < 0.02 and np.median(moved) > 1e-3  # something was moved, and not out of sight
    assert np.abs(gcj.to_wgs(shifted) - points).max() < 1e-9


@pytest.mark.parametrize("point", [(60.17, 24.94), (-33.9, 151.2), (40.7, -74.0), (0.5, 110.0)])
def test_outside_china_nothing_moves(point):
    assert not gcj.covers(*point)
    assert tuple(gcj.to_gcj([point])[0]) == point == tuple(gcj.to_wgs([point])[0])


def test_no_points_are_no_points():
    assert gcj.to_gcj([]).shape == gcj.to_wgs([]).shape == (0, 2)
