"""Recorded calls: what a world answered, one JSON line an answer, appended as it comes.

    {"format": 1, "world": "sandbox", "version": "3f9a", "zone": "Asia/Shanghai", "attribution": ""}
    {"region": "澜屿", "is": "澜屿市"}
    {"tool": "web_search", "arguments": {"query": "…"}, "clock": null, "found": {"items": […], …}}
    {"tool": "travel_search_trains", "arguments": {…}, "clock": "2026-01-05T09:00:00+08:00", "unavailable": {…}}

A process that is killed leaves at most one line without an end, which is left out when the file is read or continued.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from stagent.worlds.protocol import ArgumentError, Found, Unavailable, World
from utils import InputError

FORMAT = 1


def canonical(arguments: dict[str, Any]) -> str:
    """Validated arguments as JSON: equal for equal calls, also once they were read back."""
    return json.dumps(
        arguments, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=lambda value: value.isoformat()
    )


class RecordingWorld:
    """A world whose answers are written down; a line is with the kernel before its call is answered.

    Attributes:
        recorded: the world itself.

    Args:
        path: made where it is not there, else continued: what stands in it already is not written again.

    Raises:
        InputError: the file is no record, is broken, is in use, or is another world's or another version's.
    """

    def __init__(self, world: World, path: Path):
        self.recorded = world
        self.name, self.version, self.zone = world.name, world.version, world.zone
        self.attribution = world.attribution
        header = {
            "format": FORMAT,
            "world": world.name,
            "version": world.version,
            "zone": str(world.zone),
            "attribution": world.attribution,
        }
        self._written: set[bytes] = set()
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(f"{path}: another process is recording into it; give another file") from None
        end = 0
        for line_end, entry in lines(path):
            end = line_end
            if not self._written:
                _check_header(path, entry, header)
            self._written.add(_identity(entry))
        os.truncate(path, end)
        if not end:
            self._write(header)

    def default_clock(self) -> datetime:
        return self.recorded.default_clock()

    def check_clock(self, clock: datetime) -> None:
        self.recorded.check_clock(clock)

    def region(self, text: str) -> str | None:
        name = self.recorded.region(text)
        self._write({"region": text, "is": name})
        return name

    async def answer(self, tool: str, arguments: dict[str, Any], clock: datetime) -> Found:
        outcome: Found | Unavailable | ArgumentError
        try:
            outcome = await self.recorded.answer(tool, arguments, clock)
        except (Unavailable, ArgumentError) as error:
            outcome = error
        timeless = isinstance(outcome, Found) and outcome.timeless
        call = {"tool": tool, "arguments": json.loads(canonical(arguments))}
        self._write(call | {"clock": None if timeless else clock.isoformat()} | outcome_entry(outcome))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def close(self) -> None:
        self._file.close()
        await self.recorded.close()

    def _write(self, entry: dict[str, Any]) -> None:
        identity = _identity(entry)
        if identity not in self._written:
            self._written.add(identity)
            self._file.write(json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def outcome_entry(outcome: Found | Unavailable | ArgumentError) -> dict[str, Any]:
    """An outcome as its line says it."""
    if isinstance(outcome, Found):
        return {"found": asdict(outcome)}
    if isinstance(outcome, Unavailable):
        return {"unavailable": {"reason": outcome.reason, "retry": outcome.retry}}
    return {"error": {"parameter": outcome.parameter, "problem": outcome.problem, "allowed": outcome.allowed}}


def entry_outcome(entry: dict[str, Any]) -> Found | Unavailable | ArgumentError:
    """The inverse of ``outcome_entry``; raises KeyError or TypeError for a line that is none."""
    if "found" in entry:
        return Found(**entry["found"])
    if "unavailable" in entry:
        return Unavailable(entry["unavailable"]["reason"], retry=entry["unavailable"]["retry"])
    return ArgumentError(**entry["error"])


def lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The entries of a record, each with the byte at which its line ends.

    Raises:
        InputError: a line that ends but is no JSON object, named by its number.
    """
    end = 0
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return  # its process was killed
            end += len(line)
            try:
                entry = json.loads(line)
                if not isinstance(entry, dict):
                    raise ValueError
            except ValueError:
                raise InputError(f"{path}, line {number}: no JSON object; delete the line, or record anew") from None
            yield end, entry


def _identity(entry: dict[str, Any]) -> bytes:
    """What may stand in a record once, in 16 bytes: a record of millions of calls is continued in little memory."""
    named = {name: entry[name] for name in ("region", "tool", "arguments", "clock") if name in entry}
    return hashlib.blake2b(json.dumps(named, sort_keys=True).encode(), digest_size=16).digest()


def _check_header(path: Path, found: dict[str, Any], expected: dict[str, Any]) -> None:
    if found.get("format") != FORMAT:
        raise InputError(f"{path}: no record of calls in format {FORMAT}; give another file")
    for name in ("world", "version"):
        if found.get(name) != expected[name]:
            raise InputError(
                f"{path}: recorded from {name} {found.get(name)!r}, this one is {expected[name]!r}; give another file"
            )
