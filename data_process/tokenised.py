"""``TokenisedDataset``: a file, tokenised once into a memory-mapped cache that later runs and all ranks share.

    file ──records──► entries of FEATURES ──cached──► table ──► bad ones listed ──► too long ones counted ──► indices

Positions in the table are the file's lines or rows, bad ones included, so that their numbers never shift.
"""

import itertools
import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.compute
from datasets.arrow_writer import ArrowWriter
from filelock import FileLock
from torch.utils.data import Dataset
from tqdm import tqdm

from data_process.bad_rows import find_bad_rows, usable_rows
from data_process.cache import cached, digest, file_digest
from data_process.cells import rewritten_text
from data_process.compression import CotMode
from data_process.encode import RowEncoder
from data_process.files import whole
from utils import InputError, say

# A sampler's word for "no sample": it fills up the last global batch, so that all ranks see equally many batches.
FILLER = -1
# What every cached table says of an entry that can't be used, as BadRow does; a good one has no reason.
BAD = {
    **{name: datasets.Value("string") for name in ("id", "column", "reason", "message")},
    "line": datasets.Value("int32"),
}
# And of the columns whose cells were rewritten by another program.
COMMON = BAD | {"rewritten": datasets.List(datasets.Value("string"))}
IDS = datasets.List(datasets.Value("int32"))
# Records are tokenised so many at a time.
BATCH = 500
# The last bytes of every Arrow stream that was written to its end.
_END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"


class TokenisedDataset(Dataset, ABC):
    """What the datasets of rows and of pairs have in common; a sample is asked for by ``(epoch, index)``.

    A subclass says what a table's entry holds beside ``COMMON`` (``FEATURES``), reads the file (``records``), tokenises
    (``encode``) and measures (``lengths_of``). ``FORMAT`` is the number of what comes out of that: when it is raised,
    cached tables are made anew and runs from before are not continued.

    Attributes:
        indices: int64, (usable entries,); positions in the table of those that are used.
        rewritten: a line that says which cells were rewritten by another program; "" where none were.
        bad, bad_rows_file: entries that can't be used, counted by reason; the file that lists them, or None.
        skipped: entries that are too long.
        fingerprints: what the table follows from: ``data`` (the file's bytes), ``tokenizer``, ``prompt_style``,
            ``format``.
        fingerprint: what the samples follow from, in one name.

    Args:
        path: the file.
        encoder: its tokenizer and prompt style are part of the table's key.
        mode: the training mode; a label without reasoning is bad for one that trains on it.
        max_length: longest allowed sequence in tokens, at the stage where an entry is longest.
        overlong: ``"error"``, or ``"skip"`` to leave such entries out.
        bad_rows: ``"stop"``, or ``"skip"`` to leave out entries that can't be used.

    Raises:
        InputError: unreadable file, entries that can't be used or don't fit and may not be left out, or none left.
    """

    FORMAT: int
    FEATURES: dict
    # What an entry is called, and what to do where there is no file.
    UNIT: Literal["row", "pair"]
    REMEDY: str

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
        if not self.path.is_file():
            raise InputError(f"{path}: no such file; {self.REMEDY}")
        self.fingerprints = {
            "data": file_digest(self.path),
            "tokenizer": digest(encoder.tokenizer.backend_tokenizer.to_str()),
            "prompt_style": encoder.prompt_style,
            "format": f"{self.UNIT}s {self.FORMAT}",
        }
        key = digest(repr(self.fingerprints))
        tokenised = cached_table(key, datasets.Features(COMMON | self.FEATURES), self._batches)
        self._tokens = tokenised.select_columns(list(self.FEATURES))
        table = tokenised.with_format("arrow")[:]
        cells = [columns for columns in table["rewritten"].to_pylist() if columns]
        counts = Counter(itertools.chain.from_iterable(cells))
        self.rewritten = rewritten_text(self.path, counts, len(cells)) if cells else ""
        self.usable = self._leave_out_bad_rows(table, key, bad_rows)
        self.indices = self._leave_out_long(self.lengths_of(table), max_length, overlong)
        self.fingerprint = digest(key + repr(self.indices.tolist()))

    @abstractmethod
    def records(self) -> Iterable:
        """What stands in the file, one after the other, for ``encode``."""

    @abstractmethod
    def encode(self, records: list) -> list[dict]:
        """Some records as entries: a dictionary of ``COMMON`` and ``FEATURES`` each. Bad ones have no tokens."""

    @abstractmethod
    def lengths_of(self, table: pa.Table) -> np.ndarray:
        """Tokens of each entry's sequence where it is longest; int64, (entries,)."""

    def _batches(self) -> Iterator[dict[str, list]]:
        shown = tqdm(self.records(), desc=f"tokenising {self.path.name}", unit=f" {self.UNIT}s", leave=False)
        records = iter(shown)
        while batch := list(itertools.islice(records, BATCH)):
            entries = self.encode(batch)
            yield {name: [entry[name] for entry in entries] for name in (*COMMON, *self.FEATURES)}

    def _leave_out_bad_rows(self, table: pa.Table, key: str, wanted: str) -> np.ndarray:
        """Which entries aren't bad, too long ones included; bool, (entries,)."""
        bad = find_bad_rows(table, self.mode)
        # Beside the tokens: its bytes follow from them and the mode.
        report = cached("tokenised", f"{key}.{self.mode}.bad_rows.jsonl")
        self.bad = Counter(row.reason for row in bad)
        self.bad_rows_file = report if bad else None
        return usable_rows(self.path, bad, len(table), report, wanted)

    def _leave_out_long(self, lengths: np.ndarray, max_length: int, overlong: str) -> np.ndarray:
        too_long = self.usable & (lengths > max_length)
        fits_all = lengths[self.usable].max()
        if overlong == "error" and too_long.any():
            raise InputError(
                f"{self.path}: {too_long.sum()} of {self.usable.sum()} {self.UNIT}s are longer than --max_length "
                f"{max_length} tokens (the first is {self.UNIT} {np.flatnonzero(too_long)[0]}); "
                f"--max_length {fits_all} fits them all, --overlong skip leaves them out"
            )
        self.skipped = int(too_long.sum())
        indices = np.flatnonzero(self.usable & ~too_long)
        if not indices.size:
            raise InputError(
                f"{self.path}: no {self.UNIT} fits into --max_length {max_length}; {fits_all} fits them all"
            )
        return indices


def list_lengths(column: pa.ChunkedArray) -> np.ndarray:
    """How long the list in each entry is: ``[[4, 5], []]`` -> ``[2, 0]``, int64."""
    return pa.compute.list_value_length(column).to_numpy().astype(np.int64)


def _is_whole(path: Path) -> bool:
    """Whether an Arrow stream ends as one does."""
    with open(path, "rb") as file:
        file.seek(-min(path.stat().st_size, len(_END_OF_STREAM)), os.SEEK_END)
        return file.read() == _END_OF_STREAM


def cached_table(
    name: str, features: datasets.Features, batches: Callable[[], Iterator[dict[str, list]]]
) -> datasets.Dataset:
    """The memory-mapped table of that name, made first if it isn't there; the first process makes it, others wait.

    One that was cut (a full disk, a copy that broke off) is made anew: it could be read, with fewer rows.
    """
    target = cached("tokenised", f"{name}.arrow")
    with FileLock(f"{target}.lock"):
        if target.exists() and not _is_whole(target):
            say(f"{target}: the cached table was cut; making it anew")
            target.unlink()
        if not target.exists():
            with whole(target) as partial, ArrowWriter(path=str(partial), features=features) as writer:
                for batch in batches():
                    writer.write_batch(batch)
                writer.finalize()
    return datasets.Dataset.from_file(str(target))
