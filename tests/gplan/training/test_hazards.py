"""What can happen to a run from outside: full and read-only disks, two runs at one folder, a loss that is no number."""

import shutil
import signal
import subprocess
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import finetune
from add_tokens.extend import extend
from data_process.data_loader import CSVDataset
from data_process.encode import RowEncoder
from data_process.schema import write_rows
from gplan.training.checkpoint import checkpoint_to_resume
from tests.conftest import tiny_qwen3
from tests.support.runs import TORCHRUN, assert_same_end, send, start, wait_until
from utils import InputError


def mount(folder: Path, options: str) -> None:
    """A file system of its own, in memory; skips the test where that is not allowed."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs needs root")


@pytest.fixture
def disk(tmp_path):
    """A folder to mount something on; unmounted afterwards."""
    folder = tmp_path / "disk"
    yield folder
    # lazily: a checkpoint read there may still be mapped
    subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


@pytest.mark.parametrize("kib", [4000, 4450, 5350, 5800])
def test_full_disk_is_one_error_and_the_last_checkpoint_stays(main, disk, tmp_path, kib):
    # The sizes end in torch's writer, in safetensors', and in the model saved last.
    mount(disk, f"size={kib}k")
    output = disk / "output"
    with pytest.raises(
        InputError, match=r"could not be saved, with \d+\.\d MiB free .*No space|inline_container"
    ) as error:
        main(output, "--epochs", 2)
    newest = checkpoint_to_resume(output, "auto")
    assert f"{newest} is whole: make room and go on with --resume auto" in str(error.value)
    assert not (output / ".partial").exists()
    assert not (output / "config.json").exists()
    subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)
    assert main(output, "--epochs", 2, "--resume", "auto") == 0
    assert main(tmp_path / "whole", "--epochs", 2) == 0
    assert_same_end(output, tmp_path / "whole")


def test_disk_too_small_for_the_first_checkpoint(main, disk):
    mount(disk, "size=1m")
    with pytest.raises(InputError, match=r"checkpoint-4 could not be saved.*; make room and start again"):
        main(disk / "output")


def test_read_only_output_folder_is_said_before_any_work(main, disk, monkeypatch):
    mount(disk, "ro")
    monkeypatch.setattr(finetune, "load_backbone", lambda *_: pytest.fail("a model was loaded"))
    with pytest.raises(InputError, match=r"--output_dir \S+: Read-only file system; give a folder that can be written"):
        main(disk / "output")
    with pytest.raises(InputError, match=r"--output_dir \S+: Not a directory"):
        main(Path(__file__) / "output")


def test_two_runs_do_not_share_a_folder(main, words, tmp_path):
    output = tmp_path / "output"
    first = start(words(output, "--epochs", 400))
    lines = wait_until(first, lambda lines: any("epoch 1: stage 0" in line for line in lines))
    for more in ((), ("--resume", "auto")):
        with pytest.raises(InputError, match=f"--output_dir {output}: another run is writing there"):
            main(output, *more)
    send(first, signal.SIGTERM)
    assert first.wait(timeout=60) == 128 + signal.SIGTERM, "".join(lines)
    # And when it has ended, by whatever signal, the folder is free again.
    assert main(output, "--epochs", 400, "--resume", "auto", "--preview", 1, "--preview_rows", 1) == 0
    with pytest.raises(InputError, match="already holds a run"):
        main(output)


def test_more_processes_than_rows(words, labelled_rows, tmp_path):
    write_rows(tmp_path / "one.csv", labelled_rows[:1])
    process = start(words(tmp_path / "output", "--train_csv", tmp_path / "one.csv"), TORCHRUN)
    lines = wait_until(process, lambda lines: False)
    assert process.wait() == 1
    (line,) = [line for line in lines if line.startswith("error: ")]
    assert "one.csv: 1 samples for 2 processes; start fewer (NPROC) or give more rows" in line
    assert not (tmp_path / "output").exists()


# Losses that are no numbers


@pytest.fixture(scope="module")
def broken(small_tokenizer_folder, cot_csv, tmp_path_factory):
    """A backbone whose embedding of one token is not a number, and the one row whose prompt has that token."""
    tokenizer = AutoTokenizer.from_pretrained(small_tokenizer_folder)
    model = tiny_qwen3(len(tokenizer) + 64, tie_word_embeddings=False, hidden=64, pad_token_id=tokenizer.pad_token_id)
    extend(tokenizer, model, seed=0)
    rows = CSVDataset(cot_csv, RowEncoder(tokenizer, "compact"), "picd", max_length=4096)
    users = [set(rows[1, index]["pieces"].user) for index in range(len(rows))]
    row, token = next(
        (row, min(own)) for row in range(5, 24) if (own := users[row].difference(*users[:row], *users[row + 1 :]))
    )
    with torch.no_grad():
        model.get_input_embeddings().weight[token] = float("nan")
    folder = tmp_path_factory.mktemp("broken")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder, row


FLAGS = ("--valid_csv", "", "--batch_size", 1, "--grad_accum", 4, "--save_steps", 1, "--save_total_limit", 20)


def assert_stopped_before_the_row(output, message, row):
    assert f"is not a number, at row {row} of the training file (1 of the step's 4)" in message
    step = int(message.partition("of step ")[2].partition(" ")[0])
    left = sorted(int(path.name.partition("-")[2]) for path in output.glob("checkpoint-*"))
    assert left == list(range(1, step))
    for path in output.glob("checkpoint-*"):
        model = AutoModelForCausalLM.from_pretrained(path)
        assert all(weight.isfinite().all() for name, weight in model.named_parameters() if "embed_tokens" not in name)
    assert not (output / "config.json").exists()


def test_loss_that_is_no_number_stops_the_run_and_names_the_row(main, broken, tmp_path):
    folder, row = broken
    with pytest.raises(FloatingPointError) as error:
        main(tmp_path / "output", "--model", folder, *FLAGS)
    assert_stopped_before_the_row(tmp_path / "output", str(error.value), row)


def test_loss_that_is_no_number_stops_every_process(words, broken, tmp_path):
    folder, row = broken
    flags = ("--model", folder, *FLAGS, "--grad_accum", 2)
    process = start(words(tmp_path / "output", *flags), TORCHRUN)
    lines = wait_until(process, lambda lines: False)
    assert process.wait() == 1
    (line,) = [line for line in lines if line.startswith("error: ")]
    assert_stopped_before_the_row(tmp_path / "output", line, row)


def test_gradient_that_is_no_number_names_the_rows_of_the_step(main, tmp_path, monkeypatch):
    build = finetune.build_trainer

    def with_bad_gradient(*args):
        trainer = build(*args)
        trainer.model.get_input_embeddings().weight.register_hook(lambda gradient: gradient * float("nan"))
        return trainer

    monkeypatch.setattr(finetune, "build_trainer", with_bad_gradient)
    with pytest.raises(
        FloatingPointError, match=r"the gradient of step 1 is not a number, at row \d+, \d+, \d+, \d+ of"
    ):
        main(tmp_path / "output")
    assert not (tmp_path / "output").exists()
