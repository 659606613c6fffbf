"""``--teacher llm``: a large model behind an OpenAI-compatible endpoint, with seeds as examples."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from gplan.llm.budget import Budget, Limits
from gplan.llm.endpoint import Endpoint
from gplan.llm.journal import Entry, Journal, digest
from gplan.llm.paced import Pace, PacedEndpoint
from gplan.synthesis.seeds.seed_file import read_seeds
from gplan.synthesis.teachers.asking import Asking
from gplan.synthesis.teachers.few_shot import Examples, Message, messages
from gplan.synthesis.teachers.jobs import Job
from gplan.synthesis.teachers.teacher import Teacher, tally_of
from utils import say


class ByLlm(Teacher):
    """Args:
        seeds: examples for its prompts, of which each row gets ``shots``.
        options: fields of a request's body beside model and messages.
        concurrency: requests at the same time.
        stop_after: rows in a row rejected for one reason after which the run ends; 0: never.

    Raises:
        InputError: seeds, an address or a key that can't be used.
    """

    name = "llm"

    def __init__(
        self,
        url: str,
        model: str,
        *,
        timeout: float,
        options: dict[str, object],
        pace: Pace,
        limits: Limits,
        concurrency: int,
        seeds: Path,
        shots: int,
        stop_after: int,
    ) -> None:
        self._url, self._model, self._timeout, self._options = url, model, timeout, options
        self._pace, self._limits, self._concurrency, self._shots = pace, limits, concurrency, shots
        self._stop_after = stop_after
        self._examples = Examples(read_seeds(seeds) if shots else [])

    def question(self, job: Job) -> tuple[list[Message], str]:
        """What the model is asked for a job, and its name."""
        chat = messages(job.row, job.plan, self._examples.choose(job.row, self._shots))
        return chat, digest([self.name, self._model, self._options, chat])

    def request(self, job: Job) -> str:
        return self.question(job)[1]

    def answer(
        self, jobs: list[Job], todo: list[Job], known: dict[int, Entry], journal: Journal, earlier: Sequence[Entry]
    ) -> int:
        endpoint = Endpoint(self._url, self._model, self._timeout, self._options)
        budget = Budget(self._limits, [*earlier, *journal.entries])
        say(f"teacher: {self._model} at {endpoint.shown}; {len(todo):,} of {len(jobs):,} rows to ask")
        tally = tally_of(jobs, todo, journal.entries, budget.spent)
        paced = PacedEndpoint(endpoint, self._pace, budget)
        asking = Asking(paced, journal, tally, self.question, known, self._concurrency, self._stop_after)
        try:
            ended = asyncio.run(asking.run(todo))
        finally:
            tally.close()
            say(tally.line())
        if asking.budget_reached:
            say(f"the budget is reached ({budget.spent()}); the same command with a larger one goes on")
        return ended
