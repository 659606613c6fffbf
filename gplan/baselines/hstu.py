"""HSTU (Zhai et al. 2024, "Actions Speak Louder than Words"): SASRec with pointwise attention and relative bias.

Layout and targets are SASRec's. The attention has no softmax: how much there is counts, not only how it is shared.
"""

from argparse import Namespace

import torch
import torch.nn.functional as F
from torch import nn

from data_process.intents import MAX_PLAN
from gplan.baselines.inputs import RowBatch, RowEncoding
from gplan.baselines.sasrec import SASRecNetwork, causal_sight
from gplan.baselines.sequential import SequentialBaseline

# Buckets of hours between two tokens: the logarithm's, to the base e^0.3, so that the last holds all from 8,000 hours.
BUCKETS, WIDTH = 32, 0.3


class PointwiseBlock(nn.Module):
    """A layer of HSTU, Eqs. 1 to 3, with a residual around it; ``length``: positions at most, S."""

    def __init__(self, dim: int, heads: int, dropout: float, length: int):
        super().__init__()
        self.heads, self.length = heads, length
        self.norm, self.mixed_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.f1, self.f2, self.drop = nn.Linear(dim, 4 * dim), nn.Linear(dim, dim), nn.Dropout(dropout)
        self.place_bias = nn.Parameter(torch.zeros(heads, 2 * length - 1))
        self.time_bias = nn.Parameter(torch.zeros(heads, BUCKETS))

    def forward(self, x_BSd: torch.Tensor, allowed_BSS: torch.Tensor, buckets_BSS: torch.Tensor) -> torch.Tensor:
        # Eq. 1: U, V, Q, K = Split(φ1(f1(X)))
        gate, *parts = F.silu(self.f1(self.norm(x_BSd))).chunk(4, -1)
        value, query, key = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        # Eq. 2: A V = φ2(Q Kᵀ + rab^{p,t}) V, with 1 / S in φ2
        places = torch.arange(x_BSd.shape[1], device=x_BSd.device)
        distances_SS = places[:, None] - places + self.length - 1
        scores = query @ key.transpose(2, 3) + self.place_bias[:, distances_SS]
        scores = scores + self.time_bias[:, buckets_BSS].transpose(0, 1)
        weights = F.silu(scores) / self.length * allowed_BSS[:, None]
        mixed_BSd = (weights @ value).transpose(1, 2).flatten(2)
        # Eq. 3: Y = f2(Norm(A V) ⊙ U)
        return x_BSd + self.drop(self.f2(self.mixed_norm(mixed_BSd) * gate))


class HSTUNetwork(SASRecNetwork):
    """Settings: SASRec's."""

    def __init__(self, encoding: RowEncoding, choices: int, args: Namespace):
        self.length = len(encoding.fields) + bool(encoding.dense) + MAX_PLAN + 1
        super().__init__(encoding, choices, args)

    def block(self, *, alike: bool) -> nn.Module:
        return PointwiseBlock(self.args.dim, self.args.heads, self.args.dropout, self.length)

    def states(self, batch: RowBatch, items_BL: torch.Tensor) -> torch.Tensor:
        """The last layer at the plan's positions, (B, L, d). The plan is of the time of the newest behaviour."""
        x_BSd, present_BT, hours_BT = self.embedded(batch, items_BL)
        T, L = hours_BT.shape[1], items_BL.shape[1]
        allowed_BSS = causal_sight(present_BT, L)
        hours_BS = F.pad(hours_BT, (0, L))
        apart_BSS = (hours_BS[:, :, None] - hours_BS[:, None]).abs()
        buckets_BSS = (apart_BSS.log1p() / WIDTH).long().clamp(max=BUCKETS - 1)
        for block in self.blocks:
            x_BSd = block(x_BSd, allowed_BSS, buckets_BSS)
        return self.norm(x_BSd[:, T:])


class HSTU(SequentialBaseline):
    """Chooses as SASRec does."""

    network_class = HSTUNetwork
