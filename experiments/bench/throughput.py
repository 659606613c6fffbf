"""The second part of ``bench latency``: rows a second against batch size, generate beside the planner."""

import time
from collections.abc import Callable, Sequence
from functools import partial

from data_process.encode import RowEncoder
from data_process.schema import Row
from experiments.bench.bounds import aligned
from experiments.bench.decoders import Generate
from gplan.planner.decode import Planner
from utils import say


def measure_throughput(
    sizes: Sequence[int],
    generate: Generate,
    planner: Callable[[int], Planner],
    encoder: RowEncoder,
    warm: list[Row],
    rows: list[Row],
) -> list[dict]:
    """Rows a second of both at each size.

    Args:
        planner: makes one with so many slots.
        warm: rows that it plans before, from which its drafts learn.
    """
    found = []
    for size in sizes:
        say(f"{size} requests at once")
        by_generate = _seconds(generate, partial(_in_batches, generate, encoder, rows, size))
        ours = planner(size)  # now: both caches at once may be too much
        ours.plan(warm)
        by_planner = _seconds(generate, partial(ours.plan, rows))
        found.append({"size": size, "generate": len(rows) / by_generate, "planner": len(rows) / by_planner})
    return found


def _in_batches(generate: Generate, encoder: RowEncoder, rows: list[Row], size: int) -> None:
    """By length, as ``gplan.metrics.placement`` cuts batches: little padding."""
    prompts = sorted(((encoder.prompt(row), row) for row in rows), key=lambda one: -len(one[0]))
    for start in range(0, len(prompts), size):
        some = prompts[start : start + size]
        generate.batch([row for _, row in some], [prompt for prompt, _ in some])


def _seconds(device: Generate, work: Callable[[], object]) -> float:
    device.wait()
    began = time.perf_counter()
    work()
    device.wait()
    return time.perf_counter() - began


def throughput_text(found: list[dict]) -> str:
    """The table."""
    table = [("requests at once", "generate, rows/s", "planner, rows/s", "ratio")]
    for one in found:
        speeds = (f"{one['generate']:.2f}", f"{one['planner']:.2f}")
        table.append((str(one["size"]), *speeds, f"{one['planner'] / one['generate']:.2f}"))
    return aligned(table)
