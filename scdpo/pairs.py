"""``PairDataset``: a twins file as samples, two a pair, and ``PairCollater``, which lays them out."""

import inspect
import itertools
from collections import Counter
from pathlib import Path

import datasets
import numpy as np
import torch
from torch.utils.data import Dataset
from tqdm import tqdm

from data_process import cache, data_loader, twins
from data_process.bad_rows import find_bad_rows, usable_rows
from data_process.cache import BAD, cached, cached_table, digest
from data_process.data_loader import FILLER, fingerprints, list_lengths
from data_process.encode import IGNORED, RowEncoder
from data_process.prompts import PROMPT_STYLES
from data_process.twins import plans, read_pair_records
from utils import InputError

SIDES = ("anchor", "twin")
IDS = datasets.List(datasets.Value("int32"))
# One entry for every line of the file, in its order; a bad one has no tokens.
FEATURES = datasets.Features(BAD | {f"{what}_{side}": IDS for side in SIDES for what in ("user", "response")})
# Pairs are tokenised so many at a time.
BATCH = 500


class PairDataset(Dataset):
    """The samples of a twins file; a sample is asked for by ``(epoch, index)``.

    Pair i gives two: sample 2i asks in the anchor's context, where its plan is chosen and the twin's rejected, and
    sample 2i + 1 the other way round. Responses are fully latent: scaffold, plan, end token.
    ``dataset[1, 7]`` -> ``{"sample": 7, "pair": 3, "user": [ids], "chosen": [ids], "rejected": [ids]}``

    Args:
        path: twins file, see ``data_process.twins``.
        encoder: with a tokenizer that has the latents.
        max_length: longest allowed prompt with both responses, in tokens.
        overlong: ``"error"``, or ``"skip"`` to leave such pairs out (``skipped`` counts them).
        bad_rows: ``"stop"``, or ``"skip"`` to leave out pairs that can't be used (``bad`` counts them by reason).

    Raises:
        InputError: unreadable file, pairs that can't be used or don't fit and may not be left out, or none left.
    """

    def __init__(
        self, path: str | Path, encoder: RowEncoder, *, max_length: int, overlong: str = "error", bad_rows: str = "stop"
    ):
        self.path, self.encoder = Path(path), encoder
        if not self.path.is_file():
            raise InputError(f"{path}: no such file; {twins.REMEDY}")
        self.fingerprints = fingerprints(path, encoder) | {"code": _code()}
        key = digest("twins" + "".join(self.fingerprints.values()))
        tokenised = cached_table(key, FEATURES, self._batches)
        self._tokens = tokenised.select_columns([name for name in FEATURES if name not in BAD])
        table = tokenised.with_format("arrow")[:]
        bad, report = find_bad_rows(table, "direct_sft"), cached("tokenised", f"{key}.bad_rows.jsonl")
        self.bad, self.bad_rows_file = Counter(one.reason for one in bad), report if bad else None
        usable = usable_rows(self.path, bad, len(table), report, bad_rows)
        prompt = len(encoder.prefix) + len(encoder.header)
        user, self._response = (
            np.stack([list_lengths(table[f"{what}_{side}"]) for side in SIDES]).max(0) for what in ("user", "response")
        )
        both = sum(list_lengths(table[f"response_{side}"]) for side in SIDES)
        longest = prompt + user + both
        too_long = usable & (longest > max_length)
        if overlong == "error" and too_long.any():
            raise InputError(
                f"{path}: {too_long.sum()} of {usable.sum()} pairs are longer than --max_length {max_length} tokens "
                f"(the first is pair {np.flatnonzero(too_long)[0]}); --max_length {longest[usable].max()} fits them "
                "all, --overlong skip leaves them out"
            )
        # Positions in the cache are the file's pairs, bad ones included, so that their numbers never shift.
        self.indices = np.flatnonzero(usable & ~too_long)
        self.skipped = int(too_long.sum())
        if not self.indices.size:
            raise InputError(
                f"{path}: no pair fits into --max_length {max_length}; {longest[usable].max()} fits them all"
            )
        # What the samples follow from, and which of them there are.
        self.fingerprint = digest(key + repr(self.indices.tolist()))

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

    def _batches(self):
        records = iter(
            tqdm(read_pair_records(self.path), desc=f"tokenising {self.path.name}", unit=" pairs", leave=False)
        )
        user = PROMPT_STYLES[self.encoder.prompt_style].user
        while batch := list(itertools.islice(records, BATCH)):
            columns = {name: [] for name in FEATURES}
            for line, pair, bad in batch:
                one = dict.fromkeys(FEATURES) | {name: [] for name in FEATURES if name not in BAD} | {"line": line}
                if bad:
                    one |= {name: getattr(bad, name) for name in BAD}
                else:
                    one["id"] = pair.anchor["id"]
                    for side, row, plan in zip(SIDES, (pair.anchor, pair.twin), plans(pair), strict=True):
                        one[f"user_{side}"] = self.encoder.text(user(row))
                        one[f"response_{side}"] = self.encoder.latent_response(plan)
                for name, value in one.items():
                    columns[name].append(value)
            yield columns


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


def _code() -> str:
    modules = (*data_loader.CODE, cache, twins)
    return digest(repr(FEATURES) + "".join(map(inspect.getsource, modules)) + inspect.getsource(PairDataset))
