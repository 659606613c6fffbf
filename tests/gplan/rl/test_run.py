"""The real door and trainer on a tiny PICD checkpoint: what it learns, cuts of a batch, resume, refusals."""

import json
import signal
import sys

import pytest
import torch
from transformers import AutoModelForCausalLM

from data_process.schema import write_rows
from gplan.rl import __main__ as rl
from gplan.rl import rewards
from gplan.rl.trainer import VALID_FIGURES
from tests.conftest import ROOT
from tests.support.runs import TORCHRUN, StopAt, assert_same_end, history, start, wait_until
from utils import InputError, door

FLAGS = """--use_cpu true --bf16 false --report_to none --disable_tqdm true --learning_rate 1e-3 --batch_size 4
    --gradient_checkpointing false --save_strategy no --plans 4 --logging_steps 1 --weight_decay 0
    --temperature 1"""
SHOWN = ("reward", "nes", "first_intent", "twin_margin", "without_spread", "entropy", "kl", "length", "different")


@pytest.fixture
def words(picd_checkpoint, cot_csv, twins_jsonl):
    """The command line of a run over 24 rows and 24 sides of twins."""

    def build(output, *more):
        paths = ["--model", picd_checkpoint, "--train_csv", cot_csv, "--valid_csv", cot_csv, "--twins", twins_jsonl]
        paths += ["--valid_twins", twins_jsonl, "--output_dir", output]
        return [*map(str, paths), *FLAGS.split(), *map(str, more)]

    return build


@pytest.fixture
def run(words, monkeypatch):
    """That run in this process; returns its log."""

    def go(output, *more):
        monkeypatch.setattr(sys, "argv", ["rl", *words(output, *more)])
        assert rl.main() == 0
        return history(output)

    return go


def test_it_learns_what_is_rewarded_and_leaves_all_files(run, tmp_path):
    """Of a model that knows nothing: plans are drawn at random at first."""
    log = run(tmp_path / "out", "--rows_per_epoch", 12, "--epochs", 18, "--learning_rate", 6e-3, "--beta", 0.001,
              "--rewards", "nes=1", "--eval_strategy", "no", "--plans", 8)  # fmt: skip
    entries = [entry for entry in log if "reward" in entry]
    assert len(entries) == 54
    begin, end = (sum(entry["reward"] for entry in part) / 10 for part in (entries[:10], entries[-10:]))
    assert end > begin + 0.1
    assert entries[0]["kl"] == 0 and entries[-1]["kl"] > 0.5
    assert entries[-1]["entropy"] < entries[0]["entropy"]
    stored = json.loads((tmp_path / "out" / "config.json").read_text())["gplan"]
    assert stored["cot_mode"] == "picd" and stored["response_tokens"] > 100
    manifest = json.loads((tmp_path / "out" / "run.json").read_text())
    assert manifest["arguments"]["rewards"] == "nes=1" and manifest["data"]["train_rows"] == 48
    assert (tmp_path / "out" / "rewards.png").read_bytes()[:4] == b"\x89PNG"
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "out").num_parameters()


def test_what_is_logged(run, tmp_path):
    log = run(tmp_path / "out", "--epochs", 1)
    entries = [entry for entry in log if "reward" in entry]
    assert len(entries) == 12
    for entry in entries:
        assert set(SHOWN) <= entry.keys() and "judge" not in entry
        parts = 0.5 * entry["nes"] + 0.5 * entry["first_intent"] + 0.25 * entry["twin_margin"]
        assert entry["reward"] == pytest.approx(parts, abs=1e-6)
        assert 0 <= entry["without_spread"] <= 1 and 3 <= entry["length"] <= 9 and 1 <= entry["different"] <= 4
        assert 1 / 148 <= entry["commonest_first"] <= 1 <= entry["first_intents"] <= 16
    (valid,) = [entry for entry in log if "eval_reward" in entry]
    assert {f"eval_{name}" for name in VALID_FIGURES} <= valid.keys()
    assert valid["eval_loss"] == -valid["eval_reward"] and 1 <= valid["eval_flow"] <= 5


def test_held_out_figures_are_those_that_test_py_gives(run, tmp_path, monkeypatch, cot_csv, twins_jsonl):
    import test as scoring

    log = run(tmp_path / "out", "--epochs", 1, "--learning_rate", 0)
    (valid,) = [entry for entry in log if "eval_reward" in entry]
    given = ["--model", tmp_path / "out", "--valid_csv", cot_csv, "--twins", twins_jsonl, "--decode", "planner",
             "--output_dir", tmp_path / "scores"]  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["test.py", *map(str, given)])
    assert door(scoring.main) == 0
    metrics = json.loads((tmp_path / "scores" / "metrics.json").read_text())
    for name in ("nes", "acc@1", "context_responsiveness"):
        assert valid[f"eval_{name}"] == pytest.approx(metrics[name]["value"], abs=1e-9)


def test_rows_that_are_all_worth_the_same_move_nothing(run, tmp_path, picd_checkpoint):
    """The twin margin of rows without a twin is 0 for every plan."""
    rewards_alike = ("--rewards", "twin_margin=1", "--rows_per_epoch", 4, "--epochs", 1, "--eval_strategy", "no")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(rewards.REWARDS, "twin_margin", lambda plan, row: 0.25)
        (entry,) = [entry for entry in run(tmp_path / "out", *rewards_alike) if "reward" in entry]
    assert entry["without_spread"] == 1 and entry["reward"] == pytest.approx(0.25) and entry["grad_norm"] == 0
    before, after = (AutoModelForCausalLM.from_pretrained(path) for path in (picd_checkpoint, tmp_path / "out"))
    for name, weight in before.state_dict().items():
        torch.testing.assert_close(after.state_dict()[name], weight, atol=0, rtol=0)


def in_a_process(words, output, launcher, flags):
    process = start(words(output, *flags), launcher, script="gplan/rl/__main__.py")
    lines = wait_until(process, lambda lines: False)
    assert process.wait() == 0, "".join(lines)


CUTS = {
    "8 x 1": ((), ("--batch_size", 8)),
    "2 x 4": ((), ("--batch_size", 2, "--grad_accum", 4)),
    "two processes": (TORCHRUN, ("--batch_size", 2, "--grad_accum", 2)),
    "two processes, ZeRO-1": (TORCHRUN, ("--batch_size", 4, "--deepspeed", ROOT / "config" / "ds_z1_bf16.json")),
}


def test_a_step_does_not_depend_on_how_the_global_batch_is_cut(words, tmp_path):
    """Two epochs of 20 samples: the last global batch holds four, filled up where ranks need it."""
    logs = {}
    for name, (launcher, flags) in CUTS.items():
        if "--deepspeed" in flags:
            pytest.importorskip("deepspeed")
        output = tmp_path / name.replace(" ", "_")
        in_a_process(words, output, launcher, (*flags, "--rows_per_epoch", 20, "--epochs", 2, "--beta", 0.05))
        logs[name] = [entry for entry in history(output) if "reward" in entry or "eval_reward" in entry]
    reference = logs.pop("8 x 1")
    assert len(reference) == 8  # 3 steps and a validation an epoch
    assert reference[0]["grad_norm"] > 0.01
    for name, log in logs.items():
        assert log[0]["grad_norm"] == pytest.approx(reference[0]["grad_norm"], rel=1e-3), name
        for entry, other in zip(reference, log, strict=True):
            for figure in (*SHOWN, "loss", "eval_nes", "eval_context_responsiveness", "eval_commonest_plan"):
                if figure in entry:
                    assert other[figure] == pytest.approx(entry[figure], abs=2e-4, rel=1e-4), (name, figure)


def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(run, words, tmp_path, monkeypatch):
    flags = ("--epochs", 2, "--rows_per_epoch", 16, "--logging_steps", 3, "--save_steps", 3, "--save_strategy", "steps",
             "--beta", 0.05)  # fmt: skip
    run(tmp_path / "whole", *flags)
    build = rl.build_trainer

    def with_stop(*args):
        trainer = build(*args)
        trainer.add_callback(StopAt(5))
        return trainer

    with monkeypatch.context() as patch:
        patch.setattr(rl, "build_trainer", with_stop)
        patch.setattr(sys, "argv", ["rl", *words(tmp_path / "cut", *flags)])
        assert rl.main() == 128 + signal.SIGTERM
    run(tmp_path / "cut", *flags, "--resume", "auto")
    assert_same_end(tmp_path / "cut", tmp_path / "whole", (*SHOWN, "loss", "first_intents", "eval_nes"))


@pytest.mark.parametrize(
    ("change", "message"), [(("--beta", 0.2), "--beta was 0.0 and is 0.2"), (("--plans", 3), "--plans was 4 and is 3")]
)
def test_other_settings_are_not_continued(run, tmp_path, change, message):
    flags = ("--save_steps", 1, "--save_strategy", "steps", "--max_steps", 1)
    run(tmp_path / "out", *flags)
    with pytest.raises(InputError, match=message):
        run(tmp_path / "out", *flags, *change, "--resume", "auto")


# What can't be used


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--plans", 1), "--plans 1: a plan is compared with the row's others, so 2 or more are needed"),
        (("--temperature", 0), "--temperature 0: more than 0 is needed; at 0 all plans of a row are one plan"),
        (("--rewards", "nes=0,first_intent=0"), "every weight is 0"),
        (("--rewards", "ndcg@3=1"), "ndcg@3 is no reward"),
        (("--beta", -1), "--beta -1.0: 0 or more is needed"),
        (
            ("--deepspeed", ROOT / "config" / "ds_z3_bf16.json"),
            "plans are drawn from whole weights, which ZeRO-3 parts",
        ),
        (("--model", "nowhere"), "--model nowhere"),
    ],
)
def test_refused_before_anything_is_done(words, tmp_path, monkeypatch, flags, message):
    monkeypatch.setattr(sys, "argv", ["rl", *words(tmp_path / "out", *flags)])
    with pytest.raises(InputError, match=message):
        rl.main()
    assert not (tmp_path / "out").exists()


def test_a_weight_for_twins_where_there_are_none(words, tmp_path, monkeypatch):
    given = words(tmp_path / "out", "--rewards", "nes=1,twin_margin=1")
    for flag in ("--twins", "--valid_twins"):
        place = given.index(flag)
        del given[place : place + 2]
    monkeypatch.setattr(sys, "argv", ["rl", *given])
    with pytest.raises(InputError, match="twin_margin has a weight, and no row has a twin; give --twins"):
        rl.main()
    given[given.index("--rewards") + 1] = "nes=1,twin_margin=0"
    monkeypatch.setattr(sys, "argv", ["rl", *given, "--max_steps", "1", "--eval_strategy", "no"])
    assert rl.main() == 0


def test_a_cot_sft_checkpoint_is_refused(words, picd_checkpoint, tmp_path, monkeypatch):
    import shutil

    folder = shutil.copytree(picd_checkpoint, tmp_path / "cot")
    config = json.loads((folder / "config.json").read_text())
    config["gplan"]["cot_mode"] = "cot_sft"
    (folder / "config.json").write_text(json.dumps(config))
    monkeypatch.setattr(sys, "argv", ["rl", *words(tmp_path / "out", "--model", folder)])
    with pytest.raises(InputError, match="was trained with cot_sft, whose reasoning is free text"):
        rl.main()


def test_a_reward_that_is_not_a_number_stops_and_keeps_the_last_checkpoint(words, tmp_path, monkeypatch, labelled_rows):
    write_rows(tmp_path / "rows.csv", labelled_rows[:8])
    bad = labelled_rows[5]["id"]

    def poisoned(plan, row):
        return float("nan") if row.row["id"] == bad else rewards.nes_reward(plan, row)

    monkeypatch.setitem(rewards.REWARDS, "nes", poisoned)
    given = words(tmp_path / "out", "--train_csv", tmp_path / "rows.csv", "--rewards", "nes=1", "--save_strategy",
                  "steps", "--save_steps", 1, "--save_total_limit", 9, "--batch_size", 1, "--seed", 3)  # fmt: skip
    place = given.index("--twins")
    del given[place : place + 2]
    monkeypatch.setattr(sys, "argv", ["rl", *given])
    with pytest.raises(FloatingPointError, match=r"reward nes of row 5 of rows.csv is nan"):
        rl.main()
    kept = {path.name for path in (tmp_path / "out").glob("checkpoint-*")}
    assert kept == {f"checkpoint-{step}" for step in range(1, len(kept) + 1)}
    assert not (tmp_path / "out" / "config.json").exists()
