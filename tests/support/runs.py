"""How tests run the trainers: command lines, processes and signals, and the comparison of two runs."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file
from transformers import TrainerCallback

from tests.conftest import ROOT

TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2")
# Logging, saving and epochs at different steps, so that a cut leaves a log entry open.
FLAGS = """--prompt_style compact --use_cpu true --bf16 false --report_to none --disable_tqdm true --learning_rate 1e-3
    --gradient_checkpointing false --batch_size 4 --epochs 4 --logging_steps 5 --save_steps 4 --calr_target 1
    --polish_lr 5e-4 --save_total_limit 20"""
COMPARED = ("loss", "cot_loss", "json_loss", "learning_rate", "stage", "fully_latent", "eval_loss", "eval_json_loss")


def command_line(model, csv, output, *more) -> list[str]:
    """The arguments of a run that is validated on its own training rows once an epoch."""
    paths = ["--model", model, "--train_csv", csv, "--valid_csv", csv, "--output_dir", output]
    return [*map(str, paths), *FLAGS.split(), *map(str, more)]


def history(folder: Path) -> list[dict]:
    return json.loads((folder / "trainer_state.json").read_text())["log_history"]


def assert_same_end(folder: Path, other: Path, compared=COMPARED):
    """The same log, entry by entry, and the same weights."""
    entries, others = (
        [entry for entry in history(one) if "loss" in entry or "eval_loss" in entry] for one in (folder, other)
    )
    assert [(e["step"], "loss" in e) for e in entries] == [(e["step"], "loss" in e) for e in others]
    for entry, one in zip(entries, others, strict=True):
        for name in compared:
            assert entry.get(name) == (pytest.approx(one[name], abs=1e-5) if name in one else None)
    weights, reference = load_file(folder / "model.safetensors"), load_file(other / "model.safetensors")
    assert weights.keys() == reference.keys()
    for name in weights:
        torch.testing.assert_close(weights[name], reference[name], atol=1e-5, rtol=0)


class StopAt(TrainerCallback):
    """A SIGTERM during one step."""

    def __init__(self, step):
        self.step = step

    def on_pre_optimizer_step(self, args, state, control, **kwargs):
        if state.global_step + 1 == self.step:
            os.kill(os.getpid(), signal.SIGTERM)


def start(arguments, launcher=(), script="finetune.py"):
    command = [sys.executable, *launcher, str(ROOT / script), *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def wait_until(process, ready) -> list[str]:
    """Waits until ``ready()`` or the process has ended; its stderr goes into the list that is returned."""
    lines: list[str] = []
    threading.Thread(target=lambda: lines.extend(process.stderr), daemon=True).start()
    deadline = time.monotonic() + 240
    while not ready(lines) and process.poll() is None:
        assert time.monotonic() < deadline, "".join(lines)
        time.sleep(0.01)
    return lines


def send(process, number):
    """A signal to a process and all that it started, as a terminal or a cluster sends it."""
    for one in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
        try:
            one.send_signal(number)
        except psutil.NoSuchProcess:
            continue
