"""What a judge adds to ``metrics.json``: the four scores with intervals, the floors', and what has no score."""

from collections.abc import Sequence
from statistics import fmean

from data_process.response import Response
from gplan.evaluation.floors import floor_plans
from gplan.evaluation.gold import Gold
from gplan.judge.judge import Judge, judge_responses
from gplan.judge.rubric import Judgement
from gplan.judge.scores import COLUMNS, count_scored, score_row, summarise_scores, unscored

LABELS = "labels"


def judge_gold(judge: Judge, gold: Gold, responses: Sequence[Response], *, seed: int) -> dict:
    """``{"flow": {"value", "low", "high"}, …, "judge": {"name", "scored", "unscored", "floors", "noise"}}``.

    Args:
        responses: a model's answers to the gold rows.
        seed: of the intervals' bootstrap.
    """
    judged = judge_responses(judge, gold.rows, {"": responses, **floor_responses(gold)})
    own = judged.pop("")
    about = {
        "name": judge.name,
        "scored": count_scored(own),
        "unscored": unscored(own),
        "floors": {name: mean_scores(judgements) for name, judgements in judged.items()},
        "noise": judge.noise,
    }
    return {**summarise_scores(own, seed=seed), "judge": about}


def floor_responses(gold: Gold) -> dict[str, list[Response]]:
    """The labels and each floor as answers to the gold rows. A floor's need not be valid plans."""
    plans = {LABELS: gold.plans, **floor_plans(gold.rows, gold.plans)}
    return {name: [Response(None, plan, ()) for plan in some] for name, some in plans.items()}


def mean_scores(judgements: Sequence[Judgement]) -> dict[str, float] | None:
    """Mean scores over the rows that have them all; None where none has."""
    kept = [row for row in map(score_row, judgements) if None not in row.values()]
    return {name: fmean(row[name] for row in kept) for name in COLUMNS} if kept else None
