"""``ProgressiveCotDistillCollater``: a batch for a stage from token pieces, without tokenising again."""

import torch

from data_process.compression import MAX_BLOCKS, CotMode, stage_of_epoch
from data_process.data_loader import FILLER
from data_process.encode import IGNORED, PROMPT, RowEncoder

ABOUT = ("rows", "stages", "fully_latent")


def split_off(batch: dict[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """What a batch holds for the model, and what it says about itself (``rows``, ``stages``, ``fully_latent``)."""
    return (
        {name: tensor for name, tensor in batch.items() if name not in ABOUT},
        {name: batch[name] for name in ABOUT},
    )


class ProgressiveCotDistillCollater:
    """Lays samples of ``CSVDataset`` out as one batch, padded on the left so that the responses end together.

        row 0   pad pad │ prompt prompt prompt │ <THOUGHT> … </THOUGHT> │ plan … <|im_end|>
        row 1   pad pad pad pad │ prompt prompt │ <THOUGHT> … </THOUGHT> │ plan <|im_end|>
                └ L, a multiple of ``multiple`` ──────────────────────────────────────────┘
                                          └ R, the longest response: labels and sections ─┘

    Every sample carries the epoch it was drawn for, so its stage is right in any loader worker, persistent or not.

    Returns a dictionary of tensors for B samples:
        ``input_ids``, ``attention_mask``, ``position_ids``: (B, L), int64.
        ``labels``, ``sections``: (B, R), int64; the last R positions; -100 and section 0 where not supervised.
        ``rows``: (B,), int64, the row of the file; -1 for a filler.
        ``stages``: (B,), int64, the stage of each sample; -1 for a filler.
        ``fully_latent``: (B,), int64, 1 if no text is left in the reasoning.
        The last three are about the batch and not for the model: ``split_off`` takes them out.

    Args:
        encoder: gives prefix, header and control tokens.
        mode: the training mode.
        multiple: the batch's length is rounded up to it (8 for tensor cores).
    """

    def __init__(self, encoder: RowEncoder, mode: CotMode, *, multiple: int = 8):
        self.encoder, self.mode, self.multiple = encoder, mode, multiple
        self.pad = encoder.tokenizer.pad_token_id
        # For samples that carry no epoch (epoch None); SyncEpochCallback keeps it in step.
        self.epoch = 1

    def __call__(self, samples: list[dict]) -> dict[str, torch.Tensor]:
        walks, stages, latent = [], [], []
        for sample in samples:
            epoch = sample["epoch"] or self.epoch
            if sample["row"] == FILLER:
                # One real token and nothing supervised: attention needs something to look at.
                walks.append(([self.encoder.end], [IGNORED], [PROMPT]))
                stages.append(FILLER)
                latent.append(0)
                continue
            walks.append(self.encoder.lay_out(sample["pieces"], epoch, self.mode))
            stage = min(stage_of_epoch(epoch, self.mode), MAX_BLOCKS)
            stages.append(stage)
            latent.append(int(self.mode != "direct_sft" and stage >= len(sample["pieces"].blocks)))
        about = {"rows": [sample["row"] for sample in samples], "stages": stages, "fully_latent": latent}
        return self._pad(walks) | {name: torch.tensor(values) for name, values in about.items()}

    def _pad(self, walks: list) -> dict[str, torch.Tensor]:
        longest = max(len(ids) for ids, _, _ in walks)
        length = -(-longest // self.multiple) * self.multiple
        response = max(sum(section != PROMPT for section in sections) for _, _, sections in walks) or 1
        ids = torch.full((len(walks), length), self.pad)
        mask = torch.zeros((len(walks), length), dtype=torch.int64)
        labels = torch.full((len(walks), response), IGNORED)
        sections = torch.full((len(walks), response), PROMPT)
        for i, (row_ids, row_labels, row_sections) in enumerate(walks):
            ids[i, length - len(row_ids) :] = torch.tensor(row_ids)
            mask[i, length - len(row_ids) :] = 1
            tail = min(response, len(row_ids))
            labels[i, response - tail :] = torch.tensor(row_labels[-tail:])
            sections[i, response - tail :] = torch.tensor(row_sections[-tail:])
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        return {
            "input_ids": ids,
            "attention_mask": mask,
            "position_ids": positions,
            "labels": labels,
            "sections": sections,
        }
