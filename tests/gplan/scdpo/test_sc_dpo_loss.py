"""The loss of SC-DPO: the specification's worked values, gradients, and vanilla DPO as a special case."""

import pytest
import torch
import torch.nn.functional as F

from gplan.scdpo.loss import TERMS, sc_dpo_loss, sft_loss

DEFAULTS = {
    "anchor_margin": 0.0,
    "anchor_weight": 1.0,
    "gap_low": 0.2,
    "gap_high": 2.0,
    "low_weight": 1.0,
    "high_weight": 0.5,
    "center": 0.0,
    "center_weight": 0.1,
}
VANILLA = DEFAULTS | {"anchor_weight": 0.0, "low_weight": 0.0, "high_weight": 0.0, "center_weight": 0.0}
# r⁺, r⁻ -> dpo, anchor, low, high, center, total
WORKED = [
    ((0, 0), (0.693147, 0, 0.2, 0, 0, 0.893147)),
    ((0.5, -0.5), (0.313262, 0, 0, 0, 0, 0.313262)),
    ((-1, -4), (0.048587, 1, 0, 1, 6.25, 2.173587)),
    ((2, 1), (0.313262, 0, 0, 0, 2.25, 0.538262)),
    ((-0.3, 0.2), (0.974077, 0.3, 0.7, 0, 0.0025, 1.974327)),
]


def rewards(*pairs):
    return torch.tensor(pairs, dtype=torch.float64).unbind(1)


def test_worked_values_of_every_term():
    found = sc_dpo_loss(*rewards(*(pair for pair, _ in WORKED)), **DEFAULTS)
    for i, (_, expected) in enumerate(WORKED):
        assert [found[name][i].item() for name in (*TERMS, "total")] == pytest.approx(expected, abs=1e-6)


def test_every_number_has_its_own_place():
    # r⁺ = -1, r⁻ = 1: gap -2, mean 0. Margin 0.25: 1 - 0.25. g_low -1: -1 + 2. g_high -2.5: -2 + 2.5. c₀ 3: 9.
    numbers = {"anchor_margin": 0.25, "gap_low": -1.0, "gap_high": -2.5, "center": 3.0}
    weights = {"anchor_weight": 2.0, "low_weight": 3.0, "high_weight": 5.0, "center_weight": 7.0}
    found = sc_dpo_loss(*rewards((-1, 1)), **numbers, **weights)
    assert [found[name].item() for name in TERMS] == pytest.approx([2.126928, 0.75, 1.0, 0.5, 9.0], abs=1e-6)
    assert found["total"].item() == pytest.approx(2.126928 + 2 * 0.75 + 3 * 1 + 5 * 0.5 + 7 * 9, abs=1e-6)


def test_without_weights_it_is_vanilla_dpo():
    torch.manual_seed(0)
    chosen, rejected = torch.randn(2, 500, dtype=torch.float64) * 10
    found = sc_dpo_loss(chosen, rejected, **VANILLA)
    torch.testing.assert_close(found["total"], -F.logsigmoid(chosen - rejected), rtol=0, atol=0)
    # Terms that don't count are reported all the same.
    assert found["anchor"].max() > 0


def test_a_term_without_weight_cannot_spoil_the_total():
    chosen, rejected = rewards((1e200, 1e200))
    assert sc_dpo_loss(chosen, rejected, **DEFAULTS)["total"].isinf()
    assert sc_dpo_loss(chosen, rejected, **VANILLA)["total"].item() == pytest.approx(0.693147, abs=1e-6)


@pytest.mark.parametrize("numbers", [DEFAULTS, VANILLA, DEFAULTS | {"anchor_margin": 0.4, "center": -0.3}])
def test_gradients_equal_finite_differences(numbers):
    torch.manual_seed(1)
    # Away from the corners of the hinges, where there is no derivative.
    chosen, rejected = (torch.randn(200, dtype=torch.float64) * 2 for _ in range(2))
    gap = chosen - rejected
    away = (chosen + numbers["anchor_margin"]).abs() > 1e-3
    away &= ((gap - numbers["gap_low"]).abs() > 1e-3) & ((gap - numbers["gap_high"]).abs() > 1e-3)
    chosen, rejected = (values[away].requires_grad_() for values in (chosen, rejected))
    assert len(chosen) > 150
    assert torch.autograd.gradcheck(lambda *values: sc_dpo_loss(*values, **numbers)["total"], (chosen, rejected))


def test_ordinary_training_counts_a_token():
    assert sft_loss(torch.tensor([-8.0, -3.0, 0.0]), torch.tensor([4, 1, 0])).tolist() == [2.0, 3.0, 0.0]
