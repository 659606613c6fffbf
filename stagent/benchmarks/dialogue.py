"""A model behind an endpoint with a system prompt of the benchmark's own, and an episode whose user may go on.

query ─► agent: calls, results, … an answer ─► the user's next words, or none ─► …
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from gplan.llm.paced import PacedEndpoint
from stagent.queries.task import Task
from stagent.queries.trajectory import Trajectory, UserStep
from stagent.rollout.endpoint_speaker import EndpointDialogue
from stagent.rollout.live_episode import EpisodeLimits, LiveEpisode, ToolCalls
from stagent.rollout.play import Rollout, ending
from stagent.rollout.speaker import Dialogue

# What a user says next, None: nothing more. Raises NoReplyError.
NextWords = Callable[[Trajectory], Awaitable[str | None]]


class HeadedSpeaker:
    """A model that is asked at its endpoint's pace; ``head`` writes the system prompt of a task."""

    def __init__(self, endpoint: PacedEndpoint, head: Callable[[Task], str]):
        self.endpoint, self.head, self.name = endpoint, head, endpoint.model

    def begin(self, task: Task, seed: int) -> EndpointDialogue:
        return EndpointDialogue(self.endpoint, self.head(task))


async def one_turn(_: Trajectory) -> None:
    """A user who has said everything."""
    return


async def converse(
    task: Task, dialogue: Dialogue, agent: str, calls: ToolCalls, limits: EpisodeLimits, user: NextWords = one_turn
) -> Rollout:
    """Plays an episode; the trajectory's task holds all that the user said in the end."""
    rollout = Rollout(Trajectory(task, agent, []), 0, sequences=dialogue.sequences)
    episode = LiveEpisode(rollout.trajectory, calls, limits)
    async with ending(rollout, limits):
        text: str | None = task.turns[0]
        while text is not None:
            episode.user(text)
            dialogue.user(text)
            while (results := await episode.act(await dialogue.speak())) is not None:
                dialogue.results(results)
            text = await user(rollout.trajectory)
    said = tuple(step.text for step in rollout.trajectory.steps if isinstance(step, UserStep))
    rollout.trajectory.task = replace(task, turns=said)
    return rollout
