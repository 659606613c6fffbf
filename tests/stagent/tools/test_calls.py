"""Calls: one execution for what means the same, nothing kept that is no answer, and results that a replay repeats."""

import asyncio
from datetime import timedelta

import pytest

from stagent.tools.calls import Calls, RecentlyUsed
from stagent.worlds.protocol import ClockError
from tests.support.toy_world import MONDAY, ToyWorld

COFFEE = {"query": "咖啡馆", "center": "30.1,170.2"}


def together(calls: Calls, *asked: tuple):
    async def all_of_them():
        return await asyncio.gather(*(calls.call(tool, arguments, MONDAY) for tool, arguments in asked))

    return asyncio.run(all_of_them())


def test_one_execution_for_spellings_and_for_callers_at_once():
    world = ToyWorld(seconds=0.05)
    spellings = [COFFEE, COFFEE | {"query": " 咖啡馆 "}, COFFEE | {"radius": 5000.0}, COFFEE | {"limit": None}]
    results = together(Calls(world), *(("map_search_places", spelling) for spelling in spellings * 8))
    assert len(world.asked) == 1
    assert len(set(results)) == 1 and results[0].outcome == "found"


def test_another_clock_another_call_unless_the_answer_has_none():
    async def at_two_clocks(tool, arguments):
        world = ToyWorld()
        calls = Calls(world)
        first = await calls.call(tool, arguments, MONDAY)
        later = await calls.call(tool, arguments, MONDAY + timedelta(minutes=1))
        again = await calls.call(tool, arguments, MONDAY)
        assert first == again and first.content["clock"] == "2026-01-05T09:00:00+08:00"
        assert later.content["clock"] == "2026-01-05T09:01:00+08:00"
        return len(world.asked)

    assert asyncio.run(at_two_clocks("map_search_places", COFFEE)) == 2
    assert asyncio.run(at_two_clocks("map_search_ranking_list", {"query": "咖啡", "region": "澜屿"})) == 1


@pytest.mark.parametrize(
    ("tool", "arguments", "outcome", "times"),
    [
        ("web_search", {"query": "x"}, "unavailable", 2),
        ("weather_current_conditions", {"location": "x"}, "error", 2),
        ("weather_forecast_days", {"location": "x", "date": "2026-01-05"}, "failed", 2),
        ("map_search_places", {"query": "无"}, "empty", 1),
        ("map_search_places", COFFEE, "found", 1),
    ],
)
def test_only_answers_are_kept(tool, arguments, outcome, times, capsys):
    async def twice():
        world = ToyWorld()
        calls = Calls(world)
        results = [await calls.call(tool, arguments, MONDAY) for _ in range(2)]
        assert results[0] == results[1] and results[0].outcome == outcome
        assert results[0].error == (outcome == "error")
        return len(world.asked)

    assert asyncio.run(twice()) == times
    assert ("RuntimeError: a fault" in capsys.readouterr().err) == (outcome == "failed")


def test_unavailable_and_wrong_are_said_in_both_forms():
    flights = {"origin": "a", "destination": "b", "date": "2026-01-05"}
    gone, wrong, none = together(
        Calls(ToyWorld()), ("travel_search_flights", flights), ("web_search", {}), ("map_search", {})
    )
    assert gone.content["unavailable"] == "travel_search_flights" and gone.content["retry"] is False
    assert gone.text == (
        "暂不可用：travel_search_flights；没有航班数据；重试也无用；\n来源：toy 1；时间：2026-01-05 09:00；"
    )
    assert wrong.content["error"] == {
        "tool": "web_search",
        "problems": [{"parameter": "query", "problem": "缺少必填参数", "allowed": "要搜索的内容，1 至 200 字"}],
    }
    assert none.content["error"]["problems"][0]["parameter"] == "tool"


def test_what_can_not_be_called_is_an_error_not_a_crash():
    nested: list = []
    for _ in range(10_000):
        nested = [nested]
    asked = [
        ("map_search_places", arguments) for arguments in ({1: 2}, {"query": object()}, None, "x", {"query": nested})
    ]
    assert [result.outcome for result in together(Calls(ToyWorld()), *asked, (None, {}), ([], {}))] == ["error"] * 7


def test_true_and_one_are_two_spellings():
    calls = Calls(ToyWorld())
    right, wrong = together(
        calls, ("map_search_places", {"query": "x", "limit": 1}), ("map_search_places", {"query": "x", "limit": True})
    )
    assert (right.outcome, wrong.outcome) == ("found", "error")


def test_who_gives_up_takes_the_answer_from_nobody():
    async def one_leaves():
        world = ToyWorld(seconds=0.05)
        calls = Calls(world)
        first = asyncio.ensure_future(calls.call("map_search_places", COFFEE, MONDAY))
        second = asyncio.ensure_future(calls.call("map_search_places", COFFEE, MONDAY))
        await asyncio.sleep(0.01)
        first.cancel()
        result = await second
        assert first.cancelled() and len(world.asked) == 1
        return result.outcome

    assert asyncio.run(one_leaves()) == "found"


def test_a_day_that_the_world_does_not_know():
    with pytest.raises(ClockError):
        asyncio.run(Calls(ToyWorld()).call("map_search_places", COFFEE, MONDAY.replace(year=2030)))


def test_kept_values_stay_within_their_bytes():
    kept = RecentlyUsed(100)
    for key in range(10):
        kept.put(key, key, 30)
        kept.get(0)
    assert [kept.get(key) for key in range(10)] == [0, *[None] * 7, 8, 9]
    kept.put(9, "again", 41)
    assert kept.get(9) == "again" and kept.get(0) is None and len(kept) == 2  # 8 and 9: 71 bytes
    kept.put("big", 1, 101)
    assert len(kept) == 0


def test_a_result_that_is_let_go_of_is_kept_nowhere_else():
    calls = Calls(ToyWorld(), capacity=8_000)  # two routes are more
    way = {"origin": "30,170", "destination": "31,170"}
    asked = [("map_compute_routes", way | {"departure_time": f"2026-01-05T1{hour}:00"}) for hour in (0, 1)]
    first = together(calls, asked[0])[0]
    assert first.size() < 8_000 < 2 * first.size() or first.size() > 8_000
    again = together(calls, asked[1], asked[0])[1]
    assert again == first and again is not first  # it was rendered anew


def test_the_observer_hears_of_every_call():
    heard = []
    calls = Calls(ToyWorld(), observer=lambda result, seconds, asked: heard.append((result.outcome, asked)))
    together(calls, ("map_search_places", COFFEE))
    together(calls, ("map_search_places", COFFEE), ("web_search", {}))
    assert heard == [("found", True), ("found", False), ("error", False)]
