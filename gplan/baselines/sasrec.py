"""SASRec (Kang and McAuley 2018): self-attention from left to right, here over a row's tokens and the plan.

    positions   [ row token 1 … T ][ BEGIN ][ intent 1 ] … [ intent n ]
    targets                        intent 1   intent 2   …     END

The row's tokens are a prefix that every plan position sees; they see each other both ways and nothing of the plan.
A plan position sees the prefix and the plan up to itself.
"""

from argparse import Namespace

import torch
import torch.nn.functional as F
from torch import nn

from data_process.intents import MAX_PLAN
from gplan.baselines.inputs import RowBatch, RowEncoding, RowTokens
from gplan.baselines.sequential import PAD, IntentNetwork, SequentialBaseline, cross_entropy
from utils import InputError

# Gain of the head that begins as a likeness. With it, and vectors of rare ids as long as they are, a synthetic file
# where only the equality of two unseen ids decides is learnt from 1,000 rows; other gains were not tried by themselves.
LIKENESS = 2.0
# Keys and values of a layer, (B, H, S, d / H) each.
Memory = tuple[torch.Tensor, torch.Tensor]


class PreNormBlock(nn.Module):
    """x + Dropout(g(LayerNorm(x))) (section III-C) for g the attention (Eq. 3) and then the feed-forward (Eq. 4).

    Args:
        alike: whether one head's queries begin as its keys, so that two tokens of one id see each other from the first
            step on, an id that training has never seen, too. Not all heads: by likeness alone a plan's positions would
            begin with seeing nothing but themselves.
    """

    def __init__(self, dim: int, heads: int, dropout: float, *, alike: bool):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.attention_norm, self.forward_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.query, self.key, self.value, self.out = (nn.Linear(dim, dim) for _ in range(4))
        self.inner, self.outer = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.drop = nn.Dropout(dropout)
        if alike:
            self._begin_alike(dim // heads)

    def forward(
        self, x_BSd: torch.Tensor, allowed_BSK: torch.Tensor, memory: Memory | None = None
    ) -> tuple[torch.Tensor, Memory]:
        """The block's output, and keys and values of ``memory`` and these positions.

        Args:
            allowed_BSK: which of the memory's K - S positions, and of these S, each position sees; at least one.
        """
        y = self.attention_norm(x_BSd)
        query, key, value = (self._split(layer(y)) for layer in (self.query, self.key, self.value))
        if memory is not None:
            key, value = torch.cat([memory[0], key], 2), torch.cat([memory[1], value], 2)
        dropout = self.dropout if self.training else 0.0
        # Eq. 2: softmax(Q Kᵀ / √d) V
        mixed = F.scaled_dot_product_attention(query, key, value, allowed_BSK[:, None], dropout_p=dropout)
        x_BSd = x_BSd + self.drop(self.out(mixed.transpose(1, 2).flatten(2)))
        # Eq. 4: ReLU(S W¹ + b¹) W² + b²
        y = self.outer(self.drop(self.inner(self.forward_norm(x_BSd)).relu()))
        return x_BSd + self.drop(y), (key, value)

    @torch.no_grad()
    def _begin_alike(self, head: int) -> None:
        for layer in (self.value, self.out):
            nn.init.orthogonal_(layer.weight)
        nn.init.orthogonal_(self.query.weight[:head], gain=LIKENESS)
        self.key.weight[:head], self.key.bias[:head] = self.query.weight[:head], self.query.bias[:head]

    def _split(self, x_BSd: torch.Tensor) -> torch.Tensor:
        return x_BSd.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class SASRecNetwork(IntentNetwork):
    """Settings: ``dim``, ``blocks``, ``heads``, ``dropout``, and ``loss``: ``ce`` or ``bce``."""

    losses: tuple[str, ...] = ("ce", "bce")

    def __init__(self, encoding: RowEncoding, choices: int, args: Namespace):
        super().__init__(encoding, choices, args)
        if self.losses and args.loss not in self.losses:
            raise InputError(f"--loss {args.loss}: {args.model} has no such loss; give {' or '.join(self.losses)}")
        if args.dim % args.heads:
            raise InputError(f"--dim {args.dim}: {args.heads} heads can't share it evenly; give a multiple of --heads")
        self.extra = choices
        self.rows = RowTokens(encoding, args.dim)
        # Behind intents and end stands one item more, that is never a target: BEGIN.
        self.items = nn.Embedding(choices + 1, args.dim)
        self.places = nn.Embedding(MAX_PLAN + 1, args.dim)
        for table in (self.items, self.places):
            nn.init.normal_(table.weight, std=args.dim**-0.5)
        self.blocks = nn.ModuleList(
            self.block(alike=number == 0 and bool(encoding.fields)) for number in range(args.blocks)
        )
        self.norm, self.drop = nn.LayerNorm(args.dim), nn.Dropout(args.dropout)

    def block(self, *, alike: bool) -> nn.Module:
        return PreNormBlock(self.args.dim, self.args.heads, self.args.dropout, alike=alike)

    # Layers

    def states(self, batch: RowBatch, items_BL: torch.Tensor) -> torch.Tensor:
        """The last layer at the plan's positions, (B, L, d); ``items_BL`` begins with BEGIN, PAD stands at its end."""
        x_BSd, present_BT, _ = self.embedded(batch, items_BL)
        allowed_BSS = causal_sight(present_BT, items_BL.shape[1])
        for block in self.blocks:
            x_BSd, _ = block(x_BSd, allowed_BSS)
        return self.norm(x_BSd[:, present_BT.shape[1] :])

    def embedded(self, batch: RowBatch, items_BL: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Vectors of the row's tokens and the items, (B, S, d); which tokens are there, (B, T); their hours, (B, T)."""
        tokens_BTd, present_BT, hours_BT = self.rows(batch)
        # Eq. 1: item and position. What is put for PAD doesn't count: no position that counts sees it.
        plan_BLd = self.items(items_BL.clamp(min=0)) + self.places.weight[: items_BL.shape[1]]
        return self.drop(torch.cat([tokens_BTd, plan_BLd], 1)), present_BT, hours_BT

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """Eq. 6: a state times every item's embedding, (…, V)."""
        return states @ self.items.weight[: self.choices].T

    # Losses

    def training_losses(self, batch: RowBatch, targets_BL: torch.Tensor) -> torch.Tensor:
        logits_BLV = self.plan_logits(batch, targets_BL)
        if self.args.loss == "ce":
            return cross_entropy(logits_BLV, targets_BL).sum(1)
        return sampled_bce(logits_BLV, targets_BL).sum(1)

    def plan_logits(self, batch: RowBatch, targets_BL: torch.Tensor) -> torch.Tensor:
        return self.logits(self.states(batch, self.begun(targets_BL[:, :-1])))

    def next_logits(self, batch: RowBatch, plans_BL: torch.Tensor) -> torch.Tensor:
        lengths_B = (plans_BL != PAD).sum(1)
        states_BLd = self.states(batch, self.begun(plans_BL))
        return self.logits(states_BLd[torch.arange(len(lengths_B), device=lengths_B.device), lengths_B])

    def begun(self, plans_BL: torch.Tensor) -> torch.Tensor:
        """Plans behind BEGIN."""
        return F.pad(plans_BL, (1, 0), value=self.extra)


class SASRec(SequentialBaseline):
    """Chooses intent after intent by what stands before."""

    network_class = SASRecNetwork


def causal_sight(present_BT: torch.Tensor, L: int) -> torch.Tensor:
    """Who sees whom, (B, T + L, T + L): the prefix itself, the plan the prefix and what stands before.

    A token that is not there is seen by itself alone: a softmax over nothing is no number.
    """
    B, T = present_BT.shape
    allowed = torch.eye(T + L, dtype=torch.bool, device=present_BT.device).repeat(B, 1, 1)
    allowed[:, :, :T] |= present_BT[:, None]
    allowed[:, T:, T:] = torch.ones(L, L, dtype=torch.bool, device=present_BT.device).tril()
    return allowed


def sampled_bce(logits_BLV: torch.Tensor, targets_BL: torch.Tensor) -> torch.Tensor:
    """Eq. 7: -log σ(target) - log(1 - σ(negative)), one negative a decision, none of the plan's own; (B, L)."""
    real_BL = targets_BL != PAD
    own_BV = torch.zeros_like(logits_BLV[:, 0]).scatter_add(1, targets_BL.clamp(min=0), real_BL.to(logits_BLV.dtype))
    negatives_BL = torch.multinomial((own_BV == 0).double(), targets_BL.shape[1], replacement=True)
    scores = [logits_BLV.gather(2, some.clamp(min=0)[..., None])[..., 0] for some in (targets_BL, negatives_BL)]
    return -(F.logsigmoid(scores[0]) + F.logsigmoid(-scores[1])) * real_BL
