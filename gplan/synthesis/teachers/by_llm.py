"""``--teacher llm``: a large model behind an OpenAI-compatible endpoint, with seeds as examples."""

from collections.abc import Sequence
from pathlib import Path

from gplan.llm.arguments import Llm
from gplan.llm.asking import Asking, Message, ask_all
from gplan.llm.budget import Budget
from gplan.llm.journal import Entry, Journal, digest
from gplan.llm.paced import PacedEndpoint
from gplan.synthesis.seeds.seed_file import read_seeds
from gplan.synthesis.teachers.few_shot import Examples, correction, messages
from gplan.synthesis.teachers.jobs import Answered, Job, judge
from gplan.synthesis.teachers.teacher import Teacher, tally_of
from utils import say


class ByLlm(Teacher):
    """Args:
        llm: the model, and how it may be asked.
        seeds: examples for its prompts, of which each row gets ``shots``.
        stop_after: rows in a row rejected for one reason after which the run ends; 0: never.

    Raises:
        InputError: seeds, an address or a key that can't be used.
    """

    name = "llm"

    def __init__(self, llm: Llm, *, seeds: Path, shots: int, stop_after: int) -> None:
        self._llm, self._shots, self._stop_after = llm, shots, stop_after
        self._examples = Examples(read_seeds(seeds) if shots else [])

    def question(self, job: Job) -> tuple[list[Message], str]:
        """What the model is asked for a job, and its name."""
        chat = messages(job.row, job.plan, self._examples.choose(job.row, self._shots))
        return chat, digest([self.name, self._llm.model, self._llm.options, chat])

    def check(self, job: Job, entry: Entry) -> Answered:
        return judge(job, entry)

    def correction(self, chat: list[Message], refused: Answered) -> list[Message]:
        return correction(chat, refused.entry.text, refused.reason, refused.message)

    def request(self, job: Job) -> str:
        return self.question(job)[1]

    def answer(
        self, jobs: list[Job], todo: list[Job], known: dict[int, Entry], journal: Journal, earlier: Sequence[Entry]
    ) -> int:
        endpoint = self._llm.endpoint()
        budget = Budget(self._llm.limits, [*earlier, *journal.entries])
        say(f"teacher: {endpoint.model} at {endpoint.shown}; {len(todo):,} of {len(jobs):,} rows to ask")
        tally = tally_of(jobs, todo, journal.entries, budget.spent)
        paced = PacedEndpoint(endpoint, self._llm.pace, budget)
        asking = Asking(paced, journal, tally, self, known, self._llm.concurrency, self._stop_after)
        return ask_all(asking, todo, budget.spent)
