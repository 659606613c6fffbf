"""The paper's tables: steps run once and in order, means and differences over seeds, plans that can be read again."""

import json
import lzma
import os
import subprocess
import sys
from argparse import Namespace
from collections import Counter
from pathlib import Path

import pytest

from config import align_arguments, finetune_arguments, test_arguments
from data_process.intents import intent, render_plan
from data_process.response import parse_label
from data_process.schema import LABEL, read_rows, write_rows
from data_process.twins import read_pairs, write_pairs
from experiments.results import FOLDER
from experiments.table.__main__ import _about, chosen
from experiments.table.figures import draw, measure, trained_minutes, write_plans
from experiments.table.jobs import Step, run_all
from experiments.table.judged import JUDGED, add_columns
from experiments.table.latents import table_6
from experiments.table.reinforced import table_5, table_5_sample
from experiments.table.ways import Files, Repeat, TableLine, table_1, table_1_sample, table_2, table_3, table_4
from gplan.baselines.options import parse_arguments
from gplan.baselines.vocabulary import Vocabulary
from gplan.judge.changes import GENERIC_PLANS
from gplan.judge.judge import Item
from gplan.judge.rules import RuleJudge
from gplan.rl import arguments as rl_arguments
from gplan.synthesis.teachers.by_rules import rules
from gplan.synthesis.twins.counterfactual import write_twins
from tests.conftest import ROOT
from utils import InputError


def step(folder, name, code, *needs):
    """A step that runs Python code with ``done`` as its file."""
    done = folder / name / "done"
    return Step(done, ("-c", f"from pathlib import Path; done = Path({str(done)!r}); {code}"), needs)


def table_command(folder, *words):
    command = [sys.executable, "-m", "experiments.table", *words]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_steps_run_behind_what_they_need_each_once_and_none_twice(tmp_path):
    write = "done.write_text('x' + (done.read_text() if done.exists() else ''))"
    first = step(tmp_path, "first", write)
    both = [step(tmp_path, name, f"assert Path({str(first.done)!r}).exists(); {write}", first) for name in "ab"]
    run_all(both, at_once=2)
    run_all(both, at_once=2)
    assert [one.done.read_text() for one in (first, *both)] == ["x"] * 3


def test_a_step_that_fails_is_named_with_its_last_line_and_what_is_done_stays(tmp_path):
    good = step(tmp_path, "good", "done.touch()")
    bad = step(tmp_path, "bad", "raise ValueError('no such thing')", good)
    never = step(tmp_path, "never", "done.touch()", bad)
    with pytest.raises(InputError, match=r"ValueError: no such thing; its output is in .*bad/done.log"):
        run_all([never], at_once=1)
    assert good.done.exists() and not never.done.exists()
    bad_again = bad._replace(argv=(*good.argv[:1], good.argv[1].replace("good", "bad")))
    run_all([never._replace(needs=(bad_again,))], at_once=1)
    assert never.done.exists()


PLANS = {"a": [intent("tool_6"), intent("tool_8"), intent("tool_9")], "b": [intent("tool_9"), {"工具名称": "tool_11"}]}


def line(folder, name, seed, acc, nes, sees="", **run):
    """A way whose scoring came out so."""
    out = folder / str(seed) / name
    out.mkdir(parents=True)
    figure = lambda value: {"value": value, "low": 0, "high": 1}  # noqa: E731
    bound = {"acc@1": 0.36, "ndcg@3": 0.5, "ndcg@3_unique": 0.5, "nes": 0.5}
    metrics = {
        "acc@1": figure(acc),
        "ndcg@3": figure(0.8),
        "ndcg@3_unique": figure(0.8),
        "nes": figure(nes),
        "valid": figure(1.0),
        "latent_valid": None,
        "tools": {"acc@1": figure(0.9), "nes": figure(0.8)},
        "floors": {"majority_first_intent": bound, "majority_plan": bound},
        "expected": {"acc@1": acc - 0.01, "nes": nes},
        "ceilings": bound | {"acc@1": 0.76},
        "expert": bound | {"acc@1": 0.74},
    }
    (out / "metrics.json").write_text(json.dumps(metrics))
    (out / "run.json").write_text(json.dumps({"seconds": 60.0, **run}))
    texts = [json.dumps({"row": i, "text": "", "plan": plan}) for i, plan in enumerate(PLANS.values())]
    (out / "predictions.jsonl").write_text("\n".join(texts) + "\n")
    return TableLine(name, sees, Step(out / "metrics.json", ()), out / "run.json")


def test_means_and_differences_seed_by_seed(tmp_path):
    repeats = [
        Repeat(
            seed,
            [
                line(tmp_path, "PICD", seed, acc, 0.7),
                line(tmp_path, "trees", seed, acc + gap, 0.7, "comparisons", parameters=9),
            ],
        )
        for seed, acc, gap in ((42, 0.70, 0.01), (43, 0.74, 0.03), (44, 0.72, 0.02))
    ]
    measured = measure(repeats)
    first, trees = measured.rows
    assert first["Acc@1"] == pytest.approx(0.72)
    assert trees["Acc@1"]["value"] == pytest.approx(0.74)
    assert trees["Acc@1"]["gap"] == pytest.approx(0.02)
    assert trees["Acc@1"]["error"] == pytest.approx(0.01 / 3**0.5)  # deviation .01 over three seeds
    assert trees["tools: Acc@1"]["gap"] == pytest.approx(0)
    assert (first["seconds"], trees["parameters"]) == (60.0, 9)
    assert "parameters" not in first and "Latent-Valid" not in trees
    assert (first["expected Acc@1"], trees["expected Acc@1"]["gap"]) == pytest.approx((0.71, 0.02))
    ceiling = measured.bounds["ceiling: expected"]
    assert ceiling["Acc@1"] == ceiling["expected Acc@1"] == pytest.approx(0.76)
    draw(tmp_path / "table.png", measured, "a table")
    assert (tmp_path / "table.png").read_bytes()[:4] == b"\x89PNG"


def test_a_training_that_lines_share_counts_once(tmp_path):
    one, two = (line(tmp_path, name, 42, 0.7, 0.7) for name in ("PICD", "trees"))
    assert trained_minutes([Repeat(42, [one, one._replace(name="PICD, mbr"), two])]) == 2  # 60 s each


def test_means_and_differences_fold_by_fold_each_the_mean_of_its_seeds(tmp_path):
    first = {(42, 0): 0.5, (43, 0): 0.7, (42, 1): 0.4, (43, 1): 0.4}
    gaps = {(42, 0): 0.1, (43, 0): 0.3, (42, 1): 0.0, (43, 1): 0.0}  # .2 in one fold, 0 in the other
    repeats = [
        Repeat(
            seed,
            [
                line(tmp_path / str(fold), "trees", seed, acc, 0.7),
                line(tmp_path / str(fold), "PICD", seed, acc + gaps[seed, fold], 0.7),
            ],
            fold,
        )
        for (seed, fold), acc in first.items()
    ]
    trees, picd = measure(repeats).rows
    assert trees["Acc@1"] == pytest.approx(0.5)
    assert picd["Acc@1"] == pytest.approx({"value": 0.6, "gap": 0.1, "error": 0.1})  # (.2 - 0) / 2: two folds
    write_plans(tmp_path / "plans" / "table.jsonl.xz", repeats)
    with lzma.open(tmp_path / "plans" / "table.jsonl.xz", "rt", encoding="utf-8") as file:
        assert [(entry["seed"], entry["fold"]) for entry in map(json.loads, file)][::2] == list(first)


def test_bounds_of_a_sample_are_those_of_its_folds_on_average(tmp_path):
    repeats = [Repeat(42, [line(tmp_path / str(fold), "trees", 42, 0.6, 0.7)], fold) for fold in (0, 1)]
    scores = repeats[1].lines[0].scores.done
    metrics = json.loads(scores.read_text())
    metrics["floors"]["majority_plan"]["acc@1"] = 0.40  # .36 in the other fold
    scores.write_text(json.dumps(metrics))
    assert measure(repeats).bounds["commonest plan of these rows"]["Acc@1"] == pytest.approx(0.38)


def test_folds_hold_out_every_row_once(tmp_path, labelled_rows):
    rows = labelled_rows[:7]
    write_rows(tmp_path / "rows.csv", rows)
    command = [sys.executable, "-m", "experiments.table.folds", "rows.csv", "out", "--folds", "3"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    parts = [[read_rows(tmp_path / f"out/fold_{k}/{name}.csv") for name in ("train", "held_out")] for k in range(3)]
    assert [held for _, held in parts] == [[rows[0], rows[3], rows[6]], [rows[1], rows[4]], [rows[2], rows[5]]]
    assert parts[1][0] == [rows[i] for i in (0, 2, 3, 5, 6)]
    too_many = subprocess.run([*command[:-1], "8"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert too_many.returncode == 2 and too_many.stderr.strip().endswith(
        "rows.csv: 7 rows for 8 folds; give a row for each at least"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["2", "--sample", "rows.csv"], "--sample: table 2 is of generated rows alone; give table 1 or 5"),
        (["1", "--sample", "rows.csv"], "--sample rows.csv: no such file"),
    ],
)
def test_a_sample_that_says_nothing_is_refused(tmp_path, words, says):
    run = table_command(tmp_path, *words)
    assert run.returncode == 2 and run.stderr.strip().splitlines()[-1].endswith(says)


def test_what_is_wrong_with_a_sample_is_said_before_anything_is_trained(tmp_path, labelled_rows):
    write_rows(tmp_path / "rows.csv", labelled_rows[:6])
    text = (tmp_path / "rows.csv").read_text(encoding="utf-8")
    (tmp_path / "rows.csv").write_text(text.replace("tool_6", "tool_66"), encoding="utf-8")
    run = table_command(tmp_path, "1", "--sample", "rows.csv", "--folder", "out")
    assert run.returncode == 2 and "rows.csv" in run.stderr.splitlines()[-1]
    assert not list(tmp_path.glob("out/[0-9]*"))  # no training was begun


def test_a_folder_of_one_sample_is_not_used_for_another(tmp_path, labelled_rows):
    (tmp_path / "out").mkdir()
    write_rows(tmp_path / "out" / "sample.csv", labelled_rows[:6])
    write_rows(tmp_path / "rows.csv", labelled_rows[1:7])
    run = table_command(tmp_path, "1", "--sample", "rows.csv", "--folder", "out")
    assert run.returncode == 2
    assert run.stderr.splitlines()[-1].endswith("it holds the folds of another sample; give another folder")


def test_plans_are_kept_as_numbers(tmp_path):
    repeats = [Repeat(42, [line(tmp_path, "PICD", 42, 0.7, 0.7)])]
    write_plans(tmp_path / "plans" / "table.jsonl.xz", repeats)
    with lzma.open(tmp_path / "plans" / "table.jsonl.xz", "rt", encoding="utf-8") as file:
        (entry,) = map(json.loads, file)
    assert {name: entry[name] for name in ("way", "seed")} == {"way": "PICD", "seed": 42}
    assert Vocabulary("intents").plan(tuple(entry["plans"][0])) == PLANS["a"]
    assert entry["plans"][1] == [*Vocabulary("intents").ids([intent("tool_9")]), None]


def kept_table(folder, ways, rows, pairs):
    """A result file with kept plans beside it, and the rows and twins that they are for.

    ``ways``: name -> seed -> plans of the rows, and of the pairs' sides."""
    write_rows(folder / "held_out.csv", rows)
    (folder / "held_out.csv.meta.json").write_text("{}")
    write_pairs(folder / "held_out_twins.jsonl", pairs)
    (folder / "plans").mkdir()
    ids = Vocabulary("intents").ids
    with lzma.open(folder / "plans" / "table_9.jsonl.xz", "wt", encoding="utf-8") as file:
        for name, seeds in ways.items():
            for seed, (plans, sides) in seeds.items():
                numbers = {
                    "plans": [[*ids(plan)] if plan else [None] for plan in plans],
                    "twins": [[*ids(p)] for p in sides],
                }
                file.write(json.dumps({"way": name, "sees": "", "seed": seed} | numbers) + "\n")
    result = {
        "columns": {"way": None, "responsiveness": ".3f", "Flow": ".2f", "parameters": ".0f"},
        "rows": [{"way": name, "sees": "", "parameters": 1} for name in ways]
        + [{"way": "commonest plan of these rows", "sees": ""}],
    }
    (folder / "table_9.json").write_text(json.dumps(result))
    return folder / "table_9.json"


def gain_by_hand(pairs):
    """Each side's plan in its own moment, less the other side's plan there."""

    def st(row, plan):
        return RuleJudge().judge([Item(row, plan)])[0]["st"].score

    gaps = []
    for pair in pairs:
        for_anchor, for_twin = pair.plans
        gaps.append(st(pair.anchor, for_anchor) - st(pair.anchor, for_twin))
        gaps.append(st(pair.twin, for_twin) - st(pair.twin, for_anchor))
    return sum(gaps) / len(gaps)


def test_twins_without_a_valid_pair_have_no_gain(tmp_path, labelled_rows, twins_jsonl):
    rows, pairs = labelled_rows[:6], read_pairs(twins_jsonl)[:2]
    good = [list(GENERIC_PLANS[0])] * 6
    twice = [[intent("tool_9")] * 3] * 4  # breaks a rule
    ways = {"good": {42: (good, [pair.plans[0] for pair in pairs for _ in "ab"])}, "bad": {42: (good, twice)}}
    target = kept_table(tmp_path, ways, rows, pairs)
    add_columns(target, tmp_path)
    first, second, *_ = json.loads(target.read_text(encoding="utf-8"))["rows"]
    assert first["ST gain"] == 0.0 and "ST gain" not in second


def test_the_judges_columns_come_from_kept_plans(tmp_path, labelled_rows, twins_jsonl):
    rows, pairs = labelled_rows[:6], read_pairs(twins_jsonl)[:3]
    labels = [parse_label(row[LABEL]).plan for row in rows]
    follows, ignores = [plan for pair in pairs for plan in pair.plans], [pair.plans[0] for pair in pairs for _ in "ab"]
    generic = [list(GENERIC_PLANS[0])] * 6
    ways = {
        "labels themselves": {42: (labels, follows), 43: (labels, follows)},
        "one plan": {42: (generic, ignores), 43: ([None, *generic[1:]], ignores)},  # one of them is not valid
    }
    target = kept_table(tmp_path, ways, rows, pairs)
    for _ in "ab":  # the second time over its own columns
        add_columns(target, tmp_path)
        content = json.loads(target.read_text(encoding="utf-8"))
        assert list(content["columns"]) == ["way", "responsiveness", *JUDGED, "parameters"]
        first, second, of_labels, commonest = content["rows"]
        assert of_labels["way"] == "labels of these rows"
        for name in ("Flow", "Logic", "ST", "Overall", "ST gain", "commonest"):
            assert first[name] == pytest.approx(of_labels[name])
        assert first["Overall"] == pytest.approx((first["Flow"] + first["Logic"] + first["ST"]) / 3)
        assert second["Flow"] == {"value": 3.0, "gap": pytest.approx(3.0 - first["Flow"]), "error": 0.0}
        assert first["ST gain"] == pytest.approx(gain_by_hand(pairs)) and abs(first["ST gain"]) > 0.1
        assert second["ST gain"]["value"] == 0.0 and commonest["ST gain"] == 0.0  # the moment is ignored
        most = max(Counter(map(render_plan, labels)).values()) / 6
        assert of_labels["commonest"] == pytest.approx(most) and commonest["commonest"] == 1.0
        assert second["commonest"]["value"] == pytest.approx((6 / 6 + 5 / 6) / 2)  # one of six is no plan


def test_kept_plans_of_other_rows_are_refused(tmp_path, labelled_rows, twins_jsonl):
    rows, pairs = labelled_rows[:6], read_pairs(twins_jsonl)[:3]
    plans = [list(GENERIC_PLANS[0])] * 5
    target = kept_table(tmp_path, {"short": {42: (plans, [])}}, rows, pairs)
    with pytest.raises(InputError, match=r"short, seed 42: 5 plans and 0 of twins for 6 rows and 3 pairs"):
        add_columns(target, tmp_path)
    (tmp_path / "plans" / "table_9.jsonl.xz").unlink()
    with pytest.raises(InputError, match="no such file; make the table first"):
        add_columns(target, tmp_path)


def test_a_plan_that_does_not_parse_to_its_end_is_kept_as_no_plan(tmp_path):
    repeats = [Repeat(42, [line(tmp_path, "PICD", 42, 0.7, 0.7)])]
    path = repeats[0].lines[0].run.with_name("predictions.jsonl")
    cut = [json.loads(text) | {"problems": ["plan.truncated"]} for text in path.read_text().splitlines()]
    path.write_text("\n".join(map(json.dumps, cut)) + "\n")
    write_plans(tmp_path / "plans" / "table.jsonl.xz", repeats)
    with lzma.open(tmp_path / "plans" / "table.jsonl.xz", "rt", encoding="utf-8") as file:
        assert json.loads(file.readline())["plans"][0] == [*Vocabulary("intents").ids(PLANS["a"]), None]


def one_fold(files, seed):
    return table_1_sample(files, seed, 3)


def one_fold_reinforced(files, seed):
    return table_5_sample(files, seed, 3)


FOLD = (one_fold, one_fold_reinforced)
TWINS = (table_2, table_4, table_5, table_6)
# Of what lines need themselves, trainings of the embedded default's recipe on its own rows, if not once.
DEFAULTS = {table_3: 3, table_5: 2, table_6: 4, one_fold_reinforced: 0}  # schedules; longer; by the number of latents


@pytest.mark.parametrize("table", [table_1, one_fold, table_2, table_3, table_4, table_5, one_fold_reinforced, table_6])
def test_every_line_is_a_command_that_means_something(tmp_path, table):
    files = Files(
        tmp_path,
        "train.csv",
        "few.csv",
        "held_out.csv",
        (),
        "train_twins.jsonl",
        "twins.jsonl" * (table in TWINS),
    )
    lines = table(files, 42)
    assert len({one.scores.done for one in lines}) == len(lines)
    commands = {step.argv for one in lines for step in (one.scores, *one.scores.needs)}
    for command in commands:
        script, *flags = command
        if script == "-m" and flags[0] == "gplan.rl":
            assert rl_arguments.parse_arguments(flags[1:]).twins in (None, "train_twins.jsonl")
        elif script == "-m":
            assert parse_arguments(flags[1:]).twins in (None, files.twins)
        elif script == "test.py":
            test_arguments.parse_arguments(flags)
        elif script == "align.py":
            assert align_arguments.parse_arguments(flags).twins == "train_twins.jsonl"
        else:
            assert finetune_arguments.parse_arguments(flags).seed == 42
    trainings = {command for command in commands if command[0] == "finetune.py"}
    if table in FOLD:
        answered = {command[command.index("--valid_csv") + 1] for command in commands if "--valid_csv" in command}
        assert answered == {str(tmp_path / "fold_3" / "held_out.csv")}
        trained_on = {command[command.index("--train_csv") + 1] for command in commands if "--train_csv" in command}
        assert trained_on == {str(tmp_path / "fold_3" / "train.csv")}
    defaults = sum("--cot_mode" not in command and "--train_csv" not in command for command in trainings)
    assert defaults == DEFAULTS.get(table, 1)


@pytest.mark.parametrize("sample", [None, Path("rows.csv")])
def test_what_is_shown_of_a_table_elsewhere_has_figures(sample):
    """Of real rows neither expected figures nor twins are known."""
    args = Namespace(table=5, sample=sample, seeds=[42], lines=None, against=None, at_once=2)
    shown = _about(args, "Table 5", 1.0)["readme"]
    stands = json.loads((FOLDER / f"table_5{'_sample' * bool(sample)}.json").read_text(encoding="utf-8"))
    assert shown == stands["readme"]
    assert all(any(row.get(name) is not None for row in stands["rows"]) for name in shown)


def test_reinforcement_begins_where_its_line_says(tmp_path):
    files = Files(tmp_path, "train.csv", "few.csv", "held_out.csv", (), "train_twins.jsonl", "twins.jsonl")
    begins = {}
    for one in table_5(files, 42):
        (made, *_) = one.scores.needs
        if "gplan.rl" in made.argv:
            start = Path(made.argv[made.argv.index("--model") + 1])
            begins[one.name] = start.name, "--twins" in made.argv
            assert [need.done for need in made.needs] == [start / "run.json"]
    both = {"PICD + RL": ("picd", True), "PICD + RL, rows alone": ("picd", False)}
    assert begins == both | {"Direct-SFT + RL": ("direct_sft", True)}


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("table_1", table_1),
        ("table_1_sample", one_fold),
        ("table_2", table_2),
        ("table_3", table_3),
        ("table_4", table_4),
        ("table_5", table_5),
        ("table_5_sample", one_fold_reinforced),
        ("table_6", table_6),
    ],
)
def test_a_table_that_stands_in_the_results_has_the_lines_of_its_command(tmp_path, name, table):
    """And of twins what the command asks for: a line without them has no responsiveness."""
    twins = "twins.jsonl" * (table in TWINS)
    lines = table(Files(tmp_path, "train.csv", "few.csv", "held_out.csv", (), "train_twins.jsonl", twins), 42)
    rows = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["rows"]
    assert [(row["way"], row["sees"], "responsiveness" in row) for row in rows if "parameters" in row] == [
        (one.name, one.sees, "--twins" in one.scores.argv) for one in lines
    ]


def test_some_lines_of_a_table(tmp_path):
    lines = table_4(Files(tmp_path, "train.csv", "few.csv", "held_out.csv"), 42)
    assert chosen(lines, None) == lines
    assert [line.name for line in chosen(lines, ["trees", "PICD + SC-DPO"])] == ["PICD", "PICD + SC-DPO", "trees"]
    with pytest.raises(InputError, match=r"--lines 'tree': there is none; the table has PICD; PICD, mbr; "):
        chosen(lines, ["tree"])
    with pytest.raises(InputError, match="--against 'tree': there is none"):
        chosen(lines, None, "tree")


def test_lines_are_compared_with_any_of_them(tmp_path):
    lines = table_1(Files(tmp_path, "train.csv", "few.csv", "held_out.csv"), 42)
    assert chosen(lines, ["commonest plan"], "PICD, free") == [lines[1], lines[2]]
    trees = chosen(lines, ["trees"], "trees (context)")
    assert [line.sees for line in trees] == ["context", "history", "comparisons"]
    assert len(chosen(lines, None, "trees (context)")) == len(lines)


def test_teacher_rows_are_the_training_rows_and_the_anchors_with_their_teachers_plans(tmp_path, labelled_rows):
    write_rows(tmp_path / "train.csv", labelled_rows[:6])
    write_twins(tmp_path / "train.csv", tmp_path / "twins.jsonl", rules, seed=1)
    pairs = read_pairs(tmp_path / "twins.jsonl")
    command = [sys.executable, "-m", "experiments.table.teacher_rows", *("train.csv", "twins.jsonl", "out.csv")]
    subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)
    rows = read_rows(tmp_path / "out.csv")
    assert rows[:6] == labelled_rows[:6]
    assert [parse_label(row[LABEL]).plan for row in rows[6:]] == [pair.plans[0] for pair in pairs]
    assert all(parse_label(row[LABEL]).blocks for row in rows)
