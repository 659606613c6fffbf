"""Plans that are drawn: from the exact distribution, by the seed alone, at any batch."""

import itertools
import math
from collections import Counter

import pytest
import torch

from add_tokens.load import load_folder
from data_process.encode import RowEncoder
from data_process.intents import intent
from gplan.evaluation.planned import likeliest_of
from gplan.planner import grammar as grammar_module
from gplan.planner.chance import Chance, tempered
from gplan.planner.decode import Planner
from gplan.planner.scores import TokenScores
from utils import InputError

DRAWN = 3000


@pytest.fixture
def toy_library(monkeypatch):
    """Three intents, plans of one or two of them: nine plans, or seven without an order."""
    monkeypatch.setattr(
        grammar_module, "LIBRARY", [intent("tool_9"), intent("tool_8"), intent("tool_2", "当前位置", "订单目的地")]
    )
    for name, value in {"_ALL": 7, "_RIDES": 4, "_REFERENCES": 0, "_TO_ORDER": 4, "MIN_PLAN": 1, "MAX_PLAN": 2}.items():
        monkeypatch.setattr(grammar_module, name, value)


def build(folder, mode, slots=16, **more):
    tokenizer, model = load_folder(folder, torch.float32)
    with torch.no_grad():
        model.base_model.norm.weight.mul_(3)
    return Planner(model, RowEncoder(tokenizer, "compact"), mode, slots=slots, **more)


def all_plans(planner, row, temperature):
    """Every plan's probability by the model's own forward, decision by decision: {ids: p}."""
    grammar, model = planner.grammar, planner.slots.model
    model.set_attn_implementation("eager")
    prompt, found = planner.encoder.prompt(row), {}
    waiting = [([], grammar.start(has_order=bool(row["trigger_1"])), 0.0)]
    while waiting:
        ids, state, total = waiting.pop()
        if state.node == grammar.final:
            found[tuple(ids)] = math.exp(total)
            continue
        allowed = grammar.allowed(state)
        with torch.no_grad():
            logits = model(torch.tensor([prompt + ids])).logits[0, -1, allowed] / temperature
        for token, log_prob in zip(allowed, logits.log_softmax(-1).tolist(), strict=True):
            waiting.append(([*ids, token], grammar.advance(state, token), total + log_prob))
    return found


@pytest.mark.parametrize(("temperature", "drafts"), [(1.0, True), (1.0, False), (2.5, True)])
@pytest.mark.parametrize("order", [True, False])
def test_plans_are_drawn_as_often_as_they_are_likely(
    toy_library, picd_checkpoint, labelled_rows, order, temperature, drafts
):
    """All plans of a toy library, enumerated; 3,000 drawn, and the shares within four standard errors."""
    planner = build(picd_checkpoint, "direct_sft", drafts=drafts)
    row = labelled_rows[0] | {"trigger_1": "酒店" if order else ""}
    seeds = iter(range(DRAWN))
    chances = [[Chance(temperature, next(seeds)) for _ in range(10)] for _ in range(DRAWN // 10)]
    drawn = Counter(tuple(answer.ids) for own in planner.sample([row] * len(chances), chances) for answer in own)
    expected = all_plans(planner, row, temperature)
    assert len(expected) == (9 if order else 4) and sum(expected.values()) == pytest.approx(1)
    assert drawn.keys() <= expected.keys()
    for ids, p in expected.items():
        assert drawn[ids] / DRAWN == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / DRAWN) + 1e-9)


def test_a_plan_follows_from_its_seed_alone(picd_checkpoint, labelled_rows):
    """However many others are drawn beside it, in slots of any number, with guesses or without."""
    rows = labelled_rows[:5]

    def drawn(**settings):
        planner = build(picd_checkpoint, "picd", **settings)
        chances = [[Chance(1.0, f"{row} {plan}") for plan in range(3)] for row in range(5)]
        return [[answer.ids for answer in own] for own in planner.sample(rows, chances)]

    reference = drawn()
    assert drawn(slots=3) == drawn(slots=7, drafts=False) == reference
    alone = build(picd_checkpoint, "picd").sample(rows[2:3], [[Chance(1.0, "2 1")]])
    assert alone[0][0].ids == reference[2][1]
    assert len({tuple(ids) for own in reference for ids in own}) > 5


def test_weights_that_have_changed_are_drawn_from(picd_checkpoint, labelled_rows):
    """What all prompts begin with is computed anew: a planner of the new weights draws the same."""
    planner = build(picd_checkpoint, "picd")
    with torch.no_grad():
        planner.slots.model.get_input_embeddings().weight.mul_(1.7)
    planner.slots.fill_prefix()
    tokenizer, model = load_folder(picd_checkpoint, torch.float32)
    with torch.no_grad():
        model.base_model.norm.weight.mul_(3)
        model.get_input_embeddings().weight.mul_(1.7)
    other = Planner(model, RowEncoder(tokenizer, "compact"), "picd", slots=16)
    found, expected = (
        each.sample(labelled_rows[:2], [[Chance(1.0, f"{i} {j}") for j in range(4)] for i in range(2)])
        for each in (planner, other)
    )
    for one, two in zip(itertools.chain(*found), itertools.chain(*expected), strict=True):
        assert one.ids == two.ids and one.log_probability == pytest.approx(two.log_probability, abs=1e-4)


def test_the_likeliest_of_many_is_the_likeliest(toy_library, picd_checkpoint, labelled_rows):
    """Of 300 draws over at most nine plans; of two, the likelier of those that ``sample`` draws by the same seeds."""
    planner, rows = build(picd_checkpoint, "direct_sft", slots=300), labelled_rows[:4]
    for row, best in zip(rows, likeliest_of(planner, rows, 300, seed=1), strict=True):
        expected = all_plans(planner, row, 1.0)
        assert tuple(best.ids) == max(expected, key=expected.get)
        assert best.log_probability == pytest.approx(math.log(max(expected.values())), abs=1e-4)
    rare = 0
    for row, found in zip(rows, likeliest_of(planner, rows, 2, seed=1), strict=True):
        assert found.ids == likeliest_of(planner, [row], 2, seed=1)[0].ids  # whatever rows stand beside it
        rare += tuple(found.ids) != max(expected := all_plans(planner, row, 1.0), key=expected.get)
    assert rare  # two draws don't always have it


def test_tempered():
    assert [math.exp(value) for value in tempered([math.log(0.8), math.log(0.2)], 0.5)] == pytest.approx(
        [0.64 / 0.68, 0.04 / 0.68]
    )
    scores = TokenScores([4, 9], [math.log(0.8), math.log(0.2)])
    share = sum(Chance(0.5, seed).draw(scores) == 9 for seed in range(2000)) / 2000
    assert share == pytest.approx(0.04 / 0.68, abs=0.02)


def test_a_rows_plans_need_a_slot_each(picd_checkpoint, labelled_rows):
    planner = build(picd_checkpoint, "picd", slots=3)
    with pytest.raises(ValueError, match="4 plans are drawn for one row by 3 slots"):
        planner.sample(labelled_rows[:1], [[Chance(1.0, seed) for seed in range(4)]])
    assert planner.sample([], []) == []


@pytest.mark.parametrize("temperature", [0, -1, math.inf, math.nan])
def test_no_such_temperature(temperature):
    with pytest.raises(InputError, match="--temperature"):
        Chance(temperature, 0)
