"""The funnel's stages as jobs on a work folder: each reads what the one before left, and leaves its own.

read        a part of the pool each: lines are checked and their wordings taken apart
lexical     a shard each
fit         two jobs: n-gram embeddings, from some of the texts that are left
semantic    a shard each; makes vectors
geometric   some buckets each
"""

import hashlib
import json
import time
from functools import cache
from pathlib import Path

import numpy as np

from data_process.files import whole, write_json
from stagent.selection.funnel.embed import Embedder, EndpointEmbedder, FolderEmbedder, NgramEmbedder
from stagent.selection.funnel.geometric import k_center
from stagent.selection.funnel.lexical import Gone, near_duplicates
from stagent.selection.funnel.pool import DIFFICULTIES, LEAF_IDS, Part, parts_of, read_part, text_at
from stagent.selection.funnel.sampling import lots
from stagent.selection.funnel.semantic import near_meanings
from stagent.selection.funnel.settings import stored
from stagent.selection.funnel.shards import (
    LINE,
    STAYS,
    bases,
    finish,
    mapped,
    read_gone,
    read_shard,
    result,
    save,
    save_gone,
)
from stagent.selection.funnel.wording import Lexicon

PART_BYTES, SHARD_BYTES = 32 * 2**20, 16 * 2**20  # of the pool
FITTED = 40_000  # texts that the n-gram embedding is fitted to
BLOCK = 8192  # texts of a bucket that are covered together: the work grows with the square
GROUP = 50_000  # texts of a geometric job
_LEAF = {name: number for number, name in enumerate(LEAF_IDS)}
_LEVEL = {value: number for number, value in enumerate(DIFFICULTIES)}


def plan(folder: Path, pool: Path) -> None:
    """Cuts the pool into parts, and says how many shards there are; what others need to know of the whole."""
    parts = parts_of(pool, PART_BYTES)
    write_json(
        folder / "plan.json",
        {"pool": str(pool.absolute()), "parts": parts, "shards": -(-parts[-1].end // SHARD_BYTES)},
    )


@cache
def planned(folder: Path) -> tuple[Path, list[Part], int]:
    """Pool, parts, number of shards."""
    content = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    return Path(content["pool"]), [Part(*part) for part in content["parts"]], content["shards"]


def read(folder: Path, number: int) -> None:
    """Reads a part of the pool."""
    began = time.perf_counter()
    pool, parts, shards = planned(folder)
    words = _words(folder)
    lines, texts, at = [], [], 0
    for offset, length, line in read_part(pool, parts[number]):
        wording = words.read(line.text)
        form, said = wording.form.encode(), wording.said.encode()
        key = _hash(line.primary.encode() + wording.key)
        bucket = _hash("|".join((line.primary, *sorted(line.secondary))).encode())
        place = (_LEAF[line.primary], _LEVEL[line.difficulty])
        lines.append((offset, length, len(lines), key, bucket, *place, at, len(form), len(said)))
        texts.append(form + said)
        at += len(form) + len(said)
    table = np.array(lines, LINE)
    order = np.argsort(table["key"] % shards, kind="stable")
    table = table[order]
    sizes = table["form"].astype(np.int64) + table["said"]
    table["words"] = np.cumsum(sizes) - sizes
    starts = np.searchsorted(table["key"] % shards, np.arange(shards + 1))
    save(result(folder, "read", number, "rows.npy"), table)
    blob = b"".join(texts[row] for row in order)
    save(result(folder, "read", number, "words.npy"), np.frombuffer(blob, np.uint8))
    finish(folder, "read", number, began, lines=len(table), starts=starts.tolist())


def lexical(folder: Path, number: int) -> None:
    """Near duplicates within a shard."""
    began = time.perf_counter()
    settings = stored(folder)
    shard = read_shard(folder, number, len(planned(folder)[1]))
    gone = near_duplicates(shard.lines["key"].tolist(), shard.forms, settings.lexical, settings.seed)
    save_gone(folder, "lexical", number, shard.rows, gone)
    finish(folder, "lexical", number, began)


def fit(folder: Path, number: int) -> None:
    """An n-gram embedding, from texts that the lexical stage left, drawn by chance.

    Job 0: of forms, to tell how alike two wordings are whatever they name; 1: of what is said, names and all.
    """
    began = time.perf_counter()
    _, parts, shards = planned(folder)
    seed, total = stored(folder).seed, int(bases(folder, len(parts))[-1])
    left = np.ones(total, bool)
    for shard in range(shards):
        left[read_gone(folder, "lexical", shard).rows] = False
    rows = np.flatnonzero(left)
    drawn = np.zeros(total, bool)
    drawn[rows[np.argsort(lots(rows, seed), kind="stable")[:FITTED]]] = True
    texts: list[tuple[int, str]] = []
    for shard in range(shards):
        part = read_shard(folder, shard, len(parts))
        words = part.said if number else part.forms
        texts += [(row, words[place]) for place, row in enumerate(part.rows.tolist()) if drawn[row]]
    embedder = NgramEmbedder.fitted([text for _, text in sorted(texts)], seed)
    with whole(result(folder, "fit", number, "npz")) as partial, open(partial, "wb") as file:
        np.savez(file, idf=embedder.idf, components=embedder.components)
    finish(folder, "fit", number, began)


def semantic(folder: Path, number: int) -> None:
    """Near meanings within a shard; keeps the vectors of what stays."""
    began = time.perf_counter()
    settings, (pool, parts, _) = stored(folder), planned(folder)
    shard = read_shard(folder, number, len(parts))
    left = ~np.isin(shard.rows, read_gone(folder, "lexical", number).rows)
    rows, lines = shard.rows[left], shard.lines[left]
    places = np.flatnonzero(left).tolist()
    model = _model(folder)
    if model is None:
        vectors = _vectors(_ngrams(folder, 0), [shard.forms[place] for place in places])
    else:
        vectors = _vectors(model, [text_at(pool, int(offset)) for offset in lines["offset"]])
    pairs = np.stack([lines["bucket"], lines["key"]], axis=1)
    groups = np.unique(pairs, axis=0, return_inverse=True)[1].ravel()
    gone = near_meanings(groups, vectors, settings.semantic)
    save_gone(folder, "semantic", number, rows, gone)
    stays = np.setdiff1d(np.arange(len(rows)), gone.rows)
    stays = stays[np.argsort(lines["bucket"][stays], kind="stable")]
    said = [shard.said[places[row]] for row in stays]
    vectors = _vectors(_ngrams(folder, 1), said) if model is None else vectors[stays]
    table = np.empty(len(stays), STAYS)
    table["row"], table["bucket"] = rows[stays], lines["bucket"][stays]
    save(result(folder, "semantic", number, "rows.npy"), table)
    save(result(folder, "semantic", number, "vectors.npy"), vectors.astype(np.float16))
    finish(folder, "semantic", number, began)


def buckets(folder: Path) -> list[list[int]]:
    """The buckets of each geometric job."""
    return json.loads((folder / "buckets.json").read_text(encoding="utf-8"))


def plan_buckets(folder: Path) -> int:
    """Puts buckets into groups of about equal work, for the geometric jobs; returns how many groups."""
    shards = planned(folder)[2]
    found = [mapped(result(folder, "semantic", shard, "rows.npy"))["bucket"] for shard in range(shards)]
    present, counts = np.unique(np.concatenate(found), return_counts=True)
    groups: list[list[int]] = [[]]
    size = 0
    for bucket, count in zip(present.tolist(), counts.tolist(), strict=True):
        if groups[-1] and size + count > GROUP:
            groups.append([])
            size = 0
        groups[-1].append(bucket)
        size += count
    write_json(folder / "buckets.json", groups)
    return len(groups)


def geometric(folder: Path, number: int) -> None:
    """Of each bucket in a group, the texts that cover it best."""
    began = time.perf_counter()
    shards, settings = planned(folder)[2], stored(folder)
    tables = [mapped(result(folder, "semantic", shard, "rows.npy")) for shard in range(shards)]
    stores = [mapped(result(folder, "semantic", shard, "vectors.npy")) for shard in range(shards)]
    found: list[Gone] = []
    for bucket in buckets(folder)[number]:
        rows, vectors = [], []
        for table, store in zip(tables, stores, strict=True):
            start, stop = (np.searchsorted(table["bucket"], np.uint64(bucket), side) for side in ("left", "right"))
            if stop > start:
                rows.append(np.array(table["row"][start:stop]))
                vectors.append(np.array(store[start:stop], np.float32))
        found += _covered(np.concatenate(rows), np.concatenate(vectors), settings.share, settings.floor, settings.seed)
    everything = Gone(*(np.concatenate(each) for each in zip(*found, strict=True)))
    with whole(result(folder, "geometric", number, "npz")) as partial, open(partial, "wb") as file:
        np.savez(file, rows=everything.rows, of=everything.of, near=everything.near)
    finish(folder, "geometric", number, began)


def _covered(rows: np.ndarray, vectors: np.ndarray, share: float, floor: int, seed: int) -> list[Gone]:
    """What goes of a bucket, in blocks drawn by chance where it is large."""
    order = np.argsort(rows)
    rows, vectors = rows[order], vectors[order]
    order = np.argsort(lots(rows, seed), kind="stable")
    gone = []
    for block in np.array_split(order, -(-len(rows) // BLOCK)):
        block = np.sort(block)
        count = min(len(block), max(floor, int(np.ceil(share * len(block)))))
        cover = k_center(vectors[block], count)
        out = np.setdiff1d(np.arange(len(block)), cover.chosen)
        gone.append(Gone(rows[block[out]], rows[block[cover.centre[out]]], cover.near[out]))
    return gone


def _vectors(embedder: Embedder, texts: list[str]) -> np.ndarray:
    return embedder.embed(texts) if texts else np.empty((0, 1), np.float32)


@cache
def _words(folder: Path) -> Lexicon:
    return Lexicon((folder / "names.txt").read_text(encoding="utf-8").splitlines())


@cache
def _model(folder: Path) -> Embedder | None:
    """The model that the settings name; None: n-grams."""
    settings = stored(folder)
    if settings.embedder:
        return FolderEmbedder(Path(settings.embedder))
    if settings.embedder_url:
        return EndpointEmbedder(settings.embedder_url, settings.embedder_model)
    return None


@cache
def _ngrams(folder: Path, number: int) -> NgramEmbedder:
    return NgramEmbedder.read(result(folder, "fit", number, "npz"))


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")
