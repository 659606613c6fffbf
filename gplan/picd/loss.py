"""The section-normalised loss (GPlan, Eq. 5), from hidden states to a number, as free functions.

Shapes: B samples, R positions, N supervised tokens, D hidden size, V vocabulary, S = 2 sections (cot, json).
"""

import torch

from data_process.encode import COT, IGNORED, JSON
from gplan.training.logits import CHUNKS, token_losses

SECTIONS = (COT, JSON)


def section_sums(head, hidden_BRD, labels_BR, sections_BR, chunks: int = CHUNKS) -> torch.Tensor:
    """Sums of token cross entropies a section, fp32, (S,).

    Args:
        head: module from (N, D) to logits (N, V).
        hidden_BRD: the states that predict ``labels_BR``, i.e. one position to the left of them.
        labels_BR: target ids, -100 where nothing is supervised.
        sections_BR: section of each target.
    """
    supervised = labels_BR != IGNORED
    hidden_ND, labels_N, sections_N = hidden_BRD[supervised], labels_BR[supervised], sections_BR[supervised]
    losses_N = token_losses(head, hidden_ND, labels_N, chunks)
    return torch.stack([losses_N[sections_N == section].sum() for section in SECTIONS])


def section_counts(labels_BR: torch.Tensor, sections_BR: torch.Tensor) -> torch.Tensor:
    """Supervised tokens a section, int64, (S,)."""
    supervised = labels_BR != IGNORED
    return torch.stack([(supervised & (sections_BR == section)).sum() for section in SECTIONS])


def section_weights(counts: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """What one token's cross entropy of each section counts in the loss, (S,): w_s / (Σ w · n_s).

    ``counts`` are those of the whole global batch. A section without tokens is left out of both sums of
    L = Σ w_s L_s / Σ w_s, where L_s = sum_s / n_s (Eq. 5). ``section_weights([4, 2], [1, 1]) == [1/8, 1/4]``.
    """
    active = counts > 0
    total = (weights * active).sum().clamp(min=torch.finfo(weights.dtype).tiny)
    return torch.where(active, weights / (total * counts.clamp(min=1)), torch.zeros_like(weights))


def section_normalised_loss(sums: torch.Tensor, counts: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """L of Eq. 5 from the sums and counts of a batch: sums (8.0, 1.0), counts (4, 2), weights (1, 1) -> 1.25."""
    return (sums * section_weights(counts, weights)).sum()
