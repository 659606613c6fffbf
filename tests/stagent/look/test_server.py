"""The page's server over real sockets."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from stagent.look.server import MAX_BODY
from stagent.tools.schemas import TOOLS
from stagent.worlds.fields import FIELDS
from stagent.worlds.record import RecordingWorld
from tests.conftest import ROOT
from tests.support.look_world import EVIL, LookWorld
from tests.support.looking import looking
from tests.support.serving import Reply, ask
from tests.support.toy_world import MONDAY, ToyWorld

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def url():
    with looking(LookWorld()) as url:
        yield url


def call(url: str, tool: str, arguments, **more) -> Reply:
    return ask(url, "/api/call", {"tool": tool, "arguments": arguments} | more, **JSON)


def test_the_world_says_what_there_is(url):
    world = ask(url, "/api/world").json
    assert (world["name"], world["version"], world["clock"]) == ("town", "1", "2026-01-05T09:00:00+08:00")
    assert [(city["name"], city["places"]) for city in world["cities"]] == [("甲市", 12), ("乙市", 2)]
    assert world["cities"][0]["bounds"] == [0, 150, 0.01, 150.01]
    kinds = world["categories"]
    # two Sichuan restaurants and a hot pot; three cafés, one of them in the second town
    assert (kinds["sichuan"]["own"], kinds["restaurant"]["count"], kinds["restaurant"]["own"]) == (2, 3, 0)
    assert (kinds["cafe"]["own"], kinds["food"]["count"], kinds["food"]["parent"]) == (3, 6, "")
    assert "museum" in kinds and "hospital" not in kinds
    assert world["fields"].keys() == FIELDS.keys() and world["fields"]["distance_m"]["zh"] == "距离"


def test_the_tools_come_in_both_languages(url):
    tools = ask(url, "/api/tools").json
    assert [tool["name"] for tool in tools] == [tool.name for tool in TOOLS]
    radius = next(one for one in tools[0]["parameters"] if one["name"] == "radius")
    assert (radius["least"], radius["most"], radius["default"], radius["needs"]) == (100, 20_000, 5000, "center")
    assert all(one["zh"] and one["en"] for tool in tools for one in (tool, *tool["parameters"]))


def test_a_city_is_sent_small_and_kept_by_the_browser(url):
    reply = ask(url, "/api/city/0", **{"Accept-Encoding": "gzip"})
    city = json.loads(gzip.decompress(reply.body))
    assert set(city) == {"centre", "areas", "streets", "places", "lines"} and len(city["places"]) == 12
    assert [line["name"] for line in city["lines"]] == ["1号线"]
    assert "\u202e" not in json.dumps(city, ensure_ascii=False)  # a name may not turn the line around it
    tag = reply.headers["etag"]
    assert ask(url, "/api/city/0", **{"If-None-Match": tag}).status == 304
    assert ask(url, "/api/city/2").status == 404 and ask(url, "/api/city/x").status == 404
    assert ask(url, "/api/country").json["streets"] == {}


def test_a_call_gives_what_a_model_gets(url):
    asked = {"query": "咖啡馆", "region": "甲市"}
    first, again = (call(url, "map_search_places", asked).json for _ in range(2))
    assert first["outcome"] == "found" and not first["error"] and first["seconds"] >= 0
    names = [item["name"] for item in first["content"]["items"]]
    assert names == ["晨光咖啡", EVIL.replace("\u202e", "")] and "1. 编号：P004；名称：晨光咖啡" in first["text"]
    assert (first["cached"], again["cached"]) == (False, True) and again["content"] == first["content"]
    # the same call in another spelling is the same call; in the other language only the text is another one
    assert call(url, "map_search_places", {"query": " 咖啡馆", "region": "Jia", "limit": 10.0}).json["cached"]
    english = call(url, "map_search_places", asked, language="en").json
    assert english["content"] == first["content"] and "1. id: P004; name: 晨光咖啡" in english["text"]
    route = call(url, "map_compute_routes", {"origin": "0,150", "destination": "0.01,150.01"}).json
    assert [shape["kind"] for shape in route["geometry"]] == ["route"]


def test_a_wrong_call_is_an_answer(url):
    reply = call(url, "map_search_places", {"query": "", "radius": 5})
    assert reply.status == 200 and reply.json["error"] and not reply.json["cached"]
    problems = {one["parameter"] for one in reply.json["content"]["error"]["problems"]}
    assert problems == {"query", "radius"}
    for tool, arguments in (("nothing", {}), (None, {}), ("web_search", []), ("web_search", "x"), ({"a": []}, 1)):
        assert call(url, tool, arguments).json["outcome"] == "error"
    assert call(url, "\ud800", {"query": "\ud800"}).json["outcome"] == "error"  # half a pair has no UTF-8
    unable = call(url, "web_search", {"query": "无"}).json
    assert unable["outcome"] == "unavailable" and not unable["error"] and unable["content"]["retry"]


def test_the_clock_is_the_callers_or_the_worlds(url):
    asked = {"location": "甲市"}
    assert call(url, "weather_current_conditions", asked).json["content"]["clock"] == "2026-01-05T09:00:00+08:00"
    other = call(url, "weather_current_conditions", asked, clock="2026-05-01T12:30").json
    assert other["content"]["clock"] == "2026-05-01T12:30:00+08:00"
    zoned = call(url, "weather_current_conditions", asked, clock="2026-05-01T04:30:00Z").json
    assert zoned["content"]["clock"] == other["content"]["clock"]
    for clock in ("2025-05-01T12:30", "soon", 5, "9999-12-31T23:59:59-12:00"):
        reply = call(url, "weather_current_conditions", asked, clock=clock)
        assert (reply.status, reply.error["field"]) == (422, "clock"), clock


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b"\xff", JSON, 400),
        (b"[]", JSON, 422),
        (b'{"tool": "web_search", "language": "fr"}', JSON, 422),
        (b'{"tool": "web_search", "language": []}', JSON, 422),
        (b" " * (MAX_BODY + 1), JSON, 413),
        (b"{}", {"Content-Type": "text/plain"}, 415),  # what another site's form can send
        (b"{}", JSON | {"Host": "evil.example"}, 421),  # a name that somebody let point here
    ],
)
def test_what_is_no_call_is_refused(url, body, headers, status):
    reply = ask(url, "/api/call", body, **headers)
    assert reply.status == status and reply.error["message"]
    assert ask(url, "/api/call", method="GET").status == 405


def test_files_and_nothing_else(url):
    page = ask(url, "/")
    assert page.status == 200 and "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert ask(url, "/dom.js").headers["content-type"] == "text/javascript; charset=utf-8"
    for path in ("/server.py", "/../look.py", "/page", "/api"):
        assert ask(url, path).status == 404


def test_a_world_without_cities_has_tools_all_the_same(tmp_path):
    toy = ToyWorld()
    with looking(toy) as url:
        world = ask(url, "/api/world").json
        assert world["cities"] == [] and world["categories"] == {} and world["clock"] == MONDAY.isoformat()
        assert ask(url, "/api/city/0").status == ask(url, "/api/country").status == 404
        assert call(url, "map_search_places", {"query": "x"}).json["outcome"] == "found"
        assert call(url, "weather_forecast_days", {"location": "x", "date": "2026-01-06"}).json["outcome"] == "failed"
    with looking(RecordingWorld(LookWorld(), tmp_path / "record.jsonl"), clock=MONDAY.replace(hour=12)) as url:
        world = ask(url, "/api/world").json
        assert len(world["cities"]) == 2 and world["clock"] == "2026-01-05T12:00:00+08:00"


def test_the_command_ends_well(tmp_path):
    """``agent.py look`` on a record: an address on stderr, and a signal ends it with status 0."""
    record = tmp_path / "record.jsonl"
    with looking(RecordingWorld(ToyWorld(), record)) as url:
        call(url, "map_search_places", {"query": "x"})
    words = [sys.executable, str(ROOT / "agent.py"), "look", "--port", "0", "--replay", str(record)]
    words += ["--clock", "2026-01-05T09:00"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    try:
        line = process.stderr.readline()
        url = re.search(r"http://\S+", line).group()
        for _ in range(200):
            try:
                found = call(url, "map_search_places", {"query": "x"}).json
                break
            except ConnectionError:
                time.sleep(0.05)
        assert found["outcome"] == "found" and found["content"]["source"]["world"] == "toy"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.stderr.close()
