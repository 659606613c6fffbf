"""Counterfactual twins: the same request at another moment or place, and another plan for it (GPlan, section 4.2.1).

    python synthesize.py twins IN.csv OUT.jsonl --teacher rules [--per_row 1] [--seed 1] [--json]
    TEACHER_URL=… TEACHER_MODEL=… python synthesize.py twins IN.csv OUT.jsonl --teacher llm

Writes a twins file (``data_process/twins.py``); rows without a twin are listed with the reason in
``OUT.jsonl.without.jsonl``. Both plans of a pair come from the teacher and pass the rule filter; the label that the
row has stays beside them. An LLM's answers are journalled in ``OUT.jsonl.work``: the same command goes on where one was
cut off, with generate's exit status.
"""

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from config.command_line import number
from data_process.files import write_jsonl
from data_process.intents import TOOL_KEY, Plan, canonical
from data_process.response import plan_text
from data_process.rule_filter import checked_label, filter_plan
from data_process.schema import CONTEXT, LABEL, Row
from data_process.situation import parse_time
from data_process.twins import Pair, changed_columns, write_pairs
from data_process.usable import read_usable
from gplan.synthesis.augment import BAD_ROWS_SUFFIX, check_paths
from gplan.synthesis.teachers.arguments import add_teacher_arguments, teacher_of
from gplan.synthesis.teachers.teacher import RowPlanner
from gplan.synthesis.twins.journalled import UnfinishedError, journalled
from gplan.world.moments import KINDS, candidates, what_matters
from gplan.world.places import Atlas
from utils import InputError

# A teacher as this tool sees it: plans for a batch of rows, in order, None for a row that it has none for.
# Rows whose pairs are searched together: few calls of a slow teacher, and progress that can be told.
BATCH = 2000
# Raised whenever the same rows, teacher and seed give other pairs.
FORMAT = 1
WITHOUT_SUFFIX = ".without.jsonl"
WORK_SUFFIX = ".work"


class Without(NamedTuple):
    """A row for which no twin was found, and why.

    ``time.unreadable``, ``moment.none`` (no possible moment differs in what matters), ``plan.equal`` (the teacher
    says the same at each of them), ``teacher.anchor`` or ``teacher.twin`` (it has no plan that passes the filter).
    """

    row: int
    id: str
    reason: str


class _Search:
    """The search for twins of one row: moments not tried yet, pairs found, and what stood in the way."""

    def __init__(self, number: int, anchor: Row, moments: Iterator[Row]) -> None:
        self.number, self.anchor, self.moments = number, anchor, moments
        self.plan: Plan | None = None
        self.twins: list[tuple[Row, Plan]] = []
        self.reason = "moment.none" if parse_time(anchor["currenttime"]) else "time.unreadable"


def find_twins(
    rows: list[Row], labels: list[str], teacher: RowPlanner, *, seed: int, per_row: int = 1, moments: int = 8
) -> tuple[list[Pair], list[Without]]:
    """Pairs in the order of their rows, and the rows without one.

    In each round the teacher is asked for one more moment of every row that still lacks twins, all at once. A
    row's moments depend on the file, the seed and its number alone.

    Args:
        labels: of the rows, kept beside the pairs.
        teacher: both plans of each pair come from it.
        per_row: twins wanted a row, each at a moment of its own.
        moments: tried for each of them.
    """
    atlas, pairs, without = Atlas(rows), [], []
    for start in range(0, len(rows), BATCH):
        searches = [
            _Search(number, {**rows[number], LABEL: ""}, candidates(rows[number], atlas, _rng(seed, number)))
            for number in range(start, min(start + BATCH, len(rows)))
        ]
        plans = _passed(teacher, [search.anchor for search in searches])
        open_ = []
        for search, plan in zip(searches, plans, strict=True):
            search.plan = plan
            if plan:
                search.anchor[LABEL] = plan_text(plan)
                open_.append(search)
            else:
                search.reason = "teacher.anchor"
        for _ in range(moments * per_row):
            asked = [(search, twin) for search in open_ if (twin := next(search.moments, None))]
            if not asked:
                break
            plans = _passed(teacher, [twin for _, twin in asked])
            for (search, twin), plan in zip(asked, plans, strict=True):
                if plan and plan != search.plan:
                    search.twins.append(({**twin, LABEL: plan_text(plan)}, plan))
                elif search.reason != "plan.equal":
                    search.reason = "plan.equal" if plan else "teacher.twin"
            open_ = [search for search, _ in asked if len(search.twins) < per_row]
        for search in searches:
            pairs += [_pair(search, twin, plan, labels[search.number]) for twin, plan in search.twins]
            if not search.twins:
                without.append(Without(search.number, search.anchor["id"], search.reason))
    return pairs, without


def _rng(seed: int, number: int) -> random.Random:
    return random.Random(f"twins {seed} {number}")


def _passed(teacher: RowPlanner, rows: list[Row]) -> list[Plan | None]:
    """The teacher's plans, canonical; None where it has none that passes the filter."""
    return [
        canonical(plan) if plan and not filter_plan(plan, has_order=bool(row["trigger_1"])) else None
        for row, plan in zip(rows, teacher(rows), strict=True)
    ]


def _pair(search: _Search, twin: Row, plan: Plan, label: str) -> Pair:
    changed = changed_columns(search.anchor, twin)
    return Pair(search.number, search.anchor, twin, changed, (search.plan, plan), label)


def statistics(pairs: list[Pair], without: list[Without]) -> dict:
    """What was found: ``{"rows", "pairs", "with_twin", "share", "without", "kinds", "changed", "matters", "plans"}``.

    ``kinds`` counts pairs by what moved, ``changed`` by column, ``matters`` by what it means. Under ``plans``,
    ``first_intent`` counts the pairs whose first intents differ, and each pair is one of ``tools`` (other tools),
    ``parameters`` (the same tools) and ``order`` (the same intents in another order).
    """
    with_twin = len({pair.row for pair in pairs})
    columns = Counter(name for pair in pairs for name in pair.changed)
    return {
        "rows": with_twin + len(without),
        "pairs": len(pairs),
        "with_twin": with_twin,
        "share": round(with_twin / max(1, with_twin + len(without)), 4),
        "without": _counts(one.reason for one in without),
        "kinds": dict.fromkeys(KINDS, 0) | _counts(_kind(pair.changed) for pair in pairs),
        "changed": {name: columns[name] for name in CONTEXT},
        "matters": _counts(name for pair in pairs for name in what_matters(pair.anchor, pair.twin)),
        "plans": dict.fromkeys(("first_intent", "tools", "parameters", "order"), 0)
        | _counts(name for pair in pairs for name in differences(*pair.plans)),
    }


def differences(ours: Plan, theirs: Plan) -> list[str]:
    """In what two plans differ: ``differences([t8, t9], [t9, t8]) == ["first_intent", "order"]``."""
    first = ["first_intent"] if ours[0] != theirs[0] else []
    if Counter(one[TOOL_KEY] for one in ours) != Counter(one[TOOL_KEY] for one in theirs):
        return [*first, "tools"]
    same = Counter(frozenset(one.items()) for one in ours) == Counter(frozenset(one.items()) for one in theirs)
    return [*first, "order" if same else "parameters"]


def _kind(changed: list[str]) -> str:
    moved, later = "current_poi_name" in changed, "currenttime" in changed
    return "both" if moved and later else "place" if moved else "time"


def _counts(names: Iterator[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())


def curated(row: Row) -> str:
    """The plan of a row's own label without its reasoning, as text; empty where the row has no label.

    Raises:
        LabelError: a label that could not be reported beside a pair.
    """
    return plan_text(checked_label(row).plan) if row[LABEL] else ""


def write_twins(
    source: Path,
    target: Path,
    teacher: RowPlanner,
    *,
    seed: int,
    per_row: int = 1,
    moments: int = 8,
    bad_rows: str = "stop",
) -> dict:
    """Reads rows, finds twins, writes both files; returns the statistics."""
    remedy = "; a label may be empty, for the plans of a pair come from the teacher"
    rows = read_usable(source, bad_rows, f"{target}{BAD_ROWS_SUFFIX}", curated, remedy=remedy).rows
    labels = list(map(curated, rows))
    pairs, without = find_twins(rows, labels, teacher, seed=seed, per_row=per_row, moments=moments)
    if not pairs:
        raise InputError(f"{source}: no row has a twin: {_counts(one.reason for one in without)}; give more rows")
    write_jsonl(f"{target}{WITHOUT_SUFFIX}", (row._asdict() for row in without))
    write_pairs(target, pairs)
    return statistics(pairs, without)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN.csv", type=Path, help="GSISR CSV; its labels may be empty")
    parser.add_argument("target", metavar="OUT.jsonl", type=Path, help="the pairs, one a line")
    parser.add_argument("--per_row", type=number(int, 1), default=1, help="twins wanted for each row (default: 1)")
    parser.add_argument("--moments", type=number(int, 1), default=8, help="moments tried for each of them (default: 8)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments that are tried (default: 1)")
    parser.add_argument("--force", action="store_true", help="overwrite OUT.jsonl")
    parser.add_argument("--json", action="store_true", help="print the statistics as JSON and nothing else")
    add_teacher_arguments(parser)


def run(args: argparse.Namespace) -> int:
    began = time.perf_counter()
    check_paths(args.source, args.target, force=args.force)
    teacher = teacher_of(args)
    planner = teacher.planner() or journalled(args, Path(f"{args.target}{WORK_SUFFIX}"))
    try:
        wanted = {"seed": args.seed, "per_row": args.per_row, "moments": args.moments, "bad_rows": args.bad_rows}
        found = write_twins(args.source, args.target, planner, **wanted)
    except UnfinishedError as error:
        return error.status
    result = {"input": str(args.source), "output": str(args.target), "teacher": teacher.name, **found}
    result["seconds"] = round(time.perf_counter() - began, 3)
    print(json.dumps(result, ensure_ascii=False) if args.json else report(result))
    return 0


def report(result: dict) -> str:
    """The statistics for a reader."""
    pairs = result["pairs"]

    def shares(name: str) -> str:
        return ", ".join(f"{key} {count / pairs:.1%}" for key, count in result[name].items() if count)

    missing = ", ".join(f"{reason} {count}" for reason, count in result["without"].items())
    return "\n".join(
        [
            f"{result['output']}: {pairs} pairs in {result['seconds']} s, {pairs / result['seconds']:.0f} a second",
            f"  rows with a twin  {result['with_twin']} of {result['rows']} ({result['share']:.1%})",
            *([f"  without           {missing} (see {result['output']}{WITHOUT_SUFFIX})"] if missing else []),
            f"  what moved        {shares('kinds')}",
            f"  columns           {shares('changed')}",
            f"  what it means     {shares('matters')}",
            f"  plans differ in   {shares('plans')}",
        ]
    )
