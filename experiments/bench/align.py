"""``bench align``: an SC-DPO step whose two responses share their prompt, beside one that computes it twice.

Both give the same log-probabilities. Shared, a sample is one sequence with a mask, prompt | chosen | rejected; apart,
it is two sequences and plainly causal attention.
"""

import argparse
import dataclasses
import time
from statistics import median

import torch

from config.align_arguments import AlignArguments
from experiments.bench.backbones import build, parameters, preset
from experiments.bench.bounds import aligned, bound, bounds_text, notes
from gplan.scdpo.forward import attach_response_log_probs
from gplan.scdpo.loss import WEIGHTS, sc_dpo_loss
from gplan.scdpo.pairs import PairCollater, PairDataset
from utils import InputError, environment, say

LAYOUTS = {"apart": False, "shared": True}
# What align.py takes by default.
_DEFAULTS = {field.name: field.default for field in dataclasses.fields(AlignArguments)}
_NUMBERS = {name: _DEFAULTS[name] for name in WEIGHTS}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--twins", required=True, help="twins file: python -m gplan.synthesis twins IN.csv OUT.jsonl")
    parser.add_argument(
        "--backbone", choices=("small", "90m", "1.7b", "4b"), default="small", help="shape; random weights"
    )
    parser.add_argument("--rounds", type=int, default=5, help="timed steps of each layout, after one untimed")


def measure(args: argparse.Namespace) -> dict:
    """Seconds of forward and backward of both layouts, interleaved, on the same samples."""
    model, encoder = build(args)
    attach_response_log_probs(model)
    model.train()
    if preset(args.backbone)["gradient_checkpointing"]:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    data = PairDataset(args.twins, encoder, max_length=args.max_length, overlong="skip")
    count = args.batch_size
    if len(data) < count:
        raise InputError(f"{args.twins}: {len(data)} samples are too few for --batch_size {count}")
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(args.seed)).tolist()
    batches = [[data[1, order[(i * count + j) % len(data)]] for j in range(count)] for i in range(args.rounds)]
    seconds, tokens, found = ({name: [] for name in LAYOUTS} for _ in range(3))
    for number in range(-1, args.rounds):
        say("timing: a round to warm up" if number < 0 else f"timing: round {number + 1} of {args.rounds}")
        for name in list(LAYOUTS)[:: 1 if number % 2 else -1]:
            batch = PairCollater(encoder, share_prompt=LAYOUTS[name])(batches[max(number, 0)])
            inputs = {key: value.to(args.device) for key, value in batch.items() if key not in PairCollater.ABOUT}
            log_probs, took = _step(model, inputs, args.device)
            if number >= 0:
                seconds[name].append(took)
                tokens[name].append(batch["input_ids"].numel())
                found[name].append(log_probs)
    paired = [apart / shared for apart, shared in zip(seconds["apart"], seconds["shared"], strict=True)]
    return {
        "settings": vars(args) | {"prompt_style": encoder.prompt_style},
        "parameters": parameters(model),
        "layouts": {
            name: {
                "seconds": seconds[name],
                "samples_per_second": count / median(seconds[name]),
                "tokens": sum(tokens[name]),
            }
            for name in LAYOUTS
        },
        "ratio": median(paired),
        "ratio_range": [min(paired), max(paired)],
        "difference": max(
            ((one - two).abs() / one.abs()).max().item()
            for one, two in zip(found["apart"], found["shared"], strict=True)
        ),
        "environment": environment(),
    }


def text(figures: dict) -> str:
    """What is printed of ``measure``'s figures."""
    settings, layouts = figures["settings"], figures["layouts"]
    table = [("layout", "samples/s", "s a step", "tokens")]
    for name, one in layouts.items():
        table.append((name, f"{one['samples_per_second']:.3f}", f"{median(one['seconds']):.3f}", f"{one['tokens']:,}"))
    low, high = figures["ratio_range"]
    tolerance = 1e-3 if settings["device"] == "cuda" else 1e-4  # bf16 on CUDA, else fp32
    terms = {
        "samples": "a prompt and two responses; a pair of twins gives two",
        "s a step": "forward and backward, median of the rounds",
        "tokens": "computed, padding included, over all rounds",
    }
    return "\n".join(
        [
            f"{settings['backbone']}, {figures['parameters']['total'] / 1e6:.1f} M parameters, "
            f"{settings['prompt_style']} prompt, {settings['batch_size']} samples a step, {settings['device']}",
            aligned(table),
            f"shared is {figures['ratio']:.2f} times as fast as apart ({low:.2f} to {high:.2f})",
            bounds_text(
                [bound("relative difference of the log-probabilities", figures["difference"], "<=", tolerance)]
            ),
            notes(terms),
        ]
    )


def _step(model, inputs: dict[str, torch.Tensor], device: str) -> tuple[torch.Tensor, float]:
    """The log-probabilities, (B, 2), and the seconds of forward and backward; the model stands for its reference."""
    if device == "cuda":
        torch.cuda.synchronize()
    began = time.perf_counter()
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        log_probs = model(**inputs)
    chosen, rejected = (_DEFAULTS["beta"] * (log_probs - log_probs.detach())).unbind(1)
    sc_dpo_loss(chosen, rejected, **_NUMBERS)["total"].mean().backward()
    model.zero_grad()
    if device == "cuda":
        torch.cuda.synchronize()
    return log_probs.detach().cpu(), time.perf_counter() - began
