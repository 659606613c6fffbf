"""One call of a tool, from what a caller sent to what it reads.

    arguments ─► spelling seen? ──────────────────────────────────────────────► the same CallResult
        └─► validate, normalise ─► result kept? ───────────────────────────────► the same CallResult
                └─► the same call under way? wait for it : World.answer ─► render ─► CallResult, kept if it is an answer

Errors and "unavailable" are never kept: the next call asks again.
"""

import asyncio
import json
import marshal
import sys
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from stagent.tools import render
from stagent.tools.schemas import BY_NAME, ToolSchema
from stagent.tools.validate import ArgumentProblem, InvalidCall, read_arguments
from stagent.worlds.protocol import ArgumentError, ClockError, Unavailable, World
from stagent.worlds.record import canonical

Outcome = Literal["found", "empty", "unavailable", "error", "failed"]
CAPACITY = 64 * 2**20  # bytes of results that are kept
_SPELLING = 4096  # bytes of arguments up to which a spelling is remembered


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a call gave; immutable, so that all who asked may share it.

    Attributes:
        body: the structured content as JSON: what a program reads.
        text: the same facts as text: what a model reads.
        shapes: geometry as JSON, for a map; not for a model.
    """

    tool: str
    outcome: Outcome
    body: str
    text: str
    shapes: str = "[]"

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def geometry(self) -> list[dict[str, Any]]:
        return json.loads(self.shapes)

    @property
    def error(self) -> bool:
        """Whether the caller did something wrong; "unavailable" and an empty answer are none."""
        return self.outcome == "error"

    def size(self) -> int:
        return 200 + 3 * (len(self.body) + len(self.text)) + len(self.shapes)


class RecentlyUsed:
    """The values used last, within a number of bytes."""

    def __init__(self, capacity: int):
        self._capacity = capacity
        self._entries: OrderedDict[Any, tuple[Any, int]] = OrderedDict()
        self._size = 0

    def get(self, key: Any) -> Any:
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: Any, value: Any, size: int) -> None:
        old = self._entries.pop(key, None)
        self._size += size - (old[1] if old else 0)
        self._entries[key] = (value, size)
        while self._size > self._capacity:
            self._size -= self._entries.popitem(last=False)[1][1]

    def __len__(self) -> int:
        return len(self._entries)


class Calls:
    """Calls of the ten tools on a world: validated, normalised, kept, and each executed once at a time.

    Args:
        language: of labels and units in text, zh or en; what a world says in sentences is Chinese.
        limit: tokens of a result's text.
        count: tokens of a line; the default knows no vocabulary and counts rather too many.
        capacity: bytes of results that are kept.
        observer: called after each call with its result, its seconds, and whether a world was asked for it.
    """

    def __init__(
        self,
        world: World,
        *,
        language: str = "zh",
        limit: int = render.LIMIT,
        count: Callable[[str], int] = render.count_tokens,
        capacity: int = CAPACITY,
        observer: Callable[[CallResult, float, bool], None] | None = None,
    ):
        self.world = world
        self.language = language
        self.executions = 0
        self._limit, self._count, self._observer = limit, count, observer
        self._source = {"world": world.name, "version": world.version}
        self._spellings = RecentlyUsed(capacity // 8)
        self._results = RecentlyUsed(capacity)
        self._timeless = RecentlyUsed(capacity // 8)
        self._running: dict[tuple, asyncio.Task[CallResult]] = {}

    async def call(self, tool: str, arguments: Any, clock: datetime) -> CallResult:
        """Calls a tool; never raises for what a caller sent.

        Args:
            clock: now, aware. The answer is a function of tool, arguments and clock.

        Raises:
            ClockError: the world doesn't know this day: the fault of whoever set the clock, not of the caller's.
        """
        began = time.perf_counter()
        spelling = _spelling(tool, arguments, clock)
        key = self._spellings.get(spelling) if spelling else None
        result = self._results.get(key) if key else None
        asked = False
        if result is None:
            result, asked, key = await self._answer(tool, arguments, clock.astimezone(self.world.zone))
            if spelling and result.outcome in ("found", "empty"):
                # its key alone: a result that is let go of must not live on here
                self._spellings.put(spelling, key, 400 + 2 * len(spelling[1]))
        if self._observer:
            self._observer(result, time.perf_counter() - began, asked)
        return result

    async def _answer(self, name: str, arguments: Any, clock: datetime) -> tuple[CallResult, bool, tuple | None]:
        self.world.check_clock(clock)
        tool = BY_NAME.get(name) if isinstance(name, str) else None
        if tool is None:
            unknown = ArgumentProblem("tool", "没有这个工具", "可用工具 " + "、".join(BY_NAME))
            return self.wrong(str(name)[:40], [unknown], clock), False, None
        try:
            read = read_arguments(tool, arguments, self.world, clock)
        except InvalidCall as invalid:
            return self.wrong(name, invalid.problems, clock), False, None
        key = (name, canonical(read), clock)
        if (result := self._results.get(key)) is not None:
            return result, False, key
        running = self._running.get(key)
        if running is None:
            # a task of its own: a caller that gives up takes the answer from nobody else
            running = self._running[key] = asyncio.ensure_future(self._execute(tool, read, clock, key))
            running.add_done_callback(lambda _: self._running.pop(key, None))
            return await asyncio.shield(running), True, key
        return await asyncio.shield(running), False, key

    async def _execute(self, tool: ToolSchema, arguments: dict[str, Any], clock: datetime, key: tuple) -> CallResult:
        try:
            found = self._timeless.get(key[:2])
            if found is None:
                self.executions += 1
                found = await self.world.answer(tool.name, arguments, clock)
        except Unavailable as error:
            return self._unavailable(tool.name, error.reason, error.retry, clock)
        except ArgumentError as error:
            problem = ArgumentProblem(error.parameter, error.problem, error.allowed)
            return self.wrong(tool.name, [problem], clock)
        except ClockError:
            raise
        except Exception:
            # a fault of ours: the caller can go on with other calls, and we are told
            traceback.print_exc(file=sys.stderr)
            return self._unavailable(tool.name, "工具内部出错", False, clock, outcome="failed")
        content = render.found_content(tool.name, found, self._source, clock)
        text = render.render(content, self.language, limit=self._limit, count=self._count)
        outcome: Outcome = "found" if found.items else "empty"
        result = CallResult(tool.name, outcome, json_text(content), text, json_text(found.geometry))
        self._results.put(key, result, result.size())
        if found.timeless:
            self._timeless.put(key[:2], found, 4 * result.size())
        return result

    def _unavailable(self, tool: str, reason: str, retry: bool, clock: datetime, outcome: Outcome = "unavailable"):
        content = render.unavailable_content(tool, reason, retry, self._source, clock)
        return CallResult(tool, outcome, json_text(content), render.render(content, self.language))

    def wrong(self, tool: str, problems: list[ArgumentProblem], clock: datetime) -> CallResult:
        """The result of a call that can't be made as it was."""
        content = render.error_content(tool, problems, clock)
        return CallResult(tool, "error", json_text(content), render.render(content, self.language))


def _spelling(tool: Any, arguments: Any, clock: datetime) -> tuple | None:
    """Arguments as they were sent, in a form that tells 1, 1.0 and True apart; None: too long, or no plain data."""
    try:
        sent = marshal.dumps(arguments, 2)
    except ValueError:
        return None
    return (tool, sent, clock) if len(sent) <= _SPELLING and isinstance(tool, str) else None


def json_text(value: Any) -> str:
    """JSON as results have it: one line, nothing escaped that need not be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
