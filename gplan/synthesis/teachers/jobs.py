"""What is to be asked: one job a row, and where each stands according to the journal."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from data_process.intents import Plan
from data_process.response import Label, LabelError
from data_process.schema import LABEL, VISIBLE, Row
from data_process.usable import read_usable
from gplan.llm.journal import Entry, digest
from gplan.synthesis.augment import curated_plan
from gplan.synthesis.rules.checks import check_answer
from utils import InputError

Plans = Literal["keep", "new"]
BAD_ROWS = "bad_rows.jsonl"  # in the folder: rows that were left out


@dataclass(frozen=True)
class Job:
    """A row and what is wanted for it: reasons for ``plan``, or reasons and a plan where that is None.

    ``judged`` holds what each of its journal's entries was found to be: an answer is parsed and checked once, though
    the flow looks at it in several places.
    """

    number: int
    row: Row
    plan: Plan | None
    source: str
    judged: dict[Entry, "Answered"] = field(default_factory=dict, compare=False, repr=False)

    @property
    def id(self) -> str:
        return self.row["id"]


class Answered(NamedTuple):
    """A job's newest useful entry, and its label or why there is none."""

    entry: Entry
    label: Label | None
    reason: str = ""
    message: str = ""

    @property
    def accepted(self) -> bool:
        return self.label is not None


def source_digest(row: Row, plan: Plan | None) -> str:
    """What an answer is about: the columns that a teacher sees, and the plan that it was given."""
    visible = [row[column] for column in VISIBLE]
    return digest([visible, plan])


def make_jobs(rows: list[Row], name: str, plans: Plans) -> list[Job]:
    """One job a row, in file order; under ``keep`` a row's own plan is kept, and reasoning before it is not looked at.

    Raises:
        InputError: a plan that is to be kept can't be used.
    """
    jobs = []
    for number, row in enumerate(rows):
        plan = None
        if plans == "keep" and row[LABEL].strip():
            try:
                plan = curated_plan(row[LABEL], has_order=bool(row["trigger_1"]), replace=True)
            except ValueError as error:
                raise InputError(
                    f"{name}: row {number} (id {row['id']}), column {LABEL}: {error}; correct it, empty it, or give "
                    "--plans new to have the teacher plan every row"
                ) from error
        jobs.append(Job(number, row, plan, source_digest(row, plan)))
    return jobs


def job_rows(path: Path, plans: Plans, bad_rows: str, report: Path) -> list[Row]:
    """The rows of a file that a teacher can be asked about; bad ones, whose plan can't be kept among them, are left out
    under ``skip``. Jobs count the rows that are left: every step of one folder takes the same flag."""

    def judge_label(row: Row) -> None:
        if plans == "keep" and row[LABEL].strip():
            curated_plan(row[LABEL], has_order=bool(row["trigger_1"]), replace=True)

    remedy = "; or empty the label, or give --plans new to have the teacher plan every row" if plans == "keep" else ""
    return read_usable(path, bad_rows, report, judge_label, remedy=remedy).rows


def judge(job: Job, entry: Entry) -> Answered:
    """What an entry is worth for its job."""
    if entry not in job.judged:
        job.judged[entry] = _judge(job, entry)
    return job.judged[entry]


def _judge(job: Job, entry: Entry) -> Answered:
    if entry.problem:
        return Answered(entry, None, entry.problem, entry.message)
    try:
        return Answered(entry, check_answer(job.row, entry.text, job.plan))
    except LabelError as error:
        if entry.finish == "length":
            message = f"the answer was cut off after {entry.tokens_out} tokens; be shorter (--max_answer_tokens)"
            return Answered(entry, None, "answer.cut", message)
        return Answered(entry, None, error.reason, str(error))


def standing(job: Job, entries: Iterable[Entry]) -> Answered | None:
    """The job's newest accepted entry; else its newest answer; else its newest failure; None without any."""
    best, rank = None, -1
    for entry in entries:
        one = judge(job, entry)
        if (now := 2 if one.label else 1 if entry.answered else 0) >= rank:
            best, rank = one, now
    return best


def ranges(numbers: Iterable[int]) -> str:
    """``ranges([0, 1, 2, 5, 7, 8]) == "0-2, 5, 7-8"``."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in found)
