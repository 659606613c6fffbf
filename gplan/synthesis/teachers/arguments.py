"""The flags that say who the teacher is and what it may take."""

import argparse
from pathlib import Path

from data_process.usable import add_bad_rows
from gplan.llm.arguments import add_llm_arguments, llm_of
from gplan.synthesis.seeds.seed_file import SEEDS
from gplan.synthesis.teachers.by_llm import ByLlm
from gplan.synthesis.teachers.by_replay import ByReplay
from gplan.synthesis.teachers.by_rules import ByRules
from gplan.synthesis.teachers.teacher import Teacher
from utils import InputError

TEACHERS = ("rules", "llm", "replay")


def add_teacher_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--teacher",
        nargs="+",
        metavar=("KIND", "JOURNAL"),
        default=["rules"],
        help="rules (default), llm, or replay JOURNAL: the answers of another journal, asking nobody",
    )
    add("--plans", choices=("keep", "new"), default="keep", help="rows with a plan: explain it (default), or plan anew")
    add_bad_rows(parser)
    add("--seeds", type=Path, default=SEEDS, help="examples for the llm teacher (default: the shipped ones)")
    add("--shots", type=int, default=4, help="examples in a prompt (default: 4)")
    add(
        "--changed",
        choices=("refuse", "ask", "keep"),
        default="refuse",
        help="answers that were asked for with other seeds, model or settings: refuse to go on (default), ask anew, "
        "or keep them",
    )
    add(
        "--stop_after",
        type=int,
        default=20,
        help="stop when so many rows in a row are rejected for one reason; 0: never (default: 20)",
    )
    add_llm_arguments(parser, "teacher", longest_answer=2000)


def teacher_of(args: argparse.Namespace) -> Teacher:
    """Who is to answer, after a look at all the numbers.

    Raises:
        InputError: an unknown teacher, numbers that make no sense, or seeds or a journal that can't be read.
    """
    kind, *more = args.teacher
    if kind not in TEACHERS:
        raise InputError(f"--teacher {kind}: give one of {', '.join(TEACHERS)}")
    if len(more) != (kind == "replay"):
        wanted = "--teacher replay JOURNAL" if kind == "replay" else f"--teacher {kind}, and ROWS.csv FOLDER before it"
        raise InputError(f"--teacher {' '.join(args.teacher)}: give {wanted}")
    for name in ("shots", "stop_after"):
        if getattr(args, name) < 0:
            raise InputError(f"--{name} {getattr(args, name)}: give at least 0")
    llm = llm_of(args, "teacher")
    if kind == "rules":
        return ByRules()
    if kind == "replay":
        return ByReplay(Path(more[0]))
    return ByLlm(llm, seeds=args.seeds, shots=args.shots, stop_after=args.stop_after)
