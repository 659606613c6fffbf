"""Rows as input tokens of the sequential baselines, by what a model sees.

sees          tokens of a row
plan          none: every row is the same
history       [profile][behaviour 1 … 10, newest first][place 1 … 10]
context       those, then [home city][home][work][POI][city][district][order's city][its district][its POI]
              [now][order][times]
comparisons   [comparisons]

Every token is its field's embedding, the sum of its values' embeddings, an id's vector and a linear map of a few
numbers. [times] and [comparisons] are *dense*: their numbers, standardised, go through a linear map of their own.

Letters of shapes: B rows, T sparse tokens of a row, V values of a token, D numbers of the dense token.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from zlib import crc32

import numpy as np
import torch
from torch import nn

from data_process.features import UNKNOWN
from data_process.schema import Row
from data_process.situation import Behaviour, long_term, parse_time, place_kind, short_term
from gplan.baselines.features import ENTRIES, row_features

CODES = tuple(f"profile_feat_{i}" for i in (1, 2, 3, 4, 10, 11, 12))
TIMES = ("currenttime", "trigger_5", "trigger_6", "trigger_7")
# Columns whose text is a city, a district or a POI, in the order of their tokens.
PLACES = (
    "profile_feat_5", "profile_feat_6", "profile_feat_8",
    "current_poi_name", "current_city", "current_district", "trigger_2", "trigger_3", "trigger_4",
)  # fmt: skip
HISTORY_FIELDS = ("profile", *(f"behaviour {i}" for i in range(ENTRIES)), *(f"place {i}" for i in range(ENTRIES)))
FIELDS = {
    "plan": (),
    "history": HISTORY_FIELDS,
    "context": (*HISTORY_FIELDS, *PLACES, "now", "order"),
    "comparisons": (),
}
VALUES, NUMBERS = 7, 3
# An id that occurs in fewer training rows learns nothing that holds beyond them.
FREQUENT = 5
NO_ID, RARE = 0, -1
_EPOCH = datetime(2026, 1, 1)


class Token(NamedTuple):
    """A sparse token before its texts are numbers. ``hours``: how long before the newest behaviour it was."""

    field: int
    values: tuple[str, ...] = ()
    id: str = ""
    numbers: tuple[float, ...] = ()
    hours: float = 0.0


def tokens(row: Row, sees: str) -> Iterator[Token]:
    """A row's sparse tokens; a field that is empty has none."""
    if sees not in ("history", "context"):
        return
    yield Token(0, tuple(f"{name}={row[name]}" for name in CODES))
    behaviours = short_term(row["short_term_behavior_seq"])[-ENTRIES:][::-1]
    for i, one in enumerate(behaviours):
        hours = _hours_between(one, behaviours[0])
        acts = tuple(f"act={act}" for act in one.actions.replace("了", "").split("&")[:4])
        values = (*_kind(one.tag), f"phase={one.phase}", *acts)
        yield Token(1 + i, values, one.poi, (*_circle(one.hour / 24), math.log1p(hours)), hours)
    for i, one in enumerate(long_term(row["long_term_behavior"])[:ENTRIES]):
        yield Token(1 + ENTRIES + i, _kind(one.tag), one.poi, (math.log1p(one.count),))
    if sees == "context":
        for i, name in enumerate(PLACES):
            if row[name]:
                yield Token(
                    len(HISTORY_FIELDS) + i, _kind(row["current_tag"]) * (name == "current_poi_name"), row[name]
                )
        now, order = len(HISTORY_FIELDS) + len(PLACES), row["trigger_1"]
        yield Token(now, tuple(f"{name}={row[name]}" for name in ("holidayflag", "weekendflag")))
        yield Token(now + 1, (f"order={order}",))


def dense_numbers(rows: Sequence[Row], sees: str) -> np.ndarray:
    """Numbers of the dense token, (B, D), float64; UNKNOWN where one is."""
    if sees == "comparisons":
        return row_features(rows, sees).astype(float)
    return np.array([_times(row) for row in rows] if sees == "context" else np.zeros((len(rows), 0)))


def _times(row: Row) -> list[float]:
    """Of each time the hour of the day and the day of the week on their circles, and hours since the year began."""
    numbers: list[float] = []
    for name in TIMES:
        time = parse_time(row[name])
        if time is None:
            numbers += [UNKNOWN] * 5
        else:
            hour = time.hour + time.minute / 60
            numbers += [*_circle(hour / 24), *_circle(time.weekday() / 7), (time - _EPOCH).total_seconds() / 3600]
    return numbers


def _circle(turn: float) -> tuple[float, float]:
    return math.sin(2 * math.pi * turn), math.cos(2 * math.pi * turn)


def _kind(tag: str) -> tuple[str, str]:
    return f"kind={place_kind(tag)}", f"tag={tag}"


def _hours_between(early: Behaviour, late: Behaviour) -> float:
    """Hours from one behaviour to a later one, months taken as 30.4 days: their year is not written."""
    days = 30.4 * ((late.month - early.month) % 12) + late.day - early.day
    return max(0.0, 24 * days + late.hour - early.hour)


class RowBatch(NamedTuple):
    """Rows as tensors; what ``RowTokens`` takes.

    present_BT: bool. values_BTV: int32, 0 for none. ids_BT: int32, NO_ID, RARE, or the number of a frequent id.
    hashes_BT: int64, crc32 of the id's text. numbers_BTN, hours_BT: float32. dense_BD: float32, standardised.
    """

    present_BT: torch.Tensor
    values_BTV: torch.Tensor
    ids_BT: torch.Tensor
    hashes_BT: torch.Tensor
    numbers_BTN: torch.Tensor
    hours_BT: torch.Tensor
    dense_BD: torch.Tensor

    def take(self, numbers) -> "RowBatch":
        return RowBatch(*(tensor[numbers] for tensor in self))

    def to(self, device: torch.device) -> "RowBatch":
        return RowBatch(*(tensor.to(device) for tensor in self))


class RowEncoding:
    """Texts to numbers, by the rows that are learnt from: their values, their frequent ids, means and deviations.

    One table of ids serves cities, districts and POIs of all columns and of the histories. What the training rows
    have seldom or never is RARE, and told by its hash, so that two tokens of one unseen POI still look alike.
    """

    def __init__(self, rows: Sequence[Row], sees: str):
        self.sees, self.fields = sees, FIELDS[sees]
        values: dict[str, None] = {}
        counts: Counter[str] = Counter()
        for row in rows:
            found = list(tokens(row, sees))
            values |= dict.fromkeys(value for token in found for value in token.values)
            counts.update({token.id for token in found if token.id})
        self.values = {value: 1 + i for i, value in enumerate(values)}
        self.ids = {text: 1 + i for i, text in enumerate(t for t, n in counts.items() if n >= FREQUENT)}
        numbers = dense_numbers(rows, sees)
        known = numbers != UNKNOWN
        self._gappy, self._wide = ~known.all(0), (known & (np.abs(numbers) > 1)).any(0)
        spread = self._spread(numbers)
        known = spread != UNKNOWN
        count = known.sum(0).clip(1)
        self.mean = (spread * known).sum(0) / count
        deviation = np.sqrt((((spread - self.mean) * known) ** 2).sum(0) / count)
        self.deviation = np.where(deviation > 0, deviation, 1)
        self.dense = len(self.mean) + int(self._gappy.sum())

    def encode(self, rows: Sequence[Row]) -> RowBatch:
        """Rows as tensors; values that no training row has are left out."""
        B, T = len(rows), len(self.fields)
        present = np.zeros((B, T), dtype=bool)
        values = np.zeros((B, T, VALUES), dtype=np.int32)
        ids = np.zeros((B, T), dtype=np.int32)
        hashes = np.zeros((B, T), dtype=np.int64)
        numbers = np.zeros((B, T, NUMBERS), dtype=np.float32)
        hours = np.zeros((B, T), dtype=np.float32)
        for b, row in enumerate(rows):
            for field, texts, id_, some, ago in tokens(row, self.sees):
                present[b, field] = True
                values[b, field, : len(texts)] = [self.values.get(text, 0) for text in texts]
                if id_:
                    ids[b, field] = self.ids.get(id_, RARE)
                    hashes[b, field] = crc32(id_.encode())
                numbers[b, field, : len(some)] = some
                hours[b, field] = ago
        arrays = (present, values, ids, hashes, numbers, hours, self._standardised(rows))
        return RowBatch(*map(torch.from_numpy, arrays))

    def _standardised(self, rows: Sequence[Row]) -> np.ndarray:
        """Numbers by the training rows' mean and deviation, 0 where unknown; then which are known, if not all."""
        numbers = dense_numbers(rows, self.sees)
        spread = self._spread(numbers)
        scaled = np.where(spread == UNKNOWN, 0, (spread - self.mean) / self.deviation).clip(-10, 10)
        return np.hstack([scaled, numbers[:, self._gappy] != UNKNOWN]).astype(np.float32)

    def _spread(self, numbers: np.ndarray) -> np.ndarray:
        """The numbers, and the signed logarithms of those beyond 1: an hour counts at 2 hours, not at 200."""
        wide = numbers[:, self._wide]
        logs = np.where(wide == UNKNOWN, UNKNOWN, np.sign(wide) * np.log1p(np.abs(wide)))
        return np.hstack([numbers, logs])


class RowTokens(nn.Module):
    """Encoded rows as vectors: the sparse tokens in the order of ``FIELDS``, then the dense one if there is one.

    ``tokens_BTd, present_BT, hours_BT = RowTokens(encoding, 64)(batch)``
    """

    def __init__(self, encoding: RowEncoding, dim: int):
        super().__init__()
        self.dim, self.sparse = dim, len(encoding.fields)
        self.dense = nn.Linear(encoding.dense, dim) if encoding.dense else None
        if self.sparse:
            self.fields = nn.Parameter(torch.randn(self.sparse, dim) * dim**-0.5)
            self.values = nn.Embedding(1 + len(encoding.values), dim, padding_idx=0)
            self.numbers = nn.Linear(NUMBERS, dim, bias=False)
            nn.init.normal_(self.values.weight, std=dim**-0.5)
            hashes = torch.tensor([0, *(crc32(text.encode()) for text in encoding.ids)])
            # A frequent id begins as a rare one stays: nothing tells them apart before something is learnt.
            self.ids = nn.Embedding.from_pretrained(hashed_vectors(hashes, dim), freeze=False)

    def forward(self, batch: RowBatch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        B = len(batch.dense_BD)
        parts = [batch.dense_BD.new_zeros(B, 0, self.dim)]
        present, hours = batch.present_BT, batch.hours_BT
        if self.sparse:
            ids = self.ids(batch.ids_BT.clamp(min=0))
            hashes_BT = batch.hashes_BT
            if self.training:
                # Other vectors for a row's rare ids in every step, equal ones for equal ids: learnt by heart they would
                # be worth nothing, because no other row has them.
                hashes_BT = hashes_BT ^ torch.randint(1 << 32, (B, 1), device=hashes_BT.device)
            rare = hashed_vectors(hashes_BT, self.dim)
            ids = torch.where((batch.ids_BT == RARE)[..., None], rare, ids * (batch.ids_BT != NO_ID)[..., None])
            parts.append(self.fields + self.values(batch.values_BTV).sum(2) + self.numbers(batch.numbers_BTN) + ids)
        if self.dense is not None:
            parts.append(self.dense(batch.dense_BD)[:, None])
            present = torch.cat([present, present.new_ones(B, 1)], 1)
            hours = torch.cat([hours, hours.new_zeros(B, 1)], 1)
        return torch.cat(parts, 1), present, hours


def hashed_vectors(hashes: torch.Tensor, dim: int) -> torch.Tensor:
    """A vector of ± 3 dim^-½ for every hash, (…, dim): a function of the hash alone, on every device, in any process.

    It is three times as long as a token's other parts: two tokens of one id must look alike whatever their fields are.
    Its bits are MurmurHash3's finaliser of hash and place, in 32 bits held in int64.
    """
    mask = 0xFFFFFFFF
    places = torch.arange(1, dim + 1, device=hashes.device)
    x = (hashes[..., None] + places * 0x9E3779B9) & mask
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = ((x ^ (x >> shift)) * factor) & mask
    x = x ^ (x >> 16)
    return ((x & 1) * 6 - 3).to(torch.float32) * dim**-0.5
