"""The page's server.

    GET  /api/world      the world: its clock, its cities, what kinds of places they have, what results' keys mean
    GET  /api/tools      the ten tools, in both languages          GET  /api/city/0    what is drawn of a city
    GET  /api/country    the roads between cities
    POST /api/call       {"tool", "arguments", "clock", "language"} → what a model gets, and what a map draws of it
    GET  /api/trajectories?leaf=discovery&state=vetoed&page=0    what is listed of the file of trajectories
    GET  /api/trajectories/7    its line 7
    GET  /               the page

A world without cities of its own (services, a record) has no map; tools work all the same.
"""

import json
import math
import time
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import asdict
from datetime import datetime
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from gplan.serving import pages
from stagent.look.city_map import city_drawing, country_drawing
from stagent.look.trajectory_file import STATES, TrajectoryFile, Wanted
from stagent.queries.taxonomy import LEAVES
from stagent.tools.calls import CallResult, Calls
from stagent.tools.schemas import TOOLS
from stagent.worlds.fields import FIELDS
from stagent.worlds.local.categories import CATEGORIES, ancestors
from stagent.worlds.local.city import City
from stagent.worlds.protocol import ClockError, World

LANGUAGES = ("zh", "en")
MAX_BODY = 1 << 20  # bytes
PAGE = Path(__file__).parent / "page"
_JSON = "application/json"
_asked: ContextVar[list[bool]] = ContextVar("asked")  # whether the call under way went to the world


class RefusedCall(Exception):
    """A request that can't be used; what a tool finds wrong with its arguments is no such thing, but its answer."""

    def __init__(self, status: int, message: str, field: str = ""):
        super().__init__(message)
        self.status, self.field = status, field


class Look:
    """What the routes share.

    Args:
        cities: of the world, to be drawn.
        clock: now for calls that say no other; None: the world's own, at each call.
        hosts: names under which the server is reached, besides localhost and addresses.
        trajectories: a file of trajectories to look at; None: none, but those that a browser opens by itself.
    """

    def __init__(
        self,
        world: World,
        cities: list[City],
        clock: datetime | None = None,
        hosts: tuple[str, ...] = (),
        trajectories: TrajectoryFile | None = None,
    ):
        self._world, self._cities, self._clock, self._trajectories = world, cities, clock, trajectories
        self._hosts = ("localhost", *hosts)
        note: Callable[[CallResult, float, bool], None] = lambda result, seconds, asked: _asked.get().append(asked)  # noqa: E731
        self._calls = {language: Calls(world, language=language, observer=note) for language in LANGUAGES}
        self._drawn = cache(self._draw)

    def _now(self) -> datetime:
        return self._clock or self._world.default_clock()

    async def world(self, request: Request) -> Response:
        world = self._world
        own = Counter(place.category for city in self._cities for place in city.places)
        counts = Counter(above for key, number in own.items() for above in ancestors(key) for _ in range(number))
        return _answer(
            {
                "name": world.name,
                "version": world.version,
                "attribution": world.attribution,
                "clock": self._now().isoformat(timespec="seconds"),
                "languages": LANGUAGES,
                "cities": [
                    {"name": city.name, "centre": city.centre, "bounds": city.bounds, "places": len(city.places)}
                    for city in self._cities
                ],
                "categories": {
                    key: {"zh": one.zh, "en": one.en, "parent": one.parent, "count": counts[key], "own": own[key]}
                    for key, one in CATEGORIES.items()
                    if counts[key]
                },
                "fields": {name: field._asdict() for name, field in FIELDS.items()},
                "leaves": {leaf.id: leaf.zh for leaf in LEAVES},
                "trajectories": self._trajectories.path.name if self._trajectories else None,
            }
        )

    async def tools(self, request: Request) -> Response:
        return _answer([asdict(tool) for tool in TOOLS])

    async def city(self, request: Request) -> Response:
        number = request.path_params["number"]
        if number >= len(self._cities):
            raise RefusedCall(404, f"no city {number}; there are {len(self._cities)}, from 0")
        file = await run_in_threadpool(self._drawn, number)
        return await file.answer(request)

    async def country(self, request: Request) -> Response:
        if len(self._cities) < 2:
            raise RefusedCall(404, "there is nothing between cities")
        return _answer(await run_in_threadpool(country_drawing, self._cities))

    async def trajectories(self, request: Request) -> Response:
        self._check_host(request)
        asked = request.query_params
        page = int(_number(asked, "page") or 0)
        return _answer(await self._of_file(TrajectoryFile.listing, _wanted(asked), page))

    async def trajectory(self, request: Request) -> Response:
        self._check_host(request)
        number = request.path_params["number"]
        try:
            line = await self._of_file(TrajectoryFile.line, number)
        except KeyError:
            raise RefusedCall(404, f"line {number} is no trajectory") from None
        return Response(line, media_type=_JSON, headers={"Cache-Control": "no-store"})

    async def _of_file(self, read: Callable[..., Any], *given: Any) -> Any:
        if not self._trajectories:
            raise RefusedCall(404, "no trajectories; start with --trajectories TRAJECTORY.jsonl")
        try:
            return await run_in_threadpool(read, self._trajectories, *given)
        except OSError as error:
            raise RefusedCall(404, f"{self._trajectories.path.name}: {error.strerror}") from None

    def _draw(self, number: int) -> pages.File:
        return pages.File(_dumped(city_drawing(self._cities[number], self._cities)), _JSON)

    async def call(self, request: Request) -> Response:
        """A call as a model makes it: what is wrong with it is in the answer, in the words that a model gets."""
        self._check_sender(request)
        sent = _object(await _body(request))
        language = sent.get("language", "zh")
        if language not in LANGUAGES:
            raise RefusedCall(422, f"language: one of {', '.join(LANGUAGES)}", "language")
        clock = self._moment(sent.get("clock"))
        asked: list[bool] = []
        _asked.set(asked)
        began = time.perf_counter()
        try:
            result = await self._calls[language].call(sent.get("tool"), sent.get("arguments", {}), clock)
        except ClockError as error:
            raise RefusedCall(422, str(error), "clock") from None
        answer = {
            "outcome": result.outcome,
            "error": result.error,
            "seconds": round(time.perf_counter() - began, 6),
            "cached": result.outcome in ("found", "empty") and asked == [False],
            "content": result.content,
            "text": result.text,
            "geometry": result.geometry,
        }
        return _answer(answer)

    def _moment(self, text: Any) -> datetime:
        if text is None:
            return self._now()
        try:
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=self._world.zone)).astimezone(self._world.zone)
        except (TypeError, ValueError, OverflowError):
            raise RefusedCall(422, "no time; write 2026-01-05T09:00", "clock") from None

    def _check_sender(self, request: Request) -> None:
        """Refuses what somebody else's page makes a browser send.

        JSON can't be sent across sites without asking first, which is answered to nobody. A page whose name resolves
        to this machine asks as from here, so names have to be known; an address can't be such a name.
        """
        if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != _JSON:
            raise RefusedCall(415, f"send JSON, with Content-Type: {_JSON}")
        self._check_host(request)

    def _check_host(self, request: Request) -> None:
        name = request.url.hostname or ""
        if name not in self._hosts and not _is_address(name):
            raise RefusedCall(421, f"Host {name[:100]!r} is not known here; ask by address")


def create_app(look: Look) -> Starlette:
    """The routes; the page's files are read once, here."""
    routes = [
        Route("/api/world", look.world),
        Route("/api/tools", look.tools),
        Route("/api/city/{number:int}", look.city),
        Route("/api/country", look.country),
        Route("/api/call", look.call, methods=["POST"]),
        Route("/api/trajectories", look.trajectories),
        Route("/api/trajectories/{number:int}", look.trajectory),
    ]
    files = pages.page_files(PAGE) | {"/dom.js": pages.page_files()["/dom.js"]}  # the house has one
    routes += [Route(path, file.answer) for path, file in files.items()]
    return Starlette(
        routes=routes,
        middleware=[Middleware(GZipMiddleware, minimum_size=2000, compresslevel=6)],
        exception_handlers={RefusedCall: _refused},
    )


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_BODY:
                raise RefusedCall(413, f"the body is too large; {MAX_BODY:,} bytes at most")
    except ClientDisconnect:
        raise RefusedCall(400, "the body is incomplete") from None
    return bytes(body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedCall(400, "no JSON, or nested too deep") from None
    if not isinstance(sent, dict):
        raise RefusedCall(422, 'an object is needed: {"tool": "web_search", "arguments": {"query": "…"}}')
    return sent


def _wanted(asked: QueryParams) -> Wanted:
    state, difficulty = asked.get("state", ""), _number(asked, "difficulty")
    if state and state not in STATES:
        raise RefusedCall(422, f"state: one of {', '.join(STATES)}", "state")
    return Wanted(
        text=asked.get("text", ""),
        leaf=asked.get("leaf", ""),
        difficulty=None if difficulty is None else int(difficulty),
        split=asked.get("split", ""),
        state=state,
        least=_number(asked, "least"),
        most=_number(asked, "most"),
    )


def _number(asked: QueryParams, name: str) -> float | None:
    text = asked.get(name, "")
    try:
        value = float(text) if text else None
    except ValueError:
        value = math.nan
    if value is not None and not math.isfinite(value):
        raise RefusedCall(422, f"{name}: a number is needed", name)
    return value


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _dumped(value: Any) -> bytes:
    # escapes alone: half a surrogate pair, which JSON can hold, has no UTF-8
    return json.dumps(value, separators=(",", ":")).encode()


def _answer(value: Any, status: int = 200) -> Response:
    return Response(_dumped(value), status, media_type=_JSON, headers={"Cache-Control": "no-store"})


async def _refused(_: Request, error: Exception) -> Response:
    return _answer({"error": {"message": str(error), "field": error.field}}, error.status)
