"""The ten tools of an MCP server in the place of calls in process: episodes as a deployment plays them.

    call(tool, arguments, clock) ─► tools/call, the clock in _meta ─► text + structured content
                 └─ no answer ─► "unavailable", which the model reads

The server is one of ``agent.py serve``, over the world of the tasks.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from mcp_types import CallToolResult, TextContent

from stagent.tools.calls import CallResult, Outcome, json_text
from stagent.tools.mcp_server import CLOCK
from stagent.tools.render import render, unavailable_content
from stagent.tools.schemas import TOOLS
from stagent.worlds.protocol import World
from utils import InputError


class McpCalls:
    """Calls of a server's tools, a connection each (65 ms with both cores busy): a server that came back goes on.

    Args:
        url: such as http://127.0.0.1:8100/mcp.
        world: of the tasks; the server's must be the same.
        key: the server's API_KEY, where it wants one.
    """

    language = "zh"

    def __init__(self, url: str, world: World, key: str | None = None):
        self.url, self.world = url, world
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._source = {"world": world.name, "version": world.version}

    async def check(self) -> None:
        """Raises InputError: nobody answers there, or it isn't a server of these tools."""
        try:
            async with self._client() as client:
                listed = {tool.name for tool in await client.list_tools()}
        except Exception as error:  # of many libraries; each means that the server can't be used
            raise InputError(
                f"--mcp {self.url}: {error or type(error).__name__}; start one with: agent.py serve"
            ) from None
        if missing := [tool.name for tool in TOOLS if tool.name not in listed]:
            raise InputError(f"--mcp {self.url}: has no tool {missing[0]}; name a server started with: agent.py serve")

    async def call(self, tool: str, arguments: Any, clock: datetime) -> CallResult:
        """As ``Calls.call``, geometry left out; what gave no answer is "unavailable".

        Raises:
            InputError: the server's world is not that of the tasks, or it doesn't take a clock.
        """
        try:
            async with self._client() as client:
                sent = arguments if isinstance(arguments, dict) else {"": arguments}  # MCP knows objects alone
                told = await client.call_tool_mcp(tool, sent, meta={CLOCK: clock.isoformat()})
        except Exception as error:  # as above; the model can go on with other calls
            reason = f"MCP 服务没有回答：{error or type(error).__name__}"[:200]
            content = unavailable_content(tool, reason, True, self._source, clock)
            return CallResult(tool, "unavailable", json_text(content), render(content, self.language))
        content = told.structured_content or {}
        self._check_source(content, clock)
        return CallResult(tool, _outcome(told, content), json_text(content), _text(told))

    def _client(self) -> Client:
        return Client(StreamableHttpTransport(self.url, headers=self._headers))

    def _check_source(self, content: Mapping[str, Any], clock: datetime) -> None:
        """Another world's facts, or another moment's, would be marked as invented ones."""
        if (source := content.get("source", self._source)) != self._source:
            found, wanted = (f"{each.get('world')} {each.get('version')}" for each in (source, self._source))
            raise InputError(f"--mcp {self.url}: serves {found}, and the tasks are of {wanted}; serve their world")
        if (told := content.get("clock")) is None or datetime.fromisoformat(told) != clock.replace(microsecond=0):
            raise InputError(f"--mcp {self.url}: answers for {told}, asked for {clock.isoformat()}; serve this version")


def _outcome(told: CallToolResult, content: Mapping[str, Any]) -> Outcome:
    if told.is_error:
        return "error"
    return "unavailable" if "unavailable" in content else "found" if content.get("items") else "empty"


def _text(told: CallToolResult) -> str:
    return "\n".join(part.text for part in told.content if isinstance(part, TextContent))
