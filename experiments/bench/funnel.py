"""``bench funnel``: a million generated instructions with planted duplicates through ``agent.py queries filter``.

A tenth of the lines are copies, half of them exact (experiments/bench/planted.py). A pair is found when not both of
its texts are left. *alone*: pairs whose pattern and slots no other text has, so that nothing else can have taken one of
them. Difficulties of generated texts are drawn, usual ones of their pattern; the texts' leaf is their pattern's.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from data_process.files import write_jsonl
from experiments.bench.bounds import aligned, bound, bounds_text
from experiments.bench.memory import resident
from experiments.bench.planted import KINDS, planted_lines
from experiments.results import FOLDER, measured_with, write_result
from stagent.queries.drawing import draw_texts
from stagent.queries.patterns.all import PATTERNS
from stagent.queries.scene import Gazetteer
from stagent.selection.funnel.funnel import STAGES, Passed, gathered
from stagent.worlds.sandbox.world import SandboxWorld
from utils import ROOT, InputError, environment

_EVERY = 0.5  # seconds between two looks at memory


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--count", type=int, default=1_000_000, help="lines of the pool")
    command.add_argument("--keep", type=int, default=100_000, help="texts that the last stage keeps")
    command.add_argument("--workers", type=int, default=2, help="processes")
    command.add_argument("--seed", type=int, default=1, help="of the pool")
    command.add_argument(
        "--folder", type=Path, help="where pool and results stay; a pool that is there is taken; unset: nowhere"
    )
    command.add_argument("--result", action="store_true", help="write experiments/results/funnel.json")


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """All figures of one run."""
    folder = args.folder or Path(tempfile.mkdtemp(prefix="funnel-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        pool, out = folder / "pool.jsonl", folder / "kept.jsonl"
        began = time.perf_counter()
        if not pool.is_file():
            make_pool(pool, args.count, args.seed)
        made = time.perf_counter() - began
        load = os.getloadavg()[0]
        run = filtered(pool, out, args.keep, args.workers)
        passed = gathered(folder / "kept.jsonl.work")
        figures = {
            "settings": {name: str(value) for name, value in vars(args).items()},
            "made": made,
            **run,
            "load": [load, os.getloadavg()[0]],
            "stages": [int(passed.table(stage).sum()) for stage in range(len(STAGES) + 1)],
            "leaves": [int((passed.table(stage).sum(axis=1) > 0).sum()) for stage in (0, len(STAGES))],
            "job_seconds": passed.seconds,
            **found(pool, passed),
            "environment": environment(),
        }
    finally:
        if args.folder is None:
            shutil.rmtree(folder)
    if args.result:
        write_result(FOLDER / "funnel.json", *as_result(figures))
    return figures


def make_pool(path: Path, count: int, seed: int) -> None:
    """Writes the pool."""
    gazetteer = Gazetteer(SandboxWorld.open())
    draws = draw_texts(gazetteer, PATTERNS, count, seed)
    write_jsonl(path, planted_lines(draws, PATTERNS, count, seed))


def filtered(pool: Path, out: Path, keep: int, workers: int) -> dict[str, float]:
    """Runs the funnel as a user does: seconds, those of its CPUs, and the highest resident memory of all its processes
    together, GiB.

    Raises:
        InputError: it failed.
    """
    words = [sys.executable, str(ROOT / "agent.py"), "queries", "filter", str(pool), str(out)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen([*words, "--keep", str(keep), "--workers", str(workers)])
    highest = 0
    stop = threading.Event()

    def look() -> None:
        nonlocal highest
        while not stop.wait(_EVERY):
            highest = max(highest, _resident(process.pid))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    status = process.wait()
    stop.set()
    watcher.join()
    if status:
        raise InputError(f"agent.py queries filter ended with status {status}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": time.perf_counter() - began, "cpu_seconds": cpu, "gib": highest / 2**30}


def _resident(pid: int | str) -> int:
    """Resident memory of a process and of all that it started, bytes; of one that is gone, none."""
    try:
        children = [name for file in Path(f"/proc/{pid}/task").glob("*/children") for name in file.read_text().split()]
        return resident(pid) + sum(map(_resident, children))
    except OSError:
        return 0


def found(pool: Path, passed: Passed) -> dict[str, Any]:
    """Planted pairs that were found, by kind, and pairs of pattern and slots that were lost, by stage.

    Returns:
        ``{"planted": {kind: {"pairs", "lexical", "semantic", "alone", "alone_lexical", "alone_semantic"}}, "slots":
        {"pairs", "lexical", "semantic"}}``; lexical, semantic: found, or lost, at the latest at that stage.
    """
    pairs: list[int] = []  # number of pattern and slots, a line
    numbers: dict[str, int] = {}
    copies: list[tuple[int, int, str]] = []
    with open(pool, encoding="utf-8") as file:
        for line, text in enumerate(file):
            content = json.loads(text)
            pair = json.dumps(content["pair"], ensure_ascii=False, sort_keys=True)
            pairs.append(numbers.setdefault(pair, len(numbers)))
            if content["planted"]:
                copies.append((line, content["planted"]["of"], content["planted"]["kind"]))
    copied = {line for line, _, _ in copies}
    drawn = Counter(pair for line, pair in enumerate(pairs) if line not in copied)
    fates = passed.fates.tolist()
    planted = {kind: Counter() for kind in KINDS}
    for line, of, kind in copies:
        first = min(fates[line] or len(STAGES), fates[of] or len(STAGES))
        alone = drawn[pairs[of]] == 1
        planted[kind].update({"pairs": 1, "lexical": first <= 1, "semantic": first <= 2})
        if alone:
            planted[kind].update({"alone": 1, "alone_lexical": first <= 1, "alone_semantic": first <= 2})
    lost = {}
    for number, stage in enumerate(("lexical", "semantic"), 1):
        left = {pair for pair, fate in zip(pairs, fates, strict=True) if fate == 0 or fate > number}
        lost[stage] = len(numbers) - len(left)
    return {
        "planted": {kind: dict(counts) for kind, counts in planted.items()},
        "slots": {"pairs": len(numbers), **lost},
    }


def recall(figures: dict[str, Any], stage: str, kinds: tuple[str, ...] = KINDS, alone: bool = False) -> float:
    """The share of planted pairs that was found up to a stage."""
    counts = [figures["planted"][kind] for kind in kinds]
    whole, part = ("alone", f"alone_{stage}") if alone else ("pairs", stage)
    return sum(count.get(part, 0) for count in counts) / max(1, sum(count.get(whole, 0) for count in counts))


def text(figures: dict[str, Any]) -> str:
    """The figures for people."""
    table = [("planted", "pairs", "lexical", "and semantic", "alone", "lexical", "and semantic")]
    near = KINDS[1:]
    for name, kinds in (*((kind, (kind,)) for kind in KINDS), ("near, all", near), ("all", KINDS)):
        row = [name]
        for alone, count in ((False, "pairs"), (True, "alone")):
            row.append(f"{sum(figures['planted'][kind].get(count, 0) for kind in kinds):,}")
            row += [f"{recall(figures, stage, kinds, alone):.4f}" for stage in ("lexical", "semantic")]
        table.append(tuple(row))
    slots = figures["slots"]
    bounds = [
        bound("minutes", figures["seconds"] / 60, "<=", 15),
        bound("memory of all processes, GiB", figures["gib"], "<=", 4),
        bound("planted pairs found, lexical and semantic", recall(figures, "semantic"), ">=", 0.98),
        bound("pattern and slots lost at the lexical stage", slots["lexical"] / slots["pairs"], "<=", 0.02),
        bound("leaves lost", figures["leaves"][0] - figures["leaves"][1], "<=", 0),
    ]
    seconds = ", ".join(f"{stage} {value:.0f}" for stage, value in figures["job_seconds"].items())
    return "\n".join(
        [
            " → ".join(f"{count:,}" for count in figures["stages"]) + f"  (pool, {', '.join(STAGES)})",
            f"{figures['seconds']:.0f} s, {figures['cpu_seconds']:.0f} s of CPUs, "
            f"load {figures['load'][0]:.1f} to {figures['load'][1]:.1f}; jobs: {seconds}",
            f"pattern and slots: {slots['pairs']:,}; lost: {slots['lexical']:,}, with semantic {slots['semantic']:,}",
            aligned(table),
            bounds_text(bounds),
        ]
    )


def as_result(figures: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Head and rows of the result file."""
    slots, made, near = figures["slots"], figures["environment"], KINDS[1:]

    def share(stage: str, kinds: tuple[str, ...] = KINDS, alone: bool = False) -> str:
        return f"{recall(figures, stage, kinds, alone):.4f}"

    rows = [
        ("minutes (load of the machine)", "15", f"{figures['seconds'] / 60:.1f} ({figures['load'][1]:.1f})"),
        ("minutes of CPUs", None, f"{figures['cpu_seconds'] / 60:.1f}"),
        ("memory of all processes, GiB", "4", f"{figures['gib']:.2f}"),
        ("planted pairs found", "0.98", share("semantic")),
        ("planted pairs found, lexical stage alone", None, share("lexical")),
        *(
            (f"{kind}: found (lexical alone)", None, f"{share('semantic', (kind,))} ({share('lexical', (kind,))})")
            for kind in KINDS
        ),
        (
            "near, nothing else alike: found (lexical alone)",
            None,
            f"{share('semantic', near, True)} ({share('lexical', near, True)})",
        ),
        ("pattern and slots lost, lexical stage", "0.02", f"{slots['lexical'] / slots['pairs']:.4f}"),
        ("pattern and slots lost, with semantic stage", None, f"{slots['semantic'] / slots['pairs']:.4f}"),
        ("leaves in, kept", "all", f"{figures['leaves'][0]}, {figures['leaves'][1]}"),
        *(
            (f"texts left: {stage}", None, f"{count:,}")
            for stage, count in zip(("pool", *STAGES), figures["stages"], strict=True)
        ),
    ]
    head = {
        "title": "A million instructions through the funnel",
        "command": [f"python -m experiments.bench funnel --count {figures['settings']['count']} --result"],
        **measured_with(made),
        "seed": int(figures["settings"]["seed"]),
        "columns": {"figure": None, "bar": None, "value": None},
        "note": "Found: not both texts of a pair are left. Nothing else alike: no other text has that pattern and "
        "those slots. Difficulties are drawn; leaves are the patterns'.",
    }
    return head, [dict(zip(("figure", "bar", "value"), row, strict=True)) for row in rows]
