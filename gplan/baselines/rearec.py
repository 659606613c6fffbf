"""ReaRec (Tang et al. 2025, "Think Before Recommend"): SASRec that takes K steps more before it chooses.

    step 0      [ row token 1 … T ][ BEGIN ][ intent 1 ] … [ intent n ]      states r⁰
    step k                         [ r 1   ][ r 2      ] … [ r n + 1  ]      r: the states of step k - 1, and e_k

The last state and the embedding of the reasoning position are fed back as one token more (section 3.2). Every decision
reasons for itself: a step's token sees what the decision sees, and the steps before at the same decision. The layers'
keys and values of earlier steps are kept, so a step costs L tokens.

With ``steps: 0`` it is SASRec to the last bit.
"""

from argparse import Namespace

import torch
import torch.nn.functional as F
from torch import nn

from gplan.baselines.inputs import RowBatch, RowEncoding
from gplan.baselines.sasrec import SASRecNetwork, causal_sight
from gplan.baselines.sequential import PAD, SequentialBaseline, cross_entropy
from utils import InputError


class ReaRecNetwork(SASRecNetwork):
    """Settings: SASRec's, and

    steps: K.
    loss: ``prl``, progressive reasoning learning (section 3.4): the targets of the steps get sharper, and states of
        reasoning that noise disturbs must still tell the targets apart. ``erl``, ensemble reasoning learning (3.3):
        the mean of all steps answers, and the steps are kept apart.
    sharpening: prl, α of τ_k = α^(K - k), at least 1.
    noise: prl, deviation of what disturbs the input of a step.
    contrast: prl, weight of the contrastive term. contrast_temperature: its temperature.
    diversity: erl, weight of the divergence between the steps.
    """

    losses = ("prl", "erl")

    def __init__(self, encoding: RowEncoding, choices: int, args: Namespace):
        super().__init__(encoding, choices, args)
        if args.steps < 0:
            raise InputError(f"--steps {args.steps}: 0 or more is needed")
        # Last of all that is drawn: with K = 0 nothing is, and all other weights are SASRec's.
        self.reasoning = nn.Parameter(torch.randn(args.steps, args.dim) * args.dim**-0.5)

    def reasoned(self, batch: RowBatch, items_BL: torch.Tensor) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """States of steps 0 … K, (B, L, d) each; and of steps 1 … K those of disturbed reasoning, in training by prl.

        Disturbed and undisturbed reasoning go through the layers together, as 2 B samples.
        """
        x_BSd, present_BT, _ = self.embedded(batch, items_BL)
        L, T = items_BL.shape[1], present_BT.shape[1]
        allowed = causal_sight(present_BT, L)
        memories = []
        for block in self.blocks:
            x_BSd, memory = block(x_BSd, allowed)
            memories.append(memory)
        states = [self.norm(x_BSd[:, T:])]
        disturbs = self.training and self.args.loss == "prl" and self.args.steps > 0
        copies = 2 if disturbs else 1
        memories = [(keys.repeat(copies, 1, 1, 1), values.repeat(copies, 1, 1, 1)) for keys, values in memories]
        allowed = allowed[:, T:].repeat(copies, 1, 1)
        own = torch.eye(L, dtype=torch.bool, device=items_BL.device).expand(len(allowed), L, L)
        latest, disturbed = states[0].repeat(copies, 1, 1), []
        for position_d in self.reasoning:
            x = latest + position_d
            if disturbs:
                clean, noisy = x.chunk(2)
                x = torch.cat([clean, noisy + self.args.noise * torch.randn_like(noisy)])
            allowed = torch.cat([allowed, own], 2)
            for i, block in enumerate(self.blocks):
                x, memories[i] = block(x, allowed, memories[i])
            latest = self.norm(x)
            states.append(latest[: len(present_BT)])
            disturbed += [latest[len(present_BT) :]] if disturbs else []
        return states, disturbed

    def states(self, batch: RowBatch, items_BL: torch.Tensor) -> torch.Tensor:
        """What answers: after prl the last step's states, after erl the mean of all."""
        states, _ = self.reasoned(batch, items_BL)
        return states[-1] if self.args.loss == "prl" else torch.stack(states).mean(0)

    def training_losses(self, batch: RowBatch, targets_BL: torch.Tensor) -> torch.Tensor:
        states, disturbed = self.reasoned(batch, self.begun(targets_BL[:, :-1]))
        logits = [self.logits(state) for state in states]
        if self.args.loss == "erl":
            losses_BL = sum(cross_entropy(some, targets_BL) for some in logits)
            return (losses_BL - self.args.diversity * divergence(logits) * (targets_BL != PAD)).sum(1)
        # τ_K = 1 at the last step, flatter distributions before.
        steps = range(len(logits))
        losses_BL = sum(
            cross_entropy(logits[k] / self.args.sharpening ** (self.args.steps - k), targets_BL) for k in steps
        )
        for noisy, clean in zip(disturbed, states[1:], strict=True):
            losses_BL = losses_BL + self.args.contrast * contrastive(
                noisy, clean, targets_BL, self.args.contrast_temperature
            )
        return losses_BL.sum(1)


class ReaRec(SequentialBaseline):
    """Reasons in K latent steps before every intent."""

    network_class = ReaRecNetwork


def divergence(logits: list[torch.Tensor]) -> torch.Tensor:
    """Σ over ordered pairs of different steps of KL(p_k ‖ p_k'), (B, L): what erl makes large."""
    logs = [some.log_softmax(-1) for some in logits]
    pairs = [(p, q) for p in logs for q in logs if p is not q]
    return sum(((p.exp() * (p - q)).sum(-1) for p, q in pairs), start=logs[0].new_zeros(logs[0].shape[:-1]))


def contrastive(
    noisy_BLd: torch.Tensor, clean_BLd: torch.Tensor, targets_BL: torch.Tensor, temperature: float
) -> torch.Tensor:
    """InfoNCE, (B, L): a decision's disturbed state must be likest its own undisturbed one among the batch's.

    Decisions of the same target are no negatives: their states should be alike.
    """
    real_BL = targets_BL != PAD
    noisy, clean = (F.normalize(some[real_BL], dim=-1) for some in (noisy_BLd, clean_BLd))
    targets, own = targets_BL[real_BL], torch.arange(len(noisy), device=noisy.device)
    same = (targets[:, None] == targets) & (own[:, None] != own)
    scores = (noisy @ clean.T / temperature).masked_fill(same, -torch.inf)
    losses = F.cross_entropy(scores, own, reduction="none")
    return torch.zeros(real_BL.shape, dtype=losses.dtype, device=losses.device).masked_scatter(real_BL, losses)
