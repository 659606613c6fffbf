"""The first part of ``bench peers``: one plan, and many at once, by the planner and by what stands in its place."""

import argparse
import copy
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import torch

from data_process.response import parse_response
from data_process.rule_filter import filter_response
from data_process.schema import Row, read_rows
from experiments.bench.checkpoints import random_weights, trained
from experiments.bench.latency import RESPONSE, mean_ratio
from experiments.bench.peers.decoders import (
    HfGenerate,
    HfLlguidance,
    HfXgrammar,
    LlamaCpp,
    PlanWay,
    ThePlanner,
    missing,
    refuse_missing,
    settings_of,
    timed,
)
from gplan.starter.rows import embedded_held_out
from utils import say

PEERS = {"generate": HfGenerate, "xgrammar": HfXgrammar, "llguidance": HfLlguidance, "llama.cpp": LlamaCpp}


def measure_plans(args: argparse.Namespace) -> dict:
    """Each way's milliseconds a plan, one at a time, and plans a second at each batch size.

    Raises:
        InputError: a peer that ``--peers`` names is not installed, or there are too few rows.
    """
    with ways_of(args) as (ways, rows, left_out):
        warm, single, batched = _share_out(args, rows)
        say("warming up")
        for way in ways:
            for row in warm:
                way.answer([row])
        texts: dict[str, list[str]] = {way.name: [] for way in ways}
        seconds: dict[str, list[float]] = {way.name: [] for way in ways}
        for number, row in enumerate(single):
            turn = number % len(ways)
            for way in [*ways[turn:], *ways[:turn]]:
                (text,), took = timed(way, [row])
                texts[way.name].append(text)
                seconds[way.name].append(took)
        rates = {way.name: {size: _rate(way, batched, size) for size in args.batch_sizes} for way in ways}
        base = ways[0].name
        return {
            "ways": {
                way.name: {
                    "milliseconds": 1e3 * median(seconds[way.name]),
                    "ratio": mean_ratio(seconds[way.name], seconds[base]),
                    "valid": _share(filter_response(t, has_order=bool(r["trigger_1"])) is None
                                    for r, t in zip(single, texts[way.name], strict=True)),
                    "same": _share(parse_response(one).plan == parse_response(two).plan
                                   for one, two in zip(texts[base], texts[way.name], strict=True)),
                    "rates": rates[way.name],
                    "versions": settings_of(way),
                }
                for way in ways
            },
            "left_out": left_out,
        }  # fmt: skip


@contextmanager
def ways_of(args: argparse.Namespace) -> Iterator[tuple[list[PlanWay], list[Row], dict[str, list[str]]]]:
    """The planner first, then the peers that are installed; rows to answer; peers left out with what they lack."""
    asked, left_out = [name for name in PEERS if not args.peers or name in args.peers], {}
    for name in asked:
        if args.peers:
            refuse_missing(name, PEERS[name].needs)
        elif gone := missing(PEERS[name].needs):
            left_out[name] = gone
            say(f"{name} is left out: {', '.join(gone)} not installed")
    found = trained(args) if args.model else random_weights(args)
    mode = "picd"
    model, encoder, limit = found[mode]
    rows = read_rows(args.csv or str(embedded_held_out()))
    room = max(len(encoder.prompt(row)) for row in rows) + RESPONSE
    limit = min(limit, RESPONSE) if not args.model else limit
    slots = max(args.batch_sizes)
    shared = {"limit": limit, "slots": slots}
    ways: list[PlanWay] = [
        ThePlanner(copy.deepcopy(model), encoder, mode, drafts=drafts, **shared) for drafts in (True, False)
    ]
    with tempfile.TemporaryDirectory() as folder:
        for name in asked:
            if name in left_out:
                continue
            if name != "llama.cpp":
                ways.append(PEERS[name](model, encoder, mode, limit=limit))
                continue
            threads = torch.get_num_threads()
            more = {"folder": Path(folder), "threads": threads, "context": -(-room // 64) * 64}
            ways += [
                LlamaCpp(model, encoder, mode, dtype=dtype, **shared, **more)
                for dtype in (torch.float32, torch.float16)
            ]
        try:
            yield ways, rows, left_out
        finally:
            for way in ways:
                way.close()


def _share_out(args: argparse.Namespace, rows: list[Row]) -> tuple[list[Row], list[Row], list[Row]]:
    return rows[: args.warm_up], rows[args.warm_up :][: args.requests], rows[args.warm_up :][: args.batch_rows]


def _rate(way: PlanWay, rows: Sequence[Row], size: int) -> float:
    """Plans a second, ``size`` at a time."""
    return len(rows) / sum(timed(way, rows[start : start + size])[1] for start in range(0, len(rows), size))


def _share(values: Iterator[bool]) -> float:
    found = list(values)
    return sum(found) / len(found)
