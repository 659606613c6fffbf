"""agree: how far two judges agree about the same plans, from two scores files.

    python -m gplan.judge score a.jsonl b.jsonl --output rules.jsonl
    python -m gplan.judge score a.jsonl b.jsonl --judge llm --output llm.jsonl
    python -m gplan.judge agree rules.jsonl llm.jsonl

Over the rows of the files that both have scored. Systems are the prediction files, ranked by their mean.
"""

import argparse
from statistics import fmean

from gplan.evaluation.table import align
from gplan.judge.agreement import Agreement, agreement, system_tau
from gplan.judge.rubric import AXES
from gplan.judge.scores import COLUMNS, TITLES, ScoreLine, read_scores
from utils import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", metavar="SCORES.jsonl", help="what score --output wrote")
    parser.add_argument("second", metavar="OTHER.jsonl", help="the same by another judge")


def run(args: argparse.Namespace) -> int:
    first, second = ({(one.file, one.row): one for one in read_scores(path)} for path in (args.first, args.second))
    common = [(first[key], second[key]) for key in first if key in second]
    if not common:
        raise InputError(
            f"{args.first} and {args.second}: no row of one file stands in both; score the same prediction files, "
            "under the same names, by both judges"
        )
    try:
        print(_text(args, common))
    except ImportError as error:
        raise InputError(f"agree needs {error.name}: pip install -r config/requirements/baselines.txt") from None
    return 0


def _text(args: argparse.Namespace, common: list[tuple[ScoreLine, ScoreLine]]) -> str:
    systems = len({one.file for one, _ in common})
    lines = [["", "rows", "exact", "kappa", "alpha", "tau, rows", f"tau, {systems} systems"]]
    tables = []
    for name in COLUMNS:
        both = [(a, b) for a, b in common if None not in (a.scores[name], b.scores[name])]
        if not both:
            lines.append([TITLES[name], "0"])
            continue
        found = agreement([a.scores[name] for a, _ in both], [b.scores[name] for _, b in both])
        figures = (found.exact, found.kappa, found.alpha, found.tau, system_tau(*_means(both, name)))
        lines.append([TITLES[name], f"{found.rows:,}", *(f"{value:.3f}" for value in figures)])
        if name in AXES:
            tables.append(_counts(TITLES[name], found))
    judges = (f"{path} ({one.judge})" for path, one in zip((args.first, args.second), common[0], strict=True))
    notes = [
        f"{' and '.join(judges)}: {len(common):,} plans of both",
        align(lines),
        "kappa: Cohen's, quadratic weights; alpha: Krippendorff's, ordinal; tau: Kendall's b, over rows and over "
        "systems' means. Scores that are no whole numbers count as the nearest, but for tau.",
    ]
    return "\n".join([*notes, "", *tables])


def _means(both: list[tuple[ScoreLine, ScoreLine]], name: str) -> tuple[list[float], list[float]]:
    """Each judge's mean of each system, in one order."""
    by_file: dict[str, list[tuple[ScoreLine, ScoreLine]]] = {}
    for pair in both:
        by_file.setdefault(pair[0].file, []).append(pair)
    first, second = ([fmean(pair[i].scores[name] for pair in some) for some in by_file.values()] for i in (0, 1))
    return first, second


def _counts(title: str, found: Agreement) -> str:
    """The 5 x 5 table: a row a score of the first judge, a column one of the second."""
    lines = [[f"{title}: first \\ second", *map(str, range(1, 6))]]
    lines += [[str(score), *map(str, row)] for score, row in enumerate(found.table.tolist(), start=1)]
    return align(lines) + "\n"
