"""A world from the command line: what goes together, and one line for what doesn't."""

import argparse
from datetime import datetime
from pathlib import Path

import pytest

from stagent.worlds.opening import add_world_arguments, clock_of, open_world
from stagent.worlds.record import RecordingWorld
from stagent.worlds.replay import ReplayWorld
from tests.support.toy_world import MONDAY, ZONE, ToyWorld
from utils import InputError


def arguments(*words: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_world_arguments(parser)
    return parser.parse_args(list(map(str, words)))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--world", "osm"), "name the extract with --osm_pbf"),
        (("--osm_pbf", "gone.osm.pbf"), "--osm_pbf gone.osm.pbf: no such file"),
        (("--replay", "gone.jsonl"), "--replay gone.jsonl: no such file"),
        (("--replay", "a", "--record", "b", "--gtfs", "c"), "leave out --gtfs, --record"),
        (("--gtfs", "feed.zip"), "--gtfs: a feed is for an extract"),
        (("--world", "live", "--osm_pbf", "a"), "--osm_pbf is of --world osm; leave it out, or --world live"),
        (("--world", "live", "--seed", "1"), "--seed is of the sandbox"),
    ],
)
def test_what_does_not_go_together(words, message):
    with pytest.raises(InputError, match=message):
        open_world(arguments(*words))


def test_an_extract_that_is_none_is_named(tmp_path):
    for name, content in {"empty.osm.pbf": b"", "page.osm.pbf": b"<html>moved</html>" * 100}.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError, match=str(path)):
            open_world(arguments("--osm_pbf", path))


def test_a_record_and_its_replay(tmp_path):
    path: Path = tmp_path / "calls.jsonl"
    world = open_world(arguments("--record", path))
    assert isinstance(world, RecordingWorld) and world.name == "sandbox"
    replayed = open_world(arguments("--replay", path))
    assert isinstance(replayed, ReplayWorld) and replayed.version == world.version
    # another seed's country has another version, so its answers can't be mixed with these
    with pytest.raises(InputError, match="another process is recording"):
        open_world(arguments("--record", path))


def test_the_clock():
    world = ToyWorld()
    assert clock_of(arguments(), world) is None
    assert clock_of(arguments("--clock", "2026-01-05T09:00"), world) == MONDAY
    assert clock_of(arguments("--clock", "2026-01-05T01:00Z"), world) == datetime(2026, 1, 5, 9, tzinfo=ZONE)
    for text, message in {"soon": "no time", "2030-01-01": "2026-01-01 to 2026-12-31", "0001-01-01": "0001"}.items():
        with pytest.raises(InputError, match=message):
            clock_of(arguments("--clock", text), world)


@pytest.mark.parametrize("day", ["2025-12-31T23:59", "2027-01-01T00:00"])
def test_the_sandbox_knows_a_year(day):
    with pytest.raises(InputError, match="2026-01-01 至 2026-12-31"):
        args = arguments("--clock", day)
        clock_of(args, open_world(args))
