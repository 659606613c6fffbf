"""``bench threads``: how torch's threads should wait and how many there should be, idle and beside a busy process.

    python -m experiments.bench threads --rounds 3

torch's OpenMP threads meet at a barrier after every operation. Active ones spin there: beside another process they spin
for the one that gets no core. Every way is measured in fresh processes, since OpenMP reads its settings when it
starts; rounds go through all ways in turn, and the median of a way's rounds is given.
"""

import argparse
import contextlib
import itertools
import multiprocessing
import os
import time
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

import torch

from experiments.bench.backbones import preset
from experiments.bench.bounds import aligned, notes
from experiments.bench.checkpoints import random_weights
from experiments.bench.memory import in_fresh_process
from experiments.bench.variants import Workbench, ladder
from gplan.planner.decode import Planner
from gplan.starter.rows import embedded_held_out
from gplan.training.sampler import EpochSampler
from utils import InputError, environment

# The load that the others are measured beside runs no longer than this, should its parent be killed.
_LONGEST_LOAD = 3600
PLANS = 40
WARM_UP = 10


class Way(NamedTuple):
    """``Way("PASSIVE", 2, True)``: two threads that sleep at barriers, beside one busy process."""

    policy: str
    threads: int
    beside_load: bool

    @property
    def name(self) -> str:
        return f"{self.policy.lower()}, {self.threads} thread{'s' * (self.threads > 1)}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=3, help="fresh processes a way")
    parser.add_argument("--steps", type=int, default=60, help="training steps timed in each")
    parser.set_defaults(backbone="small", batch_size=preset("small")["per_device_train_batch_size"], epoch=7)
    parser.set_defaults(max_length=2560)


def measure(args: argparse.Namespace) -> dict:
    """Steps and plans a second of every way: the median over the rounds, and each round's."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    counts = sorted({1, cores // 2 or 1, cores})
    ways = [Way(*way) for way in itertools.product(("ACTIVE", "PASSIVE"), counts, (False, True))]
    rounds = {way: [] for way in ways if way != ("PASSIVE", 1, False) and way != ("PASSIVE", 1, True)}
    in_fresh_process(speed, args, 1, 1)  # fills the cache
    for _, way in itertools.product(range(args.rounds), rounds):
        rounds[way].append(_measured(args, way))
    found = [
        {
            **way._asdict(),
            "steps_per_second": median(figures["steps_per_second"] for figures in taken),
            "plans_per_second": median(figures["plans_per_second"] for figures in taken),
            "rounds": taken,
        }
        for way, taken in rounds.items()
    ]
    return {"settings": {**vars(args), "cores": cores}, "ways": found, "environment": environment()}


def _measured(args: argparse.Namespace, way: Way) -> dict:
    before = {name: os.environ.get(name) for name in ("OMP_WAIT_POLICY", "OMP_NUM_THREADS")}
    os.environ |= {"OMP_WAIT_POLICY": way.policy, "OMP_NUM_THREADS": str(way.threads)}
    try:
        with _busy_process() if way.beside_load else contextlib.nullcontext():
            return in_fresh_process(speed, args, args.steps, PLANS)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def speed(args: argparse.Namespace, steps: int, plans: int) -> dict:
    """Training steps and plans a second in this process, with the embedded default's shapes and rows.

    Raises:
        InputError: the rows do not suffice for so many steps.
    """
    ours = ladder(preset("small")["gradient_checkpointing"])[-1]
    bench = Workbench(args)
    if len(bench.rows) < (least := (WARM_UP + steps) * args.batch_size):
        raise InputError(
            f"{bench.rows.path}: {len(bench.rows)} rows; --steps {steps} takes {least}, {WARM_UP} steps to warm up "
            "among them; give fewer steps"
        )
    keys = list(EpochSampler(len(bench.rows), args.batch_size, seed=args.seed, epoch=args.epoch))
    batches = [keys[i * args.batch_size : (i + 1) * args.batch_size] for i in range(WARM_UP + steps)]
    laid_out = [bench.batch(batch, ours) for batch in batches]
    for batch in laid_out[:WARM_UP]:
        bench.step(batch, ours)
    began = time.perf_counter()
    for batch in laid_out[WARM_UP:]:
        bench.step(batch, ours)
    step_rate = steps / (time.perf_counter() - began)
    checkpoint = random_weights(args)["picd"]
    planner = Planner(checkpoint.model, checkpoint.encoder, "picd", slots=1, limit=checkpoint.limit)
    rows = _first_rows(plans + WARM_UP)
    planner.plan(rows[:WARM_UP])
    began = time.perf_counter()
    for row in rows[WARM_UP:]:
        planner.plan([row])
    return {
        "steps_per_second": step_rate,
        "plans_per_second": plans / (time.perf_counter() - began),
        "threads": torch.get_num_threads(),
    }


def _first_rows(count: int) -> list:
    from data_process.schema import read_rows

    return read_rows(embedded_held_out())[:count]


@contextlib.contextmanager
def _busy_process() -> Iterator[None]:
    """One process that computes without a pause."""
    load = multiprocessing.get_context("spawn").Process(target=_compute, daemon=True)
    load.start()
    try:
        yield
    finally:
        load.kill()
        load.join()


def _compute() -> None:
    end = time.monotonic() + _LONGEST_LOAD
    while time.monotonic() < end:
        sum(range(10_000))


def text(figures: dict) -> str:
    """The figures for people."""
    lines = [("", "steps/s", "beside a busy process", "plans/s", "beside a busy process")]
    by_way = {(way["policy"], way["threads"], way["beside_load"]): way for way in figures["ways"]}
    for (policy, threads, beside), idle in by_way.items():
        if not beside:
            busy = by_way[policy, threads, True]
            rates = [way[f"{what}_per_second"] for what in ("steps", "plans") for way in (idle, busy)]
            lines.append((Way(policy, threads, beside).name, *(f"{rate:.1f}" for rate in rates)))
    terms = {
        "steps/s": f"forward, backward and AdamW of the small backbone, {figures['settings']['batch_size']} rows of "
        f"the embedded training file a step; median of {figures['settings']['rounds']} processes",
        "plans/s": "the planner, one request at a time, random weights",
        "active, passive": "OMP_WAIT_POLICY; with one thread nobody waits",
    }
    return f"{aligned(lines)}\n\n{notes(terms)}"
