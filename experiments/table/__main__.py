"""The paper's tables, each by one command: trains what is missing, scores it, writes table, plans and picture.

python -m experiments.table 1                               # three seeds, into ./output_tables
python -m experiments.table 1 --seeds 42 --folder one   # one seed
python -m experiments.table 1 --sample real.csv         # on real rows, five folds
python -m experiments.table 1 --lines "PICD, all rows, mbr" --against "PICD, all rows, free"
"""

import argparse
import shlex
import signal
import sys
from pathlib import Path

from config.command_line import number
from data_process.schema import VISIBLE, read_rows
from experiments.results import FOLDER as RESULTS
from experiments.results import markdown, measured_with, read_result, write_result
from experiments.table import latents, reinforced, ways
from experiments.table.figures import FIGURES, PLAIN, draw, measure, trained_minutes, write_plans
from experiments.table.jobs import run_all
from experiments.table.judged import WITH_TWINS, add_columns
from gplan.starter.rows import embedded_rows, embedded_twins, first_embedded_rows
from utils import ROOT, InputError, Parser, door, environment, say

TABLES = {
    1: ("Table 1: GPlan, floors, trees and the paper's baselines, by what they see of a row", ways.table_1),
    2: ("Table 2: PICD, training without reasoning and with text, and the controls", ways.table_2),
    3: ("Table 3: the learning rate's schedules", ways.table_3),
    4: ("Table 4: PICD, alignment, ordinary training on the same pairs, and trees", ways.table_4),
    5: ("Table 5, ours: reinforcement learning beside what it must beat", reinforced.table_5),
    6: ("Table 6, ours: how many latents a block has, and where they stand", latents.table_6),
}
SAMPLES = {
    1: (
        "Table 1 on a sample of real rows: trees, floors, models by what they see, and PICD",
        ways.table_1_sample,
    ),
    5: ("Table 5 on a sample of real rows: reinforcement learning after ordinary training", reinforced.table_5_sample),
}
_JUDGED = (
    " Flow to Overall are the rule judge's, over valid plans; ST gain: how much higher ST is, over twins, for the plan "
    "that a model gives a moment than for the one that it gives the other; commonest: the share of rows that get the "
    "plan that most rows get."
)
# The one that stands in the READMEs, with these columns.
README_TABLE = 5
README_COLUMNS = ("Acc@1", "expected Acc@1", "NES", "expected NES", "responsiveness", "commonest", "ST", "Overall")
# And of the same on real rows, whose other labels nobody knows and which have no twins.
SAMPLE_COLUMNS = ("Acc@1", "NDCG@3", "NES", "Valid", "seconds")


def main() -> int:
    parser = Parser(
        prog="python -m experiments.table", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", type=int, choices=TABLES, help="number of the paper's table; 5 and 6 are ours")
    parser.add_argument("--seeds", default="42,43,44", type=_seeds, help="training seeds [42,43,44]")
    parser.add_argument("--lines", nargs="+", metavar="NAME", help="of the table, beside its first; unset: all")
    parser.add_argument("--against", metavar="NAME", help="line that the others are compared with [the first]")
    parser.add_argument(
        "--sample",
        type=Path,
        metavar="CSV",
        help="GSISR rows without reasoning, for tables 1 and 5: instead of generated ones",
    )
    parser.add_argument("--folder", type=Path, default=Path("output_tables"), help="takes everything [output_tables]")
    parser.add_argument("--at_once", type=number(int, 1), default=2, help="runs at a time, one thread each [2]")
    parser.add_argument(
        "--write", action="store_true", help="write experiments/results/table_N.json, its plans and its picture"
    )
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # as Ctrl-C: what runs is stopped too
    if args.sample:
        _part_sample(args)
    title = (SAMPLES if args.sample else TABLES)[args.table][0]
    repeats = [repeat._replace(lines=chosen(repeat.lines, args.lines, args.against)) for repeat in _repeats(args)]
    run_all([line.scores for repeat in repeats for line in repeat.lines], at_once=args.at_once)
    measured = measure(repeats)
    name = f"table_{args.table}{'_sample' * bool(args.sample)}"
    folder = args.folder.resolve()
    target = (RESULTS if args.write else folder) / f"{name}.json"
    write_result(target, _about(args, title, trained_minutes(repeats)), measured.rows + _bound_rows(measured.bounds))
    write_plans(target.parent / "plans" / f"{name}.jsonl.xz", repeats)
    if args.table in WITH_TWINS and not args.sample:
        add_columns(target, folder)
    picture = (ROOT / "docs" / "images" if args.write else folder) / f"{name}.png"
    draw(picture, measured, title)
    print(markdown(read_result(target)))
    say(f"written: {target}, {picture}")
    return 0


def _part_sample(args: argparse.Namespace) -> None:
    """Makes the sample's folds, alone, so that what is wrong with it is said before anything is trained."""
    if args.table not in SAMPLES:
        raise InputError(f"--sample: table {args.table} is of generated rows alone; give table 1 or 5")
    if not args.sample.is_file():
        raise InputError(f"--sample {args.sample}: no such file")
    folder = args.folder.resolve()
    parted = folder / "sample.csv"
    if parted.exists() and _requests(parted) != _requests(args.sample):
        raise InputError(f"--folder {args.folder}: it holds the folds of another sample; give another folder")
    run_all([ways.folds(folder, args.sample.resolve())], at_once=1)


def _requests(path: Path) -> list[list[str]]:
    return [[row[name] for name in VISIBLE] for row in read_rows(path)]


def _repeats(args: argparse.Namespace) -> list[ways.Repeat]:
    folder = args.folder.resolve()
    if args.sample:
        files = ways.Files(folder, "", "", "", (ways.folds(folder, args.sample.resolve()),))
        pairs = [(seed, fold) for seed in args.seeds for fold in range(ways.FOLDS)]
        return [ways.Repeat(seed, SAMPLES[args.table][1](files, seed, fold), fold) for seed, fold in pairs]
    rows = str(embedded_rows()), str(first_embedded_rows()), str(folder / "held_out.csv")
    files = ways.Files(folder, *rows, (ways.held_out(folder),))
    if args.table in WITH_TWINS:
        twins = ways.held_out_twins(folder)
        files = files._replace(needs=(*files.needs, twins), train_twins=str(embedded_twins()[0]), twins=str(twins.done))
    return [ways.Repeat(seed, TABLES[args.table][1](files, seed)) for seed in args.seeds]


def chosen(lines: list[ways.TableLine], names: list[str] | None, against: str | None = None) -> list[ways.TableLine]:
    """The line that the others are compared with, the first unless it is named, and those of ``names``; all without.

    A line that stands in the table more than once, by what it sees, is ``trees (context)``; ``trees`` are all of them.

    Raises:
        InputError: a name that no line has.
    """
    labels = [{line.name, f"{line.name} ({line.sees})"} for line in lines]
    known = set().union(*labels)
    for flag, given in (("--lines", names or ()), ("--against", filter(None, [against]))):
        if unknown := [name for name in given if name not in known]:
            there = "; ".join(dict.fromkeys(line.name for line in lines))
            raise InputError(f"{flag} {unknown[0]!r}: there is none; the table has {there}")
    first = 0 if against is None else next(i for i, label in enumerate(labels) if against in label)
    rest = [i for i, label in enumerate(labels) if i != first and (names is None or label & set(names))]
    return [lines[i] for i in (first, *rest)]


def _seeds(text: str) -> list[int]:
    words = text.split(",")
    if not all(word.isdecimal() for word in words):
        raise argparse.ArgumentTypeError(f"{text!r}: give whole numbers with commas between, as 42,43,44")
    return list(map(int, words))


def _how(args: argparse.Namespace) -> str:
    if args.sample:
        return (
            f"Every row is answered once, by what has learnt from the four other folds (i % {ways.FOLDS}). Means over "
            "folds and seeds; in brackets the mean difference to the first row, fold by fold, ± its standard error."
        )
    return (
        "Means over seeds; in brackets the mean difference to the first row, seed by seed, ± its standard error. "
        f"{ways.HELD_OUT_ROWS:,} held-out rows of world seed {ways.HELD_OUT_SEED}."
    ) + (_JUDGED if args.table in WITH_TWINS else "")


def _words(args: argparse.Namespace) -> list[str]:
    given = {"--lines": args.lines, "--against": args.against and [args.against]}
    given["--sample"] = args.sample and [args.sample.name]
    return [word for flag, values in given.items() if values for word in (flag, *values)]


def _bound_rows(bounds: dict[str, dict[str, float]]) -> list[dict]:
    return [{"way": name, "sees": "", **scores} for name, scores in bounds.items()]


def _about(args: argparse.Namespace, title: str, minutes: float) -> dict:
    made, shown = environment(), SAMPLE_COLUMNS if args.sample else README_COLUMNS
    return {
        "title": title,
        "command": [shlex.join(["python", "-m", "experiments.table", str(args.table), *_words(args), "--write"])],
        **measured_with(made),
        "seed": args.seeds,
        "note": f"{_how(args)} One thread a run, {args.at_once} runs at a time; the seconds of all trainings sum to "
        f"{minutes:.0f} min.",
        **({"readme": ["way", *shown]} if args.table == README_TABLE else {}),
        "columns": {"way": None, "sees": None} | {name: (",.0f" if name in PLAIN else ".3f") for name in FIGURES},
    }


if __name__ == "__main__":
    sys.exit(door(main))
