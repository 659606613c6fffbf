"""``CSVDataset``: the rows of a GSISR file as token pieces."""

from collections.abc import Iterator
from pathlib import Path

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.compute

from data_process import compression
from data_process.compression import FULLY_LATENT_EPOCH, CotMode
from data_process.encode import EncodedRow, RowEncoder
from data_process.response import LabelError
from data_process.schema import LABEL, BadRow, Record, read_records
from data_process.tokenised import FILLER, IDS, TokenisedDataset, list_lengths

# The tokens of a bad row.
NOTHING = EncodedRow([], [], [])


class CSVDataset(TokenisedDataset):
    """The rows of a GSISR CSV as token pieces; an item is asked for by ``(epoch, index)``.

    ``dataset[3, 17]`` -> ``{"stage": 2, "row": 17, "pieces": EncodedRow(user, blocks, plan)}``, and for the
    filler index -1 ``{"stage": 2, "row": -1, "pieces": None}``.

    ``blocks``: int64, (rows,); blocks of each row's reasoning. Labels with reasoning are needed for picd and cot_sft;
    direct_sft takes them with or without. See ``TokenisedDataset`` for everything else.

    Args:
        blocks_per_epoch: N, blocks that turn latent from one epoch to the next.
    """

    # Raised whenever the same row, tokenizer and prompt style give other pieces, or another reason why a row is bad:
    # after a change of prompts, situation, response, rule_filter, intents, cells, schema or encode.
    FORMAT = 2
    FEATURES = {"user": IDS, "blocks": datasets.List(IDS), "plan": IDS}  # noqa: RUF012
    UNIT = "row"
    REMEDY = "give the path of a GSISR CSV"

    def __init__(self, path: str | Path, encoder: RowEncoder, mode: CotMode, *, blocks_per_epoch: int = 1, **limits):
        self.blocks_per_epoch = blocks_per_epoch
        super().__init__(path, encoder, mode, **limits)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, key: tuple[int, int]) -> dict:
        epoch, index = key
        stage = self.stage(epoch)
        if index == FILLER:
            return {"stage": stage, "row": FILLER, "pieces": None}
        row = int(self.indices[index])
        item = self._tokens[row]
        return {"stage": stage, "row": row, "pieces": EncodedRow(item["user"], item["blocks"], item["plan"])}

    def stage(self, epoch: int) -> int:
        """The stage of an epoch, 0 … 11: how many leading blocks are latent there."""
        return min(compression.stage_of_epoch(epoch, self.mode, self.blocks_per_epoch), compression.MAX_BLOCKS)

    def lengths(self, epoch: int) -> np.ndarray:
        """Tokens of every row's whole sequence at an epoch, rows that were left out included; int64, (rows,).

        A bad row counts as one with nothing but a prompt's constant parts; ``usable`` says which aren't bad.
        """
        return self._prompt + self.response_lengths(epoch)

    def response_lengths(self, epoch: int) -> np.ndarray:
        """Supervised tokens of every row at an epoch; int64, (rows,)."""
        if self.mode == "direct_sft":
            return self._plan + 1
        stage = self.stage(epoch)
        text = self._block_tokens[:, stage:].sum(1)
        return 2 + self.encoder.form.per_block * np.minimum(stage, self.blocks) + text + self._plan + 1

    def longest_response(self, epoch: int) -> int:
        """Tokens of the longest response that is used, at an epoch."""
        return int(self.response_lengths(epoch)[self.indices].max())

    def records(self) -> Iterator[Record]:
        return read_records(self.path)

    def encode(self, records: list[Record]) -> list[dict]:
        encoded = iter(self.encoder.encode([record.row for record in records if not record.bad]))
        entries = []
        for row, line, bad, rewritten in records:
            pieces = bad or next(encoded)
            why = {"column": None, "reason": None, "message": None}
            if isinstance(pieces, BadRow):
                why, pieces = {name: getattr(pieces, name) for name in why}, NOTHING
            elif isinstance(pieces, LabelError):
                why, pieces = {"column": LABEL, "reason": pieces.reason, "message": str(pieces)}, NOTHING
            about = {"id": row["id"], "line": line, "rewritten": list(rewritten)}
            entries.append(about | why | pieces._asdict())
        return entries

    def lengths_of(self, table: pa.Table) -> np.ndarray:
        self._prompt = list_lengths(table["user"]) + len(self.encoder.prefix) + len(self.encoder.header)
        self._plan = list_lengths(table["plan"])
        self.blocks = list_lengths(table["blocks"])
        # (rows, 11), int64: tokens of every block's text, 0 where a row has no such block.
        self._block_tokens = np.zeros((len(self.blocks), compression.MAX_BLOCKS), dtype=np.int64)
        present = np.arange(compression.MAX_BLOCKS) < self.blocks[:, None]
        self._block_tokens[present] = list_lengths(pa.compute.list_flatten(table["blocks"]))
        return np.maximum(self.lengths(1), self.lengths(FULLY_LATENT_EPOCH))
