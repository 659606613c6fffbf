"""Lessons for supervised training: ids of whole episodes, and the loss on what the agent wrote alone.

read  read  written written  read  written │ pad
-100  -100  id      id       -100  id      │ -100        labels, at the places of the ids themselves
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch.utils.data import Dataset

from data_process.encode import IGNORED
from data_process.tokenised import FILLER
from stagent.rollout.sequence import TokenSequence


class LessonSet(Dataset):
    """Sequences by the sampler's ``(epoch, index)``; None for what fills up the last batch."""

    def __init__(self, sequences: Sequence[TokenSequence]):
        self.sequences = list(sequences)
        self.lengths = np.array([len(each.ids) for each in self.sequences])

    def __len__(self) -> int:
        return len(self.sequences)

    def __getitem__(self, key: tuple[int, int]) -> tuple[int, TokenSequence] | None:
        _, index = key
        return None if index == FILLER else (index, self.sequences[index])


def padded(sequences: Sequence[TokenSequence], pad: int) -> dict[str, torch.Tensor]:
    """``input_ids`` and ``labels``, each (B, T), padded on the right."""
    longest = max(len(each.ids) for each in sequences)
    ids = torch.full((len(sequences), longest), pad)
    labels = torch.full((len(sequences), longest), IGNORED)
    for row, each in enumerate(sequences):
        length = len(each.ids)
        ids[row, :length] = torch.tensor(each.ids)
        labels[row, :length] = torch.where(torch.tensor(each.written), ids[row, :length], IGNORED)
    return {"input_ids": ids, "labels": labels}


def collate(samples: list[tuple[int, TokenSequence] | None], pad: int) -> dict[str, torch.Tensor]:
    """A micro-batch with ``lessons``, (B,), their numbers; where all are fillers, one lesson that counts nothing."""
    taken = [sample for sample in samples if sample is not None]
    if not taken:
        nothing = TokenSequence([pad, pad], [False, False], [0.0, 0.0])
        return {"lessons": torch.tensor([FILLER]), **padded([nothing], pad)}
    return {
        "lessons": torch.tensor([number for number, _ in taken]),
        **padded([sequence for _, sequence in taken], pad),
    }
