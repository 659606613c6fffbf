"""The table of an evaluation, as text, and its picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stagent.cascade.pictures import new_figure, save_figure

# Column -> the figure's key.
_COLUMNS = (
    ("reward", "reward"),
    ("full marks", "full"),
    ("vetoed", "vetoed"),
    ("unsolved: precision", "precision_first"),
    ("recall", "recall_first"),
    ("any step: precision", "precision_any"),
    ("recall", "recall_any"),
    ("pass^4", "power"),
    ("gave up", "gave_up"),
)
_PLAIN = (
    ("errors a call", "errors"),
    ("calls", "calls"),
    ("characters", "characters"),
    ("commonest", "commonest"),
    ("gamed", "gamed"),
)


def table_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown table of rows ``{"agent": …, "figures": …}``; a mean with half its interval behind it."""
    titles = ["agent", *(title for title, _ in (*_COLUMNS, *_PLAIN))]
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    for row in rows:
        cells = [_cell(row["figures"].get(key)) for _, key in _COLUMNS]
        cells += [f"{row['figures'][key]:.2f}" for _, key in _PLAIN]
        lines.append("| " + " | ".join([row["agent"], *cells]) + " |")
    return "\n".join(lines)


def _cell(figure: Mapping[str, Any] | None) -> str:
    if figure is None:
        return ""
    return f"{figure['mean']:.3f} ± {(figure['high'] - figure['low']) / 2:.3f}"


def draw_rows(path: Path, rows: Sequence[Mapping[str, Any]], title: str) -> None:
    """Reward and share vetoed of each agent, with intervals."""
    figure, (axis,) = new_figure(1, (9, 0.5 * len(rows) + 1.5))
    names = [row["agent"] for row in rows][::-1]
    for place, (key, colour) in enumerate((("reward", "#3182bd"), ("vetoed", "#e6550d"))):
        own = [row["figures"][key] for row in rows][::-1]
        means = [each["mean"] for each in own]
        errors = [[each["mean"] - each["low"] for each in own], [each["high"] - each["mean"] for each in own]]
        heights = [number + 0.2 - place * 0.4 for number in range(len(names))]
        axis.barh(heights, means, 0.38, xerr=errors, color=colour, label=key)
    axis.set(yticks=range(len(names)), xlim=(0, 1), title=title)
    axis.set_yticklabels(names)
    axis.legend(loc="lower right")
    save_figure(figure, path)
