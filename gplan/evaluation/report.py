"""``metrics.json``: every metric with its interval, its floors and ceilings, and what twins add.

gold (rows, plans, pairs) + answers (texts, twins' texts) ─► scores ─► summary ─► files, table
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from data_process.files import write_json
from data_process.intents import TOOL_KEY, Plan
from gplan.evaluation.answers import Answers
from gplan.evaluation.ceilings import expert_scores, world_expected
from gplan.evaluation.confusion import write_confusion
from gplan.evaluation.floors import Floor, floors
from gplan.evaluation.gold import Gold
from gplan.evaluation.predictions import write_predictions, write_twin_predictions
from gplan.evaluation.responsiveness import responsiveness
from gplan.metrics.bootstrap import bootstrap_intervals
from gplan.metrics.scores import LABEL_METRICS, METRICS, Costs, Scores, label_scores, plan_key, score_rows


class Report(NamedTuple):
    """What scoring found: ``summary`` is the content of ``metrics.json``, ``note`` says where the ceilings are from."""

    scores: Scores
    summary: dict
    note: str


def score(gold: Gold, answers: Answers, *, costs: Costs, seed: int) -> Report:
    """Scores answers to the gold rows, and to the twins where there are any.

    Args:
        seed: of the intervals' bootstrap.
    """
    has_order = [bool(row["trigger_1"]) for row in gold.rows]
    scores = score_rows(answers.texts, gold.plans, has_order, latent=answers.latent, costs=costs)
    plans = [response.plan for response in scores.responses]
    expected, note = world_expected(gold.path, gold.rows, plans, costs=costs)
    ceilings = expected.ceilings if expected else None
    summary = summarise(scores, floors(gold.rows, gold.plans, costs=costs), ceilings, seed=seed)
    summary["tools"] = tool_level(plans, gold.plans, costs=costs, seed=seed)
    if expected:
        summary["expected"] = expected.answers
        summary["expert"] = expert_scores(gold.rows, gold.plans, costs=costs)
    if answers.cut is not None:
        summary["cut"] = {"responses": sum(answers.cut), "limit": answers.limit}
    if answers.passes:
        summary |= forward_passes(answers.passes, answers.decoding)
    if gold.pairs:
        summary |= responsiveness(answers.twin_texts, gold.pairs, costs=costs, seed=seed)
    return Report(scores, summary, note)


def write_report(folder: Path, gold: Gold, answers: Answers, report: Report) -> list[str]:
    """Writes the result files and returns their names; a file that the answers were read from is left as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["predictions.jsonl", "metrics.json", "confusion.png", *(["twin_predictions.jsonl"] if gold.pairs else [])]
    if not _is_source(folder / names[0], answers):
        write_predictions(folder / names[0], gold.numbers, answers.texts, report.scores.responses)
    write_json(folder / names[1], report.summary)
    write_confusion(folder / names[2], gold.plans, [response.plan for response in report.scores.responses])
    if gold.pairs and not _is_source(folder / names[3], answers):
        write_twin_predictions(folder / names[3], gold.pair_numbers, answers.twin_texts, gold.pairs)
    return names


def _is_source(target: Path, answers: Answers) -> bool:
    return target.exists() and any(target.samefile(source) for source in answers.sources)


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


def tool_level(plans: Sequence[Plan], golds: Sequence[Plan], *, costs: Costs, seed: int) -> dict:
    """The label metrics of tools alone, parameters not looked at: ``{"acc@1": {"value", "low", "high"}, …}``.

    Beside the others, never in their place: always tool_1 has a tool-level Acc@1 of .42 on the real sample.
    """
    table = [label_scores(*(plan_key(_tools(plan)) for plan in pair), costs) for pair in zip(plans, golds, strict=True)]
    columns = {name: [row[i] for row in table] for i, name in enumerate(LABEL_METRICS)}
    intervals = bootstrap_intervals(columns, seed=seed)
    return {
        name: {"value": sum(values) / len(values), "low": intervals[name][0], "high": intervals[name][1]}
        for name, values in columns.items()
    }


def _tools(plan: Plan) -> Plan:
    return [{TOOL_KEY: one.get(TOOL_KEY)} for one in plan]


def forward_passes(passes: Sequence[int], decoding: str) -> dict:
    """What counting passes adds to ``metrics.json``; p95: as many as 95 % of the rows do with.

    ``forward_passes([15, 13, 14], "planner") == {"forward_passes": {"decoding": "planner", "mean": 14.0, "p95": 15}}``
    """
    p95 = sorted(passes)[math.ceil(0.95 * len(passes)) - 1]
    return {"forward_passes": {"decoding": decoding, "mean": sum(passes) / len(passes), "p95": p95}}
