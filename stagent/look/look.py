"""``agent.py look``: a page with the world's map, and a form for every tool.

python agent.py look                              # http://127.0.0.1:8200, the sandbox
python agent.py look --osm_pbf city.osm.pbf       # a real map
python agent.py look --clock 2026-05-01T09:00     # the moment that tools take for now
"""

import argparse
import asyncio
import signal

from config.command_line import number
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


def cities_of(world: World) -> list:
    """The cities that a world has in memory, to be drawn; services and records have none."""
    from stagent.worlds.local.world import LocalWorld

    known = world.recorded if isinstance(world, RecordingWorld) else world
    return known.cities if isinstance(known, LocalWorld) else []


def run(args: argparse.Namespace) -> int:
    if args.port > 65535:
        raise InputError(f"--port {args.port}: 65535 is the last")
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
        look = Look(world, cities_of(world), clock_of(args, world), () if is_local(args.host) else (args.host,))
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
