"""The rule filter: each of the ten reasons by hand, and the command's output."""

import json
import subprocess
import sys

import pytest

from data_process.intents import all_intents, intent, render_plan
from data_process.rule_filter import REASONS, filter_plan, filter_response, filter_table
from data_process.schema import COLUMNS, write_rows

T6, T8, T9 = intent("tool_6"), intent("tool_8"), intent("tool_9")
RIDE = intent("tool_1", "当前位置", "订单目的地")
FOOD = intent("tool_5", "当前位置", "附近", "美食")
GOOD = [RIDE, T8, FOOD, T9]

FAILING = [
    ("format.length", [T8, T9]),
    ("format.length", [FOOD] * 10),
    ("schema.tool", [T8, T9, {"工具名称": "tool_11"}]),
    ("schema.tool", [T8, T9, {}]),
    ("schema.tool", [T8, T9, {"工具名称": ["tool_9"]}]),
    ("schema.tool", [T8, T9, {"工具名称": "tool_11", "tag": ["美食"]}]),
    ("schema.param_missing", [T8, T9, {"工具名称": "tool_7"}]),
    ("schema.param_missing", [T8, T9, {"工具名称": "tool_1", "起始位置": ["当前位置"]}]),
    ("schema.param_extra", [T8, T9, {"工具名称": "tool_6", "tag": "美食"}]),
    ("schema.param_extra", [T8, T9, {"工具名称": "tool_6", "x": {}}]),
    ("schema.enum", [T8, T9, intent("tool_7", "咖啡")]),
    ("schema.enum", [T8, T9, {"工具名称": "tool_7", "tag": ["美食"]}]),
    ("schema.enum", [T8, T9, intent("tool_5", "家", "附近", "美食")]),
    ("logic.unresolved_reference", [intent("tool_1", "前一位推荐结果", "家"), T8, T9]),
    ("logic.mutually_exclusive", [RIDE, intent("tool_2", "当前位置", "家"), T9]),
    ("logic.mutually_exclusive", [RIDE, intent("tool_4"), T9]),
    ("logic.mutually_exclusive", [RIDE, intent("tool_1", "当前位置", "家"), T9]),
    ("logic.duplicate", [T8, T9, T8]),
    ("logic.duplicate", [T8, FOOD, dict(reversed(FOOD.items()))]),
]


@pytest.mark.parametrize(("reason", "plan"), FAILING)
def test_a_plan_fails_for_the_reason(reason, plan):
    assert filter_plan(plan, has_order=True) == reason
    assert filter_response(json.dumps(plan), has_order=True) == reason


def test_order_place_needs_an_order():
    assert filter_plan(GOOD, has_order=False) == "logic.no_order"
    assert filter_plan(GOOD, has_order=True) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1,2,3]",
        render_plan(GOOD)[:-1],
        "plan: " + render_plan(GOOD),
        f"<THOUGHT>{render_plan(GOOD)}</THOUGHT>",
        "[" * 100_000,
        '[{"工具名称":"tool_9","工具名称":"tool_8"}]',
    ],
)
def test_what_is_not_a_json_list_of_objects(text):
    assert filter_response(text, has_order=True) == "format.json"


def test_every_reason_was_seen():
    assert {reason for reason, _ in FAILING} | {"format.json", "logic.no_order"} == set(REASONS)


def test_what_passes():
    for text in (
        render_plan(GOOD),
        f"<THOUGHT>[1]</THOUGHT>\n{render_plan(GOOD)}",
        f"```json\n{json.dumps(GOOD, indent=2)}\n```",
        render_plan([RIDE, intent("tool_5", "前一位推荐结果", "附近", "美食"), T9]),
    ):
        assert filter_response(text, has_order=True) is None
    assert all(filter_plan([T9, T8, one], has_order=True) in (None, "logic.duplicate") for one in all_intents())


def test_tiers_in_order():
    # too short, a wrong value and a repeated intent: only the first tier that fails is named
    assert filter_plan([intent("tool_7", "咖啡")] * 2, has_order=True) == "format.length"
    assert filter_plan([intent("tool_7", "咖啡")] * 3, has_order=True) == "schema.enum"


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "data_process.rule_filter", *map(str, arguments)], capture_output=True, text=True
    )


def test_command(tmp_path):
    row = dict.fromkeys(COLUMNS, "") | {"id": "7", "trigger_1": "酒店", "raw_labels": render_plan(GOOD)}
    path = tmp_path / "rows.csv"
    write_rows(path, [row, row | {"trigger_1": ""}, row | {"id": "9", "raw_labels": "[]"}, row | {"raw_labels": ""}])
    expected = {
        "rows": 4,
        "passed": 1,
        "reasons": {"logic.no_order": 1, "format.length": 1, "format.json": 1},
        "rejected": [
            {"row": 1, "id": "7", "reason": "logic.no_order"},
            {"row": 2, "id": "9", "reason": "format.length"},
            {"row": 3, "id": "7", "reason": "format.json"},
        ],
    }
    assert filter_table(str(path)) == expected
    done = run(path, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == expected
    wrong = run(tmp_path / "nothing.csv", "--json")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("error: ") and wrong.stderr.count("\n") == 1
