"""The next id of many sequences at once, drawn by inverse distribution function from numbers that are given."""

from typing import NamedTuple

import torch
from torch.nn.functional import pad

# Sums of so many probabilities are searched first, then one block of them: a tenth of the time of one long sum.
_BLOCK = 64


class NextIds(NamedTuple):
    """Ids and their log-probabilities, (N,) each; fp32."""

    ids: torch.Tensor
    logprobs: torch.Tensor


def draw(logits: torch.Tensor, uniforms: torch.Tensor, temperature: float) -> NextIds:
    """One id of each row, and its log-probability under the distribution that it was drawn from.

    A row's id depends on its own logits and number alone. At temperature 0 it is the likeliest one, and its
    log-probability that at temperature 1.

    Args:
        logits: (N, V)
        uniforms: (N,) in [0, 1), fp32: with probabilities .2, .3 and .5, .4 gives 1.
    """
    logits = logits.float()
    if temperature == 0:
        best = logits.argmax(-1, keepdim=True)
        return NextIds(best[:, 0], logits.log_softmax(-1).gather(-1, best)[:, 0])
    probabilities = (logits if temperature == 1 else logits / temperature).softmax(-1)
    ids = _search(pad(probabilities, (0, -logits.shape[-1] % _BLOCK)).unflatten(-1, (-1, _BLOCK)), uniforms[:, None])
    return NextIds(ids[:, 0], probabilities.gather(-1, ids)[:, 0].log())


def _search(blocks: torch.Tensor, uniforms: torch.Tensor) -> torch.Tensor:
    """The id at which the sum of a row's probabilities passes its number, (N, 1); blocks: (N, V / B, B)."""
    below = blocks.sum(-1).cumsum(-1)
    # Of the last sum, which rounding keeps from being 1, and always below it: beyond there is no id.
    sought = torch.minimum(uniforms * below[:, -1:], _under(below))
    block = torch.searchsorted(below, sought, right=True)
    before = below.gather(-1, (block - 1).clamp(min=0)).masked_fill(block == 0, 0)
    inside = before + blocks.take_along_dim(block[..., None], 1)[:, 0].cumsum(-1)
    return block * _BLOCK + torch.searchsorted(inside, torch.minimum(sought, _under(inside)), right=True)


def _under(sums: torch.Tensor) -> torch.Tensor:
    """The greatest number under each row's last sum: (N, 1)."""
    last = sums[:, -1:]
    return last.nextafter(torch.zeros_like(last))
