"""What public bug reports broke: saving, going on, and answers that are cut."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from config.stored import stored_settings
from data_process.schema import read_rows, write_rows
from tests.conftest import ROOT
from tests.support.doors import FLAGS, finetune, python, refused, score

# Answers that are cut


@pytest.mark.parametrize(("blocks_per_epoch", "second", "third"), [(1, 1, 2), (4, 4, 8)])
def test_the_limit_is_that_of_the_stage_that_was_reached(
    tiny_backbone, cot_csv, tmp_path, blocks_per_epoch, second, third
):
    """24 rows at 4 a step: 6 steps an epoch. Epoch 1 is text throughout, epoch 2 has its first blocks latent."""
    more = ("--blocks_per_epoch", blocks_per_epoch, "--epochs", "3", "--save_steps", "3")
    result = finetune(tiny_backbone, cot_csv, tmp_path / "out", *more)
    assert result.returncode == 0, result.stderr
    tokens, stages = {}, {}
    kept = sorted((tmp_path / "out").glob("checkpoint-*"))
    for folder in (*kept, tmp_path / "out"):
        settings = stored_settings(folder)
        tokens[folder.name], stages[folder.name] = settings["response_tokens"], settings["stage"]
        assert json.loads((folder / "generation_config.json").read_text())["max_new_tokens"] == tokens[folder.name]
    # checkpoint-15 is in the middle of epoch 3 and may still write as in epoch 2
    assert stages == {"checkpoint-15": second, "checkpoint-18": third, "out": third}
    assert tokens["checkpoint-15"] > tokens["checkpoint-18"] == tokens["out"]
    from data_process.data_loader import CSVDataset
    from data_process.encode import RowEncoder

    dataset = CSVDataset(
        cot_csv, RowEncoder(AutoTokenizer.from_pretrained(tmp_path / "out"), "compact"), "picd", max_length=2560
    )
    longest = [
        max(len(dataset.encoder.lay_out(dataset[1, i]["pieces"], stage, "picd").ids) for i in range(24))
        for stage in (second, third)
    ]
    shortest_prompt = min(len(dataset.encoder.prompt(row)) for row in read_rows(cot_csv))
    assert longest[1] - shortest_prompt >= tokens["out"]
    planned = score(
        "--model",
        tmp_path / "out",
        "--valid_csv",
        cot_csv,
        "--decode",
        "planner",
        "--output_dir",
        tmp_path / "results",
    )
    assert planned.returncode == 0
    assert f"was trained up to stage {third} of 11" in planned.stderr


def test_rows_learnt_by_heart_in_one_epoch_are_answered(tiny_backbone, labelled_rows, tmp_path):
    """The report: EPOCHS=1, and every metric 0.000, for no answer came to its end."""
    write_rows(tmp_path / "two.csv", labelled_rows[:2] * 100)
    more = ("--epochs", "1", "--save_strategy", "no", "--learning_rate", "5e-3")
    result = finetune(tiny_backbone, tmp_path / "two.csv", tmp_path / "out", *more)
    assert result.returncode == 0, result.stderr
    write_rows(tmp_path / "gold.csv", labelled_rows[:2])
    scored = score(
        "--model",
        tmp_path / "out",
        "--valid_csv",
        tmp_path / "gold.csv",
        "--json",
        "--output_dir",
        tmp_path / "results",
    )
    assert scored.returncode == 0, scored.stderr
    assert json.loads(scored.stdout)["cut"]["responses"] == 0
    assert json.loads(scored.stdout)["acc@1"]["value"] > 0


def test_cut_responses_are_counted_and_warned_of(picd_checkpoint, cot_csv, tmp_path):
    result = score(
        "--model",
        picd_checkpoint,
        "--valid_csv",
        cot_csv,
        "--output_dir",
        tmp_path / "results",
        "--max_new_tokens",
        "5",
    )
    assert result.returncode == 0, result.stderr
    assert "warning: 24 of 24 gold responses are longer than the 5 tokens" in result.stderr
    assert "cut: 24 responses at 5 tokens" in result.stdout
    assert json.loads((tmp_path / "results" / "metrics.json").read_text())["cut"] == {"responses": 24, "limit": 5}


# Saving and going on


def test_a_finished_run_is_left_as_it_is(tiny_backbone, cot_csv, tmp_path):
    """Seven steps end in the middle of an epoch, where transformers would take one more."""
    more = ("--max_steps", "7", "--save_steps", "7")
    assert finetune(tiny_backbone, cot_csv, tmp_path / "out", *more).returncode == 0
    weights, manifest = (tmp_path / "out" / name for name in ("model.safetensors", "run.json"))
    before = weights.read_bytes(), weights.stat().st_mtime_ns
    again = finetune(tiny_backbone, cot_csv, tmp_path / "out", *more, "--resume", "auto")
    assert again.returncode == 0 and "the run is finished, with 7 steps; nothing is left to do" in again.stderr
    assert (weights.read_bytes(), weights.stat().st_mtime_ns) == before
    # Killed between the last checkpoint and the end: the same model, without another step.
    manifest.unlink()
    weights.unlink()
    again = finetune(tiny_backbone, cot_csv, tmp_path / "out", *more, "--resume", "auto")
    assert again.returncode == 0, again.stderr
    assert weights.read_bytes() == before[0]
    assert json.loads((tmp_path / "out" / "trainer_state.json").read_text())["global_step"] == 7


def test_weights_alone_are_not_gone_on_from(tiny_backbone, cot_csv, tmp_path):
    more = ("--max_steps", "4", "--save_steps", "2", "--save_only_model", "true")
    assert finetune(tiny_backbone, cot_csv, tmp_path / "my run", *more).returncode == 0
    checkpoint = tmp_path / "my run" / "checkpoint-2"
    result = finetune(tiny_backbone, cot_csv, tmp_path / "my run", *more, "--resume", checkpoint)
    refused(result, "it holds weights alone; take them into a new run: MODEL='", "my run/checkpoint-2'")
    result = finetune(tiny_backbone, cot_csv, tmp_path / "my run", *more, "--resume", "auto")
    refused(result, "--resume auto: no complete checkpoint")


def test_the_best_model_is_the_best(tiny_backbone, cot_csv, tmp_path):
    """Best is what --greater_is_better says: the epoch of the highest loss, which is not the last one here."""
    more = (
        "--epochs",
        "4",
        "--greater_is_better",
        "true",
        "--load_best_model_at_end",
        "true",
        "--metric_for_best_model",
        "json_loss",
        "--save_total_limit",
        "1",
        "--lr_schedule",
        "constant",
        "--learning_rate",
        "0.05",
        "--warmup_steps",
        "0",
    )
    result = finetune(tiny_backbone, cot_csv, tmp_path / "out", "--valid_csv", cot_csv, *more)
    assert result.returncode == 0, result.stderr
    state = json.loads((tmp_path / "out" / "trainer_state.json").read_text())
    losses = {entry["step"]: entry["eval_json_loss"] for entry in state["log_history"] if "eval_json_loss" in entry}
    best = max(losses, key=losses.get)
    assert len(losses) == 4 and best != 24
    assert state["best_model_checkpoint"] == str(tmp_path / "out" / f"checkpoint-{best}")
    assert Path(state["best_model_checkpoint"]).is_dir()
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == (
        tmp_path / "out" / f"checkpoint-{best}" / "model.safetensors"
    ).read_bytes()
    assert stored_settings(tmp_path / "out")["stage"] == best // 6 - 1


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        (("--eval_strategy", "no"), []),
        (("--eval_strategy", "steps", "--eval_steps", "4"), [4, 8, 12]),
        (("--eval_strategy", "epoch"), [6, 12]),
        ((), [6, 12]),
        (("--eval_delay", "2"), [12]),
        (("--eval_on_start", "true"), [0, 6, 12]),
        (("--save_strategy", "best", "--metric_for_best_model", "loss"), [6, 12]),
    ],
)
def test_validation_comes_when_it_is_asked_for(words, steps, tiny_backbone, cot_csv, tmp_path):
    result = finetune(tiny_backbone, cot_csv, tmp_path / "out", "--valid_csv", cot_csv, "--epochs", "2", *words)
    assert result.returncode == 0, result.stderr
    state = json.loads((tmp_path / "out" / "trainer_state.json").read_text())
    assert [entry["step"] for entry in state["log_history"] if "eval_loss" in entry] == steps


def test_sigterm_under_torchrun_saves_and_ends_with_its_number(tiny_backbone, cot_csv, tmp_path):
    paths = ("--model", tiny_backbone, "--train_csv", cot_csv, "--output_dir", tmp_path / "out")
    launcher = (ROOT / "scripts" / "elastic.py", "--standalone", "--nproc_per_node", "2", ROOT / "finetune.py")
    words = (*launcher, *paths, *FLAGS, "--epochs", "13", "--max_steps", "2000", "--logging_steps", "1")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, *map(str, words)], env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    said = []
    for line in process.stderr:
        said.append(line)
        if "step 3 of" in line:
            process.send_signal(signal.SIGTERM)  # torchrun alone, as a cluster's first signal
            break
    rest = process.stderr.read()
    assert process.wait(120) == 128 + signal.SIGTERM, rest
    assert "Traceback" not in rest and "stopped by SIGTERM after step" in rest
    assert list((tmp_path / "out").glob("checkpoint-*/resume.json"))


def test_a_bad_row_under_torchrun_is_one_line(tiny_backbone, tmp_path):
    launcher = (ROOT / "scripts" / "elastic.py", "--standalone", "--nproc_per_node", "2", ROOT / "finetune.py")
    paths = ("--model", tiny_backbone, "--train_csv", tmp_path / "no.csv", "--output_dir", tmp_path / "out")
    result = python(*launcher, *paths, *FLAGS)
    assert result.returncode == 2 and "Traceback" not in result.stderr
    assert result.stderr.count("no such file") == 1
    assert not any(word in result.stderr for word in ("closing signal", "exitcode", "ended with status"))
    result = python(*launcher, *paths, "--learning_rate", "x")
    assert (result.returncode, result.stderr.count("\n")) == (2, 1), result.stderr
