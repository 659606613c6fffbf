"""The work folder: what each job leaves for the next ones. Arrays are mapped, so that a job reads its own rows alone.

read/0003.rows.npy       a row a line of part 3 of the pool, in the order of shards: where it stands, what it is
read/0003.words.npy      its wordings, bytes
lexical/0001.npz         what went of shard 1: all lines whose leaf and atoms have a hash that is 1 modulo the shards
semantic/0001.npz        the same; 0001.rows.npy and 0001.vectors.npy: what stays, in the order of buckets
geometric/0002.npz       what went of the second group of buckets
*.json                   of each: written last, and says how many and how long; what has none is done again
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from data_process.files import whole, write_json
from stagent.selection.funnel.lexical import Gone

LINE = np.dtype(
    [
        ("offset", "i8"),  # in the pool, bytes
        ("length", "i4"),
        ("number", "i4"),  # within its part, from 0
        ("key", "u8"),  # of primary leaf and atoms
        ("bucket", "u8"),  # of primary and secondary leaves
        ("leaf", "i1"),  # in LEAF_IDS
        ("level", "i1"),  # in DIFFICULTIES
        ("words", "i8"),  # where its wordings begin
        ("form", "i4"),  # bytes of the form; what is said follows it
        ("said", "i4"),
    ]
)
STAYS = np.dtype([("row", "i8"), ("bucket", "u8")])


class Shard(NamedTuple):
    """The lines of a shard, in the pool's order.

    Attributes:
        rows: numbers in the whole pool, from 0. lines: of LINE.
    """

    rows: np.ndarray
    lines: np.ndarray
    forms: list[str]
    said: list[str]


def result(folder: Path, stage: str, number: int, kind: str) -> Path:
    """``result(folder, "read", 3, "rows.npy")`` -> ``folder/read/0003.rows.npy``"""
    return folder / stage / f"{number:04d}.{kind}"


def is_done(folder: Path, stage: str, number: int) -> bool:
    return result(folder, stage, number, "json").is_file()


def done(folder: Path, stage: str, number: int) -> dict[str, Any]:
    """What a job said of itself."""
    return json.loads(result(folder, stage, number, "json").read_text(encoding="utf-8"))


def finish(folder: Path, stage: str, number: int, began: float, **said: Any) -> None:
    """Says that a job is done; nothing of it may be written after that."""
    write_json(result(folder, stage, number, "json"), {"seconds": round(time.perf_counter() - began, 3), **said})


def save(path: Path, array: np.ndarray) -> None:
    with whole(path) as partial, open(partial, "wb") as file:
        np.save(file, array, allow_pickle=False)


def save_gone(folder: Path, stage: str, number: int, rows: np.ndarray, gone: Gone) -> None:
    """Keeps what went, by numbers in the whole pool; ``rows`` are those of the texts that the stage was given."""
    with whole(result(folder, stage, number, "npz")) as partial, open(partial, "wb") as file:
        np.savez(file, rows=rows[gone.rows], of=rows[gone.of], near=gone.near)


def read_gone(folder: Path, stage: str, number: int) -> Gone:
    with np.load(result(folder, stage, number, "npz")) as found:
        return Gone(found["rows"], found["of"], found["near"])


def mapped(path: Path) -> np.ndarray:
    return np.load(path, mmap_mode="r", allow_pickle=False)


def bases(folder: Path, parts: int) -> np.ndarray:
    """[parts + 1] the number in the whole pool of each part's first line; the last is how many lines there are."""
    return np.cumsum([0, *(done(folder, "read", part)["lines"] for part in range(parts))])


def read_shard(folder: Path, shard: int, parts: int) -> Shard:
    """A shard's lines out of all parts."""
    rows, lines, forms, said = [], [], [], []
    for part, base in zip(range(parts), bases(folder, parts), strict=False):
        starts = done(folder, "read", part)["starts"]
        own = np.array(mapped(result(folder, "read", part, "rows.npy"))[starts[shard] : starts[shard + 1]])
        if not len(own):
            continue
        rows.append(base + own["number"])
        lines.append(own)
        first = own["words"][0]
        last = own["words"][-1] + own["form"][-1] + own["said"][-1]
        words = mapped(result(folder, "read", part, "words.npy"))[first:last].tobytes()
        for at, form, more in zip(own["words"] - first, own["form"], own["said"], strict=True):
            forms.append(words[at : at + form].decode())
            said.append(words[at + form : at + form + more].decode())
    if not rows:
        return Shard(np.empty(0, np.int64), np.empty(0, LINE), [], [])
    return Shard(np.concatenate(rows), np.concatenate(lines), forms, said)


def all_lines(folder: Path, parts: int, *names: str) -> Iterator[tuple[np.ndarray, ...]]:
    """Fields of all lines in the pool's order, part by part."""
    for part in range(parts):
        lines = mapped(result(folder, "read", part, "rows.npy"))
        order = np.argsort(lines["number"])
        yield tuple(np.array(lines[name])[order] for name in names)
