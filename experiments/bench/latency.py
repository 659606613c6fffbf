"""``bench latency``: seconds to a plan (GPlan, Table 5), by Hugging Face's generate and by the planner.

One request at a time, each answered in all ways in turn; then rows a second against batch size. A backbone's weights
are random, so its responses are given their real lengths and the planner its real decisions (``decoders``);
checkpoints given by --model answer as they like.
"""

import argparse
import copy
import random
from collections.abc import Callable, Sequence

import numpy as np

from data_process.schema import Row, read_rows
from experiments.bench.backbones import SHAPES, parameters
from experiments.bench.bounds import aligned, bound, bounds_text, notes
from experiments.bench.checkpoints import random_weights, trained
from experiments.bench.decoders import ByPlanner, Generate, GoldPlanner, Timed, gold_responses
from experiments.bench.floor import bandwidth, touched_bytes
from experiments.bench.throughput import measure_throughput, throughput_text
from gplan.planner.decode import Planner
from gplan.planner.grammar import Grammar
from gplan.starter.rows import embedded_held_out
from utils import InputError, environment, say

TITLES = {
    "direct_sft": "Direct-SFT, generate",
    "cot_sft": "CoT-SFT, generate",
    "picd": "PICD, generate",
    "picd_static": "PICD, generate, static cache",
    "planner_plain": "PICD, planner, no drafts",
    "planner_eager": "PICD, planner, no CUDA graphs",
    "planner": "PICD, planner",
}
RESAMPLES = 2_000
# Tokens that hardly any response of picd exceeds.
RESPONSE = 128

Way = Callable[[Row], Timed]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    models = parser.add_mutually_exclusive_group()
    models.add_argument("--backbone", choices=tuple(SHAPES), default="small", help="shape; weights are random")
    models.add_argument(
        "--model", nargs="+", metavar="FOLDER", help="trained checkpoints instead: a picd one, others beside it"
    )
    parser.add_argument("--requests", type=int, default=30, help="timed requests")
    parser.add_argument("--warm_up", type=int, default=50, help="requests before them, from which drafts learn")
    parser.add_argument("--static_cache", action="store_true", help="generate with a static cache too")
    parser.add_argument("--batch_sizes", type=int, nargs="*", default=[1, 4, 16, 64], help="of the second table")
    parser.add_argument("--batch_rows", type=int, default=64, help="rows of the second table")


def measure(args: argparse.Namespace) -> dict:
    """All figures."""
    if args.model and (args.tokenizer or args.prompt_style):
        raise InputError("a checkpoint has its own tokenizer and prompt style: leave out --tokenizer, --prompt_style")
    checkpoints = trained(args) if args.model else random_weights(args)
    picd = checkpoints["picd"]
    path = args.csv or str(embedded_held_out())
    rows = read_rows(path)
    golds = None if args.model else gold_responses(picd.encoder, rows, path)
    shares = _share_out(args, path, len(rows))
    warm, timed, batched = ([rows[i] for i in share] for share in shares)

    # Of its own: the planner puts another attention into its model.
    model = copy.deepcopy(picd.model)

    every = [*warm, *timed, *batched]
    room = max(len(picd.encoder.prompt(row)) for row in every) + RESPONSE

    def planner(slots: int = 1, **settings) -> Planner:
        settings |= {"slots": slots, "limit": picd.limit}
        if golds:
            one = GoldPlanner(golds, every, model, picd.encoder, "picd", **settings)
        else:
            one = Planner(model, picd.encoder, "picd", **settings)
        one.slots.reserve(room)  # as a server does at its start
        return one

    ways: dict[str, Way] = {
        mode: Generate(one.model, one.encoder, mode, limit=one.limit, golds=golds)
        for mode in ("direct_sft", "cot_sft", "picd")
        if (one := checkpoints.get(mode))
    }
    if args.static_cache:
        ways["picd_static"] = Generate(*picd[:2], "picd", limit=picd.limit, golds=golds, static=True)
    ways["planner_plain"] = ByPlanner(planner(drafts=False))
    if args.device == "cuda":
        ways["planner_eager"] = ByPlanner(planner(fixed=False))
    ways["planner"] = ByPlanner(planner())

    read = bandwidth(args.device)
    found, cold = time_ways(ways, warm, timed)
    base = found[next(iter(found))]
    figures = {
        "settings": vars(args) | {"csv": path, "prompt_style": picd.encoder.prompt_style},
        "rows": shares[1],
        "dtype": str(model.dtype).removeprefix("torch."),
        "parameters": parameters(model),
        "prefix": len(picd.encoder.prefix),
        "bandwidth": read,
        "ways": {
            name: summary(some, base, [touched_bytes(checkpoints.get(name, picd).model, one) / read for one in some])
            for name, some in found.items()
        },
        "cold_passes": cold,
        "speed_up": mean_ratio(_seconds(found["picd"]), _seconds(found["planner"])),
        "same": same_ids(ways["planner"].planner.grammar, timed, found) if args.model else None,
        "throughput": measure_throughput(args.batch_sizes, ways["picd"], planner, picd.encoder, warm, batched),
        "environment": environment(),
    }
    return figures | {"bounds": bounds(figures)}


def _share_out(args: argparse.Namespace, path: str, count: int) -> tuple[list[int], list[int], list[int]]:
    """Which rows warm up, which are timed, and which are answered in batches."""
    if args.warm_up < 0 or min(args.batch_sizes, default=1) < 1:
        raise InputError("--warm_up can't be negative, and --batch_sizes start at 1")
    if args.batch_rows < (least := max(args.batch_sizes, default=0)):
        raise InputError(f"--batch_rows {args.batch_rows}: --batch_sizes goes up to {least}; give as many rows")
    needed = args.warm_up + max(args.requests, args.batch_rows if args.batch_sizes else 0)
    if count < needed:
        raise InputError(f"{path}: {count} rows; --warm_up and --requests or --batch_rows need {needed}")
    order = random.Random(args.seed).sample(range(count), needed)
    rest = order[args.warm_up :]
    return order[: args.warm_up], rest[: args.requests], rest[: args.batch_rows]


def time_ways(ways: dict[str, Way], warm: list[Row], rows: list[Row]) -> tuple[dict[str, list[Timed]], list[int]]:
    """What each way took for each row; and the planner's passes for the rows before, when it had learnt nothing yet."""
    say("warming up")
    for way in ways.values():
        if isinstance(way, Generate):
            way.warm_up(rows)
    cold = {name: [way(row).passes for row in warm] for name, way in ways.items() if isinstance(way, ByPlanner)}
    found: dict[str, list[Timed]] = {name: [] for name in ways}
    for number, row in enumerate(rows):
        say(f"request {number + 1} of {len(rows)}")
        turn = number % len(ways)
        for name in [*ways][turn:] + [*ways][:turn]:
            found[name].append(ways[name](row))
    return found, cold["planner"]


def summary(some: list[Timed], base: list[Timed], floors: list[float]) -> dict:
    """The figures of one way: what each request took, and the time in sum and beside the first way's."""
    seconds = _seconds(some)
    return {
        "seconds": seconds,
        "mean": float(np.mean(seconds)),
        "p50": float(np.percentile(seconds, 50)),
        "p95": float(np.percentile(seconds, 95)),
        "ratio": mean_ratio(seconds, _seconds(base)),
        "floor": float(np.mean(floors)),
        **{name: [getattr(one, name) for one in some] for name in ("prefill", "prompt", "passes", "head_rows")},
        "tokens": [len(one.ids) for one in some],
    }


def _seconds(some: list[Timed]) -> list[float]:
    return [one.seconds for one in some]


def mean_ratio(ours: Sequence[float], base: Sequence[float]) -> dict[str, float]:
    """The ratio of two means over the same requests, and its 95 % interval over draws of requests.

    ``mean_ratio([2, 4], [1, 2]) == {"value": 2.0, "low": 2.0, "high": 2.0}``
    """
    pairs = np.array([ours, base], dtype=np.float64)  # 2, requests
    draws = np.random.default_rng(0).integers(0, pairs.shape[1], (RESAMPLES, pairs.shape[1]))
    drawn = pairs[:, draws].sum(-1)
    low, high = np.percentile(drawn[0] / drawn[1], [2.5, 97.5])
    return {"value": float(pairs[0].sum() / pairs[1].sum()), "low": float(low), "high": float(high)}


def same_ids(grammar: Grammar, rows: list[Row], found: dict[str, list[Timed]]) -> dict[str, int]:
    """How many of generate's responses the grammar accepts, and how many of these are the planner's to the token."""
    accepted = [
        (free.ids, planned.ids)
        for row, free, planned in zip(rows, found["picd"], found["planner"], strict=True)
        if grammar.accepts(free.ids, has_order=bool(row["trigger_1"]))
    ]
    return {"requests": len(rows), "accepted": len(accepted), "equal": sum(one == other for one, other in accepted)}


def bounds(figures: dict) -> list[dict]:
    """What is promised of such a model on such a device."""
    settings, ways = figures["settings"], figures["ways"]
    which = None if settings["model"] else (settings["backbone"], settings["device"])
    found = []
    if least := {("90m", "cpu"): 2.0, ("1.7b", "cuda"): 5.0}.get(which):
        found.append(bound("PICD: time of generate over the planner's", figures["speed_up"]["value"], ">=", least))
    if "direct_sft" in ways:
        ratio = ways["planner"]["mean"] / ways["direct_sft"]["mean"]
        found.append(bound("time of PICD by the planner over Direct-SFT by generate", ratio, "<", 1.0))
    if which == ("1.7b", "cuda"):
        found.append(bound("PICD by the planner, ms a request", ways["planner"]["mean"] * 1e3, "<=", 60))
    return found


def text(figures: dict) -> str:
    """The figures for people."""
    settings, count = figures["settings"], figures["parameters"]
    models = ", ".join(settings["model"] or []) or f"{settings['backbone']}, random weights, forced responses"
    hardware = ", ".join(figures["environment"]["devices"]) or f"{figures['environment']['threads']} threads of the CPU"
    speed, cold, warm = figures["speed_up"], figures["cold_passes"], figures["ways"]["planner"]["passes"]
    start = f"; from a cold start, over the {len(cold)} requests before: {np.mean(cold):.1f}" if cold else ""
    lines = [
        f"{models}: {count['total'] / 1e6:.1f} million parameters, {count['embedding'] / 1e6:.1f} in the embedding",
        f"{settings['requests']} requests of {settings['csv']}, after {settings['warm_up']} others; "
        f"{settings['prompt_style']} prompt, the first {figures['prefix']} tokens the same in all",
        f"{figures['dtype']} on {hardware}; memory: {figures['bandwidth'] / 1e9:.1f} GB/s",
        "",
        aligned(_table(figures["ways"])),
        "",
        notes(_TERMS),
        "",
        f"PICD: the planner is {speed['value']:.2f} times as fast as generate ({speed['low']:.2f} to "
        f"{speed['high']:.2f})",
        f"passes of the planner: {np.mean(warm):.1f}{start}",
    ]
    if same := figures["same"]:
        lines.append(
            f"the grammar accepts {same['accepted']} of generate's {same['requests']} responses, of which "
            f"{same['equal']} are the planner's to the token"
        )
    if figures["throughput"]:
        title = f"Rows a second over {settings['batch_rows']} rows, PICD; generate's batches are cut by length:"
        lines += ["", title, throughput_text(figures["throughput"])]
    if figures["bounds"]:
        lines += ["", bounds_text(figures["bounds"])]
    return "\n".join(lines)


_TERMS = {
    "ratio": "mean time over the first line's, and its 95 % bootstrap interval over requests",
    "prefill": "of the mean: tokenising the prompt, and every pass up to the first token. rest: from there on",
    "prompt": "tokens of the prompt that are computed for a request",
    "response": "tokens",
    "passes": "forward passes, those over the prompt included",
    "floor": "weights that the passes read (body, and rows of the head that are asked for) over the bandwidth, the "
    "fastest of some large reads and copies; a model that fits into a cache can be below it",
}


def _table(ways: dict[str, dict]) -> list[tuple[str, ...]]:
    header = ("ms a request", "mean", "p50", "p95", "ratio", "(interval)", "prefill", "rest", "floor")
    table = [(*header, "prompt", "response", "passes", "(p95)")]
    for name, one in ways.items():
        ratio, prefill = one["ratio"], np.mean(one["prefill"])
        times = (one["mean"], one["p50"], one["p95"], prefill, one["mean"] - prefill, one["floor"])
        mean, p50, p95, prefill, rest, floor = (f"{1e3 * seconds:.1f}" for seconds in times)
        interval = f"({ratio['low']:.2f} to {ratio['high']:.2f})"
        counts = (f"{np.mean(one[key]):.1f}" for key in ("prompt", "tokens", "passes"))
        passes = f"({np.percentile(one['passes'], 95, method='inverted_cdf')})"
        ratio = f"{ratio['value']:.2f}"
        table.append((TITLES[name], mean, p50, p95, ratio, interval, prefill, rest, floor, *counts, passes))
    return table
