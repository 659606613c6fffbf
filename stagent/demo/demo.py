"""``agent.py demo``: one day of one traveller, then five instructions, answered by rule and marked."""

import argparse
import asyncio
import time
from datetime import datetime

from stagent.demo.day import play_day
from stagent.demo.instructions import play_instructions
from stagent.worlds.local.world import LocalWorld
from stagent.worlds.opening import add_world_arguments, clock_of, open_world
from stagent.worlds.protocol import World
from stagent.worlds.record import RecordingWorld
from utils import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_world_arguments(parser)
    parser.add_argument("--home", help="the traveller's city; the world's first, where it has a list of them")
    parser.add_argument("--away", help="the city to travel to; the world's second")
    parser.add_argument("--start", metavar="LAT,LON", help="where the day begins; the middle of --home")


def run(args: argparse.Namespace) -> int:
    began = time.perf_counter()
    world = open_world(args)
    clock = clock_of(args, world) or world.default_clock()
    say(f"{world.name} {world.version}, ready in {time.perf_counter() - began:.1f} s")
    asyncio.run(_play(world, args, clock))
    print(_WHAT_NEXT)
    return 0


async def _play(world: World, args: argparse.Namespace, clock: datetime) -> None:
    try:
        await play_day(world, args, clock)
        if isinstance(world.recorded if isinstance(world, RecordingWorld) else world, LocalWorld):
            await play_instructions(world, clock)
    finally:
        await world.close()


_WHAT_NEXT = """接下来：
  bash agent.sh look                            打开网页，看地图，试每个工具
  bash agent.sh serve                           MCP 服务，http://127.0.0.1:8100/mcp；TRANSPORT=stdio 供桌面客户端启动
  bash agent.sh tools --format openai           工具列表
  OSM_PBF=city.osm.pbf bash agent.sh            换成真实地图；GTFS=feed.zip 加上公交时刻
  WORLD=live AMAP_KEY=… bash agent.sh serve     换成真实服务；密钥只从环境变量读取
  RECORD=calls.jsonl bash agent.sh              录下每次调用；REPLAY=calls.jsonl 只用录音回答
说明见 docs/agent.md。"""
