"""The loss of SC-DPO (GPlan, Eq. 8 to 13) as one pure function of the pairs' rewards."""

import torch
import torch.nn.functional as F

TERMS = ("dpo", "anchor", "low", "high", "center")
# The loss's own numbers, by the names of its arguments and of align.py's.
WEIGHTS = (
    "anchor_margin",
    "anchor_weight",
    "gap_low",
    "gap_high",
    "low_weight",
    "high_weight",
    "center",
    "center_weight",
)


def sc_dpo_loss(
    chosen_reward: torch.Tensor,
    rejected_reward: torch.Tensor,
    *,
    anchor_margin: float,
    anchor_weight: float,
    gap_low: float,
    gap_high: float,
    low_weight: float,
    high_weight: float,
    center: float,
    center_weight: float,
) -> dict[str, torch.Tensor]:
    """The terms of each pair, unweighted, and their weighted sum ``total``; all of the rewards' shape.

    Rewards are r = β [log π_θ(y|x) - log π_ref(y|x)] of the matched plan y⁺ and the mismatched y⁻ (Eq. 6, 7). With
    every weight 0 ``total`` is vanilla DPO.

    With m = 0, [g_low, g_high] = [0.2, 2.0], c₀ = 0 and weights 1, 1, 0.5, 0.1, rewards (-1, -4) ->
    ``{"dpo": 0.048587, "anchor": 1, "low": 0, "high": 1, "center": 6.25, "total": 2.173587}``
    """
    gap = chosen_reward - rejected_reward
    terms = {
        "dpo": -F.logsigmoid(gap),  # (8)
        "anchor": (-anchor_margin - chosen_reward).clamp(min=0),  # (9)
        "low": (gap_low - gap).clamp(min=0),  # (10)
        "high": (gap - gap_high).clamp(min=0),  # (11)
        "center": ((chosen_reward + rejected_reward) / 2 - center) ** 2,  # (12)
    }
    weights = {
        "dpo": 1.0,
        "anchor": anchor_weight,
        "low": low_weight,
        "high": high_weight,
        "center": center_weight,
    }
    # A term without weight is left out, not multiplied by 0: vanilla DPO has no infinite center to turn into NaN.
    total = sum(weights[name] * terms[name] for name in TERMS if weights[name])  # (13)
    return terms | {"total": total}


def sft_loss(log_prob: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """Ordinary training on the matched plan, the control of SC-DPO: cross entropy of y⁺ a token, of their shape.

    The same samples as SC-DPO's, both sides of every pair, without y⁻ and without a reference.
    ``sft_loss([-8.0], [4]) == [2.0]``; of a filler, without tokens, 0
    """
    return -log_prob / tokens.clamp(min=1)
