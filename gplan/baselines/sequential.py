"""What the sequential baselines have in common: learning, and log-probabilities of the next intent.

Letters of shapes: B samples, T tokens of a row, L decisions of a plan (its intents, then the end), S = T + L,
d channels, H heads, V choices: the intents and the end.
"""

from abc import ABC, abstractmethod
from argparse import Namespace
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from data_process.schema import Row
from gplan.baselines.baseline import NextIntent
from gplan.baselines.decode import Scorer
from gplan.baselines.examples import LabelledRows, split
from gplan.baselines.inputs import RowBatch, RowEncoding
from gplan.baselines.trainer import data_digest, fit
from gplan.baselines.vocabulary import Ids

# Of plans that are shorter than the longest of a batch.
PAD = -1
# Plans scored at once.
PLANS = 1024


class IntentNetwork(nn.Module, ABC):
    """A network that chooses the next intent.

    Args:
        encoding: of rows, by those that are learnt from.
        choices: V.
        args: settings of the model's YAML file.
    """

    def __init__(self, encoding: RowEncoding, choices: int, args: Namespace):
        super().__init__()
        self.args, self.choices = args, choices

    @abstractmethod
    def training_losses(self, batch: RowBatch, targets_BL: torch.Tensor) -> torch.Tensor:
        """What is minimised: the sum over a sample's decisions, (B,)."""

    @abstractmethod
    def plan_logits(self, batch: RowBatch, targets_BL: torch.Tensor) -> torch.Tensor:
        """Logits of every decision of whole plans, (B, L, V), each by the decisions before it alone."""

    @abstractmethod
    def next_logits(self, batch: RowBatch, plans_BL: torch.Tensor) -> torch.Tensor:
        """Logits of what follows the plans so far, which PAD fills up, (B, V)."""

    def forward(self, targets_BL: torch.Tensor, **row: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Losses and decisions of each sample, as ``trainer`` asks for."""
        batch, counts_B = RowBatch(**row), (targets_BL != PAD).sum(1)
        if self.training:
            return self.training_losses(batch, targets_BL), counts_B
        return cross_entropy(self.plan_logits(batch, targets_BL), targets_BL).sum(1), counts_B


def cross_entropy(logits_BLV: torch.Tensor, targets_BL: torch.Tensor) -> torch.Tensor:
    """-log softmax of each decision's target, (B, L); 0 at PAD."""
    return F.cross_entropy(logits_BLV.transpose(1, 2), targets_BL, ignore_index=PAD, reduction="none")


class SequentialBaseline(NextIntent, ABC):
    """A baseline whose network reads a row's tokens and the plan so far.

    Attributes:
        network_class: of the network; what a subclass gives.
    """

    network_class: type[IntentNetwork]

    def fit(self, examples: LabelledRows) -> None:
        learn, _ = split(examples, self.args.held_out, self.args.seed)
        self._encoding = RowEncoding(learn.rows, self.args.sees)
        rows = self._encoding.encode(examples.rows)
        targets = padded([(*plan, self.vocabulary.end) for plan in examples.plans])

        def collate(numbers: list[int]) -> dict[str, torch.Tensor]:
            longest = int((targets[numbers] != PAD).any(0).sum())
            return {"targets_BL": targets[numbers, :longest], **rows.take(numbers)._asdict()}

        def build() -> IntentNetwork:
            return self.network_class(self._encoding, len(self.vocabulary), self.args)

        self._network = fit(build, range(len(targets)), collate, self.args, data_digest(examples))
        self.parameters = sum(weight.numel() for weight in self._network.parameters())

    def scorer(self, rows: Sequence[Row]) -> Scorer:
        batch, device = self._encoding.encode(rows), next(self._network.parameters()).device

        @torch.inference_mode()
        def score(numbers: np.ndarray, plans: Sequence[Ids]) -> np.ndarray:
            parts = []
            for start in range(0, len(plans), PLANS):
                part = slice(start, start + PLANS)
                some = batch.take(torch.from_numpy(numbers[part])).to(device)
                logits_BV = self._network.next_logits(some, padded(plans[part]).to(device))
                parts.append(logits_BV.double().log_softmax(1).cpu().numpy())
            return np.concatenate(parts)

        return score


def padded(plans: Sequence[Ids]) -> torch.Tensor:
    """``padded([(4, 2), (7,)])`` -> ``tensor([[4, 2], [7, -1]])``, int64."""
    width = max(map(len, plans))
    return torch.tensor([[*plan, *[PAD] * (width - len(plan))] for plan in plans], dtype=torch.int64).view(
        len(plans), width
    )
