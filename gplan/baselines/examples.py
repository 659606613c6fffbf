"""What baselines learn from and answer: rows with plans as numbers, twins, and a split for early stopping."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from data_process.rule_filter import checked_label
from data_process.schema import Row
from data_process.twins import SIDES, Pair, read_usable_pairs
from data_process.usable import read_usable
from gplan.baselines.vocabulary import Ids, Vocabulary
from utils import InputError


class LabelledRows(NamedTuple):
    """Rows and the numbers of their plans' intents, end not among them."""

    rows: list[Row]
    plans: list[Ids]


class Questions(NamedTuple):
    """Rows to answer, with their numbers in the file, and pairs of twins likewise."""

    rows: list[Row]
    numbers: list[int]
    pairs: list[Pair]
    pair_numbers: list[int]


def read_examples(path: str, twins: str | None, vocabulary: Vocabulary, bad_rows: str, folder: Path) -> LabelledRows:
    """The rows to train on, and behind them both sides of the twins' pairs as rows of their own.

    Args:
        bad_rows: ``"stop"`` or ``"skip"``; what is left out is listed in ``folder``.

    Raises:
        InputError: a file that can't be read, bad rows under ``stop``, fewer than two rows.
    """
    rows = list(read_usable(path, bad_rows, folder / "bad_rows.jsonl", checked_label).rows)
    plans = [checked_label(row).plan for row in rows]
    if twins:
        for pair in read_usable_pairs(twins, bad_rows, folder / "bad_pairs.jsonl")[0]:
            rows += [getattr(pair, side) for side in SIDES]
            plans += pair.plans
    if len(rows) < 2:
        raise InputError(f"{path}: 1 row to train on; at least two are needed, one of them to stop by")
    return LabelledRows(rows, list(map(vocabulary.ids, plans)))


def read_questions(path: str, twins: str | None, bad_rows: str, folder: Path) -> Questions:
    """The rows and pairs to answer. Labels are not looked at: a row without one is answered too."""
    rows, numbers, _ = read_usable(path, bad_rows, folder / "bad_valid_rows.jsonl")
    pairs, pair_numbers = [], []
    if twins:
        pairs, pair_numbers, _ = read_usable_pairs(twins, bad_rows, folder / "bad_valid_pairs.jsonl")
    return Questions(rows, numbers, pairs, pair_numbers)


def split(examples: LabelledRows, share: float, seed: int) -> tuple[LabelledRows, LabelledRows]:
    """LabelledRows to learn from and others to stop by, at least one of each; a function of the seed."""
    learn, stop = split_numbers(len(examples.rows), share, seed)
    return _take(examples, learn), _take(examples, stop)


def split_numbers(size: int, share: float, seed: int) -> tuple[list[int], list[int]]:
    """The same as the examples' numbers, in ascending order."""
    order = np.random.default_rng(seed).permutation(size)
    held_out = min(max(1, round(share * size)), size - 1)
    return sorted(order[held_out:].tolist()), sorted(order[:held_out].tolist())


def _take(examples: LabelledRows, numbers: Sequence[int]) -> LabelledRows:
    return LabelledRows([examples.rows[i] for i in numbers], [examples.plans[i] for i in numbers])
