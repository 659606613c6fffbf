"""The cache: what is generated or tokenised once, and used by every later run and all ranks of one."""

import hashlib
import os
from pathlib import Path

from utils import InputError


def cache_folder() -> Path:
    """Where tokenised data and the embedded backbone live: ``$GPLAN_CACHE``, else ``~/.cache/gplan``."""
    return Path(os.environ.get("GPLAN_CACHE") or Path.home() / ".cache" / "gplan")


def cached(folder: str, name: str) -> Path:
    """The path of a file in a folder of the cache, which is made if need be.

    Raises:
        InputError: the folder can't be written to.
    """
    path = cache_folder() / folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        writable = os.access(path.parent, os.W_OK | os.X_OK)
        problem = "" if writable else "it can't be written to"
    except OSError as error:
        problem = str(error.strerror)
    if problem:
        raise InputError(f"the cache {path.parent}: {problem}; let GPLAN_CACHE name a folder that can be written")
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
