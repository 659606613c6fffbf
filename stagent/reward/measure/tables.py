"""The measurement as tables: for a terminal, and as result files."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from data_process.files import write_json
from gplan.metrics.bootstrap import bootstrap_intervals
from stagent.reward.measure.measuring import BARS, Measurement
from stagent.reward.measure.tally import ALL, share_rows
from utils import environment

EXPERT = "the expert"
_SHARE = 0.5  # of the expert's mean that gaming may have
_SHORT = ("way", "bar", "held-out kinds", "all kinds", "met")  # columns that a page shows


def verifier_rows(found: dict[str, Measurement]) -> list[dict[str, Any]]:
    return list(share_rows({name: one.tally for name, one in found.items()}, BARS))


def gaming_rows(found: dict[str, Measurement]) -> list[dict[str, Any]]:
    """Mean rewards of every way of gaming beside the expert's over the same tasks."""
    first = next(iter(found.values()))
    rows = []
    for way in first.rewards:
        row: dict[str, Any] = {"way": way, "bar": "" if way == EXPERT else f"≤ {_SHARE:g} of the expert's"}
        for name, one in found.items():
            rewards = one.rewards[way]
            low, high = bootstrap_intervals({way: rewards})[way]
            mean = sum(rewards) / len(rewards)
            expert = sum(one.rewards[EXPERT]) / len(rewards)
            row[name] = {"value": round(mean, 4), "low": round(low, 4), "high": round(high, 4)}
            row[f"{name}, share"] = round(mean / expert, 4) if expert else 0.0
            row[f"{name}, number"] = len(rewards)
        row["met"] = "" if way == EXPERT else "yes" if row[f"{next(iter(found))}, share"] <= _SHARE else "NO"
        rows.append(row)
    return rows


def printed(rows: Sequence[dict[str, Any]]) -> str:
    """A table for a terminal."""
    table = pd.DataFrame([{name: _cell(value) for name, value in row.items()} for row in rows]).fillna("")
    return table.to_string(index=False)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['value']:.4f} ({value['low']:.3f} to {value['high']:.3f})"
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def write_results(
    folder: Path,
    command: str,
    seed: int,
    verifier: Sequence[dict[str, Any]],
    gaming: Sequence[dict[str, Any]],
    strict: bool = False,
) -> list[str]:
    """``verifier.json``, ``verifier_kinds.json`` and ``gaming.json`` in the form of ``experiments/results.py``, of a
    strict verifier ``verifier_strict.json`` alone; the names written."""
    made = environment()
    head = {
        "command": [command],
        "date": date.today().isoformat(),
        "commit": (made["commit"] or "unknown")[:7],
        "machine": f"{made['cores']} cores of {made['machine']}, one process where nothing else is said",
        "seed": seed,
    }
    whole = [row for row in verifier if row.get("claims", ALL) == ALL or row["way"].startswith("answers a second")]
    titles = {
        "verifier": ("What the verifier vetoes and what it lets pass", whole),
        "verifier_kinds": ("What the verifier lets pass, by kind of claim", [r for r in verifier if r not in whole]),
        "gaming": ("Attempts to be paid for nothing", gaming),
    }
    if strict:
        titles = {"verifier_strict": ("The same with --strict: what has no witness is vetoed", whole)}
    for name, (title, rows) in titles.items():
        columns = {column: _form(rows, column) for column in dict.fromkeys(key for row in rows for key in row)}
        shown = {"readme": [column for column in columns if column in _SHORT]} if rows is whole else {}
        write_json(folder / f"{name}.json", {"title": title, **head, "columns": columns, "rows": list(rows), **shown})
    return [f"{name}.json" for name in titles]


def _form(rows: Sequence[dict[str, Any]], column: str) -> str | None:
    """A column's format: shares with four digits, numbers with none, text with null."""
    values = [row[column] for row in rows if row.get(column) is not None and not isinstance(row[column], str)]
    if not values:
        return None
    return ".4f" if any(isinstance(value, dict | float) for value in values) else "d"
