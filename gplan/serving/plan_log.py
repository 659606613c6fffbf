"""The log of served plans, a JSON line each: what ``gplan.serving.ab`` reads, together with the clicks.

    {"request_id": "…", "arm": "output", "time": "2026-02-10T01:30:00.123Z", "plan": [{"工具名称": "tool_6"}, …],
     "log_probability": -0.93, "forward_passes": 9, "total_ms": 12.4}

The rows themselves are not logged: they are about people.
"""

import json
import logging
import os
import threading
from datetime import datetime, timezone
from pathlib import Path

from utils import InputError

_log = logging.getLogger(__name__)


class PlanLog:
    """A file open for appending, by this process and others. ``with PlanLog("plans.jsonl") as log: log.write({…})``

    A line is written whole, in one call and without a buffer. One that can't be (a full disk) is lost, and no more
    than that: ``write`` says so, and the next line does not continue what there is of it.

    Raises:
        InputError: the file can't be written.
    """

    def __init__(self, path: str | Path):
        self._path, self._lock, self._failing = path, threading.Lock(), False
        try:
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            raise InputError(f"--plan_log {path}: {error.strerror}; name a file that can be written") from error
        size = os.fstat(self._file).st_size
        self._torn = size > 0 and os.pread(self._file, 1, size - 1) != b"\n"

    def __enter__(self) -> "PlanLog":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def write(self, entry: dict) -> bool:
        """Appends an entry, with the time; returns whether that worked."""
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        names = ("request_id", "arm")
        entry = {**{name: entry[name] for name in names}, "time": now, **entry}
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            data = b"\n" * self._torn + line
            try:
                written = os.write(self._file, data)
            except OSError as error:
                written, problem = 0, error.strerror
            else:
                problem = "no room for the whole line"
            if written == len(data):
                self._torn = self._failing = False
                return True
            self._torn = self._torn or written > 0
            if not self._failing:  # once, not for every request of a full disk
                self._failing = True
                _log.warning("%s: %s; plans are served and not logged", self._path, problem)
            return False
