"""The plan of least risk: by hand from the k best and the likeliest first intent, with the passes that it takes."""

import math
from collections import Counter

import pytest
import torch

from add_tokens.load import load_folder
from data_process.encode import RowEncoder
from data_process.rule_filter import filter_plan
from gplan.metrics.scores import nes
from gplan.planner.decode import Planner
from gplan.planner.grammar import LIBRARY, State
from gplan.planner.least_risk import plans_of_least_risk
from gplan.planner.search import FirstIntentSearch, Search
from utils import InputError

K = 6


@pytest.fixture(scope="module")
def planner(picd_checkpoint):
    """Of the tiny checkpoint, whose random weights are unsure: plans of least risk are seldom the likeliest."""
    tokenizer, model = load_folder(picd_checkpoint, torch.float32)
    with torch.no_grad():
        model.base_model.norm.weight.mul_(12)  # or they would be sure of nothing, and the search would not end
    return Planner(model, RowEncoder(tokenizer, "compact"), "picd", limit=40, drafts=False)


def chances_of_first_intents(planner, row):
    """The probability of each first intent, summed over every way to it; without slots, frontier or bound."""
    grammar, chances = planner.grammar, Counter()

    def walk(state, ids, total):
        if state.plan:
            chances[state.plan[0]] += math.exp(total)
            return
        allowed = grammar.allowed(state)
        scores = [0.0]
        if len(allowed) > 1:
            with torch.inference_mode():
                prompt = torch.tensor([planner.encoder.prompt(row) + ids])
                hidden = planner.slots.model.base_model(prompt).last_hidden_state[0, -1]
                scores = (planner._head[allowed] @ hidden).log_softmax(0).tolist()
        for token, score in zip(allowed, scores, strict=True):
            walk(grammar.advance(state, token), [*ids, token], total + score)

    planner.slots.model.set_attn_implementation("sdpa")
    walk(grammar.start(has_order=bool(row["trigger_1"])), [], 0.0)
    planner.slots.model.set_attn_implementation("gplan_slots")
    return chances


def test_the_first_intent_is_the_likeliest_over_all_lengths(planner, labelled_rows):
    moved = 0
    for row in labelled_rows[:12]:
        chances = chances_of_first_intents(planner, row)
        assert sum(chances.values()) == pytest.approx(1.0, abs=1e-3)
        search = FirstIntentSearch(planner, row).run()
        assert search.complete and search.first == LIBRARY[max(chances, key=chances.get)]
        moved += search.first != planner.plan([row])[0].plan[0]
    assert moved  # or greedy decoding would do


def test_ways_to_an_intent_add_up_and_open_ones_may_still_decide(planner, labelled_rows):
    """One way of .3 to one intent, .25 and .2 to another, which is .45: sure of it while less than .15 is open."""
    search = FirstIntentSearch(planner, labelled_rows[0])
    ways = ((0.3, 5), (0.25, 7), (0.2, 7))
    search._found = [(-math.log(p), i, State(0, 0, 0, plan=(one,))) for i, (p, one) in enumerate(ways)]
    assert search.first == LIBRARY[7]
    for left, sure in ((0.14, True), (0.16, False)):
        search._open = [(-math.log(left), 9, None)]
        assert search.complete is sure


def test_it_is_the_one_of_highest_expected_nes_among_those_that_begin_with_that_intent(planner, labelled_rows):
    rows = labelled_rows[:12]
    chosen = plans_of_least_risk(planner, rows, K)
    outcomes = set()
    for row, one in zip(rows, chosen, strict=True):
        greedy, search = planner.plan([row])[0], Search(planner, row, K).run()
        first = FirstIntentSearch(planner, row).run()
        fitting = [ranked.plan for ranked in search.plans if ranked.plan[0] == first.first]

        def expected(plan, search=search):
            return sum(math.exp(other.log_probability) * nes(plan, other.plan) for other in search.plans)

        assert one.plan == (max(fitting, key=expected) if fitting else greedy.plan)
        assert filter_plan(one.plan, has_order=bool(row["trigger_1"])) is None
        passes = first.forward_passes + search.forward_passes
        assert one.forward_passes == passes + (0 if fitting else greedy.forward_passes)
        outcomes.add("greedy" if not fitting else "moved" if one.plan != search.plans[0].plan else "best")
    assert {"greedy", "moved"} <= outcomes  # or that was not tried


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


def test_a_row_that_is_too_long_is_refused_before_any_is_searched(planner, labelled_rows, monkeypatch):
    monkeypatch.setattr(type(planner), "longest_prompt", 10)
    with pytest.raises(InputError, match=r"row 0: .* tokens and a response of up to 40; the model attends to"):
        plans_of_least_risk(planner, labelled_rows[:2], K)
