"""Commands that take minutes, some at a time, none of them twice: what is there is kept, what was cut off goes on."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from utils import ROOT, InputError, say


class Step(NamedTuple):
    """A command of this project and the file that says it is done.

    Attributes:
        done: written last by the command.
        argv: script or ``-m module`` and its arguments.
        needs: steps whose files it reads.
    """

    done: Path
    argv: tuple[str, ...]
    needs: tuple["Step", ...] = ()


def run_all(steps: Sequence[Step], *, at_once: int) -> None:
    """Runs the steps and those that they need, each once, ``at_once`` at a time with one thread each.

    A step's output is its file's path with ``.log``. On Ctrl-C the running ones are stopped: called again, a trainer
    goes on from its last checkpoint.

    Raises:
        InputError: a step failed; the others that were running have come to their ends.
    """
    waiting = [step for step in _in_order(steps) if not step.done.exists()]
    running: dict[Step, subprocess.Popen] = {}
    failed: list[Step] = []
    with tqdm(total=len(waiting), desc="steps", unit="step") as bar:
        try:
            while running or (waiting and not failed):
                ready = [one for one in waiting if all(need.done.exists() for need in one.needs)]
                for step in ready[: at_once - len(running)] if not failed else []:
                    waiting.remove(step)
                    running[step] = _start(step)
                    say(f"{time.strftime('%H:%M:%S')} {step.done.parent}: {' '.join(step.argv[:3])} …")
                for step, process in list(running.items()):
                    if process.poll() is not None:
                        del running[step]
                        bar.update()
                        failed += [] if process.returncode == 0 and step.done.exists() else [step]
                time.sleep(0.2)
        except BaseException:
            for process in running.values():
                process.terminate()
            for process in running.values():
                process.wait()
            raise
    if failed:
        log = _log(failed[0])
        last = log.read_text(encoding="utf-8", errors="replace").replace("\r", "\n").strip().splitlines()[-1:]
        raise InputError(f"{' '.join(failed[0].argv)} failed: {' '.join(last)}; its output is in {log}")


def _in_order(steps: Sequence[Step]) -> list[Step]:
    """Every step behind those it needs, once."""
    found: dict[Step, None] = {}
    for step in steps:
        for one in (*_in_order(step.needs), step):
            found.setdefault(one)
    return list(found)


def _log(step: Step) -> Path:
    return step.done.with_suffix(".log")


def _start(step: Step) -> subprocess.Popen:
    step.done.parent.mkdir(parents=True, exist_ok=True)
    # Threads of two runs would get in each other's way; PASSIVE lets those that wait sleep.
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "PYTHONPATH": str(ROOT)}
    with open(_log(step), "w", encoding="utf-8") as log:
        return subprocess.Popen([sys.executable, *step.argv], cwd=ROOT, env=environment, stdout=log, stderr=log)
