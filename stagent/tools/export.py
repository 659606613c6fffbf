"""``agent.py tools``: the ten tools as a list, to be called by a model that is served elsewhere.

python agent.py tools --format openai      # tools=[…] of an OpenAI-compatible request
python agent.py tools --format mcp         # what an MCP server lists
python agent.py tools --format qwen        # the block that Qwen3's chat template writes
"""

import argparse
import json

from stagent.tools.json_schema import LANGUAGES, mcp_tools, openai_tools, qwen_tools


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("openai", "mcp", "qwen"), default="openai")
    parser.add_argument("--language", choices=LANGUAGES, default="zh", help="of the descriptions")


def run(args: argparse.Namespace) -> int:
    if args.format == "qwen":
        print(qwen_tools(args.language))
    else:
        tools = openai_tools(args.language) if args.format == "openai" else mcp_tools(args.language)
        print(json.dumps(tools, ensure_ascii=False, indent=2))
    return 0
