"""A model behind an endpoint with a system prompt of the benchmark's own, and an episode whose user may go on.

query ─► agent: calls, results, … an answer ─► the user's next words, or none ─► …
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from gplan.llm.paced import PacedEndpoint
from stagent.queries.task import Task
from stagent.queries.trajectory import CallStep, Trajectory, UserStep
from stagent.rollout.chat import Written, read_written, response_text, without_control
from stagent.rollout.live_episode import CallsUsedUp, EpisodeLimits, LiveEpisode
from stagent.rollout.play import Rollout
from stagent.rollout.sequence import TokenSequence
from stagent.rollout.speaker import Dialogue, NoReplyError
from stagent.tools.calls import Calls

# What a user says next, None: nothing more. Raises NoReplyError.
NextWords = Callable[[Trajectory], Awaitable[str | None]]


class HeadedSpeaker:
    """A model that is asked at its endpoint's pace; ``head`` writes the system prompt of a task."""

    def __init__(self, endpoint: PacedEndpoint, head: Callable[[Task], str]):
        self.endpoint, self.head, self.name = endpoint, head, endpoint.model

    def begin(self, task: Task, seed: int) -> "HeadedDialogue":
        return HeadedDialogue(self.endpoint, self.head(task))


class HeadedDialogue:
    """A conversation in messages.

    Attributes:
        tokens_in, tokens_out: of all requests so far, as the endpoint counted them.
    """

    def __init__(self, endpoint: PacedEndpoint, head: str):
        self.sequences: list[TokenSequence] = []
        self.tokens_in = self.tokens_out = 0
        self._endpoint = endpoint
        self._messages = [{"role": "system", "content": head}]

    def user(self, text: str) -> None:
        self._messages.append({"role": "user", "content": without_control(text)})

    def results(self, steps: Sequence[CallStep]) -> None:
        self._messages.append({"role": "user", "content": response_text(step.text for step in steps)})

    async def speak(self) -> Written:
        reply, _, tokens_in, tokens_out = await self._endpoint.ask(self._messages)
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out
        if reply.problem:
            raise NoReplyError(f"{reply.problem}: {reply.message}")
        self._messages.append({"role": "assistant", "content": reply.text})
        return read_written(reply.text)


async def one_turn(_: Trajectory) -> None:
    """A user who has said everything."""
    return


async def converse(
    task: Task, dialogue: Dialogue, agent: str, calls: Calls, limits: EpisodeLimits, user: NextWords = one_turn
) -> Rollout:
    """Plays an episode; the trajectory's task holds all that the user said in the end."""
    rollout = Rollout(Trajectory(task, agent, []), 0, sequences=dialogue.sequences)
    episode = LiveEpisode(rollout.trajectory, calls, limits)
    try:
        async with asyncio.timeout(limits.episode_seconds):
            text: str | None = task.turns[0]
            while text is not None:
                episode.user(text)
                dialogue.user(text)
                while (results := await episode.act(await dialogue.speak())) is not None:
                    dialogue.results(results)
                text = await user(rollout.trajectory)
    except CallsUsedUp:
        rollout.ended = "calls"
    except TimeoutError:
        rollout.ended = "deadline"
    except NoReplyError as error:
        rollout.ended, rollout.problem = "no reply", str(error)
    said = tuple(step.text for step in rollout.trajectory.steps if isinstance(step, UserStep))
    rollout.trajectory.task = replace(task, turns=said)
    return rollout
