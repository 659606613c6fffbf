"""test.py on predictions files: results, floors, ceilings, errors, and its picture."""

import json
import math
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from data_process.compression import scaffold
from data_process.intents import all_intents, intent, render_plan
from data_process.response import Response
from data_process.schema import COLUMNS, write_rows
from gplan.evaluation.ceilings import expected_scores, expert_scores, world_expected
from gplan.evaluation.confusion import NOTHING, OTHER, confusion_counts, first_intent_label
from gplan.evaluation.floors import floors
from gplan.evaluation.gold import read_gold
from gplan.evaluation.predictions import read_predictions, write_predictions
from gplan.evaluation.table import align, display_width, intent_words, sample_text
from gplan.metrics.scores import LABEL_METRICS, METRICS, first_intent_hit, ndcg_at_3, ndcg_at_3_unique, nes
from tests.conftest import ROOT
from utils import InputError

T1, T6, T8, T9 = intent("tool_1", "当前位置", "订单目的地"), intent("tool_6"), intent("tool_8"), intent("tool_9")
FOOD = intent("tool_5", "当前位置", "附近", "美食")
A, B = [T1, T8, FOOD, T9], [T6, FOOD, T9]


def row(plan, **fields):
    return dict.fromkeys(COLUMNS, "") | {"trigger_1": "酒店", "raw_labels": render_plan(plan)} | fields


def score(*arguments):
    return subprocess.run([sys.executable, "test.py", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True)


def lines(*objects):
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects)


@pytest.fixture
def gold(tmp_path):
    path = tmp_path / "gold.csv"
    write_rows(path, [row(A), row(A), row(B), row(B), row(A)])
    return path


def test_the_command(tmp_path, gold):
    thought = f"<THOUGHT>{''.join(scaffold(4))}</THOUGHT>"
    texts = [thought + render_plan(A), render_plan(A), render_plan(B), render_plan(A), "nothing 😀\ud800"]
    predictions = tmp_path / "p.jsonl"
    predictions.write_text("".join(json.dumps({"row": i, "text": texts[i]}) + "\n" for i in (3, 1, 0, 2, 4)))
    out = tmp_path / "results"
    done = score("--predictions", predictions, "--valid_csv", gold, "--output_dir", out, "--json")
    assert done.returncode == 0, done.stderr
    metrics = json.loads(done.stdout)
    assert metrics == json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert set(metrics) == {*METRICS, "rows", "reasons", "floors", "ceilings", "tools"}
    assert metrics["rows"] == 5
    assert metrics["reasons"] == {"format.json": 1}
    assert metrics["acc@1"]["value"] == pytest.approx(3 / 5)
    # row 3 says A for B: t8 of A is dropped, t1 becomes t6: 2 of 4 edits
    assert metrics["nes"]["value"] == pytest.approx((3 + 0.5) / 5)
    assert metrics["valid"]["value"] == pytest.approx(4 / 5)
    assert metrics["latent_valid"]["value"] == pytest.approx(1 / 5)
    assert metrics["tools"]["acc@1"]["value"] == pytest.approx(3 / 5)
    assert set(metrics["tools"]) == set(LABEL_METRICS)
    for name in METRICS:
        assert metrics[name]["low"] <= metrics[name]["value"] <= metrics[name]["high"]
    assert set(metrics["floors"]) == {"majority_first_intent", "majority_plan", "tool_9_x3", "best_single_column"}
    assert all(set(LABEL_METRICS) <= set(floor) for floor in metrics["floors"].values())
    assert metrics["ceilings"] is None
    written = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").split("\n")[:-1]]
    assert [one["row"] for one in written] == [0, 1, 2, 3, 4]
    assert [one["text"] for one in written] == texts
    assert written[0]["plan"] == A and written[0]["problems"] == []
    assert written[4]["problems"] == ["plan.json"]
    assert (out / "confusion.png").read_bytes().startswith(b"\x89PNG")
    # the file just written scores the same, and a reader gets a table with samples
    again = score("--predictions", out / "predictions.jsonl", "--valid_csv", gold, "--output_dir", out)
    assert again.returncode == 0, again.stderr
    assert json.loads((out / "metrics.json").read_text(encoding="utf-8")) == metrics
    assert "majority plan" in again.stdout and "打车 当前位置→订单目的地" in again.stdout


def test_json_only_predictions_have_no_latent_validity(tmp_path, gold):
    predictions = tmp_path / "p.jsonl"
    predictions.write_text(lines(*({"row": i, "text": render_plan(A)} for i in range(5))))
    common = ("--predictions", predictions, "--valid_csv", gold, "--output_dir", tmp_path, "--json")
    assert json.loads(score(*common).stdout)["latent_valid"] is None
    assert json.loads(score(*common, "--latent", "yes").stdout)["latent_valid"]["value"] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--predictions", "missing.jsonl"], ["missing.jsonl", "no such file"]),
        (["--valid_csv", "missing.csv"], ["missing.csv", "no such file"]),
        (["--samples", "-1"], ["--samples", "0 or more"]),
        (["--sub_param_cost", "nan"], ["--sub_param_cost", "0 or more"]),
        (["--latent", "perhaps"], ["--latent"]),
    ],
)
def test_one_clear_error(tmp_path, gold, arguments, words):
    predictions = tmp_path / "p.jsonl"
    predictions.write_text(lines(*({"row": i, "text": ""} for i in range(5))))
    done = score("--predictions", predictions, "--valid_csv", gold, "--output_dir", tmp_path, "--json", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert all(word in done.stderr for word in words)


GOOD_LINE = '{"row":0,"text":""}\n'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["3 of 3 rows are missing", "row 0, 1, 2"]),
        (GOOD_LINE + "oops\n", ["line 2", "not JSON"]),
        (GOOD_LINE + "[" * 100_000, ["line 2", "not JSON"]),
        (GOOD_LINE + "[]\n", ["line 2", "not a JSON object"]),
        (GOOD_LINE + '{"row":1}\n', ["line 2", "no text"]),
        (GOOD_LINE + '{"text":"a"}\n', ["line 2", "no row"]),
        (GOOD_LINE + '{"row":"1","text":"a"}\n', ["line 2", 'row is "1"']),
        (GOOD_LINE + '{"row":true,"text":"a"}\n', ["line 2", "row is true"]),
        (GOOD_LINE + '{"row":1,"text":null}\n', ["line 2", "row 1", "text is null"]),
        (GOOD_LINE + GOOD_LINE, ["line 2", "row 0 stands twice"]),
        (GOOD_LINE + '{"row":3,"text":""}\n', ["line 2", "row 3 is out of range", "0 to 2"]),
        (GOOD_LINE + '{"row":-1,"text":""}\n', ["line 2", "row -1 is out of range"]),
        (GOOD_LINE + '{"row":2,"text":""}\n', ["1 of 3 rows are missing: row 1;"]),
    ],
)
def test_predictions_files_that_are_refused(tmp_path, content, words):
    path = tmp_path / "p.jsonl"
    path.write_text(content)
    with pytest.raises(InputError) as error:
        read_predictions(path, range(3), 3)
    assert all(word in str(error.value) for word in [str(path), *words])


def test_predictions_come_back_as_written(tmp_path):
    texts = ["a\u2028b\x85c", '"\\\n\r\n', "😀e\u0301", "\ud800", ""]
    write_predictions(tmp_path / "p.jsonl", range(5), texts, [Response(None, [], ())] * 5)
    assert read_predictions(tmp_path / "p.jsonl", range(5), 5) == texts


def test_gold_that_does_not_parse_stops_the_run(tmp_path):
    path = tmp_path / "gold.csv"
    write_rows(path, [row(A), row(A, raw_labels=render_plan(A)[:-4])])
    with pytest.raises(InputError, match=r"gold.csv: row 1 \(line 3.*\), column raw_labels.*plan.truncated"):
        read_gold(str(path), None)
    write_rows(path, [row(A, raw_labels="<THOUGHT>[1]</THOUGHT>" + render_plan(A))])
    assert read_gold(str(path), None).plans == [A]


def test_floors_by_hand():
    golds = [A, A, A, B, B, [T9, T8, T6]]
    places = "xxxyyz"
    rows = [row(gold, trigger_2=places[i], trigger_3=str(i)) for i, gold in enumerate(golds)]
    found = floors(rows, golds)
    # A's first intent is right in 3 of 6 rows; as a whole plan of one intent it needs 3 insertions of 4
    assert found["majority_first_intent"].metrics["acc@1"] == pytest.approx(3 / 6)
    assert found["majority_first_intent"].metrics["nes"] == pytest.approx(3 * 0.25 / 6)
    # A against B: t8 dropped, t1 for t6; against the last: t9 for t1, t6 for t5, t9 dropped
    assert found["majority_plan"].metrics["nes"] == pytest.approx((3 + 2 * 0.5 + 0.25) / 6)
    assert found["majority_plan"].metrics["acc@1"] == pytest.approx(3 / 6)
    assert found["tool_9_x3"].metrics["acc@1"] == pytest.approx(1 / 6)
    # trigger_2 tells A from B; its single z falls back to the commonest plan, which is wrong there
    assert found["best_single_column"].column == "trigger_2"
    assert found["best_single_column"].metrics["acc@1"] == pytest.approx(5 / 6)


def test_a_column_of_unique_values_does_not_know_the_answers():
    rng = random.Random(0)
    golds = [rng.choice([A, B, [T8, FOOD, T9], [T9, T8, T6]]) for _ in range(200)]
    rows = [row(gold, **{name: str(i) for name in COLUMNS[1:-1]}) for i, gold in enumerate(golds)]
    found = floors(rows, golds)
    assert found["best_single_column"].metrics["acc@1"] <= found["majority_plan"].metrics["acc@1"]
    assert floors(rows[:1], golds[:1])["best_single_column"].metrics["acc@1"] == 0


def test_ceilings_against_the_metrics_themselves():
    rng = random.Random(3)
    library = all_intents()
    distributions = []
    for _ in range(12):
        some = [*rng.sample(library, 5), T9]
        plans = [[rng.choice(some) for _ in range(rng.randint(1, 6))] for _ in range(12)]
        weights = [rng.random() for _ in plans]
        distributions.append([(plan, weight / sum(weights)) for plan, weight in zip(plans, weights, strict=True)])
    # One of the expert's own plans, one that it never gives, and none at all.
    answers = [
        d[-1][0] if i % 3 == 0 else [T9, *rng.sample(library, 2)] if i % 3 == 1 else []
        for i, d in enumerate(distributions)
    ]
    found, mine = expected_scores(distributions, answers)
    for name, metric in (
        ("acc@1", first_intent_hit),
        ("ndcg@3", ndcg_at_3),
        ("ndcg@3_unique", ndcg_at_3_unique),
        ("nes", nes),
    ):
        given = zip(answers, distributions, strict=True)
        expected = sum(chance * metric(answer, gold) for answer, d in given if answer for gold, chance in d)
        assert mine[name] == pytest.approx(expected / 12), name
    for name, metric in (("ndcg@3", ndcg_at_3), ("ndcg@3_unique", ndcg_at_3_unique), ("nes", nes)):
        best = 0.0
        for distribution in distributions:
            candidates = sorted(distribution, key=lambda item: -item[1])[:8]
            best += max(sum(chance * metric(answer, gold) for gold, chance in distribution) for answer, _ in candidates)
        assert found[name] == pytest.approx(best / 12)
    best = sum(max(sum(c * first_intent_hit(a, gold) for gold, c in d) for a, _ in d) for d in distributions)
    assert found["acc@1"] == pytest.approx(best / 12)


def test_an_answer_that_the_expert_would_never_give_is_above_the_ceiling_and_does_not_raise_it():
    one, other = [A[0]], [B[0]]
    found = expected_scores([[(one, 0.5), (other, 0.5)]], [[*one, *other]])
    assert (found.ceilings["ndcg@3_unique"], found.answers["acc@1"]) == (0.5, 0.5)
    assert found.answers["ndcg@3_unique"] == pytest.approx((1 + 1 / math.log2(3)) / 2)  # found first, or second


def test_ceilings_only_for_world_files(tmp_path, gold):
    assert world_expected(gold, [], []) == (None, "no gold.csv.meta.json beside it: not a world file")
    Path(f"{gold}.meta.json").write_text("[]")
    assert world_expected(gold, [], [])[0] is None


def test_the_experts_own_best_plan_stays_near_the_ceilings():
    expert = pytest.importorskip("gplan.world.expert")
    rows = [row(A, currenttime=f"2026-02-10 {hour:02d}:05:00", current_city="a", trigger_2="a") for hour in range(24)]
    distributions = [expert.plan_distribution(one) for one in rows]
    found, likeliest = expected_scores(distributions, [d[0][0] for d in distributions])
    assert likeliest["acc@1"] == pytest.approx(found["acc@1"]) and likeliest["nes"] <= found["nes"]
    best = sum(d[0][1] for d in distributions) / len(rows)  # NES of the likeliest plan is at least this
    assert best <= found["nes"] <= 1
    assert best <= found["acc@1"] <= 1


def test_what_the_experts_likeliest_plans_score_on_these_rows():
    from gplan.world.expert import best_plan

    rows = [row(A, currenttime=f"2026-02-10 {hour:02d}:05:00", current_city="a", trigger_2="a") for hour in range(3)]
    best = [best_plan(one) for one in rows]
    assert expert_scores(rows, best) == dict.fromkeys(LABEL_METRICS, 1.0)
    other = [{**best[1][0], "工具名称": "tool_4"}, *best[1][1:]]  # one of its n intents is another tool
    found = expert_scores(rows, [best[0], other, best[2]])
    assert found["acc@1"] == pytest.approx(2 / 3)
    assert found["nes"] == pytest.approx((2 + 1 - 1 / len(best[1])) / 3)


def test_ceilings_need_the_same_world_version(gold):
    world = pytest.importorskip("gplan.world.rows")
    pytest.importorskip("gplan.world.expert")
    meta = Path(f"{gold}.meta.json")
    rows = [row(A), row(B)]
    meta.write_text(json.dumps({"world_version": world.WORLD_VERSION}))
    expected, _ = world_expected(gold, rows, [A, B])
    assert set(expected.ceilings) == set(expected.answers) == set(LABEL_METRICS)
    meta.write_text(json.dumps({"world_version": "of old"}))
    expected, note = world_expected(gold, rows, [A, B])
    assert expected is None and "of old" in note


def test_confusion_counts():
    odd = [{"工具名称": "tool_9", "tag": ["x"]}]
    rows, columns, table = confusion_counts([A, A, B, B], [A, B, [], odd])
    assert rows == ["tool_1 ride here→order", "tool_6 at the POI"]
    assert columns == [*rows, OTHER, NOTHING]
    assert table.tolist() == [[1, 1, 0, 0], [0, 0, 1, 1]]


def test_labels_of_first_intents_differ():
    labels = [first_intent_label([one]) for one in all_intents()]
    assert len(set(labels)) == 148
    assert all(label.replace("→", "").isascii() for label in labels)


def test_tables_align_wide_characters():
    assert align([["a", "1"], ["中文", "22"]]) == "a      1\n中文  22"
    assert display_width("a中e\u0301") == 4


def test_samples_are_as_many_as_asked_for_and_none_leaves_no_empty_line(tmp_path, gold):
    predictions = tmp_path / "p.jsonl"
    predictions.write_text(lines(*({"row": i, "text": render_plan(A)} for i in range(5))))
    common = ("--predictions", predictions, "--valid_csv", gold, "--output_dir", tmp_path / "out", "--samples")
    for count in (0, 2):
        printed = score(*common, count).stdout
        _, _, behind_the_table = printed.partition("\nceilings: ")
        blocks = behind_the_table.split("\n\n")
        assert [block.partition(" ")[0] for block in blocks[1:]] == ["row"] * count + ["written"]
        assert not any(block.startswith("\n") for block in blocks)


def test_sample_marks_differences():
    fields = {"currenttime": "2026-02-10 18:05:00", "current_tag": "高铁站", "trigger_6": "2026-02-10 20:35:00"}
    plan = [T1, T6, FOOD | {"tag": "购物"}, {"x": [1]}, T9]
    text = sample_text(7, row(A, **fields), A, Response(None, plan, ()), "schema.tool").split("\n")
    assert text[0].startswith("row 7 · 2026-02-10 18:05 傍晚 · 在高铁站 · 酒店订单: ") and "2.5小时后开始" in text[0]
    assert "schema.tool" in text[1]
    marks = [re.search(r"  ([=~x]) ", line)[1] for line in text[3:]]
    assert marks == ["=", "x", "~", "x", "x"]
    assert intent_words(FOOD) == "兴趣推荐 当前位置 附近 美食"


def test_tools_alone_forget_the_parameters(tmp_path):
    gold, predicted = tmp_path / "gold.csv", tmp_path / "p.jsonl"
    t5, other = intent("tool_5", "当前位置", "附近", "美食"), intent("tool_5", "当前位置", "全城", "购物")
    t9, t6 = intent("tool_9"), intent("tool_6")
    write_rows(gold, [row([t5, t9, t6])])
    predicted.write_text(json.dumps({"row": 0, "text": render_plan([other, t6, t9])}) + "\n")
    done = score("--predictions", predicted, "--valid_csv", gold, "--output_dir", tmp_path / "out", "--json")
    metrics = json.loads(done.stdout)
    assert metrics["acc@1"]["value"] == 0
    assert metrics["nes"]["value"] == pytest.approx(1 - 2.3 / 3)  # a parameter, and two tools changed about
    assert metrics["tools"]["acc@1"]["value"] == 1
    assert metrics["tools"]["nes"]["value"] == pytest.approx(1 - 2 / 3)
