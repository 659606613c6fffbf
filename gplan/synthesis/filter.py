"""filter: sorts the answers in FOLDER/journal.jsonl into labelled.csv and rejected.jsonl, and writes the report.

    python synthesize.py filter ROWS.csv FOLDER [--real_sample sample.csv]

labelled.csv holds the accepted rows in file order, all 32 columns, reasoning and plan in raw_labels; rejected.jsonl a
line for each row whose last answer can't be used: {"row", "id", "reason", "message", "text"}. Rows that were not asked
yet are named. synthesis_report.json and .html have the numbers.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from data_process.files import write_jsonl
from data_process.schema import LABEL, Row
from data_process.usable import add_bad_rows, counted
from gplan.llm.journal import NAME, by_source, read_journal
from gplan.synthesis.augment import write_atomically
from gplan.synthesis.distributions import write_report
from gplan.synthesis.generate import check_same_rows
from gplan.synthesis.rules.checks import label_text
from gplan.synthesis.teachers.jobs import BAD_ROWS, Answered, Job, job_rows, make_jobs, ranges, standing
from utils import InputError, say


class Sorted(NamedTuple):
    """Accepted rows by their numbers, rejected answers with their jobs, numbers of rows not asked yet."""

    accepted: dict[int, Row]
    rejected: list[tuple[Job, Answered]]
    not_asked: list[int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rows", metavar="ROWS.csv", type=Path, help="the rows that were given to generate")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where generate has left journal.jsonl")
    parser.add_argument("--plans", choices=("keep", "new"), default="keep", help="as it was given to generate")
    add_bad_rows(parser)
    parser.add_argument("--real_sample", type=Path, help="GSISR rows to show the distributions of beside")


def run(args: argparse.Namespace) -> int:
    rows = job_rows(args.rows, args.plans, args.bad_rows, args.folder / BAD_ROWS)
    sort_answers(rows, args.rows, args.folder, plans=args.plans, real_sample=args.real_sample)
    return 0


def sort_answers(rows: list[Row], name: Path, folder: Path, *, plans: str, real_sample: Path | None) -> Sorted:
    """Writes the four files and says what is in them.

    Raises:
        InputError: no journal, one about other rows, or plans that can't be used.
    """
    if real_sample and not real_sample.is_file():
        raise InputError(f"{real_sample}: no such file; give GSISR rows, or leave --real_sample out")
    path = folder / NAME
    jobs, entries = make_jobs(rows, str(name), plans), read_journal(path)
    check_same_rows(jobs, entries, path)
    found = by_source(entries)
    funnel = Counter(rows=len(jobs))
    result = Sorted({}, [], [])
    for job in jobs:
        one = standing(job, found.get((job.number, job.source), []))
        if one is None:
            result.not_asked.append(job.number)
            continue
        funnel["asked"] += 1
        funnel["answered"] += one.entry.answered
        if one.label:
            funnel["accepted_first" if one.entry.attempt == 1 else "accepted_after_retry"] += 1
            result.accepted[job.number] = {**job.row, LABEL: label_text(one.label)}
        else:
            funnel["rejected"] += 1
            result.rejected.append((job, one))
    accepted = list(result.accepted.values())
    _write(name, folder, jobs, result)
    reasons = dict(Counter(one.reason for _, one in result.rejected).most_common())
    steps = ("rows", "asked", "answered", "accepted_first", "accepted_after_retry", "rejected")
    write_report(
        folder=folder,
        funnel={step: funnel[step] for step in steps},
        reasons=reasons,
        accepted=accepted,
        real_sample=real_sample,
    )
    say(
        f"{folder}: {len(accepted):,} of {len(jobs):,} rows in labelled.csv, {len(result.rejected):,} in rejected.jsonl"
    )
    if reasons:
        say(f"  rejected: {counted(reasons)}")
    if result.not_asked:
        say(f"  not asked yet: rows {ranges(result.not_asked)}; python synthesize.py generate goes on")
    return result


def _write(name: Path, folder: Path, jobs: list[Job], result: Sorted) -> None:
    # The metadata of a world's file says that the labels are the expert's: true as long as no plan is new, and no
    # row left out for its label.
    untouched = len(result.accepted) == len(jobs) and all(job.plan is not None for job in jobs)
    source = name if untouched else folder / NAME  # which has no metadata beside it
    write_atomically(source, folder / "labelled.csv", list(result.accepted.values()))
    lines = [
        {"row": job.number, "id": job.row["id"], "reason": one.reason, "message": one.message, "text": one.entry.text}
        for job, one in result.rejected
    ]
    write_jsonl(folder / "rejected.jsonl", lines)
