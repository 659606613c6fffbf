"""``ProgressiveCotDistillCollater``: a batch for a stage from token pieces, without tokenising again."""

import torch

from data_process.compression import CotMode
from data_process.encode import IGNORED, PROMPT, RowEncoder, Walk
from data_process.tokenised import FILLER

ABOUT = ("lengths", "rows", "stages", "fully_latent")
# Tokens of a block of flex attention: a packed batch is a whole number of them.
BLOCK = 128


def split_off(batch: dict[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """What a batch holds for the model, and what it says about itself (``ABOUT``)."""
    return (
        {name: tensor for name, tensor in batch.items() if name not in ABOUT},
        {name: batch[name] for name in ABOUT},
    )


class ProgressiveCotDistillCollater:
    """Lays samples of ``CSVDataset`` out as one batch, padded on the right.

        row 0   │ prompt prompt prompt │ <THOUGHT> … </THOUGHT> │ plan … <|im_end|> │ pad pad
        row 1   │ prompt prompt │ <THOUGHT> … </THOUGHT> │ plan <|im_end|> │ pad pad pad pad
                └ L, a multiple of ``multiple`` ────────────────────────────────────────────┘

    Attention is causal, so nothing that counts ever sees the padding, and no mask is needed: with one, SDPA would
    compute the whole square, and on CUDA without its flash kernel. Positions are 0, 1, … in every row.
    Every sample carries the stage of the epoch it was drawn for: right in any loader worker, persistent or not.

    With ``share_prefix`` the batch is one sequence behind one copy of the prefix, the same in every prompt. A row is a
    segment, which sees the prefix and itself (``gplan.training.segments``); losses and gradients are the same.

        tokens    │ prefix │ user … <|im_end|> │ user … <|im_end|> │ pad
        segments    0        1                   2                   B + 1
        positions   0 … p-1  p …                 p …                 0

    Returns a dictionary of tensors for B samples:
        ``input_ids``: (B, L), int64.
        ``labels``, ``sections``: (B, L), int64; the token itself and its section, -100 and 0 where not supervised.
        ``segments``, ``position_ids``: (1, L), int64, with ``share_prefix``; then B is 1 in the three above, too.
        ``lengths``: (B,), int64, tokens without padding.
        ``rows``: (B,), int64, the row of the file; -1 for a filler.
        ``stages``: (B,), int64, the stage of each sample; -1 for a filler.
        ``fully_latent``: (B,), int64, 1 if no text is left in the reasoning.
        The last four are about the batch and not for the model: ``split_off`` takes them out.

    Args:
        encoder: gives prefix, header and control tokens.
        mode: the training mode.
        multiple: the batch's length is rounded up to it (8 for tensor cores), unless the prefix is shared.
    """

    def __init__(self, encoder: RowEncoder, mode: CotMode, *, multiple: int = 8, share_prefix: bool = False):
        self.encoder, self.mode, self.multiple, self.share_prefix = encoder, mode, multiple, share_prefix
        self.pad = encoder.tokenizer.pad_token_id

    def __call__(self, samples: list[dict]) -> dict[str, torch.Tensor]:
        walks, stages, latent = [], [], []
        for sample in samples:
            if sample["row"] == FILLER:
                # One token and nothing supervised.
                walks.append(Walk([self.encoder.end], [IGNORED], [PROMPT]))
                stages.append(FILLER)
                latent.append(0)
                continue
            stage = sample["stage"]
            walks.append(self.encoder.lay_out(sample["pieces"], stage, self.mode))
            stages.append(stage)
            latent.append(int(self.mode != "direct_sft" and stage >= len(sample["pieces"].blocks)))
        about = {
            "lengths": [len(walk.ids) for walk in walks],
            "rows": [sample["row"] for sample in samples],
            "stages": stages,
            "fully_latent": latent,
        }
        lay_out = self._pack if self.share_prefix else self._pad
        return lay_out(walks) | {name: torch.tensor(values) for name, values in about.items()}

    def _pad(self, walks: list[Walk]) -> dict[str, torch.Tensor]:
        longest = max(len(walk.ids) for walk in walks)
        shape = len(walks), -(-longest // self.multiple) * self.multiple
        padded = {
            "input_ids": torch.full(shape, self.pad),
            "labels": torch.full(shape, IGNORED),
            "sections": torch.full(shape, PROMPT),
        }
        for i, walk in enumerate(walks):
            for tensor, values in zip(padded.values(), walk, strict=True):
                tensor[i, : len(values)] = torch.tensor(values)
        return padded

    def _pack(self, walks: list[Walk]) -> dict[str, torch.Tensor]:
        prefix = self.encoder.prefix
        shared = len(prefix)
        packed = {
            "input_ids": [*prefix],
            "labels": [IGNORED] * shared,
            "sections": [PROMPT] * shared,
            "segments": [0] * shared,
            "position_ids": [*range(shared)],
        }
        for number, walk in enumerate(walks, start=1):
            own = max(0, len(walk.ids) - shared)  # a filler has none
            parts = (*(values[shared:] for values in walk), [number] * own, range(shared, shared + own))
            for values, part in zip(packed.values(), parts, strict=True):
                values.extend(part)
        padding = -len(packed["input_ids"]) % BLOCK
        for values, pad in zip(packed.values(), (self.pad, IGNORED, PROMPT, len(walks) + 1, 0), strict=True):
            values.extend([pad] * padding)
        return {name: torch.tensor([values]) for name, values in packed.items()}
