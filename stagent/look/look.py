"""``agent.py look``: a page with the world's map, and a form for every tool.

python agent.py look                              # http://127.0.0.1:8200, the sandbox
python agent.py look --osm_pbf city.osm.pbf       # a real map
python agent.py look --clock 2026-05-01T09:00     # the moment that tools take for now
python agent.py look --trajectories expert.jsonl  # what an agent did, said, and what it is worth
"""

import argparse
import asyncio
import signal
from pathlib import Path

from config.command_line import number
from stagent.look.trajectory_file import TrajectoryFile
from stagent.worlds.opening import add_world_arguments, clock_of, open_world
from stagent.worlds.protocol import World
from stagent.worlds.record import RecordingWorld
from utils import InputError, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_world_arguments(parser)
    add = parser.add_argument
    add(
        "--address",
        "--host",
        dest="host",
        default="127.0.0.1",
        help="address to listen at; 0.0.0.0: all of this machine's",
    )
    add("--port", type=number(int, 0), default=8200, help="0: any free one")
    add("--trajectories", type=Path, metavar="JSONL", help="trajectories to look at; the page opens others by itself")


def cities_of(world: World) -> list:
    """The cities that a world has in memory, to be drawn; services and records have none."""
    from stagent.worlds.local.world import LocalWorld

    known = world.recorded if isinstance(world, RecordingWorld) else world
    return known.cities if isinstance(known, LocalWorld) else []


def _file_of(path: Path) -> TrajectoryFile:
    """Raises InputError: there is no such file, or it can't be read."""
    try:
        with open(path, "rb"):
            return TrajectoryFile(path)
    except OSError as error:
        raise InputError(f"--trajectories {path}: {error.strerror}") from None


def run(args: argparse.Namespace) -> int:
    if args.port > 65535:
        raise InputError(f"--port {args.port}: 65535 is the last")
    trajectories = _file_of(args.trajectories) if args.trajectories else None
    import uvicorn

    from gplan.serving.listener import BACKLOG, KEEP_ALIVE, is_local, listen, url
    from stagent.look.server import Look, create_app

    async def serve(server: uvicorn.Server) -> None:
        try:
            await server.serve([listener])
        finally:
            await world.close()

    with listen(args.host, args.port) as listener:
        world = open_world(args)
        hosts = () if is_local(args.host) else (args.host,)
        look = Look(world, cities_of(world), clock_of(args, world), hosts, trajectories)
        say(f"look at {world.name} {world.version}: {url(args.host, listener)}")
        if not is_local(args.host):
            say(
                "warning: whoever reaches this address can call the tools; leave --address out to keep them to yourself"
            )
        settings = uvicorn.Config(
            create_app(look),
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=5,
            backlog=BACKLOG,
        )
        # uvicorn raises the signal once more when it is done, which would end the process with another status.
        for which in (signal.SIGTERM, signal.SIGINT):
            signal.signal(which, lambda *_: None)
        asyncio.run(serve(uvicorn.Server(settings)))
    say("stopped")
    return 0
