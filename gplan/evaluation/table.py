"""Results for a reader: the printed table, and samples with gold and predicted plan side by side."""

import json
import random
import unicodedata
from collections.abc import Mapping, Sequence

from data_process.intents import DESTINATION, ORIGIN, TOOL_KEY, TOOLS, Plan
from data_process.response import Response
from data_process.schema import Row
from data_process.situation import situation
from gplan.evaluation.gold import Gold
from gplan.evaluation.responsiveness import FLIP, RESPONSIVENESS
from gplan.metrics.scores import LABEL_METRICS, METRICS, Scores

FLOOR_TITLES = {
    "majority_first_intent": "majority 1st",
    "majority_plan": "majority plan",
    "tool_9_x3": "tool_9 x3",
    "best_single_column": "best column",
}

JUDGE_METRICS = ("flow", "logic", "st", "overall")

# Columns of a world file, by their names in metrics.json.
BOUNDS = {"expected": "expected", "ceiling": "ceilings", "expert": "expert"}


def table_text(summary: Mapping) -> str:
    """The printed table: a line a metric with its interval and the floors; of a world file the expected score, the
    best expected one, and what the expert's likeliest plans score on these rows.

    Twins, where they were scored, have lines of their own below.
    """
    ceilings = summary["ceilings"]
    lines = [["", "value", "95% interval", *FLOOR_TITLES.values(), *(BOUNDS if ceilings else [])]]
    for name in METRICS:
        figure = summary[name]
        line = [name, "-", "-"]
        if figure:
            line = [name, f"{figure['value']:.3f}", f"{figure['low']:.3f} to {figure['high']:.3f}"]
        if name in LABEL_METRICS:
            line += [f"{summary['floors'][floor][name]:.3f}" for floor in FLOOR_TITLES]
            line += [f"{summary[key][name]:.3f}" for key in BOUNDS.values() if summary.get(key)]
        lines.append(line)
    lines += _judge_lines(summary)
    column = summary["floors"]["best_single_column"].get("column")
    notes = [f"{summary['rows']} rows; best column: {column}"]
    if summary["reasons"]:
        notes.append("not valid: " + ", ".join(f"{name} {count}" for name, count in summary["reasons"].items()))
    notes += _judge_notes(summary)
    if cut := summary.get("cut"):
        notes.append(f"cut: {cut['responses']} responses at {cut['limit']} tokens, before their end")
    if passes := summary.get("forward_passes"):
        notes.append(f"forward passes a row ({passes['decoding']}): mean {passes['mean']:.1f}, p95 {passes['p95']}")
    return "\n".join([align(lines), *notes, *(_twin_lines(summary) if RESPONSIVENESS in summary else [])])


def _judge_lines(summary: Mapping) -> list[list[str]]:
    """A line an axis where a judge was asked, with what it says of the floors."""
    if "judge" not in summary:
        return []
    floors = summary["judge"]["floors"]
    lines = []
    for name in JUDGE_METRICS:
        figure = summary[name]
        line = [name, "-", "-"]
        if figure:
            line = [name, f"{figure['value']:.3f}", f"{figure['low']:.3f} to {figure['high']:.3f}"]
        line += [f"{floors[floor][name]:.3f}" if floors[floor] else "-" for floor in FLOOR_TITLES]
        lines.append(line)
    return lines


def _judge_notes(summary: Mapping) -> list[str]:
    judge = summary.get("judge")
    if not judge:
        return []
    labels = judge["floors"]["labels"]
    levels = ", ".join(f"{name} {labels[name]:.3f}" for name in JUDGE_METRICS) if labels else "not scored"
    missing = ", ".join(f"{name} {count}" for name, count in judge["unscored"].items())
    notes = [f"judge: {judge['name']}, {judge['scored']} of {summary['rows']} plans scored; of the labels: {levels}"]
    return notes + ([f"without a score: {missing}"] if missing else [])


def _twin_lines(summary: Mapping) -> list[str]:
    flip = summary[FLIP]
    lines = [
        [name, f"{figure['value']:.3f}", f"{figure['low']:.3f} to {figure['high']:.3f}"]
        for name, figure in ((RESPONSIVENESS, summary[RESPONSIVENESS]), (FLIP, flip))
    ]
    parts = [
        f"{flip[key]:.3f} of those where {what}"
        for key, what in (("where_gold_flips", "gold does"), ("where_gold_keeps", "gold doesn't"))
        if flip[key] is not None
    ]
    return [
        "",
        align([["", "value", "95% interval"], *lines]),
        f"{summary['pairs']} pairs of twins; a model that ignores the moment has 0 and 0; gold flips in "
        f"{flip['gold']:.3f}, the model in {', in '.join(parts)}",
    ]


def align(lines: Sequence[Sequence[str]]) -> str:
    """Columns of equal width on a terminal, the first one left-aligned, the others right-aligned.

    ``align([["a", "1"], ["中文", "22"]]) == "a      1\\n中文  22"``
    """
    columns = max(map(len, lines))
    widths = [max((display_width(line[i]) for line in lines if i < len(line)), default=0) for i in range(columns)]
    out = []
    for line in lines:
        cells = [_pad(cell, widths[i], left=i == 0) for i, cell in enumerate(line)]
        out.append("  ".join(cells).rstrip())
    return "\n".join(out)


def display_width(text: str) -> int:
    """Columns that a text takes on a terminal: ``display_width("a中") == 3``."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int, *, left: bool) -> str:
    space = " " * (width - display_width(text))
    return text + space if left else space + text


def intent_words(one: Mapping) -> str:
    """An intent for a reader: ``{"工具名称":"tool_7","tag":"美食"}`` -> ``"附近单POI推荐 美食"``."""
    tool = one.get(TOOL_KEY)
    if not isinstance(tool, str) or tool not in TOOLS or not all(isinstance(v, str) for v in one.values()):
        return json.dumps(one, ensure_ascii=False)[:60]
    values = {key: value for key, value in one.items() if key != TOOL_KEY}
    way = f"{values.pop(ORIGIN)}→{values.pop(DESTINATION)}" if ORIGIN in values and DESTINATION in values else ""
    return " ".join(part for part in (TOOLS[tool].meaning, way, *values.values()) if part)


def situation_line(row: Row) -> str:
    """When, where and with which order: ``2026-02-10 18:05 傍晚 · 在高铁站 · 酒店订单: 异地，2.5小时后开始``."""
    now = situation(row)
    where = f"在{row['current_tag'] or '未知地点'}"
    order = f"{now.order}订单: " if now.order else "没有订单"
    if now.order:
        order += "就在订单地" if now.at_order else "同城，未到" if now.in_order_city else "异地"
        if now.hours_to_start is not None:
            hours = now.hours_to_start
            order += f"，{abs(hours):.1f}小时{'后开始' if hours >= 0 else '前已开始'}"
    return " · ".join([f"{row['currenttime'][:16]} {now.day_part}", where, order])


def sample_text(number: int, row: Row, gold: Plan, response: Response, reason: str | None) -> str:
    """One readable sample: the situation, and gold and predicted plan side by side, differences marked.

    ``=`` the same intent, ``~`` the same tool with another parameter, ``x`` anything else.
    """
    lines = [f"row {number} · {situation_line(row)}"]
    if reason or response.problems:
        lines.append(f"  not valid: {reason}" if reason else "  " + ", ".join(response.problems))
    width = max([display_width(intent_words(one)) for one in gold] + [4])
    lines.append(f"      {_pad('gold', width, left=True)}    predicted")
    for i in range(max(len(gold), len(response.plan))):
        ours = gold[i] if i < len(gold) else None
        theirs = response.plan[i] if i < len(response.plan) else None
        words = [intent_words(one) if one is not None else "-" for one in (ours, theirs)]
        lines.append(f"  {i + 1:2d}  {_pad(words[0], width, left=True)}  {_mark(ours, theirs)} {words[1]}")
    return "\n".join(lines)


def samples_text(count: int, seed: int, gold: Gold, scores: Scores) -> str:
    """Some rows, drawn with the seed, in file order, each behind an empty line; nothing at all for no rows."""
    drawn = sorted(random.Random(seed).sample(range(len(gold.rows)), max(0, min(count, len(gold.rows)))))
    columns = (gold.numbers, gold.rows, gold.plans, scores.responses, scores.reasons)
    return "".join(f"\n{sample_text(*(column[row] for column in columns))}\n" for row in drawn)


def _mark(ours: Mapping | None, theirs: Mapping | None) -> str:
    if ours is None or theirs is None:
        return "x"
    return "=" if ours == theirs else "~" if ours.get(TOOL_KEY) == theirs.get(TOOL_KEY) else "x"
