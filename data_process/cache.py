"""The cache: what is generated or tokenised once, and used by every later run and all ranks of one."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import datasets
from datasets.arrow_writer import ArrowWriter
from filelock import FileLock

from data_process.files import whole

# What every cached table says of an entry that can't be used, as BadRow does; a good one has no reason.
BAD = {
    **{name: datasets.Value("string") for name in ("id", "column", "reason", "message")},
    "line": datasets.Value("int32"),
}


def cache_folder() -> Path:
    """Where tokenised data and the embedded backbone live: ``$GPLAN_CACHE``, else ``~/.cache/gplan``."""
    return Path(os.environ.get("GPLAN_CACHE") or Path.home() / ".cache" / "gplan")


def cached(folder: str, name: str) -> Path:
    """The path of a file in a folder of the cache, which is made if need be."""
    path = cache_folder() / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def cached_table(
    name: str, features: datasets.Features, batches: Callable[[], Iterator[dict[str, list]]]
) -> datasets.Dataset:
    """The memory-mapped table of that name, made first if it isn't there; the first process makes it, others wait."""
    target = cached("tokenised", f"{name}.arrow")
    with FileLock(f"{target}.lock"):
        if not target.exists():
            with whole(target) as partial, ArrowWriter(path=str(partial), features=features) as writer:
                for batch in batches():
                    writer.write_batch(batch)
                writer.finalize()
    return datasets.Dataset.from_file(str(target))


def digest(text: str) -> str:
    """A short name for a text: ``digest("") == "e3b0c44298fc"``."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def file_digest(path: Path) -> str:
    """The same of a file's bytes."""
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            found.update(chunk)
    return found.hexdigest()[:12]
