"""The RL stage's loss against values by hand, and against the whole expectation over a toy of three sequences."""

import math

import pytest
import torch
from torch import tensor

from stagent.cascade.policy_loss import (
    clipped_objective,
    group_advantages,
    gspo_loss,
    has_spread,
    is_clipped,
    kl_estimate,
    mean_written,
    sequence_ratio,
)

NAN, INF = math.nan, math.inf
WRITTEN = tensor([[True, False, True, False]])  # a call, its result, an answer, padding


def near(values):
    return pytest.approx(values, abs=1e-6)


def log(*rows):
    return torch.log(tensor(rows))


def test_advantages():
    # mean 1/2; deviation √(4 · 1/4 / 3) = .57735
    assert group_advantages(tensor([1.0, 0, 0, 1])).tolist() == near(
        [0.5 / (0.5773503 + 1e-4) * s for s in (1, -1, -1, 1)]
    )
    assert group_advantages(tensor([1.0, 0, 0, 1]), scaled=False).tolist() == [0.5, -0.5, -0.5, 0.5]


def test_an_unscored_episode_is_no_zero():
    assert group_advantages(tensor([1.0, NAN, 0.5]), scaled=False).tolist() == [0.25, 0, -0.25]


@pytest.mark.parametrize("rewards", [[0.7] * 4, [0.0, NAN], [NAN, NAN], [0.3, 0.3000001]])
def test_a_group_without_spread_has_no_advantages(rewards):
    assert not has_spread(tensor(rewards))
    assert group_advantages(tensor(rewards)).tolist() == [0] * len(rewards)


def test_the_ratio_is_a_geometric_mean_over_written_tokens():
    new, old = log([0.4, 0.9, 0.9, 0.5]), log([0.1, 0.3, 0.9, 0.1])
    assert sequence_ratio(new, old, WRITTEN).tolist() == near([2])  # √(.4/.1 · .9/.9)
    assert mean_written(tensor([[2.0, INF, 4, NAN]]), WRITTEN).tolist() == [3]
    assert mean_written(tensor([[2.0, 1, 4, 8]]), torch.zeros_like(WRITTEN)).tolist() == [0]


def test_the_clip_takes_what_went_far_enough():
    ratio, advantages = tensor([1.5, 1.5, 0.5, 0.5, 1.1]), tensor([1.0, -1, 1, -1, 2])
    assert clipped_objective(ratio, advantages, 0.2, 0.3).tolist() == near([1.3, -1.5, 0.5, -0.8, 2.2])
    assert is_clipped(ratio, advantages, 0.2, 0.3).tolist() == [True, False, False, True, False]


def test_the_divergence():
    # 2 - ln 2 - 1; equal ones are 0; 1/2 + ln 2 - 1
    assert kl_estimate(log([0.5, 0.3, 1]), log([1.0, 0.3, 0.5])).tolist()[0] == near([0.3068528, 0, 0.1931472])


def test_a_loss_by_hand():
    """Two sequences with ratios 2 and 1/2, one without a written token."""
    written = torch.cat([WRITTEN, WRITTEN, torch.zeros_like(WRITTEN)])
    new = log([0.4, 0.1, 0.9, 1], [0.1, 0.1, 0.2, 1], [0.1, 0.2, 0.3, 0.4])
    old = log([0.1, 0.7, 0.9, 1], [0.2, 0.7, 0.4, 1], [0.9, 0.9, 0.9, 0.9])
    advantages, entropy = tensor([1.0, 1, 5]), tensor([[1.0, 9, 2, 9], [3, 9, 4, 9], [9, 9, 9, 9]])
    loss, figures = gspo_loss(new, old, None, advantages, written, low=0.2, high=0.3, entropy=entropy)
    assert loss.item() == near(-(1.3 + 0.5) / 2)
    assert figures == near((0.5, 1.25, 0, 2.5))
    ref = log([0.8, 0.3, 0.9, 1], [0.1, 0.3, 0.4, 1], [0.1, 0.1, 0.1, 0.1])  # twice as likely once in each
    loss, figures = gspo_loss(new, old, ref, advantages, written, low=0.2, high=0.3, beta=0.1)
    assert figures.kl == near(0.3068528 / 2) and math.isnan(figures.entropy)
    assert loss.item() == near(-0.9 + 0.1 * 0.3068528 / 2)


def test_micro_batches_add_up():
    torch.manual_seed(0)
    logps, old, ref = (-torch.rand(4, 5) for _ in range(3))
    written, advantages = torch.rand(4, 5) < 0.6, torch.randn(4)
    written[2] = False
    whole, _ = gspo_loss(logps, old, ref, advantages, written, beta=0.1)
    parts = [
        gspo_loss(logps[rows], old[rows], ref[rows], advantages[rows], written[rows], beta=0.1, sequences=3)[0]
        for rows in ([0], [1, 2], [3])
    ]
    assert sum(parts).item() == near(whole.item())


def test_nothing_to_learn_from_is_a_loss_of_0():
    logps = torch.zeros(2, 3, requires_grad=True)
    loss, figures = gspo_loss(logps, logps.detach(), None, torch.ones(2), torch.zeros(2, 3, dtype=torch.bool))
    loss.backward()
    assert (loss.item(), logps.grad.abs().sum().item(), figures[:3]) == (0, 0, (0, 0, 0))


def toy_logps(theta, length=2):
    """Log-probabilities of the sequences a = "0", b = "1 0", c = "1 1" under two logits, padded with anything."""
    first, second = torch.nn.functional.logsigmoid(theta), torch.nn.functional.logsigmoid(-theta)
    anything = torch.full((length,), -7.0)
    rows = [[second[0]], [first[0], second[1]], [first[0], first[1]]]
    return torch.stack([torch.cat([torch.stack(row), anything])[:length] for row in rows])


@pytest.mark.parametrize("length", [2, 6])
def test_the_gradient_is_that_of_the_whole_expectation(length):
    """At logits 0, P(a, b, c) = 1/2, 1/4, 1/4; d log P = (-1/2, 0), (1/2, -1/2), (1/2, 1/2).

    With advantages 1, -1, 0 and each over its length, dJ = 1/2 · (-1/2, 0) - 1/4 · (1/4, -1/4) = (-5/16, 1/16); a batch
    that holds a twice, b and c has the sequences as often as the policy draws them.
    """
    theta = torch.zeros(2, requires_grad=True)
    batch, advantages = [0, 0, 1, 2], tensor([1.0, 1, -1, 0])
    logps = toy_logps(theta, length)[batch]
    written = (torch.arange(length) < tensor([[1], [2], [2]]))[batch]
    loss, figures = gspo_loss(logps, logps.detach(), None, advantages, written)
    loss.backward()
    assert theta.grad.tolist() == near([5 / 16, -1 / 16])
    assert figures.ratio == 1 and figures.clipped == 0


def test_the_gradient_behind_the_policy_that_drew():
    """One step on, ratios weigh the gradient, and a clipped sequence has none.

    At logits (ln 3, 0), a first token 1 has 3/4: the ratio is 1/2 for a, √(3/2 · 1) for b. d log P(a) = (-3/4, 0), over
    length 1; d log P(b) = (1/4, -1/2), over 2. Both are good. With ranges of 1/2, a counts with 1/2 (a good one that
    fell is never clipped) and b with 1.2247; with ranges of 0.1, b is clipped.
    """
    old = toy_logps(torch.zeros(2))[:2]
    written = tensor([[True, False], [True, True]])
    root = math.sqrt(1.5)
    expected = {0.5: [(3 / 8 - root / 8) / 2, root / 4 / 2], 0.1: [3 / 16, 0]}
    for reach, gradient in expected.items():
        theta = tensor([math.log(3), 0.0], requires_grad=True)
        loss, figures = gspo_loss(toy_logps(theta)[:2], old, None, tensor([1.0, 1]), written, low=reach, high=reach)
        loss.backward()
        assert theta.grad.tolist() == near(gradient)
        assert figures.clipped == (0.5 if reach == 0.1 else 0)


def test_what_was_not_written_moves_nothing():
    torch.manual_seed(0)
    logps = (-torch.rand(3, 6)).requires_grad_()
    old, ref, advantages = -torch.rand(3, 6), -torch.rand(3, 6), tensor([1.0, -1, 0.5])
    written = tensor([[True, False, True, True, False, False]] * 3)
    loss, figures = gspo_loss(logps, old, ref, advantages, written, low=9, high=9, beta=0.1)
    loss.backward()
    assert (logps.grad[~written] == 0).all() and (logps.grad[written] != 0).all()
    for anything in (0.0, -INF, NAN):
        others = [torch.where(written, values, anything) for values in (logps.detach(), old, ref)]
        again, same = gspo_loss(*others, advantages, written, low=9, high=9, beta=0.1)
        assert again.item() == loss.item() and same[:3] == figures[:3]


def test_a_gradient_survives_infinities_in_the_padding():
    logps = tensor([[-0.5, -INF]], requires_grad=True)
    written = tensor([[True, False]])
    gspo_loss(logps, tensor([[-0.5, NAN]]), tensor([[-0.7, -INF]]), tensor([1.0]), written, beta=0.1)[0].backward()
    assert logps.grad.isfinite().all() and logps.grad[0, 1] == 0


def test_a_group_without_spread_moves_nothing():
    logps = (-torch.rand(4, 3)).requires_grad_()
    advantages = group_advantages(tensor([0.4] * 4))
    gspo_loss(logps, logps.detach(), None, advantages, torch.ones(4, 3, dtype=torch.bool))[0].backward()
    assert (logps.grad == 0).all()
