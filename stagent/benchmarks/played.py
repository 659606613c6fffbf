"""Episodes written as they end, and which of them are missing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any

from tqdm import tqdm

from gplan.llm.paced import BudgetReached
from stagent.queries.continued import GrowingFile
from stagent.queries.task import read_lines
from stagent.rollout.play import Rollout
from utils import say

# An episode to be played, and what stands beside its trajectory in the file.
Job = Callable[[], Awaitable[tuple[Rollout, dict[str, Any]]]]


def ids_played(out: GrowingFile) -> set[str]:
    return {value["task"]["id"] for _, value in read_lines(out.path)}


async def as_they_end(jobs: Iterable[Job], at_once: int) -> AsyncIterator[tuple[Rollout, dict[str, Any]]]:
    """So many under way; none waits for another."""
    running: set[asyncio.Task] = set()
    try:
        for job in jobs:
            running.add(asyncio.ensure_future(job()))
            if len(running) >= at_once:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    yield each.result()
        for each in asyncio.as_completed(running):
            yield await each
    finally:
        for each in running:
            each.cancel()


async def play_into(out: GrowingFile, jobs: Sequence[Job], at_once: int) -> Counter[str]:
    """Plays and writes; how many ended in which way.

    One to which an endpoint gave no usable reply is no sample of anything: it is said and counted, not written, and
    the same command plays it again.
    """
    ended: Counter[str] = Counter()
    episodes = as_they_end(jobs, at_once)
    try:
        with tqdm(total=len(jobs), desc="episodes", unit="episode") as bar:
            async for rollout, beside in episodes:
                ended[rollout.ended] += 1
                bar.update()
                if rollout.ended == "no reply":
                    say(f"{rollout.trajectory.task.id}: not played: {rollout.problem}")
                    continue
                out.append(rollout.as_json() | {"benchmark": beside})
                out.flush()
    except BudgetReached:
        say("the budget is spent: the same command with a higher one plays the others")
    finally:
        await episodes.aclose()
    return ended
