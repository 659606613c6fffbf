"""Tools of an MCP server in an episode: a real server process gives what calls in process give."""

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from stagent.queries.trajectory import CallStep
from stagent.rollout.chat import ToolCall, Written
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.mcp_calls import McpCalls
from stagent.rollout.play import play
from stagent.tools.calls import CallResult, Calls
from tests.stagent.reward.episodes import task
from tests.support.tool_server import META, message, tool_server
from tests.support.toy_world import MONDAY, ToyWorld
from utils import InputError

LATER = MONDAY + timedelta(days=30, minutes=7)  # not the server's own clock
ASKED = [
    ("map_search_places", {"query": "咖啡馆", "limit": 3}, "found"),
    ("map_search_places", {"query": "无"}, "empty"),
    ("map_compute_routes", {"origin": "30.1,170.2", "destination": "30.2,170.2"}, "found"),
    ("map_search_places", {"query": 5}, "error"),
    ("weather_current_conditions", {"location": "x"}, "error"),
    ("no_such_tool", {}, "error"),
    ("web_search", {"query": "x"}, "unavailable"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with tool_server(tmp_path_factory.mktemp("mcp")) as running:
        yield running


def asked_of(calls, asked=ASKED) -> list[CallResult]:
    async def all_of_them():
        return [await calls.call(tool, arguments, LATER) for tool, arguments, _ in asked]

    return asyncio.run(all_of_them())


def test_a_server_gives_what_calls_in_process_give_at_the_clock_of_the_task(server):
    remote, own = asked_of(McpCalls(f"{server.url}/mcp", ToyWorld())), asked_of(Calls(ToyWorld()))
    assert [each.outcome for each in remote] == [outcome for *_, outcome in ASKED]
    assert remote == [dataclasses.replace(each, shapes="[]") for each in own]
    assert all(each.content["clock"] == "2026-02-04T09:07:00+08:00" for each in remote)


def test_arguments_that_are_no_object_are_an_error(server):
    [told] = asked_of(McpCalls(f"{server.url}/mcp", ToyWorld()), [("map_search_places", ["咖啡馆"], "")])
    assert told.outcome == "error"


@pytest.mark.parametrize("clock", ["yesterday", 5, "2026-01-05T09:00:00", "2031-01-05T09:00:00+08:00"])
def test_a_clock_that_cannot_be_is_an_error_and_the_world_is_not_asked(server, clock):
    body = message("map_search_places", {"query": "咖啡馆"})
    body["params"]["_meta"] = META | {"stagent/clock": clock}
    told = server.ask(body=body, Mcp_Name="map_search_places").json["result"]
    [problem] = told["structuredContent"]["error"]["problems"]
    assert told["isError"] and problem["parameter"] == "_meta.stagent/clock" and str(clock) in problem["problem"]
    assert "2026" in problem["allowed"]  # an example, or the days that are known


def test_a_server_that_dies_is_unavailable_and_one_that_comes_back_goes_on(tmp_path):
    with tool_server(tmp_path) as first:
        calls, port = McpCalls(f"{first.url}/mcp", ToyWorld()), first.url.rpartition(":")[2]
        assert asked_of(calls, ASKED[:1])[0].outcome == "found"
        first.process.kill()
        first.process.wait(60)
        [gone] = asked_of(calls, ASKED[:1])
        assert gone.outcome == "unavailable" and gone.content["retry"] and "可稍后重试" in gone.text
    with tool_server(tmp_path, "--port", port):
        assert asked_of(calls, ASKED[:1])[0].outcome == "found"


def test_it_dies_in_the_middle_of_an_episode(tmp_path):
    class Searcher:
        """Calls twice; after the first result the server is gone."""

        name, sequences = "searcher", ()

        def __init__(self, process):
            self.process, self.heard = process, []

        def begin(self, task, seed):
            return self

        def user(self, text):
            pass

        def results(self, steps: list[CallStep]):
            self.heard += [each.outcome for each in steps]
            self.process.kill()
            self.process.wait(60)

        async def speak(self):
            if len(self.heard) == 2:
                return Written("[Unsolved] 地图服务没有回答。")
            return Written("", (ToolCall("map_search_places", {"query": "咖啡馆"}),))

    with tool_server(tmp_path) as server:
        speaker = Searcher(server.process)
        calls = McpCalls(f"{server.url}/mcp", ToyWorld())
        rollout = asyncio.run(play(task("附近有咖啡馆吗"), speaker, calls, 0, EpisodeLimits()))
    assert speaker.heard == ["found", "unavailable"] and rollout.ended == "answered"


def test_what_cannot_be_used_is_said(server, tmp_path):
    other = ToyWorld()
    other.version = "2"
    with pytest.raises(InputError, match="serves toy 1, and the tasks are of toy 2"):
        asked_of(McpCalls(f"{server.url}/mcp", other), ASKED[:1])
    with pytest.raises(InputError, match=r"--mcp http://127\.0\.0\.1:9/mcp: .*start one with: agent.py serve"):
        asyncio.run(McpCalls("http://127.0.0.1:9/mcp", other).check())
    with pytest.raises(InputError, match=r"start one with: agent\.py serve"):  # a page, but not of MCP
        asyncio.run(McpCalls(f"{server.url}/healthz", other).check())
    asyncio.run(McpCalls(f"{server.url}/mcp", other).check())


def test_a_key(tmp_path):
    with tool_server(tmp_path, API_KEY="right") as server:
        asyncio.run(McpCalls(f"{server.url}/mcp", ToyWorld(), "right").check())
        with pytest.raises(InputError, match="--mcp"):
            asyncio.run(McpCalls(f"{server.url}/mcp", ToyWorld(), "wrong").check())
