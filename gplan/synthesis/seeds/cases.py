"""Seed cases: requests with a proposed plan go to people as a sheet and a page, and come back as seeds.

    python synthesize.py seeds export PICKED.csv CASES.csv --html CASES.html --count 40
    python synthesize.py seeds import CASES.csv SEEDS.jsonl --who "Li Lei"

A reviewer opens CASES.csv in a spreadsheet and CASES.html in a browser, corrects the plan (``intent_1`` …, in words
like ``打车 当前位置→订单目的地``) and the reasons (``CONTEXT``, ``STRATEGY``, ``STEP_1`` …), and writes ``drop`` in
``verdict`` for what should be no example. ``note`` takes remarks, ``corrected_by`` a name where several share a sheet.
The other columns are to be read only.

The exported original travels in the sheet itself (columns ``row`` and ``check``), not in a file beside it: sheets are
mailed, copied and renamed, and a file beside them stays behind. Import either takes the whole sheet or names every
cell that can't be used and writes nothing. Sheets of several reviewers are imported one after the other into one
SEEDS.jsonl; see ``seed_merge`` for the rule. Importing a sheet again changes nothing.
"""

import argparse
import json
import math
import random
import sys
from collections import Counter, deque
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from config.command_line import number
from data_process.intents import Plan, render_plan
from data_process.response import LabelError, parse_label, parse_response
from data_process.rule_filter import filter_parsed
from data_process.schema import COLUMNS, LABEL, Row
from data_process.situation import situation
from data_process.usable import add_bad_rows, read_usable
from gplan.synthesis.augment import BAD_ROWS_SUFFIX, check_paths
from gplan.synthesis.rules.rule_teacher import RuleTeacher
from gplan.synthesis.seeds.case_check import KEEP, Case, CellProblem, described, label_cells, read_case, row_check
from gplan.synthesis.seeds.case_page import write_page
from gplan.synthesis.seeds.case_words import PASSES, REASON_WORDS
from gplan.synthesis.seeds.merge import DROPPED_SUFFIX, Merged, merge, read_dropped, write_dropped
from gplan.synthesis.seeds.seed_file import read_seeds, write_seeds
from gplan.synthesis.seeds.sheet import SheetRow, read_sheet, write_sheet
from utils import InputError


class Proposal(NamedTuple):
    """A request with the label that is proposed for it, and what the rule filter said of its own plan."""

    row: Row
    plan: Plan
    opinion: str  # one of case_words.FILTER_OPINIONS


def propose(row: Row) -> Proposal:
    """The row's own plan and reasons where it has them; the rule teacher's where they are missing or unreadable.

    A plan that breaks the filter's logic alone is shown as it is, for a person to correct.
    """
    teacher, response = RuleTeacher(), parse_response(row[LABEL])
    reason = filter_parsed(response, has_order=bool(row["trigger_1"]))
    if reason is None or reason.startswith("logic."):
        plan, opinion = response.plan, f"未通过：{REASON_WORDS[reason]}（{reason}）" if reason else PASSES
        try:
            own_reasons = bool(parse_label(row[LABEL]).blocks)
        except LabelError:
            own_reasons = False
        return Proposal(row if own_reasons else {**row, LABEL: teacher.label(row, plan)}, plan, opinion)
    plan = teacher.plan(row)
    said = f"原计划不可用：{REASON_WORDS[reason]}（{reason}）" if row[LABEL].strip() else "没有原计划"
    return Proposal({**row, LABEL: teacher.label(row, plan)}, plan, f"{said}，这里是规则给出的计划")


def choose(proposals: list[Proposal], count: int, seed: int) -> list[Proposal]:
    """That many of them, in file order, diverse over trigger kinds, first intents, plan lengths and times of day.

    One after the other is taken that the choice so far lacks most. What is rare among all comes up more often than
    its share, by the square root: a seed set that is even would teach that rare plans are usual.
    """
    facets = [
        (
            described(one.row)["trigger"],
            render_plan(one.plan[:1]),
            len(one.plan),
            situation(one.row).day_part,
        )
        for one in proposals
    ]
    share = Counter(key for one in facets for key in enumerate(one))
    weight = {key: 1 / math.sqrt(number) for key, number in share.items()}
    order = list(range(len(proposals)))
    random.Random(seed).shuffle(order)
    # Rows with the same facets are equally wanted: only the first of each group is looked at.
    groups: dict[tuple, deque[int]] = {}
    for place, i in enumerate(order):
        groups.setdefault(facets[i], deque()).append(place)
    taken, chosen = Counter(), []
    while groups and len(chosen) < count:
        best = min(groups, key=lambda one: (sum(taken[key] * weight[key] for key in enumerate(one)), groups[one][0]))
        chosen.append(order[groups[best].popleft()])
        if not groups[best]:
            del groups[best]
        taken.update(enumerate(best))
    return [proposals[i] for i in sorted(chosen)]


def sheet_cells(proposals: list[Proposal]) -> list[dict[str, str]]:
    """The lines of the sheet: every column of ``case_sheet.SHEET_COLUMNS``."""
    return [
        {
            "case": f"{number} of {len(proposals)}",
            **described(one.row),
            "filter": one.opinion,
            "verdict": KEEP,
            "corrected_by": "",
            "note": "",
            **label_cells(one.row[LABEL]),
            "check": row_check(one.row),
            "row": json.dumps({name: one.row[name] for name in COLUMNS}, ensure_ascii=False),
        }
        for number, one in enumerate(proposals, start=1)
    ]


def export(source: Path, target: Path, page: Path | None, *, count: int, seed: int, force: bool, bad_rows: str) -> int:
    """Writes the sheet and, where one is asked for, the page; prints what is in them."""
    for path in filter(None, (target, page)):
        # People's corrections may stand in it.
        check_paths(source, path, force=force)
    if page and page.resolve() == target.resolve():
        raise InputError(f"{page}: the page and the sheet need two paths; give another one")
    rows = read_usable(source, bad_rows, f"{target}{BAD_ROWS_SUFFIX}").rows
    usable: dict[str, Row] = {}
    for row in rows:
        if words := described(row):
            usable.setdefault(words["name"], row)
    if not usable:
        raise InputError(f"{source}: no row has a trigger; pick some with: python synthesize.py triggers")
    chosen = choose([propose(row) for row in usable.values()], count, seed)
    cells = sheet_cells(chosen)
    if page:
        write_page(page, [one.row for one in chosen], cells)
    write_sheet(target, cells)
    print(f"{target}: {len(chosen)} cases out of {len(rows)} rows, {len(usable)} of them different and with a trigger")
    for kind, share in Counter(one["trigger"] for one in cells).most_common():
        print(f"  {kind:10s}{share:6d}")
    if len(chosen) < count:
        print(f"  fewer than the {count} asked for: there are no more")
    return 0


def read_cases(path: Path) -> tuple[list[Case], list[CellProblem], list[str]]:
    """The cases of a sheet, every cell that can't be used, and remarks on what is not taken over."""
    cases, problems, remarks, lines = [], [], [], {}
    sheet = read_sheet(path)
    for one in sheet:
        case, found = read_case(one)
        problems += found
        name = one.cells["name"].strip()
        if name in lines:
            message = f"stands in spreadsheet line {lines[name]} already; keep one of the two"
            problems.append(CellProblem(one.row, one.line, name, "name", message))
        lines.setdefault(name, one.line)
        if case:
            cases.append(case)
            remarks += [
                f"{case.name} (spreadsheet line {one.line}): column {name} is for reading only, its edit is not taken "
                "over; correct the plan or the reasons, or write a note"
                for name in case.read_only
            ]
    if absent := _absent(sheet):
        remarks.append(f"of the exported cases {', '.join(absent)} are not in the sheet: nothing is changed of them")
    return cases, problems, remarks


def _absent(sheet: list[SheetRow]) -> list[str]:
    """The exported cases, by number, that the sheet no longer holds: ``["3", "7"]``; unknown without ``case``."""
    found = [one.cells.get("case", "").split() for one in sheet]
    if not all(len(words) == 3 and words[0].isdecimal() and words[2].isdecimal() for words in found):
        return []
    # Cells of several exports put together in one sheet: no saying what lacks.
    if len({words[2] for words in found}) > 1:
        return []
    present = {int(words[0]) for words in found}
    return [str(number) for number in range(1, int(found[0][2]) + 1) if number not in present]


def import_sheet(source: Path, target: Path, *, who: str) -> int:
    """Reads the sheet, puts it into the seeds file, and prints what became of each case."""
    if not who.strip():
        raise InputError("--who is empty; give the name of who read the sheet")
    cases, problems, remarks = read_cases(source)
    if problems:
        for one in problems:
            print(f"error: {source}: {one}", file=sys.stderr)
        count = len(problems)
        raise InputError(f"{source}: {count} cell{'s'[: count > 1]} to correct, see above; nothing was written")
    dropped_path = Path(f"{target}{DROPPED_SUFFIX}")
    dropped = read_dropped(dropped_path)
    gone = {one.name for one in dropped}
    seeds = [one for one in read_seeds(target) if one.name not in gone] if target.exists() else []
    when = datetime.now(timezone.utc).isoformat(timespec="seconds")
    result = merge(seeds, dropped, cases, who.strip(), when)
    if not result.seeds:
        raise InputError(f"{source}: every case is dropped, so no seed would be left; nothing was written")
    # Cut off in between, a case may stand in both files, never in none; the same import again puts it right.
    by_name = {one.name: one for one in [*dropped, *result.dropped]}
    write_dropped(dropped_path, list(by_name.values()))
    write_seeds(target, result.seeds)
    write_dropped(dropped_path, result.dropped)
    _say(target, result, remarks)
    return 0


def _say(target: Path, result: Merged, remarks: list[str]) -> None:
    print(
        f"{target}: {len(result.seeds)} seeds, {sum(bool(one.changes) for one in result.seeds)} with changes by people"
    )
    for what, names in result.outcome.items():
        print(
            f"  {what:10s}{len(names):6d}{'  ' + ', '.join(names) if what in ('corrected', 'dropped') else ''}".rstrip()
        )
    for remark in [*remarks, *result.remarks]:
        print(f"note: {remark}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    out = actions.add_parser("export", help="write cases for people to read and correct", allow_abbrev=False)
    out.add_argument("source", metavar="PICKED.csv", type=Path, help="GSISR CSV of picked rows, labelled or not")
    out.add_argument("target", metavar="CASES.csv", type=Path, help="the sheet")
    out.add_argument("--html", metavar="CASES.html", type=Path, help="the same cases as a page to read")
    out.add_argument("--count", type=number(int, 1), default=40, help="number of cases (default: 40)")
    out.add_argument("--seed", type=int, default=0, help="which of equally wanted rows are taken (default: 0)")
    out.add_argument("--force", action="store_true", help="overwrite the sheet and the page")
    add_bad_rows(out)
    back = actions.add_parser("import", help="take a corrected sheet back", allow_abbrev=False)
    back.add_argument("source", metavar="CASES.csv", type=Path, help="the corrected sheet")
    back.add_argument("target", metavar="SEEDS.jsonl", type=Path, help="the seeds; earlier imports stay in it")
    back.add_argument("--who", required=True, help="who read the sheet, where corrected_by says nothing")


def run(args: argparse.Namespace) -> int:
    if args.action == "export":
        drawn = {"count": args.count, "seed": args.seed, "force": args.force, "bad_rows": args.bad_rows}
        return export(args.source, args.target, args.html, **drawn)
    return import_sheet(args.source, args.target, who=args.who)
