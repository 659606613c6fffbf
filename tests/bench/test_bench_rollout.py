"""``bench rollout`` on the sandbox, with few episodes: what it plays is what the expert did, whatever the speed."""

import asyncio
import json

import pytest

import experiments.bench.__main__ as bench
from experiments.bench.lockstep import Lockstep, SlowCalls
from tests.support.toy_world import MONDAY, ToyWorld
from utils import InputError, door

WORDS = ["--tasks", "60", "--samples", "2", "--episodes", "40", "--slow_episodes", "12", "--slots", "6", "--soak", "60"]


def test_few_episodes(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(SlowCalls, "seconds", 0.2)
    monkeypatch.setattr("experiments.bench.rollout_bench._WARM_UP", 4)
    words = [*WORDS, "--workers", "1", "--json", str(tmp_path / "figures.json")]
    monkeypatch.setattr("sys.argv", ["bench", "rollout", *words])
    assert door(bench.main) == 0
    figures = json.loads((tmp_path / "figures.json").read_text())
    for name in ("alone", "rewarded"):
        assert figures[name]["ended"] == {"answered": 40} and figures[name]["engine"]["messages"] >= 40
    assert 0 < figures["alone"]["executions"] < figures["alone"]["calls"]
    assert figures["slow"]["by_itself"]["calls"] == figures["slow"]["barrier"]["calls"] > 0
    assert len(figures["memory"]["resident"]) == 5 and figures["beside"]["episodes"] == 40
    out = capsys.readouterr().out
    assert "slow calls, a barrier a turn" in out and out.count(" (bound ") == 4


def test_a_world_that_can_not_be_measured(tmp_path):
    with pytest.raises(InputError, match="take sandbox or osm"):
        bench.module_of("rollout").measure(
            bench.parse_arguments(["rollout", "--record", str(tmp_path / "record.jsonl")])
        )


def test_a_barrier_lets_all_through_when_the_last_has_come_or_left():
    async def run():
        lockstep, order = Lockstep(3), []

        async def episode(name, turns):
            for turn in range(turns):
                await lockstep.turn()
                order.append((turn, name))
            lockstep.leave()

        await asyncio.gather(episode("a", 1), episode("b", 3), episode("c", 2))
        return order

    order = asyncio.run(run())
    assert [turn for turn, _ in order] == [0, 0, 0, 1, 1, 2] and len(set(order)) == 6


def test_slow_calls_are_a_share_of_all(monkeypatch):
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    async def run():
        calls = SlowCalls(ToyWorld())
        monkeypatch.setattr("experiments.bench.lockstep.asyncio.sleep", sleep)
        for number in range(2000):
            await calls.call("map_search_places", {"query": f"药店{number % 5}"}, MONDAY)

    asyncio.run(run())
    assert 70 < waited.count(2.0) < 130
