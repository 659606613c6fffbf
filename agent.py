"""STAgent: an agent that answers map and travel instructions with ten tools, over worlds that can be checked.

python agent.py demo     # one day of one traveller: every tool at work, every call and result
python agent.py serve    # the ten tools for any MCP client
python agent.py look     # a page: the world's map, and a form for every tool
python agent.py tools    # the tools' schemas as a list for OpenAI, MCP or Qwen
"""

import sys

from config.command_line import run_verb
from utils import door

VERBS = {
    "demo": ("stagent.demo.demo", "show the ten tools at work, and five instructions answered and marked"),
    "serve": ("stagent.tools.serve", "serve the ten tools over MCP: stdio or HTTP"),
    "queries": ("stagent.queries.verbs", "instructions: make, solve, annotate, score, filter"),
    "look": ("stagent.look.look", "serve a page to look at the world and to try its tools"),
    "tools": ("stagent.tools.export", "print the tools' schemas: openai, mcp or qwen"),
}


def main() -> int:
    return run_verb("agent", __doc__, VERBS)


if __name__ == "__main__":
    sys.exit(door(main))
