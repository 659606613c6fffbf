"""The result of an A/B test: click-through rate of each arm, and its lift over a baseline.

    python -m gplan.serving ab plans.jsonl [more.jsonl …] clicks.jsonl [--baseline NAME] [--json]

    plans.jsonl    {"request_id": "7f…", "arm": "output", …}        what serve.py --plan_log wrote
    clicks.jsonl   {"request_id": "7f…", …}                         a line for each click; other keys are not looked at

A request counts as clicked once, however often it was. Requests are taken as independent: where a user's requests all
go to one arm and are many, the intervals are too narrow.

Formulas, for x clicked of n requests, and 0 for the baseline:
- interval of a rate: Wilson's score interval (Wilson 1927, JASA 22:209).
- lift = (x / n) / (x0 / n0) - 1; its interval by the logarithm of the ratio, whose standard error is
  sqrt(1/x - 1/n + 1/x0 - 1/n0) (Katz, Baptista, Azen, Pike 1978, Biometrics 34:469).
- p: both rates are equal; two-sided z test of two proportions with the pooled rate. Not corrected for several arms.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from math import erfc, exp, log, sqrt
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

from utils import InputError

_LEFT_OUT = (
    "unreadable log lines",
    "repeated plans",
    "unreadable click lines",
    "clicks on unknown requests",
    "repeated clicks",
)
Z = NormalDist().inv_cdf(0.975)  # of a 95 % interval


class Arm(NamedTuple):
    requests: int
    clicked: int

    @property
    def rate(self) -> float:
        return self.clicked / self.requests


class Lift(NamedTuple):
    """``lift`` is None where the baseline has no clicks, its interval where either has none, ``p`` where both have."""

    lift: float | None
    low: float | None
    high: float | None
    p: float | None


def wilson(arm: Arm) -> tuple[float, float]:
    """The 95 % interval of a rate: ``wilson(Arm(10, 0))`` -> ``(0.0, 0.2775)``."""
    n, rate = arm.requests, arm.rate
    middle = rate + Z**2 / (2 * n)
    half = Z * sqrt(rate * (1 - rate) / n + Z**2 / (4 * n**2))
    low, high = ((middle + sign * half) / (1 + Z**2 / n) for sign in (-1, 1))
    return max(low, 0.0), min(high, 1.0)  # they are 0 and 1 but for rounding


def lift(arm: Arm, baseline: Arm) -> Lift:
    """``lift(Arm(1000, 120), Arm(1000, 100))`` -> ``Lift(0.2, -0.0659, 0.5416, 0.1529)``."""
    pooled = (arm.clicked + baseline.clicked) / (arm.requests + baseline.requests)
    error = sqrt(pooled * (1 - pooled) * (1 / arm.requests + 1 / baseline.requests))
    p = erfc(abs(arm.rate - baseline.rate) / error / sqrt(2)) if error else None
    if not baseline.clicked:
        return Lift(None, None, None, p)
    ratio = arm.rate / baseline.rate
    if not arm.clicked:
        return Lift(ratio - 1, None, None, p)
    spread = sum(1 / side.clicked - 1 / side.requests for side in (arm, baseline))
    low, high = (exp(log(ratio) + sign * Z * sqrt(spread)) - 1 for sign in (-1, 1))
    return Lift(ratio - 1, low, high, p)


def analyse(logs: Sequence[str | Path], clicks: str | Path, baseline: str | None = None) -> dict:
    """The result of ``logs`` and ``clicks``; ``baseline`` is the first arm of the logs unless it is given.

    ``{"baseline": …, "arms": {name: {"requests", "clicks", "rate", "interval", "lift": {"lift", "low", "high", "p"}}},
    "left_out": {"unreadable log lines": 0, …}}``

    Raises:
        InputError: a file that is not there, no plan in the logs, an unknown baseline, one id in two arms.
    """
    left_out = dict.fromkeys(_LEFT_OUT, 0)
    arms: dict[str, str] = {}  # of each request
    for path in logs:
        for entry in _lines(path, ("request_id", "arm")):
            if entry is None:
                left_out["unreadable log lines"] += 1
            elif entry["request_id"] not in arms:
                arms[entry["request_id"]] = entry["arm"]
            elif arms[entry["request_id"]] == entry["arm"]:
                left_out["repeated plans"] += 1
            else:
                raise InputError(f"{path}: request {entry['request_id']} is in two arms; give the logs of one test")
    if not arms:
        raise InputError(f"{', '.join(map(str, logs))}: no plans there; give what serve.py --plan_log wrote")
    clicked: set[str] = set()
    for entry in _lines(clicks, ("request_id",)):
        if entry is None:
            left_out["unreadable click lines"] += 1
        elif entry["request_id"] not in arms:
            left_out["clicks on unknown requests"] += 1
        elif entry["request_id"] in clicked:
            left_out["repeated clicks"] += 1
        else:
            clicked.add(entry["request_id"])
    requests, hits = Counter(arms.values()), Counter(arms[request] for request in clicked)
    counted = {name: Arm(count, hits[name]) for name, count in requests.items()}
    baseline = baseline or next(iter(counted))
    if baseline not in counted:
        raise InputError(f"--baseline {baseline}: no such arm; the logs have {', '.join(counted)}")
    return {
        "baseline": baseline,
        "arms": {
            name: {
                "requests": arm.requests,
                "clicks": arm.clicked,
                "rate": arm.rate,
                "interval": wilson(arm),
                **({"lift": lift(arm, counted[baseline])._asdict()} if name != baseline else {}),
            }
            for name, arm in counted.items()
        },
        "left_out": left_out,
    }


def text(result: dict) -> str:
    """What is printed of a result."""
    lines = [
        f"{'arm':20s} {'requests':>9s} {'clicked':>9s} {'rate':>7s}  95 % interval     lift  95 % interval         p"
    ]
    for name, arm in result["arms"].items():
        low, high = arm["interval"]
        line = f"{name:20s} {arm['requests']:9,} {arm['clicks']:9,} {arm['rate']:7.4f}  {low:.4f} to {high:.4f}"
        if name == result["baseline"]:
            line += "  baseline"
        else:
            gain = arm["lift"]
            amount = "none" if gain["lift"] is None else f"{gain['lift']:+.1%}"
            between = "none: no clicks" if gain["low"] is None else f"{gain['low']:+.1%} to {gain['high']:+.1%}"
            chance = "none" if gain["p"] is None else f"{gain['p']:.4f}"
            line += f"  {amount:>7s}  {between:18s} {chance:>6s}"
        lines.append(line)
    counts = [f"{count:,} {name}" for name, count in result["left_out"].items() if count]
    lines.append(f"left out: {', '.join(counts) or 'nothing'}")
    return "\n".join(lines)


def _lines(path: str | Path, names: tuple[str, ...]) -> Iterator[dict | None]:
    """The lines of a JSONL file; None for one that has not the names, as a full disk or a crash leaves it."""
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file; give a JSONL file")
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                entry = None
            good = isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in names)
            yield entry if good else None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("logs", nargs="+", help="JSONL that serve.py --plan_log wrote")
    parser.add_argument("clicks", help="JSONL with a request_id a line")
    parser.add_argument("--baseline", help="arm that the others are compared with; unset: the logs' first")
    parser.add_argument("--json", action="store_true", help="print the result as JSON and nothing else")


def run(args: argparse.Namespace) -> int:
    result = analyse(args.logs, args.clicks, args.baseline)
    print(json.dumps(result, ensure_ascii=False) if args.json else text(result))
    return 0
