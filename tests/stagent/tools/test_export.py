"""The tools as lists for others: what Qwen's template writes, what OpenAI's client takes."""

import json

import pytest
import xgrammar
from openai.types.chat import ChatCompletionToolParam
from pydantic import TypeAdapter
from transformers.utils.chat_template_utils import render_jinja_template
from xgrammar.testing import _is_grammar_accept_string

from agent import main
from stagent.tools.json_schema import input_schema, mcp_tools, openai_tools, qwen_tools
from stagent.tools.schemas import BY_NAME, TOOLS

# Of Qwen3's published chat template, the part that writes the system prompt where there are tools.
TEMPLATE = """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}
        {{- messages[0].content + '\\n\\n' }}
    {%- endif %}
    {{- "# Tools\\n\\nYou may call one or more functions to assist with the user query.\\n\\nYou are provided with \
function signatures within <tools></tools> XML tags:\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools>\\n\\nFor each function call, return a json object with function name and arguments within \
<tool_call></tool_call> XML tags:\\n<tool_call>\\n{\\"name\\": <function-name>, \\"arguments\\": \
<args-json-object>}\\n</tool_call><|im_end|>\\n" }}
{%- endif %}"""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_qwen_is_what_its_template_writes(language):
    written, _ = render_jinja_template(
        [[{"role": "system", "content": "你是助手。"}]], tools=openai_tools(language), chat_template=TEMPLATE
    )
    assert written == [f"<|im_start|>system\n你是助手。\n\n{qwen_tools(language)}<|im_end|>\n"]


def test_a_schema_by_hand():
    assert input_schema(BY_NAME["map_search_ranking_list"], "zh") == {
        "type": "object",
        "properties": {
            "query": {"type": "string", "minLength": 1, "maxLength": 200, "description": "榜单主题或地点类别"},
            "region": {"type": "string", "minLength": 1, "maxLength": 200, "description": "城市或区县名称"},
            "max_lists": {
                "type": "integer",
                "minimum": 1,
                "maximum": 10,
                "description": "最多几个榜单",
                "default": 5,
            },
            "max_items": {
                "type": "integer",
                "minimum": 1,
                "maximum": 10,
                "description": "每个榜单几个地点",
                "default": 3,
            },
        },
        "required": ["query", "region"],
        "additionalProperties": False,
    }
    modes = input_schema(BY_NAME["map_compute_routes"], "en")["properties"]["modes"]
    assert modes["items"]["enum"][0] == "driving" and modes["default"] == ["driving"] and modes["maxItems"] == 6


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_schema_says_every_parameter_once(language):
    for tool, listed, openai in zip(TOOLS, mcp_tools(language), openai_tools(language), strict=True):
        schema = listed["inputSchema"]
        assert list(schema["properties"]) == [parameter.name for parameter in tool.parameters]
        assert schema == openai["function"]["parameters"] and listed["name"] == openai["function"]["name"] == tool.name
        for text in (listed["description"], *(one["description"] for one in schema["properties"].values())):
            assert text and (language == "zh" or text.replace("咖啡馆", "").isascii())


def test_openais_client_takes_the_list():
    taken = TypeAdapter(list[ChatCompletionToolParam]).validate_python(openai_tools("zh"))
    assert [tool["function"]["name"] for tool in taken] == [tool.name for tool in TOOLS]


def test_a_grammar_of_the_schema_lets_right_calls_through_alone():
    """What a server that decodes under the schema, as vLLM does, would let a model write."""
    schema = input_schema(BY_NAME["map_search_places"], "zh")
    grammar = xgrammar.Grammar.from_json_schema(json.dumps(schema))
    right = {"query": "咖啡馆", "center": "30.1,170.25", "sort_by": "distance", "limit": 5}
    assert _is_grammar_accept_string(grammar, json.dumps(right, ensure_ascii=False))
    for wrong in ({"center": "30.1,170.2"}, {"query": "x", "center": "30.1"}, {"query": "x", "sort_by": "far"}):
        assert not _is_grammar_accept_string(grammar, json.dumps(wrong))


@pytest.mark.parametrize("form", ["openai", "mcp", "qwen"])
def test_printed(form, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["agent.py", "tools", "--format", form, "--language", "en"])
    assert main() == 0
    out = capsys.readouterr().out
    expected = {"openai": openai_tools, "mcp": mcp_tools}.get(form)
    assert (json.loads(out) == expected("en")) if expected else (out == qwen_tools("en") + "\n")
