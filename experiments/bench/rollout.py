"""``bench rollout``: episodes of a small policy over a world, calls and all, a second; beside a barrier a turn; memory.

Without --model a model of random weights is computed and drawn from, but what it writes is the expert's: so calls,
results and lengths are a trained policy's. With it, a checkpoint of ``agent.py train`` says what it says.
"""

import argparse
import os
from pathlib import Path
from typing import Any

from config.command_line import number
from experiments.bench.bounds import aligned, bound, bounds_text
from experiments.results import FOLDER, measured_with, write_result
from stagent.worlds.opening import add_world_arguments, open_world
from utils import InputError, environment, say


def add_arguments(command: argparse.ArgumentParser) -> None:
    add_world_arguments(command)
    command.add_argument("--model", type=Path, metavar="FOLDER", help="a trained policy; unset: the expert's words")
    command.add_argument("--tasks", type=number(int, 1), default=1000, help="different ones")
    command.add_argument("--samples", type=number(int, 1), default=8, help="episodes of a task, one after the other")
    command.add_argument("--episodes", type=number(int, 1), default=4000, help="timed, in each way")
    command.add_argument(
        "--slow_episodes", type=number(int, 1), default=1000, help="timed with slow calls, in each way"
    )
    command.add_argument("--slots", type=number(int, 1), default=128, help="episodes under way")
    command.add_argument("--workers", type=number(int, 1), default=2, help="processes, a core each")
    command.add_argument("--threads", type=number(int, 1), default=1, help="of torch, in each process")
    command.add_argument("--soak", type=number(int, 1), default=50_000, help="episodes of the long run")
    command.add_argument("--result", action="store_true", help="write experiments/results/rollout.json")


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """All figures of one run.

    Raises:
        InputError: a world whose tasks can't be drawn.
    """
    if args.record or args.replay or args.world == "live":
        raise InputError("--record, --replay, --world live: this draws tasks of a world itself; take sandbox or osm")
    # what agent.txt names: other benchmarks do without
    from experiments.bench.rollout_bench import RolloutBench, beside_each_other

    load = os.getloadavg()[0]
    say("processes beside each other")
    figures: dict[str, Any] = {"beside": beside_each_other(args)}
    bench = RolloutBench(args, open_world(args))
    figures |= {"parameters": bench.parameters, "unsayable": bench.unsayable}
    steps = {
        "alone": lambda: bench.play(args.episodes),
        "rewarded": lambda: bench.play(args.episodes, rewarded=True),
        "slow": bench.slow,
        "memory": bench.memory,
    }
    try:
        bench.warm_up()
        for name, step in steps.items():
            say(name)
            figures[name] = step()
    finally:
        bench.close()
    settings = {name: str(value) for name, value in vars(args).items()}
    figures |= {"settings": settings, "load": [load, os.getloadavg()[0]], "environment": environment()}
    if args.result:
        write_result(FOLDER / "rollout.json", *as_result(figures))
    return figures


def kept_share(figures: dict[str, Any]) -> float:
    """The share of calls that no world was asked for."""
    return 1 - figures["alone"]["executions"] / max(1, figures["alone"]["calls"])


def faster(figures: dict[str, Any]) -> float:
    """How many times the episodes a second of a barrier a turn."""
    return figures["slow"]["by_itself"]["rate"] / figures["slow"]["barrier"]["rate"]


def growth(figures: dict[str, Any]) -> float:
    """Memory in the end over that after the first part of the long run."""
    return figures["memory"]["resident"][-1] / figures["memory"]["resident"][0]


def text(figures: dict[str, Any]) -> str:
    """The figures for people."""
    ways = {
        f"{figures['settings']['workers']} processes": figures["beside"],
        "1 process": figures["alone"],
        "1 process, with rewards": figures["rewarded"],
        "slow calls": figures["slow"]["by_itself"],
        "slow calls, a barrier a turn": figures["slow"]["barrier"],
        "the long run": figures["memory"],
    }
    table = [
        ("way", "episodes", "a second", "of CPU", "ids written a second", "computed", "found", "calls", "executed")
    ]
    for name, way in ways.items():
        engine, own = way.get("engine"), (name, f"{way['episodes']:,}", f"{way['rate']:.1f}")
        if not engine:
            table.append((*own, "", "", "", "", "", ""))
            continue
        rates = (f"{engine[part] / way['seconds']:,.0f}" for part in ("drawn", "computed", "found"))
        busy = f"{way['episodes'] / way['cpu_seconds']:.1f}"
        table.append((*own, busy, *rates, f"{way['calls']:,}", f"{way['executions']:,}"))
    bounds = [
        bound("episodes a second", figures["beside"]["rate"], ">=", 100),
        bound("with slow calls: episodes a second over those with a barrier a turn", faster(figures), ">=", 1.5),
        bound("calls that no world was asked for", kept_share(figures), ">=", 0.75),
        bound("memory in the end over that after a fifth", growth(figures), "<=", 1.05),
    ]
    alone, memory = figures["alone"], figures["memory"]
    ended = ", ".join(f"{count:,} {how}" for how, count in sorted(alone["ended"].items()))
    parts = [
        f"{figures['parameters']:,} parameters, {figures['settings']['slots']} slots; load {figures['load'][0]:.1f} "
        f"to {figures['load'][1]:.1f}; {figures['unsayable']} of {figures['settings']['tasks']} tasks left out",
        aligned(table),
        f"1 process: {ended}; {alone['as_the_expert']:,} of {alone['episodes']:,} answered as the expert",
        f"memory every {memory['every']:,} episodes, MiB: {_mebibytes(memory['resident'])}",
        bounds_text(bounds),
    ]
    return "\n".join(parts)


def _mebibytes(sizes: list[int]) -> str:
    return ", ".join(f"{size / 2**20:,.0f}" for size in sizes)


def as_result(figures: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Head and rows of the result file."""
    made, settings, slow, memory = (figures[name] for name in ("environment", "settings", "slow", "memory"))
    alone = figures["alone"]
    seen = alone["engine"]["computed"] + alone["engine"]["found"]
    rows = [
        (f"episodes a second, {settings['workers']} processes", "100", f"{figures['beside']['rate']:.0f}"),
        ("1 process (a second of CPU)", None, f"{alone['rate']:.0f} ({alone['episodes'] / alone['cpu_seconds']:.0f})"),
        ("1 process, with the verifier's reward", None, f"{figures['rewarded']['rate']:.0f}"),
        ("tokens written a second, 1 process", None, f"{alone['engine']['drawn'] / alone['seconds']:,.0f}"),
        ("ids of prompts found in the cache", None, f"{alone['engine']['found'] / seen:.3f}"),
        ("5 % of calls take 2 s: episodes a second", None, f"{slow['by_itself']['rate']:.1f}"),
        ("the same with a barrier a turn", None, f"{slow['barrier']['rate']:.1f}"),
        ("times faster", "1.5", f"{faster(figures):.1f}"),
        (
            f"calls that no world was asked for, {settings['samples']} episodes a task",
            "0.75",
            f"{kept_share(figures):.3f}",
        ),
        (f"memory every {memory['every']:,} episodes, MiB", "within 5 %", _mebibytes(memory["resident"])),
    ]
    words = [f"--model {settings['model']}"] if settings["model"] != "None" else []
    said = "" if words else "Weights are random and the expert's messages are put in place of what was drawn. "
    head = {
        "title": "Episodes of a small policy",
        "command": [" ".join(["python -m experiments.bench rollout", *words, "--result"])],
        **measured_with(made),
        "columns": {"figure": None, "bar": None, "value": None},
        "note": f"{figures['parameters']:,} parameters, {settings['slots']} episodes under way. {said}Found: of all "
        "ids that prompts and messages have, those that a slot had.",
    }
    return head, [dict(zip(("figure", "bar", "value"), row, strict=True)) for row in rows]
