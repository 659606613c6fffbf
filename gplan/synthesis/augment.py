"""Writes the reasons for curated plans: a GSISR file of JSON-only labels becomes one of CoT labels.

    python synthesize.py augment IN.csv OUT.csv --teacher rules [--bad_rows skip] [--replace] [--force] [--json]

Every plan is kept as it is, and so is every other column. One row that can't be labelled stops the run before anything
is written, unless ``--bad_rows skip`` leaves such rows out; OUT.csv.bad_rows.jsonl lists them then.
"""

import argparse
import json
import shutil
import time
from pathlib import Path

from data_process.files import check_writable, whole
from data_process.intents import Plan
from data_process.response import LabelError, parse_response, render_label
from data_process.rule_filter import check_plan
from data_process.schema import LABEL, Row, write_rows
from data_process.usable import add_bad_rows, read_usable
from gplan.synthesis.rules.rule_teacher import RuleTeacher
from utils import InputError

BAD_ROWS_SUFFIX = ".bad_rows.jsonl"


def curated_plan(text: str, *, has_order: bool, replace: bool) -> Plan:
    """The plan of a label; its reasoning, if there is any, is dropped under ``replace``.

    ``curated_plan('[{"工具名称":"tool_9"}, …]', has_order=True, replace=False)`` -> ``[{"工具名称": "tool_9"}, …]``

    Raises:
        LabelError: the label doesn't parse, fails the rule filter, or has reasoning that may not be replaced.
    """
    response = parse_response(text)
    if response.problems:
        raise LabelError(response.problems[0], f"the label does not parse: {', '.join(response.problems)}")
    if response.reasoning is not None and not replace:
        raise LabelError("reasoning.present", "the label already has reasoning; give --replace to write it anew")
    check_plan(response.plan, has_order=has_order)
    return response.plan


def augment_rows(rows: list[Row]) -> tuple[list[Row], list[int]]:
    """Rows whose plans can be used, with CoT labels, and each reasoning's length in characters, its tags included."""
    teacher, augmented, lengths = RuleTeacher(), [], []
    for row in rows:
        plan = parse_response(row[LABEL]).plan
        blocks = teacher.explain(row, plan)
        lengths.append(sum(2 * len(name) + 5 + len(text) for name, text in blocks))
        augmented.append({**row, LABEL: render_label(blocks, plan)})
    return augmented, lengths


def check_paths(source: Path, target: Path, *, force: bool) -> None:
    """Refuses, with an InputError, a target that is the source, exists without ``force``, or has no folder."""
    if target.resolve() == source.resolve():
        raise InputError(f"{target}: OUT must not be IN; give another path")
    if target.is_dir() or (target.exists() and not force):
        raise InputError(f"{target}: exists already; give another path{'' if target.is_dir() else ', or --force'}")
    if not target.parent.is_dir():
        raise InputError(f"{target.parent}: no such folder; make it first")
    check_writable(target.parent, "OUT in")


def write_atomically(source: Path, target: Path, rows: list[Row]) -> None:
    """Writes the rows and the source's ``.meta.json``, if it has one: the target is whole or not there."""
    meta, new_meta = Path(f"{source}.meta.json"), Path(f"{target}.meta.json")
    with whole(target) as partial:
        write_rows(partial, rows)
        if meta.is_file():
            with whole(new_meta) as partial_meta:
                shutil.copyfile(meta, partial_meta)
        else:
            # Under --force a meta file of the overwritten table would describe the wrong rows.
            new_meta.unlink(missing_ok=True)


def augment(source: Path, target: Path, *, replace: bool, force: bool, bad_rows: str = "stop") -> dict:
    """Reads, explains and writes; returns what ``--json`` prints."""
    began = time.perf_counter()
    check_paths(source, target, force=force)

    def judge(row: Row) -> Plan:
        return curated_plan(row[LABEL], has_order=bool(row["trigger_1"]), replace=replace)

    usable = read_usable(source, bad_rows, f"{target}{BAD_ROWS_SUFFIX}", judge)
    rows, lengths = augment_rows(usable.rows)
    # The metadata of a world's file tells of all its rows.
    write_atomically(source if len(rows) == usable.count else target, target, rows)
    seconds = time.perf_counter() - began
    return {
        "input": str(source),
        "output": str(target),
        "teacher": "rules",
        "rows": len(rows),
        "bad_rows": usable.count - len(rows),
        "reasoning_chars": {
            "mean": round(sum(lengths) / len(lengths), 1),
            "min": min(lengths),
            "max": max(lengths),
        },
        "seconds": round(seconds, 3),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN.csv", type=Path, help="GSISR CSV with JSON-only labels")
    parser.add_argument("target", metavar="OUT.csv", type=Path, help="the same table with CoT labels")
    parser.add_argument("--teacher", choices=("rules",), required=True, help="who writes the reasoning")
    parser.add_argument("--replace", action="store_true", help="write reasoning anew where a label has some")
    add_bad_rows(parser)
    parser.add_argument("--force", action="store_true", help="overwrite OUT.csv")
    parser.add_argument("--json", action="store_true", help="print the result as JSON and nothing else")


def run(args: argparse.Namespace) -> int:
    result = augment(args.source, args.target, replace=args.replace, force=args.force, bad_rows=args.bad_rows)
    if args.json:
        print(json.dumps(result, ensure_ascii=False))
        return 0
    chars = result["reasoning_chars"]
    print(f"{args.target}: {result['rows']} rows written in {result['seconds']} s")
    print(f"  characters of reasoning a row: mean {chars['mean']}, {chars['min']} to {chars['max']}")
    return 0
