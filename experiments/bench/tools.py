"""``bench tools``: calls of STAgent's tools a second, in process and over MCP, and what happens to 100,000 of them.

The world is chosen as for ``agent.py``: the sandbox, or --osm_pbf city.osm.pbf. Where a call is said to be kept, its
result is in memory already, so that what is measured is what stands between a caller and a world.
"""

import argparse
import time

from experiments.bench.bounds import aligned, bound, bounds_text, notes
from stagent.worlds.opening import add_world_arguments, open_world
from utils import InputError, environment, say


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_world_arguments(command)
    command.add_argument("--timed", type=int, default=2000, help="calls timed over MCP, in each way")
    command.add_argument("--calls", type=int, default=100_000, help="mixed calls of the long run, over MCP in memory")
    command.add_argument("--routes", type=int, default=1000, help="routes timed")


def measure(args: argparse.Namespace) -> dict:
    """All figures of one run.

    Raises:
        InputError: a world without cities of its own, whose calls could not be drawn.
    """
    if args.record or args.replay:
        raise InputError("--record, --replay: leave them out; this measures a world itself")
    # FastMCP and what else agent.txt names only here: other benchmarks do without
    from experiments.bench.tool_bench import ToolBench

    began = time.perf_counter()
    world = open_world(args)
    opened = time.perf_counter() - began
    if not hasattr(world, "cities"):
        raise InputError(f"--world {world.name}: it has no list of places to ask for; take sandbox or osm")
    bench = ToolBench(args, world)
    figures = {"opened": opened}
    steps = {
        "kept": bench.in_process,
        "memory": bench.over_mcp,
        "http": bench.over_http,
        "one": bench.one_execution,
        "together": bench.together,
        "killed": bench.killed,
        "routes": bench.routes,
        "soak": bench.soak,
    }
    try:
        for name, step in steps.items():
            say(name)
            figures[name] = step()
    finally:
        bench.close()
    return {"settings": vars(args), "world": [world.name, world.version], **figures, "environment": environment()}


def text(figures: dict) -> str:
    """The figures for people."""
    ways = {
        "in process, kept": figures["kept"],
        "MCP in memory, kept": figures["memory"]["kept"],
        "MCP in memory, each another": figures["memory"]["fresh"],
        "MCP over HTTP, kept": figures["http"],
    }
    table = [("calls", "a second", "p50 ms", "p99 ms")]
    for name, one in ways.items():
        times = (f"{one[share] * 1000:.2f}" if share in one else "-" for share in ("p50", "p99"))
        table.append((name, f"{one['rate']:,.0f}", *times))
    soak, killed, routes, together = (figures[name] for name in ("soak", "killed", "routes", "together"))
    asked = figures["settings"]["calls"]
    bounds = [
        bound("kept calls a second, in process", figures["kept"]["rate"], ">=", 50_000),
        bound("kept calls a second, MCP in memory", figures["memory"]["kept"]["rate"], ">=", 300),
        bound("p99 of these, ms", figures["memory"]["kept"]["p99"] * 1000, "<=", 20),
        bound("kept calls a second, MCP over HTTP", figures["http"]["rate"], ">=", 100),
        bound(
            f"executions of {figures['one']['at_once']} identical calls at once", figures["one"]["identical"], "<=", 1
        ),
        bound("executions of four spellings of one call", figures["one"]["spellings"], "<=", 1),
        bound("20 calls of 50 ms: in turn over together", together["in_turn"] / together["together"], ">=", 8),
        bound("answers lost of the long run", asked - soak["answers"], "<=", 0),
        bound("calls not counted once in it", abs(asked - sum(soak["outcomes"].values())), "<=", 0),
        bound("calls that failed in it", soak["outcomes"].get("failed", 0), "<=", 0),
        bound("its memory in the end over that after a tenth", soak["memory"][1] / soak["memory"][0], "<=", 1.05),
        bound("kill -9: answers that the record repeats otherwise", killed["answered"] - killed["identical"], "<=", 0),
        bound("driving routes a second, uncached", routes["rate"], ">=", 300),
    ]
    name, version = figures["world"]
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(soak["outcomes"].items()))
    parts = [
        f"{name} {version}, opened in {figures['opened']:.1f} s",
        aligned(table),
        f"{asked:,} mixed calls in {soak['seconds']:.0f} s: {outcomes}; memory "
        f"{soak['memory'][0] / 2**20:.0f} MiB after a tenth, {soak['memory'][1] / 2**20:.0f} MiB in the end",
        f"routes: {routes['nodes']:,} nodes, {routes['rate']:.0f} a second, p99 {routes['p99_ms']:.1f} ms",
        f"killed after {killed['answered']:,} answers" + (", in the middle of a line" if killed["half_a_line"] else ""),
        bounds_text(bounds),
    ]
    terms = {
        "kept": "the result is in memory already: what stands between a caller and a world",
        "each another": "mixed calls of all ten tools, 5 % of them wrong, none made before",
        "MCP": "FastMCP's own client, one call after the other",
    }
    return "\n".join([*parts, notes(terms)])
