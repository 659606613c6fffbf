from itertools import pairwise

import numpy as np
import pytest

from stagent.routing.geometry import EARTH_M, chord_m, distances_to_line, haversine_m, unit_vectors

DEGREE_M = np.pi / 180 * EARTH_M  # 111.195 km


def test_distances_by_hand():
    assert haversine_m(0, 0, 1, 0) == pytest.approx(DEGREE_M)
    assert haversine_m(60, 10, 60, 11) == pytest.approx(DEGREE_M / 2, rel=1e-4)  # cos 60° = ½
    assert haversine_m(0, 0, 0, 180) == pytest.approx(np.pi * EARTH_M)
    found = haversine_m(0, 0, np.array([[0.0], [1.0]]), np.array([0.0, 1.0]))
    assert found.shape == (2, 2) and found[0, 0] == 0 and found[1, 0] == found[0, 1]


def test_straight_distances_order_as_great_circles():
    draw = np.random.default_rng(0)
    lat, lon = draw.uniform(-80, 80, 50), draw.uniform(-180, 180, 50)
    chord = np.linalg.norm(unit_vectors(lat, lon) - unit_vectors(10, 20), axis=1)
    assert chord == pytest.approx([chord_m(metres) for metres in haversine_m(lat, lon, 10, 20)])


def test_points_beside_a_line_by_hand():
    # north along 110°, then east; both legs 0.01° of latitude, or 0.01° / cos 30° of longitude
    line = [(30, 110), (30.01, 110), (30.01, 110 + 0.01 / np.cos(np.radians(30)))]
    points = np.array(
        [
            (30.005, 110 - 0.001 / np.cos(np.radians(30))),  # 111 m west of the first half
            (29.99, 110),  # before the start
            (30.011, line[2][1]),  # north of the end
            (30.02, 109.999),  # beyond the corner
            (30, 110),
        ]
    )
    off, along = distances_to_line(points[:, 0], points[:, 1], line)
    hundredth = DEGREE_M / 100
    corner = haversine_m(30.02, 109.999, 30.01, 110)
    assert off == pytest.approx([hundredth / 10, hundredth, hundredth / 10, corner, 0], rel=1e-3, abs=1e-6)
    assert along == pytest.approx([hundredth / 2, 0, 2 * hundredth, hundredth, 0], rel=1e-3, abs=1e-6)


def test_lines_of_one_point_and_repeated_points():
    off, along = distances_to_line([30.01], [110], [(30, 110)])
    assert off == pytest.approx([DEGREE_M / 100]) and along.tolist() == [0]
    off, along = distances_to_line(30.005, 110.0, [(30, 110), (30, 110), (30.01, 110), (30.01, 110)])
    assert off == pytest.approx([0], abs=1e-6) and along == pytest.approx([DEGREE_M / 200])


def test_many_points_are_done_in_parts(monkeypatch):
    draw = np.random.default_rng(1)
    lat, lon = draw.uniform(30, 30.1, 101), draw.uniform(110, 110.1, 101)
    line = draw.uniform((30, 110), (30.1, 110.1), (40, 2)).tolist()
    whole = distances_to_line(lat, lon, line)
    monkeypatch.setattr("stagent.routing.geometry._CHUNK", 200)
    parts = distances_to_line(lat, lon, line)
    assert np.array_equal(whole, parts)
    # the second implementation: the nearest of many points on the line
    share = np.linspace(0, 1, 400)[:, None]
    dense = np.concatenate([np.add(a, share * np.subtract(b, a)) for a, b in pairwise(line)])
    nearest = haversine_m(lat[:, None], lon[:, None], dense[:, 0], dense[:, 1]).min(axis=1)
    assert whole[0] == pytest.approx(nearest, abs=30)
