"""The ten tools as others list them: JSON schemas, OpenAI's and MCP's lists, the block of Qwen's chat template.

    Parameter("radius", "integer", …, default=5000, least=100, most=20_000)
    ──► {"type": "integer", "description": "…", "minimum": 100, "maximum": 20000, "default": 5000}

A schema says what a model has to know to call a tool; what is refused, and in which words, is ``validate``'s alone.
"""

import json
from typing import Any, Literal

from stagent.tools.schemas import LONGEST_TEXT, TOOLS, Parameter, ToolSchema

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
_COORDINATE = {"type": "string", "pattern": r"^-?\d{1,2}(\.\d+)?,-?\d{1,3}(\.\d+)?$"}
# What Qwen3's chat template puts around the tools.
_QWEN_HEAD = (
    "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
    "You are provided with function signatures within <tools></tools> XML tags:\n<tools>"
)
_QWEN_TAIL = (
    "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
    '<tool_call></tool_call> XML tags:\n<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n'
    "</tool_call>"
)


def description(tool: ToolSchema, language: Language) -> str:
    return tool.zh if language == "zh" else tool.en


def input_schema(tool: ToolSchema, language: Language) -> dict[str, Any]:
    """The JSON schema of a tool's arguments.

    That one parameter needs another, or excludes it, stands in its description only: some clients refuse schemas with
    ``not``, ``anyOf`` or ``dependentRequired`` at the top.
    """
    return {
        "type": "object",
        "properties": {one.name: _schema(one, language) for one in tool.parameters},
        "required": [one.name for one in tool.parameters if one.required],
        "additionalProperties": False,
    }


def mcp_tools(language: Language) -> list[dict[str, Any]]:
    """As MCP's ``tools/list`` has them: ``[{"name": …, "description": …, "inputSchema": {…}}, …]``."""
    return [
        {"name": tool.name, "description": description(tool, language), "inputSchema": input_schema(tool, language)}
        for tool in TOOLS
    ]


def openai_tools(language: Language) -> list[dict[str, Any]]:
    """As OpenAI-compatible servers take them: ``[{"type": "function", "function": {"name": …, …}}, …]``."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": description(tool, language),
                "parameters": input_schema(tool, language),
            },
        }
        for tool in TOOLS
    ]


def qwen_tools(language: Language) -> str:
    """What Qwen3's chat template writes into the system prompt for ``openai_tools``, up to its ``<|im_end|>``."""
    lines = (json.dumps(tool, ensure_ascii=False) for tool in openai_tools(language))
    return _QWEN_HEAD + "".join(f"\n{line}" for line in lines) + _QWEN_TAIL


def _schema(parameter: Parameter, language: Language) -> dict[str, Any]:
    schema = _kind(parameter)
    schema["description"] = parameter.zh if language == "zh" else parameter.en
    if parameter.default is not None:
        default = parameter.default
        schema["default"] = list(default) if isinstance(default, tuple) else default
    return schema


def _kind(parameter: Parameter) -> dict[str, Any]:
    if parameter.kind in ("text", "region", "place"):
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
    if parameter.kind == "coordinate":
        return dict(_COORDINATE)
    if parameter.kind == "coordinates":
        return {"type": "array", "items": dict(_COORDINATE), **_bounds(parameter, "minItems", "maxItems")}
    if parameter.kind in ("integer", "number"):
        return {"type": parameter.kind, **_bounds(parameter, "minimum", "maximum")}
    if parameter.kind == "flag":
        return {"type": "boolean"}
    if parameter.kind == "choice":
        return {"type": "string", "enum": list(parameter.allowed)}
    if parameter.kind == "choices":
        entries = {"type": "string", "enum": list(parameter.allowed)}
        return {"type": "array", "items": entries, "uniqueItems": True, **_bounds(parameter, "minItems", "maxItems")}
    return {"type": "string", "format": "date"} if parameter.kind == "date" else {"type": "string"}  # a time


def _bounds(parameter: Parameter, least: str, most: str) -> dict[str, float]:
    bounds = {least: parameter.least, most: parameter.most}
    return {name: bound for name, bound in bounds.items() if bound is not None}
