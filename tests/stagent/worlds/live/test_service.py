"""Every way in which a service fails, through the world: a sentence, never a crash, and never the key."""

import asyncio
import logging
import socket
import time
import traceback

import pytest

from stagent.worlds.live import service as service_module
from stagent.worlds.live.service import Patience, RequestPace, WebService
from stagent.worlds.live.settings import Secret
from stagent.worlds.live.world import LiveWorld
from stagent.worlds.protocol import Unavailable
from tests.stagent.worlds.live import answers
from tests.stagent.worlds.live.asking import CLOCK, KEY, QUICK, arguments, ask, refused, services, settings
from tests.support.public_services import PublicServices, Reply, reply

HELSINKI = (60.17, 24.94)
# A call of each service's: what is used, the tool, its arguments, how a reason calls the service.
CALLS = {
    "amap": (("amap",), "map_search_places", {"query": "茶馆"}, "高德"),
    "osrm": (("osrm",), "map_compute_routes", {"origin": HELSINKI, "destination": (60.18, 24.95)}, "OSRM"),
    "nominatim": (("nominatim",), "map_search_places", {"query": "kahvila"}, "Nominatim"),
    "open_meteo": (("open_meteo",), "weather_current_conditions", {"location": HELSINKI}, "Open-Meteo"),
}
# What is sent → words of the reason, whether a retry may help, how often it is asked.
FAILURES = {
    "500": (Reply(b"{}", 500), "HTTP 500", True, 3),
    "503 as HTML": (Reply(b"<html>busy</html>", 503), "HTTP 503", True, 3),
    "429": (Reply(b"{}", 429), "频繁", True, 3),
    "401": (Reply(b"{}", 401), "检查密钥与权限", False, 1),
    "403": (Reply(b"{}", 403), "检查密钥与权限", False, 1),
    "404": (Reply(b"{}", 404), "HTTP 404", False, 1),
    "elsewhere": (Reply(b"", 302, (("Location", "http://127.0.0.1:9/"),)), "别的地址", False, 1),
    "empty": (Reply(b""), "空的", True, 3),
    "blank": (Reply(b"  \n"), "空的", True, 3),
    "HTML": (Reply(b"<!DOCTYPE html><p>log in"), "网页", True, 3),
    "cut JSON": (Reply(b'{"status": "1", "pois": [{"na'), "不是完整的 JSON", True, 3),
    "cut connection": (Reply(b'{"status"', claimed=5000), "中途断开", True, 3),
    "not UTF-8": (Reply(b'{"a": "\xff\xfe"}'), "不是完整的 JSON", True, 3),
    "NaN": (Reply(b'{"a": NaN}'), "不是完整的 JSON", True, 3),
    "deep": (Reply(b"[" * 200_000), "不是完整的 JSON", True, 3),
    "long number": (Reply(b'{"a": ' + b"9" * 10_000 + b"}"), "不是完整的 JSON", True, 3),
    "another kind": (Reply(b'"text"'), "文档不符", False, 1),
    "list of numbers": (Reply(b"[1, 2]"), "文档不符", False, 1),
    "nothing in it": (Reply(b'{"x": 1}'), "文档不符", False, 1),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", CALLS)
def test_a_failure_is_a_sentence(name, failure):
    used, tool, given, called = CALLS[name]
    sent, words, retry, times = FAILURES[failure]
    with services({"/*": sent}) as server:
        why = refused_at_once(server, used, tool, given)
    assert why.reason.startswith(called) and words in why.reason and why.retry is retry
    assert "127.0.0.1" not in why.reason and len(server.seen) == times


def refused_at_once(server: PublicServices, used: tuple[str, ...], tool: str, given: dict) -> Unavailable:
    """A refusal without the services' pace, which other tests look at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RequestPace, "turn", lambda self, longest: asyncio.sleep(0, True))
        return refused(server, used, tool, **given)


def test_a_service_that_recovers_is_asked_again():
    outcomes = iter([Reply(b"", 502), Reply(b"<html>"), answers.pois(answers.poi(1, 31.17, 121.53))])
    with services({"/v5/place/text": lambda query: next(outcomes)}) as server:
        found = ask(LiveWorld(settings(server.url, "amap"), QUICK), ("map_search_places", {"query": "茶馆"}))[0]
    assert [item["name"] for item in found.items] == ["试验茶馆1号"] and len(server.seen) == 3


def test_a_wait_that_is_asked_for_is_kept_and_a_long_one_is_not_waited_for():
    first = iter([Reply(b"{}", 429, (("Retry-After", "1"),))])
    with services({"/*": lambda query: next(first, answers.pois())}) as server:
        world = LiveWorld(settings(server.url, "amap"), Patience(attempt=2, queue=5, pause=0.01))
        ask(world, ("map_search_places", {"query": "茶馆"}))
    assert server.seen[1].when - server.seen[0].when >= 1
    with services({"/*": Reply(b"{}", 429, (("Retry-After", "3600"),))}) as server:
        assert refused(server, ("amap",), "map_search_places", query="茶馆").retry
    assert len(server.seen) == 1


@pytest.mark.parametrize("sent", [Reply(b"{}", seconds=1.5), Reply(b"{" + b" " * 1000, pause=0.05)])
def test_slow_services_are_given_up(sent):
    with services({"/*": sent}) as server:
        world = LiveWorld(settings(server.url, "amap"), Patience(attempt=0.2, queue=5, pause=0.01))
        start = time.monotonic()
        why = ask(world, ("map_search_places", {"query": "茶馆"}))[0]
    assert isinstance(why, Unavailable) and "没有及时回答" in why.reason and why.retry
    assert time.monotonic() - start < 1.5


def test_nobody_listens():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # held but not listening: connections are refused
        world = LiveWorld(settings(f"http://127.0.0.1:{held.getsockname()[1]}", "amap"), QUICK)
        why = ask(world, ("map_search_places", {"query": "茶馆"}))[0]
    assert isinstance(why, Unavailable) and "无法连接" in why.reason and why.retry


def test_a_huge_answer_is_not_read(monkeypatch):
    monkeypatch.setattr(service_module, "LARGEST", 100_000)
    with services({"/*": Reply(b" " * 3_000_000)}) as server:
        why = refused(server, ("amap",), "map_search_places", query="茶馆")
    assert "过大" in why.reason and len(server.seen) == 1


def test_a_small_body_that_unpacks_to_a_large_one_is_asked_for_plain():
    with services({"/*": answers.pois()}) as server:
        ask(LiveWorld(settings(server.url, "amap"), QUICK), ("map_search_places", {"query": "茶馆"}))
    assert server.seen[0].headers["Accept-Encoding"] == "identity"


def test_pace_spaces_calls_evenly_and_refuses_a_long_queue():
    async def turns() -> tuple[list[float], bool]:
        pace, loop = RequestPace(50), asyncio.get_running_loop()
        start = loop.time()
        times = []

        async def one() -> None:
            assert await pace.turn(5)
            times.append(loop.time() - start)

        await asyncio.gather(*(one() for _ in range(6)))
        slow = RequestPace(0.1)
        await slow.turn(1)
        return times, await slow.turn(1)

    times, second = asyncio.run(turns())
    assert times[-1] >= 5 / 50 - 0.005 and times == sorted(times)
    assert second is False


def test_a_queue_that_is_too_long_is_said():
    with services({"/*": answers.pois()}) as server:
        world = LiveWorld(settings(server.url, "nominatim"), Patience(attempt=1, queue=0.5, pause=0.01))
        outcomes = ask(world, *[("map_search_places", {"query": f"cafe {at}"}) for at in range(3)])
    waiting = [why for why in outcomes if isinstance(why, Unavailable) and "排队" in why.reason]
    assert len(waiting) == 2 and all(why.retry for why in waiting)


def everything(outcome: BaseException) -> str:
    """An exception's texts with every local of every frame, those of its causes too."""
    return "".join(traceback.TracebackException.from_exception(outcome, capture_locals=True).format()) + repr(outcome)


@pytest.mark.parametrize(
    "sent",
    [
        Reply(b'{"status": "0", "info": "INVALID ' + KEY.encode() + b'", "infocode": "10001"}'),
        Reply(b'{"status": "0", "info": "", "infocode": "' + KEY.encode() + b'"}'),
        Reply(b"<html>" + KEY.encode(), 500),
        Reply(b"cut", claimed=100),
        Reply(b"{}", seconds=0.4),
        Reply(b"", 301, (("Location", f"/?key={KEY}"),)),
        reply(answers.pois({"name": 5})),
    ],
)
def test_no_key_in_logs_reasons_or_tracebacks(sent, caplog):
    caplog.set_level(logging.DEBUG)
    with services({"/*": sent}) as server:
        world = LiveWorld(settings(server.url, "amap"), Patience(attempt=0.2, queue=5, pause=0.01))
        why = ask(world, ("map_search_places", {"query": "茶馆"}))[0]
    assert isinstance(why, Unavailable)
    assert {seen.query["key"] for seen in server.seen} == {KEY}  # it was sent
    assert KEY not in everything(why)
    logged = any("/v5/place/text" in record.getMessage() for record in caplog.records)
    assert logged or sent.seconds  # httpx logs what was answered
    assert not any(KEY in record.getMessage() + str(vars(record)) for record in caplog.records)


def test_no_key_in_the_traceback_of_a_cancelled_call():
    async def cancelled(url: str) -> BaseException:
        world = LiveWorld(settings(url, "amap"), QUICK)
        call = arguments("map_search_places", query="茶馆")
        task = asyncio.create_task(world.answer("map_search_places", call, CLOCK))
        await asyncio.sleep(0.15)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError as why:
            return why
        finally:
            await world.close()
        raise AssertionError("it went on")

    with services({"/*": Reply(b"{}", seconds=0.5)}) as server:
        why = asyncio.run(cancelled(server.url))
    assert len(server.seen) == 1 and KEY not in everything(why)


def test_a_key_is_never_sent_to_where_a_redirect_leads():
    with services({"/*": answers.pois()}) as other:
        sent = Reply(b"", 302, (("Location", f"{other.url}/v5/place/text"),))
        with services({"/*": sent}) as server:
            refused(server, ("amap",), "map_search_places", query="茶馆")
    assert other.seen == []


def test_a_proxy_of_the_environment_is_used_for_other_hosts_alone(monkeypatch):
    with services({"*": {"by": "proxy"}}) as proxy, services({"/a": {"by": "host"}}) as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")

        async def both() -> list[str]:
            there, here = (WebService("s", url, 100, patience=QUICK) for url in ("http://example.invalid", server.url))
            try:
                return [(await one.get("/a", {}))["by"].text() for one in (there, here)]
            finally:
                await there.close()
                await here.close()

        assert asyncio.run(both()) == ["proxy", "host"]


def test_a_loop_that_ended_leaves_nothing_behind():
    with services({"/*": {"a": "b"}}) as server:
        one = WebService("s", server.url, 1000, patience=QUICK)
        for _ in range(3):
            assert asyncio.run(one.get("/a", {}))["a"].text() == "b"
        asyncio.run(one.close())


def test_connections_are_kept():
    ports = set()
    with PublicServices({"/*": answers.pois()}) as server:
        original = server._send
        server._send = lambda handler, sent: (ports.add(handler.client_address[1]), original(handler, sent))

        async def twice() -> None:
            one = WebService("s", server.url, 1000, key=("key", Secret("k")), patience=QUICK)
            for _ in range(5):
                await one.get("/a", {})
            await one.close()

        asyncio.run(twice())
    assert len(server.seen) == 5 and len(ports) == 1
