"""An episode under way: what a model wrote becomes calls and their results, or an answer."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.rollout.chat import ToolCall, Written
from stagent.tools.calls import CallResult
from stagent.tools.render import error_content, render, unavailable_content
from stagent.tools.validate import ArgumentProblem


class NamedWorld(Protocol):
    """Whose facts a result has."""

    name: str
    version: str


class ToolCalls(Protocol):
    """What an episode calls tools through: in process (``Calls``), over MCP (``McpCalls``), a row's stored answers."""

    world: NamedWorld
    language: str

    async def call(self, tool: str, arguments: Any, clock: datetime) -> CallResult:
        """Calls a tool; never raises for what a caller sent."""


@dataclass(frozen=True, slots=True)
class EpisodeLimits:
    """What an episode may take.

    Attributes:
        calls: of tools, in all turns; a message that can't be read counts as one.
        call_seconds: after which a tool counts as unavailable; episode_seconds: after which an episode ends as it is.
    """

    calls: int = 8
    call_seconds: float = 20.0
    episode_seconds: float = 300.0


class CallsUsedUp(Exception):  # an end, no error
    """A message asks for more calls than are left; none of them is run."""


class LiveEpisode:
    """One episode, written down as it happens.

    Attributes:
        left: calls that may still be made.
    """

    def __init__(self, trajectory: Trajectory, calls: ToolCalls, limits: EpisodeLimits):
        self.steps, self.context = trajectory.steps, trajectory.task.context
        self.calls, self.limits, self.left = calls, limits, limits.calls

    def user(self, text: str) -> None:
        self.steps.append(UserStep(text))

    async def act(self, written: Written) -> list[CallStep] | None:
        """Does what a model wrote: its calls with the results that it reads next, or None where that was its answer.

        Raises:
            CallsUsedUp
        """
        if not written.calls and not written.problem:
            self.steps.append(AnswerStep(written.text, thought=written.thought))
            return None
        if len(written.calls) > self.left or not self.left:
            raise CallsUsedUp
        done = [self._unread(written)]
        if not written.problem:  # at the same time
            done = await asyncio.gather(*(self._call(call) for call in written.calls))
        # what is said beside a call is no answer: it stands with the thought, before the first call
        done[0] = replace(done[0], thought="\n".join(each for each in (written.thought, written.text) if each))
        self.left -= len(done)
        self.steps += done
        return done

    async def _call(self, call: ToolCall) -> CallStep:
        given = call.arguments if isinstance(call.arguments, dict) else {"": call.arguments}
        try:
            async with asyncio.timeout(self.limits.call_seconds):
                result = await self.calls.call(call.tool, call.arguments, self.context.now)
        except TimeoutError:
            reason = f"{self.limits.call_seconds:g} 秒内没有回答"
            source = {"world": self.calls.world.name, "version": self.calls.world.version}
            content = unavailable_content(call.tool, reason, True, source, self.context.now)
            return self._step(call.tool, given, "unavailable", content)
        content, text = result.content, result.text
        return CallStep(call.tool, given, self.context.clock, result.outcome, content, text, result.geometry)

    def _unread(self, written: Written) -> CallStep:
        """What was meant as a call and can't be read, as an error that says how to call."""
        # no tag itself: where a server reads control tokens, its brackets are widened, and models repeat those
        allowed = 'tool_call 标签里的 {"name": …, "arguments": {…}}，或者直接回答'
        problem = ArgumentProblem("tool_call", written.problem, allowed)
        return self._step("", {}, "error", error_content("", [problem], self.context.now))

    def _step(self, tool: str, arguments: dict[str, Any], outcome: str, content: dict[str, Any]) -> CallStep:
        text = render(content, self.calls.language)
        return CallStep(tool, arguments, self.context.clock, outcome, content, text)
