"""Runs that are cut off and continued end where an uninterrupted run ends, and nothing else is continued."""

import json
import random
import shutil
import signal
import time

import pytest

import finetune
from data_process.schema import write_rows
from gplan.training.checkpoint import checkpoint_to_resume, refuse_changes
from tests.conftest import ROOT
from tests.support.runs import TORCHRUN, StopAt, assert_same_end, command_line, history, send, start, wait_until
from utils import InputError


@pytest.fixture
def stopped(main, monkeypatch):
    """The run in this process, with a SIGTERM in one of its steps: ``stopped(13, output)``; returns its exit status."""
    build = finetune.build_trainer

    def run(step, output, *more):
        def with_stop(*args):
            trainer = build(*args)
            trainer.add_callback(StopAt(step))
            return trainer

        with monkeypatch.context() as patch:
            patch.setattr(finetune, "build_trainer", with_stop)
            return main(output, *more)

    return run


# One process, cut at a chosen step


@pytest.fixture(scope="module")
def whole(tiny_backbone, cot_csv, tmp_path_factory):
    """An uninterrupted run of 24 steps, 6 an epoch; its checkpoints are those of steps 4, 8, …, 24."""
    folder = tmp_path_factory.mktemp("whole") / "output"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["finetune.py", *command_line(tiny_backbone, cot_csv, folder)])
        assert finetune.main() == 0
    assert [entry["step"] for entry in history(folder) if "eval_loss" in entry] == [6, 12, 18, 24]
    return folder


@pytest.mark.parametrize("step", [1, 5, 6, 8, 13, 23])
def test_a_run_stopped_at_any_step_is_saved_there_and_ends_as_if_it_had_not_been(
    main, stopped, whole, tmp_path, capfd, step
):
    output = tmp_path / "output"
    assert stopped(step, output) == 128 + signal.SIGTERM
    assert max(int(path.name.split("-")[1]) for path in output.glob("checkpoint-*")) == step
    assert not (output / "config.json").exists()
    assert f"stopped by SIGTERM after step {step} of 24" in (said := capfd.readouterr().err)
    assert "RESUME=auto" in said
    assert main(output, "--resume", "auto") == 0
    assert_same_end(output, whole)


def test_a_signal_in_the_last_step_comes_too_late(stopped, whole, tmp_path):
    assert stopped(24, tmp_path / "output") == 0
    assert_same_end(tmp_path / "output", whole)


# Real processes


CASES = {
    "one process, accumulation, workers": ((), ("--grad_accum", 2, "--batch_size", 2, "--dataloader_num_workers", 2)),
    "two processes, accumulation": (TORCHRUN, ("--grad_accum", 2, "--batch_size", 1)),
    "two processes, ZeRO-3": (
        TORCHRUN,
        ("--batch_size", 2, "--deepspeed", ROOT / "config" / "ds_z3_bf16.json", "--dataloader_num_workers", 1),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_killed_at_a_random_moment_and_continued(words, tmp_path, case):
    launcher, flags = CASES[case]
    flags = (*flags, "--epochs", 10)  # 60 steps: no start ends before it is killed
    if "--deepspeed" in flags:
        pytest.importorskip("deepspeed")
    reference = start(words(tmp_path / "whole", *flags), launcher)
    assert wait_until(reference, lambda lines: False) is not None
    assert reference.wait() == 0

    output = tmp_path / "output"
    seconds = random.Random(case)
    resume, kills = (), 0
    while kills < 2:
        before = set(output.glob("checkpoint-*"))
        process = start(words(output, *flags, *resume), launcher)
        # From the first checkpoint of this start on, at some moment: in a step, in a save, between two.
        lines = wait_until(process, lambda _: set(output.glob("checkpoint-*")) - before)  # noqa: B023
        time.sleep(seconds.uniform(0, 0.4))
        ended = process.poll()
        send(process, signal.SIGKILL)
        process.wait()
        assert ended is None, "".join(lines)
        resume, kills = ("--resume", "auto"), kills + 1
    last = start(words(output, *flags, "--resume", "auto"), launcher)
    lines = wait_until(last, lambda lines: False)
    assert last.wait() == 0, "".join(lines)
    assert_same_end(output, tmp_path / "whole")


@pytest.mark.parametrize(("launcher", "number"), [((), signal.SIGINT), (TORCHRUN, signal.SIGTERM)])
def test_signal_saves_on_all_ranks_together(words, tmp_path, launcher, number):
    output = tmp_path / "output"
    flags = ("--epochs", 400, "--save_steps", 10000, "--batch_size", 2)
    process = start(words(output, *flags), launcher)
    lines = wait_until(process, lambda lines: any("epoch 2: stage 1" in line for line in lines))
    sent = time.monotonic()
    send(process, number)
    process.wait(timeout=60)
    seconds = time.monotonic() - sent
    said = "".join(lines)
    # torchrun ends with a status of its own.
    assert process.returncode == (128 + number if not launcher else 1), said
    (checkpoint,) = output.glob("checkpoint-*")
    assert said.count(f"stopped by {number.name} after step {checkpoint.name.split('-')[1]} of") == 1
    assert checkpoint_to_resume(output, "auto") == str(checkpoint)
    assert seconds < 30  # a hang would be ended by torchrun's own limit


# What is not continued


@pytest.fixture
def cut(whole, tmp_path):
    """A copy of the whole run as it was after step 8."""
    folder = tmp_path / "cut"
    for step in (4, 8):
        shutil.copytree(whole / f"checkpoint-{step}", folder / f"checkpoint-{step}")
    return folder


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (("--learning_rate", 2e-3), "--learning_rate was 0.001 and is 0.002"),
        (("--epochs", 5), "--epochs was 4.0 and is 5.0"),
        (("--calr_target", 2), "--calr_target was 1 and is 2"),
        (("--blocks_per_epoch", 2), "--blocks_per_epoch was 1 and is 2"),
        (("--cot_mode", "cot_sft"), "--cot_mode was picd and is cot_sft"),
        (("--batch_size", 2, "--grad_accum", 2), "--batch_size was 4 and is 2, --grad_accum was 1 and is 2"),
        (("--prompt_style", "full", "--max_length", 9000), "--prompt_style was compact and is full"),
        (("--seed", 1), "--seed was 42 and is 1"),
    ],
)
def test_changed_flags_are_refused_by_name(main, cut, flags, named):
    before = {path: path.stat().st_mtime_ns for path in cut.rglob("*") if path.is_file()}
    with pytest.raises(InputError) as error:
        main(cut, "--resume", "auto", *flags)
    assert f"--resume {cut}/checkpoint-8: " in str(error.value)
    assert named in str(error.value)
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())


def test_a_run_that_knew_no_blocks_per_epoch_had_one(cut):
    record = json.loads((cut / "checkpoint-8" / "resume.json").read_text())
    now = dict(record["settings"])
    assert record["settings"].pop("--blocks_per_epoch") == 1
    (cut / "checkpoint-8" / "resume.json").write_text(json.dumps(record))
    refuse_changes(str(cut / "checkpoint-8"), now)
    with pytest.raises(InputError, match="--blocks_per_epoch was 1 and is 2"):
        refuse_changes(str(cut / "checkpoint-8"), now | {"--blocks_per_epoch": 2})


def test_changed_rows_tokenizer_and_model_are_refused_by_name(main, cut, labelled_rows, tiny_backbone, tmp_path):
    rows = [dict(row) for row in labelled_rows[:24]]
    rows[7]["profile_feat_1"] += "x"
    write_rows(tmp_path / "other.csv", rows)
    with pytest.raises(InputError, match=r"checkpoint-8: --train_csv was \w+ and is \w+;"):
        main(cut, "--resume", "auto", "--train_csv", tmp_path / "other.csv")

    # A vocabulary with one more word, and a model with one head less.
    tokenizer = shutil.copytree(tiny_backbone, tmp_path / "tokenizer")
    from transformers import AutoTokenizer

    other = AutoTokenizer.from_pretrained(tokenizer)
    other.add_tokens(["新词"])
    other.save_pretrained(tokenizer)
    with pytest.raises(InputError, match=r"checkpoint-8: tokenizer was \w+ and is \w+;"):
        main(cut, "--resume", "auto", "--model", tokenizer)
    shape = shutil.copytree(tiny_backbone, tmp_path / "shape")
    config = json.loads((shape / "config.json").read_text())
    (shape / "config.json").write_text(json.dumps(config | {"rope_theta": 5.0, "rms_norm_eps": 1e-5}))
    with pytest.raises(InputError, match=r"checkpoint-8: --model was \w+ and is \w+;"):
        main(cut, "--resume", "auto", "--model", shape)


def test_another_number_of_processes_is_refused_and_says_what_to_do(words, cut):
    process = start(words(cut, "--resume", "auto", "--batch_size", 2), TORCHRUN)
    lines = wait_until(process, lambda lines: False)
    assert process.wait() == 1
    (line,) = [line for line in lines if line.startswith("error: ")]
    assert "saved by 1 processes, this run has 2; start it with 1 in all (NPROC, NNODES), or take its weights" in line


def test_half_written_checkpoints_are_never_picked(cut, capfd):
    newest = cut / "checkpoint-8"
    assert checkpoint_to_resume(cut, "auto") == str(newest)
    # Cut off while it is written: another name until it is whole.
    shutil.copytree(newest, cut / ".partial" / "checkpoint-12")
    assert checkpoint_to_resume(cut, "auto") == str(newest)
    weights = newest / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1])
    assert checkpoint_to_resume(cut, "auto") == str(cut / "checkpoint-4")
    assert f"model.safetensors has {len(whole) - 1} bytes, {len(whole)} were written" in capfd.readouterr().err
    with pytest.raises(InputError, match=r"checkpoint-8: not a complete checkpoint \(model.safetensors has"):
        checkpoint_to_resume(cut, str(newest))
    weights.write_bytes(whole)
    (newest / "optimizer.pt").unlink()
    with pytest.raises(InputError, match=r"not a complete checkpoint \(optimizer.pt is missing\)"):
        checkpoint_to_resume(cut, str(newest))
    for checkpoint in (newest, cut / "checkpoint-4"):
        (checkpoint / "resume.json").write_text("{")
    with pytest.raises(InputError, match="no complete checkpoint"):
        checkpoint_to_resume(cut, "auto")
    with pytest.raises(InputError, match="no such folder"):
        checkpoint_to_resume(cut, str(cut / "checkpoint-99"))


def test_auto_without_a_checkpoint_is_a_fresh_run(main, tmp_path, capfd):
    assert main(tmp_path / "output", "--resume", "auto", "--max_steps", 1) == 0
    assert "holds no checkpoint yet: starting at the first step" in capfd.readouterr().err
    # A folder with a finished model and no checkpoint is not written over.
    for checkpoint in (tmp_path / "output").glob("checkpoint-*"):
        shutil.rmtree(checkpoint)
    with pytest.raises(InputError, match="already holds a run"):
        main(tmp_path / "output", "--resume", "auto", "--max_steps", 1)


def test_old_checkpoints_are_removed_but_none_of_later_steps(main, stopped, whole, tmp_path):
    output = tmp_path / "output"
    for step in (8, 20):
        shutil.copytree(whole / f"checkpoint-{step}", output / f"checkpoint-{step}")
    stopped(13, output, "--resume", output / "checkpoint-8", "--save_total_limit", 1)
    # 12 was saved in between; 20 is another start's and not this one's to remove.
    assert sorted(path.name for path in output.glob("checkpoint-*")) == ["checkpoint-13", "checkpoint-20"]
    assert main(output, "--resume", output / "checkpoint-13", "--save_total_limit", 1) == 0
    assert [path.name for path in output.glob("checkpoint-*")] == ["checkpoint-24"]
    assert_same_end(output, whole)
