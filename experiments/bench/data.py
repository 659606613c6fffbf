"""``bench data``: what many rows cost: loading from the cache, memory a rank, the loader, the rule filter.

Everything is made in a temporary cache: the rows, the first tokenising (timed apart), then the load that every later
run and every rank sees, in a process of its own. The cache file was just written, so it is read from memory.
"""

import argparse
import os
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from torch.utils.data import DataLoader

from data_process.collate_fns import ProgressiveCotDistillCollater
from data_process.rule_filter import filter_table
from data_process.schema import read_rows, write_rows
from experiments.bench.backbones import build, preset, training_rows
from experiments.bench.bounds import aligned, bound, bounds_text, notes
from experiments.bench.memory import in_fresh_process, mapped_elsewhere, private
from experiments.bench.variants import Workbench, ladder, ours
from gplan.starter.rows import labelled
from gplan.training.sampler import EpochSampler
from utils import InputError, environment, say

MB = 1e6
STEPS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the table; those of --csv are repeated")


def measure(args: argparse.Namespace) -> dict:
    """All figures, with the small backbone: its step is the shortest, so the loader's share is the largest."""
    if args.rows < (least := (STEPS + 1) * args.batch_size):
        raise InputError(f"--rows {args.rows}: {least} are needed for {STEPS} steps of --batch_size {args.batch_size}")
    with tempfile.TemporaryDirectory(prefix="gplan-bench-") as folder:
        os.environ["GPLAN_CACHE"] = folder  # measuring processes inherit it
        table = Path(folder) / "rows.csv"
        run = argparse.Namespace(**vars(args) | {"backbone": "small", "csv": str(table)})
        say(f"writing {args.rows} rows")
        rows = read_rows(args.csv) if args.csv else labelled(args.rows, args.seed)
        write_rows(table, islice(cycle(rows), args.rows))
        del rows
        figures = {"settings": vars(run) | {"csv": args.csv}, "csv_mb": table.stat().st_size / MB}
        say("tokenising for the first time")
        figures |= in_fresh_process(first_build, run)
        say("loading from the cache, then one epoch through the loader")
        with mapped_elsewhere(next(Path(folder).glob("tokenised/*.arrow"))):
            figures |= in_fresh_process(load_and_pass, run)
        say("steps of training")
        figures["step_seconds"] = in_fresh_process(step_seconds, run)
        say("rule filter")
        began = time.perf_counter()
        figures["filter_passed"] = filter_table(table)["passed"]
        figures["filter_seconds"] = time.perf_counter() - began
    figures["filter_rows_per_second"] = args.rows / figures["filter_seconds"]
    figures["loader_share"] = figures["loader_seconds_a_batch"] / figures["step_seconds"]
    figures["bounds"] = [
        bound("load from the cache, s", figures["load_seconds"], "<", 5),
        bound("private memory added by loading, MB", figures["loaded_mb"], "<", 300),
        bound("private memory added after one epoch, MB", figures["passed_mb"], "<", 300),
        bound("loader's time as a share of a step", figures["loader_share"], "<", 0.05),
    ]
    return figures | {"environment": environment()}


def first_build(args: argparse.Namespace) -> dict:
    """Seconds of the constructor when nothing is cached, and the size of the cache file."""
    _, encoder = build(args)
    began = time.perf_counter()
    dataset = training_rows(args, encoder)
    seconds = time.perf_counter() - began
    cache = next(Path(os.environ["GPLAN_CACHE"]).glob("tokenised/*.arrow"))
    return {
        "build_seconds": seconds,
        "cache_mb": cache.stat().st_size / MB,
        "mean_tokens": float(dataset.lengths(args.epoch).mean()),
        "prompt_style": encoder.prompt_style,
    }


def load_and_pass(args: argparse.Namespace) -> dict:
    """Seconds and memory of the constructor, then of one epoch through sampler, dataset and collator.

    Imports, the tokenizer and the small backbone are there before either is counted.
    """
    _, encoder = build(args)
    before = private()
    began = time.perf_counter()
    dataset = training_rows(args, encoder)
    seconds = time.perf_counter() - began
    loaded = private()
    sampler = EpochSampler(len(dataset), args.batch_size, seed=args.seed, epoch=args.epoch)
    loader = DataLoader(
        dataset,
        batch_size=args.batch_size,
        sampler=sampler,
        collate_fn=ProgressiveCotDistillCollater(encoder, dataset.mode),
    )
    began = time.perf_counter()
    batches = sum(1 for _ in loader)
    taken = time.perf_counter() - began
    passed = private()
    return {
        "load_seconds": seconds,
        "loaded_mb": (loaded - before) / MB,
        "passed_mb": (passed - before) / MB,
        "loader_seconds_a_batch": taken / batches,
        "loader_batches": batches,
    }


def step_seconds(args: argparse.Namespace) -> float:
    """Median seconds of a step as finetune takes it, on batches from the beginning of an epoch."""
    checkpointing = preset(args.backbone)["gradient_checkpointing"]
    own = next(variant for variant in ladder(checkpointing) if variant.name == ours(checkpointing))
    bench = Workbench(args)
    keys = list(EpochSampler(len(bench.rows), args.batch_size, seed=args.seed, epoch=args.epoch))
    batches = [keys[i * args.batch_size : (i + 1) * args.batch_size] for i in range(STEPS + 1)]
    seconds = [bench.step(bench.batch(batch, own), own)[1] for batch in batches]
    return median(seconds[1:])  # the first one warms up


def text(figures: dict) -> str:
    """The figures for people."""
    settings, size = figures["settings"], figures["settings"]["batch_size"]
    table = [
        ("CSV", f"{figures['csv_mb']:.0f} MB"),
        ("first tokenising", f"{figures['build_seconds']:.1f} s"),
        ("cache file", f"{figures['cache_mb']:.0f} MB"),
        ("load from the cache", f"{figures['load_seconds']:.2f} s"),
        ("private memory added by loading", f"{figures['loaded_mb']:.0f} MB"),
        ("private memory added after one epoch", f"{figures['passed_mb']:.0f} MB"),
        (f"loader, a batch of {size}", f"{figures['loader_seconds_a_batch'] * 1e3:.2f} ms"),
        (f"step of the small backbone, a batch of {size}", f"{figures['step_seconds'] * 1e3:.0f} ms"),
        ("loader's share of a step", f"{figures['loader_share']:.2%}"),
        ("rule filter", f"{figures['filter_rows_per_second']:,.0f} rows/s"),
    ]
    terms = {
        "load": "CSVDataset's constructor in a process of its own, imports and tokenizer done before: it hashes "
        "the CSV, maps the cache file (which is in the page cache here) and measures every row",
        "private memory": "the kernel's Private_Clean + Private_Dirty, less what it was before the load. A second "
        "process has the cache file mapped meanwhile, as another rank would: its pages are shared",
        "loader": "sampler, dataset and collator in the main process, mean over the "
        f"{figures['loader_batches']:,} batches of an epoch",
        "step": f"forward, backward, AdamW and zero_grad, median of {STEPS}",
        "rule filter": "data_process.rule_filter.filter_table on the CSV, reading it included; "
        f"{figures['filter_passed']:,} rows pass",
    }
    lines = [
        f"{settings['rows']:,} rows ({settings['csv'] or 'generated'}), {figures['prompt_style']} prompt, epoch "
        f"{settings['epoch']}, {figures['mean_tokens']:.0f} tokens on average",
        f"{figures['environment']['threads']} threads of the CPU",
        "",
        aligned(table),
        "",
        notes(terms),
        "",
        bounds_text(figures["bounds"]),
    ]
    return "\n".join(lines)
