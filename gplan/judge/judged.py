"""What a judge adds to ``metrics.json``: the four scores with intervals, the floors', and what has no score."""

from collections.abc import Sequence
from statistics import fmean

from data_process.response import Response
from gplan.evaluation.floors import floor_plans
from gplan.evaluation.gold import Gold
from gplan.judge.judge import Judge, judge_responses
from gplan.judge.scores import COLUMNS, score_row, summarise_scores, unscored

LABELS = "labels"


def judge_gold(judge: Judge, gold: Gold, responses: Sequence[Response], *, seed: int) -> dict:
    """``{"flow": {"value", "low", "high"}, …, "judge": {"name", "scored", "unscored", "floors", "noise"}}``.

    Args:
        responses: a model's answers to the gold rows.
        seed: of the intervals' bootstrap.
    """
    judgements = judge_responses(judge, gold.rows, responses)
    scored = sum(all(verdict.score is not None for verdict in one.values()) for one in judgements)
    about = {
        "name": judge.name,
        "scored": scored,
        "unscored": unscored(judgements),
        "floors": floor_scores(judge, gold),
        "noise": judge.noise,
    }
    return {**summarise_scores(judgements, seed=seed), "judge": about}


def floor_scores(judge: Judge, gold: Gold) -> dict[str, dict[str, float] | None]:
    """The mean scores of the labels and of each floor, over the rows that have them.

    None where there are none: a floor's answer need not be a valid plan.
    """
    found: dict[str, dict[str, float] | None] = {}
    for name, plans in {LABELS: gold.plans, **floor_plans(gold.rows, gold.plans)}.items():
        responses = [Response(None, plan, ()) for plan in plans]
        table = [score_row(one) for one in judge_responses(judge, gold.rows, responses)]
        kept = [row for row in table if None not in row.values()]
        found[name] = {axis: fmean(row[axis] for row in kept) for axis in COLUMNS} if kept else None
    return found
