"""finetune.py and test.py as a user starts them: what they write, what they refuse, and how."""

import json
import os
import re
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

import finetune
import test
from data_process.encode import RowEncoder
from data_process.schema import read_rows, write_rows
from data_process.twins import read_pairs, write_pairs
from gplan.synthesis.teachers.by_rules import rules
from gplan.synthesis.twins.counterfactual import write_twins
from tests.conftest import ROOT, tiny_qwen3
from tests.support.runs import TORCHRUN
from utils import InputError

FLAGS = "--prompt_style compact --use_cpu true --bf16 false --report_to none --disable_tqdm true --save_strategy no"


@pytest.fixture
def train(tiny_backbone, cot_csv, tmp_path, monkeypatch):
    """Runs ``finetune.main`` with these flags added; returns the output folder."""

    def run(*words, model=tiny_backbone, csv=cot_csv, output=tmp_path / "output"):
        base = ["--model", str(model), "--train_csv", str(csv), "--output_dir", str(output), *FLAGS.split()]
        monkeypatch.setattr("sys.argv", ["finetune.py", *base, *map(str, words)])
        finetune.main()
        return output

    return run


def start(*words, **environment):
    """A command in a process of its own."""
    variables = os.environ | {"OMP_NUM_THREADS": "1"} | environment
    return subprocess.run(
        [sys.executable, *map(str, words)], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=300
    )


def test_a_run_leaves_checkpoint_state_manifest_card_and_picture(train, cot_csv):
    folder = train("--epochs", 2, "--batch_size", 8, "--logging_steps", 1, "--valid_csv", cot_csv)
    log = json.loads((folder / "trainer_state.json").read_text())["log_history"]
    steps = [entry for entry in log if "json_loss" in entry]
    assert [entry["stage"] for entry in steps] == [0, 0, 0, 1, 1, 1]
    assert set(steps[0]) >= {"loss", "cot_loss", "json_loss", "stage", "fully_latent", "learning_rate"}
    # Once an epoch, with sections.
    assert [entry["epoch"] for entry in log if "eval_json_loss" in entry] == [1.0, 2.0]
    manifest = json.loads((folder / "run.json").read_text())
    assert manifest["data"]["train_rows"] == 24
    assert manifest["arguments"]["num_train_epochs"] == 2
    assert manifest["seconds"] > 0
    tensors = load_file(folder / "model.safetensors")
    assert manifest["parameters"] == sum(tensor.numel() for tensor in tensors.values())
    assert manifest["peak_memory"]["process_gib"] > 0
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert manifest["data"]["train_fingerprint"] in card
    assert "| json_loss |" in card
    assert (folder / "training.png").read_bytes()[:4] == b"\x89PNG"


def test_a_folder_that_holds_a_run_is_not_written_over(train):
    folder = train("--max_steps", 1, "--batch_size", 2)
    before = (folder / "model.safetensors").read_bytes()
    with pytest.raises(InputError, match=r"already holds a run.*--resume auto"):
        train("--max_steps", 1, "--batch_size", 2)
    assert (folder / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize("bf16", ["false", "true"])
def test_checkpointing_and_bf16_keep_fp32_weights_and_the_loss(train, tmp_path, bf16):
    losses = []
    for name, extra in (("plain", []), ("other", ["--gradient_checkpointing", "true", "--bf16", bf16])):
        folder = train("--max_steps", 2, "--batch_size", 8, "--logging_steps", 1, *extra, output=tmp_path / name)
        log = json.loads((folder / "trainer_state.json").read_text())["log_history"]
        losses.append([entry["loss"] for entry in log if "json_loss" in entry])
        weights = AutoModelForCausalLM.from_pretrained(folder)
        assert {weight.dtype for weight in weights.parameters()} == {torch.float32}
    tolerance = 2e-2 if bf16 == "true" else 1e-5
    assert losses[1] == pytest.approx(losses[0], rel=tolerance)


def test_arguments_come_from_a_yaml_file_too(tmp_path):
    from config.finetune_arguments import parse_arguments

    path = tmp_path / "run.yaml"
    path.write_text("epochs: 3\nlearning_rate: 1e-4\ncalr_target: auto\nmodel: /models/m\nweight_decay: 0.5\n")
    args = parse_arguments([str(path), "--weight_decay", "0.1"])
    assert (args.num_train_epochs, args.learning_rate, args.calr_target) == (3, 1e-4, "auto")
    assert args.weight_decay == 0.1


def test_defaults_are_the_papers_with_a_model_and_the_presets_without(tmp_path):
    from config.finetune_arguments import EMBEDDED, parse_arguments
    from gplan.starter.rows import EMBEDDED_ROWS

    real = parse_arguments(["--model", "/models/Qwen3-1.7B"])
    assert (real.learning_rate, real.polish_lr, real.calr_target) == (5e-6, 1e-6, "9")
    assert (real.num_train_epochs, real.per_device_train_batch_size, real.weight_decay) == (13, 16, 0.01)
    assert (real.max_length, real.gradient_accumulation_steps, real.gradient_checkpointing) == (2560, 1, True)
    assert real.get_warmup_steps(1000) == 10
    assert (real.rows_per_epoch, real.adam_beta2) == (None, 0.999)
    small = parse_arguments([])
    assert (small.learning_rate, small.calr_target) == (EMBEDDED["learning_rate"], "auto")
    assert (small.rows_per_epoch, small.per_device_train_batch_size) == (EMBEDDED["rows_per_epoch"], 8)
    assert small.num_train_epochs * small.rows_per_epoch == EMBEDDED_ROWS  # so that none is seen twice


@pytest.mark.parametrize(("blocks_per_epoch", "epochs"), [(1, 13), (2, 7), (4, 4), (5, 4), (12, 2), (100, 2)])
def test_epochs_follow_the_blocks_per_epoch_unless_they_are_given(blocks_per_epoch, epochs):
    from config.finetune_arguments import EMBEDDED, parse_arguments

    words = ["--blocks_per_epoch", str(blocks_per_epoch)]
    assert parse_arguments(["--model", "/models/m", *words]).num_train_epochs == epochs
    assert parse_arguments(["--model", "/models/m", *words, "--epochs", "9"]).num_train_epochs == 9
    # The embedded epochs are parts of a file, so many that no row is seen twice.
    assert parse_arguments(words).num_train_epochs == EMBEDDED["num_train_epochs"]


@pytest.mark.parametrize(("processes", "rows"), [("1", 8), ("2", 4), ("16", 1)])
def test_the_embedded_batch_is_one_on_any_number_of_processes(processes, rows):
    command = "from config.finetune_arguments import EMBEDDED as it; print(it['per_device_train_batch_size'])"
    process = start("-c", command, WORLD_SIZE=processes)
    assert process.stdout.strip() == str(rows), process.stderr


@pytest.mark.parametrize("decode", ["free", "planner", "mbr", "best_of"])
def test_a_checkpoint_with_fillers_is_asked_with_them(decode, train, cot_csv, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "output"
    train("--cot_mode", "direct_sft", "--fillers", 18, "--max_steps", 2, output=folder)
    assert json.loads((folder / "config.json").read_text())["gplan"]["fillers"] == 18
    asked = []
    prompt = RowEncoder.prompt
    monkeypatch.setattr(RowEncoder, "prompt", lambda self, row: asked.append(prompt(self, row)) or asked[-1])
    words = [
        "--model",
        folder,
        "--valid_csv",
        cot_csv,
        "--output_dir",
        tmp_path / "scores",
        "--decode",
        decode,
        "--k",
        2,
    ]
    monkeypatch.setattr("sys.argv", ["test.py", *map(str, words)])
    assert test.main() == 0
    assert asked and all(len(set(ids[-18:])) == 1 for ids in asked)


def test_a_preview_by_two_processes_is_printed_once(tiny_backbone, cot_csv):
    words = ["--model", tiny_backbone, "--train_csv", cot_csv, *FLAGS.split()[:2], "--preview", "1", "--json", "true"]
    done = start(*TORCHRUN, "finetune.py", *words)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)  # twice would be no JSON


def test_of_one_plan_mbr_has_none_to_choose(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["test.py", "--decode", "mbr", "--k", "1"])
    with pytest.raises(SystemExit) as error:
        test.main()
    assert error.value.code == 2
    assert capsys.readouterr().err == "error: argument --k: 1 given; 2 or more is needed\n"


def test_scoring_a_checkpoint_gives_the_same_figures_on_one_process_and_two(train, cot_csv, tmp_path):
    folder = train("--max_steps", 40, "--epochs", 20, "--batch_size", 8, "--learning_rate", 1e-2, "--calr_target", 11)
    write_twins(cot_csv, tmp_path / "twins.jsonl", rules, seed=1)
    write_pairs(tmp_path / "few.jsonl", read_pairs(tmp_path / "twins.jsonl")[:6])
    command = ["test.py", "--model", folder, "--valid_csv", cot_csv, "--batch_size", 5, "--json"]
    command += ["--twins", tmp_path / "few.jsonl"]
    one = start(*command, "--output_dir", tmp_path / "one")
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    two = start(*launcher, *command, "--output_dir", tmp_path / "two")
    assert (one.returncode, two.returncode) == (0, 0), one.stderr + two.stderr
    # stdout holds the JSON and nothing else, from one process only.
    assert json.loads(one.stdout) == json.loads(two.stdout)
    assert json.loads(one.stdout) == json.loads((tmp_path / "one" / "metrics.json").read_text())
    first, second = ((tmp_path / name / "predictions.jsonl").read_text() for name in ("one", "two"))
    assert first == second
    lines = [json.loads(line) for line in first.splitlines()]
    assert [line["row"] for line in lines] == list(range(24))
    assert {"row", "text", "plan", "problems"} <= set(lines[0])
    first, second = ((tmp_path / name / "twin_predictions.jsonl").read_text() for name in ("one", "two"))
    assert first == second
    twins = [json.loads(line) for line in first.splitlines()]
    assert [(one["pair"], one["side"]) for one in twins] == [(i, side) for i in range(6) for side in ("anchor", "twin")]
    # The anchors are among the rows, and answered there.
    assert all(one["text"] == lines[one["row"]]["text"] for one in twins if one["side"] == "anchor")


def test_real_vocabulary_and_real_rows_train_with_the_full_prompt(qwen_tokenizer, real_csv, train, tmp_path):
    from gplan.synthesis.augment import augment

    backbone = tmp_path / "backbone"
    tiny_qwen3(151_936).save_pretrained(backbone)
    qwen_tokenizer.save_pretrained(backbone)
    few = tmp_path / "few.csv"
    write_rows(few, read_rows(real_csv)[:8])
    augment(few, tmp_path / "cot.csv", replace=False, force=False)
    folder = train(
        "--prompt_style", "full", "--max_steps", 2, "--batch_size", 2, "--logging_steps", 1,
        model=backbone, csv=tmp_path / "cot.csv",
    )  # fmt: skip
    saved = json.loads((folder / "config.json").read_text())
    # The 35 tokens went into the spare rows.
    assert saved["vocab_size"] == 151_936
    assert saved["gplan"]["prompt_style"] == "full"
    log = json.loads((folder / "trainer_state.json").read_text())["log_history"]
    # A model with random weights knows nothing: about ln 151,936 = 11.93 nats a token.
    assert log[0]["loss"] == pytest.approx(11.93, abs=0.3)


def test_help_lists_every_shell_variable(capsys):
    from config.finetune_arguments import parse_arguments

    with pytest.raises(SystemExit):
        parse_arguments(["--help"])
    text = capsys.readouterr().out
    script = (ROOT / "finetune.sh").read_text(encoding="utf-8")
    names = re.findall(r"^([A-Z_]+)=", script, flags=re.MULTILINE)
    assert len(names) > 15
    for name in set(names) - {"NPROC", "HERE"}:
        assert f"--{name.lower()}" in text
