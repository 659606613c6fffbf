"""``agent.py serve``: the ten tools to any MCP client, over HTTP or stdio.

    python agent.py serve                                  # http://127.0.0.1:8100/mcp, with /metrics
    python agent.py serve --transport stdio                # for a client that starts it itself
    python agent.py serve --clock 2026-05-01T09:00         # the moment that tools take for now

With API_KEY set, HTTP requests must show it: Authorization: Bearer KEY, or X-Api-Key: KEY.
"""

import argparse

from config.command_line import number
from stagent.tools.json_schema import LANGUAGES
from stagent.worlds.opening import add_world_arguments
from utils import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_world_arguments(parser)
    add = parser.add_argument
    add("--transport", choices=("http", "stdio"), default="http", help="stdio: for a client that starts it itself")
    add(
        "--address",
        "--host",
        dest="host",
        default="127.0.0.1",
        help="address to listen at; 0.0.0.0: all of this machine's",
    )
    add("--port", type=number(int, 0), default=8100, help="0: any free one")
    add("--allowed_hosts", nargs="+", default=[], metavar="NAME", help="names under which clients reach the server")
    add("--rate", type=number(float, 0), default=300, help="requests a second of one client; 0: any number")
    add("--under_way", type=number(int, 1), default=256, help="requests served at once; beyond, clients get 503")
    add("--language", choices=LANGUAGES, default="zh", help="of descriptions and labels; a world's words are Chinese")


def run(args: argparse.Namespace) -> int:
    if args.port > 65535:
        raise InputError(f"--port {args.port}: 65535 is the last")
    # FastMCP only now: what can be wrong above, and help, need not wait for it
    from stagent.tools.process import over_http, over_stdio

    return over_stdio(args) if args.transport == "stdio" else over_http(args)
