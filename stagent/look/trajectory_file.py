"""A file of trajectories, looked at a line at a time: what a list shows of each line, and one line as it is.

    file = TrajectoryFile(Path("trajectories.jsonl"))
    file.listing(Wanted(leaf="discovery", state="vetoed"))
    → {"name": "trajectories.jsonl", "read": 0.4, "lines": 41200, "matching": 212, "page": 0, "pages": 5,
       "leaves": {"discovery.area_summaries": 1400, …}, "rows": [{"line": 7, "broken": "", "text": "…", …}, …]}
    file.line(7) → b'{"format": 1, …}'

Kept of a line are its place and what the list shows; each question for the list reads on for a moment, so that a file
of any size opens at once, and one that grows shows what is new. ``page/chosen_file.js`` and ``page/summary.js`` do
the same in a browser, for a file that stays there.
"""

import json
import os
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from sys import intern
from typing import Any, BinaryIO, Literal

PAGE_ROWS = 50
SHOWN = 200  # letters of an instruction in the list
SEARCHED = 2000  # letters of a trajectory's words that a search looks through
MAX_LINE = 64 << 20  # bytes; a longer one is named as broken
_READING = 0.25  # s of reading on, a question
_HEAD = 256  # bytes by which a file is known again
_FAR = 1e9  # a reward beyond is none: JSON's 1e999 is infinite

# What can be wrong with a line; the page says it in words.
Broken = Literal["", "notUtf8", "notJson", "noTrajectory", "tooLong", "unfinished"]
# Whether a trajectory has a reward: no score, one without a reward, a veto, a reward.
State = Literal["none", "unscored", "vetoed", "scored"]
STATES = ("none", "unscored", "vetoed", "scored", "broken")


@dataclass(slots=True)
class Row:
    """What the list shows of a line.

    Attributes:
        line: its number in the file, from 1.
        turns, calls: how many of the user's words and of tool calls there are.
        said: lower-case, what a search looks through; not sent.
    """

    line: int
    broken: Broken = ""
    id: str = ""
    pattern: str = ""
    leaf: str = ""
    difficulty: int | None = None
    split: str = ""
    agent: str = ""
    text: str = ""
    turns: int = 0
    calls: int = 0
    state: State = "none"
    reward: float | None = None
    said: str = ""

    def as_json(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "said"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are listed; what is empty lets all pass.

    Attributes:
        text: words that all have to be there; leaf: an id, or a class above some, ``discovery.poi_search``.
        state: one of ``STATES``; least, most: of the reward.
    """

    text: str = ""
    leaf: str = ""
    difficulty: int | None = None
    split: str = ""
    state: str = ""
    least: float | None = None
    most: float | None = None

    def takes(self, row: Row) -> bool:
        return (
            (not self.leaf or row.leaf == self.leaf or row.leaf.startswith(f"{self.leaf}."))
            and self.difficulty in (None, row.difficulty)
            and (not self.split or row.split == self.split)
            and (not self.state or self.state == ("broken" if row.broken else row.state))
            and (self.least is None or (row.reward is not None and row.reward >= self.least))
            and (self.most is None or (row.reward is not None and row.reward <= self.most))
            and all(word in row.said for word in self.text.lower().split())
        )


def row_of(line: int, raw: bytes) -> Row:
    """The row of a line's bytes; a line that is no trajectory is named, and nothing else is asked of it.

    Single fields may hold anything: what is no text is none, and unknown steps are shown as they are.
    """
    try:
        value = json.loads(raw.decode(), parse_constant=_refuse)
    except UnicodeDecodeError:
        return Row(line, "notUtf8")
    except (ValueError, RecursionError):
        return Row(line, "notJson")
    task, steps = (value.get("task"), value.get("steps")) if isinstance(value, dict) else (None, None)
    if not isinstance(task, dict) or not isinstance(steps, list) or value.get("format") != 1:
        return Row(line, "noTrajectory")
    steps = [step for step in steps if isinstance(step, dict)]
    turns = [_text(step.get("text")) for step in steps if step.get("role") == "user"]
    calls = [_text(step.get("tool")) for step in steps if step.get("role") == "call"]
    answers = [_text(step.get("text")) for step in steps if step.get("role") == "answer"]
    name, pattern, agent = (_text(each)[:SHOWN] for each in (task.get("id"), task.get("pattern"), value.get("agent")))
    level = task.get("difficulty")
    state, reward = _state(value.get("score"))
    return Row(
        line,
        id=name,
        pattern=intern(pattern),
        leaf=intern(_text(task.get("primary"))[:SHOWN]),
        difficulty=level if type(level) is int and -1 <= level <= 5 else None,
        split=intern(_text(task.get("split"))[:SHOWN]),
        agent=intern(agent),
        text=next(iter(turns), "")[:SHOWN],
        turns=len(turns),
        calls=len(calls),
        state=state,
        reward=reward,
        said=" ".join([name, pattern, agent, *calls, *turns, *answers])[:SEARCHED].lower(),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _state(score: Any) -> tuple[State, float | None]:
    if not isinstance(score, dict):
        return "none", None
    reward = score.get("reward")
    if type(reward) not in (int, float) or not -_FAR < reward < _FAR:
        return "unscored", None
    vetoed = score.get("vetoed")
    return "vetoed" if isinstance(vetoed, list) and vetoed else "scored", reward


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")  # and no browser would read it


class TrajectoryFile:
    """A file of trajectories. Safe to use from several threads."""

    def __init__(self, path: Path):
        self.path = path
        self._lock = threading.Lock()
        self._inode, self._head = 0, b""
        self._forget()

    def _forget(self) -> None:
        self._rows: list[Row] = []
        self._places: list[tuple[int, int]] = []  # of each row: where its line begins, and its bytes
        self._leaves: Counter[str] = Counter()
        self._next = 0  # where the first line begins that isn't read
        self._lines = 0
        self._open: tuple[int, int] | None = None  # the last line, not ended yet: where it begins, rows before it

    def listing(self, wanted: Wanted, page: int = 0, seconds: float = _READING) -> dict[str, Any]:
        """The rows that are wanted, of what is read by now; ``read``: how much of the file that is, 1.0 all of it.

        Raises:
            OSError: the file is gone.
        """
        with self._lock:
            read = self._read_on(seconds)
            found = [row for row in self._rows if wanted.takes(row)]
            pages = max(1, -(-len(found) // PAGE_ROWS))
            page = min(max(page, 0), pages - 1)
            return {
                "name": self.path.name,
                "read": read,
                "lines": len(self._rows),
                "matching": len(found),
                "page": page,
                "pages": pages,
                "leaves": {leaf: count for leaf, count in self._leaves.items() if leaf and count},
                "rows": [row.as_json() for row in found[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]],
            }

    def line(self, number: int) -> bytes:
        """A line that is a trajectory, as it stands in the file.

        Raises:
            KeyError: there is no such line, or it is broken.
            OSError: the file is gone.
        """
        with self._lock:
            # after a restart a browser may ask for a line that isn't read yet
            while self._read_on(_READING) < 1 and self._lines < number:
                pass
            at = bisect_left(self._rows, number, key=lambda row: row.line)
            if at == len(self._rows) or self._rows[at].line != number or self._rows[at].broken:
                raise KeyError(number)
            start, size = self._places[at]
            with open(self.path, "rb") as file:
                file.seek(start)
                return file.read(size)

    def _read_on(self, seconds: float) -> float:
        """Reads rows for some time, one line at least; returns which share of the file is read."""
        until = time.monotonic() + seconds
        with open(self.path, "rb") as file:
            stat = os.fstat(file.fileno())
            size, head = stat.st_size, file.read(_HEAD)
            if stat.st_ino != self._inode or size < self._next or not head.startswith(self._head):
                self._forget()  # another file has this name now
            self._inode, self._head = stat.st_ino, head
            if self._open and size > self._next:
                self._read_last_again(*self._open)
            file.seek(self._next)
            for start, raw in _lines(file, self._next, size):
                self._next = start + len(raw)
                self._take(start, raw, file)
                if time.monotonic() > until:
                    break
        return 1.0 if self._next >= size else self._next / size

    def _read_last_again(self, start: int, rows: int) -> None:
        for row in self._rows[rows:]:
            self._leaves[row.leaf] -= 1
        del self._rows[rows:], self._places[rows:]
        self._next, self._open = start, None
        self._lines -= 1

    def _take(self, start: int, raw: bytes, file: BinaryIO) -> None:
        self._lines += 1
        has_end = raw.endswith(b"\n")
        if len(raw) > MAX_LINE:
            self._next += 0 if has_end else _skip_line(file)
            row = Row(self._lines, "tooLong")
        else:
            self._open = None if has_end else (start, len(self._rows))
            if not raw.strip():
                return
            row = row_of(self._lines, raw)
            if row.broken and not has_end:
                row.broken = "unfinished"  # somebody may be writing it
        self._leaves[row.leaf] += 1
        self._rows.append(row)
        self._places.append((start, len(raw)))


def _lines(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Each line with its place, up to ``end``; of a line that is too long, a beginning."""
    while start < end and (raw := file.readline(MAX_LINE + 1)):
        yield start, raw
        start = file.tell()


def _skip_line(file: BinaryIO) -> int:
    """Goes to the next line; returns over how many bytes."""
    start = file.tell()
    while (part := file.readline(1 << 20)) and not part.endswith(b"\n"):
        pass
    return file.tell() - start
