"""``bench peers``: what a user would take instead, on the same weights and rows: TRL, generate under masks, llama.cpp.

Needs config/requirements/peers.txt; a peer that is not installed is left out, and said to be, unless --peers names it.
"""

import argparse
import os
import shlex
import sys

import torch

from experiments.bench.backbones import SHAPES
from experiments.bench.bounds import aligned, bound, bounds_text
from experiments.bench.peers.plans import PEERS, measure_plans
from experiments.bench.peers.servers import NEEDS, measure_servers
from experiments.bench.peers.trainers import TRAINERS, measure_trainers
from experiments.bench.peers.written import write_results
from gplan.starter.rows import embedded_twins, first_embedded_rows
from utils import InputError, environment, say

PARTS = {"plans": measure_plans, "trainers": measure_trainers, "servers": measure_servers}
ALL = sorted({*PEERS, *NEEDS, "trl"} - {"serve.sh"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    models = parser.add_mutually_exclusive_group()
    models.add_argument("--backbone", choices=tuple(SHAPES), default="small", help="shape; weights are random")
    models.add_argument("--model", nargs="+", metavar="FOLDER", help="for plans and servers: a trained picd checkpoint")
    parser.add_argument("--parts", nargs="+", choices=PARTS, required=True)
    parser.add_argument("--peers", nargs="+", choices=ALL, help="some, which must be installed; unset: all")
    parser.add_argument("--requests", type=int, default=60, help="timed plans, one at a time")
    parser.add_argument("--warm_up", type=int, default=50, help="plans before them, from which drafts learn")
    parser.add_argument("--batch_sizes", type=int, nargs="+", default=[1, 8, 32], help="plans at once")
    parser.add_argument("--batch_rows", type=int, default=64, help="rows that are answered at each of them")
    parser.add_argument("--rates", type=float, nargs="+", default=[2, 5, 10, 20, 40, 80], help="requests a second")
    parser.add_argument("--seconds", type=float, default=15, help="of load at each rate")
    parser.add_argument("--trainers", nargs="+", choices=TRAINERS, default=list(TRAINERS), help="some; unset: all")
    parser.add_argument("--steps", type=int, default=12, help="timed steps of each trainer")
    parser.add_argument("--batch_size", type=int, default=8, help="samples a step")
    parser.add_argument("--result", action="store_true", help="write experiments/results/peers_*.json and the picture")
    parser.add_argument("--twins", help="pairs for the DPO trainers; unset: embedded ones")


def measure(args: argparse.Namespace) -> dict:
    """The figures of the parts that are asked for.

    Raises:
        InputError: a trained checkpoint for trainers, whose weights are a backbone's; or see the parts.
    """
    if args.model and "trainers" in args.parts:
        raise InputError("--model: trainers are timed on a backbone; give --parts plans, or leave it out")
    settings = {name: str(value) for name, value in vars(args).items()}
    trainers = argparse.Namespace(**vars(args))
    trainers.csv = args.csv or str(first_embedded_rows())
    trainers.twins = args.twins or str(embedded_twins()[0])
    figures = {"settings": settings, "threads": torch.get_num_threads(), "environment": environment()}
    command = shlex.join(["python", "-m", "experiments.bench", *sys.argv[1:]])
    if threads := os.environ.get("OMP_NUM_THREADS"):
        command = f"OMP_NUM_THREADS={threads} {command}"
    for name in args.parts:  # each written as it ends
        found = {name: PARTS[name](args if name == "plans" else trainers)}
        for path in write_results(figures | found, command) if args.result else ():
            say(f"written: {path}")
        figures |= found
    return figures


def text(figures: dict) -> str:
    """The figures for people."""
    parts = []
    if plans := figures.get("plans"):
        parts += [_plans_table(plans), bounds_text(_bounds(plans))]
    for name in ("sft", "dpo"):
        if ways := figures.get("trainers", {}).get(name):
            parts.append(_trainers_table(name, ways))
    if servers := figures.get("servers"):
        parts.append(_servers_table(servers["servers"]))
    left = {who: gone for part in PARTS for who, gone in figures.get(part, {}).get("left_out", {}).items()}
    parts += [f"{who} was left out: {', '.join(gone)} not installed" for who, gone in left.items()]
    return "\n\n".join(parts)


def _plans_table(plans: dict) -> str:
    sizes = list(next(iter(plans["ways"].values()))["rates"])
    table = [
        ("way", "ms a plan", "over the planner", "(interval)", "valid", "same plan", *(f"{n} at once" for n in sizes))
    ]
    for name, way in plans["ways"].items():
        ratio = way["ratio"]
        table.append(
            (
                name,
                f"{way['milliseconds']:.1f}",
                f"{ratio['value']:.2f}",
                f"({ratio['low']:.2f} to {ratio['high']:.2f})",
                f"{way['valid']:.2f}",
                f"{way['same']:.2f}",
                *(f"{rate:.1f}/s" for rate in way["rates"].values()),
            )
        )
    return aligned(table)


def _bounds(plans: dict) -> list[dict]:
    """The planner against the fastest of the others that answer with valid plans alone, where there is one."""
    others = {
        name: way["ratio"]["value"]
        for name, way in plans["ways"].items()
        if not name.startswith("planner") and way["valid"] == 1
    }
    fastest = sorted(others, key=others.__getitem__)[:1]
    return [bound(f"time of the fastest peer ({name}) over the planner's", others[name], ">=", 3) for name in fastest]


def _trainers_table(name: str, ways: dict) -> str:
    table = [(name, "samples a second", "time over ours", "memory, GiB", "over ours")]
    for way, found in ways.items():
        if problem := found.get("problem"):
            table.append((way, f"could not run: {problem}", "", "", ""))
            continue
        table.append(
            (
                way,
                f"{found['samples_per_second']:.2f}",
                f"{found['ratio']:.2f}" if "ratio" in found else "",  # ours was not asked for
                f"{found['rise_gib']:.2f}",
                f"{found['memory_ratio']:.2f}" if "ratio" in found else "",
            )
        )
    return aligned(table)


def _servers_table(servers: dict) -> str:
    table = [("server", "rate", "plans a second", "p50, ms", "p99, ms", "answered", "valid")]
    for name, rates in servers.items():
        for one in rates:
            times = (f"{one[part] * 1e3:,.0f}" if one[part] else "-" for part in ("p50", "p99"))
            shares = (f"{count}/{one['requests']}" for count in (one["statuses"].get("200", 0), one["valid"]))
            table.append((name, f"{one['rate']:g}", f"{one['held']:.1f}", *times, *shares))
    return aligned(table)
