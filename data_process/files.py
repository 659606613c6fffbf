"""Files that are whole or as they were, however a program ends: text, JSON, JSON lines, whatever writes to a path."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from utils import InputError


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """A path beside ``path`` to write a file or folder to; it gets its name when the block ends without an error.

    Until then the target is as it was, and after an error nothing is left of the attempt. A link is followed; a device
    or a pipe (``/dev/stdout``) is written to as it is. A folder's target must not exist yet.

        with whole("rows.csv") as partial:
            partial.write_text("…")

    Raises:
        InputError: no such folder, or none that can be written to.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        yield target
        return
    partial = Path(f"{target}.{os.getpid()}.partial")  # of its own: several processes can write the same file
    try:
        yield partial
        os.replace(partial, target)
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        if error.filename != str(partial):
            raise
        raise InputError(
            f"{path}: {error.strerror}; name a file in a folder that is there and can be written"
        ) from error
    finally:
        if partial.is_dir():
            shutil.rmtree(partial)
        else:
            partial.unlink(missing_ok=True)


def check_writable(path: str | Path, flag: str) -> Path:
    """The folder, which need not be there yet, after a look at whether files can be written there: before work, not
    after it. Nothing is made.

    Raises:
        InputError: they can't; names the ``flag`` that gave it.
    """
    folder = Path(path)
    there = next(part for part in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(part))
    problem = (
        "a file stands there" if not there.is_dir() else "" if os.access(there, os.W_OK | os.X_OK) else "read-only"
    )
    if problem:
        raise InputError(f"{flag} {folder}: {there}: {problem}; name a folder that can be written")
    return folder


def write_text(path: str | Path, text: str) -> None:
    """Writes a text file, UTF-8 with ``\\n`` line ends."""
    with whole(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | Path, value) -> None:
    """Writes JSON for people: indented, no ASCII escapes."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def write_jsonl(path: str | Path, entries: Iterable) -> int:
    """Writes an entry a line, as they come, and returns how many; ``{"a": "中"}`` gives ``{"a": "中"}``.

    Half of a surrogate pair, which UTF-8 can't hold, makes its line one of escapes.
    """
    count = 0
    with whole(path) as partial, open(partial, "w", encoding="utf-8", newline="\n") as file:
        for count, entry in enumerate(entries, start=1):  # noqa: B007
            line = json.dumps(entry, ensure_ascii=False)
            try:
                line.encode("utf-8")
            except UnicodeEncodeError:
                line = json.dumps(entry)
            file.write(line + "\n")
    return count
