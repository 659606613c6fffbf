"""The MCP server over stdio: started by clients as they are configured, fed garbage, ended in every way."""

import asyncio
import json
import signal
import subprocess
import sys
import time

import pytest
from fastmcp import Client
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from stagent.tools.calls import Calls
from stagent.worlds.record import RecordingWorld
from tests.conftest import ROOT
from tests.support.tool_server import ENVIRONMENT, command, message
from tests.support.toy_world import MONDAY, ToyWorld

COFFEE = {"query": "咖啡馆", "limit": 3}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A record of one call, and its result: a world that needs no building."""
    path = tmp_path_factory.mktemp("record") / "record.jsonl"

    async def record():
        world = RecordingWorld(ToyWorld(), path)
        result = await Calls(world).call("map_search_places", COFFEE, MONDAY)
        await world.close()
        return result

    return path, asyncio.run(record())


@pytest.mark.parametrize("door", ["agent.py", "agent.sh"])
def test_a_desktop_clients_configuration(recorded, door):
    path, result = recorded
    launcher = {"agent.py": sys.executable, "agent.sh": "bash"}[door]
    configuration = {
        "mcpServers": {
            "stagent": {
                "command": launcher,
                "args": [str(ROOT / door), "serve", "--transport", "stdio", "--replay", str(path)],
                "env": {"GPLAN_PYTHON": sys.executable, "API_KEY": "not-asked-for-here"},
            }
        }
    }

    async def ask():
        async with Client(json.loads(json.dumps(configuration))) as client:
            return await client.call_tool("map_search_places", COFFEE)

    served = asyncio.run(ask())
    assert served.content[0].text == result.text and served.structured_content == result.content


def test_the_official_client(recorded):
    path, result = recorded
    words = [str(ROOT / "agent.py"), "serve", "--transport", "stdio", "--replay", str(path)]

    async def ask():
        async with (
            stdio_client(StdioServerParameters(command=sys.executable, args=words)) as streams,
            ClientSession(*streams) as session,
        ):
            assert (await session.initialize()).server_info.name == "stagent"
            wrong = await session.call_tool("map_search_places", {"query": 5})
            return wrong, await session.call_tool("map_search_places", COFFEE)

    wrong, right = asyncio.run(ask())
    assert wrong.is_error and right.content[0].text == result.text
    assert right.structured_content == result.content


def started(seconds: float = 0) -> subprocess.Popen:
    return subprocess.Popen(
        command(seconds, "--transport", "stdio"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )


def line(tool: str, arguments: object, number: int) -> bytes:
    return json.dumps(message(tool, arguments, number)).encode() + b"\n"


def answers(out: bytes) -> dict:
    """Answers by their ids; every line of stdout is one."""
    found = [json.loads(one) for one in out.splitlines()]
    assert all(one["jsonrpc"] == "2.0" for one in found)
    return {one["id"]: one for one in found}


def test_what_was_asked_is_answered_when_stdin_ends():
    process = started(0.5)
    sent = b"".join(line("map_search_places", {"query": f"q{number}"}, number) for number in range(1, 21))
    out, said = process.communicate(sent.rstrip(), timeout=60)  # the last line has no end
    assert process.returncode == 0 and said == b""
    assert sorted(answers(out)) == list(range(1, 21))
    assert not any(one["result"]["isError"] for one in answers(out).values())


def test_garbage_lines_are_answered_and_survived():
    process = started()
    broken = [
        b"garbage",
        b"{",
        b'"text"',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"jsonrpc": "2.0", "id": 7, "method": 5}',
        b'{"jsonrpc": "2.0", "id": "s", "method": "tools/call", "params": {"name": "\\ud800"}}',
        b"",
        b"   ",
    ]
    good = line("map_search_places", COFFEE, 1)
    sent = good + b"\n".join(broken) + b"\r\n" + line("map_search_places", {"query": "x" * 10_000_000}, 2)
    out, said = process.communicate(sent + line("no_such_tool", {}, 3), timeout=60)
    assert process.returncode == 0 and said == b""
    lines = [json.loads(one) for one in out.splitlines()]
    assert [one["id"] for one in lines if "error" in one] == [None] * 5 + [7, "s"]
    assert all(one["error"]["code"] == -32700 for one in lines if "error" in one)
    found = answers(out)
    assert not found[1]["result"]["isError"]
    assert found[2]["result"]["isError"] and "10000000" in found[2]["result"]["content"][0]["text"]
    assert found[3]["result"]["isError"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_stdin_stays_open(number):
    process = started(1)
    process.stdin.write(line("no_such_tool", {}, 0))
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["id"] == 0  # it has started
    process.stdin.write(line("map_search_places", COFFEE, 1) + line("map_search_places", {"query": "b"}, 2))
    process.stdin.flush()
    time.sleep(0.4)
    process.send_signal(number)
    out = process.stdout.read()
    assert process.wait(30) == 0 and process.stderr.read() == b""
    assert sorted(answers(out)) == [1, 2]


def test_a_client_that_is_gone():
    process = started(0.2)
    process.stdout.close()
    process.stdin.write(line("map_search_places", COFFEE, 1))
    process.stdin.flush()
    assert process.wait(30) == 0 and process.stderr.read() == b""
    process.stdin.close()


def test_stray_prints_are_not_protocol():
    code = "import os, sys, subprocess; from tests.support import toy_world as t; from stagent.worlds import opening\n"
    code += "class Loud(t.ToyWorld):\n async def answer(self, *given):\n"
    code += "  print('stray'); os.write(1, b'raw\\n'); subprocess.run(['echo', 'child'])\n"
    code += "  return await t.ToyWorld.answer(self, *given)\n"
    code += "opening._open = lambda name, args: (print('loading'), Loud())[1]\n"
    code += "from agent import main; sys.argv = ['agent', 'serve', '--transport', 'stdio']; sys.exit(main())"
    sent = line("map_search_places", COFFEE, 1)
    ended = subprocess.run([sys.executable, "-c", code], input=sent, env=ENVIRONMENT, capture_output=True, timeout=60)
    assert ended.returncode == 0 and list(answers(ended.stdout)) == [1]
    assert set(ended.stderr.split()) == {b"stray", b"raw", b"child", b"loading"}
