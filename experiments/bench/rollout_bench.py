"""What ``bench rollout`` measures of a world and a policy, each figure a method."""

import argparse
import asyncio
import gc
import multiprocessing
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict
from itertools import cycle, islice
from multiprocessing.connection import Connection
from typing import Any

import torch

from experiments.bench.lockstep import SlowCalls, play_in_batches
from experiments.bench.memory import resident
from experiments.bench.rollout_policy import ForcedEngine, compact_speech, scripts_of, small_model
from stagent.cascade.policy import load_policy
from stagent.queries.drawing import draw_tasks
from stagent.queries.patterns.all import PATTERNS
from stagent.queries.scene import Gazetteer
from stagent.queries.task import Task
from stagent.reward.verifier import Verifier
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.local_engine import LocalEngine
from stagent.rollout.play import Rollout, play_all
from stagent.rollout.sequence import seed_of
from stagent.tools.calls import Calls
from stagent.worlds.local.world import LocalWorld
from stagent.worlds.opening import open_world
from utils import InputError

MARKS = 5  # looks at memory, the first after a fifth of the episodes
_WARM_UP = 200  # episodes before the clock starts
_DRAW = 11  # seed of the tasks


class RolloutBench:
    """A world, tasks of it and a policy under measurement.

    Args:
        part: which of so many equal parts of the tasks, for processes beside each other.
    """

    def __init__(self, args: argparse.Namespace, world: LocalWorld, part: tuple[int, int] = (0, 1)):
        torch.set_num_threads(args.threads)
        self._args, self._world = args, world
        gazetteer = Gazetteer(world)
        drawn = asyncio.run(_drawn(gazetteer, args.tasks))
        speech = compact_speech(gazetteer, [each.trajectory for each in drawn], args.model)
        ways = [(each.task, speech.messages(each.trajectory)) for each in drawn]
        said = [(task, messages) for task, messages in ways if args.model or messages is not None]
        if not said:
            raise InputError("--tasks: the policy has words for none of them; give more")
        self.unsayable = len(ways) - len(said)
        self._tasks = [task for task, _ in said][part[0] :: part[1]]
        self._expected = {each.task.id: [step.text for step in each.trajectory.answers()] for each in drawn}
        scripts = {} if args.model else self._scripts({task.id: messages for task, messages in said})
        if args.model:
            model = load_policy(args.model).model
            self.engine = LocalEngine(model, stop=[speech.end], slots=args.slots)
        else:
            model = small_model(speech.vocabulary)
            self.engine = ForcedEngine(model, speech.end, scripts, args.slots)
        self.parameters = sum(weight.numel() for weight in model.parameters())
        self._speaker = speech.speaker(self.engine)
        self._limits = EpisodeLimits()
        gc.collect()
        gc.freeze()  # a world's objects are many, and none of them goes

    def _scripts(self, messages: dict[str, list[list[int]]]) -> dict[int, list[int]]:
        return {
            seed: ids
            for task in self._tasks
            for sample in range(self._args.samples)
            for seed, ids in scripts_of(messages[task.id], seed_of(0, task.id, sample)).items()
        }

    def jobs(self, count: int) -> Iterator[tuple[Task, int]]:
        """So many episodes: all samples of a task one after the other, then the next task."""
        samples = range(self._args.samples)
        each = ((task, seed_of(0, task.id, sample)) for task in cycle(self._tasks) for sample in samples)
        return islice(each, count)

    def warm_up(self) -> None:
        self.play(_WARM_UP)

    def play(self, count: int, *, rewarded: bool = False) -> dict[str, Any]:
        """Episodes as they come, the tools' results kept from none before."""
        verifier = Verifier()
        each = (lambda rollout: verifier.score(rollout.trajectory)) if rewarded else (lambda _: None)
        return asyncio.run(self._play(count, Calls(self._world), play_all, each))

    def slow(self) -> dict[str, Any]:
        """With slow calls: each episode by itself, and with a barrier a turn."""
        count = self._args.slow_episodes
        found = {
            name: asyncio.run(self._play(count, SlowCalls(self._world), way, lambda _: None))
            for name, way in (("by_itself", play_all), ("barrier", play_in_batches))
        }
        return found | {"share": SlowCalls.share, "seconds": SlowCalls.seconds}

    def memory(self) -> dict[str, Any]:
        """Resident bytes on the way through many episodes."""
        marks: list[int] = []
        every, ended = max(1, self._args.soak // MARKS), 0

        def look(_: Rollout) -> None:
            nonlocal ended
            ended += 1
            if ended % every == 0:
                gc.collect()
                marks.append(resident())

        found = asyncio.run(self._play(self._args.soak, Calls(self._world), play_all, look))
        return found | {"resident": marks, "every": every}

    async def _play(
        self, count: int, calls: Calls, way: Callable[..., AsyncIterator[Rollout]], each: Callable[[Rollout], Any]
    ) -> dict[str, Any]:
        self.engine.forget()
        before, ended, made, as_told = asdict(self.engine.counts), Counter(), 0, 0
        began, busy = time.perf_counter(), time.process_time()
        async for rollout in way(self.jobs(count), self._speaker, lambda _: calls, self._limits, self._args.slots):
            each(rollout)
            ended[rollout.ended] += 1
            made += len(rollout.trajectory.calls())
            told = [step.text for step in rollout.trajectory.answers()]
            as_told += told == self._expected[rollout.trajectory.task.id]
        seconds, busy = time.perf_counter() - began, time.process_time() - busy
        engine = {name: value - before[name] for name, value in asdict(self.engine.counts).items()}
        own = {"episodes": count, "seconds": seconds, "cpu_seconds": busy, "rate": count / seconds}
        own |= {"ended": dict(ended), "as_the_expert": as_told, "engine": engine}
        return own | {"calls": made, "executions": calls.executions}

    def close(self) -> None:
        gc.unfreeze()
        asyncio.run(self._world.close())


async def _drawn(gazetteer: Gazetteer, count: int) -> list:
    return [drawn async for drawn in draw_tasks(gazetteer, PATTERNS, count, _DRAW)]


def beside_each_other(args: argparse.Namespace) -> dict[str, Any]:
    """The same in processes of their own, a part of the tasks each, all begun when all are ready."""
    context = multiprocessing.get_context("spawn")
    processes, ours = [], []
    for number in range(args.workers):
        connection, its = context.Pipe()
        process = context.Process(target=_part, args=(args, (number, args.workers), its), daemon=True)
        process.start()
        its.close()
        processes.append(process)
        ours.append(connection)
    try:
        for connection in ours:
            connection.recv()
        for connection in ours:
            connection.send("begin")
        parts = [connection.recv() for connection in ours]
    except EOFError:
        raise InputError("--workers: a process ended early, most likely for memory; give fewer") from None
    finally:
        for process in processes:
            process.join(5)
    episodes, seconds = sum(each["episodes"] for each in parts), max(each["seconds"] for each in parts)
    return {"episodes": episodes, "seconds": seconds, "rate": episodes / seconds, "parts": parts}


def _part(args: argparse.Namespace, part: tuple[int, int], connection: Connection) -> None:
    bench = RolloutBench(args, open_world(args), part)
    bench.warm_up()
    connection.send("ready")
    connection.recv()
    connection.send(bench.play(args.episodes // part[1]))
    bench.close()
