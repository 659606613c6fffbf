"""What scoring reads and writes: predictions, metrics.json, the printed table and the readable samples."""

import json
import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from data_process.files import write_json, write_jsonl
from data_process.intents import DESTINATION, ORIGIN, TOOL_KEY, TOOLS, Plan
from data_process.response import Response, parse_response
from data_process.schema import LABEL, Row
from data_process.situation import situation
from data_process.twins import SIDES, Pair
from evaluation.bootstrap import bootstrap_intervals
from evaluation.floors import Floor
from evaluation.metrics import LABEL_METRICS, METRICS, Scores
from evaluation.responsiveness import FLIP, RESPONSIVENESS
from utils import InputError

FLOOR_TITLES = {
    "majority_first_intent": "majority 1st",
    "majority_plan": "majority plan",
    "tool_9_x3": "tool_9 x3",
    "best_single_column": "best column",
}


def parse_golds(rows: Sequence[Row], path: str | Path) -> list[Plan]:
    """The gold plans of a file's rows, each label JSON only or reasoning and JSON.

    Raises:
        InputError: a label does not parse; a gold plan that is guessed at would falsify every figure.
    """
    golds = []
    for row, fields in enumerate(rows):
        response = parse_response(fields[LABEL])
        if response.problems:
            raise InputError(
                f"{path}: row {row}, column {LABEL}: the label does not parse ({', '.join(response.problems)}); "
                "give a JSON array of intents, with at most one <THOUGHT>…</THOUGHT> in front"
            )
        golds.append(response.plan)
    return golds


def read_predictions(path: str | Path, rows: int) -> list[str]:
    """The response texts of a predictions file, in row order.

    Each line is a JSON object with ``row`` (data rows from 0) and ``text``; other keys are not looked at.
    ``'{"row":1,"text":"b"}\\n{"row":0,"text":"a"}\\n'`` with 2 rows -> ``["a", "b"]``

    Raises:
        InputError: no such file, a line that is no such object, a row twice, out of range or missing.
    """
    return [text for (text,) in _read_texts(path, "row", rows, ("",))]


def read_twin_predictions(path: str | Path, pairs: int) -> list[tuple[str, str]]:
    """The response texts to anchor and twin of each pair of a twins file, in its order.

    Each line is a JSON object with ``pair`` (from 0), ``side`` (``anchor`` or ``twin``) and ``text``.
    Raises as ``read_predictions``.
    """
    return _read_texts(path, "pair", pairs, SIDES)


def _read_texts(path: str | Path, unit: str, count: int, sides: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The texts of each ``unit`` (row or pair), one for each of its sides."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; give a predictions.jsonl")
    texts: dict[tuple[int, str], str] = {}
    try:
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    at, side, text = _prediction(line, f"{path}: line {number}", unit, count, sides)
                    if (at, side) in texts:
                        what = f"{side} of {unit} {at}" if side else f"{unit} {at}"
                        raise InputError(f"{path}: line {number}: {what} stands twice; keep one line a {unit}")
                    texts[at, side] = text
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason}); save the file as UTF-8") from error
    if missing := [at for at in range(count) if any((at, side) not in texts for side in sides)]:
        some = ", ".join(map(str, missing[:5])) + (", …" if len(missing) > 5 else "")
        each = f"each {unit}" if len(sides) == 1 else f"{' and '.join(sides)} of each {unit}"
        raise InputError(
            f"{path}: {len(missing)} of {count} {unit}s are missing: {unit} {some}; give a line for {each}"
        )
    return [tuple(texts[at, side] for side in sides) for at in range(count)]


def _prediction(line: str, place: str, unit: str, count: int, sides: tuple[str, ...]) -> tuple[int, str, str]:
    keys = (unit, "text") if len(sides) == 1 else (unit, "side", "text")
    try:
        one = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: not JSON ({error}); write one JSON object a line") from error
    if not isinstance(one, dict):
        raise InputError(f"{place}: not a JSON object; write one object with {_listed(keys)} a line")
    if missing := [key for key in keys if key not in one]:
        raise InputError(f"{place}: no {' and no '.join(missing)}; each line needs {_listed(keys)}")
    at, side, text = one[unit], one["side"] if "side" in keys else "", one["text"]
    if type(at) is not int:  # and not bool, which is an int too
        what = "data row" if unit == "row" else "pair"
        raise InputError(f"{place}: {unit} is {json.dumps(at)[:40]}; give the number of the {what}, from 0")
    if side not in sides:
        raise InputError(f"{place} ({unit} {at}): side is {json.dumps(side)[:40]}; give {' or '.join(sides)}")
    if not isinstance(text, str):
        raise InputError(f"{place} ({unit} {at}): text is {json.dumps(text)[:40]}; give the response as a string")
    if not 0 <= at < count:
        what = "gold" if unit == "row" else "twins"
        raise InputError(f"{place}: {unit} {at} is out of range; the {what} file has {unit}s 0 to {count - 1}")
    return at, side, text


def _listed(words: Sequence[str]) -> str:
    """``_listed(("pair", "side", "text")) == "pair, side and text"``."""
    return f"{', '.join(words[:-1])} and {words[-1]}"


def write_predictions(path: str | Path, texts: Sequence[str], responses: Sequence[Response]) -> None:
    """Writes ``predictions.jsonl``: ``{"row", "text", "plan", "problems"}`` a line, in row order."""
    _write_texts(path, [({"row": row}, *both) for row, both in enumerate(zip(texts, responses, strict=True))])


def write_twin_predictions(path: str | Path, texts: Sequence[tuple[str, str]], pairs: Sequence[Pair]) -> None:
    """Writes ``twin_predictions.jsonl``: ``{"pair", "row", "side", "text", "plan", "problems"}`` a line."""
    _write_texts(
        path,
        [
            ({"pair": number, "row": pair.row, "side": side}, text, parse_response(text))
            for number, (pair, both) in enumerate(zip(pairs, texts, strict=True))
            for side, text in zip(SIDES, both, strict=True)
        ],
    )


def _write_texts(path: str | Path, lines: Iterable[tuple[dict, str, Response]]) -> None:
    write_jsonl(
        path,
        (
            {**names, "text": text, "plan": response.plan, "problems": list(response.problems)}
            for names, text, response in lines
        ),
    )


def summarise(
    scores: Scores, floors: Mapping[str, Floor], ceilings: Mapping[str, float] | None, *, seed: int = 0
) -> dict:
    """The content of ``metrics.json``: each metric as ``{"value", "low", "high"}``, rows, reasons and bounds."""
    columns = {name: values for name in METRICS if (values := scores.values[name]) is not None}
    intervals = bootstrap_intervals(columns, seed=seed)
    rows = len(scores.responses)
    figures: dict = dict.fromkeys(METRICS)
    for name, values in columns.items():
        low, high = intervals[name]
        figures[name] = {"value": sum(values) / rows, "low": low, "high": high}
    reasons = Counter(reason for reason in scores.reasons if reason)
    return {
        **figures,
        "rows": rows,
        "reasons": dict(reasons.most_common()),
        "floors": {name: floor.as_json() for name, floor in floors.items()},
        "ceilings": dict(ceilings) if ceilings else None,
    }


def forward_passes(passes: Sequence[int], decoding: str) -> dict:
    """What counting passes adds to ``metrics.json``; p95: as many as 95 % of the rows do with.

    ``forward_passes([15, 13, 14], "planner") == {"forward_passes": {"decoding": "planner", "mean": 14.0, "p95": 15}}``
    """
    p95 = sorted(passes)[math.ceil(0.95 * len(passes)) - 1]
    return {"forward_passes": {"decoding": decoding, "mean": sum(passes) / len(passes), "p95": p95}}


def write_metrics(path: str | Path, summary: Mapping) -> None:
    """Writes ``metrics.json``."""
    write_json(path, summary)


def table_text(summary: Mapping) -> str:
    """The printed table: a line a metric with its interval, the floors, and the ceilings of a world file.

    Twins, where they were scored, have lines of their own below.
    """
    ceilings = summary["ceilings"]
    lines = [["", "value", "95% interval", *FLOOR_TITLES.values(), *(["ceiling"] if ceilings else [])]]
    for name in METRICS:
        figure = summary[name]
        line = [name, "-", "-"]
        if figure:
            line = [name, f"{figure['value']:.3f}", f"{figure['low']:.3f} to {figure['high']:.3f}"]
        if name in LABEL_METRICS:
            line += [f"{summary['floors'][floor][name]:.3f}" for floor in FLOOR_TITLES]
            line += [f"{ceilings[name]:.3f}"] if ceilings else []
        lines.append(line)
    column = summary["floors"]["best_single_column"].get("column")
    notes = [f"{summary['rows']} rows; best column: {column}"]
    if summary["reasons"]:
        notes.append("not valid: " + ", ".join(f"{name} {count}" for name, count in summary["reasons"].items()))
    if passes := summary.get("forward_passes"):
        notes.append(f"forward passes a row ({passes['decoding']}): mean {passes['mean']:.1f}, p95 {passes['p95']}")
    return "\n".join([align(lines), *notes, *(_twin_lines(summary) if RESPONSIVENESS in summary else [])])


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


def _mark(ours: Mapping | None, theirs: Mapping | None) -> str:
    if ours is None or theirs is None:
        return "x"
    return "=" if ours == theirs else "~" if ours.get(TOOL_KEY) == theirs.get(TOOL_KEY) else "x"
