"""Seed cases: corrections of several reviewers, what is exported, and the seeds that ship."""

import json

import pytest

from data_process.intents import intent, render_plan
from data_process.response import parse_label
from data_process.rule_filter import checked_label
from data_process.schema import LABEL, read_rows, write_rows
from data_process.situation import situation
from gplan.synthesis.seeds import cases as seed_cases
from gplan.synthesis.seeds.case_check import described
from gplan.synthesis.seeds.seed_file import SEEDS, read_seeds
from tests.conftest import ROOT
from tests.support.sheets import HOSTILE, PLAN, REASONS, ROW, edit, save, table
from utils import InputError

# Corrections and reviewers


def test_a_correction_keeps_who_when_and_what(exported, seeds_command, tmp_path):
    path = exported()
    edit(path, 0, intent_2="查天气", STEP_2="出门要看天气。", note="订单刚下，不必提醒", corrected_by="李雷")
    edit(path, 0, intent_4="写评价", STEP_4="吃完再评。")
    code, out, _ = seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "韩梅梅")
    assert code == 0
    assert "2 seeds, 1 with changes" in out
    first, second = read_seeds(tmp_path / "seeds.jsonl")
    label = parse_label(first.row[LABEL])
    assert render_plan(label.plan) == render_plan([PLAN[0], intent("tool_9"), PLAN[2], intent("tool_10")])
    texts = [REASONS[0], REASONS[1], REASONS[2], "出门要看天气。", REASONS[4], "吃完再评。"]
    assert [block.text for block in label.blocks] == texts
    assert {name: value for name, value in first.row.items() if name != LABEL} == {
        name: value for name, value in ROW.items() if name != LABEL
    }
    assert [(one["who"], one["column"], one["before"], one["after"]) for one in first.changes] == [
        ("李雷", "note", "", "订单刚下，不必提醒"),
        ("李雷", "intent_2", "订单提醒", "查天气"),
        ("李雷", "intent_4", "", "写评价"),
        ("李雷", "STEP_2", "下单不久。", "出门要看天气。"),
        ("李雷", "STEP_4", "", "吃完再评。"),
    ]
    assert all(one["when"].endswith("+00:00") for one in first.changes)
    assert second.row == HOSTILE
    # the same sheet again
    before = (tmp_path / "seeds.jsonl").read_bytes()
    assert seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "韩梅梅")[0] == 0
    assert (tmp_path / "seeds.jsonl").read_bytes() == before


def test_a_formula_typed_as_a_reason_is_text(exported, seeds_command, tmp_path):
    path = exported()
    edit(path, 0, CONTEXT="'=SUM(A1)", STRATEGY="=2")
    assert seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "a")[0] == 0
    blocks = parse_label(read_seeds(tmp_path / "seeds.jsonl")[0].row[LABEL]).blocks
    assert [blocks[0].text, blocks[1].text] == ["=SUM(A1)", "=2"]


def sheet_of(path, tmp_path, reviewer, *edits):
    """A copy of the export with that reviewer's edits."""
    copy = tmp_path / f"{reviewer}.csv"
    copy.write_bytes(path.read_bytes())
    for case, cells in edits:
        edit(copy, case, **cells)
    return copy


def test_reviewers_corrections_are_put_together(exported, seeds_command, tmp_path):
    rows = [ROW | {"id": str(i), "current_poi_name": f"p_{i}"} for i in range(10, 14)]
    path, seeds = exported(rows), tmp_path / "seeds.jsonl"
    a = sheet_of(
        path, tmp_path, "a", (0, {"STEP_1": "A"}), (1, {"STEP_1": "A", "STEP_2": "A"}), (3, {"verdict": "drop"})
    )
    b = sheet_of(path, tmp_path, "b", (1, {"STEP_1": "B"}), (2, {"verdict": "删除", "note": "太少见"}))
    assert seeds_command("import", a, seeds, "--who", "a")[0] == 0
    code, out, _ = seeds_command("import", b, seeds, "--who", "b")
    assert code == 0
    names = [described(row)["name"] for row in rows]
    found = {one.name: one for one in read_seeds(seeds)}
    # b did not touch the first: a's word stays. The second is b's as a whole, a's part of it stays on record.
    texts = {name: [block.text for block in parse_label(found[name].row[LABEL]).blocks[2:4]] for name in found}
    assert texts == {names[0]: ["A", REASONS[3]], names[1]: ["B", REASONS[3]]}
    assert [(one["who"], one["column"], one["after"]) for one in found[names[1]].changes] == [
        ("a", "STEP_1", "A"),
        ("a", "STEP_2", "A"),
        ("b", "STEP_1", "B"),
        ("b", "STEP_2", REASONS[3]),
    ]
    assert f"{names[1]}: b's correction replaces a's" in out
    # keep is what b's sheet said before anyone read it
    assert f"{names[3]}: stays dropped, by a" in out
    assert f"dropped        2  {names[2]}, {names[3]}" in out
    dropped = [json.loads(line) for line in (tmp_path / "seeds.jsonl.dropped.jsonl").read_text("utf-8").splitlines()]
    assert {one["name"] for one in dropped} == {names[2], names[3]}
    note = next(one["changes"] for one in dropped if one["name"] == names[2])
    assert [(one["column"], one["after"]) for one in note] == [("note", "太少见"), ("verdict", "drop")]


def test_a_fresh_export_takes_no_earlier_correction_back(exported, seeds_command, tmp_path):
    path, seeds = exported(), tmp_path / "seeds.jsonl"
    a = sheet_of(path, tmp_path, "a", (0, {"STEP_1": "A"}), (1, {"verdict": "drop"}))
    assert seeds_command("import", a, seeds, "--who", "a")[0] == 0
    before = seeds.read_bytes()
    code, out, _ = seeds_command("import", path, seeds, "--who", "a")
    names = [described(row)["name"] for row in (ROW, HOSTILE)]
    assert (code, seeds.read_bytes() == before) == (0, True)
    assert f"{names[0]}: not corrected in this sheet, so a's earlier correction stays" in out
    assert f"{names[1]}: stays dropped, by a" in out
    # what b corrects in a dropped case is on record, and the case can be let in again by hand
    b = sheet_of(path, tmp_path, "b", (1, {"STEP_1": "B"}))
    assert seeds_command("import", b, seeds, "--who", "b")[0] == 0
    gone = tmp_path / "seeds.jsonl.dropped.jsonl"
    changes = json.loads(gone.read_text("utf-8"))["changes"]
    assert [(one["who"], one["column"], one["after"]) for one in changes] == [
        ("a", "verdict", "drop"),
        ("b", "STEP_1", "B"),
    ]
    gone.unlink()
    assert seeds_command("import", b, seeds, "--who", "b")[0] == 0
    assert [one.name for one in read_seeds(seeds)] == names
    # corrections there and back and there again are three changes
    for text in ("C", "D", "C"):
        assert (
            seeds_command("import", sheet_of(path, tmp_path, "a", (0, {"STEP_1": text})), seeds, "--who", "a")[0] == 0
        )
    assert [one["after"] for one in read_seeds(seeds)[0].changes] == ["A", "C", "D", "C"]


def test_what_was_corrected_before_it_was_dropped_stays_on_record(exported, seeds_command, tmp_path):
    path = exported()
    edit(path, 0, verdict="drop", intent_1="骑车去", STEP_1="")
    assert seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "a")[0] == 0
    (dropped,) = [json.loads(one) for one in (tmp_path / "seeds.jsonl.dropped.jsonl").read_text("utf-8").splitlines()]
    assert [(one["column"], one["before"], one["after"]) for one in dropped["changes"]] == [
        ("intent_1", "打车 当前位置→订单目的地", "骑车去"),
        ("STEP_1", REASONS[2], ""),
        ("verdict", "keep", "drop"),
    ]
    assert dropped["row"] == ROW
    before = (tmp_path / "seeds.jsonl.dropped.jsonl").read_bytes()
    assert seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "a")[0] == 0
    assert (tmp_path / "seeds.jsonl.dropped.jsonl").read_bytes() == before


def test_what_is_not_taken_over_is_said(exported, seeds_command, tmp_path):
    rows = [ROW | {"id": str(i), "current_poi_name": f"p_{i}"} for i in range(10, 13)]
    path = exported(rows)
    edit(path, 0, where="在家", filter="不通过吧")
    save(path, [record for i, record in enumerate(table(path)) if i != 2])
    code, out, _ = seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
    assert code == 0
    name = described(rows[0])["name"]
    assert f"{name} (spreadsheet line 2): column where is for reading only" in out
    assert f"{name} (spreadsheet line 2): column filter is for reading only" in out
    assert "cases 2 are not in the sheet" in out


def test_every_case_dropped_leaves_no_seeds(exported, seeds_command, tmp_path):
    path = exported([ROW])
    edit(path, 0, verdict="drop")
    code, _, err = seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
    assert (code, "no seed would be left" in err) == (2, True)
    assert not list(tmp_path.glob("seeds*"))


# What is exported


def test_a_row_without_a_usable_plan_gets_the_rules():
    own = seed_cases.propose(ROW)
    assert own.row == ROW
    bare = seed_cases.propose(ROW | {LABEL: render_plan(PLAN)})
    assert (bare.plan, bare.opinion) == (PLAN, "通过")
    assert parse_label(bare.row[LABEL]).plan == PLAN
    assert len(parse_label(bare.row[LABEL]).blocks) == 5
    for label, opinion in (
        ("", "没有原计划，这里是规则给出的计划"),
        ("[", "原计划不可用：标注读不出计划（format.json），这里是规则给出的计划"),
        ('[{"工具名称":"tool_11"}]', "原计划不可用：意图数不在3到9之间（format.length），这里是规则给出的计划"),
    ):
        made = seed_cases.propose(ROW | {LABEL: label})
        assert made.opinion == opinion
        assert checked_label(made.row).blocks


def test_a_request_is_one_case_however_often_it_stands_there(exported, seeds_command, tmp_path):
    """Ids repeat and so do requests; the first one counts. A row without a trigger is no case."""
    path = exported([ROW, ROW | {"id": "8", LABEL: ""}, ROW | {"trigger_1": "其他"}, HOSTILE])
    assert [record[0] for record in table(path)] == ["case", "1 of 2", "2 of 2"]
    assert seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "a")[0] == 0
    assert [one.row for one in read_seeds(tmp_path / "seeds.jsonl")] == [ROW, HOSTILE]
    write_rows(tmp_path / "none.csv", [ROW | {"trigger_1": "其他"}])
    code, _, err = seeds_command("export", tmp_path / "none.csv", tmp_path / "other.csv")
    assert (code, "no row has a trigger" in err) == (2, True)


def test_a_plan_against_the_rules_is_shown_for_a_person_to_correct(exported, seeds_command, tmp_path):
    twice = [PLAN[0], PLAN[1], PLAN[1]]
    path = exported([ROW | {LABEL: render_plan(twice)}])
    header, cells = table(path)
    assert cells[header.index("filter")] == "未通过：有两个相同的意图（logic.duplicate）"
    code, _, err = seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
    assert (code, "column intent_3: logic.duplicate" in err) == (2, True)
    edit(path, 0, intent_3="查天气")
    assert seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "a")[0] == 0
    assert parse_label(read_seeds(tmp_path / "seeds.jsonl")[0].row[LABEL]).plan == [*PLAN[:2], intent("tool_9")]


def test_the_choice_is_diverse_and_the_same_every_time(labelled_rows):
    proposals = [seed_cases.propose(row) for row in labelled_rows if described(row)]
    chosen = seed_cases.choose(proposals, 20, seed=0)
    assert [one.row for one in chosen] == [one.row for one in seed_cases.choose(proposals, 20, seed=0)]
    assert [one.row for one in chosen] != [one.row for one in seed_cases.choose(proposals, 20, seed=1)]
    values = {described(one.row)["trigger"] for one in chosen}
    assert values == {described(one.row)["trigger"] for one in proposals}
    assert [proposals.index(one) for one in chosen] == sorted(proposals.index(one) for one in chosen)
    assert seed_cases.choose(proposals, 999, seed=0) == proposals


def test_what_the_choice_lacks_is_taken_before_more_of_the_same():
    usual = [seed_cases.propose(ROW | {"id": str(i), "current_poi_name": f"p_{i}"}) for i in range(10, 29)]
    plan = [intent("tool_9"), *PLAN[1:], intent("tool_3")]
    rare = seed_cases.propose(
        ROW | {"trigger_1": "加油", "currenttime": "2026-03-02 08:00:00", LABEL: render_plan(plan)}
    )
    for seed in range(20):
        # of 20 rows one is another kind, another first intent, another length, another time of day
        assert rare in seed_cases.choose([*usual, rare], 2, seed)


# The seeds that ship


def test_the_shipped_seeds_are_what_their_recipe_makes(seeds_command, tmp_path):
    """experiments/seeds.sh in this process; if the world or the rule teacher changed, run that recipe."""
    from gplan.synthesis.triggers import pick_file
    from gplan.world.rows import write_world

    recipe = (ROOT / "experiments" / "seeds.sh").read_text(encoding="utf-8")
    assert all(words in recipe for words in ("ROWS:-1200", "WORLD_SEED:-5", "COUNT:-40", "--who rules"))
    write_world(tmp_path / "rows.csv", 1200, 5)
    pick_file(tmp_path / "rows.csv", tmp_path / "picked.csv", force=False)
    assert seeds_command("export", tmp_path / "picked.csv", tmp_path / "cases.csv", "--count", "40")[0] == 0
    assert seeds_command("import", tmp_path / "cases.csv", tmp_path / "seeds.jsonl", "--who", "rules")[0] == 0
    assert (tmp_path / "seeds.jsonl").read_bytes() == SEEDS.read_bytes()


def test_a_record_of_changes_that_says_too_little_is_refused(tmp_path):
    seed = json.loads(SEEDS.read_text(encoding="utf-8").splitlines()[0])
    change = dict.fromkeys(("who", "when", "column", "before", "after"), "x")
    path = tmp_path / "seeds.jsonl"
    path.write_text(json.dumps(seed | {"changes": [change]}), encoding="utf-8")
    assert read_seeds(path)[0].changes == [change]
    for changes in ([{"who": "a"}], "a", [change | {"when": 1}]):
        path.write_text(json.dumps(seed | {"changes": changes}), encoding="utf-8")
        with pytest.raises(InputError, match="changes must be a list of who, when, column, before, after"):
            read_seeds(path)


def test_the_shipped_seeds_are_sound_and_diverse():
    seeds = read_seeds()
    labels = [checked_label(one.row) for one in seeds]
    assert len(seeds) == 40
    assert not any(one.changes for one in seeds)  # written by rules: nobody's corrections
    assert {one.trigger for one in seeds} == {"arrival", "ride", "hotel", "ticket", "fuel", "charging"}
    assert {len(label.plan) for label in labels} == set(range(3, 10))
    assert len({render_plan(label.plan[:1]) for label in labels}) >= 15
    assert len({situation(one.row).day_part for one in seeds}) == 7
    # of other people than the embedded default's rows
    from gplan.world.rows import TEST_SEED, TRAIN_SEED, generate

    for seed in (TRAIN_SEED, TEST_SEED):
        other = {row["short_term_behavior_seq"] for row in generate(300, seed)}
        assert not other & {one.row["short_term_behavior_seq"] for one in seeds if one.row["short_term_behavior_seq"]}


def test_real_rows_make_cases(seeds_command, tmp_path, real_csv):
    code, _, _ = seeds_command("export", real_csv, tmp_path / "c.csv", "--count", "60", "--html", tmp_path / "c.html")
    assert code == 0
    code, out, err = seeds_command("import", tmp_path / "c.csv", tmp_path / "s.jsonl", "--who", "a")
    assert (code, err) == (0, "")
    assert "note:" not in out
    rows = {row["id"]: row for row in read_rows(real_csv)}
    for seed in read_seeds(tmp_path / "s.jsonl"):
        assert {**seed.row, LABEL: ""} == {**rows[seed.row["id"]], LABEL: ""}
        assert parse_label(seed.row[LABEL]).plan == json.loads(rows[seed.row["id"]][LABEL])
