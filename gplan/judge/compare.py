"""compare: two prediction files against each other, row by row, and judge_report.html with what they differ on.

    python -m gplan.judge compare a.jsonl b.jsonl --valid_csv rows.csv

A positive difference is in favour of the second file. Equal plans have equal scores and tie.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from data_process.files import check_writable, write_text
from gplan.evaluation.gold import read_gold
from gplan.evaluation.table import align
from gplan.judge.arguments import judge_of
from gplan.judge.judge import judge_responses
from gplan.judge.page import Difference, JudgedAnswer, render_page
from gplan.judge.paired import Paired, compare_scores
from gplan.judge.score import add_answer_arguments, read_responses
from gplan.judge.scores import TITLES, incomplete, unscored
from gplan.llm.asking import INCOMPLETE
from gplan.starter.rows import held_out_rows
from utils import InputError

PAGE = "judge_report.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", metavar="A.jsonl", help="row and text a line, as test.py's predictions.jsonl")
    parser.add_argument("second", metavar="B.jsonl", help="the same of another model, for the same rows")
    parser.add_argument("--output_dir", type=Path, default=Path("."), help=f"where {PAGE} is written [.]")
    parser.add_argument("--shown", type=int, default=60, help="rows on the page, those that differ most first [60]")
    add_answer_arguments(parser)


def run(args: argparse.Namespace) -> int:
    if args.first == args.second:
        raise InputError(f"{args.first}: given twice; give the predictions of two models")
    folder = check_writable(args.output_dir, "--output_dir")
    judge = judge_of(args)
    gold = read_gold(held_out_rows(args.valid_csv), None, bad_rows=args.bad_rows, folder=None)
    answers = read_responses(gold, [args.first, args.second])
    first, second = judge_responses(judge, gold.rows, answers).values()
    paired = compare_scores(first, second, seed=args.seed)
    print(_table(args.first, args.second, paired))
    differing = [
        Difference(number, row, JudgedAnswer(a, one), JudgedAnswer(b, other))
        for number, row, a, b, one, other in zip(gold.numbers, gold.rows, *answers.values(), first, second, strict=True)
        if one != other
    ]
    differing.sort(key=lambda each: (-each.distance, each.number))
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / PAGE, render_page(args.first, args.second, judge.name, paired, differing, args.shown))
    missing = unscored([*first, *second])
    if missing:
        print("without a score: " + ", ".join(f"{why} {count}" for why, count in missing.items()))
    print(f"{len(differing):,} of {len(gold.rows):,} rows are judged differently; written: {folder / PAGE}")
    return INCOMPLETE if incomplete(missing) else 0


def _table(first: str, second: str, paired: Sequence[Paired]) -> str:
    lines = [["", "A", "B", "B - A", "95% interval", "win", "tie", "loss"]]
    lines += [
        [
            TITLES[one.name],
            f"{one.first:.3f}",
            f"{one.second:.3f}",
            f"{one.difference:+.3f}",
            f"{one.low:+.3f} to {one.high:+.3f}",
            *(f"{count:,}" for count in (one.wins, one.ties, one.losses)),
        ]
        for one in paired
    ]
    return f"A: {first}\nB: {second}\n{align(lines)}"
