"""Benchmarks: each figure beside what it is compared with, and every bound beside its value.

    python -m experiments.bench train                                            # small backbone, embedded rows
    python -m experiments.bench train --backbone 90m --tokenizer QWEN --csv cot.csv
    python -m experiments.bench data --tokenizer QWEN --csv cot.csv
    python -m experiments.bench align --tokenizer QWEN --twins twins.jsonl
    python -m experiments.bench latency --backbone 90m --tokenizer QWEN --csv cot.csv
    python -m experiments.bench serve --model ./output --soak 10000 --hostile
    python -m experiments.bench threads
    python -m experiments.bench tools
    python -m experiments.bench funnel
    python -m experiments.bench rollout

The CSV needs reasoning: python -m gplan.synthesis augment IN.csv cot.csv --teacher rules
"""

import argparse
import sys
from importlib import import_module

import torch
from transformers.utils import logging

from data_process.files import write_json
from utils import Parser, door

COMMANDS = ("train", "data", "align", "latency", "serve", "threads", "tools", "funnel", "rollout", "peers")
TRAINING = ("train", "data", "align")
OF_A_WORLD = ("tools", "funnel", "rollout")  # whose rows have seeds of their own


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    layout = {"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False}
    parser = Parser(prog="python -m experiments.bench", description=__doc__, **layout)
    commands = parser.add_subparsers(dest="command", required=True)
    argv = sys.argv[1:] if argv is None else argv
    # What a command needs is not needed by the others: the agent's tools have requirements of their own.
    for name in argv[:1] if argv[:1] and argv[0] in COMMANDS else COMMANDS:
        module = module_of(name)
        summary = module.__doc__.splitlines()[0].partition(": ")[2]
        command = commands.add_parser(name, description=module.__doc__, help=summary, **layout)
        module.add_arguments(command)
        command.add_argument("--json", metavar="FILE", help="write all figures and the environment")
        if name not in OF_A_WORLD:
            _add_shared(command)
            _add_backbone(command)
        if name in TRAINING:
            _add_training(command)
    args = parser.parse_args(argv)
    counts = {
        "rounds",
        "rows",
        "batch_size",
        "max_length",
        "epoch",
        "requests",
        "alone",
        "steps",
        "timed",
        "calls",
        "routes",
        "count",
    }
    for name in counts & vars(args).keys():
        if vars(args)[name] < 1:
            parser.error(f"--{name} {vars(args)[name]}: 1 or more is needed")
    return args


def module_of(name: str):
    """The module of a command: ``add_arguments``, ``measure`` and ``text``."""
    return import_module(f"experiments.bench.{'peers.parts' if name == 'peers' else name}")


def _add_shared(command: argparse.ArgumentParser) -> None:
    command.add_argument("--csv", help="GSISR rows, to train on with reasoning; unset: generated rows")
    command.add_argument("--seed", type=int, default=42, help="of weights, rows and their order")
    command.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")


def _add_backbone(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--tokenizer", help="folder of a Qwen tokenizer; unset: the small one of the embedded backbone"
    )
    command.add_argument("--prompt_style", help="full or compact; unset: full with --tokenizer, else compact")


def _add_training(command: argparse.ArgumentParser) -> None:
    command.add_argument("--max_length", type=int, default=2560, help="finetune's; the baseline pads to it")
    command.add_argument("--epoch", type=int, default=1, help="epoch whose stage the rows have; 1: reasoning is text")
    # The baseline's logits of two rows with Qwen's vocabulary are 3.1 GB in fp32, and there are three copies.
    command.add_argument("--batch_size", type=int, default=2, help="rows a step")


def main() -> int:
    args = parse_arguments()
    logging.set_verbosity_error()
    module = module_of(args.command)
    figures = module.measure(args)
    print(module.text(figures))
    if args.json:
        write_json(args.json, figures)
    return 0


if __name__ == "__main__":
    sys.exit(door(main))
