"""score: judges prediction files and prints each axis' mean with its interval, labels and floors beside it.

    python -m gplan.judge score predictions.jsonl --valid_csv rows.csv
    python -m gplan.judge score a.jsonl b.jsonl --valid_csv rows.csv --judge llm --judge_journal judge.jsonl \\
        --output scores.jsonl

Exit status: 0, 2 for what can't be used, 3 where some plans have no score yet (a budget), 130 after Ctrl-C.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from data_process.response import Response, parse_response
from data_process.usable import add_bad_rows
from gplan.evaluation.gold import Gold, read_gold
from gplan.evaluation.predictions import read_predictions
from gplan.evaluation.table import align
from gplan.judge.arguments import add_judge_arguments, judge_of
from gplan.judge.judge import judge_responses
from gplan.judge.judged import floor_responses, mean_scores
from gplan.judge.rubric import Judgement
from gplan.judge.scores import COLUMNS, TITLES, count_scored, incomplete, summarise_scores, unscored, write_scores
from gplan.llm.asking import INCOMPLETE
from gplan.starter.rows import held_out_rows
from utils import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("predictions", nargs="+", metavar="PREDICTIONS.jsonl", help="row and text a line, as test.py's")
    parser.add_argument("--output", type=Path, metavar="JSONL", help="a line a row: scores, evidence, reasons")
    add_answer_arguments(parser)


def add_answer_arguments(parser: argparse.ArgumentParser) -> None:
    """What score and compare share."""
    parser.add_argument("--valid_csv", metavar="CSV", help="the rows that were answered [as test.py]")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap [0]")
    add_bad_rows(parser)
    add_judge_arguments(parser)


def run(args: argparse.Namespace) -> int:
    judge = judge_of(args)
    gold = read_gold(held_out_rows(args.valid_csv), None, bad_rows=args.bad_rows, folder=None)
    floors = floor_responses(gold)
    began = time.perf_counter()
    # Under names of both kinds: a file may be called as a floor is.
    answers = {("file", path): found for path, found in read_responses(gold, args.predictions).items()}
    answers |= {("floor", name): found for name, found in floors.items()}
    judged = judge_responses(judge, gold.rows, answers)
    say(f"{len(judged) * len(gold.rows):,} plans judged in {time.perf_counter() - began:.1f} s")
    tables = {name: found for (kind, name), found in judged.items() if kind == "file"}
    lines = [["", *(TITLES[name] for name in COLUMNS), "scored"]]
    for name, judgements in tables.items():
        lines.append(_line(name, judgements, args.seed))
    for name in floors:
        scores = mean_scores(judged["floor", name])
        lines.append([name, *("-" if scores is None else f"{scores[axis]:.3f}" for axis in COLUMNS)])
    print(align(lines))
    if judge.noise is not None:
        print(f"noise: {judge.noise:.2f}, a score's standard deviation over its samples, in the mean")
    missing = {name: unscored(judgements) for name, judgements in tables.items()}
    for name, reasons in missing.items():
        if reasons:
            print(f"{name}: without a score: " + ", ".join(f"{why} {count}" for why, count in reasons.items()))
    if args.output:
        write_scores(args.output, judge.name, [(name, gold.numbers, found) for name, found in tables.items()])
        print(f"written: {args.output}")
    return INCOMPLETE if any(map(incomplete, missing.values())) else 0


def read_responses(gold: Gold, paths: Sequence[str]) -> dict[str, list[Response]]:
    """The answers of each prediction file, in the gold rows' order.

    Raises:
        InputError: a file that does not fit the rows.
    """
    return {path: list(map(parse_response, read_predictions(path, gold.numbers, gold.count))) for path in paths}


def _line(name: str, judgements: list[Judgement], seed: int) -> list[str]:
    summary = summarise_scores(judgements, seed=seed)
    cells = [
        "-" if figure is None else f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
        for figure in summary.values()
    ]
    return [name, *cells, f"{count_scored(judgements):,} of {len(judgements):,}"]
