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
import signal
from collections.abc import Sequence
from pathlib import Path

from data_process.files import check_writable
from data_process.schema import Row
from gplan.llm.asking import ATTEMPTS, INCOMPLETE
from gplan.llm.journal import Entry, Journal, by_source
from gplan.synthesis.teachers.arguments import add_teacher_arguments, teacher_of
from gplan.synthesis.teachers.jobs import BAD_ROWS, Job, job_rows, judge, make_jobs, ranges
from gplan.synthesis.teachers.teacher import Teacher
from utils import InputError, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rows", metavar="ROWS.csv", type=Path, help="GSISR rows, with plans or without")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where journal.jsonl is, or is to be")
    add_teacher_arguments(parser)


def run(args: argparse.Namespace) -> int:
    check_writable(args.folder, "FOLDER")  # before rows are read and a teacher is asked
    rows = job_rows(args.rows, args.plans, args.bad_rows, args.folder / BAD_ROWS)
    return generate(args, rows, args.rows, args.folder)


def generate(args: argparse.Namespace, rows: list[Row], name: Path, folder: Path, earlier: Sequence[Entry] = ()) -> int:
    """Answers for all rows of a file, into the folder's journal; returns the exit status.

    Args:
        earlier: entries of other journals, which the budget counts too.
    """
    teacher = teacher_of(args)
    jobs = make_jobs(rows, str(name), args.plans)
    # SIGTERM ends any teacher as Ctrl-C does, but for an llm's run, which has handlers of its own.
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        with Journal(folder) as journal:
            todo, known = _todo(jobs, journal, teacher, args.changed)
            before_run = len(journal.entries)
            ended = teacher.answer(jobs, todo, known, journal, earlier)
            new = by_source(entry for entry in journal.entries[before_run:] if entry.answered)
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


def _todo(jobs: list[Job], journal: Journal, teacher: Teacher, changed: str) -> tuple[list[Job], dict[int, Entry]]:
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
            wanted = teacher.request(job)
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
