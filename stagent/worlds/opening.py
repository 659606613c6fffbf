"""A world from the command line: ``--world osm --osm_pbf city.osm.pbf``, or a recording of one."""

import argparse
import os
from datetime import datetime
from pathlib import Path

from stagent.worlds.protocol import ClockError, World
from stagent.worlds.record import RecordingWorld
from stagent.worlds.replay import ReplayWorld
from utils import InputError

WORLDS = ("sandbox", "osm", "live")
SEED = 7


def add_world_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--world",
        choices=WORLDS,
        help="sandbox: an invented country (the default); osm: an OpenStreetMap extract (where --osm_pbf is given); "
        "live: services, with AMAP_KEY and the like from the environment",
    )
    parser.add_argument("--osm_pbf", type=Path, metavar="FILE", help="the extract, as city.osm.pbf")
    parser.add_argument("--gtfs", type=Path, metavar="ZIP", help="a GTFS feed, for public transport in the extract")
    parser.add_argument("--seed", type=int, help=f"of the sandbox; {SEED}")
    parser.add_argument("--record", type=Path, metavar="JSONL", help="append every answer of the world to this file")
    parser.add_argument("--replay", type=Path, metavar="JSONL", help="answer from a record, and nothing else")
    parser.add_argument("--clock", metavar="TIME", help="ISO 8601; the sandbox's first Monday 09:00, elsewhere now")


def open_world(args: argparse.Namespace) -> World:
    """The world of ``add_world_arguments``; what only it needs is imported here.

    Raises:
        InputError: options that don't go together, a file that is missing or can't be read.
    """
    name = args.world or ("osm" if args.osm_pbf else "sandbox")
    if args.replay:
        others = {"--world": args.world, "--osm_pbf": args.osm_pbf, "--gtfs": args.gtfs, "--record": args.record}
        if given := [option for option, value in others.items() if value]:
            raise InputError(f"--replay answers from its file alone; leave out {', '.join(given)}")
        return ReplayWorld(_file(args.replay, "--replay"))
    if args.gtfs and not args.osm_pbf:
        raise InputError("--gtfs: a feed is for an extract; name that with --osm_pbf city.osm.pbf")
    if name != "osm" and args.osm_pbf:
        raise InputError(f"--osm_pbf is of --world osm; leave it out, or --world {name}")
    if name != "sandbox" and args.seed is not None:
        raise InputError(f"--seed is of the sandbox; leave it out, or --world {name}")
    world = _open(name, args)
    return RecordingWorld(world, args.record) if args.record else world


def _open(name: str, args: argparse.Namespace) -> World:
    if name == "sandbox":
        from stagent.worlds.sandbox.world import SandboxWorld

        return SandboxWorld.open(seed=SEED if args.seed is None else args.seed)
    if name == "osm":
        from stagent.worlds.osm.world import OsmWorld

        if not args.osm_pbf:
            raise InputError("--world osm: name the extract with --osm_pbf city.osm.pbf")
        gtfs = _file(args.gtfs, "--gtfs") if args.gtfs else None
        return OsmWorld.open(_file(args.osm_pbf, "--osm_pbf"), gtfs)
    from stagent.worlds.live.world import LiveWorld

    return LiveWorld.from_environment(os.environ)


def clock_of(args: argparse.Namespace, world: World) -> datetime | None:
    """``--clock`` in the world's zone, None where it is not given: then ``World.default_clock`` says it at each call.

    Raises:
        InputError: no time, or a day that the world doesn't know.
    """
    if not args.clock:
        return None
    try:
        clock = datetime.fromisoformat(args.clock)
        clock = clock.replace(tzinfo=world.zone) if clock.tzinfo is None else clock.astimezone(world.zone)
        world.check_clock(clock)
    except ClockError as error:
        raise InputError(f"--clock {args.clock}: {error}") from None
    except (ValueError, OverflowError):
        raise InputError(f"--clock {args.clock}: no time; write 2026-01-05T09:00") from None
    return clock


def _file(path: Path, option: str) -> Path:
    if not path.is_file():
        raise InputError(f"{option} {path}: no such file")
    return path
