"""What a world is to the tools: it answers validated calls, and says so where it can't.

    Calls ── tool, arguments, clock ──► World.answer ──► Found(items, …)
                                                     ├─► raises Unavailable: the world has no such data, or not now
                                                     └─► raises ArgumentError: a value can't be used in this world

A world never invents: what it doesn't know is left out of an item, or the whole tool is ``Unavailable``.
"""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Protocol


@dataclass(slots=True)
class Found:
    """What a world answers.

    Attributes:
        items: most relevant first; every key is one of ``stagent.worlds.fields``, whose name says its unit.
            Empty: nothing was found, which is an answer too.
        about: what holds for all items (a route's length, a day), by the same keys.
        note: a sentence about what was left out or assumed; empty: nothing.
        geometry: what a map draws and a model does not read:
            ``{"item": 0, "kind": "route", "points": [[lat, lon], …]}`` or
            ``{"kind": "buffer", "points": [[lat, lon], …], "radius_m": 500}``.
        timeless: the answer is the same whatever the clock says, so that it may be remembered longer than an episode.
    """

    items: list[dict[str, Any]]
    about: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    geometry: list[dict[str, Any]] = field(default_factory=list)
    timeless: bool = False


class Unavailable(Exception):
    """The world can't answer this: it has no such data, or a service behind it failed. Not an error of the caller's.

    Args:
        reason: a sentence that an agent can act on, in Chinese; no key, no address of a service in it.
        retry: whether the same call may succeed later.
    """

    def __init__(self, reason: str, *, retry: bool = False):
        super().__init__(reason)
        self.reason, self.retry = reason, retry


class ArgumentError(Exception):
    """A value that is well formed but can't be used in this world: a region it doesn't have, a date out of its range.

    Args:
        parameter: the tool's parameter, ``region``; of a list's entry, ``origins[1]``.
        problem: what is wrong with the value, in Chinese, the value included.
        allowed: what to give instead.
    """

    def __init__(self, parameter: str, problem: str, allowed: str):
        super().__init__(f"{parameter}: {problem}; {allowed}")
        self.parameter, self.problem, self.allowed = parameter, problem, allowed


class ClockError(ValueError):
    """A clock outside the days that a world knows; the message names them."""


class World(Protocol):
    """One of sandbox, osm, live, replay.

    Attributes:
        name: ``"sandbox"``, ``"osm"``, ``"live"`` or, of a recording, the recorded world's.
        version: identifies the data (a digest of seed and format, of the extract's bytes, of settings without keys):
            equal versions give equal answers, except ``live``.
        zone: the time zone of clocks and of times without an offset.
        attribution: what a drawn map has to carry, ``""`` where nothing.
    """

    name: str
    version: str
    zone: tzinfo
    attribution: str

    def default_clock(self) -> datetime:
        """The clock where none is given, aware, in ``zone``."""

    def check_clock(self, clock: datetime) -> None:
        """Raises ClockError for a clock outside the days that this world knows."""

    def region(self, text: str) -> str | None:
        """The one name of a region that text may mean (``"澜屿"``, ``"澜屿市"`` → ``"澜屿市"``), None: unknown here."""

    async def answer(self, tool: str, arguments: dict[str, Any], clock: datetime) -> Found:
        """Answers a call.

        Args:
            arguments: of the tool's schema, validated and normalised: every parameter that has a default is there,
                coordinates are ``(lat, lon)`` pairs of floats, dates ``date`` and times aware ``datetime``
                objects, regions the names that ``region`` gives (of a tool whose place may lie elsewhere, a flight's
                destination, the text as it is where ``region`` gives None).
            clock: now, aware, in ``zone``.

        Raises:
            Unavailable, ArgumentError
        """

    async def close(self) -> None:
        """Releases files and connections."""
