"""Requests that would hold the server up: work in proportion to their size, refusals for what it does not read."""

import re
import socket
import sys
import time

import pytest

from data_process import situation
from gplan.serving import wire
from gplan.serving.heads import HEAD_SECONDS
from tests.support.serving import ROW, ask, server_process


@pytest.fixture(scope="module")
def server(picd_checkpoint, tmp_path_factory):
    with server_process(tmp_path_factory.mktemp("hostile"), "--model", picd_checkpoint) as running:
        yield running


def counted(body: bytes, monkeypatch) -> int:
    """Steps that reading a body takes: comparisons and hashes of its names, and lines of Python."""
    steps = 0

    class Name(str):
        __slots__ = ()

        def __eq__(self, other):
            nonlocal steps
            steps += 1
            return str.__eq__(self, other)

        def __hash__(self):
            nonlocal steps
            steps += 1
            return str.__hash__(self)

    class Counted(wire._Pairs):
        def __init__(self, pairs):
            super().__init__([(Name(name), value) for name, value in pairs])

    def trace(frame, event, argument):
        nonlocal steps
        steps += event == "line"
        return trace

    monkeypatch.setattr(wire, "_Pairs", Counted)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with pytest.raises(wire.ApiError) as caught:
            wire.parse_rows(body)
    finally:
        sys.settrace(before)
    monkeypatch.undo()
    assert caught.value.status == 422
    assert len(caught.value.content["error"].get("details", [0])) <= 20
    return steps


@pytest.mark.parametrize("kind", ["unknown_names", "one_name_twice", "all_twice"])
def test_work_on_names_grows_with_their_number_and_no_faster(kind, monkeypatch):
    def body(count):
        names = [f"a{number}" for number in range(count)]
        words = {
            "unknown_names": [*names, names[0]],
            "one_name_twice": ["id"] * count,
            "all_twice": names * 2,
        }[kind]
        return ("{" + ",".join(f'"{name}":0' for name in words) + "}").encode()

    once, twice = (counted(body(count), monkeypatch) for count in (2_000, 4_000))
    assert 1.5 * once < twice < 2.5 * once  # the square would be four times


def test_a_history_takes_time_in_proportion_to_its_length():
    """Every repetition in its patterns has a largest number: from each place they look ahead so far and no further."""
    for pattern in (situation._SHORT, situation._LONG):
        assert not re.search(r"(?<!\\)[*+]|,\}", pattern.pattern)
    assert situation.short_term("在1月1日周一1点" * 20_000) == []


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Content-Encoding": "gzip"}, "Content-Encoding 'gzip' is not read"),
        ({"Content-Encoding": "br, identity"}, "is not read"),
        ({"Content-Type": "application/json; charset=gbk"}, "charset 'gbk' is not read; send UTF-8"),
    ],
)
def test_an_encoding_that_is_not_read_is_415(server, headers, words):
    reply = ask(server.url, body=ROW, **headers)
    assert reply.status == 415 and words in reply.error["message"]


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain; charset=UTF-8"])
def test_curls_own_content_types_are_taken(server, kind):
    assert ask(server.url, body=ROW, **{"Content-Type": kind}).status == 200


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/readyz", "/metrics", "/v1/model", "/v1/examples"])
def test_head_works_where_get_does(server, path):
    reply = ask(server.url, path, method="HEAD")
    assert reply.status == ask(server.url, path).status == 200
    assert reply.body == b"" and int(reply.headers["content-length"]) > 0


def test_a_head_that_does_not_come_is_not_waited_for(server, monkeypatch):
    """Ten seconds for a head; an idle connection between requests has the longer time that proxies need."""
    host, port = server.url.removeprefix("http://").split(":")
    began = time.monotonic()
    with socket.create_connection((host, int(port))) as slow, socket.create_connection((host, int(port))) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        while b'{"status":"ok"}' not in idle.recv(1000):
            continue
        slow.settimeout(60)
        slow.sendall(b"GET /heal")
        assert slow.recv(100) == b""
        assert time.monotonic() - began > HEAD_SECONDS - 1
        idle.settimeout(60)
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in idle.recv(1000)


def test_a_query_of_thousands_of_options_is_not_looked_at(server):
    options = "&".join(f"a{number}=1" for number in range(2_000))
    reply = ask(server.url, f"/v1/plan?{options}", ROW)
    assert reply.status == 414 and "the query is too long" in reply.error["message"]
