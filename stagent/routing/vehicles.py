"""Classes of roads, and who may use them at what speed. These numbers are ours (docs/agent.md)."""

from dataclasses import dataclass

import numpy as np

# Fastest first; an edge holds an index into this.
CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary", "residential", "service", "path")
DRIVING, WALKING, BICYCLING = 1, 2, 4  # bits of an edge's ``allowed``

WALKING_KMH = 4.8
BICYCLING_KMH = 14.4
ACCESS_KMH = 9.6  # between a stop and the nearest road, for vehicles with an engine: a yard, a car park


@dataclass(frozen=True, slots=True)
class Vehicle:
    """How one mode uses the network.

    Attributes:
        bit: which edges it may use.
        kmh: its own speed on every road; None: the road's.
        factor: of the road's speed. cap_kmh: what it never exceeds.
        motorways: whether it may use them.
        traffic: whether traffic slows it and whether it pays tolls.
        access_kmh: its speed between a stop and the nearest road.
    """

    bit: int
    kmh: float | None = None
    factor: float = 1.0
    cap_kmh: float = 130.0
    motorways: bool = True
    traffic: bool = False
    access_kmh: float = ACCESS_KMH

    def speeds(self, speed_kmh: np.ndarray) -> np.ndarray:
        """(E,) free-flow speeds of its own on edges of these speeds."""
        if self.kmh is not None:
            return np.full(len(speed_kmh), self.kmh)
        return np.minimum(np.asarray(speed_kmh, float) * self.factor, self.cap_kmh)


VEHICLES = {
    "driving": Vehicle(DRIVING, traffic=True),
    # Most Chinese cities keep motorcycles off motorways.
    "motorcycle": Vehicle(DRIVING, cap_kmh=70, motorways=False, traffic=True),
    # Slower everywhere, and never above the 80 km/h that a heavy truck may drive.
    "truck": Vehicle(DRIVING, factor=0.85, cap_kmh=80, traffic=True),
    "walking": Vehicle(WALKING, kmh=WALKING_KMH, motorways=False, access_kmh=WALKING_KMH),
    "bicycling": Vehicle(BICYCLING, kmh=BICYCLING_KMH, motorways=False, access_kmh=BICYCLING_KMH),
}
# A second on a road of each class feels like so many. At least 1, so that bounds of times bound these costs too.
_PREFERRED = {
    "prefer_highways": (1.0, 1.5, 2.0, 2.0, 2.2, 2.5, 2.5, 2.5),
    "prefer_main_roads": (1.0, 1.0, 1.0, 1.3, 1.8, 2.5, 3.0, 3.0),
}
_AVOIDED = {
    "avoid_highways": (True, False),
    "avoid_tolls": (False, True),
    "avoid_highways+avoid_tolls": (True, True),
}
PREFERENCES = (*_PREFERRED, *_AVOIDED)


def weights(preference: str) -> np.ndarray | None:
    """(C,) what a second on each class of road feels like; None: this preference avoids roads instead."""
    return np.array(_PREFERRED[preference]) if preference in _PREFERRED else None


def avoided(preference: str, road_class: np.ndarray, toll_yuan: np.ndarray) -> np.ndarray:
    """(E,) which edges a preference avoids: motorways, roads that cost a toll, or both."""
    motorways, tolls = _AVOIDED[preference]
    return (motorways & (road_class == CLASSES.index("motorway"))) | (tolls & (toll_yuan > 0))
