"""The journal: every answer of a model, on disk before it is used; JSON, one line an answer.

    {"row": 7, "id": "89458", "source": "3f…", "request": "a0…", "attempt": 1, "teacher": "llm", "model": "…",
     "text": "<THOUGHT>…", "finish": "stop", "problem": "", "message": "", "tries": 1, "tokens_in": 4810,
     "tokens_out": 290, "seconds": 6.1}

``source`` is a digest of what the answer is about (the row's visible columns, and its plan where that is kept),
``request`` one of all that was asked (messages, teacher, model, settings): a row's request is never asked twice, and
one that has changed is noticed. A request that got no answer leaves a line with its ``problem`` (``endpoint.…``) and is
asked again by the next run; one with another problem (``answer.…``) was answered.

A line counts once its newline is on the disk: what a kill or a power cut leaves behind the last one is cut off.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from filelock import FileLock, Timeout

from utils import InputError

NAME = "journal.jsonl"
# Problems of these kinds: nothing came back. The second is what journals of before 2026-11-27 hold.
NO_ANSWER = ("endpoint.", "teacher.")


class Entry(NamedTuple):
    """One line: what came back for one attempt at one row."""

    row: int
    id: str
    source: str
    request: str
    attempt: int  # 1, or 2 for the retry that shows the teacher its error
    teacher: str
    model: str
    text: str = ""
    finish: str = ""  # the endpoint's word for why the answer ended: stop, length, …
    problem: str = ""  # why there is no text to check
    message: str = ""
    tries: int = 0  # HTTP requests that it took
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0

    @property
    def answered(self) -> bool:
        """Whether the teacher said something, be it nonsense."""
        return not self.problem.startswith(NO_ANSWER)


def digest(value: object) -> str:
    """The first 20 hexadecimal digits of the SHA-256 of a value's JSON."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def read_journal(path: str | Path) -> list[Entry]:
    """The entries of a journal, oldest first, without a torn last line.

    Raises:
        InputError: no such file, or a line in its middle that is no entry.
    """
    path = Path(path)
    if path.is_dir():
        path = path / NAME
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; write it with: python synthesize.py generate ROWS.csv {quote(str(path.parent))}"
        )
    return list(_entries(path, path.read_bytes()))


class Journal:
    """A journal open for appending, locked against a second process.

    ``with Journal(folder) as journal: journal.append(entry)``; entries that were there already are ``entries``. The
    path is a folder's, whose ``journal.jsonl`` is meant, or a file's that ends in ``.jsonl``.
    """

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        self.path = path if path.suffix == ".jsonl" else path / NAME
        self.entries: list[Entry] = []

    def __enter__(self) -> "Journal":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # The kernel's lock: it goes with the process, however that ends.
        self._lock = FileLock(f"{self.path}.lock", timeout=0)
        try:
            self._lock.acquire()
        except Timeout:
            raise InputError(
                f"{self.path}: another process is writing into it; wait for its end or give another path"
            ) from None
        try:
            data = self.path.read_bytes() if self.path.is_file() else b""
            self.entries = list(_entries(self.path, data))
            # Unbuffered: what could not be written must not be written after all when the file is closed.
            self._file = open(self.path, "ab", buffering=0)
            if (whole := _whole(data)) < len(data):
                self._file.truncate(whole)
                os.fsync(self._file.fileno())
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._lock.release()

    def append(self, *entries: Entry) -> None:
        """Writes entries and waits until they are on the disk; only then may they be used."""
        lines = [json.dumps(one._asdict(), ensure_ascii=False, separators=(",", ":")) + "\n" for one in entries]
        data = "".join(lines).encode("utf-8")
        end = self._file.seek(0, os.SEEK_END)
        try:
            while data:
                data = data[self._file.write(data) :]
            os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(end)  # a full disk: half a line must not become the start of the next
            raise
        self.entries.extend(entries)


def by_source(entries: Iterable[Entry]) -> dict[tuple[int, str], list[Entry]]:
    """The entries of each (row, source), oldest first."""
    found: dict[tuple[int, str], list[Entry]] = {}
    for entry in entries:
        found.setdefault((entry.row, entry.source), []).append(entry)
    return found


def _whole(data: bytes) -> int:
    """How many bytes of a journal are whole lines; a last line that is no JSON was torn too."""
    end = data.rfind(b"\n") + 1
    start = data.rfind(b"\n", 0, max(end - 1, 0)) + 1
    try:
        json.loads(data[start:end] or b"{}")
    except ValueError:
        return start  # a power cut can leave a block of zeros where the line was to be
    return end


def _entries(path: Path, data: bytes) -> Iterator[Entry]:
    for number, line in enumerate(data[: _whole(data)].split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            entry = Entry(**fields)
            if [type(value) for value in entry[:8]] != [int, str, str, str, int, str, str, str]:
                raise TypeError("a field of another kind")
        except (ValueError, TypeError, RecursionError) as error:
            raise InputError(
                f"{path}: line {number} is no entry of a journal ({error!s:.80}); remove the line to have its row "
                "asked anew, or give another folder"
            ) from None
        yield entry
