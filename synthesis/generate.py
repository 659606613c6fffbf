"""generate: has a teacher write reasoning, and plans where there are none, into FOLDER/journal.jsonl.

    python synthesize.py generate ROWS.csv FOLDER                                   # the rule teacher
    TEACHER_URL=https://host/v1 TEACHER_MODEL=qwen TEACHER_API_KEY=… \\
        python synthesize.py generate ROWS.csv FOLDER --teacher llm --max_requests 1000
    python synthesize.py generate ROWS.csv FOLDER --teacher replay OTHER/journal.jsonl

Rows that have a plan keep it and get reasons for it; the others get both. Every answer is in the journal before it is
used, so a run that was cut off goes on with the same command and asks nothing twice that was answered; requests that
were under way at that moment (--concurrency at most) may be asked again.

Exit status: 0 nothing is left to ask, 2 an error, 3 some rows lack an answer (budget reached, failures, a replay
without them), 130 and 143 after Ctrl-C and SIGTERM.
"""

import argparse
import asyncio
import signal
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from data_process.schema import Row, read_rows
from synthesis.asking import ATTEMPTS, Asking, Tally
from synthesis.budget import Budget
from synthesis.endpoint import Endpoint
from synthesis.few_shot import Examples, Message, messages
from synthesis.jobs import Job, judge, make_jobs, ranges
from synthesis.journal import Entry, Journal, by_source, digest, read_journal
from synthesis.llm_teacher import LlmTeacher
from synthesis.rule_teacher import FORMAT, RuleTeacher
from synthesis.seeds import read_seeds
from synthesis.teacher_arguments import Teacher, add_teacher_arguments, limits_of, pace_of, request_of, teacher_of
from utils import InputError, say

INCOMPLETE = 3
_BATCH = 256  # rule answers that share one wait for the disk

Request = Callable[[Job], tuple[list[Message], str]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rows", metavar="ROWS.csv", type=Path, help="GSISR rows, with plans or without")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where journal.jsonl is, or is to be")
    add_teacher_arguments(parser)


def run(args: argparse.Namespace) -> int:
    return generate(args, read_rows(args.rows), args.rows, args.folder)


def generate(args: argparse.Namespace, rows: list[Row], name: Path, folder: Path, earlier: Sequence[Entry] = ()) -> int:
    """Answers for all rows of a file, into the folder's journal; returns the exit status.

    Args:
        earlier: entries of other journals, which the budget counts too.
    """
    teacher = teacher_of(args)
    jobs = make_jobs(rows, str(name), args.plans)
    request = _request(args, teacher)
    # SIGTERM ends rules and replay as Ctrl-C does; an llm's run has handlers of its own.
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        with Journal(folder) as journal:
            todo, known = _todo(jobs, journal, request, args.changed)
            before_run = len(journal.entries)
            if teacher.kind == "llm":
                ended = _ask(args, jobs, journal, todo, known, request, earlier)
            else:
                answers = _by_rules(request) if teacher.kind == "rules" else _by_replay(teacher.journal, request)
                _write(jobs, todo, journal, answers)
                ended = 0
            new = by_source(one for one in journal.entries[before_run:] if one.answered)
            left = [job.number for job in todo if not _done(job, new.get((job.number, job.source), []))]
    except KeyboardInterrupt as error:
        say(f"{folder}: stopped; the same command goes on")
        return 128 + (error.args[0] if error.args else signal.SIGINT)
    finally:
        signal.signal(signal.SIGTERM, before)
    if ended:
        say(f"{folder}: stopped with {len(left):,} of {len(jobs):,} rows to go; the same command goes on")
        return 128 + ended
    if left:
        say(f"{folder}: {len(left):,} of {len(jobs):,} rows have no answer, or no second one yet: {ranges(left)}")
        return INCOMPLETE
    return 0


def _terminate(number: int, _: object) -> None:
    raise KeyboardInterrupt(number)


def _request(args: argparse.Namespace, teacher: Teacher) -> Request:
    """Job -> its chat and the digest of all that is asked; for rules and replay there is no chat."""
    if teacher.kind == "rules":
        return lambda job: ([], digest(["rules", FORMAT, job.source]))
    if teacher.kind == "replay":
        return lambda job: ([], digest(["replay", str(teacher.journal.resolve()), job.source]))
    examples = Examples(read_seeds(args.seeds) if args.shots else [])
    options = request_of(args)

    def request(job: Job) -> tuple[list[Message], str]:
        chat = messages(job.row, job.plan, examples.choose(job.row, args.shots))
        return chat, digest(["llm", args.teacher_model, options, chat])

    return request


def _todo(jobs: list[Job], journal: Journal, request: Request, changed: str) -> tuple[list[Job], dict[int, Entry]]:
    """The jobs that still need the teacher, and the rejected first answers of those that need its second.

    Raises:
        InputError: the journal is about other rows, or (under ``refuse``) was asked for in another way.
    """
    check_same_rows(jobs, journal.entries, journal.path)
    entries = by_source(journal.entries)
    todo, known, others = [], {}, []
    for job in jobs:
        mine = [one for one in entries.get((job.number, job.source), []) if one.answered]
        if mine and changed != "keep":
            _, wanted = request(job)
            if any(one.request != wanted for one in mine[-1:]):
                others.append(job.number)
            mine = [one for one in mine if one.request == wanted]
        if not mine:
            todo.append(job)
        elif not _done(job, mine):
            todo.append(job)
            known[job.number] = mine[-1]
    if others and changed == "refuse":
        raise InputError(
            f"{journal.path}: {len(others)} rows (first: row {others[0]}) were answered for another request: other "
            "seeds, teacher, model or settings; give --changed keep to keep those answers, --changed ask to ask "
            "anew, or another folder"
        )
    return todo, known


def check_same_rows(jobs: list[Job], entries: list[Entry], path: Path) -> None:
    """Raises InputError if the journal has entries of a row and none of them is about the row as it is now."""
    about: dict[int, set[str]] = {}
    for entry in entries:
        about.setdefault(entry.row, set()).add(entry.source)
    for number, sources in sorted(about.items()):
        if number >= len(jobs):
            raise InputError(
                f"{path}: holds row {number}, the file has {len(jobs)} rows; give the file it was made for"
            )
        job = jobs[number]
        if job.source not in sources:
            raise InputError(
                f"{path}: row {number} (id {job.row['id']}) was answered with other columns, or another plan; give the "
                "file it was made for (and the same --plans), or another folder"
            )


def _done(job: Job, answers: list[Entry]) -> bool:
    """Whether nothing more is to be asked for a job: its newest answer is accepted, or is the last of its attempts."""
    if not answers:
        return False
    return answers[-1].teacher != "llm" or answers[-1].attempt == ATTEMPTS or bool(judge(job, answers[-1]).label)


def _ask(
    args: argparse.Namespace,
    jobs: list[Job],
    journal: Journal,
    todo: list[Job],
    known: dict[int, Entry],
    request: Request,
    earlier: Sequence[Entry],
) -> int:
    """Has the endpoint answer; returns the signal that ended it, or 0."""
    endpoint = Endpoint(args.teacher_url, args.teacher_model, args.timeout, request_of(args))
    budget = Budget(limits_of(args), [*earlier, *journal.entries])
    say(f"teacher: {args.teacher_model} at {endpoint.shown}; {len(todo):,} of {len(jobs):,} rows to ask")
    tally = _tally(jobs, todo, journal.entries, budget.spent)
    asking = Asking(LlmTeacher(endpoint, pace_of(args), budget), journal, tally, request, known, args.concurrency)
    try:
        ended = asyncio.run(asking.run(todo))
    finally:
        tally.close()
        say(tally.line())
    if asking.budget_reached:
        say(f"the budget is reached ({budget.spent()}); the same command with a larger one goes on")
    return ended


def _write(jobs: list[Job], todo: list[Job], journal: Journal, answers: Callable[[Job], list[Entry]]) -> None:
    """Writes answers that need no waiting, in batches."""
    tally = _tally(jobs, todo, journal.entries, lambda: "")
    left = iter(todo)
    try:
        while batch := list(islice(left, _BATCH)):
            found = [(job, answers(job)) for job in batch]
            journal.append(*(entry for _, entries in found for entry in entries))
            for job, entries in found:
                if entries:
                    tally.add(judge(job, entries[-1]))
    finally:
        tally.close()
        say(tally.line())


def _tally(jobs: list[Job], todo: list[Job], entries: list[Entry], spent: Callable[[], str]) -> Tally:
    """A tally that begins with what the journal holds already."""
    tally, waiting, found = Tally(len(jobs), spent), {job.number for job in todo}, by_source(entries)
    for job in jobs:
        if job.number not in waiting:
            tally.add(judge(job, [one for one in found[job.number, job.source] if one.answered][-1]))
    return tally


def _by_rules(request: Request) -> Callable[[Job], list[Entry]]:
    teacher = RuleTeacher()

    def answers(job: Job) -> list[Entry]:
        plan = teacher.plan(job.row) if job.plan is None else job.plan
        text, asked = teacher.label(job.row, plan), request(job)[1]
        return [Entry(job.number, job.row["id"], job.source, asked, 1, "rules", "", text, "stop")]

    return answers


def _by_replay(path: Path, request: Request) -> Callable[[Job], list[Entry]]:
    """Answers by what they are about: rows may stand in another order, or be fewer."""
    found: dict[str, list[Entry]] = {}
    for entry in _one_row_each(read_journal(path)):
        if entry.answered:
            found.setdefault(entry.source, []).append(entry)

    def answers(job: Job) -> list[Entry]:
        spent = {"tries": 0, "tokens_in": 0, "tokens_out": 0, "seconds": 0.0}  # by the other journal, not here
        identity = {"row": job.number, "id": job.row["id"], "request": request(job)[1], "teacher": "replay"}
        return [entry._replace(**identity, **spent) for entry in found.get(job.source, [])]

    return answers


def _one_row_each(entries: list[Entry]) -> Iterator[Entry]:
    """The entries of the first row of each source: equal requests were answered once each."""
    rows: dict[str, int] = {}
    return (entry for entry in entries if rows.setdefault(entry.source, entry.row) == entry.row)
