"""``PairDataset``: a twins file as samples, two a pair, and ``PairCollater``, which lays them out."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from data_process.encode import IGNORED, RowEncoder
from data_process.prompts import PROMPT_STYLES
from data_process.tokenised import BAD, FILLER, IDS, TokenisedDataset, list_lengths
from data_process.twins import REMEDY, SIDES, PairRecord, read_pair_records


class PairDataset(TokenisedDataset):
    """The samples of a twins file; a sample is asked for by ``(epoch, index)``.

    Pair i gives two: sample 2i asks in the anchor's context, where its plan is chosen and the twin's rejected, and
    sample 2i + 1 the other way round. Responses are fully latent: scaffold, plan, end token.
    ``dataset[1, 7]`` -> ``{"sample": 7, "pair": 3, "user": [ids], "chosen": [ids], "rejected": [ids]}``

    ``max_length`` counts a prompt with both responses. See ``TokenisedDataset`` for everything else.

    Args:
        path: twins file, see ``data_process.twins``.
        encoder: with a tokenizer that has the latents.
    """

    # Raised whenever the same pair, tokenizer and prompt style give other ids, or another reason why a pair is bad.
    FORMAT = 2
    FEATURES = {f"{what}_{side}": IDS for side in SIDES for what in ("user", "response")}  # noqa: RUF012
    UNIT = "pair"
    REMEDY = REMEDY

    def __init__(self, path: str | Path, encoder: RowEncoder, **limits):
        # Their labels are plans alone; the reasoning is latent.
        super().__init__(path, encoder, "direct_sft", **limits)

    def __len__(self) -> int:
        return 2 * len(self.indices)

    def __getitem__(self, key: tuple[int, int]) -> dict:
        _, index = key
        if index == FILLER:
            return {"sample": FILLER, "pair": FILLER, "user": [], "chosen": [], "rejected": []}
        pair, side = int(self.indices[index // 2]), index % 2
        item = self._tokens[pair]
        chosen, rejected = (item[f"response_{name}"] for name in (SIDES[side], SIDES[1 - side]))
        user = item[f"user_{SIDES[side]}"]
        return {"sample": index, "pair": pair, "user": user, "chosen": chosen, "rejected": rejected}

    def pairs_of(self, samples: list[int]) -> list[int]:
        """The numbers, in the file, of the pairs that these samples belong to."""
        return sorted({int(self.indices[sample // 2]) for sample in samples})

    @property
    def longest_response(self) -> int:
        """Tokens of the longest response that is used."""
        return int(self._response[self.indices].max())

    def records(self) -> Iterator[PairRecord]:
        return read_pair_records(self.path)

    def encode(self, records: list[PairRecord]) -> list[dict]:
        user = PROMPT_STYLES[self.encoder.prompt_style].user
        entries = []
        for line, pair, bad, rewritten in records:
            entry = dict.fromkeys(BAD) | {name: [] for name in self.FEATURES}
            entry |= {"line": line, "rewritten": list(rewritten)}
            if bad:
                entry |= {name: getattr(bad, name) for name in BAD}
            else:
                entry["id"] = pair.anchor["id"]
                for side, row, plan in zip(SIDES, (pair.anchor, pair.twin), pair.plans, strict=True):
                    entry[f"user_{side}"] = self.encoder.text(user(row))
                    entry[f"response_{side}"] = self.encoder.latent_response(plan)
            entries.append(entry)
        return entries

    def lengths_of(self, table: pa.Table) -> np.ndarray:
        lengths = {name: list_lengths(table[name]) for name in self.FEATURES}
        users, responses = ([lengths[f"{what}_{side}"] for side in SIDES] for what in ("user", "response"))
        self._response = np.maximum(*responses)
        return len(self.encoder.prefix) + len(self.encoder.header) + np.maximum(*users) + sum(responses)


class PairCollater:
    """Lays samples of ``PairDataset`` out as one batch, padded on the right.

        shared     │ prompt │ chosen … <|im_end|> │ rejected … <|im_end|> │ pad     one row a sample
        segments     0        1                     2                       3
        positions    0 … p-1  p …                   p …                     0
        apart      │ prompt │ chosen … <|im_end|> │ pad                             two rows a sample, no mask
                   │ prompt │ rejected … <|im_end|> │ pad

    A response's first token is predicted by the prompt's last position, every other one by the token before it.

    Returns a dictionary of tensors for B samples:
        ``input_ids``: (B or 2B, L), int64; L is a multiple of ``multiple``.
        ``targets``: (B, 2, R), int64, the tokens of chosen and rejected response, -100 behind their ends.
        ``sources``: (B, 2, R), int64, the positions that predict them, counted through ``input_ids`` row by row.
        ``segments``, ``position_ids``: (B, L), int64, if the prompt is shared.
        ``samples``, ``pairs``: (B,), int64, numbers in the dataset and in the file; -1 for a filler.
    """

    ABOUT = ("samples", "pairs")

    def __init__(self, encoder: RowEncoder, *, share_prompt: bool, multiple: int = 8):
        self.encoder, self.share_prompt, self.multiple = encoder, share_prompt, multiple
        self.pad = encoder.tokenizer.pad_token_id

    def __call__(self, samples: list[dict]) -> dict[str, torch.Tensor]:
        rows, segments, positions, sources = [], [], [], []
        for sample in samples:
            prompt = [*self.encoder.prefix, *sample["user"], *self.encoder.header]
            chosen, rejected = sample["chosen"], sample["rejected"]
            p, c, r = len(prompt), len(chosen), len(rejected)
            if self.share_prompt:
                rows.append([*prompt, *chosen, *rejected])
                segments.append([0] * p + [1] * c + [2] * r)
                positions.append([*range(p), *range(p, p + c), *range(p, p + r)])
                sources.append((len(rows) - 1, range(p - 1, p - 1 + c), [p - 1, *range(p + c, p + c + r - 1)][:r]))
            else:
                rows += [[*prompt, *chosen], [*prompt, *rejected]]
                sources.append((len(rows) - 2, range(p - 1, p - 1 + c), range(p - 1, p - 1 + r)))
        length = -(-max(map(len, rows)) // self.multiple) * self.multiple
        batch = {"input_ids": _padded(rows, length, self.pad)}
        if self.share_prompt:
            batch |= {"segments": _padded(segments, length, 3), "position_ids": _padded(positions, length, 0)}
        longest = max(1, *(len(sample[which]) for sample in samples for which in ("chosen", "rejected")))
        flat = [
            [(row + (0 if self.share_prompt else which)) * length + place for place in places]
            for row, *both in sources
            for which, places in enumerate(both)
        ]
        responses = [sample[which] for sample in samples for which in ("chosen", "rejected")]
        batch["sources"] = _padded(flat, longest, 0).view(len(samples), 2, longest)
        batch["targets"] = _padded(responses, longest, IGNORED).view(len(samples), 2, longest)
        batch |= {"samples": torch.tensor([one["sample"] for one in samples])}
        return batch | {"pairs": torch.tensor([one["pair"] for one in samples])}


def _padded(rows: list[list[int]], length: int, value: int) -> torch.Tensor:
    padded = torch.full((len(rows), length), value)
    for i, row in enumerate(rows):
        padded[i, : len(row)] = torch.tensor(row, dtype=torch.int64)
    return padded
