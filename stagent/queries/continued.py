"""JSONL files that grow line by line, and go on where a process that was killed left them."""

import fcntl
import json
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from data_process.files import write_json
from utils import InputError


class GrowingFile(AbstractContextManager):
    """A JSONL file that is appended to. A last line without an end, which a kill left, is cut off.

    Attributes:
        lines: whole lines in it.

    Raises:
        InputError: it can't be written to, or another process is doing so.
    """

    def __init__(self, path: Path):
        self.path = path
        try:
            self._file = open(path, "a+b")  # noqa: SIM115
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}; name a file in a folder that can be written") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise InputError(f"{path}: another process is writing it; name another file") from None
        self.lines = 0
        self.keep()

    def keep(self, most: int | None = None) -> None:
        """Cuts off what follows the first ``most`` whole lines; None: what follows the last whole one."""
        self._file.flush()
        self._file.seek(0)
        self.lines = end = 0
        for line in self._file:
            if self.lines == most or not line.endswith(b"\n"):
                break
            self.lines, end = self.lines + 1, end + len(line)
        self._file.truncate(end)
        self._file.seek(0, os.SEEK_END)

    def last(self) -> bytes:
        """The last whole line, empty where there is none."""
        size = self._file.seek(0, os.SEEK_END)
        length, tail = 4096, b""
        while len(tail) < size:
            self._file.seek(max(0, size - length))
            tail = self._file.read()
            if b"\n" in tail[:-1]:
                break
            length *= 4
        return tail[:-1].rpartition(b"\n")[2]

    def append(self, entry: Any) -> None:
        """Adds a line, which is with the kernel when ``flush`` was called or the file is closed."""
        self._file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        self.lines += 1

    def flush(self) -> None:
        self._file.flush()

    def __exit__(self, *_: object) -> None:
        self._file.close()


def settings_path(path: Path) -> Path:
    """``tasks.jsonl`` → ``tasks.jsonl.settings.json``"""
    return path.with_name(path.name + ".settings.json")


def read_settings(path: Path) -> dict[str, Any]:
    """What stands beside a file, empty where nothing does.

    Raises:
        InputError: no JSON object.
    """
    beside = settings_path(path)
    try:
        made = json.loads(beside.read_text(encoding="utf-8"))
        if isinstance(made, dict):
            return made
    except FileNotFoundError:
        return {}
    except ValueError:
        pass
    raise InputError(f"{beside}: no JSON object; write to another file than {path.name}")


def same_settings(path: Path, lines: int, settings: dict[str, Any]) -> None:
    """Settings of a file that is begun are written beside it; one that is continued must have been made with them.

    Args:
        lines: how many the file has.
        settings: plain JSON, by what a user calls them.

    Raises:
        InputError: it was made with others, which are named, or it isn't known with which.
    """
    if not lines:
        write_json(settings_path(path), settings)
        return
    made = read_settings(path)
    if not made:
        raise InputError(f"{path}: has {lines} lines, but no {settings_path(path).name} beside it; name another file")
    for name in sorted(settings.keys() | made.keys()):
        if settings.get(name) != made.get(name):
            raise InputError(
                f"{path}: was made with {name} {_short(made.get(name))}, now it is {_short(settings.get(name))}; give "
                "the same, or name another file"
            )


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"
