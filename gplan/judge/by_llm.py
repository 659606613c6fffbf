"""``--judge llm``: a model behind an OpenAI-compatible endpoint; ``--judge replay``: what one has answered before.

Equal questions are one, whoever planned: a plan of two models is judged once. Every answer is in the journal before it
is used, by a digest of judge version, model, sampling, rubric, row and plan, so that a run that was cut off goes on
and asks nothing twice.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean, pstdev
from typing import NamedTuple

from gplan.judge.ask import (
    RESPONSE_FORMAT,
    AnswerError,
    Question,
    correction,
    messages,
    question,
    read_answer,
    rubric_digest,
)
from gplan.judge.judge import Item, Judge
from gplan.judge.rubric import Evidence, Judgement, Verdict
from gplan.judge.scores import NOT_ASKED
from gplan.llm.arguments import Llm
from gplan.llm.asking import ATTEMPTS, Asking, Message, Tally, ask_all
from gplan.llm.budget import Budget
from gplan.llm.journal import Entry, Journal, digest, read_journal
from gplan.llm.paced import PacedEndpoint
from utils import InputError, say


class Sample(NamedTuple):
    """A question that is asked once: a job of ``gplan.llm.asking``."""

    number: int
    question: Question
    sample: int  # from 0

    @property
    def id(self) -> str:
        return f"{self.question.axis} {rubric_digest(self.question.axis)}"

    @property
    def source(self) -> str:
        return self.question.source


class Scored(NamedTuple):
    """What an entry is worth: a score, or why it has none."""

    entry: Entry
    score: int | None
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    message: str = ""

    @property
    def accepted(self) -> bool:
        return self.score is not None


def check(job: Sample, entry: Entry) -> Scored:
    if entry.problem:
        return Scored(entry, None, (), entry.problem, entry.message)
    try:
        return Scored(entry, *read_answer(job.question, entry.text, entry.finish))
    except AnswerError as error:
        return Scored(entry, None, (), error.reason, str(error))


class LlmJudge(Judge):
    """Args:
    journal: the file that takes its answers.
    samples: how often each question is asked; a score is their mean.
    stop_after: questions in a row refused for one reason after which the run ends; 0: never.
    """

    name = "llm"

    def __init__(self, llm: Llm, journal: Path, *, samples: int = 1, stop_after: int = 20) -> None:
        self._llm, self._journal, self._samples, self._stop_after = llm, journal, samples, stop_after

    def question(self, job: Sample) -> tuple[list[Message], str]:
        """The chat of a job and the digest that it is journalled by."""
        chat = messages(job.question)
        return chat, digest(["judge", job.id, self._llm.model, self._llm.options, job.sample, chat])

    def check(self, job: Sample, entry: Entry) -> Scored:
        return check(job, entry)

    def correction(self, chat: list[Message], refused: Scored) -> list[Message]:
        return correction(chat, refused.entry.text, refused.reason, refused.message)

    def judge(self, items: Sequence[Item]) -> list[Judgement]:
        questions = _questions(items)
        jobs = [
            Sample(i, one, sample)
            for i, (one, sample) in enumerate((one, sample) for one in questions for sample in range(self._samples))
        ]
        with Journal(self._journal) as journal:
            self._ask(jobs, journal)
            by_request = _by_request(journal.entries) | _by_request(one for one in journal.entries if one.answered)
        found: dict[Question, list[Scored]] = {one: [] for one in questions}
        for job in jobs:
            if entries := by_request.get(self.question(job)[1]):
                found[job.question].append(_best(job, entries))
        self.noise = _noise(found.values())
        return [{axis: _verdict(found[question(item, axis)]) for axis in item.axes} for item in items]

    def _ask(self, jobs: list[Sample], journal: Journal) -> None:
        by_request = _by_request(one for one in journal.entries if one.answered)
        budget = Budget(self._llm.limits, journal.entries)
        tally = Tally(len(jobs), budget.spent, "score")
        todo, known = [], {}
        for job in jobs:
            entries = by_request.get(self.question(job)[1], [])
            best = _best(job, entries) if entries else None
            if best and (best.accepted or entries[-1].attempt == ATTEMPTS):
                tally.add(best)
                continue
            todo.append(job)
            if best:
                known[job.number] = entries[-1]
        if not todo:
            tally.close()
            return
        endpoint = self._llm.endpoint({"response_format": RESPONSE_FORMAT})
        say(f"judge: {endpoint.model} at {endpoint.shown}; {len(todo):,} of {len(jobs):,} questions to ask")
        paced = PacedEndpoint(endpoint, self._llm.pace, budget)
        asking = Asking(paced, journal, tally, self, known, self._llm.concurrency, self._stop_after)
        if ended := ask_all(asking, todo, budget.spent):
            say(f"{self._journal}: stopped; the same command goes on")
            raise KeyboardInterrupt(ended)


class ReplayJudge(Judge):
    """The answers of a journal; nobody is asked. Answers of one model under several settings count as samples.

    Raises:
        InputError: no journal at the path, one of another rubric or version, or (without ``model``) of two models.
    """

    name = "replay"

    def __init__(self, journal: Path, model: str = "") -> None:
        if not journal.is_file():
            raise InputError(f"{journal}: no such file; give --judge_journal the file that --judge llm has written")
        entries = [one for one in read_journal(journal) if one.answered]
        current = {f"{axis} {rubric_digest(axis)}" for axis in ("flow", "logic", "st")}
        ours = [one for one in entries if one.id in current]
        if not ours:
            other = entries[0].id if entries else "nothing"
            raise InputError(
                f"{journal}: it holds no answer to this rubric ({', '.join(sorted(current))}), but {other}; score anew "
                "with --judge llm, or replay it with the version of the project that wrote it"
            )
        models = sorted({one.model for one in ours})
        if model and model not in models:
            raise InputError(f"{journal}: no answer of {model}; it holds those of {', '.join(models)}")
        if not model and len(models) > 1:
            raise InputError(f"{journal}: answers of {', '.join(models)}; say which with --judge_model")
        self._by_source: dict[str, dict[str, list[Entry]]] = {}
        for one in ours:
            if one.model == (model or models[0]):
                self._by_source.setdefault(one.source, {}).setdefault(one.request, []).append(one)

    def judge(self, items: Sequence[Item]) -> list[Judgement]:
        found = {
            one: [_best(Sample(0, one, 0), entries) for entries in self._by_source.get(one.source, {}).values()]
            for one in _questions(items)
        }
        self.noise = _noise(found.values())
        return [{axis: _verdict(found[question(item, axis)]) for axis in item.axes} for item in items]


def _questions(items: Sequence[Item]) -> list[Question]:
    """The distinct ones, an axis after the other: a server that caches prefixes meets each rubric once."""
    found = dict.fromkeys(question(item, axis) for item in items for axis in item.axes)
    return sorted(found, key=lambda one: (one.axis, one.scene))


def _by_request(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The entries of each request, oldest first."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.request, []).append(entry)
    return found


def _best(job: Sample, entries: list[Entry]) -> Scored:
    """The newest answer that is a score, else the newest."""
    scored = [check(job, entry) for entry in entries]
    return next((one for one in reversed(scored) if one.accepted), scored[-1])


def _verdict(samples: list[Scored]) -> Verdict:
    """The mean of the samples that are scores; where none is, the commonest reason."""
    scores = [one.score for one in samples if one.score is not None]
    if scores:
        return Verdict(fmean(scores), next(one.evidence for one in samples if one.accepted))
    reasons = Counter(one.reason for one in samples)
    return Verdict(None, (), reasons.most_common(1)[0][0] if reasons else NOT_ASKED)


def _noise(found: Iterable[list[Scored]]) -> float | None:
    """The mean standard deviation over the questions that have several scores."""
    scores = [[one.score for one in samples if one.accepted] for samples in found]
    several = [pstdev(some) for some in scores if len(some) > 1]
    return fmean(several) if several else None
