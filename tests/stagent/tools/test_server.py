"""The MCP server in memory: what it lists, and that every call is answered as in process, right or wrong."""

import asyncio
import json
from typing import Any

import jsonschema
import pytest
from fastmcp import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagent.tools.calls import Calls
from stagent.tools.json_schema import input_schema, mcp_tools
from stagent.tools.mcp_server import create_server, instructions
from stagent.tools.metrics import ToolMetrics
from stagent.tools.schemas import TOOLS, Parameter, ToolSchema
from tests.support.toy_world import MONDAY, ToyWorld

GOOD = {
    "text": "咖啡馆",
    "coordinate": "30.1,170.2",
    "coordinates": ["30.1,170.2", "30.2,170.2"],
    "flag": False,
    "time": "2026-01-05T10:00",
    "date": "2026-01-06",
    "region": "澜屿",
    "place": "澜屿",
}


class Both:
    """The same world asked in process and through MCP."""

    def __init__(self):
        self.runner = asyncio.Runner()
        self.metrics = ToolMetrics()
        self.calls = Calls(ToyWorld())
        served = Calls(ToyWorld(), observer=self.metrics.observe)
        self.client = Client(create_server(served, lambda: MONDAY, "zh", self.metrics))

    def __enter__(self) -> "Both":
        self.runner.__enter__()
        self.runner.run(self.client.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.run(self.client.__aexit__(None, None, None))
        self.runner.__exit__(None, None, None)

    def result(self, tool: str, arguments: Any):
        """What the call gives in process, after checking that it is the same through MCP."""
        direct = self.runner.run(self.calls.call(tool, arguments, MONDAY))
        served = self.runner.run(self.client.call_tool(tool, arguments, raise_on_error=False))
        assert [block.text for block in served.content] == [direct.text]
        # byte for byte: the order of keys too
        assert json.dumps(served.structured_content, ensure_ascii=False, separators=(",", ":")) == direct.body
        assert served.is_error == direct.error
        return direct


@pytest.fixture(scope="module")
def both():
    with Both() as running:
        yield running


def good(parameter: Parameter) -> Any:
    if parameter.kind in GOOD:
        return GOOD[parameter.kind]
    if parameter.kind == "choices":
        return list(parameter.allowed)
    return parameter.allowed[-1] if parameter.kind == "choice" else int(parameter.most)


def test_tools_are_listed_with_their_schemas_and_hints(both):
    listed = both.runner.run(both.client.list_tools())
    assert [
        {"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema} for tool in listed
    ] == mcp_tools("zh")
    for tool in listed:
        assert tool.annotations.read_only_hint and tool.annotations.idempotent_hint
        assert tool.annotations.open_world_hint is False
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)


def test_a_right_call_of_every_tool_fits_the_listed_schema():
    for tool in TOOLS:
        arguments = {one.name: good(one) for one in tool.parameters if not one.excludes}
        jsonschema.validate(arguments, input_schema(tool, "en"))


@pytest.mark.parametrize(
    ("tool", "arguments", "outcome"),
    [
        ("map_search_places", {"query": "咖啡馆"}, "found"),
        ("map_search_places", {"query": "无"}, "empty"),
        ("web_search", {"query": "x"}, "unavailable"),
        ("weather_current_conditions", {"location": "x"}, "error"),
        ("weather_forecast_days", {"location": "x", "date": "2026-01-05"}, "failed"),
        ("map_search_places", {}, "error"),
        ("map_search_places", {"query": "x", "limit": "5"}, "error"),  # FastMCP would make it 5
        ("map_search_places", {"query": 5}, "error"),
        ("map_compute_routes", {"origin": "30.1,170.2", "destination": "30.2,170.2", "traffic_aware": "yes"}, "error"),
        ("map_compute_routes", {"origin": "30.1,170.2", "destination": "30.2,170.2"}, "found"),
        ("map_search", {"query": "x"}, "error"),
        ("map_search_places", {"query": "x" * 10_000_000}, "error"),
        ("map_search_places", {"query": "x", "limit": 10**400}, "error"),
    ],
)
def test_equal_in_process_and_through_mcp(both, tool, arguments, outcome, capsys):
    result = both.result(tool, arguments)
    assert result.outcome == outcome
    assert len(result.body) < 10_000 or outcome == "found"


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)  # FastMCP's client sends null for these
    | st.text(max_size=30)
    | st.sampled_from([*GOOD.values(), -1, 1, 7, "driving", "balanced", "2026-13-40", "91,0", "0,181", ""]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def asked(draw) -> tuple[ToolSchema, dict[str, Any]]:
    """A tool, and arguments of which each may be missing, right or anything."""
    tool = draw(st.sampled_from(TOOLS))
    arguments = {}
    for parameter in tool.parameters:
        kind = draw(st.integers(0, 4))
        if kind < 2 and not (parameter.required and kind == 0):
            arguments[parameter.name] = good(parameter)
        elif kind == 4:
            arguments[parameter.name] = draw(ANYTHING)
    if draw(st.integers(0, 9)) == 0:
        arguments[draw(st.text(max_size=12))] = draw(ANYTHING)
    return tool, arguments


def permissive(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without what validation is more generous about: blanks and signs in coordinates, modes named twice."""
    return {
        name: permissive(value) if isinstance(value, dict) else value
        for name, value in schema.items()
        if name not in ("pattern", "uniqueItems", "minItems")
    }


SCHEMAS = {tool.name: jsonschema.Draft202012Validator(permissive(input_schema(tool, "zh"))) for tool in TOOLS}


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked())
def test_wrong_in_every_way(both, call):
    """Never a crash, the same through MCP, and what the schema refuses is an error that names the parameter."""
    tool, arguments = call
    result = both.result(tool.name, arguments)
    content = result.content
    sent = {name: value for name, value in arguments.items() if value is not None}
    known = {parameter.name for parameter in tool.parameters}
    refused = {error.absolute_path[0] for error in SCHEMAS[tool.name].iter_errors(sent) if error.absolute_path}
    missing = {one.name for one in tool.parameters if one.required and one.name not in sent}
    unknown = arguments.keys() - known
    if refused or missing or unknown:
        assert result.error
    if result.error and "error" in content:
        named = [problem["parameter"].partition("[")[0] for problem in content["error"]["problems"]]
        assert all(problem["problem"] and problem["allowed"] for problem in content["error"]["problems"])
        if len(named) < 10:
            assert (refused | missing) <= set(named)
        assert len(result.body) < 12_000


def test_metrics_count_by_outcome_and_name_no_unknown_tool():
    with Both() as fresh:
        for _ in range(2):
            fresh.result("map_search_places", {"query": "x"})
        fresh.result("no_such_tool", {})
        fresh.result("web_search", {"query": "x"})
        lines = fresh.metrics.text().decode().splitlines()
    assert 'stagent_calls_total{outcome="found",tool="map_search_places"} 2.0' in lines
    assert 'stagent_calls_total{outcome="error",tool="unknown"} 1.0' in lines
    assert 'stagent_calls_total{outcome="unavailable",tool="web_search"} 1.0' in lines
    assert 'stagent_cache_hits_total{tool="map_search_places"} 1.0' in lines
    assert 'stagent_executions_total{tool="map_search_places"} 1.0' in lines
    assert 'stagent_call_seconds_count{tool="map_search_places"} 2.0' in lines
    assert "stagent_calls_in_flight 0.0" in lines
    assert not any("no_such_tool" in line for line in lines)


def test_instructions_name_world_clock_and_attribution():
    world = ToyWorld()
    world.attribution = "© OpenStreetMap contributors"
    for language in ("zh", "en"):
        text = instructions(world, MONDAY, language)
        assert "toy" in text and "2026-01-05T09:00:00+08:00" in text and text.endswith(world.attribution)
        assert "{" not in text
    world.name, world.attribution = "sandbox", ""
    assert "虚构" in instructions(world, MONDAY, "zh")


def test_thousands_of_unknown_names_take_no_time(both, monkeypatch):
    looked = []
    monkeypatch.setattr("difflib.get_close_matches", lambda *given, **_: looked.append(given) or [])
    result = both.result("map_search_places", {f"quer{number}": 1 for number in range(60_000)})
    assert result.error and len(result.body) < 5000 and len(looked) <= 20  # ten in process, ten through MCP
