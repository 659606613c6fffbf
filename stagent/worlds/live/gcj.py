"""Between WGS-84, which the tools speak, and GCJ-02, the shifted coordinates that China's maps must use.

The shift has no closed inverse. It changes slowly (by less than a thousandth of the step that one takes), so that the
fixed point of ``wgs = gcj - shift(wgs)`` is reached within a few steps.
"""

import numpy as np

_AXIS_M = 6_378_245.0  # Krasovsky 1940
_ECCENTRICITY = 0.006693421622965943  # squared
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_STEPS = 10
_CLOSE = 1e-10  # degrees, a hundredth of a millimetre


def covers(lat: float, lon: float) -> bool:
    """Whether a point lies in the box within which coordinates are shifted; it reaches beyond China's border."""
    return _SOUTH <= lat <= _NORTH and _WEST <= lon <= _EAST


def to_gcj(points) -> np.ndarray:
    """(N, 2) WGS-84 latitudes and longitudes in degrees → GCJ-02."""
    points = np.asarray(points, float).reshape(-1, 2)
    return points + _shift(points)


def to_wgs(points) -> np.ndarray:
    """(N, 2) GCJ-02 latitudes and longitudes in degrees → WGS-84, to 1e-10 degrees."""
    points = np.asarray(points, float).reshape(-1, 2)
    inside = _inside(points)  # of the given points: a step must not push one over the box's edge and back
    found = points.copy()
    for _ in range(_STEPS):
        better = np.where(inside[:, None], points - _offset(found), points)
        done = np.abs(better - found).max(initial=0) < _CLOSE
        found = better
        if done:
            break
    return found


def _inside(points: np.ndarray) -> np.ndarray:
    lat, lon = points.T
    return (lat >= _SOUTH) & (lat <= _NORTH) & (lon >= _WEST) & (lon <= _EAST)


def _shift(points: np.ndarray) -> np.ndarray:
    return np.where(_inside(points)[:, None], _offset(points), 0)


def _offset(points: np.ndarray) -> np.ndarray:
    """(N, 2) degrees by which GCJ-02 is north and east of WGS-84."""
    lat, lon = points.T
    y, x = lat - 35, lon - 105
    root, ripple = np.sqrt(np.abs(x)), 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)

    def waves(angle, *terms):
        return sum(size * np.sin(angle * np.pi / period) for size, period in terms)

    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north = north + 2 / 3 * (ripple + waves(y, (20, 1), (40, 3), (160, 12), (320, 30)))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east = east + 2 / 3 * (ripple + waves(x, (20, 1), (40, 3), (150, 12), (300, 30)))
    sine, cosine = np.sin(np.radians(lat)), np.cos(np.radians(lat))
    bend = 1 - _ECCENTRICITY * sine * sine
    meridian = _AXIS_M * (1 - _ECCENTRICITY) / bend**1.5  # radii of curvature, metres
    parallel = _AXIS_M / np.sqrt(bend) * cosine
    return np.stack([np.degrees(north / meridian), np.degrees(east / parallel)], axis=-1)
