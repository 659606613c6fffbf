"""The third part of ``bench peers``: serve.sh, ``transformers serve`` and llama.cpp's server under the same load."""

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import torch

from add_tokens.load import load_folder
from config.stored import trained_settings
from data_process.encode import RowEncoder
from data_process.prompts import PROMPT_STYLES
from data_process.response import parse_response
from data_process.rule_filter import filter_plan
from data_process.schema import Row, read_rows, unlabelled, write_rows
from experiments.bench.client import Dispatch, make_orders, send, summary
from experiments.bench.peers.decoders import end, llama_request, missing, refuse_missing, start_llama
from experiments.bench.peers.gguf_file import write_gguf
from experiments.bench.server_process import ServerProcess
from gplan.planner.ebnf import ebnf
from gplan.starter.rows import embedded_held_out
from utils import InputError, say

NEEDS = {"serve.sh": (), "transformers serve": ("fastapi", "uvicorn"), "llama.cpp": ("gguf", "xllamacpp")}
_SLOTS, _CONTEXT, _START = 16, 512, 120  # _START: seconds that a server may take to start
_WARM_UP = 4


class Loaded(NamedTuple):
    """A server that runs: its address, where requests go, the body of a row, and the text of an answer."""

    url: str
    route: str
    body: Callable[[Row], dict]
    plan_of: Callable[[dict], list]


def measure_servers(args: argparse.Namespace) -> dict:
    """Each server's answers in time at each rate, and how many of them hold a valid plan.

    Raises:
        InputError: no trained checkpoint, or a server that ``--peers`` names and that is not installed.
    """
    if not args.model:
        raise InputError("--parts servers: random weights never end an answer; give a trained checkpoint (--model)")
    folder, rows = args.model[0], read_rows(args.csv or str(embedded_held_out()))[: args.requests]
    found, left_out = {}, {}
    for name, needs in NEEDS.items():
        if args.peers and needs and name not in args.peers:
            continue
        if args.peers:
            refuse_missing(name, needs)
        elif gone := missing(needs):
            left_out[name] = gone
            say(f"{name} is left out: {', '.join(gone)} not installed")
            continue
        with _STARTED[name](folder, rows, args) as server:
            say(f"{name}: {server.url}")
            asyncio.run(send(_orders(server, rows[:_WARM_UP], 1.0, _WARM_UP), server.url, route=server.route))
            found[name] = [_at(server, rows, rate, args.seconds) for rate in args.rates]
    return {"servers": found, "left_out": left_out}


def _orders(server: Loaded, rows: list[Row], rate: float, count: int) -> list[Dispatch]:
    orders = make_orders([dict(unlabelled(row)) for row in rows], count, rate, seed=1)
    bodies = [json.dumps(server.body(row), ensure_ascii=False).encode() for row in rows]
    return [order._replace(body=bodies[order.row]) for order in orders]


def _at(server: Loaded, rows: list[Row], rate: float, seconds: float) -> dict:
    count = max(4, round(rate * seconds))
    outcomes = asyncio.run(send(_orders(server, rows, rate, count), server.url, route=server.route, patience=60))
    valid = 0
    for one in outcomes:
        if one.status == 200:
            plan = server.plan_of(one.answer)
            valid += filter_plan(plan, has_order=bool(rows[one.row]["trigger_1"])) is None
    return {"rate": rate, "requests": count, "valid": valid, **summary(outcomes)}


@contextmanager
def _own(folder: str, rows: list[Row], args: argparse.Namespace) -> Iterator[Loaded]:
    with tempfile.TemporaryDirectory() as place:
        write_rows(Path(place) / "rows.csv", rows)
        asked = argparse.Namespace(model=folder, device=args.device, slots=None)
        with ServerProcess(asked, Path(place)) as server:
            yield Loaded(server.url, "/v1/plan", lambda row: dict(unlabelled(row)), lambda answer: answer["plan"])


@contextmanager
def _transformers(folder: str, rows: list[Row], args: argparse.Namespace) -> Iterator[Loaded]:
    style, limit = _stored(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["serve", folder, "--host", "127.0.0.1", "--port", str(port), "--device", args.device]
    words += ["--dtype", "float32" if args.device == "cpu" else "bfloat16", "--continuous-batching"]
    program = "import sys; from transformers.cli.transformers import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"

    def body(row: Row) -> dict:
        said = PROMPT_STYLES[style]
        messages = [{"role": "system", "content": said.system}, {"role": "user", "content": said.user(row)}]
        return {"model": folder, "messages": messages, "max_tokens": limit, "temperature": 0}

    try:
        _wait(process, f"{url}/health")
        yield Loaded(url, "/v1/chat/completions", body, lambda one: _plan(one["choices"][0]["message"]["content"]))
    finally:
        end(process)


@contextmanager
def _llama(folder: str, rows: list[Row], args: argparse.Namespace) -> Iterator[Loaded]:
    tokenizer, model = load_folder(folder, torch.float32)
    _, limit = _stored(folder)
    encoder = RowEncoder.of(tokenizer, trained_settings(folder))
    grammars = {order: ebnf("picd", has_order=order) for order in (True, False)}
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "model.gguf"
        write_gguf(model, tokenizer, path, torch.float16)
        process, url = start_llama(path, threads=torch.get_num_threads(), slots=_SLOTS, context=_CONTEXT)

        def body(row: Row) -> dict:
            return llama_request(encoder.prompt(row), grammars[bool(row["trigger_1"])], limit)

        try:
            yield Loaded(url, "/completion", body, lambda answer: _plan(answer["content"]))
        finally:
            end(process)


_STARTED = {"serve.sh": _own, "transformers serve": _transformers, "llama.cpp": _llama}


def _stored(folder: str) -> tuple[str, int]:
    stored = trained_settings(folder)
    return stored["prompt_style"], stored["response_tokens"]


def _plan(text: str) -> list:
    return parse_response(text).plan


def _wait(process: subprocess.Popen, url: str) -> None:
    for _ in range(_START * 5):
        if process.poll() is not None:
            raise InputError(f"transformers serve ended with {process.returncode}; pip install transformers[serving]")
        try:
            urllib.request.urlopen(url).close()
            return
        except OSError:
            time.sleep(0.2)
    raise InputError(f"transformers serve did not answer {url} within {_START} s")
