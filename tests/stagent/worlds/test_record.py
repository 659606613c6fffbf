"""A record: replayed to equal bytes, continued after a kill, refused where it is another world's."""

import asyncio
import json
from pathlib import Path

import pytest

from stagent.tools.calls import CallResult, Calls
from stagent.worlds.record import RecordingWorld
from stagent.worlds.replay import ReplayWorld
from tests.support.toy_world import MONDAY, ToyWorld
from utils import InputError

ASKED = [
    ("map_search_places", {"query": "咖啡馆", "region": "澜屿"}),
    ("map_search_places", {"query": "咖啡馆", "region": "别处"}),
    ("map_compute_routes", {"origin": "30,170", "destination": "31,170", "departure_time": "2026-01-05T10:00"}),
    ("map_search_ranking_list", {"query": "咖啡", "region": "澜屿市"}),
    ("travel_search_flights", {"origin": "a", "destination": "b", "date": "2026-01-05"}),
    ("weather_current_conditions", {"location": "30.1,170.2"}),
]


def results(world) -> list[CallResult]:
    async def ask():
        calls = Calls(world)
        try:
            return [await calls.call(tool, arguments, MONDAY) for tool, arguments in ASKED]
        finally:
            await world.close()

    return asyncio.run(ask())


def test_a_replay_gives_equal_bytes(tmp_path):
    path = tmp_path / "calls.jsonl"
    recorded = results(RecordingWorld(ToyWorld(), path))
    assert [result.outcome for result in recorded] == ["found", "found", "found", "found", "unavailable", "error"]
    replayed = ReplayWorld(path)
    assert results(replayed) == recorded
    assert replayed.default_clock() == MONDAY and (replayed.name, replayed.version) == ("toy", "1")
    size = path.stat().st_size
    results(RecordingWorld(ToyWorld(), path))  # nothing new to write
    assert path.stat().st_size == size


def test_a_miss_is_an_error(tmp_path):
    path = tmp_path / "calls.jsonl"
    results(RecordingWorld(ToyWorld(), path))
    call = Calls(ReplayWorld(path)).call("map_search_places", {"query": "茶馆"}, MONDAY)
    assert asyncio.run(call).content["error"]["problems"][0]["problem"] == "这次调用没有被录下"


def test_a_line_cut_off_is_left_out_and_written_again(tmp_path):
    path = tmp_path / "calls.jsonl"
    whole = results(RecordingWorld(ToyWorld(), path))
    text = path.read_bytes()
    for cut in (len(text) - 1, text.rindex(b"\n", 0, -1) + 5, 10):
        path.write_bytes(text[:cut])
        if cut > 10:
            ReplayWorld(path)
        assert results(RecordingWorld(ToyWorld(), path)) == whole
        assert path.read_bytes() == text
        assert results(ReplayWorld(path)) == whole


def spoil_version(lines: list[str]) -> None:
    lines[0] = lines[0].replace('"version":"1"', '"version":"2"')


def spoil_line(lines: list[str]) -> None:
    lines[2] = lines[2][:-5] + "\n"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [(spoil_version, "recorded from version '2', this one is '1'"), (spoil_line, "line 3: no JSON object")],
)
def test_what_is_no_continuation_is_refused_and_kept(tmp_path, spoil, message):
    path = tmp_path / "calls.jsonl"
    results(RecordingWorld(ToyWorld(), path))
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    spoil(lines)
    path.write_text("".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        RecordingWorld(ToyWorld(), path)
    assert path.read_text(encoding="utf-8") == "".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}\n",
        '{"format": 1}\n',
        '{"a"\n',
        '{"format":1,"world":"w","version":"1","zone":"No/Where","attribution":""}\n',
    ],
)
def test_no_record(tmp_path, text):
    path = tmp_path / "calls.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"calls\.jsonl"):
        ReplayWorld(path)


@pytest.mark.parametrize(
    "entry", [{}, {"tool": "x"}, {"tool": "x", "arguments": {}, "clock": "soon", "found": {"items": []}}]
)
def test_an_entry_that_is_none_is_named(tmp_path, entry):
    path = tmp_path / "calls.jsonl"
    results(RecordingWorld(ToyWorld(), path))
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
    number = len(path.read_text(encoding="utf-8").splitlines())
    with pytest.raises(InputError, match=f"line {number}: "):
        ReplayWorld(path)


def test_one_process_at_a_time(tmp_path):
    path: Path = tmp_path / "calls.jsonl"
    first = RecordingWorld(ToyWorld(), path)
    with pytest.raises(InputError, match="another process"):
        RecordingWorld(ToyWorld(), path)
    asyncio.run(first.close())
    RecordingWorld(ToyWorld(), path)
