"""A world that answers what was recorded and nothing else: a miss is an error, never a guess."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stagent.worlds.protocol import ArgumentError, Found, Unavailable
from stagent.worlds.record import FORMAT, canonical, entry_outcome, lines
from utils import InputError


class ReplayWorld:
    """The answers of a record (``stagent.worlds.record``), under the recorded world's name and version.

    Raises:
        InputError: no record, or a broken one; file, line and what to do are named.
    """

    def __init__(self, path: Path):
        entries = lines(path)
        _, header = next(entries, (0, {}))
        if header.get("format") != FORMAT:
            raise InputError(f"{path}: no record of calls in format {FORMAT}; give a file that --record wrote")
        try:
            self.name, self.version, self.attribution = (header[key] for key in ("world", "version", "attribution"))
            self.zone = ZoneInfo(header["zone"])
        except (KeyError, ZoneInfoNotFoundError, ValueError) as error:
            raise InputError(f"{path}, line 1: {error} of the record's head; record anew") from None
        self._path = path
        self._regions: dict[str, str | None] = {}
        self._outcomes: dict[tuple[str, str, datetime | None], Found | Unavailable | ArgumentError] = {}
        self._first: datetime | None = None
        for number, (_, entry) in enumerate(entries, 2):
            try:
                self._add(entry)
            except (KeyError, TypeError, ValueError) as error:
                raise InputError(f"{path}, line {number}: {error!r}; delete the line, or record anew") from None

    def _add(self, entry: dict[str, Any]) -> None:
        if "region" in entry:
            self._regions.setdefault(entry["region"], entry["is"])
            return
        clock = datetime.fromisoformat(entry["clock"]).astimezone(self.zone) if entry["clock"] else None
        self._first = self._first or clock
        self._outcomes.setdefault((entry["tool"], canonical(entry["arguments"]), clock), entry_outcome(entry))

    def default_clock(self) -> datetime:
        """The clock of the first recorded call."""
        return self._first or datetime(2026, 1, 5, 9, tzinfo=self.zone)

    def check_clock(self, clock: datetime) -> None:
        """Any clock may be asked for; what was not recorded at it is a miss."""

    def region(self, text: str) -> str | None:
        return self._regions.get(text)

    async def answer(self, tool: str, arguments: dict[str, Any], clock: datetime) -> Found:
        wanted = canonical(arguments)
        for moment in (None, clock):
            outcome = self._outcomes.get((tool, wanted, moment))
            if isinstance(outcome, Found):
                return outcome
            if outcome is not None:
                raise outcome
        raise ArgumentError("arguments", "这次调用没有被录下", "回放时只能重复录下的调用与时间")

    async def close(self) -> None:
        pass
