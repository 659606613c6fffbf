"""BERT4Rec (Sun et al. 2019): SASRec's encoder, seeing both ways, trained to fill in masked intents.

    positions   [ row token 1 … T ][ intent 1 ][ MASK ][ intent 3 ] … [ MASK ]
    targets                                    intent 2               intent c, or END

The row's tokens are a prefix that sees nothing of the plan; the plan's positions see it and each other, both ways.
Training cuts every plan at a place drawn anew, END being its last item, because answering is always asked about the
last position: where cuts were never made, MASK in the last place would always be END.
"""

from argparse import Namespace

import torch
from torch import nn

from gplan.baselines.inputs import RowBatch, RowEncoding
from gplan.baselines.sasrec import SASRecNetwork
from gplan.baselines.sequential import PAD, SequentialBaseline, cross_entropy


class BERT4RecNetwork(SASRecNetwork):
    """Settings: SASRec's without ``loss``, and

    mask: share of the intents that are masked (ρ).
    last: share of the samples whose last item is masked whatever ρ says (the paper's section 3.6).
    """

    losses = ()

    def __init__(self, encoding: RowEncoding, choices: int, args: Namespace):
        super().__init__(encoding, choices, args)
        self.bias = nn.Parameter(torch.zeros(choices))

    def states(self, batch: RowBatch, items_BL: torch.Tensor) -> torch.Tensor:
        """The last layer at the plan's positions, (B, L, d); what is asked about is MASK, PAD stands at the end."""
        x_BSd, present_BT, _ = self.embedded(batch, items_BL)
        allowed_BSS = two_way_sight(present_BT, items_BL != PAD)
        for block in self.blocks:
            x_BSd, _ = block(x_BSd, allowed_BSS)
        return self.norm(x_BSd[:, present_BT.shape[1] :])

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """Eq. 7 without its inner projection: item embeddings and a bias, (…, V)."""
        return super().logits(states) + self.bias

    def training_losses(self, batch: RowBatch, targets_BL: torch.Tensor) -> torch.Tensor:
        """Eq. 8, the mean over a sample's masked items, times its decisions.

        So many cuts has its plan; a sample that is cut once stands for all of them.
        """
        items_BL, asked_BL = self.cloze(targets_BL)
        losses_BL = cross_entropy(self.logits(self.states(batch, items_BL)), asked_BL)
        return losses_BL.sum(1) / (asked_BL != PAD).sum(1) * (targets_BL != PAD).sum(1)

    def cloze(self, targets_BL: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Plans cut and masked, and what stood at the masks, PAD elsewhere; (B, L) each, at least one mask a plan."""
        decisions_B1 = (targets_BL != PAD).sum(1, keepdim=True)
        cuts_B1 = (torch.rand_like(decisions_B1, dtype=torch.float32) * decisions_B1).long() + 1
        places_L = torch.arange(targets_BL.shape[1], device=targets_BL.device)
        kept_BL, last_BL = places_L < cuts_B1, places_L == cuts_B1 - 1
        masked_BL = kept_BL & (torch.rand(targets_BL.shape, device=targets_BL.device) < self.args.mask)
        ends_B1 = torch.rand(decisions_B1.shape, device=targets_BL.device) < self.args.last
        masked_BL |= last_BL & (ends_B1 | ~masked_BL.any(1, keepdim=True))
        items_BL = targets_BL.masked_fill(masked_BL, self.extra).masked_fill(~kept_BL, PAD)
        return items_BL, targets_BL.masked_fill(~masked_BL, PAD)

    def plan_logits(self, batch: RowBatch, targets_BL: torch.Tensor) -> torch.Tensor:
        """As in answering: every plan is asked about once for each of its decisions."""
        B, L = targets_BL.shape
        before = torch.arange(L, device=targets_BL.device) < torch.arange(L, device=targets_BL.device)[:, None]
        plans = targets_BL[:, None].masked_fill(~before, PAD).flatten(0, 1)  # (B · L, L)
        rows = torch.arange(B, device=targets_BL.device).repeat_interleave(L)
        return self.next_logits(batch.take(rows), plans[:, :-1]).unflatten(0, (B, L))

    def next_logits(self, batch: RowBatch, plans_BL: torch.Tensor) -> torch.Tensor:
        lengths_B = (plans_BL != PAD).sum(1)
        rows_B = torch.arange(len(lengths_B), device=lengths_B.device)
        items_BL = torch.cat([plans_BL, plans_BL.new_full((len(plans_BL), 1), PAD)], 1)
        items_BL[rows_B, lengths_B] = self.extra
        return self.logits(self.states(batch, items_BL)[rows_B, lengths_B])


class BERT4Rec(SequentialBaseline):
    """Answers by appending MASK to the plan so far."""

    network_class = BERT4RecNetwork


def two_way_sight(present_BT: torch.Tensor, real_BL: torch.Tensor) -> torch.Tensor:
    """Who sees whom, (B, T + L, T + L): the prefix itself, the plan the prefix and all of itself; and each itself."""
    T, L = present_BT.shape[1], real_BL.shape[1]
    seen_by_rows = torch.cat([present_BT, torch.zeros_like(real_BL)], 1)[:, None].expand(-1, T, -1)
    seen_by_plan = torch.cat([present_BT, real_BL], 1)[:, None].expand(-1, L, -1)
    return torch.cat([seen_by_rows, seen_by_plan], 1) | torch.eye(T + L, dtype=torch.bool, device=real_BL.device)
