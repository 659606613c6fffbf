"""A pool through all stages: jobs are handed out, what they left is gathered, the last stage draws.

pool ─► read ─► lexical ─► semantic ─► geometric ─► sampling ─► the lines that stay, as they were, and a report
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from data_process.files import whole
from stagent.selection.funnel import stages
from stagent.selection.funnel.lexical import Gone
from stagent.selection.funnel.pool import DIFFICULTIES, LEAF_IDS, parts_of
from stagent.selection.funnel.runner import Job, Runner
from stagent.selection.funnel.sampling import drawn, lots, quotas
from stagent.selection.funnel.settings import FunnelSettings, begin, stored
from stagent.selection.funnel.shards import all_lines, bases, done, is_done, read_gone
from utils import InputError, say

STAGES = ("lexical", "semantic", "geometric", "sampling")


class Passed(NamedTuple):
    """What became of a pool.

    Attributes:
        offsets, leaves, levels: [n] of its lines: where they begin, and what they are in LEAF_IDS and DIFFICULTIES.
        fates: [n] the number from 1 of the stage at which a line went, 0 of those that stay.
        gone: of the first three stages.
        seconds: of jobs, by stage.
    """

    offsets: np.ndarray
    leaves: np.ndarray
    levels: np.ndarray
    fates: np.ndarray
    gone: dict[str, Gone]
    seconds: dict[str, float]

    def table(self, stage: int) -> np.ndarray:
        """[leaves, difficulties] how many are left behind a stage; 0: the pool."""
        left = (self.fates == 0) | (self.fates > stage)
        table = np.zeros((len(LEAF_IDS), len(DIFFICULTIES)), np.int64)
        np.add.at(table, (self.leaves[left], self.levels[left]), 1)
        return table


def run_funnel(pool: Path, folder: Path, names: Iterable[str], settings: FunnelSettings, runner: Runner) -> Passed:
    """All stages; those that the work folder has are not done again.

    Args:
        names: of places, cities and districts: what must be equal in two texts that mean the same.

    Raises:
        InputError: a broken line, other settings than the folder was begun with, too few to keep for all leaves.
    """
    settings.check()
    parts_of(pool, stages.PART_BYTES)  # no file, or an empty one: said before a folder is made
    begin(folder, pool, names, settings)
    stages.plan(folder, pool)
    _, parts, shards = stages.planned(folder)
    _run(runner, stages.read, folder, len(parts))
    if not bases(folder, len(parts))[-1]:
        raise InputError(f"{pool}: empty; a pool is a line of JSON an instruction")
    _run(runner, stages.lexical, folder, shards)
    if not (settings.embedder or settings.embedder_url):
        _run(runner, stages.fit, folder, 2)
    _run(runner, stages.semantic, folder, shards)
    _run(runner, stages.geometric, folder, stages.plan_buckets(folder))
    return gathered(folder)


def write_kept(pool: Path, passed: Passed, out: Path) -> int:
    """Copies the lines that stay, in their order; returns how many."""
    kept = passed.offsets[passed.fates == 0]
    with whole(out) as partial, open(pool, "rb") as source, open(partial, "wb") as target:
        for offset in tqdm(kept.tolist(), desc="writing", unit=" lines", leave=False):
            source.seek(offset)
            target.write(source.readline().rstrip(b"\r\n") + b"\n")
    return len(kept)


def _run(runner: Runner, job: Job, folder: Path, count: int) -> None:
    """The jobs of a stage that are not done yet."""
    stage = job.__name__
    (folder / stage).mkdir(exist_ok=True)
    waiting = [number for number in range(count) if not is_done(folder, stage, number)]
    if not waiting:
        return
    began = time.perf_counter()
    with tqdm(total=count, initial=count - len(waiting), desc=stage, unit="job", leave=False) as bar:
        for _ in runner.run(job, folder, waiting):
            bar.update()
    say(f"{stage}: {time.perf_counter() - began:.1f} s")


def gathered(folder: Path) -> Passed:
    """What the jobs of a finished work folder found, and the last draw."""
    settings, (_, parts, shards) = stored(folder), stages.planned(folder)
    jobs = {"read": len(parts), "lexical": shards, "semantic": shards, "geometric": len(stages.buckets(folder))}
    fields = zip(*all_lines(folder, len(parts), "offset", "leaf", "level"), strict=True)
    offsets, leaves, levels = (np.concatenate(each) for each in fields)
    leaves, levels = leaves.astype(np.int64), levels.astype(np.int64)
    fates = np.zeros(len(offsets), np.uint8)
    gone, seconds = {}, {"read": _seconds(folder, "read", jobs["read"])}
    for number, stage in enumerate(STAGES[:-1], 1):
        parts = [read_gone(folder, stage, job) for job in range(jobs[stage])]
        gone[stage] = Gone(*(np.concatenate(each) for each in zip(*parts, strict=True)))
        fates[gone[stage].rows] = number
        seconds[stage] = _seconds(folder, stage, jobs[stage])
    passed = Passed(offsets, leaves, levels, fates, gone, seconds)
    left = np.flatnonzero(fates == 0)
    if settings.keep:
        if settings.keep > len(left):
            say(f"--keep {settings.keep}: {len(left)} are left, and all are kept")
        quota = quotas(passed.table(3), settings.keep, settings.floor, settings.missing, settings.chat)
        stays = drawn(leaves[left], levels[left], lots(left, settings.seed), quota)
        fates[left[~stays]] = len(STAGES)
    return passed


def _seconds(folder: Path, stage: str, count: int) -> float:
    return round(sum(done(folder, stage, job)["seconds"] for job in range(count)), 1)
