"""A call in tokens and back: a parameter's kind says how its value is written.

{"query": "药店", "center": "30.41200,174.61800", "sort_by": "distance"}
◄──► <tool:map_search_places> <arg:query> 药店 <arg:center> <0> <arg:sort_by> distance
"""

import re
from collections.abc import Sequence
from typing import Any

from stagent.rollout.chat import ToolCall
from stagent.rollout.compact.fields import FieldValue
from stagent.rollout.compact.sums import field_at
from stagent.rollout.compact.text import Unsayable, spoken, text_tokens
from stagent.rollout.compact.things import Things
from stagent.rollout.compact.vocabulary import (
    CompactVocabulary,
    clock_of,
    clock_tokens,
    day_token,
    days_of,
    handle,
    handle_of,
)
from stagent.tools.schemas import TOOLS, Parameter

_TOOLS = {tool.name: tool for tool in TOOLS}
_COORDINATE = re.compile(r"-?\d+\.\d+,-?\d+\.\d+")
_LISTS = ("coordinates", "choices")
_ZONE = "+08:00"


class UnreadableCall(ValueError):
    """Tokens that are no call; the message says why."""


def call_tokens(tool: str, arguments: dict[str, Any], things: Things, vocabulary: CompactVocabulary) -> list[str]:
    """Raises Unsayable: a tool, a parameter or a value has no tokens."""
    if tool not in _TOOLS:
        raise Unsayable(tool)
    tokens = [f"<tool:{tool}>"]
    for name, value in arguments.items():
        tokens.append(f"<arg:{name}>")
        kind = parameter.kind if (parameter := _TOOLS[tool].parameter(name)) else "text"
        values = value if isinstance(value, list) else [value]
        for place, each in enumerate(values):
            tokens += [*(["<,>"] if place else []), *_value_tokens(kind, each, things, vocabulary)]
    if (unknown := next((token for token in tokens if token not in vocabulary.ids), None)) is not None:
        raise Unsayable(unknown)
    return tokens


def _value_tokens(kind: str, value: Any, things: Things, vocabulary: CompactVocabulary) -> list[str]:
    if isinstance(value, bool):
        return [str(int(value))]
    if not isinstance(value, str):
        return list(f"{value:g}" if isinstance(value, float) else str(value))
    if _COORDINATE.fullmatch(value):
        number = things.at(value)
        if number is None:
            raise Unsayable(value)
        return [handle(number)]
    if kind in ("region", "place") and (number := things.region(value)) is not None:
        return [handle(number)]
    if "T" in value and value.endswith(_ZONE):
        return _moment_tokens(value, things)
    if kind == "text" and things.named(value) is None:
        for number, path, known in things.fields():
            if known.kind == "name" and known.value == value and f"<.{path}>" in vocabulary.ids:
                return [handle(number), f"<.{path}>"]
    return text_tokens(value, things, vocabulary)


def _moment_tokens(value: str, things: Things) -> list[str]:
    """A result's moment by its field, else its day and its clock."""
    for number, path, known in things.fields():
        if known.moment == value:
            return [handle(number), f"<.{path}>"]
    day = day_token(things.days_to(value))
    if day is None or value[17:19] != "00":
        raise Unsayable(value)
    return [day, *clock_tokens(value[11:16])]


def read_call(tokens: Sequence[str], things: Things, vocabulary: CompactVocabulary) -> ToolCall:
    """The call that tokens behind ``<call>`` say.

    Raises:
        UnreadableCall
    """
    name = tokens[0][6:-1] if tokens and tokens[0].startswith("<tool:") else ""
    if name not in _TOOLS:
        raise UnreadableCall("没有工具名")
    arguments: dict[str, Any] = {}
    place = 1
    while place < len(tokens):
        if not tokens[place].startswith("<arg:"):
            raise UnreadableCall(f"{name}：参数之间有别的字")
        end = place + 1
        while end < len(tokens) and not tokens[end].startswith("<arg:"):
            end += 1
        given = tokens[place][5:-1]
        parameter = _TOOLS[name].parameter(given)
        # a parameter that the tool doesn't have: the tool says so, as to anyone
        arguments[given] = _read(parameter, tokens[place + 1 : end], things, vocabulary)
        place = end
    return ToolCall(name, arguments)


def _read(parameter: Parameter | None, tokens: Sequence[str], things: Things, vocabulary: CompactVocabulary) -> Any:
    if parameter is None or parameter.kind not in _LISTS:
        return _read_one(parameter, tokens, things, vocabulary)
    parts: list[list[str]] = [[]]
    for token in tokens:
        parts.append([]) if token == "<,>" else parts[-1].append(token)
    return [_read_one(parameter, part, things, vocabulary) for part in parts if part]


def _read_one(parameter: Parameter | None, tokens: Sequence[str], things: Things, vocabulary: CompactVocabulary) -> Any:
    kind = parameter.kind if parameter else "text"
    number = handle_of(tokens[0]) if len(tokens) == 1 else None
    if number is not None and kind in ("coordinate", "coordinates", "place"):
        at = things.all[number].at if number < len(things.all) else ""
        return at or things.name(number)
    if kind in ("time", "date") and tokens:
        return _read_moment(tokens, things)
    text = spoken(tokens, things, vocabulary)
    if kind in ("integer", "number"):
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            return text
    return text == "1" if kind == "flag" and text in ("0", "1") else text


def _read_moment(tokens: Sequence[str], things: Things) -> str:
    """``<d+1>`` → ``"2026-01-06"``, with a clock behind it the moment."""
    value, _ = field_at(tokens, 0, things)
    if isinstance(value, FieldValue):
        return value.moment or str(value.value)
    days = days_of(tokens[0])
    if days is None:
        return "".join(tokens)
    clock = clock_of(tokens, 1)
    return f"{things.day(days)}T{clock}:00{_ZONE}" if clock else things.day(days)
