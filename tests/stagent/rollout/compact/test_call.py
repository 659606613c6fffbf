"""Every parameter of the ten tools in tokens and back; what is no call, and values that no tool takes."""

import asyncio

import pytest

from stagent.rollout.chat import ToolCall
from stagent.rollout.compact.call import UnreadableCall, call_tokens, read_call
from stagent.rollout.compact.talk import CompactTalk
from stagent.rollout.compact.text import Unsayable
from stagent.tools.calls import Calls
from stagent.tools.schemas import MODES, TOOLS
from tests.stagent.reward.episodes import HERE, HOME, SHOPS, search, trains
from tests.stagent.rollout.compact.by_hand import CONTEXT, VOCABULARY, heard, ids, read, things, tokens_in
from tests.support.toy_world import MONDAY, ToyWorld

SHOP, OTHER = SHOPS[0]["location"], SHOPS[1]["location"]
FILTERS = {"min_rating": 4.5, "price_min": 10, "price_max": 99.5, "price_category": "price"}
JOURNEY = {"origin": "澜屿市", "destination": "霁川市", "date": "2026-01-06", "days": 15}
ARGUMENTS = {
    "map_search_places": {
        "query": "药店", "center": HERE, "radius": 20000, "region": "澜屿市", "sort_by": "rating:d", **FILTERS,
        "limit": 5,
    },
    "map_compute_routes": {
        "origin": HOME, "destination": SHOP, "intermediates": [OTHER, HERE], "modes": list(MODES),
        "departure_time": "2026-01-06T18:30:00+08:00", "arrival_time": "2026-01-05T00:00:00+08:00",
        "traffic_aware": False, "preference": "avoid_highways+avoid_tolls",
    },
    "map_search_along_route": {
        "query": "济安药房", "origin": HERE, "destination": HOME, "transport_mode": "walking", "buffer_radius": 500,
        "limit": 1,
    },
    "map_search_central_places": {
        "query": "书店", "origins": [HERE, HOME, SHOP], "radius": 3000, "sort_by": "min_max_distance", **FILTERS,
        "limit": 3,
    },
    "map_search_ranking_list": {"query": "公园", "region": "霁川市", "max_lists": 1, "max_items": 10},
    "travel_search_flights": JOURNEY,
    "travel_search_trains": JOURNEY | {"days": 0},
    "weather_current_conditions": {"location": HOME},
    "weather_forecast_days": {"location": "霁川市", "date": "2026-01-20", "days": 2},
    "web_search": {"query": "济安药房免费托运 20"},
}  # fmt: skip


@pytest.fixture
def known():
    """Shops are <3> to <5>, the trains <6> and <7>, 霁川市 is <8>."""
    found = things()
    read(search(), found)
    read(trains(), found)
    heard("去霁川市", found)
    return found


def test_no_parameter_of_a_tool_is_left_out_here():
    assert {tool: set(given) for tool, given in ARGUMENTS.items()} == {
        tool.name: {each.name for each in tool.parameters} for tool in TOOLS
    }


@pytest.mark.parametrize("tool", ARGUMENTS)
def test_a_call_in_tokens_and_back(known, tool):
    tokens = call_tokens(tool, ARGUMENTS[tool], known, VOCABULARY)
    assert {*tokens} <= VOCABULARY.ids.keys()
    assert read_call(tokens, known, VOCABULARY) == ToolCall(tool, ARGUMENTS[tool])


def test_how_values_are_written(known):
    given = {"origin": HERE, "destination": SHOP, "modes": ["walking", "transit"], "traffic_aware": True}
    tokens = "<tool:map_compute_routes> <arg:origin> <0> <arg:destination> <3> <arg:modes> walking <,> transit"
    assert call_tokens("map_compute_routes", given, known, VOCABULARY) == [
        *tokens_in(tokens),
        "<arg:traffic_aware>",
        "1",
    ]
    assert call_tokens("weather_forecast_days", ARGUMENTS["weather_forecast_days"], known, VOCABULARY) == [
        "<tool:weather_forecast_days>", "<arg:location>", "<8>", "<arg:date>", "<d+15>", "<arg:days>", "2"
    ]  # fmt: skip


def test_a_list_without_members(known):
    tokens = ["<tool:map_compute_routes>", "<arg:intermediates>"]
    assert call_tokens("map_compute_routes", {"intermediates": []}, known, VOCABULARY) == tokens
    for written in (tokens, [*tokens, "<,>", "<,>"]):
        assert read_call(written, known, VOCABULARY).arguments == {"intermediates": []}


def test_a_moment_of_a_result_is_pointed_to(known):
    given = {"origin": HERE, "destination": HOME, "departure_time": "2026-01-06T12:51:00+08:00"}
    tokens = call_tokens("map_compute_routes", given, known, VOCABULARY)
    assert tokens[-2:] == ["<7>", "<.arrival>"]
    assert read_call(tokens, known, VOCABULARY).arguments == given


def test_a_name_in_a_field_is_pointed_to(known):
    tokens = call_tokens("map_search_places", {"query": "澜屿东站"}, known, VOCABULARY)
    assert tokens[-2:] == ["<7>", "<.from_station>"]  # the latest train's
    assert read_call(tokens, known, VOCABULARY).arguments == {"query": "澜屿东站"}


def test_a_city_without_its_last_character():
    known = things()
    heard("去砺港", known)
    tokens = call_tokens("weather_current_conditions", {"location": "砺港市"}, known, VOCABULARY)
    assert tokens[-1] == "<3>" and read_call(tokens, known, VOCABULARY).arguments == {"location": "砺港"}


def test_a_day_that_is_far_off_is_spelled(known):
    for day in ("2027-01-06", "2026-03-01", "2025-01-06"):
        tokens = call_tokens("travel_search_trains", {"date": day}, known, VOCABULARY)
        assert tokens[2:] == list(day) and read_call(tokens, known, VOCABULARY).arguments == {"date": day}


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("map_find", {"query": "药店"}),
        ("", {}),
        ("web_search", {"question": "药店"}),
        ("web_search", {"query": "砺港"}),
        ("web_search", {"query": {"a": 1}}),
        ("web_search", {"query": None}),
        ("map_search_places", {"query": "药店", "center": "1.00000,2.00000"}),  # nothing is there
        ("map_compute_routes", {"departure_time": "2026-01-06T18:30:10+08:00"}),  # no token has seconds
        ("map_compute_routes", {"departure_time": "2026-03-06T18:30:00+08:00"}),
    ],
)
def test_a_call_without_tokens_is_unsayable(known, tool, arguments):
    with pytest.raises(Unsayable):
        call_tokens(tool, arguments, known, VOCABULARY)


@pytest.mark.parametrize(
    ("tokens", "why"),
    [
        ([], "没有工具名"),
        (["<arg:query>", "药店"], "没有工具名"),
        (["药店"], "没有工具名"),
        (["<tool:web_search>", "药店"], "web_search：参数之间有别的字"),
        (["<tool:web_search>", "<tool:web_search>", "<arg:query>", "药店"], "web_search：参数之间有别的字"),
    ],
)
def test_tokens_that_are_no_call(known, tokens, why):
    with pytest.raises(UnreadableCall, match=f"^{why}$"):
        read_call(tokens, known, VOCABULARY)
    talk = CompactTalk(VOCABULARY, CONTEXT)
    written = talk.meaning(ids(["<call>", *tokens, "<end>"]))
    assert (written.problem, written.calls, written.text) == (why, (), "")


@pytest.mark.parametrize(
    ("tool", "value", "argument"),
    [
        ("map_search_places", ["<arg:center>", "<90>"], ""),  # a handle that nothing has
        ("map_search_places", ["<arg:center>", "<8>"], "霁川市"),  # a thing without coordinates
        ("map_search_places", ["<arg:center>"], ""),
        ("map_search_places", ["<arg:center>", "<0>", "<0>"], ""),
        ("map_search_places", ["<arg:limit>", *"9" * 5000], "9" * 5000),  # no number that Python reads
        ("map_search_places", ["<arg:limit>", *"9" * 400], int("9" * 400)),
        ("map_search_places", ["<arg:min_rating>", *"9" * 400, ".", "0"], float("inf")),
        ("map_search_places", ["<arg:min_rating>", ".", "."], ".."),
        ("map_search_places", ["<arg:days>", "3"], "3"),  # another tool's parameter
        ("map_search_places", ["<arg:sort_by>", "药店"], "药店"),
        ("map_compute_routes", ["<arg:departure_time>", "<18h>", "<30m>"], "<18h><30m>"),  # without a day
        ("map_compute_routes", ["<arg:departure_time>"], ""),
        ("map_compute_routes", ["<arg:traffic_aware>", "药店"], "药店"),
        ("map_compute_routes", ["<arg:modes>", "<,>"], []),
    ],
)
def test_what_no_tool_takes_is_an_error_that_the_tool_gives(known, tool, value, argument):
    written = read_call([f"<tool:{tool}>", "<arg:query>", "药店", *value], known, VOCABULARY)
    if tool == "map_compute_routes":
        written.arguments.update({"origin": HERE, "destination": HOME})
        del written.arguments["query"]
    name = value[0][5:-1]
    assert written.arguments[name] == argument
    result = asyncio.run(Calls(ToyWorld()).call(tool, written.arguments, MONDAY))
    assert result.outcome == "error" and name in result.text
