"""Columns of the tables with twins, from the plans that a table has kept; nothing is trained.

    python -m experiments.table.judged 2 4      # into experiments/results/table_2.json and table_4.json

``experiments.table`` writes them too. By the rule judge, over valid plans; *ST gain* is how much higher ST is for the
plan that a model gives a moment than for the one that it gives the twin's moment, both in that moment, over twins;
*commonest* is the share of all rows that get the plan that most rows get.
"""

import argparse
import json
import lzma
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from data_process.files import write_json
from data_process.intents import Plan, canonical, render_plan
from data_process.response import Response
from data_process.rule_filter import filter_plan
from data_process.schema import Row
from data_process.twins import Pair
from experiments.results import FOLDER
from experiments.table import ways
from experiments.table.figures import cells_of
from experiments.table.jobs import run_all
from gplan.baselines.vocabulary import Vocabulary
from gplan.evaluation.gold import read_gold
from gplan.judge.judge import Item, Judge, judge_responses
from gplan.judge.judged import mean_scores
from gplan.judge.rules import RuleJudge
from gplan.judge.scores import TITLES
from utils import InputError, Parser, door, say

GAIN, SHARE = "ST gain", "commonest"
JUDGED = (*TITLES.values(), GAIN, SHARE)
WITH_TWINS = (2, 4, 5, 6)  # the tables that have these columns
LABELS, COMMONEST = "labels of these rows", "commonest plan of these rows"
INTENTS = Vocabulary("intents").intents
Numbers = list[int | None]


class Kept(NamedTuple):
    """What one line of one seed answered, as numbers of intents."""

    way: str
    sees: str
    seed: int
    plans: list[Numbers]
    twins: list[Numbers]  # anchor and twin of each pair in turn; empty where there are none


def main() -> int:
    parser = Parser(
        prog="python -m experiments.table.judged",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("tables", type=int, nargs="+", choices=WITH_TWINS, help="numbers of tables")
    parser.add_argument("--folder", type=Path, default=Path("output_tables"), help="takes the rows [output_tables]")
    args = parser.parse_args()
    for table in args.tables:
        target = FOLDER / f"table_{table}.json"
        add_columns(target, args.folder.resolve())
        say(f"written: {target}")
    return 0


def add_columns(target: Path, folder: Path) -> None:
    """Adds the judge's columns to a table's result file, from the plans that lie beside it.

    Args:
        folder: of the held-out rows and their twins, which are made where they are not there.

    Raises:
        InputError: no kept plans, or plans of other rows.
    """
    run_all([ways.held_out_twins(folder)], at_once=1)
    gold = read_gold(str(folder / "held_out.csv"), str(folder / "held_out_twins.jsonl"))
    content = json.loads(target.read_text(encoding="utf-8"))
    kept = _read(target.parent / "plans" / f"{target.stem}.jsonl.xz", len(gold.rows), len(gold.pairs))
    places = {(row["way"], row["sees"]): i for i, row in enumerate(content["rows"]) if "parameters" in row}
    judge = RuleJudge()
    figures = {
        (places[one.way, one.sees], one.seed, one.seed): _figures(judge, one, gold.rows, gold.pairs) for one in kept
    }
    rows = [{name: value for name, value in row.items() if name not in JUDGED} for row in content["rows"]]
    rows = [row for row in rows if row["way"] != LABELS]
    lines = [row for row in rows if "parameters" in row]
    others = [row for row in rows if "parameters" not in row]
    for row, cells in zip(lines, cells_of(figures), strict=True):
        row |= cells
    golds = [canonical(plan) for plan in gold.plans]
    commonest = json.loads(Counter(map(render_plan, golds)).most_common(1)[0][0])
    labels = _means(judge, gold.rows, golds) | {GAIN: _gain(judge, gold.pairs, [pair.plans for pair in gold.pairs])}
    for row in others:
        if row["way"] == COMMONEST:
            row |= _means(judge, gold.rows, [commonest] * len(gold.rows)) | {GAIN: 0.0}
    content["rows"] = [*lines, {"way": LABELS, "sees": ""} | labels, *others]
    content["columns"] = _with_judged(content["columns"])
    write_json(target, content)


def _with_judged(columns: dict[str, str | None]) -> dict[str, str | None]:
    """The columns with the judge's behind responsiveness."""
    found: dict[str, str | None] = {}
    for name, form in columns.items():
        if name not in JUDGED:
            found[name] = form
        if name == "responsiveness":
            found |= dict.fromkeys(JUDGED, ".3f")
    return found


def _read(path: Path, rows: int, pairs: int) -> list[Kept]:
    if not path.is_file():
        raise InputError(f"{path}: no such file; make the table first: python -m experiments.table N --write")
    with lzma.open(path, "rt", encoding="utf-8") as file:
        kept = [
            Kept(one["way"], one["sees"], one["seed"], one["plans"], one.get("twins", []))
            for one in map(json.loads, file)
        ]
    for one in kept:
        if len(one.plans) != rows or len(one.twins) not in (0, 2 * pairs):
            raise InputError(
                f"{path}: {one.way}, seed {one.seed}: {len(one.plans):,} plans and {len(one.twins):,} of twins for "
                f"{rows:,} rows and {pairs:,} pairs; make the table anew"
            )
    return kept


def _figures(judge: Judge, kept: Kept, rows: Sequence[Row], pairs: Sequence[Pair]) -> dict[str, float | None]:
    found: dict[str, float | None] = dict(_means(judge, rows, [_plan(one) for one in kept.plans]))
    sides = iter([_plan(one) for one in kept.twins])
    found[GAIN] = _gain(judge, pairs, list(zip(sides, sides, strict=True))) if kept.twins else None
    return found


def _plan(numbers: Numbers) -> Plan | None:
    """The plan of kept numbers; None for one that holds something else than intents."""
    return None if None in numbers else [dict(INTENTS[number]) for number in numbers]


def _means(judge: Judge, rows: Sequence[Row], plans: Sequence[Plan | None]) -> dict[str, float]:
    """Mean scores over the valid plans, and the commonest's share of all, by the columns' titles."""
    responses = [Response(None, plan or [], () if plan else ("plan.json",)) for plan in plans]
    means = mean_scores(judge_responses(judge, rows, {"": responses})[""])
    times = Counter(render_plan(plan) for plan in plans if plan)
    return {TITLES[name]: value for name, value in (means or {}).items()} | {
        SHARE: max(times.values(), default=0) / len(plans)
    }


def _gain(judge: Judge, pairs: Sequence[Pair], plans: Sequence[tuple[Plan | None, Plan | None]]) -> float | None:
    """Mean ST of a moment's own plan less that of the other moment's, over the pairs whose plans are both valid; None
    where there is no such pair."""

    def items() -> Iterator[tuple[Item, Item]]:
        for pair, both in zip(pairs, plans, strict=True):
            if all(plan and filter_plan(plan, has_order=bool(pair.anchor["trigger_1"])) is None for plan in both):
                for row, own, other in ((pair.anchor, *both), (pair.twin, *both[::-1])):
                    yield Item(row, own, ("st",)), Item(row, other, ("st",))

    found = list(items())
    own, other = (judge.judge([one[side] for one in found]) for side in (0, 1))
    return None if not found else fmean(a["st"].score - b["st"].score for a, b in zip(own, other, strict=True))


if __name__ == "__main__":
    sys.exit(door(main))
