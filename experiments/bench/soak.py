"""The server in a long, rough run: requests that are malformed, oversized, or leave, and a SIGTERM in the middle."""

import signal
import time
from collections import Counter

from experiments.bench.bounds import aligned, bound, bounds_text
from experiments.bench.client import Outcome, summary
from experiments.bench.server_process import ServerProcess

# Two best options of a decision that are this close in log-probability may come out either way in another batch.
NEAR_TIE = 1e-4
ODD = 0.01  # share of each odd kind
# The answers that odd requests should get, by kind.
RIGHT = {"good": {"200"}, "malformed": {"400", "422"}, "oversized": {"413"}, "leaves": {"left"}}


def soak(server: ServerProcess, requests: int, rate: float, answers: list[dict]) -> dict:
    """A long run in which some are malformed, oversized, or leave; what became of all, and of the memory."""
    memory = [server.resident()]
    outcomes = []
    for share in (requests // 10, requests - requests // 10):
        outcomes += server.load(rate, share, odd=ODD, seed=len(outcomes))
        memory.append(server.resident())
    good = [one for one in outcomes if one.kind == "good" and one.status == 200]
    ids = [one.answer["request_id"] for one in good]
    logged = Counter(server.logged())
    differing = [one for one in good if one.answer["plan"] != answers[one.row]["plan"]]
    return {
        "rate": rate,
        "kinds": {kind: dict(Counter(_result(one) for one in outcomes if one.kind == kind)) for kind in RIGHT},
        "wrong": sum(_result(one) not in RIGHT[one.kind] for one in outcomes),
        "not_once": sum(logged[one] != 1 for one in ids) + len(ids) - len(set(ids)),
        "differing": len(differing),
        "near_ties": sum(near_tie(one.answer["plan"], answers[one.row]) for one in differing),
        "memory": memory,
        "left_over": server.figure("gplan_queue_depth") + server.figure("gplan_running"),
        **{name: value for name, value in summary(good).items() if name in ("p50", "p95", "p99")},
    }


def terminate(server: ServerProcess, rate: float) -> dict:
    """SIGTERM in the middle of a load; what became of its requests."""
    before = set(server.logged())
    client = server.start_load(rate, max(20, round(4 * rate)))
    # Under way: some are answered, most are still to come.
    while len(set(server.logged()) - before) < max(2, rate) and client.poll() is None:
        time.sleep(0.05)
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    status = server.process.wait(120)
    seconds = time.monotonic() - began
    outcomes = server.outcomes(client)
    answered = {one.answer["request_id"] for one in outcomes if one.status == 200}
    planned = set(server.logged()) - before
    return {
        "ends": dict(Counter(_result(one) for one in outcomes)),
        "status": status,
        "seconds": seconds,
        "lost": len(planned - answered) + sum(one.end in ("cut", "stuck") for one in outcomes),
    }


def near_tie(plan: list[dict], single: dict) -> bool:
    """Whether a plan parts from a single call's at a point where that one's choice was within ``NEAR_TIE``."""
    pairs = enumerate(zip(plan, single["plan"], strict=False), start=1)
    step = next((i for i, (one, other) in pairs if one != other), min(len(plan), len(single["plan"])))
    # Step 0 settles the number of intents, and with it what may be chosen everywhere.
    return any(margin <= NEAR_TIE for at, margin in single["margins"] if at <= step)


def soak_text(rough: dict, end: dict) -> str:
    before, tenth, last = (f"{one / 2**20:.0f}" for one in rough["memory"])
    unexplained = rough["differing"] - rough["near_ties"]
    table = [("sent", *sorted({name for kind in rough["kinds"].values() for name in kind}))]
    for kind, ends in rough["kinds"].items():
        table.append((kind, *(str(ends.get(name, 0)) for name in table[0][1:])))
    bounds = [
        bound("answers of another kind than they should be", rough["wrong"], "<=", 0),
        bound("good requests that were not planned exactly once", rough["not_once"], "<=", 0),
        bound("plans unlike a single call's, near-ties aside", unexplained, "<=", 0),
        bound("requests left over", rough["left_over"], "<=", 0),
        bound("memory at the end, over that after a tenth", rough["memory"][2] / rough["memory"][1], "<=", 1.05),
        bound("accepted requests lost at SIGTERM", end["lost"], "<=", 0),
        bound("exit status then", end["status"], "<=", 0),
    ]
    return "\n".join(
        [
            f"\nthe rough run, {rough['rate']:.1f} requests a second: p50 {rough['p50'] * 1000:,.0f} ms, "
            f"p99 {rough['p99'] * 1000:,.0f} ms; {rough['differing']} plans unlike a single call's, "
            f"{rough['near_ties']} of them near-ties; {before} MiB before, {tenth} after a tenth, {last} at the end",
            aligned(table),
            f"SIGTERM: ended after {end['seconds']:.1f} s; its requests: "
            + ", ".join(f"{count} {name}" for name, count in sorted(end["ends"].items())),
            bounds_text(bounds),
        ]
    )


def _result(one: Outcome) -> str:
    """A request's status, or how it ended without one."""
    return str(one.status) if one.status else one.end
