"""A step of RL on a tiny policy: one batch however it is cut, towards what was better, and never into NaN."""

import asyncio
import copy
import math
from dataclasses import replace

import pytest
import torch

from stagent.cascade import rl_update
from stagent.cascade.policy_loss import gspo_loss
from stagent.cascade.probing import tries
from stagent.cascade.recipe import CascadeRecipe
from stagent.cascade.rl_batch import Judgement, batch_of
from stagent.cascade.rl_update import token_logps, update
from tests.stagent.cascade.scored import sequence
from tests.stagent.cascade.toy import TASKS, Pays, ground

RECIPE = CascadeRecipe(beta=0.0, clip_low=0.2, clip_high=0.2)


@pytest.fixture(scope="module")
def played(untrained):
    """An untrained policy and 40 of its sequences, long and short, as its engine drew them."""
    policy = untrained()
    speaker = policy.speaker("toy")
    speaker.most = 12

    async def play():
        return [each async for each in tries(TASKS, 10, speaker, ground(Pays({})), "update")]

    return policy, [each.rollout.sequences[0] for each in asyncio.run(play())]


def judged(sequences):
    """The first is better than average, the second worse, and so on."""
    return [Judgement(each, (-1.0) ** number * (1 + number % 3)) for number, each in enumerate(sequences)]


def step(model, judgements, recipe=RECIPE, reference=None, rate=1.0):
    """A plain step against the gradient; gives the figures, and by how much each weight went."""
    before = {name: value.clone() for name, value in model.state_dict().items()}
    figures = update(model, reference, torch.optim.SGD(model.parameters(), lr=rate), judgements, 0, recipe)
    return figures, {name: value - before[name] for name, value in model.named_parameters()}


def likelihoods(model, sequences):
    with torch.no_grad():
        return token_logps(model, batch_of([Judgement(each, 0.0) for each in sequences], 0)).logps.sum(-1).tolist()


def test_log_probabilities_are_those_of_sampling(played):
    policy, sequences = played
    batch = batch_of(judged(sequences), policy.pad)
    with torch.no_grad():
        found = token_logps(policy.model, batch)
    assert batch.written.sum() > 400
    torch.testing.assert_close(found.logps, batch.logprobs, atol=2e-4, rtol=0)
    assert (found.logps[~batch.written] == 0).all() and (found.entropy[~batch.written] == 0).all()


def test_log_probability_and_entropy_of_one_id_by_the_plain_model(played):
    policy, _ = played
    one = batch_of([Judgement(sequence([5, 6], ([7], [-1.0])), 1.0)], policy.pad)
    with torch.no_grad():
        logits = policy.model(torch.tensor([[5, 6]])).logits[0, 1].double() / 0.7
        found = token_logps(policy.model, one, temperature=0.7)
    chances = logits.softmax(-1)
    assert found.logps.tolist() == [[0, pytest.approx(chances[7].log().item(), abs=1e-4)]]
    assert found.entropy[0, 1].item() == pytest.approx(-(chances * chances.log()).sum().item(), abs=1e-3)


def test_micro_batches_make_the_step_of_one_batch(played):
    """40 sequences are cut in two by their lengths; by hand it is one batch, and the gradient's norm at most 1."""
    policy, sequences = played
    assert len(sequences) > rl_update.MICRO
    model, reference = copy.deepcopy(policy.model), copy.deepcopy(policy.model)
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in reference.parameters():
            weight.add_(0.01 * torch.randn_like(weight))
    whole = copy.deepcopy(model)
    batch = batch_of(judged(sequences), policy.pad)
    with torch.no_grad():
        of_reference = token_logps(reference, batch).logps
    recipe = replace(RECIPE, beta=0.5)
    now = token_logps(whole, batch).logps
    loss, by_hand = gspo_loss(
        now, batch.logprobs, of_reference, batch.advantages, batch.written, low=0.2, high=0.2, beta=0.5
    )
    loss.backward()
    norm = torch.cat([weight.grad.flatten() for weight in whole.parameters()]).norm().item()
    figures, moved = step(model, judged(sequences), recipe, reference)
    for name, weight in whole.named_parameters():
        torch.testing.assert_close(moved[name], -weight.grad / max(norm, 1.0), atol=1e-5, rtol=1e-3)
    assert figures.ratio == pytest.approx(by_hand.ratio, abs=1e-4) and figures.kl > 0


def test_the_better_of_two_becomes_likelier_and_the_worse_less(played):
    policy, sequences = played
    model, two = copy.deepcopy(policy.model), sequences[:2]
    before = likelihoods(model, two)
    step(model, [Judgement(two[0], 1.0), Judgement(two[1], -1.0)], rate=0.05)
    better, worse = likelihoods(model, two)
    assert better > before[0] + 1e-3 and worse < before[1] - 1e-3


def test_where_no_policy_has_moved_ratios_are_1_and_nothing_is_clipped(played):
    policy, sequences = played
    figures, _ = step(copy.deepcopy(policy.model), judged(sequences), reference=policy.model)
    assert (
        figures.ratio == pytest.approx(1, abs=1e-3)
        and figures.clipped == 0
        and figures.kl == pytest.approx(0, abs=1e-5)
    )
    assert 0 < figures.entropy < math.log(len(policy.vocabulary)) + 1e-3


def test_what_went_far_enough_moves_nothing(played):
    """By its old log-probabilities a good sequence is e times as likely by now, over the clip; a bad one 1/e times."""
    policy, sequences = played
    moved_on = []
    for each, shift in zip(sequences[:2], (-1.0, 1.0), strict=True):
        logprobs = [value + shift * written for value, written in zip(each.logprobs, each.written, strict=True)]
        moved_on.append(replace(each, logprobs=logprobs))
    far = [Judgement(moved_on[0], 1.0), Judgement(moved_on[1], -1.0)]
    figures, moved = step(copy.deepcopy(policy.model), far)
    assert figures.clipped == 1 and all((change == 0).all() for change in moved.values())
    back = [Judgement(moved_on[0], -1.0), Judgement(moved_on[1], 1.0)]  # the other way round the clip lets them
    figures, moved = step(copy.deepcopy(policy.model), back)
    assert figures.clipped == 0 and any((change != 0).any() for change in moved.values())


def test_a_pull_to_the_reference_alone(played):
    """Advantages of 0: with beta the divergence falls, without it nothing moves."""
    policy, sequences = played
    model = copy.deepcopy(policy.model)
    with torch.no_grad():
        model.base_model.norm.weight.mul_(1.5)
    still = [Judgement(each, 0.0) for each in sequences[:8]]
    _, moved = step(model, still, reference=policy.model)
    assert all((change == 0).all() for change in moved.values())
    recipe = replace(RECIPE, beta=1.0)
    first, _ = step(model, still, recipe, policy.model, rate=0.02)
    second, _ = step(model, still, recipe, policy.model, rate=0.02)
    assert 0 < second.kl < first.kl


def test_a_gradient_that_is_no_number_leaves_the_weights(played):
    policy, sequences = played
    model = copy.deepcopy(policy.model)
    broken = replace(sequences[0], logprobs=[float("nan")] * len(sequences[0].ids))
    before = copy.deepcopy(model.state_dict())
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.0)
    with pytest.raises(FloatingPointError, match="not a number; lower rl_rate"):
        update(model, None, optimizer, [*judged(sequences[:3]), Judgement(broken, 1.0)], 0, RECIPE)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not optimizer.state_dict()["state"]
    update(model, None, optimizer, judged(sequences[:2]), 0, RECIPE)  # and nothing of it is left for the next
    assert all(value.isfinite().all() for value in model.state_dict().values())
