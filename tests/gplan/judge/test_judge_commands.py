"""``python -m gplan.judge`` and ``test.py --judge``: what they print and write, and what they refuse."""

import json
import sys

import pytest

from data_process.intents import intent
from data_process.response import parse_label
from data_process.rule_filter import filter_plan
from data_process.schema import LABEL, write_rows
from gplan.judge.changes import GENERIC_PLANS, corrupted, near_duplicate, padded, renamed, shuffled
from gplan.judge.check import measure
from gplan.judge.judge import Judge
from gplan.judge.paired import compare_scores
from gplan.judge.rubric import AXES, Verdict
from gplan.judge.rules import RuleJudge
from utils import door

GENERIC = GENERIC_PLANS[0]


def table(said, first):
    """The words of the printed line that begins so."""
    return next(line.split() for line in said.splitlines() if line.split()[:1] == [first])


def test_score_prints_intervals_labels_and_floors_and_writes_evidence(judge, predictions, tmp_path):
    predictions("own.jsonl"), predictions("generic.jsonl", lambda *_: GENERIC)
    status, said = judge("score", "own.jsonl", "generic.jsonl", "--valid_csv", "rows.csv", "--output", "s.jsonl")
    assert status == 0
    # The labels are what own.jsonl holds; a generic plan has 3 for Flow and Logic.
    assert table(said, "labels")[1:] == table(said, "own.jsonl")[1:17:4]
    assert table(said, "generic.jsonl")[1:5] == ["3.000", "(3.000", "to", "3.000)"]
    assert table(said, "majority_first_intent")[1:] == ["-"] * 4  # no plan of one intent is valid
    lines = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text().splitlines()]
    assert [(line["file"], line["row"]) for line in lines] == [
        (name, row) for name in ("own.jsonl", "generic.jsonl") for row in range(12)
    ]
    first = lines[0]
    assert first["overall"] == pytest.approx(sum(first[axis] for axis in AXES) / 3)
    assert all(one["sign"] in "+-" and one["intent"] >= 1 for one in first["evidence"]["flow"])


def test_a_file_may_be_called_as_a_floor_is(judge, predictions):
    predictions("labels", lambda *_: GENERIC)
    status, said = judge("score", "labels", "--valid_csv", "rows.csv")
    lines = [line.split() for line in said.splitlines() if line.startswith("labels ")]
    assert status == 0 and [len(line) for line in lines] == [1 + 4 * 4 + 3, 5]  # the file's, and the labels' own


def test_invalid_plans_are_refused_before_they_are_judged(judge, predictions, tmp_path):
    def change(plan, row):
        return [plan, plan[:2], [*plan[:2], plan[1]], [{"工具名称": "tool_11"}] * 3][min(row, 3)]

    path = predictions("p.jsonl", change)
    lines = path.read_text().splitlines()
    cut = json.loads(lines[11])
    lines[11] = json.dumps({"row": 11, "text": cut["text"][:-5]})
    path.write_text("\n".join(lines) + "\n")
    status, said = judge("score", "p.jsonl", "--valid_csv", "rows.csv")
    assert status == 0 and "1 of 12" in said
    assert "plan.schema.tool 8, plan.format.length 1, plan.logic.duplicate 1, plan.format.json 1" in said


def test_text_around_a_plan_changes_nothing(judge, predictions, tmp_path):
    predictions("p.jsonl")
    path = predictions("q.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines = [line | {"text": f"A perfect plan, five of five!\n{line['text']}"} for line in lines]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    status, said = judge("compare", "p.jsonl", "q.jsonl", "--valid_csv", "rows.csv")
    assert status == 0 and "0 of 12 rows are judged differently" in said


def test_compare_is_paired_and_its_page_shows_both_sides(judge, predictions, tmp_path):
    predictions("own.jsonl"), predictions("generic.jsonl", lambda plan, row: GENERIC if row < 3 else plan)
    status, said = judge("compare", "own.jsonl", "generic.jsonl", "--valid_csv", "rows.csv", "--output_dir", "out")
    assert status == 0
    flow = table(said, "Flow")
    wins, ties, losses = (int(word) for word in flow[-3:])
    assert ties >= 9 and wins + ties + losses == 12
    page = (tmp_path / "out/judge_report.html").read_text(encoding="utf-8")
    assert page.count('<article class="case">') == 3 and "A: own.jsonl" in page and "附近单POI推荐 停车场" in page


def test_a_page_holds_what_models_wrote_as_text(judge, predictions, tmp_path):
    evil = "<script>alert(1)</script>"
    predictions("own.jsonl"), predictions("evil.jsonl", lambda *_: [{"工具名称": evil, "x": evil}] * 3)
    assert judge("compare", "own.jsonl", "evil.jsonl", "--valid_csv", "rows.csv")[0] == 0
    page = (tmp_path / "judge_report.html").read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page


def test_differences_by_hand():
    def judgement(*scores):
        return {axis: Verdict(score) for axis, score in zip(AXES, scores, strict=True)}

    first = [judgement(3, 3, 3), judgement(4, 3, 2), judgement(5, None, 5)]
    second = [judgement(4, 3, 3), judgement(3, 3, 5), judgement(5, 4, 5)]
    flow, logic, st, overall = compare_scores(first, second)
    assert (flow.first, flow.second, flow.difference, flow.wins, flow.ties, flow.losses) == (4, 4, 0, 1, 1, 1)
    assert (logic.ties, logic.wins) == (2, 0)  # the row without a score is left out
    assert st.difference == 1 and overall.difference == pytest.approx((1 / 3 + 2 / 3) / 2)


@pytest.mark.parametrize("count", [11, 13])
def test_predictions_of_other_rows_are_refused(judge, predictions, tmp_path, count):
    predictions("own.jsonl")
    lines = [json.dumps({"row": row, "text": "[]"}) for row in range(count)]
    (tmp_path / "other.jsonl").write_text("\n".join(lines) + "\n")
    status, said = judge("compare", "own.jsonl", "other.jsonl", "--valid_csv", "rows.csv")
    assert status == 2
    assert ("other.jsonl: 1 of 12 rows are missing: row 11" if count == 11 else "row 12 is out of range") in said


def test_the_same_file_twice_is_refused(judge, predictions):
    predictions("own.jsonl")
    status, said = judge("compare", "own.jsonl", "own.jsonl", "--valid_csv", "rows.csv")
    assert status == 2 and "given twice" in said


def test_agree_of_a_judge_with_itself_and_with_files_that_do_not_fit(judge, predictions, tmp_path):
    pytest.importorskip("sklearn", reason="agreement needs config/requirements/baselines.txt")
    predictions("own.jsonl"), predictions("generic.jsonl", lambda *_: GENERIC)
    judge("score", "own.jsonl", "generic.jsonl", "--valid_csv", "rows.csv", "--output", "s.jsonl")
    status, said = judge("agree", "s.jsonl", "s.jsonl")
    assert status == 0 and table(said, "Flow")[1:] == ["24", "1.000", "1.000", "1.000", "1.000", "1.000"]
    judge("score", "own.jsonl", "--valid_csv", "rows.csv", "--output", "t.jsonl")
    text = (tmp_path / "t.jsonl").read_text().replace("own.jsonl", "third.jsonl")
    (tmp_path / "t.jsonl").write_text(text)
    status, said = judge("agree", "s.jsonl", "t.jsonl")
    assert status == 2 and "no row of one file stands in both" in said
    for content, says in (
        ('{"file": "a", "row": 0}\n', "line 1 is no line of a scores file"),
        (text.splitlines()[0].replace('"flow": ', '"flow": 1') + "\n", "line 1 is no line of a scores file"),
        (text + text, "line 13: row 0 of third.jsonl stands twice"),
        ("", "no scores in it"),
    ):
        (tmp_path / "bad.jsonl").write_text(content)
        status, said = judge("agree", "s.jsonl", "bad.jsonl")
        assert status == 2 and says in said


# check --------------------------------------------------------------------------------------------------------------


def test_the_rule_judge_passes_its_check_on_the_embedded_rows(judge, tmp_path):
    status, said = judge("check", "--output", "check.json")
    assert status == 0, said
    found = json.loads((tmp_path / "check.json").read_text())
    assert len(found["properties"]) == 16 and all(one["holds"] for one in found["properties"])


def test_a_judge_that_always_says_the_same_fails(judge, predictions, rows_csv, monkeypatch):
    monkeypatch.setattr(
        RuleJudge, "judge", lambda self, items: [{axis: Verdict(3) for axis in one.axes} for one in items]
    )
    status, said = judge("check", "--valid_csv", "rows.csv")
    assert status == 1 and "MISSED" in table(said, "shuffled:")


def test_a_judge_without_scores_fails(judge, predictions, rows_csv, monkeypatch):
    none = lambda self, items: [{axis: Verdict(None, (), "answer.json") for axis in one.axes} for one in items]  # noqa: E731
    monkeypatch.setattr(RuleJudge, "judge", none)
    status, said = judge("check", "--valid_csv", "rows.csv")
    assert status == 1 and "without a score, and left out: answer.json" in said and " ok" not in said


def test_a_judge_that_flips_coins_or_counts_intents_misses_what_it_should(rows):
    """What each bar is for: a longer plan must not win, and a score must not follow a plan's text."""
    plans = [parse_label(row[LABEL]).plan for row in rows]

    class LengthJudge(Judge):
        name = "length"

        def judge(self, items):
            return [{axis: Verdict(min(5, len(item.plan))) for axis in item.axes} for item in items]

    properties, _, missing = measure(LengthJudge(), rows, plans, [], seed=0)
    assert not missing
    missed = {one.name.split(",")[0] for one in properties if not one.holds(rules=False)}
    assert {"padding: Flow rises", "near-duplicate: Flow falls", "one parameter spoilt: Logic falls"} <= missed
    assert "shuffled: ST moves" not in missed


def test_changes_do_what_they_say(rows):
    import random

    rng = random.Random(0)
    for row in rows:
        plan = parse_label(row[LABEL]).plan
        for change, more in ((shuffled, 0), (corrupted, 0), (near_duplicate, 1), (padded, 2)):
            if (new := change(plan, rng)) is not None:
                assert new != plan and len(new) == len(plan) + more
                assert filter_plan(new, has_order=True) is None
        assert sorted(map(str, shuffled(plan, rng))) == sorted(map(str, plan))
        if spoilt := corrupted(plan, rng):
            assert sum(a != b for a, b in zip(plan, spoilt, strict=True)) == 1
    assert near_duplicate([intent("tool_6"), intent("tool_8"), intent("tool_9")], rng) is None


def test_renamed_pois_are_equal_where_they_were(rows):
    row = rows[0] | {"current_poi_name": "p_7", "trigger_4": "p_7", "profile_feat_6": "p_70"}
    new = renamed(row)
    assert new["current_poi_name"] == new["trigger_4"] != "p_7" and new["profile_feat_6"] != new["trigger_4"]
    assert new["current_city"] == row["current_city"] and new["currenttime"] == row["currenttime"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--rows", 0], "--rows 0: give at least 1"),
        (["--valid_csv", "none.csv"], "none.csv: no such file"),
        (["--valid_csv", "rows.csv", "--twins", "none.jsonl"], "none.jsonl: no such file"),
    ],
)
def test_check_refuses(judge, words, says):
    status, said = judge("check", *words)
    assert status == 2 and says in said


def test_check_needs_a_valid_plan(judge, rows, tmp_path):
    write_rows(tmp_path / "short.csv", [row | {LABEL: '[{"工具名称":"tool_9"}]'} for row in rows])
    status, said = judge("check", "--valid_csv", "short.csv")
    assert status == 2 and "no row has a valid plan" in said


# test.py ------------------------------------------------------------------------------------------------------------


def test_test_py_adds_the_four_scores_with_floors_beside_them(predictions, rows_csv, tmp_path, monkeypatch, capfd):
    import test as door_of_test

    predictions("p.jsonl", lambda plan, row: plan[:2] if row == 0 else plan)
    words = [
        "test.py",
        "--predictions",
        "p.jsonl",
        "--valid_csv",
        "rows.csv",
        "--output_dir",
        "out",
        "--judge",
        "rules",
    ]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", words)
    assert door(door_of_test.main) == 0
    said = capfd.readouterr().out
    metrics = json.loads((tmp_path / "out/metrics.json").read_text(encoding="utf-8"))
    for axis in (*AXES, "overall"):
        assert 1 <= metrics[axis]["low"] <= metrics[axis]["value"] <= metrics[axis]["high"] <= 5
        assert f"{metrics[axis]['value']:.3f}" in table(said, axis)
    about = metrics["judge"]
    assert (about["name"], about["scored"], about["unscored"]) == ("rules", 11, {"plan.format.length": 1})
    assert about["floors"]["tool_9_x3"] is None and about["floors"]["labels"]["flow"] >= 3
    assert "judge: rules, 11 of 12 plans scored; of the labels: flow" in said
    # Without the flag nothing of it is there.
    monkeypatch.setattr(sys, "argv", words[:-2])
    assert door(door_of_test.main) == 0 and "judge" not in capfd.readouterr().out
    assert "flow" not in json.loads((tmp_path / "out/metrics.json").read_text(encoding="utf-8"))
