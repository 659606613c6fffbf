"""Episodes with a barrier at every turn, and calls that are slow: what ``bench rollout`` compares with."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from stagent.queries.task import Task
from stagent.queries.trajectory import CallStep
from stagent.rollout.chat import Written
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.play import Rollout, play
from stagent.rollout.speaker import Dialogue, Speaker
from stagent.tools.calls import CallResult, Calls


class SlowCalls(Calls):
    """Calls of which a share, drawn by their number, take some seconds longer, kept or not."""

    share, seconds = 0.05, 2.0
    _made = 0

    async def call(self, tool: str, arguments: Any, clock: datetime) -> CallResult:
        self._made += 1
        if random.Random(self._made).random() < self.share:
            await asyncio.sleep(self.seconds)
        return await super().call(tool, arguments, clock)


class Lockstep:
    """A batch whose episodes speak together: a turn begins when the calls of all of them are answered."""

    def __init__(self, count: int):
        self._left, self._waiting, self._go = count, 0, asyncio.Event()

    async def turn(self) -> None:
        self._waiting += 1
        go = self._go
        self._begin()
        await go.wait()

    def leave(self) -> None:
        self._left -= 1
        self._begin()

    def _begin(self) -> None:
        if self._waiting == self._left:
            self._waiting = 0
            self._go.set()
            self._go = asyncio.Event()


class LockstepSpeaker:
    """A speaker whose episodes wait for each other."""

    def __init__(self, speaker: Speaker, lockstep: Lockstep):
        self._speaker, self._lockstep, self.name = speaker, lockstep, speaker.name

    def begin(self, task: Task, seed: int) -> "LockstepDialogue":
        return LockstepDialogue(self._speaker.begin(task, seed), self._lockstep)


class LockstepDialogue:
    """One of them."""

    def __init__(self, dialogue: Dialogue, lockstep: Lockstep):
        self._dialogue, self._lockstep, self.sequences = dialogue, lockstep, dialogue.sequences

    def user(self, text: str) -> None:
        self._dialogue.user(text)

    def results(self, steps: list[CallStep]) -> None:
        self._dialogue.results(steps)

    async def speak(self) -> Written:
        await self._lockstep.turn()
        return await self._dialogue.speak()


async def play_in_batches(
    jobs: Iterable[tuple[Task, int]],
    speaker: Speaker,
    calls: Callable[[Task], Calls],
    limits: EpisodeLimits,
    at_once: int,
) -> AsyncIterator[Rollout]:
    """As ``play_all``, but batch after batch, each with a barrier a turn."""
    jobs = iter(jobs)
    while batch := list(islice(jobs, at_once)):
        lockstep = Lockstep(len(batch))
        together = LockstepSpeaker(speaker, lockstep)

        async def one(task: Task, seed: int, speaker=together, lockstep=lockstep) -> Rollout:
            rollout = await play(task, speaker, calls(task), seed, limits)
            lockstep.leave()
            return rollout

        for rollout in await asyncio.gather(*(one(*job) for job in batch)):
            yield rollout
