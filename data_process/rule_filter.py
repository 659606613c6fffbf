"""The rule filter: three tiers, format, schema and logic; a plan fails at the first tier that fails.

    python -m data_process.rule_filter FILE.csv [--json]

The same filter runs on labels, teacher answers and model outputs (GPlan, section 3.2).
"""

import json
import sys
from collections import Counter
from functools import lru_cache

from data_process.intents import (
    EXCLUSIVE_TOOLS,
    MAX_PLAN,
    MIN_PLAN,
    ORDER_PLACE,
    PREVIOUS,
    TOOL_KEY,
    TOOLS,
    VALUES,
    Plan,
    render_plan,
)
from data_process.response import Label, LabelError, Response, parse_label, parse_response
from data_process.schema import LABEL, Row, read_records, said
from utils import Parser, door

REASONS = (
    "format.json",
    "format.length",
    "schema.tool",
    "schema.param_missing",
    "schema.param_extra",
    "schema.enum",
    "logic.unresolved_reference",
    "logic.mutually_exclusive",
    "logic.duplicate",
    "logic.no_order",
)


def filter_response(text: str, *, has_order: bool) -> str | None:
    """The reason why the response's plan fails, or None if it passes. Reasoning is not looked at.

    ``filter_response('[{"工具名称":"tool_9"}]', has_order=True) == "format.length"``
    """
    return filter_parsed(parse_response(text), has_order=has_order)


def filter_parsed(response: Response, *, has_order: bool) -> str | None:
    """The same for a response that is parsed already."""
    if any(problem.startswith("plan.") for problem in response.problems):
        return "format.json"
    return filter_plan(response.plan, has_order=has_order)


def filter_plan(plan: Plan, *, has_order: bool) -> str | None:
    """The first reason (one of ``REASONS``) why a parsed plan fails, or None if it passes."""
    if not MIN_PLAN <= len(plan) <= MAX_PLAN:
        return "format.length"
    for one in plan:
        try:
            reason = _known_schema_reason(tuple(one.items()))
        except TypeError:  # an unhashable value: a list or an object where a word belongs
            reason = schema_reason(one)
        if reason:
            return reason
    return _logic_reason(plan, has_order)


@lru_cache(maxsize=4096)
def _known_schema_reason(items: tuple[tuple[str, str], ...]) -> str | None:
    return schema_reason(dict(items))


def checked_label(row: Row) -> Label:
    """The label of a row, which parses and whose plan passes the filter.

    Raises:
        LabelError: it does not; the message shows the intent that breaks the schema.
    """
    label = parse_label(row[LABEL])
    check_plan(label.plan, has_order=bool(row["trigger_1"]))
    return label


def check_plan(plan: Plan, *, has_order: bool) -> None:
    """Raises LabelError if a plan fails the filter; the message shows the intent that breaks the schema."""
    if reason := filter_plan(plan, has_order=has_order):
        wrong = [intent for intent in plan if schema_reason(intent)] if reason.startswith("schema.") else []
        which = f" in {render_plan(wrong[:1])[1:-1]:.200}" if wrong else ""
        raise LabelError(reason, f"the plan fails the rule filter: {reason}{which}")


def schema_reason(one: dict[str, object]) -> str | None:
    """The reason why one intent is not of the library, or None: ``{"工具名称": "tool_11"}`` -> ``"schema.tool"``."""
    tool = one.get(TOOL_KEY)
    if not isinstance(tool, str) or tool not in TOOLS:
        return "schema.tool"
    wanted = TOOLS[tool].parameters
    if any(name not in one for name in wanted):
        return "schema.param_missing"
    if len(one) > len(wanted) + 1:
        return "schema.param_extra"
    if any(one[name] not in VALUES[name] for name in wanted):
        return "schema.enum"
    return None


def _logic_reason(plan: Plan, has_order: bool) -> str | None:
    # Any preceding intent can be the producer, so only the first intent's reference is unresolved.
    if PREVIOUS in plan[0].values():
        return "logic.unresolved_reference"
    if sum(one[TOOL_KEY] in EXCLUSIVE_TOOLS for one in plan) > 1:
        return "logic.mutually_exclusive"
    if len({frozenset(one.items()) for one in plan}) < len(plan):
        return "logic.duplicate"
    if not has_order and any(ORDER_PLACE in one.values() for one in plan):
        return "logic.no_order"
    return None


def filter_table(path: str) -> dict:
    """The filter over a GSISR file: ``{"rows", "passed", "reasons", "rejected": [{"row", "id", "reason"}]}``.

    A row that can't be read (fields, cells) is rejected for that: here all of them are wanted, not the first.
    """
    rejected, rows = [], 0
    for rows, (row, _, bad, _) in enumerate(said(path, read_records(path)), start=1):
        reason = bad.reason if bad else filter_response(row[LABEL], has_order=bool(row["trigger_1"]))
        if reason:
            rejected.append({"row": rows - 1, "id": row["id"], "reason": reason})
    reasons = dict(Counter(one["reason"] for one in rejected))
    return {"rows": rows, "passed": rows - len(rejected), "reasons": reasons, "rejected": rejected}


def main() -> int:
    parser = Parser(description="Check the plans of a GSISR file against the rule filter.")
    parser.add_argument("file", help="GSISR CSV")
    parser.add_argument("--json", action="store_true", help="print the result as JSON and nothing else")
    args = parser.parse_args()
    result = filter_table(args.file)
    if args.json:
        print(json.dumps(result, ensure_ascii=False))
        return 0
    print(f"{args.file}: {result['passed']} of {result['rows']} rows pass")
    for reason, count in sorted(result["reasons"].items(), key=lambda item: -item[1]):
        print(f"  {reason:28s} {count}")
    for one in result["rejected"]:
        print(f"  row {one['row']} (id {one['id']}): {one['reason']}")
    return 0


if __name__ == "__main__":
    sys.exit(door(main))
