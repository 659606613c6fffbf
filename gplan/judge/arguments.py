"""The flags that say who judges, the same in ``test.py`` and ``python -m gplan.judge``."""

import argparse
from pathlib import Path

from gplan.judge.judge import Judge
from gplan.judge.rules import RuleJudge
from gplan.llm.arguments import add_llm_arguments, llm_of
from utils import InputError

JUDGES = ("rules", "llm", "replay")
JOURNAL = "judge.jsonl"


def add_judge_arguments(parser: argparse.ArgumentParser, *, default: str | None = "rules") -> None:
    add = parser.add_argument
    add(
        "--judge",
        choices=JUDGES,
        default=default,
        help="rules: by the rubric's own rules; llm: a model behind JUDGE_URL; replay: what a journal holds"
        + (" (default: rules)" if default else ""),
    )
    add("--judge_journal", type=Path, metavar="FILE", help=f"every answer of the llm judge, to go on with [{JOURNAL}]")
    add("--judge_samples", type=int, default=1, help="how often an llm is asked each question; its noise is shown [1]")
    add(
        "--judge_stop_after",
        type=int,
        default=20,
        help="stop when so many answers in a row are refused for one reason; 0: never (default: 20)",
    )
    add_llm_arguments(parser, "judge", longest_answer=400)


def judge_of(args: argparse.Namespace, folder: Path = Path()) -> Judge:
    """The judge that the flags name; a journal that isn't named is ``judge.jsonl`` in ``folder``.

    Raises:
        InputError: numbers that make no sense, or a journal that can't be used.
    """
    if args.judge_samples < 1 or args.judge_stop_after < 0:
        raise InputError("--judge_samples must be at least 1, --judge_stop_after at least 0")
    if args.judge_journal and args.judge_journal.suffix != ".jsonl":
        raise InputError(f"--judge_journal {args.judge_journal}: give a file that ends in .jsonl")
    if args.judge == "rules":
        if args.judge_journal:
            raise InputError("--judge_journal: the rule judge asks nobody and keeps none; leave it out")
        return RuleJudge()
    from gplan.judge.by_llm import LlmJudge, ReplayJudge

    journal = args.judge_journal or folder / JOURNAL
    if args.judge == "replay":
        return ReplayJudge(journal, args.judge_model)
    llm = llm_of(args, "judge", temperature=0)
    llm.endpoint()  # what can't be asked is said before anything is made
    return LlmJudge(llm, journal, samples=args.judge_samples, stop_after=args.judge_stop_after)
