"""Episodes written as they end, and which of them are missing."""

from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from tqdm import tqdm

from gplan.llm.paced import BudgetReached
from stagent.queries.continued import GrowingFile
from stagent.queries.task import read_lines
from stagent.rollout.play import Rollout, as_they_end
from utils import say

# An episode to be played, and what stands beside its trajectory in the file.
Job = Callable[[], Coroutine[Any, Any, tuple[Rollout, dict[str, Any]]]]


def ids_played(out: GrowingFile) -> set[str]:
    return {value["task"]["id"] for _, value in read_lines(out.path)}


async def play_into(out: GrowingFile, jobs: Sequence[Job], at_once: int) -> Counter[str]:
    """Plays and writes; how many ended in which way.

    One to which an endpoint gave no usable reply is no sample of anything: it is said and counted, not written, and
    the same command plays it again.
    """
    ended: Counter[str] = Counter()
    episodes = as_they_end((job() for job in jobs), at_once)
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
