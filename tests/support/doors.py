"""The doors as a user runs them: in this process where that is the same, in one of their own where it is not."""

import contextlib
import functools
import importlib.util
import io
import os
import subprocess
import sys

from tests.conftest import ROOT
from utils import door

FLAGS = [
    *("--prompt_style", "compact", "--use_cpu", "true", "--report_to", "none", "--batch_size", "4"),
    *("--learning_rate", "1e-3", "--gradient_checkpointing", "false", "--disable_tqdm", "true", "--calr_target", "1"),
]


def python(*words, cwd=ROOT, **variables):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | variables
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@functools.cache
def script(name):
    """A door as a module; by its path, for the standard library has a ``test`` too."""
    spec = importlib.util.spec_from_file_location(f"door_{name}", ROOT / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def here(name, *words):
    """``python NAME.py …`` in this process, which has torch already: the same line of arguments, the same door."""
    before, out, err = sys.argv, io.StringIO(), io.StringIO()
    sys.argv = [f"{name}.py", *map(str, words)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = door(script(name).main)
            except SystemExit as ended:  # argparse
                status = ended.code
    finally:
        sys.argv = before
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())


def finetune(model, csv, output, *more, **variables):
    words = ("--model", model, "--train_csv", csv, "--output_dir", output, *FLAGS, *more)
    return python("finetune.py", *words, **variables) if variables else here("finetune", *words)


def in_folder(folder, name, *words):
    with contextlib.chdir(folder):
        return here(name, *words)


def score(*words):
    return here("test", *words)


def refused(result, *words):
    """One line, status 2, and no traceback."""
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    line = result.stderr.strip().splitlines()[-1]
    assert line.startswith("error: ")
    for word in words:
        assert word in line, line
    return line
