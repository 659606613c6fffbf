"""Plans from a model of the next intent: freely, under the rules, or by minimum Bayes risk."""

from collections.abc import Callable, Sequence

import numpy as np

from data_process.intents import MAX_PLAN
from gplan.baselines.vocabulary import Ids, Vocabulary
from gplan.metrics.expected import least_risk

# From rows (N,) and their plans so far to log-probabilities of every intent and the end, (N, len(vocabulary)).
Scorer = Callable[[np.ndarray, Sequence[Ids]], np.ndarray]
# Rows decoded together.
ROWS = 512


def decode(scorer: Scorer, has_order: Sequence[bool], vocabulary: Vocabulary, how: str, *, k: int) -> list[Ids]:
    """A plan for each row.

    Args:
        how: ``free``: the likeliest choice after another, whatever it makes. ``rules``: the same among those that the
            rule filter lets follow. ``mbr``: of the k best plans under the rules the one of highest expected NES among
            those that begin as ``rules`` does.
        k: width of the beam search for ``mbr``.
    """
    answers = []
    for start in range(0, len(has_order), ROWS):
        rows = np.arange(start, min(start + ROWS, len(has_order)))
        orders = [has_order[row] for row in rows]
        greedy = _greedy(scorer, rows, orders, vocabulary, rules=how != "free")
        if how == "mbr":
            ranked = _beams(scorer, rows, orders, vocabulary, k)
            greedy = [of_least_risk(*pair, vocabulary) for pair in zip(greedy, ranked, strict=True)]
        answers += greedy
    return answers


def _greedy(scorer: Scorer, rows: np.ndarray, orders: list[bool], vocabulary: Vocabulary, *, rules: bool) -> list[Ids]:
    plans: list[Ids] = [()] * len(rows)
    live = list(range(len(rows)))
    while live:
        scores = scorer(rows[live], [plans[i] for i in live])
        going = []
        for i, scores_V in zip(live, scores, strict=True):
            if rules:
                scores_V = np.where(vocabulary.allowed(plans[i], has_order=orders[i]), scores_V, -np.inf)
            if (choice := int(scores_V.argmax())) != vocabulary.end:
                plans[i] = (*plans[i], choice)
                # Without rules nothing else would end a plan of a model that never says so.
                going += [i] if len(plans[i]) < MAX_PLAN else []
        live = going
    return plans


def _beams(
    scorer: Scorer, rows: np.ndarray, orders: list[bool], vocabulary: Vocabulary, k: int
) -> list[list[tuple[float, Ids]]]:
    """For each row at most k whole plans with their log-probabilities under the rules, best first."""
    whole: list[list[tuple[float, Ids]]] = [[] for _ in rows]
    open_: list[list[tuple[float, Ids]]] = [[(0.0, ())] for _ in rows]
    while any(open_):
        asked = [(i, cost, plan) for i, beam in enumerate(open_) for cost, plan in beam]
        scores = scorer(rows[[i for i, *_ in asked]], [plan for *_, plan in asked])
        open_ = [[] for _ in rows]
        for (i, so_far, plan), scores_V in zip(asked, scores, strict=True):
            mask = vocabulary.allowed(plan, has_order=orders[i])
            scores_V = scores_V - np.logaddexp.reduce(scores_V[mask])
            for choice in np.flatnonzero(mask):
                total = so_far + scores_V[choice]
                if choice == vocabulary.end:
                    whole[i].append((total, plan))
                else:
                    open_[i].append((total, (*plan, int(choice))))
        for i, beam in enumerate(open_):
            whole[i] = sorted(whole[i], key=_best_first)[:k]
            # A plan only loses probability: what is less likely than the k-th whole one is left.
            bound = whole[i][-1][0] if len(whole[i]) == k else -np.inf
            open_[i] = [one for one in sorted(beam, key=_best_first)[:k] if one[0] > bound]
    return whole


def _best_first(scored: tuple[float, Ids]) -> tuple[float, Ids]:
    return -scored[0], scored[1]


def of_least_risk(greedy: Ids, ranked: list[tuple[float, Ids]], vocabulary: Vocabulary) -> Ids:
    """``least_risk`` of plans in numbers, with their log-probabilities."""
    chances = np.exp([score for score, _ in ranked]).tolist()
    plans = [vocabulary.plan(ids) for _, ids in ranked]
    return vocabulary.ids(least_risk(vocabulary.plan(greedy), plans, chances))
