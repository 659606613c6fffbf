"""``bench serve``: the rate that the server holds, how long answers take, and what it does in a long, rough run.

Starts the server, and a client in a process of its own that sends requests when they are due, whether or not earlier
ones have been answered (``client``). Beside it, in the same run and on the same rows: plans made one at a
time by HF generate, and by the planner without a server. A backbone's weights are random: its responses have their real
lengths, and its decisions are the labels' (``decoders``, ``gold_server``).
"""

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import torch
from transformers.utils import logging

from add_tokens.load import load_folder
from config.stored import trained_settings
from data_process.encode import RowEncoder
from data_process.schema import Row, read_rows, write_rows
from experiments.bench.backbones import SHAPES, build
from experiments.bench.bounds import aligned, notes
from experiments.bench.client import quantile, summary
from experiments.bench.decoders import Generate, GoldPlanner, gold_responses
from experiments.bench.hostile import hostile, hostile_table
from experiments.bench.memory import in_fresh_process
from experiments.bench.server_process import ServerProcess
from experiments.bench.soak import soak, soak_text, terminate
from gplan.metrics.placement import placement
from gplan.planner.decode import Planner
from gplan.planner.request import Decision
from gplan.starter.rows import embedded_held_out
from gplan.world.rows import generate
from utils import InputError, environment, say

WARM_UP = 20  # rows that the planner answers before it is timed on CUDA: as many as a server's examples


def add_arguments(command: argparse.ArgumentParser) -> None:
    models = command.add_mutually_exclusive_group()
    models.add_argument("--model", default="./output", help="checkpoint folder")
    models.add_argument("--backbone", choices=tuple(SHAPES), help="shape instead, with random weights and forced plans")
    command.add_argument("--slots", type=int, help="the server's; unset: its default")
    command.add_argument("--rows", type=int, default=200, help="different requests")
    command.add_argument("--rates", type=float, nargs="+", help="requests a second; unset: up to what is held")
    command.add_argument("--first_rate", type=float, default=5, help="where the way up begins")
    command.add_argument("--seconds", type=float, default=20, help="of load at each rate")
    command.add_argument("--p99", type=float, default=1, help="seconds that a held rate keeps to")
    command.add_argument("--alone", type=int, default=20, help="rows that are timed one at a time")
    command.add_argument("--soak", type=int, default=0, help="requests of the rough run, 1%% of each odd kind")
    command.add_argument(
        "--hostile", action="store_true", help="the worst requests of each kind, and /healthz meanwhile"
    )
    command.add_argument("--hostile_seconds", type=float, default=5, help="of each kind")
    command.add_argument("--soak_rate", type=float, help="requests a second; unset: 0.7 of the highest rate held")


def measure(args: argparse.Namespace) -> dict:
    """All figures of one run. Raises InputError for a checkpoint or rows that can't be used."""
    if args.tokenizer and not args.backbone:
        raise InputError("a checkpoint has its own tokenizer and prompt style: --tokenizer goes with --backbone")
    if args.backbone and (args.soak or args.hostile):
        raise InputError("--soak and --hostile send rows without a label, which --backbone can't plan; give --model")
    if args.backbone:
        rows = read_rows(_source(args))[: args.rows]
    else:
        rows = (read_rows(args.csv) if args.csv else generate(args.rows, args.seed))[: args.rows]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder / "rows.csv", rows)
        if args.backbone:
            args = argparse.Namespace(**vars(args) | {"model": str(folder / args.backbone)})
            in_fresh_process(save_backbone, args, rows)
        say("one at a time")
        answered = len(rows) if args.soak else 0
        alone = in_fresh_process(one_at_a_time, args, rows, answered)
        with ServerProcess(args, folder, labels=bool(args.backbone)) as server:
            rough = {"hostile": hostile(server.url, args.hostile_seconds)} if args.hostile else {}
            rates = climb(server, args)
            best = max((one["rate"] for one in rates if one["holds"]), default=0.0)
            if args.soak:
                rate = args.soak_rate or 0.7 * best or args.first_rate
                say(f"{args.soak:,} requests, {rate:.1f} a second, some of them odd; then SIGTERM under load")
                rough |= {"soak": soak(server, args.soak, rate, alone["answers"]), "end": terminate(server, rate)}
    return {
        "settings": vars(args),
        "alone": {name: _times(alone[name]) for name in ("generate", "planner")},
        "rates": rates,
        "best": best,
        "ratio": best * mean(alone["generate"]),
        **rough,
        "environment": environment(),
    }


def text(figures: dict) -> str:
    """What is printed of ``measure``'s figures."""
    settings = figures["settings"]
    model = f"{settings['backbone']}, random weights, forced plans" if settings["backbone"] else settings["model"]
    table = [("rate", "plans/s", "p50", "p95", "p99", "passes", "other answers", "holds")]
    for one in figures["rates"]:
        wrong = sum(one["ends"].values()) - one["statuses"].get("200", 0)
        times = (f"{one[name] * 1000:,.0f}" if one[name] else "-" for name in ("p50", "p95", "p99"))
        passes = f"{one['passes']:.1f}" if one["passes"] else "-"
        table.append(
            (f"{one['rate']:.1f}", f"{one['held']:.1f}", *times, passes, str(wrong), "yes" if one["holds"] else "no")
        )
    single = [("one at a time", "plans/s", "p50", "p95", "p99")]
    for name, one in figures["alone"].items():
        times = (f"{one[share] * 1000:,.0f}" for share in ("p50", "p95", "p99"))
        single.append((name, f"{1 / one['mean']:.2f}", *times))
    parts = [
        f"{model}, {settings['device']}, {settings['seconds']:g} s a rate",
        aligned(table),
        aligned(single),
        f"the highest rate held, {figures['best']:.1f} requests a second, is {figures['ratio']:.1f} times what HF "
        "generate answers one at a time",
    ]
    if "hostile" in figures:
        parts.append(aligned(hostile_table(figures["hostile"])))
    if "soak" in figures:
        parts.append(soak_text(figures["soak"], figures["end"]))
    terms = {
        "rate": "requests a second, at random moments (Poisson), each one row",
        "p50, p95, p99": "milliseconds from when a request was due to its answer",
        "passes": "forward passes that a plan took part in",
        "holds": f"every answer is a plan, and p99 is within {figures['settings']['p99']:g} s",
        "generate, planner": "HF generate and Planner.plan, without a server",
    }
    return "\n".join([*parts, notes(terms)])


def save_backbone(args: argparse.Namespace, rows: list[Row]) -> None:
    """Writes a backbone with random weights to ``args.model``, as one trained on the rows would lie there."""
    model, encoder = build(args)
    longest = max(len(one["picd"]) for one in gold_responses(encoder, rows, _source(args)).values())
    stored = {"cot_mode": "picd", "prompt_style": encoder.prompt_style, "response_tokens": longest}
    model.config.gplan = stored
    model.to(placement("auto", args.device)[1]).save_pretrained(args.model)
    encoder.tokenizer.save_pretrained(args.model)


def _source(args: argparse.Namespace) -> str:
    return args.csv or str(embedded_held_out())


def one_at_a_time(args: argparse.Namespace, rows: list[Row], answered: int) -> dict:
    """Seconds of HF generate and of the planner for each of the first rows; the planner's answers to ``answered``."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    device, timed = args.device, rows[: args.alone]
    tokenizer, model = load_folder(args.model, placement("auto", device)[1])
    model, settings = model.to(device).eval(), trained_settings(args.model)
    mode, limit = settings["cot_mode"], settings["response_tokens"]
    encoder = RowEncoder.of(tokenizer, settings)
    golds = gold_responses(encoder, rows, _source(args)) if args.backbone else None
    generating = Generate(model, encoder, mode, limit=limit, golds=golds)
    by_generate = _timed(device, generating, timed)
    # Only now: it puts another attention into the model.
    if golds:
        planner = GoldPlanner(golds, rows, model, encoder, mode, limit=limit, slots=1)
    else:
        planner = Planner(model, encoder, mode, limit=limit, slots=1)
    if device == "cuda":  # graphs are recorded, in slots that no longer grow, as at a server's start
        planner.slots.reserve(max(len(encoder.prompt(row)) for row in rows) + limit)
        planner.plan(rows[args.alone :][:WARM_UP])
    answers = [planner.plan([row])[0] for row in rows[:answered]]
    return {
        "generate": by_generate,
        "planner": _timed(device, lambda row: planner.plan([row]), timed),
        "answers": [{"plan": one.plan, "margins": _margins(one.decisions)} for one in answers],
    }


def climb(server: ServerProcess, args: argparse.Namespace) -> list[dict]:
    """Rates with what came of them: those asked for, or upwards by halves and then closer to the highest held."""

    def at(rate: float) -> dict:
        outcomes = server.load(rate, max(10, round(rate * args.seconds)))
        found = {"rate": rate, **summary(outcomes)}
        good = found["statuses"] == {"200": len(outcomes)}
        found["holds"] = good and found["p99"] <= args.p99
        passes = [one.answer["timing"]["forward_passes"] for one in outcomes if one.status == 200]
        found["passes"] = mean(passes) if passes else None
        times = f"p50 {found['p50']:.3f} s, p99 {found['p99']:.3f} s" if passes else "no plan"
        held = "held" if found["holds"] else f"not held, {found['statuses']}"
        say(f"{rate:.1f} requests a second: {held}; {found['held']:.1f} plans a second, {times}")
        return found

    if args.rates:
        return [at(rate) for rate in args.rates]
    rates, held, missed = [], 0.0, math.inf
    rate = args.first_rate
    while missed > 1.1 * held:
        rates.append(at(rate))
        if rates[-1]["holds"]:
            held = rate
        else:
            missed = rate
        if not held:
            break
        rate = 1.5 * held if missed == math.inf else math.sqrt(held * missed)
    return sorted(rates, key=lambda one: one["rate"])


def _margins(decisions: list[Decision]) -> list[tuple[int, float]]:
    """How far the best option lay before the second, in nats, for each decision with its step."""
    found = []
    for one in decisions:
        best, second = sorted(one.options.values(), reverse=True)[:2]
        found.append((one.step, math.log(best / second) if second else math.inf))
    return found


def _timed(device: str, work: Callable[[Row], object], rows: list[Row]) -> list[float]:
    """Seconds of each row, after one that warms up."""
    seconds = []
    for row in [rows[0], *rows]:
        began = time.perf_counter()
        work(row)
        if device == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - began)
    return seconds[1:]


def _times(seconds: list[float]) -> dict:
    values = sorted(seconds)
    return {"mean": mean(values), **{f"p{share}": quantile(values, share / 100) for share in (50, 95, 99)}}
