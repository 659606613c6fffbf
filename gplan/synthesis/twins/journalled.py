"""An LLM, or another journal, as the teacher of counterfactual twins: ``generate`` for one batch of rows after another.

    OUT.jsonl.work/0000/journal.jsonl     plans of the anchors
    OUT.jsonl.work/0001/journal.jsonl     plans of their first moments
    OUT.jsonl.work/0002/journal.jsonl     … of second ones, where the first plan was the anchor's

Which rows a batch holds follows from the answers before it, so a command that is repeated asks for the same ones, and
only for what its journals lack. Budgets count all of them together.
"""

import argparse
import itertools
from pathlib import Path

from data_process.intents import Plan
from data_process.schema import Row
from gplan.llm.journal import Entry, by_source, read_journal
from gplan.synthesis.generate import generate
from gplan.synthesis.teachers.jobs import make_jobs, standing


class UnfinishedError(Exception):
    """A batch has rows without an answer; ``status`` is what generate came back with."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def journalled(args: argparse.Namespace, folder: Path):
    """A function from rows to plans, None for a row whose answers were rejected, as ``find_twins`` wants one.

    Args:
        args: the flags of ``teacher_arguments``.

    Raises:
        UnfinishedError: by the function; what has been answered so far is in the folder.
    """
    numbers, earlier = itertools.count(), []

    def plans(rows: list[Row]) -> list[Plan | None]:
        batch = folder / f"{next(numbers):04d}"
        if status := generate(args, rows, batch, batch, earlier=earlier):
            raise UnfinishedError(status)
        entries = read_journal(batch)
        earlier.extend(entries)
        return _plans(rows, batch, entries)

    return plans


def _plans(rows: list[Row], batch: Path, entries: list[Entry]) -> list[Plan | None]:
    found = by_source(entries)
    best = [standing(job, found.get((job.number, job.source), [])) for job in make_jobs(rows, str(batch), "keep")]
    return [one.label.plan if one and one.label else None for one in best]
