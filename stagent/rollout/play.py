"""An episode from the user's first word to the last answer, and many at once.

user ─► speak ─┬─ an answer ─► the next turn, or the end
          ▲    ├─ calls, run at once ─► results ─┐
          │    └─ what can't be read ─► an error ┤
          └──────────────────────────────────────┘   at most so many calls, within a deadline
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from stagent.queries.task import Task
from stagent.queries.trajectory import Trajectory
from stagent.rollout.live_episode import CallsUsedUp, EpisodeLimits, LiveEpisode, ToolCalls
from stagent.rollout.sequence import TokenSequence
from stagent.rollout.speaker import ContextUsedUp, NoReplyError, Speaker

Result = TypeVar("Result")
Ended = Literal["answered", "calls", "length", "deadline", "no reply"]


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


async def play(task: Task, speaker: Speaker, calls: ToolCalls, seed: int, limits: EpisodeLimits) -> Rollout:
    """Plays an episode; never raises for what a speaker says, or for what a tool does."""
    dialogue = speaker.begin(task, seed)
    rollout = Rollout(Trajectory(task, speaker.name, []), seed, sequences=dialogue.sequences)
    episode = LiveEpisode(rollout.trajectory, calls, limits)
    async with ending(rollout, limits):
        for text in task.turns:
            episode.user(text)
            dialogue.user(text)
            while (results := await episode.act(await dialogue.speak())) is not None:
                dialogue.results(results)
    return rollout


@asynccontextmanager
async def ending(rollout: Rollout, limits: EpisodeLimits) -> AsyncIterator[None]:
    """What an episode is played in: whatever ends it there is written down, not raised."""
    try:
        async with asyncio.timeout(limits.episode_seconds):
            yield
    except CallsUsedUp:
        rollout.ended = "calls"
    except ContextUsedUp:
        rollout.ended = "length"
    except TimeoutError:
        rollout.ended = "deadline"
    except NoReplyError as error:
        rollout.ended, rollout.problem = "no reply", str(error)


async def play_all(
    jobs: Iterable[tuple[Task, int]],
    speaker: Speaker,
    calls: Callable[[Task], ToolCalls],
    limits: EpisodeLimits,
    at_once: int,
) -> AsyncIterator[Rollout]:
    """Episodes of (task, seed), so many under way, each given when it has ended; none waits for another."""
    episodes = as_they_end((play(task, speaker, calls(task), seed, limits) for task, seed in jobs), at_once)
    try:
        async for rollout in episodes:
            yield rollout
    finally:
        await episodes.aclose()


async def as_they_end(work: Iterable[Coroutine[Any, Any, Result]], at_once: int) -> AsyncIterator[Result]:
    """Results of coroutines, so many under way, each given when it is there; those under way end with the iteration."""
    running: set[asyncio.Task[Result]] = set()
    try:
        for each in work:
            running.add(asyncio.create_task(each))
            if len(running) >= at_once:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for ended in done:
                    yield ended.result()
        for ended in asyncio.as_completed(running):
            yield await ended
    finally:
        for task in running:
            task.cancel()
