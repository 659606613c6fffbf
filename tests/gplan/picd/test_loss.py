import pytest
import torch
import torch.nn.functional as F

from data_process.encode import COT, IGNORED, JSON
from gplan.picd.loss import section_counts, section_normalised_loss, section_sums, section_weights


def test_worked_value():
    # Cot: 4 tokens, sum 8, mean 2. Plan: 2 tokens, sum 1, mean 0.5. Equal weights: (2 + 0.5) / 2.
    sums, counts = torch.tensor([8.0, 1.0]), torch.tensor([4, 2])
    assert section_normalised_loss(sums, counts, torch.tensor([1.0, 1.0])).item() == pytest.approx(1.25)
    # Weights 3 and 1: (3 · 2 + 0.5) / 4.
    assert section_normalised_loss(sums, counts, torch.tensor([3.0, 1.0])).item() == pytest.approx(1.625)


def test_section_without_tokens_is_left_out_of_both_sums():
    sums, counts = torch.tensor([0.0, 1.0]), torch.tensor([0, 2])
    assert section_normalised_loss(sums, counts, torch.tensor([1.0, 1.0])).item() == pytest.approx(0.5)
    assert section_weights(torch.tensor([0, 0]), torch.tensor([1.0, 1.0])).tolist() == [0.0, 0.0]


def test_sums_and_gradients_equal_plain_cross_entropy_whatever_the_chunks():
    torch.manual_seed(0)
    head = torch.nn.Linear(8, 50, bias=False).double()
    hidden = torch.randn(3, 7, 8, dtype=torch.float64, requires_grad=True)
    labels = torch.randint(0, 50, (3, 7))
    sections = torch.tensor([[0, 0, 1, 1, 2, 2, 2], [0, 1, 1, 1, 1, 2, 2], [0, 0, 0, 0, 0, 0, 2]])
    labels[sections == 0] = IGNORED

    losses = F.cross_entropy(head(hidden).flatten(0, 1).float(), labels.flatten(), reduction="none").view(3, 7)
    expected = torch.stack([losses[sections == COT].sum(), losses[sections == JSON].sum()])
    (expected[0] * 2 + expected[1]).backward()
    gradient, hidden.grad = hidden.grad, None

    for chunks in (1, 4, 40):
        sums = section_sums(head, hidden, labels, sections, chunks)
        torch.testing.assert_close(sums, expected)
        (sums[0] * 2 + sums[1]).backward()
        torch.testing.assert_close(hidden.grad, gradient)
        hidden.grad = None
    assert section_counts(labels, sections).tolist() == [6, 6]


def test_the_head_is_called_equally_often_even_without_a_supervised_token():
    calls = []

    class Head(torch.nn.Linear):
        def forward(self, x):
            calls.append(x.shape[0])
            return super().forward(x)

    nothing = torch.full((2, 3), IGNORED)
    sums = section_sums(Head(4, 5), torch.randn(2, 3, 4), nothing, torch.zeros_like(nothing))
    assert sums.tolist() == [0.0, 0.0]
    assert calls == [0, 0, 0, 0]
