"""How prompts, responses and decisions are laid out, by hand, and the log-probabilities of decisions."""

import pytest
import torch

from add_tokens.load import load_folder
from data_process.encode import RowEncoder
from gplan.planner.chance import Chance, tempered
from gplan.planner.decode import Planner
from gplan.planner.grammar import Grammar
from gplan.rl.forward import attach_decision_log_probs, decision_log_probs
from gplan.rl.layout import Asked, Decided, decisions_of, lay_out


def test_by_hand():
    first = Asked([1, 2], [[3, 4], [5]], [[Decided(1, [4, 6], 0)], [Decided(0, [3, 5, 7], 1)]])
    second = Asked([8], [[9, 9]], [[Decided(0, [9, 2], 0), Decided(1, [1, 9], 1)]])
    batch = {name: tensor.tolist() for name, tensor in lay_out([first, second], 0, multiple=4).items()}
    assert batch == {
        "input_ids": [[1, 2, 3, 4, 5, 0, 0, 0], [8, 9, 9, 0, 0, 0, 0, 0]],
        "segments": [[0, 0, 1, 1, 2, 3, 3, 3], [0, 1, 1, 3, 3, 3, 3, 3]],
        "position_ids": [[0, 1, 2, 3, 2, 0, 0, 0], [0, 1, 2, 0, 0, 0, 0, 0]],
        # behind token 3; behind the prompt, as a response's first token is; of the second row, behind 8 and behind 9
        "sources": [2, 1, 8, 9],
        "allowed": [[4, 6, -1], [3, 5, 7], [9, 2, -1], [1, 9, -1]],
        "chosen": [0, 1, 0, 1],
        "owners": [0, 1, 2, 2],
    }


def test_rows_without_responses_are_a_batch_too():
    batch = lay_out([Asked([1, 2, 3], [], [])], 0)
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
    asked, expected = [], []
    for row, own in zip(rows, answers, strict=True):
        decisions = [decisions_of(grammar, answer.ids, has_order=bool(row["trigger_1"])) for answer in own]
        asked.append(Asked(encoder.prompt(row), [answer.ids for answer in own], decisions))
        expected += [answer.log_probability for answer in own]
    batch = lay_out(asked, 0)
    chosen, owners = batch.pop("chosen"), batch.pop("owners")
    with torch.no_grad():
        log_probs = model(**batch, temperature=1.0)
        at_temperature = model(**batch, temperature=temperature)
    sums = torch.zeros(8).index_add(0, owners, log_probs.gather(1, chosen[:, None])[:, 0])
    assert sums.tolist() == pytest.approx(expected, abs=1e-5 * len(chosen))
    # and a decision's distribution at a temperature is the one that plans are drawn from
    own = [value for value in log_probs[0].tolist() if value > float("-inf")]
    assert at_temperature[0, : len(own)].tolist() == pytest.approx(tempered(own, temperature), abs=1e-5)
