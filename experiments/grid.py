"""The baselines' settings, searched once: every setting of ``recipes/grids.yaml`` on rows that no table reports on.

python -m experiments.grid                              # all, into ./output_grid
python -m experiments.grid --models sasrec hstu         # some
"""

import argparse
import json
import sys
from pathlib import Path

import yaml

from config.command_line import number
from experiments.results import FOLDER as RESULTS
from experiments.results import markdown, measured_with, read_result, write_result
from experiments.table.jobs import run_all
from experiments.table.ways import Files, TableLine, baseline, held_out
from gplan.starter.rows import first_embedded_rows
from utils import ROOT, InputError, Parser, door, environment, say

RECIPE = ROOT / "experiments" / "recipes" / "grids.yaml"
ROWS, WORLD_SEED, TRAINING_SEED = 2000, 77, 42
# By their names in metrics.json, which also has what each is expected to be over all labels of the world's rows.
SCORES = {"NES": "nes", "Acc@1": "acc@1"}


def main() -> int:
    grids = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))
    parser = Parser(
        prog="python -m experiments.grid", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=grids, metavar="MODEL", help=f"some of {', '.join(grids)}")
    parser.add_argument("--folder", type=Path, default=Path("output_grid"), help="takes everything [output_grid]")
    parser.add_argument("--at_once", type=number(int, 1), default=2, help="runs at a time, one thread each [2]")
    parser.add_argument("--write", action="store_true", help="write experiments/results/grids.json")
    args = parser.parse_args()
    if args.write and args.models:
        raise InputError("--write: the file is of all models; leave --models out")
    folder = args.folder.resolve()
    few = str(first_embedded_rows())
    files = Files(folder, few, few, str(folder / "held_out.csv"), (held_out(folder, ROWS, WORLD_SEED),))
    lines = {
        (model, ", ".join(f"{name} {value}" for name, value in settings.items())): _line(files, model, settings)
        for model in args.models or grids
        for settings in grids[model]
    }
    run_all([line.scores for line in lines.values()], at_once=args.at_once)
    target = (RESULTS if args.write else folder) / "grids.json"
    write_result(target, _about(), ranked([_row(*key, line) for key, line in lines.items()]))
    print(markdown(read_result(target)))
    say(f"written: {target}")
    return 0


def _line(files: Files, model: str, settings: dict) -> TableLine:
    flags = [str(word) for name, value in settings.items() for word in (f"--{name}", value)]
    return baseline(files, model, TRAINING_SEED, *flags, sees="comparisons")


def _row(model: str, settings: str, line: TableLine) -> dict:
    metrics, run = (json.loads(path.read_text(encoding="utf-8")) for path in (line.scores.done, line.run))
    row = {"model": model, "settings": settings}
    for title, name in SCORES.items():
        row |= {f"expected {title}": metrics["expected"][name], title: metrics[name]["value"]}
    return row | {name: run[name] for name in ("parameters", "seconds")}


def ranked(rows: list[dict]) -> list[dict]:
    """Models in their order, the settings of each by expected NES, best first."""
    models = list(dict.fromkeys(row["model"] for row in rows))
    return sorted(rows, key=lambda row: (models.index(row["model"]), -row["expected NES"]))


def _about() -> dict:
    made = environment()
    return {
        "title": "The baselines' settings, each tried once",
        "command": ["python -m experiments.grid --write"],
        **measured_with(made),
        "seed": TRAINING_SEED,
        "note": "Trained on the first 2,400 embedded rows, one thread each, with the comparisons; "
        f"{ROWS:,} held-out rows of world seed {WORLD_SEED}, on which nothing is reported. Differences of .01 are "
        "within one seed's chance.",
        "columns": {"model": None, "settings": None}
        | {f"{kind}{title}": ".3f" for title in SCORES for kind in ("expected ", "")}
        | {"parameters": ",.0f", "seconds": ",.0f"},
    }


if __name__ == "__main__":
    sys.exit(door(main))
