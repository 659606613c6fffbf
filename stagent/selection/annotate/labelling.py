"""What annotating and scoring share: a file of instructions in, the same with labels out, by rules or by a model."""

import argparse
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from config.command_line import number
from data_process.files import write_jsonl
from gplan.llm.arguments import add_llm_arguments, llm_of
from gplan.llm.asking import INCOMPLETE
from stagent.queries.continued import GrowingFile, same_settings
from stagent.queries.task import read_lines
from stagent.selection.annotate.annotation_form import AnnotationForm
from stagent.selection.annotate.difficulty_form import DifficultyForm
from stagent.selection.annotate.labels import Annotation, Assessment
from stagent.selection.annotate.records import Instruction, read_records, text_of
from utils import InputError, say

ROLE = "teacher"  # TEACHER_URL, TEACHER_MODEL, TEACHER_API_KEY


class Labels(NamedTuple):
    """A kind of labels and who can give them.

    Attributes:
        who: the field that says who did: ``annotator``, ``scorer``.
        names: the fields that a record gets.
        by_rules: the rules' labels of a record, and their name with its version.
    """

    who: str
    names: tuple[str, ...]
    form: AnnotationForm | DifficultyForm
    by_rules: Callable[[Instruction], Annotation | Assessment]
    rules: str


def add_labelling_arguments(parser: argparse.ArgumentParser, *, longest_answer: int) -> None:
    parser.add_argument("input", type=Path, metavar="IN.jsonl", help="objects with text, or with turns")
    parser.add_argument(
        "output", type=Path, metavar="OUT.jsonl", help="the same with labels; continued where it is there"
    )
    parser.add_argument("--by", choices=("rules", "llm"), default="rules", help="who labels: rules, or a model; rules")
    parser.add_argument(
        "--journal",
        type=Path,
        metavar="FILE",
        help="every answer of the model, to go on with [OUT.jsonl.journal.jsonl]",
    )
    parser.add_argument(
        "--stop_after",
        type=number(int, 0),
        default=20,
        help="stop when so many answers in a row are refused for one reason; 0: never (default: 20)",
    )
    add_llm_arguments(parser, ROLE, longest_answer=longest_answer)


def run_labelling(args: argparse.Namespace, labels: Labels) -> int:
    """Reads, labels, writes; returns the exit status: 3 where some records have no label."""
    if args.input.resolve() == args.output.resolve():
        raise InputError(f"{args.output}: that is the input; name another output")
    if args.by == "llm":
        return _by_llm(args, labels)
    if args.journal:
        raise InputError("--journal: rules ask nobody and keep none; leave it out, or give --by llm")
    return _by_rules(args, labels)


def _by_rules(args: argparse.Namespace, labels: Labels) -> int:
    total = sum(1 for _ in read_lines(args.input))
    with GrowingFile(args.output) as output:
        same_settings(args.output, output.lines, {labels.who: labels.rules})
        records = _rest(read_records(args.input), output)
        with tqdm(total=total, initial=output.lines, desc=f"{labels.who}: rules", unit="row", mininterval=1) as bar:
            for record in records:
                output.append(_labelled(record, labels, labels.by_rules(record).fields(), labels.rules))
                bar.update()
        say(f"{args.output}: {output.lines:,} lines")
    return 0


def _rest(records: Iterator[Instruction], output: GrowingFile) -> Iterator[Instruction]:
    """The records after those that the output has. Raises InputError where it is of others."""
    written = read_lines(output.path) if output.lines else iter(())
    for line, value in itertools.islice(written, output.lines):
        record = next(records, None)
        if record is None or not isinstance(value, dict) or text_of(value) != record.text:
            raise InputError(
                f"{output.path}, line {line}: of other instructions; name another output, or remove the file"
            )
    yield from records


def _by_llm(args: argparse.Namespace, labels: Labels) -> int:
    from stagent.queries.interview import Interview  # the client of endpoints is needed here alone

    llm = llm_of(args, ROLE, temperature=0)
    llm.endpoint()  # what can't be asked is said before anything is read
    journal = args.journal or args.output.with_name(args.output.name + ".journal.jsonl")
    records = list(read_records(args.input))
    findings = Interview(labels.form, llm, journal, stop_after=args.stop_after).ask(records)
    name = f"llm {llm.model}"
    values = (
        _labelled(record, labels, finding.value.fields(), name)
        if finding.accepted
        else _unlabelled(record, labels, name, finding.reason)
        for record, finding in zip(records, findings, strict=True)
    )
    write_jsonl(args.output, values)
    missing = sum(not finding.accepted for finding in findings)
    say(
        f"{args.output}: {len(records):,} lines"
        + (f", {missing:,} without labels: see {labels.who}_failed" if missing else "")
    )
    return INCOMPLETE if missing else 0


def _labelled(record: Instruction, labels: Labels, fields: dict[str, Any], name: str) -> dict[str, Any]:
    kept = {key: value for key, value in record.value.items() if key != f"{labels.who}_failed"}
    return kept | fields | {labels.who: name}


def _unlabelled(record: Instruction, labels: Labels, name: str, reason: str) -> dict[str, Any]:
    """Without the labels that it may have had from somebody else: they would be taken for this one's."""
    kept = {key: value for key, value in record.value.items() if key not in labels.names}
    return kept | {labels.who: name, f"{labels.who}_failed": reason}
