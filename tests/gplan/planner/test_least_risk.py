"""The plan of least risk: chosen by hand from the k best, with the passes that it takes."""

import math

import pytest
import torch

from add_tokens.load import load_folder
from data_process.encode import RowEncoder
from data_process.rule_filter import filter_plan
from gplan.metrics.scores import nes
from gplan.planner.decode import Planner
from gplan.planner.least_risk import plans_of_least_risk
from gplan.planner.search import Search
from utils import InputError

K = 6


@pytest.fixture(scope="module")
def planner(picd_checkpoint):
    """Of the tiny checkpoint, whose random weights are unsure: plans of least risk are seldom the likeliest."""
    tokenizer, model = load_folder(picd_checkpoint, torch.float32)
    with torch.no_grad():
        model.base_model.norm.weight.mul_(12)  # or they would be sure of nothing, and the search would not end
    return Planner(model, RowEncoder(tokenizer, "compact"), "picd", limit=40, drafts=False)


def k_best(planner, row):
    search = Search(planner, row, K)
    while not search.done:
        search.step()
    return search


def test_it_is_the_one_of_highest_expected_nes_among_those_that_begin_as_greedy_does(planner, labelled_rows):
    rows = labelled_rows[:12]
    chosen = plans_of_least_risk(planner, rows, K)
    moved = 0
    for row, one in zip(rows, chosen, strict=True):
        greedy, search = planner.plan([row])[0], k_best(planner, row)
        first = greedy.plan[0]
        fitting = [ranked.plan for ranked in search.plans if ranked.plan[0] == first]

        def expected(plan, search=search):
            return sum(math.exp(other.log_probability) * nes(plan, other.plan) for other in search.plans)

        assert one.plan == (max(fitting, key=expected) if fitting else greedy.plan)
        assert one.plan[0] == first
        assert filter_plan(one.plan, has_order=bool(row["trigger_1"])) is None
        assert one.forward_passes == greedy.forward_passes + search.forward_passes
        moved += one.plan != greedy.plan
    assert moved  # or nothing was tried


def test_passes_are_calls_of_the_model(planner, labelled_rows, monkeypatch):
    calls = []
    forward = planner.slots.model.forward
    monkeypatch.setattr(planner.slots.model, "forward", lambda *a, **k: calls.append(1) or forward(*a, **k))
    base = planner.slots.model.base_model
    of_base = base.forward
    monkeypatch.setattr(base, "forward", lambda *a, **k: calls.append(1) or of_base(*a, **k))
    for row in labelled_rows[:4]:
        calls.clear()
        (one,) = plans_of_least_risk(planner, [row], K)
        assert one.forward_passes == len(calls)


def test_of_one_plan_none_is_to_be_chosen(planner, labelled_rows):
    with pytest.raises(InputError, match=r"k = 1: .* give 2 or more"):
        plans_of_least_risk(planner, labelled_rows[:1], 1)
