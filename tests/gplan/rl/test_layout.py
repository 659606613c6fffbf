"""How prompts, responses and decisions are laid out, by hand, and the log-probabilities of decisions."""

import pytest
import torch

from add_tokens.load import load_folder
from data_process.encode import RowEncoder
from gplan.planner.chance import Chance, tempered
from gplan.planner.decode import Planner
from gplan.planner.grammar import Grammar
from gplan.rl.forward import attach_decision_log_probs, decision_log_probs
from gplan.rl.layout import Decided, DrawnPlan, Tree, decisions_of, lay_out


def test_by_hand():
    """Plans 3 4 6 (twice) and 3 5 part behind 3; the second row's plan has a decision behind the prompt itself."""
    first = Tree(
        [1, 2],
        [
            DrawnPlan([3, 4, 6], [Decided(1, [4, 5], 0), Decided(2, [6, 7, 9], 0)], 2, 0.5),
            DrawnPlan([3, 5], [Decided(1, [4, 5], 1)], 1, -0.75),
        ],
    )
    second = Tree([8], [DrawnPlan([9, 9], [Decided(0, [9, 2], 0)], 1, 0.25)])
    batch = {name: tensor.tolist() for name, tensor in lay_out([first, second], 0, multiple=6).items()}
    (seen,), (also,) = batch.pop("mask")
    assert seen == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 1, 1, 1, 1, 0],
        [1, 1, 1, 0, 0, 1],  # 5, which sees neither 4 nor 6
    ]
    assert also[2] == [1, 1, 1, 0, 0, 0] and also[4] == [0, 0, 0, 0, 1, 0]
    assert batch == {
        "input_ids": [[1, 2, 3, 4, 6, 5], [8, 9, 9, 0, 0, 0]],
        "position_ids": [[0, 1, 2, 3, 4, 3], [0, 1, 2, 0, 0, 0]],
        "sources": [2, 3, 6],  # behind 3, behind 4, behind 8
        "allowed": [[4, 5, -1], [6, 7, 9], [9, 2, -1]],
        "advantages": [[0.5, -0.75, 0], [0.5, 0, 0], [0.25, 0, 0]],
        "counts": [3, 2, 1],
        "rows": [0, 0, 1],
    }


def test_a_prompt_without_plans_is_a_batch_too():
    batch = lay_out([Tree([1, 2, 3], [])], 0)
    assert batch["input_ids"].shape == (1, 8)
    assert batch["allowed"].shape == (0, 1) and batch["sources"].shape == (0,)


def test_what_may_not_be_chosen_has_no_probability():
    weights = torch.tensor([[1.0, 0], [0, 1], [3, 3]])
    found = decision_log_probs(weights, torch.tensor([[2.0, 0]]), torch.tensor([[0, 1, -1]]), 2.0)
    assert found[0, :2].exp().tolist() == pytest.approx([0.731059, 0.268941], abs=1e-5)  # logits 1 and 0
    assert found[0, 2] == float("-inf")


@pytest.mark.parametrize("temperature", [1.0, 0.6])
@pytest.mark.parametrize("mode", ["picd", "direct_sft"])
def test_they_are_the_planners_own(picd_checkpoint, labelled_rows, mode, temperature):
    """The same plans, laid out behind one prompt and fed at once: their log-probabilities to 1e-5."""
    tokenizer, model = load_folder(picd_checkpoint, torch.float32)
    with torch.no_grad():
        model.base_model.norm.weight.mul_(4)  # sure of some things
    encoder, rows = RowEncoder(tokenizer, "compact"), [labelled_rows[0], labelled_rows[1] | {"trigger_1": ""}]
    grammar = Grammar(encoder, mode)
    planner = Planner(model, encoder, mode, slots=8)
    chances = [[Chance(temperature, f"{row} {plan}") for plan in range(4)] for row in range(2)]
    answers = planner.sample(rows, chances)
    model.set_attn_implementation("sdpa")
    attach_decision_log_probs(model)
    expected = [answer.log_probability for own in answers for answer in own]

    def responses(row, own):
        decisions = [decisions_of(grammar, answer.ids, has_order=bool(row["trigger_1"])) for answer in own]
        return [DrawnPlan(answer.ids, each, 1, 1.0) for answer, each in zip(own, decisions, strict=True)]

    def log_probs_of(trees, **more):
        batch = lay_out(trees, 0)
        advantages, counts, of = (batch.pop(name) for name in ("advantages", "counts", "rows"))
        with torch.no_grad():
            log_probs = model(**batch, **more)
        taken = (log_probs.masked_fill(log_probs.isneginf(), 0) * advantages).sum(-1)
        return log_probs, torch.zeros(len(trees)).index_add(0, of, taken), counts

    pairs = list(zip(rows, answers, strict=True))
    # each plan behind a prompt of its own, and all of a row's in one tree: an advantage of 1 makes it their sum
    alone = [Tree(encoder.prompt(row), [one]) for row, own in pairs for one in responses(row, own)]
    log_probs, sums, counts = log_probs_of(alone)
    assert sums.tolist() == pytest.approx(expected, abs=1e-5 * 20)
    trees = [Tree(encoder.prompt(row), responses(row, own)) for row, own in pairs]
    _, together, shared = log_probs_of(trees)
    assert together.tolist() == pytest.approx([sum(expected[:4]), sum(expected[4:])], abs=1e-5 * 80)
    assert (
        shared.sum() == counts.sum() and len(shared) < len(counts) and max(map(len, trees)) < 4 * max(map(len, alone))
    )
    # and a decision's distribution at a temperature is the one that plans are drawn from
    at_temperature, _, _ = log_probs_of(alone, temperature=temperature)
    own = [value for value in log_probs[0].tolist() if value > float("-inf")]
    assert at_temperature[0, : len(own)].tolist() == pytest.approx(tempered(own, temperature), abs=1e-5)
