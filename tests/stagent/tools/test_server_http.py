"""The MCP server over HTTP as a process: clients, keys, limits, and an end that loses nothing."""

import asyncio
import json
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from fastmcp import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from stagent.tools.calls import Calls
from stagent.tools.http_guard import MAX_BODY
from stagent.tools.schemas import TOOLS
from tests.support.tool_server import ENVIRONMENT, HEADERS, command, eventually, message, tool_server
from tests.support.toy_world import MONDAY, ToyWorld

KEY = "correct-horse-钥匙"
COFFEE = {"query": "咖啡馆", "limit": 3}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with tool_server(tmp_path_factory.mktemp("http"), "--rate", 0) as running:
        yield running


def in_process(tool: str, arguments: object):
    return asyncio.run(Calls(ToyWorld()).call(tool, arguments, MONDAY))


def body_of(structured: dict) -> str:
    return json.dumps(structured, ensure_ascii=False, separators=(",", ":"))


def test_fastmcp_and_the_official_client_get_what_a_call_in_process_gives(server):
    asked = [
        ("map_search_places", COFFEE),
        ("map_compute_routes", {"origin": "30.1,170.2", "destination": "30.2,170.2"}),
        ("web_search", {"query": "x"}),
        ("map_search_places", {"query": 5}),
        ("no_such_tool", {}),
    ]

    async def fastmcp():
        async with Client(f"{server.url}/mcp") as client:
            assert [tool.name for tool in await client.list_tools()] == [tool.name for tool in TOOLS]
            return [await client.call_tool(*one, raise_on_error=False) for one in asked]

    async def official():
        async with (
            streamable_http_client(f"{server.url}/mcp") as streams,
            ClientSession(streams[0], streams[1]) as session,
        ):
            greeting = await session.initialize()
            assert greeting.server_info.name == "stagent" and "2026-01-05T09:00" in greeting.instructions
            assert [tool.name for tool in (await session.list_tools()).tools] == [tool.name for tool in TOOLS]
            return [await session.call_tool(*one) for one in asked]

    for client in (fastmcp, official):
        for one, served in zip(asked, asyncio.run(client()), strict=True):
            direct = in_process(*one)
            assert [block.text for block in served.content] == [direct.text]
            assert body_of(served.structured_content) == direct.body
            assert served.is_error == direct.error


@pytest.mark.parametrize(
    "sent",
    [
        b'{"query": "x", "min_rating": NaN}',
        b'{"query": "x", "min_rating": -Infinity}',
        b'{"query": "x", "limit": 1e999}',
        b'{"query": "x", "\\ud800": 1}',
        b'{"query": "\\ud800"}',
        b'{"query": "x", "limit": ' + b"9" * 4000 + b"}",
        b'{"query": ["' + b"x" * 900_000 + b'"]}',
    ],
)
def test_what_no_client_would_send_is_an_error_of_the_tool(server, sent):
    body = json.dumps(message("map_search_places", "HERE")).encode().replace(b'"HERE"', sent)
    answer = server.ask(body=body, Mcp_Name="map_search_places")
    result = answer.json["result"]
    assert result["isError"] and "map_search_places" in result["structuredContent"]["error"]["tool"]
    assert len(answer.body) < 5000


def test_a_broken_body_is_refused_and_the_server_goes_on(server):
    deep = b"[" * 100_000
    for body in (b"", b"{", b"\xff\xfe", b"[]", b'"x"', deep, b'{"jsonrpc":"2.0","id":1,"method":"tools/call"}'):
        for version in ("2026-07-28", "2025-06-18", "junk"):
            answer = server.ask(body=body, MCP_Protocol_Version=version, method="POST")
            # protocols before 2026-07-28 say what is wrong with a message with status 200
            assert 400 <= answer.status < 500 or answer.json["error"]["code"] == -32602, (body[:20], version, answer)
    for arguments in ([], "x", 5):
        assert server.call("map_search_places", arguments).status == 400
    assert server.call("map_search_places", COFFEE).status == 200


def test_other_paths_and_methods(server):
    lost = server.ask("/", method="GET")
    assert lost.status == 404 and "/mcp" in lost.json["error"]["message"]
    assert server.ask("/mcp", method="GET").status == server.ask("/mcp", method="DELETE").status == 405
    assert server.ask("/mcp/x", body=b"{}").status == 404


def test_a_body_that_is_too_large_is_refused(server):
    for size in (MAX_BODY, 10_000_000):
        answer = server.call("map_search_places", {"query": "x" * size})
        assert answer.status == 413 and "1,048,576" in answer.json["error"]["message"]

    async def with_a_client():
        async with Client(f"{server.url}/mcp") as client:
            await client.call_tool("map_search_places", {"query": "x" * 10_000_000})

    with pytest.raises(Exception, match="1,048,576 bytes at most"):
        asyncio.run(with_a_client())
    host, port = urlsplit(server.url).netloc.split(":")
    with socket.create_connection((host, int(port)), 30) as connection:
        connection.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000000\r\n\r\n")
        assert b" 413 " in connection.recv(1000)  # at once
    with socket.create_connection((host, int(port)), 30) as connection:
        connection.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(OSError):  # it does not read on for ever
            for _ in range(1000):
                connection.sendall(b"20000\r\n" + b"x" * 0x20000 + b"\r\n")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example:8100"}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Host": "localhost.evil.example"}, 421),
        ({"Host": ""}, 421),
        ({"Host": "LOCALHOST:8100"}, 200),
        ({"Host": "[::1]:8100"}, 200),
        ({"Host": "192.168.7.7"}, 200),
        ({"Host": "localhost:8100", "Origin": "http://localhost:8100"}, 200),
        ({"Host": "localhost:8100", "Origin": "http://evil.example"}, 403),
        ({"Host": "localhost:8100", "Origin": "http://localhost:3000"}, 403),
        ({"Host": "localhost:8100", "Origin": "null"}, 403),
        ({"Host": "localhost:8100", "Origin": "http://[bad"}, 403),
    ],
)
def test_pages_of_others_can_not_ask(server, headers, status):
    answer = server.call("map_search_places", COFFEE, **headers)
    assert answer.status == status
    assert status == 200 or answer.json["error"]["code"] == -32600
    assert server.ask("/metrics", **headers).status == status
    assert server.ask("/healthz", **headers).status == 200  # a probe comes by any name


def test_names_that_were_allowed(tmp_path):
    with tool_server(tmp_path, "--allowed_hosts", "Tools.example", "proxy") as server:
        for host, status in (("tools.example:8100", 200), ("proxy", 200), ("other", 421)):
            assert server.call("map_search_places", COFFEE, Host=host).status == status


def test_the_key_is_asked_for_and_shown_nowhere(tmp_path):
    with tool_server(tmp_path, "--record", tmp_path / "record.jsonl", API_KEY=KEY) as server:
        as_sent = KEY.encode().decode("latin-1")
        good = [
            {"Authorization": f"Bearer {as_sent}"},
            {"Authorization": f"bearer  {as_sent}"},
            {"X_Api_Key": as_sent},
        ]
        for headers in good:
            assert server.call("map_search_places", COFFEE, **headers).status == 200
        bad = [
            {},
            {"Authorization": as_sent},
            {"Authorization": f"Bearer {as_sent}x"},
            {"Authorization": "Bearer"},
            {"Authorization": f"Basic {as_sent}"},
            {"X_Api_Key": as_sent[:-1]},
            {"X_Api_Key": ""},
        ]
        for headers in bad:
            for answer in (server.call("map_search_places", COFFEE, **headers), server.ask("/metrics", **headers)):
                assert answer.status == 401 and answer.headers["www-authenticate"] == "Bearer"
        assert server.ask("/healthz").status == server.ask("/readyz").status == 200
        assert server.metric('stagent_refused_requests_total{status="401"}', **good[0]) == 2 * len(bad)
        shown = server.ask("/metrics", **good[0]).body

        async def with_clients():
            async with Client(f"{server.url}/mcp", auth="ascii-key") as client:
                await client.list_tools()

        with pytest.raises(Exception, match="a key is needed"):
            asyncio.run(with_clients())
    for text in (shown, server.log.read_bytes(), (tmp_path / "record.jsonl").read_bytes()):
        assert text and KEY.encode() not in text and b"correct-horse" not in text


def test_fastmcp_sends_its_key(tmp_path):
    with tool_server(tmp_path, API_KEY="ascii-key") as server:

        async def ask():
            async with Client(f"{server.url}/mcp", auth="ascii-key") as client:
                return await client.call_tool("map_search_places", COFFEE)

        assert not asyncio.run(ask()).is_error


def test_a_client_that_asks_too_often_is_told_when_to_come_back(tmp_path):
    with tool_server(tmp_path, "--rate", 2) as server:
        answers = [server.call("map_search_places", COFFEE) for _ in range(8)]
        assert [answer.status for answer in answers[:4]] == [200] * 4
        refused = answers[-1]
        assert refused.status == 429 and refused.headers["retry-after"] == "1"
        assert server.ask("/healthz").status == 200
        time.sleep(1.1)
        assert server.call("map_search_places", COFFEE).status == 200


def test_more_at_once_than_it_takes(tmp_path):
    with tool_server(tmp_path, "--under_way", 2, "--rate", 0, seconds=1) as server, ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(server.call, "map_search_places", {"query": f"q{number}"}) for number in range(2)]
        eventually(lambda: server.metric("stagent_calls_in_flight") == 2)
        refused = server.call("map_search_places", COFFEE)
        assert refused.status == 503 and refused.headers["retry-after"] == "1"
        assert [one.result().status for one in waiting] == [200, 200]


def test_a_client_that_leaves(tmp_path):
    with tool_server(tmp_path, "--under_way", 1, seconds=0.5) as server:
        address = urlsplit(server.url)
        body = json.dumps(message("map_search_places", {"query": "left"})).encode()
        lines = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
        head = f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nMcp-Name: map_search_places\r\n{lines}"
        head = f"{head}Content-Length: {len(body)}\r\n\r\n".encode()
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(head + body)
            eventually(lambda: server.metric("stagent_calls_in_flight") == 1)
        eventually(lambda: server.metric("stagent_calls_in_flight") == 0)
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(head + body[:5])  # leaves in the middle of the body
            eventually(lambda: server.call("map_search_places", COFFEE).status == 503)
        eventually(lambda: server.call("map_search_places", COFFEE).status == 200)
        assert server.call("map_search_places", {"query": "left"}).status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_under_load_loses_nothing_that_was_taken(tmp_path, number):
    with tool_server(tmp_path, "--rate", 0, seconds=0.5) as server:
        outcomes, stopped = [], threading.Event()

        def ask(worker: int) -> None:
            for turn in range(1000):
                late = stopped.is_set()
                try:
                    status = server.call("map_search_places", {"query": f"{worker} {turn}"}).status
                except OSError:
                    status = None
                outcomes.append((late, status))
                if status != 200:
                    return

        with ThreadPoolExecutor(8) as pool:
            for worker in range(8):
                pool.submit(ask, worker)
            eventually(lambda: server.metric("stagent_calls_in_flight") == 8)
            stopped.set()
            assert server.stop(number) == 0
        # what was sent before the signal is answered; what came after it is refused or finds nobody
        assert [status for late, status in outcomes if not late] == [200] * sum(not late for late, _ in outcomes)
        assert sum(not late for late, _ in outcomes) >= 8
        assert {status for late, status in outcomes if late} <= {None, 503}
    assert server.log.read_text().endswith("ready\nstopped\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "70000"], "65535 is the last"),
        (["--address", "203.0.113.1"], "give others"),
        (["--clock", "soon"], "write 2026-01-05T09:00"),
        (["--clock", "2031-01-05T09:00"], "2026-01-01 to 2026-12-31"),
        (["--rate", "-1"], "0 or more"),
        (["--under_way", "0"], "1 or more"),
        (["--language", "fr"], "zh"),
    ],
)
def test_bad_arguments_are_one_line(words, said):
    ended = subprocess.run(
        command(0, "--port", 0, *words), env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2 and ended.stderr.startswith("error: ") and ended.stderr.count("\n") == 1
    assert said in ended.stderr and not ended.stdout


def test_a_clock_is_kept_to_and_english_spoken(tmp_path):
    with tool_server(tmp_path, "--clock", "2026-05-01T10:30", "--language", "en") as server:
        result = server.call("map_search_places", COFFEE).json["result"]
        assert result["structuredContent"]["clock"] == "2026-05-01T10:30:00+08:00"
        assert "2026-05-01 10:30" in result["content"][0]["text"] and "distance: 320 m" in result["content"][0]["text"]
