"""The synthesis report: how many rows each step kept, why the others fell, and how the kept plans are distributed.

``synthesis_report.json`` is for machines, ``synthesis_report.html`` for people: one file, charts as inline SVG, nothing
to load. Distributions stand beside those of a real file where one is given, else beside what is published of one.
"""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from data_process.files import write_json, write_text
from data_process.intents import TOOL_KEY, TOOLS, intent
from data_process.response import parse_response
from data_process.schema import LABEL, Row, read_rows
from gplan.synthesis.distributions_page import Bars, render_page
from gplan.synthesis.seeds.cells import intent_cell
from gplan.world.realism import total_variation

# Counted in the 1,000 rows of the public GSISR test file (2026-02-10).
PUBLISHED = "the public GSISR test file (published counts)"
PUBLISHED_LENGTHS = Counter({"4": 596, "5": 398, "6": 6})
PUBLISHED_TOOLS = Counter(
    tool_1=453,
    tool_2=256,
    tool_3=23,
    tool_4=17,
    tool_5=1744,
    tool_6=373,
    tool_7=133,
    tool_8=557,
    tool_9=839,
    tool_10=15,
)
# Of its first intents only the commonest one's share is known.
PUBLISHED_FIRST = (intent_cell(intent("tool_1", "当前位置", "订单目的地")), 0.365)
FIRST_SHOWN = 14
_BIN_WIDTHS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_BINS = 10


class Profile(NamedTuple):
    """What is counted of some rows."""

    rows: int
    unreadable: int  # rows whose label holds no plan
    lengths: Counter  # number of intents, as text
    tools: Counter
    first: Counter  # first intents in words
    reasoning: list[int]  # characters, tags included, of the labels that have reasoning


def write_report(
    *, folder: Path, funnel: dict[str, int], reasons: dict[str, int], accepted: list[Row], real_sample: Path | None
) -> dict:
    """Writes both files into ``folder``, each whole or not at all; returns what the JSON holds.

    ``write_report(folder=out, funnel={"requests": 90, "accepted": 80}, reasons={"logic.duplicate": 10}, …)`` ->
    ``{"funnel": …, "reasons": …, "beside": …, "distributions": {"plan_length": {"accepted": {"4": 50, "5": 30},
    "beside": {"4": 596, …}, "total_variation": 0.02}, "tools": …, "first_intent": …}, "reasoning_chars": …}``

    Args:
        folder: exists.
        funnel: rows at each step, in the order of the steps; shares are of the first.
        reasons: why rows fell, by name.
        accepted: rows with labels that passed.
        real_sample: a GSISR file to stand beside, or None.

    Raises:
        InputError: ``real_sample`` can't be read.
    """
    ours, real = profile(accepted), profile(read_rows(real_sample)) if real_sample else None
    report = {
        "funnel": funnel,
        "reasons": dict(Counter(reasons).most_common()),
        "accepted": {"rows": ours.rows, "unreadable": ours.unreadable},
        "beside": {"source": real_sample.name, "rows": real.rows, "unreadable": real.unreadable}
        if real
        else {"source": PUBLISHED, "rows": 1000, "unreadable": 0},
        "distributions": {
            "plan_length": _pair(ours.lengths, real.lengths if real else PUBLISHED_LENGTHS),
            "tools": _pair(ours.tools, real.tools if real else PUBLISHED_TOOLS),
            "first_intent": _pair(ours.first, real.first if real else None),
        },
        "reasoning_chars": _summary(ours.reasoning),
    }
    if not real:
        name, share = PUBLISHED_FIRST
        report["distributions"]["first_intent"]["published_share"] = {name: share}
    write_json(folder / "synthesis_report.json", report)
    charts = _charts(report, ours.reasoning, real.reasoning if real else [])
    write_text(folder / "synthesis_report.html", render_page(report, charts))
    return report


def profile(rows: list[Row]) -> Profile:
    """Counts over rows; a label without a readable plan is counted as such and in nothing else."""
    responses = [parse_response(row[LABEL]) for row in rows]
    plans = [one.plan for one in responses if one.plan]
    return Profile(
        rows=len(rows),
        unreadable=len(rows) - len(plans),
        lengths=Counter(str(len(plan)) for plan in plans),
        tools=Counter(str(one.get(TOOL_KEY)) for plan in plans for one in plan),
        first=Counter(intent_cell(plan[0]) for plan in plans),
        reasoning=[len(one.reasoning) for one in responses if one.plan and one.reasoning],
    )


def _pair(ours: Counter, other: Counter | None) -> dict:
    known = bool(ours and other)
    return {
        "accepted": dict(ours.most_common()),
        "beside": None if other is None else dict(other.most_common()),
        "total_variation": round(total_variation(ours, other), 4) if known else None,
    }


def _summary(lengths: list[int]) -> dict | None:
    """``_summary([10, 20, 60])`` -> ``{"rows": 3, "mean": 30.0, "min": 10, "median": 20, "max": 60}``."""
    if not lengths:
        return None
    ordered = sorted(lengths)
    return {
        "rows": len(ordered),
        "mean": round(sum(ordered) / len(ordered), 1),
        "min": ordered[0],
        "median": ordered[len(ordered) // 2],
        "max": ordered[-1],
    }


def _charts(report: dict, ours: list[int], real: list[int]) -> list[Bars]:
    pairs = report["distributions"]
    lengths, tools, first = (pairs[name] for name in ("plan_length", "tools", "first_intent"))
    seen = sorted({*lengths["accepted"], *lengths["beside"]}, key=int)
    charts = [
        Bars("Plan length", {name: f"{name} intents" for name in seen}, lengths, ""),
        Bars("Tools", {name: f"{tool.meaning} {name}" for name, tool in TOOLS.items()}, tools, "of all intents"),
        _first_intents(first),
    ]
    if ours:
        note = "characters a row, tags included" + ("" if real else "; none of the other side is known")
        charts.append(Bars("Reasoning", *_histogram(ours, real), note))
    return charts


def _first_intents(pair: dict) -> Bars:
    """The commonest first intents of both sides together, the rest as one."""
    published = pair.get("published_share", {})
    total = Counter(pair["accepted"]) + Counter(pair["beside"] or {})
    shown = [name for name, _ in total.most_common(FIRST_SHOWN)]
    sides = {
        side: None
        if pair[side] is None
        else {name: pair[side].get(name, 0) for name in shown}
        | {"others": sum(count for name, count in pair[side].items() if name not in shown)}
        for side in ("accepted", "beside")
    }
    notes = [f"published of real rows: {name} {share:.1%}, no other" for name, share in published.items()]
    titles = {name: name for name in shown} | ({"others": "others"} if len(total) > len(shown) else {})
    return Bars("First intent", titles, {**sides, "total_variation": pair["total_variation"]}, "".join(notes))


def _histogram(ours: list[int], real: list[int]) -> tuple[dict[str, str], dict]:
    """Titles and counts of at most ten bins of a round width, from the shortest to the longest."""
    low, high = min(ours + real), max(ours + real)
    width = next((one for one in _BIN_WIDTHS if high // one - low // one < _BINS), high)
    bins = range(low // width, high // width + 1)
    titles = {str(one): f"{one * width} to {(one + 1) * width - 1}" for one in bins}
    sides = [Counter(str(length // width) for length in lengths) for lengths in (ours, real)]
    return titles, {"accepted": sides[0], "beside": sides[1] if real else None, "total_variation": None}
