"""``CSVDataset``: a GSISR file, tokenised once into a memory-mapped cache that later runs and all ranks share."""

import inspect
import itertools
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.compute
from torch.utils.data import Dataset, Sampler
from tqdm import tqdm

from data_process import bad_rows, compression, encode, intents, prompts, response, rule_filter, schema, situation
from data_process.bad_rows import find_bad_rows, usable_rows
from data_process.cache import BAD, cached, cached_table, digest, file_digest
from data_process.compression import FULLY_LATENT_EPOCH, CotMode
from data_process.encode import EncodedRow, RowEncoder
from data_process.response import LabelError
from data_process.schema import LABEL, BadRow, Record, read_records
from utils import InputError

# A sampler's word for "no row": it fills up the last global batch, so that all ranks see equally many batches.
FILLER = -1

CODE = (bad_rows, compression, encode, intents, prompts, response, rule_filter, schema, situation)
# One entry for every row of the file, in its order. A bad row has no tokens, a good one no reason.
FEATURES = datasets.Features(
    {
        **BAD,
        "user": datasets.List(datasets.Value("int32")),
        "blocks": datasets.List(datasets.List(datasets.Value("int32"))),
        "plan": datasets.List(datasets.Value("int32")),
    }
)


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
        bad_rows: ``"stop"``, or ``"skip"`` to leave out rows that can't be used (``bad`` counts them by reason).
            In both cases ``bad_rows_file`` lists them, if there are any.

    Raises:
        InputError: unreadable file, rows that can't be used or don't fit and may not be left out, or none left.
    """

    def __init__(
        self,
        path: str | Path,
        encoder: RowEncoder,
        mode: CotMode,
        *,
        max_length: int,
        overlong: str = "error",
        bad_rows: str = "stop",
    ):
        self.path, self.encoder, self.mode = Path(path), encoder, mode
        self.fingerprints = fingerprints(path, encoder)
        self.fingerprint = _joined(self.fingerprints)
        tokenised = _tokenised(self.path, encoder, self.fingerprint)
        self._pieces = tokenised.select_columns(["user", "blocks", "plan"])
        table = tokenised.with_format("arrow")[:]
        self._measure(table)
        self._leave_out_bad_rows(find_bad_rows(table, mode), bad_rows)
        longest = np.maximum(self.lengths(1), self.lengths(FULLY_LATENT_EPOCH))
        too_long = self.usable & (longest > max_length)
        if overlong == "error" and too_long.any():
            raise InputError(
                f"{path}: {too_long.sum()} of {self.usable.sum()} rows are longer than --max_length {max_length} "
                f"tokens (the first is row {np.flatnonzero(too_long)[0]}); --max_length {longest.max()} fits them all, "
                "--overlong skip leaves them out"
            )
        # Positions in the cache are the file's rows, bad ones included, so that their numbers never shift.
        self.indices = np.flatnonzero(self.usable & ~too_long)
        self.skipped = int(too_long.sum())
        if not self.indices.size:
            raise InputError(f"{path}: no row fits into --max_length {max_length}; {longest.max()} fits them all")

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
        """Tokens of every row's whole sequence at an epoch, rows that were left out included; int64, (rows,).

        A bad row counts as one with nothing but a prompt's constant parts; ``usable`` says which aren't bad.
        """
        return self._prompt + self.response_lengths(epoch)

    def response_lengths(self, epoch: int) -> np.ndarray:
        """Supervised tokens of every row at an epoch; int64, (rows,)."""
        if self.mode == "direct_sft":
            return self._plan + 1
        stage = min(compression.stage_of_epoch(epoch, self.mode), compression.MAX_BLOCKS)
        text = self._block_tokens[:, stage:].sum(1)
        return 2 + compression.LATENTS_PER_BLOCK * np.minimum(stage, self.blocks) + text + self._plan + 1

    @property
    def longest_response(self) -> int:
        """Tokens of the longest response that is used, as the finished model writes it."""
        return int(self.response_lengths(FULLY_LATENT_EPOCH)[self.indices].max())

    def _leave_out_bad_rows(self, bad: list[BadRow], wanted: str) -> None:
        self.bad = Counter(one.reason for one in bad)
        # Beside the tokens, and under the same key: its bytes follow from it and the mode.
        report = cached("tokenised", f"{self.fingerprint}.{self.mode}.bad_rows.jsonl")
        self.bad_rows_file = report if bad else None
        # (rows,), bool: every row that isn't bad, rows that are too long included.
        self.usable = usable_rows(self.path, bad, len(self.blocks), report, wanted)

    def _measure(self, table: pa.Table) -> None:
        self._prompt = list_lengths(table["user"]) + len(self.encoder.prefix) + len(self.encoder.header)
        self._plan = list_lengths(table["plan"])
        self.blocks = list_lengths(table["blocks"])
        # (rows, 11), int64: tokens of every block's text, 0 where a row has no such block.
        self._block_tokens = np.zeros((len(self.blocks), compression.MAX_BLOCKS), dtype=np.int64)
        present = np.arange(compression.MAX_BLOCKS) < self.blocks[:, None]
        self._block_tokens[present] = list_lengths(pa.compute.list_flatten(table["blocks"]))


# Rows are tokenised so many at a time.
BATCH = 500
# The tokens of a bad row.
NOTHING = EncodedRow([], [], [])

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
        raise InputError(f"{path}: no such file; give the path of a GSISR CSV")
    return {
        "data": file_digest(path),
        "tokenizer": digest(encoder.tokenizer.backend_tokenizer.to_str()),
        "prompt_style": encoder.prompt_style,
        "code": digest(repr(FEATURES) + "".join(map(inspect.getsource, CODE))),
    }


def _joined(fingerprints: dict[str, str]) -> str:
    return digest("".join(fingerprints.values()))


def _tokenised(path: Path, encoder: RowEncoder, key: str) -> datasets.Dataset:
    """The tokenised file, from the cache if it is there."""

    def batches():
        records = iter(tqdm(read_records(path), desc=f"tokenising {path.name}", unit=" rows", leave=False))
        while batch := list(itertools.islice(records, BATCH)):
            yield _encode_batch(encoder, batch)

    return cached_table(key, FEATURES, batches)


def _encode_batch(encoder: RowEncoder, batch: list[Record]) -> dict[str, list]:
    """The columns of ``FEATURES`` for some rows."""
    encoded = iter(encoder.encode([record.row for record in batch if not record.bad]))
    columns = {name: [] for name in FEATURES}
    for row, line, bad in batch:
        one = bad or next(encoded)
        why = {"column": None, "reason": None, "message": None}
        if isinstance(one, BadRow):
            why, one = {name: getattr(one, name) for name in why}, NOTHING
        elif isinstance(one, LabelError):
            why, one = {"column": LABEL, "reason": one.reason, "message": str(one)}, NOTHING
        for name, value in ({"id": row["id"], "line": line} | why | one._asdict()).items():
            columns[name].append(value)
    return columns


def list_lengths(column: pa.ChunkedArray) -> np.ndarray:
    return pa.compute.list_value_length(column).to_numpy().astype(np.int64)
