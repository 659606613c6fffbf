"""The confusion picture of first intents."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data_process.intents import DESTINATION, HERE, ORDER_PLACE, ORIGIN, PREVIOUS, RANGE, TAG, TOOL_KEY, Plan
from data_process.rule_filter import schema_reason

# Matplotlib's fonts seldom hold Chinese glyphs.
ENGLISH = {
    HERE: "here",
    PREVIOUS: "previous",
    ORDER_PLACE: "order",
    "家": "home",
    "公司": "work",
    "用户短期意向": "intended",
    "调用猜你去哪模型": "guess",
    "附近": "nearby",
    "商圈": "district",
    "全城": "city",
    "美食": "food",
    "购物": "shopping",
    "酒店": "hotel",
    "景点": "sights",
    "休闲娱乐": "leisure",
    "运动健身": "sports",
    "丽人": "beauty",
    "加油站": "fuel",
    "充电站": "charging",
    "停车场": "parking",
}
MEANINGS = {
    "tool_1": "ride",
    "tool_2": "navigate",
    "tool_3": "long-distance",
    "tool_4": "bus stops",
    "tool_5": "recommend",
    "tool_6": "at the POI",
    "tool_7": "one nearby",
    "tool_8": "order",
    "tool_9": "weather",
    "tool_10": "review",
}
OTHER, NOTHING = "other", "(no plan)"
SHOWN = 8


def first_intent_label(plan: Plan) -> str:
    """A plan's first intent in short words: ``[tool_1 当前位置→订单目的地, …]`` -> ``"tool_1 ride here→order"``.

    Two intents of the library never share a label; what is not of the library is "other".
    """
    if not plan:
        return NOTHING
    tool, *values = (plan[0].get(key) for key in (TOOL_KEY, ORIGIN, DESTINATION, RANGE, TAG))
    if not isinstance(tool, str) or schema_reason(plan[0]):
        return OTHER
    origin, destination, *rest = (ENGLISH[value] if value else "" for value in values)
    way = f"{origin}→{destination}" if destination else origin
    return " ".join(part for part in (tool, MEANINGS[tool], way, *rest) if part)


def confusion_counts(golds: Sequence[Plan], predictions: Sequence[Plan]) -> tuple[list[str], list[str], np.ndarray]:
    """Names of the rows (gold), of the columns (predicted), and how often each pair occurs.

    Both start with the ``SHOWN`` commonest first intents of the gold plans, in the same order; the rest is
    gathered under "other", and predictions without a plan stand in a last column of their own.
    """
    gold = [first_intent_label(plan) for plan in golds]
    said = [first_intent_label(plan) for plan in predictions]
    shown = [name for name, _ in Counter(gold).most_common(SHOWN)]
    columns = [*shown, OTHER, *([NOTHING] if NOTHING in said else [])]
    rows = [*shown, *([OTHER] if set(gold) - set(shown) else [])]
    table = np.zeros((len(rows), len(columns)), dtype=int)
    for g, s in zip(gold, said, strict=True):
        row = rows.index(g if g in shown else OTHER)
        table[row, columns.index(s if s in columns else OTHER)] += 1
    return rows, columns, table


def write_confusion(path: str | Path, golds: Sequence[Plan], predictions: Sequence[Plan]) -> None:
    """Draws the confusion of first intents: colour is the share of a gold row, the number counts requests."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows, columns, table = confusion_counts(golds, predictions)
    totals = table.sum(axis=1, keepdims=True)
    shares = table / np.maximum(totals, 1)
    figure = Figure(figsize=(3.6 + 0.72 * len(columns), 2.6 + 0.5 * len(rows)), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=35, ha="right", rotation_mode="anchor", fontsize=8)
    names = [f"{name}  ({total})" for name, total in zip(rows, totals[:, 0], strict=True)]
    axes.set_yticks(range(len(rows)), names, fontsize=8)
    axes.set_xlabel("predicted first intent")
    axes.set_ylabel("gold first intent (requests)")
    for i, j in zip(*np.nonzero(table), strict=True):
        colour = "white" if shares[i, j] > 0.55 else "black"
        weight = "bold" if rows[i] == columns[j] != OTHER else "normal"
        axes.text(j, i, table[i, j], ha="center", va="center", fontsize=8, color=colour, weight=weight)
    axes.set_xticks(np.arange(len(columns)) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows)) - 0.5, minor=True)
    axes.grid(which="minor", color="#dddddd", linewidth=0.6)
    axes.tick_params(which="both", length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    figure.colorbar(image, ax=axes, label="share of the gold row", shrink=0.85)
    axes.set_title(f"First intents of {int(table.sum())} requests", fontsize=10)
    figure.savefig(path)
