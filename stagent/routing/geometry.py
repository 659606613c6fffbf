"""Distances on the ground: between points, and from points to a line with the position along it."""

from collections.abc import Sequence

import numpy as np

EARTH_M = 6_371_008.8  # the mean radius (IUGG)
_CHUNK = 2_000_000  # pairs of a point and a segment at a time: some 100 MB


def haversine_m(lat_a, lon_a, lat_b, lon_b):
    """Great-circle metres between points in degrees; arguments broadcast. Between two points a numpy float."""
    lat_a, lon_a, lat_b, lon_b = (np.radians(angle) for angle in (lat_a, lon_a, lat_b, lon_b))
    half = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(half, 1)))


def unit_vectors(lat, lon) -> np.ndarray:
    """(…, 3): points in degrees on the unit sphere, where the straight distance orders as the great circle does."""
    lat, lon = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def chord_m(metres: float) -> float:
    """The straight distance on the unit sphere of a great-circle distance in metres."""
    return 2 * np.sin(metres / EARTH_M / 2)


def distances_to_line(lat, lon, line: Sequence[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """How far points lie from a line, and where along it they are nearest.

    Each segment is projected onto a plane at its own latitude, which is exact to some parts in 10,000 for segments and
    distances of a few kilometres.

    Args:
        lat, lon: (P,) degrees.
        line: at least one point.

    Returns:
        off_m (P,), along_m (P,): metres from the line, and along it from its start to the nearest point (the first of
        several).
    """
    lat, lon = np.atleast_1d(np.asarray(lat, float)), np.atleast_1d(np.asarray(lon, float))
    points = np.asarray(line, float).reshape(-1, 2)
    if len(points) == 1:
        return haversine_m(lat, lon, *points[0]), np.zeros(len(lat))
    start, end = points[:-1], points[1:]
    degree_m = np.radians(1) * EARTH_M
    shrink = np.cos(np.radians((start[:, 0] + end[:, 0]) / 2))  # a degree of longitude against one of latitude
    step = (end - start) * degree_m
    step[:, 1] *= shrink
    squared = (step**2).sum(axis=1)
    length = np.sqrt(squared)
    before = np.concatenate([[0], np.cumsum(length)[:-1]])
    off, along = np.empty(len(lat)), np.empty(len(lat))
    rows = max(1, _CHUNK // len(start))
    for at in range(0, len(lat), rows):
        part = slice(at, at + rows)
        north = (lat[part, None] - start[:, 0]) * degree_m
        east = (lon[part, None] - start[:, 1]) * degree_m * shrink
        share = (north * step[:, 0] + east * step[:, 1]) / np.where(squared > 0, squared, 1)
        share = np.clip(share, 0, 1)
        away = np.hypot(north - share * step[:, 0], east - share * step[:, 1])
        nearest = away.argmin(axis=1)
        chosen = np.arange(len(nearest)), nearest
        off[part] = away[chosen]
        along[part] = before[nearest] + share[chosen] * length[nearest]
    return off, along
