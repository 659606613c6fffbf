"""Drawing an id: by hand, at the edges, and as often as its probability says."""

import math

import pytest
import torch
from scipy.stats import chisquare

from gplan.decoding.draw import draw

FEW = torch.tensor([[0.2, 0.3, 0.5]]).log()


@pytest.mark.parametrize(("number", "token"), [(0.0, 0), (0.19, 0), (0.21, 1), (0.49, 1), (0.51, 2), (1 - 2**-24, 2)])
def test_by_hand(number, token):
    ids, logprobs = draw(FEW, torch.tensor([number]), 1.0)
    assert ids.tolist() == [token] and logprobs.item() == pytest.approx(math.log([0.2, 0.3, 0.5][token]), abs=1e-6)


def test_temperature():
    """At 1/2 probabilities are squared: 4, 9 and 25 of 38."""
    ids, logprobs = draw(FEW.repeat(2, 1), torch.tensor([0.10, 0.11]), 0.5)
    assert ids.tolist() == [0, 1] and logprobs.tolist() == pytest.approx([math.log(4 / 38), math.log(9 / 38)], abs=1e-5)
    ids, logprobs = draw(FEW, torch.tensor([0.0]), 0)
    assert ids.tolist() == [2] and logprobs.item() == pytest.approx(math.log(0.5), abs=1e-6)


def test_what_has_no_probability_is_never_drawn():
    """Of 200 ids only the 70th and the 130th, a block apart, with nothing before, between and behind."""
    logits = torch.full((4, 200), float("-inf"))
    logits[:, [70, 130]] = 0.0
    ids, logprobs = draw(logits, torch.tensor([0.0, 0.499, 0.501, 1 - 2**-24]), 1.0)
    assert ids.tolist() == [70, 70, 130, 130] and logprobs.tolist() == pytest.approx([math.log(0.5)] * 4)


def test_as_often_as_probabilities_say():
    torch.manual_seed(3)
    logits = torch.randn(150)
    ids = draw(logits.expand(40_000, -1), torch.rand(40_000), 1.0).ids
    counts = torch.bincount(ids, minlength=150).numpy()
    assert chisquare(counts, (logits.double().softmax(0) * 40_000).numpy()).pvalue > 0.01


def test_beside_others_or_alone():
    torch.manual_seed(4)
    logits, numbers = torch.randn(50, 1000), torch.rand(50)
    together = draw(logits, numbers, 0.7)
    alone = [draw(logits[row : row + 1], numbers[row : row + 1], 0.7).ids.item() for row in range(50)]
    assert together.ids.tolist() == alone
