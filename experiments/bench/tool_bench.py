"""What ``bench tools`` measures of a world, each figure a method."""

import argparse
import asyncio
import gc
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from fastmcp import Client, FastMCP

from experiments.bench.client import quantile
from experiments.bench.memory import resident
from experiments.bench.routes import routes_per_second
from experiments.bench.tool_calls import Call, draw, searches, spellings
from stagent.tools.calls import Calls
from stagent.tools.mcp_server import create_server
from stagent.worlds.local.world import LocalWorld
from stagent.worlds.opening import clock_of, open_world
from stagent.worlds.protocol import Found, World
from stagent.worlds.record import RecordingWorld
from stagent.worlds.replay import ReplayWorld
from utils import ROOT, InputError

AT_ONCE = 32  # identical calls
SLOW, SLOW_SECONDS = 20, 0.05  # calls of a slow tool
ROUNDS = 5  # of what takes a second; other load on the machine only adds to it
KEPT = 100  # different calls whose results are kept
DIFFERENT = 1000  # different calls of the long run


class ToolBench:
    """A world under measurement."""

    def __init__(self, args: argparse.Namespace, world: LocalWorld):
        self._args, self._world = args, world
        gc.collect()
        gc.freeze()  # as the server does
        self._clock = clock_of(args, world) or world.default_clock()
        self._searches = searches(world, KEPT, seed=0)

    def in_process(self) -> dict:
        """Kept calls a second: results of different calls, in turn."""

        async def run() -> float:
            calls = Calls(self._world)
            for call in self._searches:
                await calls.call(*call, self._clock)
            rounds = 1000
            began = time.perf_counter()
            for _ in range(rounds):
                for tool, arguments in self._searches:
                    await calls.call(tool, arguments, self._clock)
            return rounds * len(self._searches) / (time.perf_counter() - began)

        return {"rate": asyncio.run(run())}

    def over_mcp(self) -> dict:
        """FastMCP's client beside the server: kept calls, and calls of which each is another."""

        async def run() -> dict:
            async with Client(self._server(Calls(self._world))) as client:
                kept = await _timed(client, self._searches, self._args.timed, kept=True)
                different = list(islice(draw(self._world, 1), self._args.timed))
                fresh = await _timed(client, different, self._args.timed, kept=False)
                return {"kept": kept, "fresh": fresh}

        return asyncio.run(run())

    def over_http(self) -> dict:
        """The server as a process of its own, one client, one call after the other."""
        words = ["--port", "0", "--rate", "0", *_world_words(self._args)]
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen([sys.executable, ROOT / "agent.py", "serve", *words], stderr=said)
            try:
                while "\nready" not in (text := _text(said)):
                    if process.poll() is not None:
                        raise InputError(text.strip().rpartition("error: ")[2])
                    time.sleep(0.05)
                url = re.search(r"http://\S+", text).group()

                async def run() -> dict:
                    async with Client(url, auth=os.environ.get("API_KEY")) as client:
                        return await _timed(client, self._searches, self._args.timed, kept=True)

                return asyncio.run(run())
            finally:
                process.terminate()
                process.wait(60)

    def one_execution(self) -> dict:
        """How often the world is asked: for one call 32 times at once, and for four spellings of one, over MCP."""

        async def run(asked: list[Call]) -> int:
            calls = Calls(self._world)
            async with Client(self._server(calls)) as client:
                await asyncio.gather(*(client.call_tool(*call) for call in asked))
            return calls.executions

        first = self._searches[0]
        identical = asyncio.run(run([first] * AT_ONCE))
        return {"at_once": AT_ONCE, "identical": identical, "spellings": asyncio.run(run(spellings(first)))}

    def together(self) -> dict:
        """Seconds of 20 calls of a tool that takes 50 ms, in turn and together, over MCP: the shortest of five."""
        asked = self._searches[:SLOW]

        async def run(together: bool) -> float:
            async with Client(self._server(Calls(SlowWorld(self._world)))) as client:
                return await _seconds(client, asked, together=together)

        return {
            name: min(asyncio.run(run(name == "together")) for _ in range(ROUNDS)) for name in ("in_turn", "together")
        }

    def killed(self) -> dict:
        """A process that records is killed in the middle; what it had answered is asked again of the record."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "record.jsonl"
            context = multiprocessing.get_context("spawn")
            ours, its = context.Pipe()
            process = context.Process(target=_record, args=(self._args, path, self._clock, its), daemon=True)
            process.start()
            its.close()
            answered: list[tuple[Call, str, str]] = [ours.recv() for _ in range(500)]
            process.kill()
            process.join()
            try:
                while True:  # what it had sent by then
                    answered.append(ours.recv())
            except (EOFError, OSError):
                pass
            broken = not path.read_bytes().endswith(b"\n")

            async def replay() -> list[bool]:
                calls = Calls(ReplayWorld(path))
                results = [await calls.call(*call, self._clock) for call, _, _ in answered]
                return [(one.body, one.text) == tuple(sent) for one, (_, *sent) in zip(results, answered, strict=True)]

            return {"answered": len(answered), "identical": sum(asyncio.run(replay())), "half_a_line": broken}

    def routes(self) -> dict:
        """Uncached driving routes a second, in the city whose graph is largest."""
        city = max(self._world.cities, key=lambda city: len(city.roads.lat))
        return routes_per_second(city.roads, city.traffic, routes=self._args.routes)

    def soak(self) -> dict:
        """Mixed calls over MCP: outcomes, and memory after a tenth and in the end."""
        asked = list(islice(draw(self._world, 2), DIFFERENT))

        async def run() -> dict:
            outcomes: Counter[str] = Counter()
            calls = Calls(self._world, observer=lambda result, *_: outcomes.update([result.outcome]))
            answers, memory = 0, []
            async with Client(self._server(calls)) as client:
                for number in range(self._args.calls):
                    if number == self._args.calls // 10:
                        gc.collect()
                        memory.append(resident())
                    tool, arguments = asked[number * 7 % DIFFERENT]
                    result = await client.call_tool(tool, arguments, raise_on_error=False)
                    answers += bool(result.content and result.structured_content)
            gc.collect()
            return {"answers": answers, "outcomes": dict(outcomes), "memory": [*memory, resident()]}

        began = time.perf_counter()
        found = asyncio.run(run())
        return found | {"seconds": time.perf_counter() - began}

    def close(self) -> None:
        gc.unfreeze()  # or libraries complain of leaks at exit
        asyncio.run(self._world.close())

    def _server(self, calls: Calls) -> FastMCP:
        return create_server(calls, lambda: self._clock, "zh")


class SlowWorld:
    """A world that takes 50 ms longer."""

    def __init__(self, world: World):
        self._world = world
        self.name, self.version, self.zone, self.attribution = world.name, world.version, world.zone, world.attribution
        self.default_clock, self.check_clock = world.default_clock, world.check_clock
        self.region, self.close = world.region, world.close

    async def answer(self, tool: str, arguments: dict[str, Any], clock: datetime) -> Found:
        await asyncio.sleep(SLOW_SECONDS)
        return await self._world.answer(tool, arguments, clock)


async def _timed(client: Client, asked: list[Call], count: int, *, kept: bool) -> dict:
    """Calls a second and quantiles of their seconds, one after the other; kept: each was called before."""
    await client.list_tools()
    if kept:
        for call in asked:
            await client.call_tool(*call)
    seconds = []
    for number in range(count):
        began = time.perf_counter()
        await client.call_tool(*asked[number % len(asked)], raise_on_error=False)
        seconds.append(time.perf_counter() - began)
    return {"rate": count / sum(seconds), "p50": quantile(sorted(seconds), 0.5), "p99": quantile(sorted(seconds), 0.99)}


async def _seconds(client: Client, asked: list[Call], *, together: bool) -> float:
    await client.list_tools()  # or each of the first calls does, to know how to read its result
    began = time.perf_counter()
    waiting: list[Callable[[], Awaitable]] = [lambda call=call: client.call_tool(*call) for call in asked]
    if together:
        await asyncio.gather(*(ask() for ask in waiting))
    else:
        for ask in waiting:
            await ask()
    return time.perf_counter() - began


def _record(args: argparse.Namespace, path: Path, clock: datetime, connection) -> None:
    """Calls without end, recorded; each result is sent once it is there."""

    async def run() -> None:
        world = open_world(args)
        calls = Calls(RecordingWorld(world, path))
        for call in draw(world, 3):
            result = await calls.call(*call, clock)
            connection.send((call, result.body, result.text))

    asyncio.run(run())


def _world_words(args: argparse.Namespace) -> list[str]:
    """The world's flags, for another process."""
    names = ("world", "osm_pbf", "gtfs", "seed", "clock")
    return [
        word for name in names if getattr(args, name) is not None for word in (f"--{name}", str(getattr(args, name)))
    ]


def _text(file) -> str:
    file.seek(0)
    return file.read()
