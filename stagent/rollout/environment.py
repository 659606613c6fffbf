"""A world as an environment for other trainers: ``reset`` gives a task's messages, ``step`` takes what a model wrote.

environment = MapEnvironment(calls)
messages = environment.reset(task)
while True:
    text = model(messages)
    step = await environment.step(text)
    messages += [{"role": "assistant", "content": text}, *step.messages]
    if step.done:
        break                                     # step.reward: the verifier's
"""

from typing import Any, NamedTuple

from stagent.queries.task import Task
from stagent.queries.trajectory import Trajectory
from stagent.reward.score import TrajectoryJudge
from stagent.reward.verifier import Verifier
from stagent.rollout.briefing import briefing_of, system_text
from stagent.rollout.chat import read_written, response_text, without_control
from stagent.rollout.live_episode import CallsUsedUp, EpisodeLimits, LiveEpisode
from stagent.tools.calls import Calls
from stagent.tools.json_schema import Language


class EnvironmentStep(NamedTuple):
    """What follows on what a model wrote.

    Attributes:
        messages: what it reads next: results, or the user's next turn.
        reward: at the end; None before, or where the judge failed.
    """

    messages: list[dict[str, str]]
    done: bool
    reward: float | None


class MapEnvironment:
    """One episode at a time.

    Attributes:
        trajectory: of the episode under way, or the last one.
    """

    def __init__(
        self,
        calls: Calls,
        *,
        judge: TrajectoryJudge | None = None,
        limits: EpisodeLimits | None = None,
        language: Language = "zh",
    ):
        self._calls, self._judge, self._language = calls, judge or Verifier(), language
        self._limits = limits or EpisodeLimits()

    def reset(self, task: Task) -> list[dict[str, str]]:
        """Begins a task: the system's message, with the tools as Qwen3's template writes them, and the user's."""
        self.trajectory = Trajectory(task, "environment", [])
        self._episode = LiveEpisode(self.trajectory, self._calls, self._limits)
        self._turns = iter(task.turns)
        head = system_text(briefing_of(task.context), self._language)
        return [{"role": "system", "content": head}, *self._next_turn()]

    async def step(self, text: str) -> EnvironmentStep:
        """Does what a model wrote, which may be anything."""
        try:
            results = await self._episode.act(read_written(text))
        except CallsUsedUp:
            return self._end()
        if results is not None:
            return EnvironmentStep(
                [{"role": "user", "content": response_text(step.text for step in results)}], False, None
            )
        messages = self._next_turn()
        return EnvironmentStep(messages, False, None) if messages else self._end()

    def _next_turn(self) -> list[dict[str, Any]]:
        for text in self._turns:
            self._episode.user(text)
            return [{"role": "user", "content": without_control(text)}]
        return []

    def _end(self) -> EnvironmentStep:
        score = self._judge.score(self.trajectory)
        self.trajectory.score = score.as_json()
        return EnvironmentStep([], True, score.reward)
