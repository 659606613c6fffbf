"""Asks a language model about many things of one kind: each question once, every answer in a journal before it is used.

A form says how a thing is asked about and what an answer must be. An answer that isn't of use is shown to the model
with what is wrong, once; after that the thing has none, and a reason to count by.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from gplan.llm.arguments import Llm
from gplan.llm.asking import ATTEMPTS, Asking, Message, Tally, ask_all
from gplan.llm.budget import Budget
from gplan.llm.journal import Entry, Journal, digest
from gplan.llm.paced import PacedEndpoint
from utils import say

NOT_ASKED = "not asked"
_THINK = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"\A```[a-z]*\n(.*)\n```\Z", re.DOTALL)


class UnusableAnswer(ValueError):
    """An answer that isn't what the form asks for; ``reason`` is a name to count by, the message is for the model."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Form(Protocol):
    """One kind of question.

    Attributes:
        name: with its version; answers to an earlier version are not taken for it.
        dispensable: fields of a request that an endpoint may do without: a schema of the answer.
    """

    name: str
    dispensable: dict[str, object]

    def chat(self, thing: Any) -> list[Message]:
        """The messages that ask about a thing: what all of them share first, so that prefixes can be cached."""

    def read(self, thing: Any, text: str) -> Any:
        """What an answer says. Raises UnusableAnswer."""


class Finding(NamedTuple):
    """What came of one question: a value, or why there is none."""

    entry: Entry | None
    value: Any = None
    reason: str = ""
    message: str = ""

    @property
    def accepted(self) -> bool:
        return not self.reason


class AskedOnce(NamedTuple):
    """A question that several things may share: a job of ``gplan.llm.asking``."""

    number: int
    thing: Any
    chat: list[Message]
    request: str
    id: str
    source: str


class Interview:
    """One form, one model, one journal.

    Args:
        stop_after: answers in a row refused for one reason after which the run ends; 0: never.
        unit: what the progress bar counts.
    """

    def __init__(self, form: Form, llm: Llm, journal: Path, *, stop_after: int = 20, unit: str = "row") -> None:
        self._form, self._llm, self._journal = form, llm, journal
        self._stop_after, self._unit = stop_after, unit

    def ask(self, things: Iterable[Any]) -> list[Finding]:
        """A finding for each thing, in their order.

        Raises:
            InputError: the journal can't be used, or no request can succeed.
            KeyboardInterrupt: the run was stopped; the same call goes on with it.
        """
        jobs: dict[str, AskedOnce] = {}
        requests = []
        for thing in things:
            chat = self._form.chat(thing)
            request = digest([self._form.name, self._llm.model, self._llm.options, chat])
            requests.append(request)
            if request not in jobs:
                source = digest(chat[-1]["content"])
                jobs[request] = AskedOnce(len(jobs), thing, chat, request, self._form.name, source)
        with Journal(self._journal) as journal:
            self._ask(list(jobs.values()), journal)
            entries = _by_request(journal.entries)
        return [self._best(jobs[request], entries.get(request, [])) for request in requests]

    # The three methods of gplan.llm.asking.Talk.
    def question(self, job: AskedOnce) -> tuple[list[Message], str]:
        return job.chat, job.request

    def check(self, job: AskedOnce, entry: Entry) -> Finding:
        if entry.problem:
            return Finding(entry, None, entry.problem, entry.message)
        text = _FENCE.sub(r"\1", _THINK.sub("", entry.text).strip()).strip()
        try:
            if not text:
                raise UnusableAnswer("answer.empty", "没有回答")
            return Finding(entry, self._form.read(job.thing, text))
        except UnusableAnswer as error:
            if entry.finish == "length":
                return Finding(entry, None, "answer.cut", "回答太长，没有写完；请写短一些")
            return Finding(entry, None, error.reason, str(error))

    def correction(self, chat: list[Message], refused: Finding) -> list[Message]:
        wrong = f"上面的回答不能使用（{refused.reason}）：{refused.message}\n请按要求的格式重新回答，不写别的字。"
        said = (refused.entry.text.strip() if refused.entry else "")[:2000]
        return [*chat, {"role": "assistant", "content": said or "（空）"}, {"role": "user", "content": wrong}]

    def _ask(self, jobs: Sequence[AskedOnce], journal: Journal) -> None:
        by_request = _by_request(entry for entry in journal.entries if entry.answered)
        budget = Budget(self._llm.limits, journal.entries)
        tally = Tally(len(jobs), budget.spent, self._unit)
        todo, known = [], {}
        for job in jobs:
            entries = by_request.get(job.request, [])
            best = self._best(job, entries)
            if best.accepted or (entries and entries[-1].attempt == ATTEMPTS):
                tally.add(best)
                continue
            todo.append(job)
            if entries:
                known[job.number] = entries[-1]
        if not todo:
            tally.close()
            return
        endpoint = self._llm.endpoint(self._form.dispensable)
        say(f"{self._llm.role}: {endpoint.model} at {endpoint.shown}; {len(todo):,} of {len(jobs):,} questions to ask")
        paced = PacedEndpoint(endpoint, self._llm.pace, budget)
        asking = Asking(paced, journal, tally, self, known, self._llm.concurrency, self._stop_after)
        if ended := ask_all(asking, todo, budget.spent):
            say(f"{self._journal}: stopped; the same command goes on")
            raise KeyboardInterrupt(ended)

    def _best(self, job: AskedOnce, entries: Sequence[Entry]) -> Finding:
        """The newest answer of use, else the newest answer, else the failure."""
        if not entries:
            return Finding(None, None, NOT_ASKED, "")
        found = [self.check(job, entry) for entry in entries]
        answered = [one for one in found if one.entry.answered]
        return next((one for one in reversed(found) if one.accepted), (answered or found)[-1])


def _by_request(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The entries of each request, oldest first."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.request, []).append(entry)
    return found
