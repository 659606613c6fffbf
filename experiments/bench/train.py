"""``bench train``: samples a second and memory of a training step, ours against the plain way, part by part.

Baseline: every sample padded to MAX_LENGTH, full logits at every position, gradient checkpointing. Every variant uses
the same model, rows and section loss; batches are laid out beforehand (``bench data`` times the loader).
"""

import argparse
import math
from statistics import median
from typing import NamedTuple

import torch

from experiments.bench.backbones import SHAPES, parameters, preset, useful_flops
from experiments.bench.batches import Batch, at_quantiles, epoch_batches, epoch_tokens
from experiments.bench.bounds import aligned, bound, bounds_text, notes
from experiments.bench.memory import in_fresh_process, peak, reset_peak, resident, stay_within_memory
from experiments.bench.variants import Variant, Workbench, ladder, ours
from utils import InputError, environment, say

GIB = 2**30
# AdamW's moments come into being at the end of the first step: only the second one holds all there is to hold.
MEMORY_STEPS = 2
TOLERANCE = 1e-4  # of losses, relative


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--backbone", choices=tuple(SHAPES), default="small", help="shape; weights are random")
    parser.add_argument("--rounds", type=int, default=5, help="timed steps of each variant, after one untimed")
    parser.add_argument("--peak_tflops", type=float, default=989, help="of the GPU in bf16, for MFU (H100, H200: 989)")
    parser.add_argument("--variants", nargs="+", metavar="NAME", help="beside baseline and ours; unset: all")
    parser.add_argument(
        "--kernels", type=int, default=0, help="CUDA: longest kernels of a step of ours that are listed"
    )


def measure(args: argparse.Namespace) -> dict:
    """All figures; memory first, so that a variant that does not fit is not timed."""
    if args.kernels and args.device != "cuda":
        raise InputError("--kernels are a GPU's; leave it out, or give --device cuda")
    checkpointing = preset(args.backbone)["gradient_checkpointing"]
    variants = _chosen(ladder(checkpointing, cuda=args.device == "cuda"), ours(checkpointing), args.variants)
    # Generated and tokenised once, apart: the memory of that belongs to no measurement.
    in_fresh_process(_prepare, args)
    memory = {}
    for variant in variants:
        found = memory[variant.name] = in_fresh_process(memory_of, args, variant)
        rise = f"rises by {found['rise_gib']:.3f} GiB" if found else "does not suffice"
        say(f"{variant.name}: memory {rise}")
        if variant.name == "baseline" and not found:
            raise InputError("the baseline does not fit into memory; give a smaller --batch_size or --max_length")
    fitting = [variant for variant in variants if memory[variant.name]]
    figures = time_ladder(args, fitting)
    for variant in fitting:
        figures["variants"][variant.name] |= memory[variant.name]
    figures["ours"] = ours(checkpointing)
    figures["does_not_fit"] = [variant.name for variant in variants if not memory[variant.name]]
    _compare(figures, fitting)
    return figures | {"environment": environment()}


def _chosen(variants: list[Variant], own: str, names: list[str] | None) -> list[Variant]:
    """The variants of these names, the baseline and our own; all of them without names."""
    if names is None:
        return variants
    known = [variant.name for variant in variants]
    if unknown := [name for name in names if name not in known]:
        raise InputError(f"--variants {' '.join(unknown)}: unknown; there are {', '.join(known)}")
    return [variant for variant in variants if variant.name in {"baseline", own, *names}]


def memory_of(args: argparse.Namespace, variant: Variant) -> dict | None:
    """Rise of the peak over the level before the first step, on the longest batches of the epoch; None: too little.

    Run it in a process of its own. On a CPU resident memory, on CUDA memory that torch has allocated.
    """
    cuda = args.device == "cuda"
    bench = Workbench(args)
    longest = _batches(bench, args, variant.grouped)[-MEMORY_STEPS:]
    batches = [bench.batch(keys, variant) for keys in longest]
    if cuda:
        torch.cuda.reset_peak_memory_stats()
        level = torch.cuda.memory_allocated()
    else:
        stay_within_memory()
        reset_peak()
        level = resident()
    try:
        losses = [bench.step(batch, variant)[0] for batch in batches]
    except RuntimeError as error:
        if "allocate" not in str(error):  # what torch says of memory on either device
            raise
        return None
    top = torch.cuda.max_memory_allocated() if cuda else peak()
    return {"level_gib": level / GIB, "rise_gib": (top - level) / GIB, "losses": losses}


def time_ladder(args: argparse.Namespace, variants: list[Variant]) -> dict:
    """Times of the variants, interleaved: a round is one step of each, on the same rows, in rotated order.

    They share one model and optimizer: what a step takes does not depend on the weights.
    """
    bench = Workbench(args)
    chosen = {variant.name: at_quantiles(_batches(bench, args, variant.grouped), args.rounds) for variant in variants}
    measured = {variant.name: [] for variant in variants}
    for number in range(-1, args.rounds):
        say("timing: a round to warm up" if number < 0 else f"timing: round {number + 1} of {args.rounds}")
        turn = number % len(variants)
        for variant in variants[turn:] + variants[:turn]:
            batch = bench.batch(chosen[variant.name][max(number, 0)], variant)
            _, seconds = bench.step(batch, variant)
            if number >= 0:  # before, allocators and kernels get warm, and AdamW its moments
                measured[variant.name].append(_StepFigures(seconds, *_work(bench, batch)))
    rows, own = bench.rows, ours(preset(args.backbone)["gradient_checkpointing"])
    kernels = [
        longest_kernels(bench, bench.batch(chosen[own][-1], variant), variant, args.kernels)
        for variant in variants
        if args.kernels and variant.name == own  # not there where memory did not suffice for it
    ]
    return {
        "kernels": kernels[0] if kernels else [],
        "settings": vars(args) | {"csv": str(rows.path), "prompt_style": rows.encoder.prompt_style},
        "rows": len(rows),
        "rows_left_out": rows.skipped,
        "parameters": parameters(bench.model),
        "variants": {v.name: v._asdict() | _summary(measured[v.name], args) for v in variants},
        "epoch_tokens": [
            epoch_tokens(rows, size, epoch=args.epoch, seed=args.seed)
            for size in sorted({args.batch_size, 8, 16})
            if size <= len(rows)
        ],
    }


def longest_kernels(bench: Workbench, batch: dict[str, torch.Tensor], variant: Variant, count: int) -> list[dict]:
    """The kernels that a step spends most time in, longest first: name, calls, share of all kernels' time."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        bench.step(batch, variant)
    events = [event for event in profile.key_averages() if event.self_device_time_total]
    events.sort(key=lambda event: -event.self_device_time_total)
    total = sum(event.self_device_time_total for event in events)
    return [
        {"name": event.key, "calls": event.count, "share": event.self_device_time_total / total}
        for event in events[:count]
    ]


class _StepFigures(NamedTuple):
    seconds: float
    computed: int  # tokens, padding included
    real: int  # tokens, without it
    flops: float  # useful ones


def _work(bench: Workbench, batch: dict[str, torch.Tensor]) -> tuple[int, int, float]:
    again = len(batch["lengths"]) - 1 if "segments" in batch else 0  # rows that find the prefix computed
    real = int(batch["lengths"].sum()) - again * len(bench.rows.encoder.prefix)
    return batch["input_ids"].numel(), real, useful_flops(bench.model, batch)


def _summary(steps: list[_StepFigures], args: argparse.Namespace) -> dict:
    seconds = [step.seconds for step in steps]
    tflops = sum(step.flops for step in steps) / sum(seconds) / 1e12
    return {
        "seconds": seconds,
        "seconds_a_step": median(seconds),
        "samples_per_second": args.batch_size / median(seconds),
        "tokens_computed": sum(step.computed for step in steps),
        "tokens_real": sum(step.real for step in steps),
        "useful_tflops": tflops,
        "mfu": tflops / args.peak_tflops if args.device == "cuda" else None,
    }


def _prepare(args: argparse.Namespace) -> None:
    """Leaves backbone, rows and tokenised rows in the cache."""
    Workbench(args)


def _batches(bench: Workbench, args: argparse.Namespace, grouped: bool) -> list[Batch]:
    batches = epoch_batches(bench.rows, args.batch_size, epoch=args.epoch, seed=args.seed, grouped=grouped)
    if len(batches) < MEMORY_STEPS:
        raise InputError(f"{bench.rows.path}: {len(bench.rows)} rows are too few for --batch_size {args.batch_size}")
    return batches


def _compare(figures: dict, variants: list[Variant]) -> None:
    """Adds every variant's ratios to the baseline and to the variant it stands on, and the bounds."""
    all_figures = figures["variants"]
    base = all_figures["baseline"]
    for variant in variants:
        mine, below = all_figures[variant.name], all_figures.get(variant.over)
        mine["ratio"] = mine["samples_per_second"] / base["samples_per_second"]
        paired = [theirs / own for theirs, own in zip(base["seconds"], mine["seconds"], strict=True)]
        mine["ratio_range"] = [min(paired), max(paired)]
        mine["factor"] = mine["samples_per_second"] / below["samples_per_second"] if below not in (None, mine) else None
        # A step can find all it needs in memory that the process had given back.
        mine["rise_share"] = mine["rise_gib"] / (base["rise_gib"] or math.nan)
    same_rows = [all_figures[variant.name]["losses"] for variant in variants if not variant.grouped]
    figures["loss_difference"] = max(
        abs(loss - reference) / abs(reference)
        for losses in same_rows
        for loss, reference in zip(losses, base["losses"], strict=True)
    )
    difference = bound("losses: largest relative difference", figures["loss_difference"], "<=", TOLERANCE)
    figures["bounds"] = [difference]
    if own := all_figures.get(figures["ours"]):
        figures["bounds"] += [
            bound("samples a second of ours over the baseline's", own["ratio"], ">=", 2.5),
            bound("rise in peak memory of ours over the baseline's", own["rise_share"], "<=", 0.5),
        ]


def text(figures: dict) -> str:
    """The figures for people."""
    settings, count, cuda = figures["settings"], figures["parameters"], figures["settings"]["device"] == "cuda"
    hardware = ", ".join(figures["environment"]["devices"]) or f"{figures['environment']['threads']} threads of the CPU"
    left_out = f" ({figures['rows_left_out']} too long, left out)" if figures["rows_left_out"] else ""
    lines = [
        f"backbone {settings['backbone']}, random weights: {count['total'] / 1e6:.1f} million parameters, "
        f"{count['embedding'] / 1e6:.1f} of them in the embedding (the head too)",
        f"{figures['rows']} rows{left_out} of {settings['csv']}",
        f"{settings['prompt_style']} prompt, epoch {settings['epoch']}, batches of {settings['batch_size']}; "
        f"{'bf16 autocast over fp32 weights' if cuda else 'fp32'} on {hardware}",
        "",
        aligned(_table(figures)),
        "",
        notes(_terms(figures)),
        "",
        "Tokens of a whole epoch, every batch padded to its longest row:",
        aligned(_token_table(figures)),
        "",
        bounds_text(figures["bounds"]),
    ]
    if figures["kernels"]:
        lines += ["", f"Longest kernels of a step of {figures['ours']}:"]
        lines += [f"{one['share']:6.1%} {one['calls']:6d}  {one['name'][:120]}" for one in figures["kernels"]]
    return "\n".join(lines)


def _terms(figures: dict) -> dict[str, str]:
    settings, cuda = figures["settings"], figures["settings"]["device"] == "cuda"
    terms = {
        "ours": f"{figures['ours']}, as finetune.py's preset has it for this backbone; rows are grouped by length only "
        "with --train_sampling_strategy group_by_length",
        "mask": "whether attention masks the padding: SDPA then computes the whole square, not the causal half; "
        "segments: flex attention leaves out what no row sees of another",
        "s/step": "forward, backward, AdamW, zero_grad over a batch that is laid out already; median of "
        f"{settings['rounds']} rounds. A round is one step of each variant on the same rows; bucketing takes the batch "
        "at the same place of its own order, the batches of either order sorted by length",
        "real": "share of the computed tokens that is no padding",
        "ratio": "samples a second over the baseline's, and its range over the rounds",
        "factor": "the same over the variant that differs in one part",
        "rise": f"highest {'memory allocated by torch on the GPU' if cuda else 'resident memory'} in {MEMORY_STEPS} "
        "steps on the epoch's longest batches, minus the level before the first of them, model and rows loaded; each "
        "variant in a process of its own. share: of the baseline's rise",
        "loss": "of the first of these steps, from the same weights; bucketing has other rows",
    }
    if cuda:
        terms["MFU"] = (
            "operations that a step can't do without (no padding, no recomputation, the head at supervised positions "
            f"only), of {settings['peak_tflops']:g} TFLOP/s"
        )
    if figures["does_not_fit"]:
        terms["not measured, memory does not suffice"] = ", ".join(figures["does_not_fit"])
    return terms


def _table(figures: dict) -> list[tuple[str, ...]]:
    settings = figures["settings"]
    cuda = settings["device"] == "cuda"
    header = (
        "variant",
        "length",
        "mask",
        "logits",
        "ckpt",
        "real",
        "s/step",
        "samples/s",
        "ratio",
        "(range)",
        "factor",
        "",
    )
    table = [(*header, "rise GiB", "share", "loss", *(["MFU"] if cuda else []))]
    for name, one in figures["variants"].items():
        low, high = one["ratio_range"]
        table.append(
            (
                name,
                str(settings["max_length"]) if one["full_length"] else "packed" if one["shared"] else "longest",
                "segments" if one["shared"] else "yes" if one["masked"] else "no",
                "all" if one["full_logits"] else "tail",
                "yes" if one["checkpointing"] else "no",
                f"{one['tokens_real'] / one['tokens_computed']:.0%}",
                f"{one['seconds_a_step']:.3f}",
                f"{one['samples_per_second']:.3f}",
                f"{one['ratio']:.2f}",
                f"({low:.2f} to {high:.2f})",
                *((f"{one['factor']:.2f}", f"over {one['over']}") if one["factor"] else ("", "")),
                f"{one['rise_gib']:.3f}",
                f"{one['rise_share']:.2f}",
                f"{one['losses'][0]:.6f}",
                *([f"{one['mfu']:.1%}"] if cuda else []),
            )
        )
    return table


def _token_table(figures: dict) -> list[tuple[str, ...]]:
    table = [("rows a batch", "random order", "real", "grouped", "real", "saved")]
    for one in figures["epoch_tokens"]:
        table.append(
            (
                str(one["batch_size"]),
                f"{one['random']:,}",
                f"{one['random_real'] / one['random']:.1%}",
                f"{one['grouped']:,}",
                f"{one['grouped_real'] / one['grouped']:.1%}",
                f"{1 - one['grouped'] / one['random']:.1%}",
            )
        )
    return table
