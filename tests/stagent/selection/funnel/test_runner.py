"""Jobs in processes of their own: all are done, what goes wrong is told, and none outlives who started it."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from stagent.selection.funnel.runner import LocalRunner
from tests.conftest import ROOT
from utils import InputError


def note(folder, number):
    (folder / str(number)).write_text(str(os.getpid()))


def die(folder, number):
    os._exit(9)


def sleep(folder, number):
    note(folder, number)
    time.sleep(120)


def lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


SCRIPT = """
from pathlib import Path
from stagent.selection.funnel.runner import LocalRunner
from tests.stagent.selection.funnel.test_runner import sleep
if __name__ == "__main__":
    list(LocalRunner(2).run(sleep, Path({!r}), [0, 1]))
"""


def test_two_processes_do_all(tmp_path):
    runner = LocalRunner(2)
    assert len(list(runner.run(note, tmp_path, range(7)))) == 7
    runner.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == list("0123456")
    assert str(os.getpid()) not in {path.read_text() for path in tmp_path.iterdir()}


def test_a_process_that_is_killed(tmp_path):
    runner = LocalRunner(2)
    with pytest.raises(InputError, match="--workers 1: what is done is kept"):
        list(runner.run(die, tmp_path, range(3)))
    runner.close()


def test_workers_end_with_who_started_them(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(str(tmp_path)))
    started = subprocess.Popen(
        [sys.executable, script], env={**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"}
    )
    written = [tmp_path / "0", tmp_path / "1"]
    for _ in range(600):
        if all(path.exists() and path.read_text() for path in written):
            break
        time.sleep(0.1)
    workers = [int(path.read_text()) for path in written]
    started.kill()
    started.wait()
    for _ in range(100):
        if not any(map(lives, workers)):
            break
        time.sleep(0.1)
    assert not any(map(lives, workers))
