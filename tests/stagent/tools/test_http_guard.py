"""The guard without a server: what depends on time, and on the server's end."""

import asyncio
import json

import pytest

from stagent.tools import http_guard
from stagent.tools.http_guard import Guard, HttpLimits, Rates
from stagent.tools.metrics import ToolMetrics


def answered(guard: Guard, path: str, *, stalls: bool = False) -> tuple[int, dict, bytes]:
    """Status, headers and body of a POST; ``stalls``: the second half of its body never arrives."""
    sent, pieces = [], [b"half", b"half"]

    async def receive():
        if stalls and len(pieces) == 1:
            await asyncio.sleep(60)
        piece = pieces.pop()
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "method": "POST", "headers": [(b"host", b"localhost")], "client": ("a", 1)}
    asyncio.run(guard(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent)


async def echo(scope, receive, send) -> None:
    body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def guarded() -> Guard:
    return Guard(echo, HttpLimits(rate=0, under_way=1), None, ToolMetrics())


def test_the_application_gets_the_whole_body():
    guard = guarded()
    assert answered(guard, "/mcp") == (200, {}, b"halfhalf") and guard.under_way == 0


def test_a_body_that_does_not_arrive(monkeypatch):
    monkeypatch.setattr(http_guard, "BODY_SECONDS", 0.05)
    guard = guarded()
    status, headers, body = answered(guard, "/mcp", stalls=True)
    assert (status, headers["connection"]) == (408, "close") and guard.under_way == 0
    assert json.loads(body)["error"]["message"] == "the body did not arrive within 0.05 s"
    assert answered(guard, "/mcp")[0] == 200


def test_readiness_ends_before_health():
    guard = guarded()
    assert answered(guard, "/readyz")[0] == answered(guard, "/healthz")[0] == 200
    guard.draining = True
    assert answered(guard, "/healthz")[0] == 200
    for path in ("/readyz", "/mcp", "/metrics"):
        status, headers, _ = answered(guard, path)
        assert (status, headers["retry-after"], headers["connection"]) == (503, "5", "close")


def test_rates_are_a_bucket_a_client():
    rates = Rates(10)
    assert [rates.wait("a", 0.0) for _ in range(20)] == [0.0] * 20  # twice a second's at once
    assert rates.wait("a", 0.0) == pytest.approx(0.1)
    assert rates.wait("b", 0.0) == 0.0
    assert rates.wait("a", 0.1) == 0.0
    assert rates.wait("a", 0.15) == pytest.approx(0.05)
    assert [rates.wait("a", 100.0) for _ in range(21)][-1] > 0  # it does not fill beyond that
    for number in range(20_000):
        rates.wait(f"c{number}", 100.0)
    assert len(rates._buckets) == 10_000
    assert Rates(0).wait("a", 0.0) == 0.0
