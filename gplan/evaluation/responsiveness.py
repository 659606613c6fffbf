"""Context responsiveness: does a model's plan follow the moment (GPlan, section 4.2)? Scored on counterfactual twins.

A model that answers without looking at time and place gives anchor and twin one plan, which can't be nearer to each of
two gold plans than to the other: it scores 0 by construction, however good its plans are.
"""

from collections.abc import Iterable, Sequence

from data_process.intents import Plan
from data_process.response import parse_response
from data_process.schema import REQUEST, Row
from data_process.twins import Pair
from gplan.metrics.bootstrap import bootstrap_intervals
from gplan.metrics.scores import Costs, label_scores, plan_key

RESPONSIVENESS, FLIP = "context_responsiveness", "first_intent_flip"
# Equal distances can differ in their last digit, as 0.3 + 0.3 + 1 and 1 + 0.3 + 0.3 do.
_ROUNDING = 1e-9


def responsive(answers: tuple[Plan, Plan], golds: tuple[Plan, Plan], *, costs: Costs = Costs()) -> bool:  # noqa: B008
    """Whether each of a pair's answers is nearer (NES) to its own gold plan than to the other side's; a tie is not.

    ``responsive((a, b), (a, b)) is True``; ``responsive((a, a), (a, b)) is False``
    """

    def nearer(answer: Plan, own: Plan, other: Plan) -> bool:
        to_own, to_other = (label_scores(plan_key(answer), plan_key(gold), costs)[-1] for gold in (own, other))
        return to_own > to_other + _ROUNDING

    return nearer(answers[0], *golds) and nearer(answers[1], *golds[::-1])


def flips(ours: Plan, theirs: Plan) -> bool:
    """Whether two plans start differently; one that is empty does not start at all."""
    return bool(ours and theirs) and plan_key(ours[:1]) != plan_key(theirs[:1])


def responsiveness(
    texts: Sequence[tuple[str, str]],
    pairs: Sequence[Pair],
    *,
    costs: Costs = Costs(),  # noqa: B008
    seed: int = 0,
) -> dict:
    """What scoring twins adds to ``metrics.json``.

    ``first_intent_flip`` is how often the predicted first intents of a pair differ. ``gold``, how often the teacher's
    do, is what to read it against; a model that flips for the right reasons does so ``where_gold_flips`` (near 1) and
    not ``where_gold_keeps`` (near 0); None where there is no such pair.

    -> ``{"pairs": 488, "context_responsiveness": {"value": 0.71, "low": 0.67, "high": 0.75},``
    ``"first_intent_flip": {"value": 0.6, "low": …, "high": …, "gold": 0.66, "where_gold_flips": 0.8, …}}``

    Args:
        texts: the responses to anchor and twin of each pair.
    """
    golds = [pair.plans for pair in pairs]
    answers = [(parse_response(ours).plan, parse_response(theirs).plan) for ours, theirs in texts]
    flipped = [flips(*answer) for answer in answers]
    gold_flipped = [flips(*gold) for gold in golds]
    columns = {
        RESPONSIVENESS: [responsive(answer, gold, costs=costs) for answer, gold in zip(answers, golds, strict=True)],
        FLIP: flipped,
    }
    intervals = bootstrap_intervals(columns, seed=seed)
    figures: dict = {
        name: {"value": _mean(values), "low": intervals[name][0], "high": intervals[name][1]}
        for name, values in columns.items()
    }
    figures[FLIP] |= {
        "gold": _mean(gold_flipped),
        "where_gold_flips": _mean([ours for ours, gold in zip(flipped, gold_flipped, strict=True) if gold]),
        "where_gold_keeps": _mean([ours for ours, gold in zip(flipped, gold_flipped, strict=True) if not gold]),
    }
    return {"pairs": len(pairs), **figures}


def requests_beyond(pairs: Iterable[Pair], rows: Iterable[Row]) -> list[Row]:
    """The requests of the pairs that are not among ``rows``, each once: what a model must answer for them."""
    known = {request_key(row) for row in rows}
    wanted = {request_key(row): row for pair in pairs for row in (pair.anchor, pair.twin)}
    return [row for key, row in wanted.items() if key not in known]


def answers_to(pairs: Iterable[Pair], rows: Sequence[Row], texts: Sequence[str]) -> list[tuple[str, str]]:
    """The responses to anchor and twin of each pair, looked up among the answered requests ``rows``."""
    answered = dict(zip(map(request_key, rows), texts, strict=True))
    return [(answered[request_key(pair.anchor)], answered[request_key(pair.twin)]) for pair in pairs]


def request_key(row: Row) -> tuple[str, ...]:
    """What makes two rows the same request: all their columns but the plan."""
    return tuple(row[name] for name in REQUEST)


def _mean(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None
