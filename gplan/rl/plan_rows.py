"""``PlanRows``: rows with their plans, and the sides of twins with both plans, as what is planned for and rewarded."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from torch.utils.data import Dataset

from data_process.cache import digest, file_digest
from data_process.encode import RowEncoder
from data_process.intents import Plan, canonical
from data_process.rule_filter import checked_label
from data_process.schema import Row
from data_process.tokenised import FILLER
from data_process.twins import SIDES, read_usable_pairs
from data_process.usable import read_usable
from utils import InputError


class PlanRow(NamedTuple):
    """A request, its own plan, and its twin's where there is one.

    ``name`` says where it stands: ``row 3 of train.csv``, ``the twin of pair 3 of twins.jsonl``.
    """

    name: str
    row: Row
    label: Plan
    other: Plan | None = None


class PlanRows(Dataset):
    """The rows of a GSISR CSV, behind them both sides of every pair of a twins file; asked for by ``(epoch, index)``.

    ``dataset[3, 17]`` -> ``{"epoch": 3, "sample": 17}``; the rows themselves are ``dataset.rows``.

    Attributes:
        indices: which rows are used, int64: those of the file that fit.
        pairs: the first sides' places in ``rows``.
        rewritten, bad, skipped, fingerprint: as ``TokenisedDataset`` has them.

    Args:
        path: the CSV.
        encoder: of the checkpoint, for the rows' lengths.
        twins: the twins file, or None.
        max_length: longest prompt with its longest response, in tokens.
        response: tokens of the longest response there can be.
        overlong: ``"error"``, or ``"skip"`` to leave such rows out.
        bad_rows: ``"stop"``, or ``"skip"`` to leave out rows and pairs that can't be used.

    Raises:
        InputError: unreadable file, rows that can't be used or don't fit and may not be left out, or none left.
    """

    def __init__(
        self,
        path: str | Path,
        encoder: RowEncoder,
        twins: str | None = None,
        *,
        response: int,
        max_length: int,
        overlong: str = "error",
        bad_rows: str = "stop",
    ):
        self.path, self.twins, self.rewritten, self.bad_rows_file = Path(path), twins, "", None
        rows, numbers, count = read_usable(path, bad_rows, None, checked_label)
        self.rows = [
            PlanRow(f"row {number} of {self.path.name}", row, canonical(checked_label(row).plan))
            for row, number in zip(rows, numbers, strict=True)
        ]
        self.bad = Counter({"bad": count - len(rows)} if count > len(rows) else {})
        self.pairs: list[int] = []
        if twins:
            self._add_twins(Path(twins), bad_rows)
        lengths = np.array([len(encoder.prompt(one.row)) + response for one in self.rows])
        too_long = np.flatnonzero(lengths > max_length)
        if too_long.size and (overlong == "error" or too_long.size == len(self.rows)):
            raise InputError(
                f"{self.rows[too_long[0]].name}: {lengths[too_long[0]]} tokens with a response, and --max_length is "
                f"{max_length}; --max_length {lengths.max()} fits all, --overlong skip leaves out {too_long.size}"
            )
        self.skipped = int(too_long.size)
        self.indices = np.flatnonzero(lengths <= max_length)
        fits = set(self.indices.tolist())
        self.pairs = [first for first in self.pairs if {first, first + 1} <= fits]
        data = [file_digest(self.path), twins and file_digest(Path(twins))]
        self.fingerprint = digest(repr((data, encoder.prompt_style, self.indices.tolist())))

    def _add_twins(self, path: Path, bad_rows: str) -> None:
        pairs, numbers, _ = read_usable_pairs(path, bad_rows, None)
        for pair, number in zip(pairs, numbers, strict=True):
            self.pairs.append(len(self.rows))
            for side, row, plans in zip(SIDES, (pair.anchor, pair.twin), (pair.plans, pair.plans[::-1]), strict=True):
                self.rows.append(PlanRow(f"the {side} of pair {number} of {path.name}", row, *plans))

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, key: tuple[int, int]) -> dict[str, int]:
        epoch, index = key
        return {"epoch": epoch, "sample": FILLER if index == FILLER else int(self.indices[index])}
