"""An episode from the user's first word to the last answer, and many at once.

user ─► speak ─┬─ an answer ─► the next turn, or the end
          ▲    ├─ calls, run at once ─► results ─┐
          │    └─ what can't be read ─► an error ┤
          └──────────────────────────────────────┘   at most so many calls, within a deadline
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from stagent.queries.task import Task
from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.rollout.chat import ToolCall, Written
from stagent.rollout.sequence import TokenSequence
from stagent.rollout.speaker import Dialogue, NoReplyError, Speaker
from stagent.tools.calls import Calls
from stagent.tools.render import error_content, render, unavailable_content
from stagent.tools.validate import ArgumentProblem

Ended = Literal["answered", "calls", "deadline", "no reply"]


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


@dataclass(slots=True)
class Rollout:
    """An episode as it was played.

    Attributes:
        ended: ``answered``, or what ended it without an answer to the last turn: a limit, or a speaker that failed
            (``problem`` says why), which is no sample of its policy.
        sequences: the tokens, of a speaker that has any.
    """

    trajectory: Trajectory
    seed: int
    ended: Ended = "answered"
    sequences: list[TokenSequence] = field(default_factory=list)
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        """The trajectory's JSON with ``rollout`` beside it: a reader of trajectories passes that over."""
        return self.trajectory.as_json() | {
            "rollout": {
                "seed": self.seed,
                "ended": self.ended,
                "problem": self.problem,
                "sequences": [each.as_json() for each in self.sequences],
            }
        }


async def play(task: Task, speaker: Speaker, calls: Calls, seed: int, limits: EpisodeLimits) -> Rollout:
    """Plays an episode; never raises for what a speaker says, or for what a tool does."""
    dialogue = speaker.begin(task, seed)
    rollout = Rollout(Trajectory(task, speaker.name, []), seed, sequences=dialogue.sequences)
    episode = _Playing(rollout, dialogue, calls, limits)
    try:
        async with asyncio.timeout(limits.episode_seconds):
            await episode.run()
    except TimeoutError:
        rollout.ended = "deadline"
    except NoReplyError as error:
        rollout.ended, rollout.problem = "no reply", str(error)
    return rollout


class _Playing:
    """One episode under way."""

    def __init__(self, rollout: Rollout, dialogue: Dialogue, calls: Calls, limits: EpisodeLimits):
        self.rollout, self.dialogue, self.calls, self.limits = rollout, dialogue, calls, limits
        self.steps, self.context = rollout.trajectory.steps, rollout.trajectory.task.context
        self.left = limits.calls

    async def run(self) -> None:
        for text in self.rollout.trajectory.task.turns:
            self.steps.append(UserStep(text))
            self.dialogue.user(text)
            if not await self._answered():
                self.rollout.ended = "calls"
                return

    async def _answered(self) -> bool:
        """Whether the turn came to an answer before the calls were used up."""
        while True:
            written = await self.dialogue.speak()
            if not written.calls and not written.problem:
                self.steps.append(AnswerStep(written.text, thought=written.thought))
                return True
            if len(written.calls) > self.left or not self.left:
                return False
            done = [self._unread(written)] if written.problem else await self._call_all(written)
            self.left -= len(done)
            self.steps += done
            self.dialogue.results([step.text for step in done])

    async def _call_all(self, written: Written) -> list[CallStep]:
        """The calls of a message, at the same time; the thought stands with the first."""
        done = await asyncio.gather(*(self._call(call) for call in written.calls))
        done[0] = self._with_thought(done[0], written.thought)
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
            return self._step(call.tool, given, "unavailable", content, render(content, self.calls.language))
        return CallStep(
            call.tool, given, self.context.clock, result.outcome, result.content, result.text, result.geometry
        )

    def _unread(self, written: Written) -> CallStep:
        """What was meant as a call and can't be read, as an error that says how to call."""
        allowed = '<tool_call>{"name": …, "arguments": {…}}</tool_call>，或者直接回答'
        content = error_content("", [ArgumentProblem("tool_call", written.problem, allowed)], self.context.now)
        step = self._step("", {}, "error", content, render(content, self.calls.language))
        return self._with_thought(step, written.thought)

    def _step(
        self, tool: str, arguments: dict[str, Any], outcome: str, content: dict[str, Any], text: str, thought: str = ""
    ) -> CallStep:
        return CallStep(tool, arguments, self.context.clock, outcome, content, text, thought=thought)

    @staticmethod
    def _with_thought(step: CallStep, thought: str) -> CallStep:
        return CallStep(
            step.tool, step.arguments, step.clock, step.outcome, step.content, step.text, step.geometry, thought
        )


async def play_all(
    jobs: Iterable[tuple[Task, int]],
    speaker: Speaker,
    calls: Callable[[Task], Calls],
    limits: EpisodeLimits,
    at_once: int,
) -> AsyncIterator[Rollout]:
    """Episodes of (task, seed), so many under way, given in the jobs' order; none waits for another's turn."""
    waiting: deque[asyncio.Task[Rollout]] = deque()  # under way, or done and not given yet
    try:
        for task, seed in jobs:
            if len(running := [each for each in waiting if not each.done()]) >= at_once:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            waiting.append(asyncio.create_task(play(task, speaker, calls(task), seed, limits)))
            while waiting and waiting[0].done():
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for each in waiting:
            each.cancel()
