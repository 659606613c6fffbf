"""The arguments of ``serve.py``. Shell variable X of ``serve.sh`` is the flag ``--x``; the key is read from API_KEY."""

import argparse
from pathlib import Path

from config.command_line import number
from data_process.usable import add_bad_rows
from utils import InputError, Parser


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The arguments from the command line; ``arm`` is the model folder's name unless it is given.

    Raises:
        InputError: no checkpoint at ``--model``.
    """
    parser = Parser(description="Serve a checkpoint over HTTP, with a page to try it.", allow_abbrev=False)
    add = parser.add_argument
    add("--model", default="./output", help="checkpoint folder")
    add(
        "--address",
        "--host",
        dest="host",
        default="127.0.0.1",
        help="address to listen at; 0.0.0.0: all of this machine's",
    )
    add("--port", type=number(int, 0), default=8000, help="0: any free one")
    add("--slots", type=number(int, 1), help="requests that go forward together [64 on CUDA, 16 elsewhere]")
    add("--queue", type=number(int, 1), default=256, help="rows that may wait; beyond, clients are told to ask later")
    add("--timeout", type=number(float, 0.001), default=30, help="seconds for an answer")
    add("--max_length", type=number(int, 1), default=2560, help="longest prompt and response in tokens")
    add("--dtype", choices=("auto", "fp32", "bf16"), default="auto", help="auto: bf16 on CUDA only")
    add("--device", choices=("cpu", "cuda"), help="cuda if there is one")
    add("--arm", help="name of this server's arm of an A/B test [the model folder's name]")
    add("--plan_log", help="JSONL that served plans are appended to; python -m gplan.serving ab reads it")
    add("--examples", help="GSISR rows to try the server with, on its page [generated rows]")
    add_bad_rows(parser)
    args = parser.parse_args(argv)
    if args.port > 65535:
        parser.error(f"--port {args.port}: 65535 is the last")
    if not (Path(args.model) / "config.json").is_file():
        raise InputError(f"--model {args.model}: no checkpoint there; make one first with: bash finetune.sh")
    args.arm = args.arm or Path(args.model).resolve().name
    return args
