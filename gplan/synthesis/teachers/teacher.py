"""``Teacher``: who writes reasoning, and plans where a row has none; the flow does not ask which one it is."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import islice

from data_process.intents import Plan
from data_process.schema import Row
from gplan.llm.asking import Tally
from gplan.llm.journal import Entry, Journal, by_source
from gplan.synthesis.teachers.jobs import Job, judge
from utils import say

_BATCH = 256  # answers at once that share one wait for the disk


# From rows to a plan each, None where there is none.
RowPlanner = Callable[[list[Row]], list[Plan | None]]


class Teacher(ABC):
    """Answers jobs into a journal."""

    name: str

    def planner(self) -> RowPlanner | None:
        """Its plans for any rows without a journal, if asking again costs less than reading one; else None."""
        return None

    @abstractmethod
    def request(self, job: Job) -> str:
        """All that is asked for a job, in one name: under another name an answer is to another question."""

    @abstractmethod
    def answer(
        self, jobs: list[Job], todo: list[Job], known: dict[int, Entry], journal: Journal, earlier: Sequence[Entry]
    ) -> int:
        """Journals answers to the jobs of ``todo``; returns the signal that ended it, or 0.

        Args:
            jobs: all of the file's, for progress.
            known: rejected first answers of those that need a second, by the job's number.
            earlier: entries of other journals, which a budget counts too.
        """


class AtOnce(Teacher):
    """A teacher whose answers need no waiting: they are journalled in batches."""

    @abstractmethod
    def entries(self, job: Job) -> list[Entry]:
        """The answers to a job, the last of which counts; none where it has no answer."""

    def answer(self, jobs, todo, known, journal, earlier) -> int:
        tally = tally_of(jobs, todo, journal.entries)
        left = iter(todo)
        try:
            while batch := list(islice(left, _BATCH)):
                answered = [(job, self.entries(job)) for job in batch]
                journal.append(*(entry for _, entries in answered for entry in entries))
                for job, entries in answered:
                    if entries:
                        tally.add(judge(job, entries[-1]))
        finally:
            tally.close()
            say(tally.line())
        return 0


def tally_of(jobs: list[Job], todo: list[Job], entries: list[Entry], spent: Callable[[], str] = str) -> Tally:
    """A tally that begins with what the journal holds already."""
    tally, waiting, found = Tally(len(jobs), spent), {job.number for job in todo}, by_source(entries)
    for job in jobs:
        if job.number not in waiting:
            tally.add(judge(job, [one for one in found[job.number, job.source] if one.answered][-1]))
    return tally
