"""Benchmarks: each figure beside what it is compared with, and every bound beside its value.

    python bench.py train                                            # small backbone, embedded rows
    python bench.py train --backbone 90m --tokenizer QWEN --csv cot.csv
    python bench.py data --tokenizer QWEN --csv cot.csv
    python bench.py align --tokenizer QWEN --twins twins.jsonl
    python bench.py latency --backbone 90m --tokenizer QWEN --csv cot.csv
    python bench.py serve --model ./output --soak 10000

The CSV needs reasoning: python -m synthesis.augment IN.csv cot.csv --teacher rules
"""

import argparse
import sys

import torch
from transformers.utils import logging

from benchmarks import align, data, latency, serve, train
from utils import door, write_json

MODULES = {"train": train, "data": data, "align": align, "latency": latency, "serve": serve}
TRAINING = (train, data, align)


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module in MODULES.items():
        command = commands.add_parser(
            name,
            description=module.__doc__,
            help=module.__doc__.splitlines()[0].partition(": ")[2],
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        _add_shared(command)
        if module is not serve:
            _add_backbone(command)
        if module in TRAINING:
            _add_training(command)
    args = parser.parse_args(argv)
    for name in {"rounds", "rows", "batch_size", "max_length", "epoch", "requests", "alone"} & vars(args).keys():
        if vars(args)[name] < 1:
            parser.error(f"--{name} {vars(args)[name]}: 1 or more is needed")
    return args


def _add_shared(command: argparse.ArgumentParser) -> None:
    command.add_argument("--csv", help="GSISR rows, to train on with reasoning; unset: generated rows")
    command.add_argument("--seed", type=int, default=42, help="of weights, rows and their order")
    command.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")
    command.add_argument("--json", metavar="FILE", help="write all figures and the environment")


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
    module = MODULES[args.command]
    figures = module.measure(args)
    print(module.text(figures))
    if args.json:
        write_json(args.json, figures)
    return 0


if __name__ == "__main__":
    sys.exit(door(main))
