"""``CSVDataset``: a GSISR file, tokenised once into a memory-mapped cache that later runs and all ranks share."""

import hashlib
import inspect
import os
from collections.abc import Callable
from pathlib import Path

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.compute
from filelock import FileLock
from torch.utils.data import Dataset, Sampler

from data_process import compression, encode, intents, prompts, response, rule_filter, schema, situation
from data_process.compression import FULLY_LATENT_EPOCH, CotMode
from data_process.encode import EncodedRow, RowEncoder
from data_process.response import LabelError
from data_process.schema import LABEL, DataError, read_table

# A sampler's word for "no row": it fills up the last global batch, so that all ranks see equally many batches.
FILLER = -1

_CODE = (compression, encode, intents, prompts, response, rule_filter, schema, situation)
_FEATURES = datasets.Features(
    {
        "user": datasets.List(datasets.Value("int32")),
        "blocks": datasets.List(datasets.List(datasets.Value("int32"))),
        "plan": datasets.List(datasets.Value("int32")),
    }
)


def cache_folder() -> Path:
    """Where tokenised data and the embedded backbone live: ``$GPLAN_CACHE``, else ``~/.cache/gplan``."""
    return Path(os.environ.get("GPLAN_CACHE") or Path.home() / ".cache" / "gplan")


class CSVDataset(Dataset):
    """The rows of a GSISR CSV as token pieces; an item is asked for by ``(epoch, index)``.

    ``dataset[3, 17]`` -> ``{"epoch": 3, "row": 17, "pieces": EncodedRow(user, blocks, plan)}``, and for the
    filler index -1 ``{"epoch": 3, "row": -1, "pieces": None}``.

    Args:
        path: GSISR CSV. Labels with reasoning for picd and cot_sft, with or without for direct_sft.
        encoder: gives the token pieces; its tokenizer and prompt style are part of the cache's key.
        mode: the training mode.
        max_length: longest allowed sequence in tokens, at the stage where a row is longest.
        overlong: ``"error"``, or ``"skip"`` to leave such rows out (``skipped`` counts them).

    Raises:
        DataError: unreadable file, a label that can't be used, reasoning missing, or rows that don't fit.
    """

    def __init__(
        self,
        path: str | Path,
        encoder: RowEncoder,
        mode: CotMode,
        *,
        max_length: int,
        overlong: str = "error",
    ):
        self.path, self.encoder, self.mode = Path(path), encoder, mode
        self.fingerprints = fingerprints(path, encoder)
        self.fingerprint = _joined(self.fingerprints)
        self._pieces = _tokenised(self.path, encoder, self.fingerprint)
        self._measure()
        if mode != "direct_sft" and (bare := np.flatnonzero(self.blocks == 0)).size:
            raise DataError(
                f"{path}: row {bare[0]}, column {LABEL}: no reasoning ({bare.size} of {len(self.blocks)} rows have "
                f"none), but --cot_mode {mode} trains on it; write it with: python -m synthesis.augment {path} "
                "OUT.csv --teacher rules"
            )
        longest = np.maximum(self.lengths(1), self.lengths(FULLY_LATENT_EPOCH))
        fits = longest <= max_length
        if overlong == "error" and not fits.all():
            raise DataError(
                f"{path}: {np.count_nonzero(~fits)} of {fits.size} rows are longer than --max_length {max_length} "
                f"tokens (the first is row {np.flatnonzero(~fits)[0]}); --max_length {longest.max()} fits them all, "
                "--overlong skip leaves them out"
            )
        self.indices = np.flatnonzero(fits)
        self.skipped = int(np.count_nonzero(~fits))
        if not self.indices.size:
            raise DataError(f"{path}: no row fits into --max_length {max_length}; {longest.max()} fits them all")

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, key: tuple[int, int]) -> dict:
        epoch, index = key
        if index == FILLER:
            return {"epoch": epoch, "row": FILLER, "pieces": None}
        row = int(self.indices[index])
        item = self._pieces[row]
        return {"epoch": epoch, "row": row, "pieces": EncodedRow(item["user"], item["blocks"], item["plan"])}

    def lengths(self, epoch: int) -> np.ndarray:
        """Tokens of every row's whole sequence at an epoch, rows that were left out included; int64, (rows,)."""
        return self._prompt + self.response_lengths(epoch)

    def response_lengths(self, epoch: int) -> np.ndarray:
        """Supervised tokens of every row at an epoch; int64, (rows,)."""
        if self.mode == "direct_sft":
            return self._plan + 1
        stage = min(compression.stage_of_epoch(epoch, self.mode), compression.MAX_BLOCKS)
        text = self._block_tokens[:, stage:].sum(1)
        return 2 + compression.LATENTS_PER_BLOCK * np.minimum(stage, self.blocks) + text + self._plan + 1

    def _measure(self) -> None:
        table = self._pieces.with_format("arrow")[:]
        self._prompt = _list_lengths(table["user"]) + len(self.encoder.prefix) + len(self.encoder.header)
        self._plan = _list_lengths(table["plan"])
        self.blocks = _list_lengths(table["blocks"])
        # (rows, 11), int64: tokens of every block's text, 0 where a row has no such block.
        self._block_tokens = np.zeros((len(self.blocks), compression.MAX_BLOCKS), dtype=np.int64)
        present = np.arange(compression.MAX_BLOCKS) < self.blocks[:, None]
        self._block_tokens[present] = _list_lengths(pa.compute.list_flatten(table["blocks"]))


# Rows are grouped by length within a pool of so many shuffled ones, in groups of GROUP. Neither depends on the batch
# size or the ranks, so that the order of rows stays the same however a global batch is cut.
POOL, GROUP = 1024, 64


class EpochSampler(Sampler):
    """Yields ``(epoch, index)``: the order of rows depends on the data, the seed and the epoch alone.

    With ``lengths``, rows of like length come together: a shuffled pool is sorted by length, cut into groups, and
    the groups are shuffled. The last global micro-batch is filled up with ``(epoch, -1)``, so that every rank gets
    equally many batches without a row being counted twice. ``EpochSampler(3, 2, seed=0)`` at epoch 5 gives four
    pairs, for instance ``(5, 2), (5, 0), (5, 1), (5, -1)``.

    Args:
        size: number of rows.
        multiple: rows of one micro-batch over all ranks.
        seed: of the order; None keeps the file's order and the epoch.
        epoch: 1, 2, …; ``set_epoch`` takes Trainer's, which counts from 0.
        lengths: from an epoch to the tokens of each row there, (size,); None leaves the order fully random.
    """

    def __init__(
        self,
        size: int,
        multiple: int,
        *,
        seed: int | None,
        epoch: int = 1,
        lengths: Callable[[int], np.ndarray] | None = None,
    ):
        self.size, self.multiple, self.seed, self.epoch, self.lengths = size, multiple, seed, epoch, lengths

    def set_epoch(self, epoch: int) -> None:
        if self.seed is not None:
            self.epoch = epoch + 1

    def __len__(self) -> int:
        return -(-self.size // self.multiple) * self.multiple

    def __iter__(self):
        for index in self._order():
            yield self.epoch, index
        for _ in range(len(self) - self.size):
            yield self.epoch, FILLER

    def _order(self) -> list[int]:
        if self.seed is None:
            return list(range(self.size))
        rng = np.random.default_rng([self.seed, self.epoch])
        order = rng.permutation(self.size)
        if self.lengths is None:
            return order.tolist()
        lengths = self.lengths(self.epoch)
        groups = []
        for pool in np.split(order, range(POOL, self.size, POOL)):
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            parts = np.split(pool, range(GROUP, len(pool), GROUP))
            groups += [parts[i] for i in rng.permutation(len(parts))]
        return np.concatenate(groups).tolist()


def fingerprints(path: str | Path, encoder: RowEncoder) -> dict[str, str]:
    """What the tokenised rows follow from: ``data`` (the file's bytes), ``tokenizer``, ``prompt_style``, ``code``."""
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: no such file; give the path of a GSISR CSV")
    with open(path, "rb") as file:
        data = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "data": data[:12],
        "tokenizer": _digest(encoder.tokenizer.backend_tokenizer.to_str()),
        "prompt_style": encoder.prompt_style,
        "code": _digest("".join(map(inspect.getsource, _CODE))),
    }


def _joined(fingerprints: dict[str, str]) -> str:
    return _digest("".join(fingerprints.values()))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _tokenised(path: Path, encoder: RowEncoder, key: str) -> datasets.Dataset:
    """The tokenised file from the cache, made first if it isn't there; the first process makes it, others wait."""
    folder = cache_folder() / "tokenised"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{key}.arrow"
    with FileLock(f"{target}.lock"):
        if not target.exists():
            partial = folder / f"{key}.partial"
            table = datasets.Dataset.from_pandas(read_table(path), preserve_index=False)
            table.map(
                lambda batch, positions: _encode_batch(path, encoder, batch, positions),
                with_indices=True,
                batched=True,
                batch_size=500,
                remove_columns=table.column_names,
                features=_FEATURES,
                cache_file_name=str(partial),
                load_from_cache_file=False,
                new_fingerprint=key,
                desc=f"tokenising {path.name}",
            )
            os.replace(partial, target)
    return datasets.Dataset.from_file(str(target))


def _encode_batch(path: Path, encoder: RowEncoder, batch: dict[str, list[str]], positions: list[int]) -> dict:
    rows = [dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)]
    try:
        encoded = encoder.encode(rows)
    except LabelError as error:
        raise DataError(
            f"{path}: row {positions[error.row]} (id {rows[error.row]['id']}), column {LABEL}: {error}; "
            "correct or remove the row"
        ) from error
    return {
        "user": [one.user for one in encoded],
        "blocks": [one.blocks for one in encoded],
        "plan": [one.plan for one in encoded],
    }


def _list_lengths(column: pa.ChunkedArray) -> np.ndarray:
    return pa.compute.list_value_length(column).to_numpy().astype(np.int64)
