"""An episode from the user's first word to the last answer, and many at once.

user ─► speak ─┬─ an answer ─► the next turn, or the end
          ▲    ├─ calls, run at once ─► results ─┐
          │    └─ what can't be read ─► an error ┤
          └──────────────────────────────────────┘   at most so many calls, within a deadline
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from stagent.queries.task import Task
from stagent.queries.trajectory import Trajectory
from stagent.rollout.live_episode import CallsUsedUp, EpisodeLimits, LiveEpisode
from stagent.rollout.sequence import TokenSequence
from stagent.rollout.speaker import ContextUsedUp, NoReplyError, Speaker
from stagent.tools.calls import Calls

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


async def play(task: Task, speaker: Speaker, calls: Calls, seed: int, limits: EpisodeLimits) -> Rollout:
    """Plays an episode; never raises for what a speaker says, or for what a tool does."""
    dialogue = speaker.begin(task, seed)
    rollout = Rollout(Trajectory(task, speaker.name, []), seed, sequences=dialogue.sequences)
    episode = LiveEpisode(rollout.trajectory, calls, limits)
    try:
        async with asyncio.timeout(limits.episode_seconds):
            for text in task.turns:
                episode.user(text)
                dialogue.user(text)
                while (results := await episode.act(await dialogue.speak())) is not None:
                    dialogue.results(results)
    except CallsUsedUp:
        rollout.ended = "calls"
    except ContextUsedUp:
        rollout.ended = "length"
    except TimeoutError:
        rollout.ended = "deadline"
    except NoReplyError as error:
        rollout.ended, rollout.problem = "no reply", str(error)
    return rollout


async def play_all(
    jobs: Iterable[tuple[Task, int]],
    speaker: Speaker,
    calls: Callable[[Task], Calls],
    limits: EpisodeLimits,
    at_once: int,
) -> AsyncIterator[Rollout]:
    """Episodes of (task, seed), so many under way, each given when it has ended; none waits for another."""
    running: set[asyncio.Task[Rollout]] = set()
    try:
        for task, seed in jobs:
            running.add(asyncio.create_task(play(task, speaker, calls(task), seed, limits)))
            if len(running) >= at_once:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    yield each.result()
        for each in asyncio.as_completed(running):
            yield await each
    finally:
        for each in running:
            each.cancel()
