"""Result files of ``bench peers``, and the picture that shows all of them: docs/images/peers.png."""

from pathlib import Path
from typing import Any

import matplotlib

from experiments.results import FOLDER, measured_with, read_result, write_result
from utils import ROOT

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

PICTURE = ROOT / "docs" / "images" / "peers.png"


def write_results(figures: dict[str, Any], command: str) -> list[Path]:
    """A file for each part that was measured, and the picture anew; returns the files."""
    settings, made = figures["settings"], figures["environment"]
    suffix = "" if settings["model"] != "None" or settings["backbone"] == "small" else f"_{settings['backbone']}"
    written = []
    for part, (title, columns, rows_of) in _PARTS.items():
        if part not in figures:
            continue
        head = {
            "title": title,
            "command": [command],
            **measured_with(made),
            "note": _note(figures, part),
            "columns": columns,
        }
        path = FOLDER / f"peers_{part}{suffix}.json"
        write_result(path, head, rows_of(figures[part]))
        written.append(path)
    draw_peers()
    return written


def _note(figures: dict[str, Any], part: str) -> str:
    settings, found = figures["settings"], figures[part]
    weights = "a trained picd checkpoint" if settings["model"] != "None" else f"{settings['backbone']}, random weights"
    ways = found.get("ways", {}).values()
    versions = found.get("versions", {}) | {name: v for way in ways for name, v in way["versions"].items()}
    said = ", ".join(f"{name} {version}" for name, version in versions.items())
    left = "; ".join(f"{who} left out: {', '.join(gone)} not installed" for who, gone in found["left_out"].items())
    return ". ".join(filter(None, (f"Weights: {weights}", f"threads: {figures['threads']}", said, left))) + "."


def _plan_rows(plans: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "way": name,
            "ms a plan": way["milliseconds"],
            "over the planner": way["ratio"],
            "valid": way["valid"],
            "same plan": way["same"],
            "plans a second": ", ".join(f"{rate:.0f} ({size} at once)" for size, rate in way["rates"].items()),
        }
        for name, way in plans["ways"].items()
    ]


def _trainer_rows(trainers: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "trainer": f"{name} (could not run: {found['problem']})" if "problem" in found else name,
            "samples a second": found.get("samples_per_second"),
            "time over ours": found.get("ratio"),
            "memory, GiB": found.get("rise_gib"),
            "memory over ours": found.get("memory_ratio"),
        }
        for kind in ("sft", "dpo")
        for name, found in trainers.get(kind, {}).items()
    ]


def _server_rows(servers: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "server": name,
            "requests a second": one["rate"],
            "plans a second": one["held"],
            "p50, ms": one["p50"] and 1e3 * one["p50"],
            "p99, ms": one["p99"] and 1e3 * one["p99"],
            "answered": one["statuses"].get("200", 0) / one["requests"],
            "valid": one["valid"] / one["requests"],
        }
        for name, rates in servers["servers"].items()
        for one in rates
    ]


_PARTS = {
    "plans": (
        "A plan by the planner and by what stands in its place",
        {"way": None, "ms a plan": ".1f", "over the planner": ".2f", "valid": ".2f", "same plan": ".2f"}
        | {"plans a second": None},
        _plan_rows,
    ),
    "trainers": (
        "Training steps of finetune.py and align.py beside TRL's",
        {"trainer": None, "samples a second": ".2f", "time over ours": ".2f", "memory, GiB": ".2f"}
        | {"memory over ours": ".2f"},
        _trainer_rows,
    ),
    "servers": (
        "serve.sh, transformers serve and llama.cpp's server under the same load",
        {"server": None, "requests a second": "g", "plans a second": ".1f", "p50, ms": ",.0f", "p99, ms": ",.0f"}
        | {"answered": ".2f", "valid": ".2f"},
        _server_rows,
    ),
}  # fmt: skip


def draw_peers() -> None:
    """``docs/images/peers.png`` from the files that are there: milliseconds a plan, training time, p99 under load."""
    figure, axes = plt.subplots(1, 3, figsize=(15, 4.5))
    plans, trainers, load = axes
    for axis, part, name, value in (
        (plans, "plans", "way", "ms a plan"),
        (trainers, "trainers", "trainer", "time over ours"),
    ):
        found = {
            label: {row[name]: row[value] for row in read_result(path).rows if row.get(value) is not None}
            for label, path in (("small", FOLDER / f"peers_{part}.json"), ("90m", FOLDER / f"peers_{part}_90m.json"))
            if path.exists()
        }
        names = list(dict.fromkeys(way for values in found.values() for way in values))
        for shift, (label, values) in zip((-0.2, 0.2), found.items(), strict=False):  # one or both
            axis.barh([names.index(way) + shift for way in values], list(values.values()), height=0.38, label=label)
        axis.set_yticks(range(len(names)), names)
        axis.set_xlabel(value)
    _log(plans, "x")
    path = FOLDER / "peers_servers.json"
    if path.exists():
        rows = read_result(path).rows
        for server in dict.fromkeys(row["server"] for row in rows):
            points = [(row["requests a second"], row["p99, ms"]) for row in rows if row["server"] == server]
            load.plot(*zip(*[point for point in points if point[1]], strict=True), marker="o", label=server)
        _log(load, "x")
        _log(load, "y")
        load.set_xlabel("requests a second")
        load.set_ylabel("p99, ms")
    for axis in axes:
        axis.grid(alpha=0.25)
        above = (
            {} if axis is load else {"ncols": 2, "loc": "lower left", "bbox_to_anchor": (0, 1)}
        )  # bars fill the rest
        if axis.get_legend_handles_labels()[0]:
            axis.legend(frameon=False, **above)
    for axis in (plans, trainers):
        axis.invert_yaxis()
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=110)
    plt.close(figure)


def _log(axis: plt.Axes, which: str) -> None:
    """A logarithmic axis with plain numbers, few enough to be read."""
    axis.set(**{f"{which}scale": "log"})
    one = getattr(axis, f"{which}axis")
    low, high = getattr(axis, f"get_{which}lim")()
    one.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
    one.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    one.set_minor_locator(NullLocator())
