"""A replay of a row's stored answers behind the benchmark's own tools: what was not recorded is an error, no guess.

What the tools are is read from the calls that a file expects: a tool's parameters, which of them every call has, and
whether they are texts, numbers or lists. That is the schema that calls are checked against.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stagent.benchmarks.answers import plain
from stagent.benchmarks.mobility_rows import ExpectedCall, MobilityRow
from stagent.tools.calls import CallResult, Outcome
from stagent.tools.render import error_content, render, unavailable_content
from stagent.tools.validate import ArgumentProblem

NEAR = 0.001  # degrees, about 100 m: a model may round what it copies
_COORDINATE = re.compile(r"-?\d{1,3}(?:\.\d+)?,-?\d{1,3}(?:\.\d+)?")
_KINDS = {str: "string", bool: "boolean", int: "number", float: "number", list: "array", dict: "object"}
_MOST_ENTRIES, _LONGEST = 8, 6_000  # entries of a list, and characters of an answer, that a model reads


@dataclass(frozen=True, slots=True)
class StoredTool:
    """A tool as a file's expected calls use it.

    Attributes:
        kinds: parameter -> JSON's names of its kinds.
        needed: parameters that every expected call has.
    """

    name: str
    kinds: dict[str, frozenset[str]]
    needed: frozenset[str]

    def schema(self, description: str) -> dict[str, Any]:
        """As OpenAI-compatible servers take it."""
        properties = {name: {"type": sorted(kinds)[0]} for name, kinds in sorted(self.kinds.items())}
        parameters = {"type": "object", "properties": properties, "required": sorted(self.needed)}
        return {
            "type": "function",
            "function": {"name": self.name, "description": description, "parameters": parameters},
        }


def tools_of(rows: Iterable[MobilityRow]) -> dict[str, StoredTool]:
    """The tools that the rows' expected calls use, by name."""
    calls: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        for call in row.calls:
            calls.setdefault(call.tool, []).append(call.arguments)
    return {name: _tool(name, given) for name, given in sorted(calls.items())}


def _tool(name: str, given: Sequence[dict[str, Any]]) -> StoredTool:
    kinds: dict[str, set[str]] = {}
    for arguments in given:
        for parameter, value in arguments.items():
            kinds.setdefault(parameter, set()).add(_KINDS.get(type(value), "string"))
    needed = frozenset.intersection(*(frozenset(arguments) for arguments in given))
    return StoredTool(name, {parameter: frozenset(each) for parameter, each in kinds.items()}, needed)


def schema_problems(tools: dict[str, StoredTool], tool: str, arguments: Any) -> list[ArgumentProblem]:
    """What is wrong with a call, whatever is stored for it; nothing: it fits the schema."""
    known = tools.get(tool)
    if known is None:
        return [ArgumentProblem("tool", "没有这个工具", "可用工具 " + "、".join(tools))]
    if not isinstance(arguments, dict):
        return [ArgumentProblem("arguments", "应为对象", "按名称给出参数")]
    allowed = "可用参数 " + "、".join(sorted(known.kinds))
    problems = [ArgumentProblem(name, "没有这个参数", allowed) for name in arguments if name not in known.kinds]
    problems += [ArgumentProblem(name, "缺少", "必须给出") for name in sorted(known.needed - arguments.keys())]
    for name, value in arguments.items():
        if name in known.kinds and (kinds := known.kinds[name]) and _KINDS.get(type(value)) not in kinds:
            problems.append(ArgumentProblem(name, "类型不对", "应为 " + "、".join(sorted(kinds))))
    return problems


def same_arguments(expected: dict[str, Any], given: Any) -> bool:
    """Whether two calls' arguments mean the same: texts without blanks and capitals, coordinates within ``NEAR``,
    lists in any order."""
    if not isinstance(given, dict) or expected.keys() != given.keys():
        return False
    return all(_same(value, given[name]) for name, value in expected.items())


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        left = list(other)
        for each in one:
            match = next((place for place, value in enumerate(left) if _same(each, value)), None)
            if match is None:
                return False
            del left[match]
        return not left
    if isinstance(one, str) and isinstance(other, str):
        first, second = plain(one), plain(other)
        if _COORDINATE.fullmatch(first) and _COORDINATE.fullmatch(second):
            pairs = zip(first.split(","), second.split(","), strict=True)
            return all(abs(float(a) - float(b)) <= NEAR for a, b in pairs)
        return first == second
    return type(one) is type(other) and one == other


@dataclass(frozen=True, slots=True)
class StoredWorld:
    """The name and version under which a row's answers are told."""

    version: str
    name: str = "mobilitybench"


class StoredCalls:
    """Calls of a row's tools, in the place of ``stagent.tools.calls.Calls`` in an episode."""

    language = "zh"

    def __init__(self, tools: dict[str, StoredTool], row: MobilityRow, version: str):
        self.world = StoredWorld(version)
        self._tools, self._row = tools, row
        self._source = {"world": self.world.name, "version": version}

    async def call(self, tool: str, arguments: Any, clock: datetime) -> CallResult:
        """What is stored for a call; never raises for what a caller sent."""
        if problems := schema_problems(self._tools, tool, arguments):
            return self._told(tool, "error", error_content(tool, problems, clock))
        call = expected_call(self._row.calls, tool, arguments)
        if call is None:
            missed = ArgumentProblem("arguments", "这次调用没有被录下", "换一种写法，或用别的工具结果里的名称与坐标")
            return self._told(tool, "error", error_content(tool, [missed], clock))
        if call.answer is None:
            reason = "这次调用的结果没有保存"
            return self._told(tool, "unavailable", unavailable_content(tool, reason, False, self._source, clock))
        content = {"tool": tool, "source": self._source, "answer": shortened(call.answer)}
        return CallResult(tool, "found", _json(content), _cut(_json(content["answer"])))

    def _told(self, tool: str, outcome: Outcome, content: dict[str, Any]) -> CallResult:
        return CallResult(tool, outcome, _json(content), render(content, self.language))


def expected_call(calls: Sequence[ExpectedCall], tool: str, arguments: Any) -> ExpectedCall | None:
    """The expected call that a call is, None: none of them."""
    return next((each for each in calls if each.tool == tool and same_arguments(each.arguments, arguments)), None)


def shortened(value: Any) -> Any:
    """An answer whose long lists have lost their middle, and say so."""
    if isinstance(value, dict):
        return {name: shortened(each) for name, each in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) <= _MOST_ENTRIES:
        return [shortened(each) for each in value]
    half = _MOST_ENTRIES // 2
    left_out = f"……（中间省略 {len(value) - 2 * half} 条）……"
    return [*map(shortened, value[:half]), left_out, *map(shortened, value[-half:])]


def _cut(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    half = _LONGEST // 2
    return f"{text[:half]}……（中间省略 {len(text) - 2 * half} 字）……{text[-half:]}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
