"""Floors, trees and the door of the baselines, through the command line."""

import itertools
import json
import sys
from collections import Counter

import numpy as np
import pytest

from data_process.intents import MAX_PLAN, MIN_PLAN, intent, render_plan
from data_process.response import parse_label
from data_process.rule_filter import filter_plan
from data_process.schema import LABEL, read_rows, write_rows
from data_process.situation import situation
from gplan.baselines import __main__ as door_module
from gplan.baselines.decode import _beams, decode
from gplan.baselines.options import CHOICES, MODELS, RANGES, model_defaults, parse_arguments
from gplan.baselines.vocabulary import Vocabulary
from gplan.starter.rows import labelled
from utils import door

SMALL = ["--trees", "20"]
SPARE = [intent(f"tool_{i}") for i in (3, 6, 8, 9, 10)]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """60 rows to learn from and 30 to answer, of other people."""
    folder = tmp_path_factory.mktemp("baselines")
    write_rows(folder / "train.csv", labelled(60, seed=21))
    write_rows(folder / "valid.csv", labelled(30, seed=22))
    return folder


@pytest.fixture
def run(files, tmp_path, monkeypatch, capsys):
    """``run("tabular", "--sees", "plan")``: status, what was said, and the answers' plans."""

    def start(model, *flags, train="train.csv", valid="valid.csv", out=tmp_path / "out"):
        argv = [model, "--train_csv", files / train, "--valid_csv", files / valid, "--output_dir", out, *flags]
        monkeypatch.setattr(sys, "argv", ["baselines", *map(str, argv)])
        try:
            status = door(door_module.main)
        except SystemExit as error:  # argparse's
            status = error.code
        said = capsys.readouterr().err
        path = out / "predictions.jsonl"
        plans = [json.loads(line)["plan"] for line in path.open(encoding="utf-8")] if path.exists() else []
        return status, said, plans

    return start


def the_error(said: str) -> str:
    (line,) = said.strip().splitlines()
    assert line.startswith("error: ")
    return line


def gold(path):
    return [parse_label(row[LABEL]).plan for row in read_rows(path)]


# Vocabulary


@pytest.mark.parametrize("kind", ["intents", "tools"])
def test_numbers_and_intents_are_a_bijection(kind):
    vocabulary = Vocabulary(kind)
    assert len(vocabulary) == {"intents": 149, "tools": 11}[kind]
    numbers = tuple(range(vocabulary.end))
    assert vocabulary.ids(vocabulary.plan(numbers)) == numbers
    assert len({render_plan([one]) for one in vocabulary.plan(numbers)}) == vocabulary.end


def test_tools_alone_forget_the_parameters():
    assert Vocabulary("tools").ids([intent("tool_7", "美食"), intent("tool_9")]) == (6, 8)


def test_the_mask_lets_exactly_those_plans_through_that_the_rule_filter_does():
    vocabulary, rng = Vocabulary("intents"), np.random.default_rng(0)
    for trial in range(400):
        plan, has_order = (), bool(trial % 2)
        while True:
            mask = vocabulary.allowed(plan, has_order=has_order)
            assert mask[vocabulary.end] == (filter_plan(vocabulary.plan(plan), has_order=has_order) is None)
            for choice in rng.choice(vocabulary.end, 5):
                longer = vocabulary.plan((*plan, int(choice)))
                # Two that always fit, so that the filter gets past the length of short plans.
                spare = [one for one in SPARE if one not in longer]
                judged = longer if len(longer) >= MIN_PLAN else [*longer, *spare[: MIN_PLAN - len(longer)]]
                assert mask[choice] == (filter_plan(judged, has_order=has_order) is None)
            choice = int(rng.choice(np.flatnonzero(mask)))
            if choice == vocabulary.end:
                break
            plan = (*plan, choice)


# Decoding, on a distribution that is written down


def test_free_takes_the_likeliest_rules_the_likeliest_that_is_allowed():
    vocabulary = Vocabulary("intents")
    show, remind, weather = (vocabulary.ids([intent(f"tool_{i}")])[0] for i in (6, 8, 9))

    def scorer(rows, plans):
        scores = np.full((len(plans), len(vocabulary)), -20.0)
        scores[:, [weather, show, remind, vocabulary.end]] = np.log([0.5, 0.2, 0.1, 0.15])
        return scores

    free, rules = (decode(scorer, [False], vocabulary, how, k=4)[0] for how in ("free", "rules"))
    assert free == (weather,) * MAX_PLAN
    assert rules == (weather, show, remind)  # then the end is likelier than anything new


def test_the_beams_are_the_likeliest_plans_in_their_order():
    """Against all plans of four intents, whose chances depend on the last one: 24 of three intents and 24 of four."""
    vocabulary = Vocabulary("intents")
    four = [vocabulary.ids([intent(f"tool_{i}")])[0] for i in (6, 8, 9, 10)]
    table = np.log(np.random.default_rng(0).dirichlet(np.ones(5), size=5))  # by the last intent, or none

    def scorer(rows, plans):
        scores = np.full((len(plans), len(vocabulary)), -60.0)
        for i, plan in enumerate(plans):
            scores[i, [*four, vocabulary.end]] = table[four.index(plan[-1]) if plan and plan[-1] in four else 4]
        return scores

    def chance(plan):
        total = 0.0
        for j, choice in enumerate([*plan, vocabulary.end]):
            scores = scorer(None, [plan[:j]])[0]
            mask = vocabulary.allowed(plan[:j], has_order=False)
            total += scores[choice] - np.log(np.exp(scores[mask]).sum())
        return total

    plans = [plan for size in (3, 4) for plan in itertools.permutations(four, size)]
    expected = sorted(plans, key=lambda plan: -chance(plan))
    (found,) = _beams(scorer, np.arange(1), [False], vocabulary, 100)
    assert [plan for _, plan in found[:48]] == expected
    assert [score for score, _ in found[:48]] == pytest.approx([chance(plan) for plan in expected])
    (few,) = _beams(scorer, np.arange(1), [False], vocabulary, 5)
    assert [score for score, _ in few] == sorted((score for score, _ in few), reverse=True)


# Floors


def test_majority_is_the_commonest_plan(run, files):
    status, _, plans = run("majority")
    common = Counter(map(render_plan, gold(files / "train.csv"))).most_common(1)[0][0]
    assert status == 0
    assert {render_plan(plan) for plan in plans} == {common}
    assert len(plans) == 30


def test_lookup_finds_the_column_that_decides(run, files):
    decides, other = [intent(f"tool_{i}") for i in (6, 8, 9)], [intent(f"tool_{i}") for i in (9, 6, 8)]
    for name, seed in (("equal_train.csv", 23), ("equal_valid.csv", 24)):
        rows = labelled(80, seed=seed)
        write_rows(
            files / name,
            [row | {LABEL: render_plan(decides if situation(row).at_order else other)} for row in rows],
        )
    _, _, plans = run("lookup", train="equal_train.csv", valid="equal_valid.csv")
    assert plans == gold(files / "equal_valid.csv")


def test_lookup_finds_two_comparisons_that_decide_together(run, files):
    """Which of two plans is right follows from whether exactly one of two comparisons holds: neither alone says it."""
    plans = [[intent(f"tool_{i}") for i in numbers] for numbers in ((6, 8, 9), (9, 6, 8))]
    for name, seed in (("both_train.csv", 25), ("both_valid.csv", 26)):
        rows = labelled(200, seed=seed)
        odd = [situation(row).in_order_city ^ situation(row).weekend for row in rows]
        write_rows(files / name, [row | {LABEL: render_plan(plans[o])} for row, o in zip(rows, odd, strict=True)])
    _, _, answers = run("lookup", train="both_train.csv", valid="both_valid.csv")
    assert answers == gold(files / "both_valid.csv")
    _, _, alone = run("lookup", "--columns", "1", train="both_train.csv", valid="both_valid.csv", out=files / "alone")
    right = [answer == label for answer, label in zip(alone, gold(files / "both_valid.csv"), strict=True)]
    assert sum(right) < 160


# Trees


@pytest.mark.parametrize("how", ["rules", "mbr"])
def test_trees_under_the_rules_make_valid_plans(run, files, how):
    _, _, plans = run("tabular", *SMALL, "--decode", how)
    orders = [bool(row["trigger_1"]) for row in read_rows(files / "valid.csv")]
    assert [filter_plan(plan, has_order=order) for plan, order in zip(plans, orders, strict=True)] == [None] * 30


def test_lightgbm_stops_early_and_makes_valid_plans(run, files, tmp_path):
    pytest.importorskip("lightgbm")
    flags = ["--booster", "lightgbm", "--rounds", "40", "--boost_leaves", "7", "--leaf", "5", "--patience", "2"]
    status, _, plans = run("tabular", *flags)
    assert status == 0 and len(plans) == 30
    orders = [bool(row["trigger_1"]) for row in read_rows(files / "valid.csv")]
    assert [filter_plan(plan, has_order=order) for plan, order in zip(plans, orders, strict=True)] == [None] * 30
    leaves = json.loads((tmp_path / "out" / "run.json").read_text())["parameters"]
    assert 0 < leaves <= 40 * 7 * 84


def test_rows_without_an_order_get_no_order_place(run, files):
    rows = [row | {f"trigger_{i}": "" for i in range(1, 8)} for row in read_rows(files / "valid.csv")]
    write_rows(files / "no_order.csv", rows)
    status, _, plans = run("tabular", *SMALL, valid="no_order.csv")
    assert status == 0
    assert [filter_plan(plan, has_order=False) for plan in plans] == [None] * 30


def test_who_sees_the_plan_alone_says_one_plan(run):
    _, _, plans = run("tabular", *SMALL, "--sees", "plan")
    assert len({render_plan(plan) for plan in plans}) == 1


@pytest.mark.parametrize("sees", ["history", "context", "comparisons"])
def test_trees_learn_their_training_rows(run, files, sees):
    """With leaves of one sample trees know what they were grown on, unless two rows look alike to them."""
    flags = ["--leaf", "1", "--share", "1.0", "--decode", "free", "--sees", sees]
    _, _, plans = run("tabular", *SMALL, *flags, valid="train.csv")
    right = [plan[:1] == label[:1] for plan, label in zip(plans, gold(files / "train.csv"), strict=True)]
    assert sum(right) >= 57


def test_equal_seeds_give_equal_answers_and_labels_are_not_looked_at(run, files, tmp_path):
    rows = read_rows(files / "valid.csv")
    labels = [row[LABEL] for row in rows][::-1]
    write_rows(files / "permuted.csv", [row | {LABEL: label} for row, label in zip(rows, labels, strict=True)])
    first, same, permuted, other = (
        run("tabular", *SMALL, *flags, valid=valid, out=tmp_path / str(i))[2]
        for i, (flags, valid) in enumerate(
            [([], "valid.csv"), ([], "valid.csv"), ([], "permuted.csv"), (["--seed", "7"], "valid.csv")]
        )
    )
    assert first == same == permuted
    assert first != other


def test_tools_alone(run):
    status, _, plans = run("tabular", *SMALL, "--ids", "tools")
    assert status == 0
    assert all(set(one) == {"工具名称"} for plan in plans for one in plan)


def test_the_manifest_and_what_a_second_run_does(run, tmp_path):
    out = tmp_path / "out"
    assert run("tabular", *SMALL)[0] == 0
    manifest = json.loads((out / "run.json").read_text())
    assert manifest["rows"] == 60 and manifest["parameters"] > 100 and manifest["arguments"]["trees"] == 20
    status, said, _ = run("tabular", *SMALL)
    assert status == 2 and "already holds a run" in the_error(said)
    status, said, _ = run("tabular", *SMALL, "--resume", "auto")
    assert status == 0 and "nothing is left to do" in said
    status, said, _ = run("majority", "--resume", "auto")
    assert status == 2 and "model was tabular and is majority" in the_error(said)


# Bad input


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["sasrek"], ["invalid choice", "sasrek"]),
        (["majority", "--decode", "mbr"], ["--decode mbr", "majority", "give free"]),
        (["lookup", "--sees", "plan"], ["--sees plan", "lookup", "give comparisons"]),
        (["tabular", "--ids", "tools", "--decode", "rules"], ["--ids tools", "give free"]),
        (["tabular", "--ids=tools", "--decode=mbr"], ["--ids tools", "give free"]),
        (["tabular", "--decode", "mbr", "--k", "1"], ["--k 1", "give 2 or more"]),
        (["lookup", "--columns", "0"], ["--columns 0", "1 or more"]),
        (["tabular", "--trees", "0"], ["--trees 0", "1 or more"]),
        (["tabular", "--booster", "xgboost"], ["--booster xgboost", "trees or lightgbm"]),
        (["sasrec", "--held_out", "2"], ["--held_out 2", "between"]),
        (["sasrec", "--rate", "nan"], ["--rate nan"]),
        (["bert4rec", "--dropout", "1"], ["--dropout 1", "between"]),
        (["p5", "--epochs", "0"], ["--epochs 0", "1 or more"]),
        (["tabular", "--pretrained", "t5"], ["unrecognized arguments: --pretrained t5"]),
    ],
)
def test_what_has_no_meaning_is_refused_by_name(run, flags, words, tmp_path):
    status, said, _ = run(*flags)
    assert status == 2
    assert all(word in the_error(said) for word in words), said
    assert not (tmp_path / "out").exists()


def test_a_folder_may_be_called_like_a_model():
    args = parse_arguments(["--output_dir", "p5", "tabular", "--trees", "7"])
    assert (args.model, args.output_dir, args.trees) == ("tabular", "p5", 7)


def test_files_that_are_no_good(run, files, tmp_path):
    rows = read_rows(files / "train.csv")
    write_rows(files / "one.csv", rows[:1])
    write_rows(files / "outside.csv", [rows[0], rows[1] | {LABEL: '[{"工具名称":"tool_11"}]'}, rows[2]])
    for flags, words in (
        ({"train": "one.csv"}, ["one.csv: 1 row to train on", "at least two"]),
        ({"train": "nowhere.csv"}, ["nowhere.csv: no such file"]),
        ({"train": "outside.csv"}, ["outside.csv: row 1", "column raw_labels"]),
        ({"valid": "nowhere.csv"}, ["nowhere.csv: no such file"]),
    ):
        status, said, _ = run("tabular", "--ids", "tools", **flags)
        assert status == 2
        assert all(word in the_error(said) for word in words), said
    assert not (tmp_path / "out").exists()


def test_rows_of_ones_own_need_rows_to_answer(monkeypatch, files, capsys):
    monkeypatch.setattr(sys, "argv", ["baselines", "majority", "--train_csv", str(files / "train.csv")])
    assert door(door_module.main) == 2
    assert "--valid_csv: rows to answer are needed" in the_error(capsys.readouterr().err)


def test_help_prints_what_goes_together(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["baselines", "--help"])
    with pytest.raises(SystemExit):
        door_module.main()
    shown = capsys.readouterr().out
    assert all(f"\n  {name} " in shown for name in MODELS)
    assert "intents tools" in shown and "rules mbr free" in shown


def test_without_files_it_learns_from_the_first_embedded_rows(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("gplan.starter.rows.TRAIN_ROWS", 30)
    monkeypatch.setattr("gplan.starter.rows.TEST_ROWS", 5)
    monkeypatch.setattr(sys, "argv", ["baselines", "majority", "--output_dir", str(tmp_path / "out")])
    assert door(door_module.main) == 0
    assert "majority learns from 30 rows" in capsys.readouterr().err
    assert len((tmp_path / "out" / "predictions.jsonl").read_text("utf-8").splitlines()) == 5


def test_every_setting_of_every_model_has_a_range_or_choices():
    names = {name for model in MODELS for name in model_defaults(model)}
    assert names - RANGES.keys() - CHOICES.keys() == {"pretrained"}  # a folder, looked at by p5
    assert (RANGES.keys() | CHOICES.keys()) <= names
