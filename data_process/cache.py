"""The cache: what is generated or tokenised once, and used by every later run and all ranks of one."""

import hashlib
import os
from pathlib import Path


def cache_folder() -> Path:
    """Where tokenised data and the embedded backbone live: ``$GPLAN_CACHE``, else ``~/.cache/gplan``."""
    return Path(os.environ.get("GPLAN_CACHE") or Path.home() / ".cache" / "gplan")


def cached(folder: str, name: str) -> Path:
    """The path of a file in a folder of the cache, which is made if need be."""
    path = cache_folder() / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


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
