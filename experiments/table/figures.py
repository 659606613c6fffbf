"""A table's figures from what test.py wrote: means over seeds, differences to the first way, plans, a picture."""

import json
import lzma
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import matplotlib
import pandas as pd

from data_process.files import whole
from experiments.table.ways import Repeat, TableLine
from gplan.baselines.vocabulary import Vocabulary

matplotlib.use("Agg")
import matplotlib.pyplot as plt

# Columns by their names in metrics.json; "tools" are the same metrics of tools alone, "expected" those over all labels
# that a row of the world could have got.
FIGURES = {
    "Acc@1": ("acc@1",),
    "NDCG@3": ("ndcg@3",),
    "NDCG@3-unique": ("ndcg@3_unique",),
    "NES": ("nes",),
    "expected Acc@1": ("expected", "acc@1"),
    "expected NES": ("expected", "nes"),
    "Valid": ("valid",),
    "Latent-Valid": ("latent_valid",),
    "responsiveness": ("context_responsiveness",),
    "tools: Acc@1": ("tools", "acc@1"),
    "tools: NES": ("tools", "nes"),
    "parameters": ("parameters",),
    "seconds": ("seconds",),
}
LABELS = ("Acc@1", "NDCG@3", "NDCG@3-unique", "NES")
# Of these a difference says nothing.
PLAIN = ("parameters", "seconds")


class Measured(NamedTuple):
    """A table: its rows as result files have them, and the bounds that are one for all ways."""

    rows: list[dict]
    bounds: dict[str, dict[str, float]]  # "commonest plan", "expected ceiling", … -> label metrics by their titles


def measure(repeats: Sequence[Repeat]) -> Measured:
    """The rows of a table, from its repeats, whose lines are alike and in one order.

    A figure is the mean over seeds, with its mean difference to the first way, seed by seed, and that difference's
    standard error: ``{"value": 0.70, "gap": -0.02, "error": 0.004}``; of the first way the value alone. Of a sample in
    folds it is so over folds, each the mean of its seeds.
    """
    figures = {
        (place, repeat.seed if repeat.fold is None else repeat.fold, repeat.seed): _figures(way)
        for repeat in repeats
        for place, way in enumerate(repeat.lines)
    }
    names = [{"way": way.name, "sees": way.sees} for way in repeats[0].lines]
    rows = [name | cells for name, cells in zip(names, cells_of(figures), strict=True)]
    return Measured(rows, _mean_bounds([repeat.lines[0] for repeat in repeats]))


def cells_of(figures: dict[tuple[int, int, int], dict[str, float | None]]) -> list[dict]:
    """The cells of each line, of its figures by (place in the table, seed or fold, seed); see ``measure``."""
    table = pd.DataFrame.from_dict(figures, orient="index").astype(float)
    values = table.groupby(level=[0, 1]).mean()
    gaps = values.sub(values.loc[0], level=1).groupby(level=0)
    means, mean_gaps, errors = values.groupby(level=0).mean(), gaps.mean(), gaps.sem()
    rows = []
    for place in means.index:
        row: dict = {}
        for name in table.columns:
            if pd.isna(value := means.at[place, name]):
                continue
            row[name] = float(value)
            if place and name not in PLAIN and not pd.isna(gap := mean_gaps.at[place, name]):
                error = errors.at[place, name]
                row[name] = {"value": float(value), "gap": float(gap)}
                row[name] |= {} if pd.isna(error) else {"error": float(error)}
        rows.append(row)
    return rows


def _figures(way: TableLine) -> dict[str, float | None]:
    metrics = json.loads(way.scores.done.read_text(encoding="utf-8"))
    run = json.loads(way.run.read_text(encoding="utf-8"))
    found: dict[str, float | None] = {}
    for title, path in FIGURES.items():
        value = run if path[0] in PLAIN else metrics
        for key in path:
            value = (value or {}).get(key)  # nothing where twins, or latents, are no part of it
        found[title] = value["value"] if isinstance(value, dict) else value
    return found


def trained_minutes(repeats: Sequence[Repeat]) -> float:
    """What the trainings of all lines took, each counted once, whatever lines share it."""
    runs = {line.run for repeat in repeats for line in repeat.lines}
    return sum(json.loads(run.read_text(encoding="utf-8"))["seconds"] for run in runs) / 60


def _mean_bounds(ways: Sequence[TableLine]) -> dict[str, dict[str, float]]:
    found = [_bounds(way) for way in ways]
    return {
        name: {title: fmean(each[name][title] for each in found) for title in scores}
        for name, scores in found[0].items()
    }


def _bounds(way: TableLine) -> dict[str, dict[str, float]]:
    metrics = json.loads(way.scores.done.read_text(encoding="utf-8"))
    found = {
        "commonest first intent": metrics["floors"]["majority_first_intent"],
        "commonest plan of these rows": metrics["floors"]["majority_plan"],
        "ceiling: expected": metrics["ceilings"],
        "ceiling: the expert's likeliest plans": metrics.get("expert"),
    }
    keys = {title: FIGURES[title][0] for title in LABELS}
    bounds = {name: {title: scores[key] for title, key in keys.items()} for name, scores in found.items() if scores}
    if ceiling := bounds.get("ceiling: expected"):
        ceiling |= {f"expected {title}": ceiling[title] for title in ("Acc@1", "NES")}
    return bounds


def write_plans(path: Path, repeats: Sequence[Repeat]) -> None:
    """Every way's plans, so that a later column needs no training: a line a way and seed, xz.

    ``{"way": "SASRec", "sees": "context", "seed": 42, "plans": [[17, 140], …]}``: for each held-out row the intents'
    numbers in library order (``gplan.baselines.vocabulary``); null for one that the library lacks, and at the end of
    a plan that does not parse to its end. Of a sample in folds there is a ``fold``.
    """
    ids = {frozenset(one.items()): number for number, one in enumerate(Vocabulary("intents").intents)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as partial, lzma.open(partial, "wt", encoding="utf-8") as file:
        for seed, lines, fold in repeats:
            for way in lines:
                entry = {"way": way.name, "sees": way.sees, "seed": seed} | ({} if fold is None else {"fold": fold})
                for name, stem in (("plans", "predictions"), ("twins", "twin_predictions")):
                    source = way.scores.done.with_name(f"{stem}.jsonl")
                    source = source if source.exists() else way.run.with_name(f"{stem}.jsonl")
                    if source.exists():
                        entry[name] = [_numbers(line, ids) for line in source.open(encoding="utf-8")]
                file.write(json.dumps(entry, separators=(",", ":"), ensure_ascii=False) + "\n")


def _numbers(line: str, ids: dict[frozenset, int]) -> list[int | None]:
    said = json.loads(line)
    broken = [None] if any(problem.startswith("plan.") for problem in said.get("problems", ())) else []
    return [
        ids.get(frozenset(one.items())) if all(isinstance(value, str) for value in one.values()) else None
        for one in said["plan"]
    ] + broken


def draw(path: Path, measured: Measured, title: str, figures: Sequence[str] = ("Acc@1", "NES")) -> None:
    """Bars with the standard error of their difference to the first way, against floor and ceilings."""
    names = [f"{row['way']} ({row['sees']})" if row["sees"] else row["way"] for row in measured.rows]
    height = 1.9 + 0.28 * len(names)  # inches, of which the legend takes .7
    figure, axes = plt.subplots(1, len(figures), figsize=(6 * len(figures), height), sharey=True)
    places = range(len(names))[::-1]
    for axis, name in zip(axes, figures, strict=True):
        cells = [row[name] if isinstance(row[name], dict) else {"value": row[name]} for row in measured.rows]
        axis.barh(
            places,
            [cell["value"] for cell in cells],
            xerr=[cell.get("error", 0.0) for cell in cells],
            color=["tab:orange" if row["way"].startswith("PICD") else "tab:blue" for row in measured.rows],
            alpha=0.75,
            capsize=2,
        )
        for (bound, scores), style in zip(measured.bounds.items(), (":", "-.", "--", "-"), strict=False):
            axis.axvline(scores[name], color="black", linewidth=0.9, linestyle=style, label=bound)
        axis.set_xlabel(name)
        axis.grid(axis="x", alpha=0.25)
    axes[0].set_yticks(places, names)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="lower center", ncols=2, frameon=False)
    figure.suptitle(title)
    figure.tight_layout(rect=(0, 0.7 / height, 1, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
