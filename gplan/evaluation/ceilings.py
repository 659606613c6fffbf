"""Expected scores on files of the made world: the best of an answer that knows the world's expert, and a model's own.

In a made world the same row could have got other labels, so that no model can reach 1. The expert's own distribution of
plans says how far one can get, and what an answer scores over all labels that a row could have: a figure without the
noise of the one that it has.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from data_process.intents import Plan
from data_process.schema import Row
from gplan.metrics.scores import LABEL_METRICS, Costs, PlanKey, label_scores, plan_key
from gplan.world.expert import best_plan, plan_distribution
from gplan.world.rows import WORLD_VERSION

CANDIDATES = 8
_DISCOUNT = 1 / np.log2(np.arange(2, 5))


class Expected(NamedTuple):
    """Expected values of the label metrics, means over rows: the best ones, and those of the answers given."""

    ceilings: dict[str, float]
    answers: dict[str, float]


def world_expected(
    gold_csv: str | Path,
    rows: Sequence[Row],
    answers: Sequence[Plan],
    *,
    costs: Costs = Costs(),  # noqa: B008
) -> tuple[Expected | None, str]:
    """The expected scores on a gold file that the world wrote, and a note on where they come from or why they lack.

    ``world_expected("sample.csv", rows, plans)`` -> ``(None, "no sample.csv.meta.json beside it: not a world file")``
    """
    meta = Path(f"{gold_csv}.meta.json")
    if not meta.is_file():
        return None, f"no {meta.name} beside it: not a world file"
    try:
        version = json.loads(meta.read_text(encoding="utf-8")).get("world_version")
    except (ValueError, AttributeError, OSError):
        return None, f"{meta}: not a JSON object; make the file anew with python -m gplan.world"
    if version != WORLD_VERSION:
        return None, f"{meta.name} says world version {version}, the expert here is {WORLD_VERSION}: no ceilings"
    return expected_scores(map(plan_distribution, rows), answers, costs=costs), f"expert of world {version}"


def expert_scores(
    rows: Sequence[Row],
    golds: Sequence[Plan],
    *,
    costs: Costs = Costs(),  # noqa: B008
) -> dict[str, float]:
    """What the expert's likeliest plans really score against these gold plans, mean over rows.

    The expected ceilings are of all files that could have been drawn; this one may have come out easier or harder.
    """
    answers = [best_plan(row) for row in rows]
    table = [label_scores(plan_key(a), plan_key(gold), costs) for a, gold in zip(answers, golds, strict=True)]
    return dict(zip(LABEL_METRICS, np.mean(table, axis=0).tolist(), strict=True))


def expected_scores(
    distributions: Iterable[Sequence[tuple[Plan, float]]],
    answers: Sequence[Plan],
    *,
    costs: Costs = Costs(),  # noqa: B008
) -> Expected:
    """The expected values of each label metric: the best, and the answers' (an empty plan has 0).

    The best Acc@1 is exact: the probability of the likeliest first intent. For the others the best of the expert's
    ``CANDIDATES`` most probable plans is taken, so these ceilings are over the expert's own plans: an answer that it
    would never give can score a little more (the released NDCG@3 rewards repetition most).

    ``expected_scores([[(a, 0.75), (b, 0.25)]], [b])`` has the ceiling 0.75 in Acc@1, and 0.25 for the answer, where a
    and b start differently.
    """
    best, mine = np.zeros(len(LABEL_METRICS)), np.zeros(len(LABEL_METRICS))
    ids: dict[object, int] = {}
    for distribution, answer in zip(distributions, answers, strict=True):
        ranked = sorted(distribution, key=lambda item: -item[1])
        # The answer stands before the expert's plans, and is no label.
        coded = _Coded([plan_key(answer or ranked[0][0]), *(plan_key(plan) for plan, _ in ranked)], ids)
        chances_N = np.array([0.0, *(chance for _, chance in ranked)])
        chances_N = chances_N / chances_N.sum()
        firsts = np.bincount(coded.whole_NL[:, 0], chances_N)
        expected = [scores_CN @ chances_N for scores_CN in _pair_scores(coded, costs)]
        best += [firsts.max(), *(scores_C[1:].max() for scores_C in expected)]
        if answer:
            mine += [firsts[coded.whole_NL[0, 0]], *(scores_C[0] for scores_C in expected)]
    means = (dict(zip(LABEL_METRICS, (total / len(answers)).tolist(), strict=True)) for total in (best, mine))
    return Expected(*means)


class _Coded:
    """Plans as arrays of numbers, so that all pairs are scored at once. N plans, L the longest one's length.

    ``whole_NL``, ``tool_NL``, ``tagged_NL`` hold equal numbers for equal intents, tools, and tools with tags;
    -1 past a plan's end.
    """

    def __init__(self, keys: Sequence[PlanKey], ids: dict[object, int]) -> None:
        self.lengths_N = np.array([len(key) for key in keys])
        shape = (len(keys), max(3, int(self.lengths_N.max())))
        self.whole_NL, self.tool_NL, self.tagged_NL = (np.full(shape, -1) for _ in range(3))
        for n, key in enumerate(keys):
            for i, one in enumerate(key):
                self.whole_NL[n, i] = ids.setdefault(one.whole, len(ids))
                self.tool_NL[n, i] = ids.setdefault(("tool", one.tool), len(ids))
                self.tagged_NL[n, i] = ids.setdefault((one.tool, one.tag), len(ids))


def _pair_scores(plans: _Coded, costs: Costs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """NDCG@3, NDCG@3-unique and NES of the first C plans as answers (rows) to all N as gold (columns).

    C: one answer, and the expert's candidates.
    """
    ideal_N = np.cumsum(_DISCOUNT)[np.minimum(plans.lengths_N, 3) - 1]
    answer_C3 = plans.tagged_NL[: 1 + CANDIDATES, :3]
    in_gold_CN3 = (answer_C3[:, None, :, None] == plans.tagged_NL[None, :, None, :]).sum(axis=3)
    # The i-th answer finds a gold intent of its own if gold holds more of the kind than the answer said before.
    before_C3 = np.stack([(answer_C3[:, :i] == answer_C3[:, i : i + 1]).sum(axis=1) for i in range(3)], axis=1)
    said_C13 = (answer_C3 >= 0)[:, None, :]
    released = ((in_gold_CN3 > 0) & said_C13) @ _DISCOUNT / ideal_N
    unique = ((in_gold_CN3 > before_C3[:, None, :]) & said_C13) @ _DISCOUNT / ideal_N
    return released, unique, _nes_table(plans, costs)


def _nes_table(plans: _Coded, costs: Costs) -> np.ndarray:
    """NES of the first C plans against all N, the distance tables of all pairs filled cell by cell."""
    answers = slice(0, 1 + CANDIDATES)
    equal_CNLL = plans.whole_NL[answers, None, :, None] == plans.whole_NL[None, :, None, :]
    same_tool_CNLL = plans.tool_NL[answers, None, :, None] == plans.tool_NL[None, :, None, :]
    change = np.where(equal_CNLL, 0.0, np.where(same_tool_CNLL, costs.sub_param, costs.sub_tool))
    pairs_CN, size = change.shape[:2], change.shape[2] + 1
    table = np.zeros((size, size, *pairs_CN))
    for i in range(size):
        for j in range(size):
            if i == 0 or j == 0:
                table[i, j] = (i + j) * costs.insert_delete
                continue
            step = np.minimum(table[i - 1, j], table[i, j - 1]) + costs.insert_delete
            table[i, j] = np.minimum(step, table[i - 1, j - 1] + change[:, :, i - 1, j - 1])
    lengths_C1, lengths_1N = plans.lengths_N[answers, None], plans.lengths_N[None, :]
    c, n = np.indices(pairs_CN)
    distance = table[lengths_C1, lengths_1N, c, n]
    return 1 - distance / np.maximum(lengths_C1, lengths_1N)
