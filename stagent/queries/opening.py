"""A world for tasks, from the command line: one that can be checked."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from stagent.queries.scene import Gazetteer
from stagent.worlds.opening import open_world
from utils import InputError


@contextmanager
def open_gazetteer(args: argparse.Namespace) -> Iterator[Gazetteer]:
    """The world of ``add_world_arguments``, which may be recorded, as the generator looks at it.

    Raises:
        InputError: a live world or a replay: what is right there can't be known; or as ``open_world`` has it.
    """
    if args.world == "live" or args.replay:
        which = "--replay" if args.replay else "--world live"
        raise InputError(f"{which}: tasks need a world that can be checked; give --world sandbox or osm instead")
    yield Gazetteer(open_world(args))
