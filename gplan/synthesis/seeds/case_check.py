"""From a line of a case sheet to a case: every cell is checked, and all that is wrong is said at once."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import NamedTuple

from data_process.intents import EXCLUSIVE_TOOLS, MAX_PLAN, MIN_PLAN, ORDER_PLACE, TOOL_KEY, Intent, Plan
from data_process.response import LabelError, block_names, parse_label, parse_response, render_label
from data_process.rule_filter import filter_plan
from data_process.schema import COLUMNS, LABEL, VISIBLE, Row
from gplan.synthesis.seeds.case_words import FILTER_OPINIONS, context_words
from gplan.synthesis.seeds.cells import intent_cell, parse_intent, same_text, tidy
from gplan.synthesis.seeds.sheet import BLOCKS, EDITABLE, INTENTS, SheetRow
from gplan.synthesis.triggers import triggers_of
from utils import InputError

LABEL_COLUMNS = tuple(name for name in EDITABLE if name in INTENTS or name in BLOCKS)
KEEP, DROP = "keep", "drop"
_VERDICTS = {KEEP: KEEP, "保留": KEEP, DROP: DROP, "删除": DROP, "丢弃": DROP}
_TAGS = re.compile(r"</?(?:THOUGHT|CONTEXT|STRATEGY|STEP_\d+)>")
_SMART_TO_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟″＂", '"'))


class CellProblem(NamedTuple):
    """A cell that can't be used: where it stands, and what to do."""

    row: int
    line: int  # as the spreadsheet numbers it
    name: str  # of the case
    column: str
    message: str

    def __str__(self) -> str:
        case = f", case {self.name[:40]}" if self.name else ""
        text = f"row {self.row} (spreadsheet line {self.line}{case}), column {self.column}: {self.message}"
        return str(InputError(text))  # one line, whatever a cell held


class Case(NamedTuple):
    """A case as a reviewer left it."""

    name: str
    proposal: Row  # what was exported
    label: str  # the proposal's label to the character where nothing was corrected
    cells: dict[str, str]  # of LABEL_COLUMNS, as they are now
    keep: bool
    who: str  # "" if the sheet does not say
    note: str
    read_only: list[str]  # columns that were edited though they are not read


def label_cells(label: str) -> dict[str, str]:
    """The cells of a label: ``{"intent_1": "查天气", …, "intent_9": "", "CONTEXT": "…", …, "STEP_9": ""}``.

    A label without reasoning, or with reasoning that does not fit its plan, has empty cells for it.
    """
    plan = parse_response(label).plan
    try:
        blocks = {block.name: block.text for block in parse_label(label).blocks}
    except LabelError:
        blocks = {}
    intents = dict(zip(INTENTS, [intent_cell(one) for one in plan], strict=False))
    return {name: intents.get(name, blocks.get(name, "")) for name in LABEL_COLUMNS}


def row_check(row: Row) -> str:
    """A digest of a whole row: a cell of JSON that a spreadsheet cut or re-encoded no longer has it."""
    text = json.dumps([row[name] for name in COLUMNS], ensure_ascii=False)
    # With a letter in front: digits alone, or digits around an e, a spreadsheet takes for a number.
    return "x" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def described(row: Row) -> dict[str, str]:
    """What the sheet says of a request, which people read and import does not; ``{}`` for one without a trigger."""
    if not (triggers := triggers_of(row)):
        return {}
    kind, why = triggers[0][0], "；".join(why for _, why in triggers)
    request = json.dumps([row[name] for name in VISIBLE], ensure_ascii=False)
    digest = hashlib.sha256(request.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    # A name of the request's own, the same in every export, so that reviewers' sheets can be put together.
    return {"name": f"{kind}-{digest}", "trigger": kind, "why": why, **context_words(row)}


def read_case(one: SheetRow) -> tuple[Case | None, list[CellProblem]]:
    """The case of a line, or all that is wrong with its cells."""
    problems: list[CellProblem] = []

    def complain(column: str, message: str) -> None:
        problems.append(CellProblem(one.row, one.line, one.cells["name"], column, message))

    if one.stray:
        complain("(no heading)", f"{one.stray[0][:40]!r} stands under no heading; move it to the column note")
    verdict = _VERDICTS.get(one.cells["verdict"].strip().casefold())
    if not verdict:
        complain("verdict", f"{one.cells['verdict'][:40]!r} is no verdict; write keep (保留) or drop (删除)")
    proposal = _read_row(one.cells["row"])
    if proposal is None or row_check(proposal) != one.cells["check"].strip():
        complain("row", "was altered, cut, or saved in another encoding; copy row and check from the exported sheet")
        proposal = None
    elif (words := described(proposal)).get("name") != one.cells["name"].strip():
        complain("name", f"is not the name of this row; write {words.get('name')}")
    if proposal is None:
        # What was there before is unknown, but a plan can be checked all the same.
        proposal, words = dict.fromkeys(COLUMNS, "") | {"trigger_1": "?"}, {}
    cells = {name: one.cells[name] for name in LABEL_COLUMNS}
    label = proposal[LABEL]
    if verdict != DROP:
        label = _read_label(cells, proposal, complain)
        cells = label_cells(label) if label is not None else cells
    if problems:
        return None, problems
    edited = [name for name in words if name in one.cells and not same_text(one.cells[name], words[name])]
    if "filter" in one.cells and one.cells["filter"].strip() not in FILTER_OPINIONS:
        edited.append("filter")
    who, note = one.cells["corrected_by"].strip(), tidy(one.cells["note"]).strip()
    return Case(words["name"], proposal, label, cells, verdict == KEEP, who, note, edited), []


def _read_row(text: str) -> Row | None:
    for attempt in (text, text.translate(_SMART_TO_STRAIGHT)):
        try:
            row = json.loads(attempt)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict) and row.keys() == set(COLUMNS) and all(isinstance(v, str) for v in row.values()):
            return {name: row[name] for name in COLUMNS}
    return None


def _read_label(cells: dict[str, str], proposal: Row, complain: Callable[[str, str], None]) -> str | None:
    """The label that the cells say, or None after a complaint about each cell that can't be used."""
    before, count = label_cells(proposal[LABEL]), 0

    def object_to(column: str, message: str) -> None:
        nonlocal count
        count += 1
        complain(column, message)

    plan = _read_plan(cells, bool(proposal["trigger_1"]), object_to)
    names = block_names(sum(bool(cells[name].strip()) for name in INTENTS))
    for name in BLOCKS:
        text = cells[name].strip()
        if name in names and not text:
            object_to(name, "is empty; say in a sentence why, for each intent there is a step")
        elif name not in names and text:
            object_to(name, f"a step without an intent; empty it, or fill intent_{name[5:]}")
        elif _TAGS.search(text):
            object_to(name, f"holds the tag {_TAGS.search(text)[0]}; write it without")
    if count:
        return None
    same = [name for name in BLOCKS if same_text(cells[name], before[name])]
    blocks = [(name, before[name] if name in same else tidy(cells[name]).strip()) for name in names]
    if len(same) == len(BLOCKS) and plan == parse_response(proposal[LABEL]).plan:
        return proposal[LABEL]
    return render_label(blocks, plan)


def _read_plan(cells: dict[str, str], has_order: bool, complain: Callable[[str, str], None]) -> Plan:
    plan: list[Intent | None] = []
    for column in INTENTS:
        text = cells[column].strip()
        if not text:
            continue
        if column != INTENTS[len(plan)]:
            complain(INTENTS[len(plan)], f"is empty, but {column} is not; move the later intents and steps forward")
            return []
        try:
            plan.append(parse_intent(text))
        except ValueError as error:
            complain(column, str(error))
            plan.append(None)
    if None not in plan and (reason := filter_plan(plan, has_order=has_order)):
        complain(*_objection(plan, reason))
    return plan


def _objection(plan: Plan, reason: str) -> tuple[str, str]:
    """The column and the words for a plan that the rule filter refuses, the later of two that don't agree."""
    if reason == "format.length":
        return INTENTS[len(plan)], f"{reason}: {len(plan)} intents; a plan has {MIN_PLAN} to {MAX_PLAN}, add some"
    wrong, remedy = {
        "logic.unresolved_reference": ([0], "no intent comes before the first; begin with 当前位置 or 订单目的地"),
        "logic.mutually_exclusive": (
            [i for i, one in enumerate(plan) if one[TOOL_KEY] in EXCLUSIVE_TOOLS],
            "at most one of 打车, 出行导航 and 周边公交 in a plan; take one out",
        ),
        "logic.duplicate": (
            [i for i, one in enumerate(plan) if one in plan[:i]],
            "the same intent stands before; change or remove one",
        ),
        "logic.no_order": (
            [i for i, one in enumerate(plan) if ORDER_PLACE in one.values()],
            "the request has no order; use another place than 订单目的地",
        ),
    }[reason]
    return INTENTS[wrong[-1]], f"{reason}: {remedy}"
