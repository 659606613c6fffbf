"""How many answers the verifier marks a second: with the results read before and not, in one process and in two."""

import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from stagent.queries.trajectory import Trajectory, trajectory_of
from stagent.reward.measure.variant import unmarked
from stagent.reward.verifier import Verifier

BAR = 2000
_ROUNDS = 3
_WARM = 10  # answers before the clock runs: what a process loads once is no matter of answers


def speed_rows(sample: Sequence[Trajectory], processes: int = 2) -> list[dict[str, Any]]:
    """Rows of the verifier's table, in answers a second; each process is fresh and has its share of the sample."""
    lines = [json.dumps(unmarked(trajectory).as_json()) for trajectory in sample]
    rows = []
    for count in dict.fromkeys((1, processes)):
        load = os.getloadavg()[0]
        shares = [lines[number::count] for number in range(count)]
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            rates = list(pool.map(_rates, shares))
        for name, place in (("results read anew", 0), ("results read before", 1)):
            rate = sum(each[place] for each in rates)
            met = ("yes" if rate >= BAR else "NO") if (place, count) == (1, 1) else ""
            rows.append(
                {
                    "way": f"answers a second, {name}, {count} process{'es' if count > 1 else ''}",
                    "claims": f"load {load:.1f} before",
                    "bar": f"≥ {BAR}" if met else "",
                    "held-out kinds": f"{rate:.0f}",
                    "met": met,
                }
            )
    return rows


def _rates(lines: Sequence[str]) -> tuple[float, float]:
    """Answers a second of the first time, and of the best of some further times."""
    sample = [trajectory_of(json.loads(line)) for line in lines]
    judge, seconds = Verifier(), []
    for trajectory in sample[:_WARM]:
        judge.score(trajectory)
    sample = sample[_WARM:] or sample
    answers = sum(len(trajectory.answers()) for trajectory in sample)
    for _ in range(1 + _ROUNDS):
        began = time.perf_counter()
        for trajectory in sample:
            judge.score(trajectory)
        seconds.append(time.perf_counter() - began)
    return answers / seconds[0], answers / min(seconds[1:])
