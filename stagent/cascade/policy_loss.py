"""The loss of the RL stage on tensors: GRPO's advantages, GSPO's ratio of sequences.

GRPO: arXiv 2402.03300; GSPO: arXiv 2507.18071; equation numbers are theirs. Shapes: B sequences, T tokens behind a
prompt, G episodes of a task. ``written`` is True on tokens that the policy wrote; what else stands in a (B, T) tensor
doesn't matter.
"""

from typing import NamedTuple

import torch
from torch import Tensor

# Of Eq. 5, in GSPO's section 5.1: a ratio that is a mean over tokens moves little. GRPO's 0.2 would never clip.
CLIP_LOW, CLIP_HIGH = 3e-4, 4e-4
_NO_SPREAD = 1e-6
_TINY = 1e-4  # beside the deviation, as TRL has it


class PolicyFigures(NamedTuple):
    """What is to be watched, over the sequences with written tokens; none has a gradient.

    Attributes:
        clipped: share of sequences that the clip keeps from moving the policy.
        ratio: mean of their ratios; 1 where the policy is the one that drew them.
        kl: mean over written tokens of ``kl_estimate``; 0 without a reference.
        entropy: mean over written tokens, in nats; NaN where none was given.
    """

    clipped: float
    ratio: float
    kl: float
    entropy: float


def group_advantages(rewards: Tensor, *, scaled: bool = True) -> Tensor:
    """Advantages (G,) of a task's episodes: reward minus the group's mean, over its deviation if scaled (GSPO Eq. 6).

    All 0 where the group has no spread. An unscored episode (NaN) counts in neither and has 0. The deviation is the
    sample's (over G − 1), plus 1e-4, as in TRL.

    ``group_advantages(tensor([1., 0., nan, .5]), scaled=False) == tensor([.5, -.5, 0., 0.])``
    """
    if not has_spread(rewards):
        return torch.zeros_like(rewards)
    scored = rewards[~rewards.isnan()]
    advantages = rewards - scored.mean()
    if scaled:
        advantages = advantages / (scored.std() + _TINY)
    return advantages.nan_to_num(0.0)


def has_spread(rewards: Tensor) -> bool:
    """Whether a group (G,) says which of its episodes are better: at least two are scored, and not alike."""
    scored = rewards[~rewards.isnan()]
    return len(scored) > 1 and (scored.max() - scored.min()).item() > _NO_SPREAD


def mean_written(values: Tensor, written: Tensor) -> Tensor:
    """Means (B,) of (B, T) over written tokens, 0 for a sequence without any.

    ``mean_written(tensor([[1., 3., inf]]), tensor([[True, True, False]])) == tensor([2.])``
    """
    kept = torch.where(written, values, 0.0)  # and not a product: padding may hold infinities
    return kept.sum(-1) / written.sum(-1).clamp(min=1)


def sequence_ratio(logps: Tensor, old_logps: Tensor, written: Tensor) -> Tensor:
    """s_i, (B,): the ratio of a sequence's likelihoods, to the power of one over its length (GSPO Eq. 7).

    Args:
        logps: (B, T), log-probabilities under the policy in training; old_logps: under the one that drew the tokens.

    ``sequence_ratio(log(tensor([[.4, .9]])), log(tensor([[.1, .9]])), ones) == tensor([2.])``: √(4 · 1)
    """
    return mean_written(logps - old_logps, written).exp()


def clipped_objective(ratio: Tensor, advantages: Tensor, low: float = CLIP_LOW, high: float = CLIP_HIGH) -> Tensor:
    """min(s Â, clip(s, 1 − low, 1 + high) Â), (B,) (inside GSPO Eq. 5).

    ``clipped_objective(tensor([1.5, 1.5]), tensor([1., -1.]), .2, .2) == tensor([1.2, -1.5])``
    """
    return torch.minimum(ratio * advantages, ratio.clamp(1 - low, 1 + high) * advantages)


def is_clipped(ratio: Tensor, advantages: Tensor, low: float = CLIP_LOW, high: float = CLIP_HIGH) -> Tensor:
    """(B,): whether the clip takes a sequence's gradient: a good one likely enough, or a bad one unlikely enough."""
    return ((ratio > 1 + high) & (advantages > 0)) | ((ratio < 1 - low) & (advantages < 0))


def kl_estimate(logps: Tensor, ref_logps: Tensor) -> Tensor:
    """An unbiased estimate (B, T) of the divergence from a reference, never below 0 (GRPO Eq. 4).

    ``kl_estimate(log(tensor([[.5]])), log(tensor([[1.]]))) == tensor([[.3069]])``: 2 − ln 2 − 1
    """
    difference = ref_logps - logps
    return difference.exp() - difference - 1


def gspo_loss(
    logps: Tensor,
    old_logps: Tensor,
    ref_logps: Tensor | None,
    advantages: Tensor,
    written: Tensor,
    *,
    low: float = CLIP_LOW,
    high: float = CLIP_HIGH,
    beta: float = 0.0,
    entropy: Tensor | None = None,
    sequences: int | None = None,
) -> tuple[Tensor, PolicyFigures]:
    """Minus GSPO's objective (Eq. 5), plus beta times the divergence from a reference (GRPO Eq. 3); and figures.

    Each sequence counts as much as any other, however long. One without written tokens doesn't count.

    Args:
        logps, old_logps, ref_logps: (B, T), log-probabilities of the tokens; old ones as they were at sampling.
        advantages: (B,).
        written: (B, T), bool.
        entropy: (B, T), of the policy at each token, for the figures alone.
        sequences: over how many sequences the mean is taken; None: those of this batch that have written tokens. With
            the whole step's number, the losses of its micro-batches add up to the step's.
    """
    counts = written.any(-1)
    logps = torch.where(written, logps, 0.0)
    ratio = sequence_ratio(logps, old_logps, written)
    loss = -clipped_objective(ratio, advantages, low, high)
    kl = torch.zeros_like(logps)
    if ref_logps is not None:
        kl = kl_estimate(logps, torch.where(written, ref_logps, 0.0))
        loss = loss + beta * mean_written(kl, written)
    of = max(1, int(counts.sum()) if sequences is None else sequences)
    figures = PolicyFigures(
        _mean(is_clipped(ratio, advantages, low, high), counts),
        _mean(ratio, counts),
        _mean(kl, written),
        float("nan") if entropy is None else _mean(entropy, written),
    )
    return torch.where(counts, loss, 0.0).sum() / of, figures


def _mean(values: Tensor, kept: Tensor) -> float:
    """Over what is kept; 0 where nothing is."""
    return values.detach()[kept].float().mean().item() if kept.any() else 0.0
