"""Routes a second: uncached driving routes between random points of a road network, with traffic."""

import time
from datetime import datetime, timedelta

import numpy as np

from stagent.routing.roads import RoadNetwork
from stagent.routing.traffic import Traffic

_DAY = datetime(2026, 3, 2)  # a Monday
_WEEK_S = 7 * 86_400


def routes_per_second(
    network: RoadNetwork, traffic: Traffic | None, *, routes: int = 1000, seed: int = 42, mode: str = "driving"
) -> dict[str, float]:
    """Each route between two other points, at another second of a week, steps and points included.

    Every hour's bounds are made when they are first needed; a first round of as many other routes pays for them, and
    its figure is given too.

    Returns:
        nodes, edges: of the mode's graph. first: routes a second of the first round. rate: of the second.
        p50_ms, p99_ms: a route of the second round.
    """
    graph = network.graph(mode)
    draw = np.random.default_rng(seed)
    rates = []
    for _ in range(2):
        chosen = graph.nodes[draw.integers(0, len(graph.nodes), (routes, 2))]
        # off the crossings, some 30 m
        places = np.stack([network.lat[chosen], network.lon[chosen]], axis=-1) + draw.normal(0, 3e-4, (routes, 2, 2))
        moments = [_DAY + timedelta(seconds=int(second)) for second in draw.integers(0, _WEEK_S, routes)]
        taken = []
        for stops, moment in zip(places.tolist(), moments, strict=True):
            begun = time.perf_counter()
            network.route(stops, mode, leave=moment, traffic=traffic)
            taken.append(time.perf_counter() - begun)
        rates.append(routes / sum(taken))
    p50, p99 = np.quantile(taken, [0.5, 0.99]) * 1000
    return {
        "nodes": len(graph.nodes),
        "edges": len(graph.edges),
        "first": rates[0],
        "rate": rates[1],
        "p50_ms": float(p50),
        "p99_ms": float(p99),
    }
