"""A country is a function of its seed, and its cache is whole or built again."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time

import pytest

from stagent.worlds.sandbox import build
from stagent.worlds.sandbox.build import complete, prepared, version
from stagent.worlds.sandbox.country import CITIES
from stagent.worlds.sandbox.ground import Ground
from stagent.worlds.sandbox.highways import draw_streets
from stagent.worlds.sandbox.places import Town
from stagent.worlds.sandbox.trains import draw_trains
from stagent.worlds.sandbox.weather import Sky
from tests.conftest import ROOT
from utils import InputError


def names(cache):
    """What is in a cache, but for the file that those who build wait on."""
    return sorted(path.name for path in cache.iterdir() if path.suffix != ".lock")


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_damaged_cache_is_drawn_again_and_is_the_same_to_the_byte(world, tmp_path):
    first = prepared(7, None)
    copy = tmp_path / version(7)
    shutil.copytree(first, copy)
    (copy / "pages.db").write_bytes((copy / "pages.db").read_bytes()[:100_000])
    assert not complete(copy)
    # Another process, in which strings have other hashes.
    script = (
        "from pathlib import Path; import sys\n"
        "from stagent.worlds.sandbox.world import SandboxWorld\n"
        "print(SandboxWorld.open(7, Path(sys.argv[1])).version)"
    )
    environment = os.environ | {"PYTHONHASHSEED": "12345", "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], env=environment, capture_output=True, text=True, timeout=120
    )
    assert result.stdout.strip() == world.version, result.stderr
    assert "drawing the country" in result.stderr
    assert contents(copy) == contents(first)
    assert names(tmp_path) == [copy.name]  # nothing is left of the damaged one


def test_another_seed_is_another_country(world):
    plan = CITIES[4]
    own = next(city for city in world.cities if city.name == plan.name)
    other = Town(draw_streets(Ground(plan, 8), 8), 8)
    shared = {place.name for place in own.places} & {place.name for place in other.places}
    assert len(shared) < len(other.places) / 3
    assert {place.at for place in own.places}.isdisjoint(place.at for place in other.places[5:])
    assert version(8) != version(7)
    assert draw_trains(8) != draw_trains(7) == draw_trains(7)
    day = world.default_clock().date()
    assert Sky(8).hours(plan.name, day) != Sky(7).hours(plan.name, day) == Sky(7).hours(plan.name, day)


@pytest.fixture
def quick(monkeypatch):
    """Draws nothing: builds a folder of one file, slowly enough for others to come in between."""
    begun = []

    def write(seed, folder):
        begun.append(seed)
        (folder / "city.json").write_text(f'{{"seed": {seed}}}')
        time.sleep(0.1)
        (folder / "done.json").write_text(json.dumps({"city.json": build.file_digest(folder / "city.json")}))

    monkeypatch.setattr(build, "write", write)
    return begun


def test_what_is_complete_is_not_drawn_again(quick, tmp_path):
    folder = prepared(3, tmp_path)
    assert prepared(3, tmp_path) == folder and quick == [3]
    (folder / "city.json").write_text("{}")
    assert prepared(3, tmp_path) == folder and quick == [3, 3]
    (folder / "done.json").unlink()
    assert prepared(3, tmp_path) == folder and quick == [3, 3, 3]
    (folder / "done.json").write_text("[]")
    assert prepared(3, tmp_path) == folder and quick == [3] * 4
    assert complete(folder)


def test_several_at_a_time_get_one_whole_folder(quick, tmp_path):
    found = []
    (tmp_path / version(3)).mkdir()
    (tmp_path / version(3) / "city.json").write_text("half")
    threads = [threading.Thread(target=lambda: found.append(complete(prepared(3, tmp_path)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 6 and quick == [3]  # the others waited for the first
    assert names(tmp_path) == [version(3)]


def test_what_was_begun_and_left_is_removed(quick, tmp_path):
    left, fresh = tmp_path / f".{version(3)}-old", tmp_path / f".{version(3)}-new"
    left.mkdir()
    fresh.mkdir()
    os.utime(left, (0, 0))
    prepared(3, tmp_path)
    assert names(tmp_path) == [fresh.name, version(3)]


def test_a_cache_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="GPLAN_CACHE"):
        prepared(7, tmp_path / "file" / "folder")


def test_a_failed_build_leaves_nothing(monkeypatch, tmp_path):
    def write(seed, folder):
        (folder / "city.json").touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build, "write", write)
    with pytest.raises(InputError, match="No space left"):
        prepared(3, tmp_path)
    assert names(tmp_path) == []
