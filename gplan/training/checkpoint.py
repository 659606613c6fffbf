"""Checkpoints that are whole or not there, which one a run continues from, and one run a folder.

output/.partial/checkpoint-40     being written: never looked at, removed by the next run or save
output/checkpoint-40              renamed when everything in it is on the disk
output/checkpoint-40/resume.json  settings of the run, sizes of the files, the open log entry
output/.lock                      held by the run that writes here
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from filelock import FileLock, Timeout
from safetensors import SafetensorError

from data_process.cache import digest, file_digest
from data_process.files import write_json
from utils import InputError, is_main_process, say

# Settings that runs of before 2026-11-27 don't name, and what they ran with: such a run is continued.
_ADDED = {"--blocks_per_epoch": 1, "--latents_per_block": 3, "--interleaved": False}
STATE, RECORD, PARTIAL, LOCK = "trainer_state.json", "resume.json", ".partial", ".lock"
MANIFEST = "run.json"
# Files of which any one says that a run has ended in the folder.
_TRACES = ("config.json", STATE, MANIFEST)


@contextmanager
def output_folder(folder: str | Path, wanted: str | None) -> Iterator[str | None]:
    """Holds the folder for this run alone; gives the checkpoint that ``--resume`` means, None for a fresh run.

    A folder made for a run that then failed before it wrote anything is removed again.

    Raises:
        InputError: it can't be written to, another run holds it, it holds a run and ``wanted`` is None, or there is
            no complete checkpoint.
    """
    folder = Path(folder)
    if not is_main_process():
        yield checkpoint_to_resume(folder, wanted)
        return
    lock, made = FileLock(folder / LOCK), not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"--output_dir {folder}: another run is writing there; wait for it or give another folder"
        ) from None
    except OSError as error:
        raise InputError(f"--output_dir {folder}: {error.strerror}; give a folder that can be written") from error
    try:
        resume = checkpoint_to_resume(folder, wanted)
        shutil.rmtree(folder / PARTIAL, ignore_errors=True)
        yield resume
    finally:
        lock.release()
        if made and not any(path.name != LOCK for path in folder.iterdir()):
            shutil.rmtree(folder)


def checkpoint_to_resume(folder: Path, wanted: str | None) -> str | None:
    """The checkpoint folder to continue from; None for a fresh run. ``auto``: the newest complete one, if any.

    Raises:
        InputError: a fresh run would write over another one, or no checkpoint there is complete.
    """
    found = sorted(folder.glob("checkpoint-*"), key=_step, reverse=True)
    if wanted is None or (wanted == "auto" and not found):
        if found or any((folder / name).exists() for name in _TRACES):
            raise InputError(
                f"--output_dir {folder} already holds a run; give another folder, remove it, or continue it with "
                "--resume auto (RESUME=auto)"
            )
        if wanted:
            say(f"{folder} holds no checkpoint yet: starting at the first step")
        return None
    if wanted != "auto":
        if problem := what_is_missing(Path(wanted)):
            raise InputError(f"--resume {wanted}: not a complete checkpoint ({problem}); give another, or auto")
        return wanted
    for checkpoint in found:
        if not (problem := what_is_missing(checkpoint)):
            return str(checkpoint)
        say(f"warning: {checkpoint} is left alone: not a complete checkpoint ({problem})")
    raise InputError(f"--resume auto: no complete checkpoint in {folder}; give another folder and start anew")


def what_is_missing(checkpoint: Path) -> str | None:
    """What keeps a folder from being a complete checkpoint; None if nothing does."""
    if not checkpoint.is_dir():
        return "no such folder"
    try:
        files = read_record(checkpoint)["files"]
    except (OSError, ValueError, KeyError):
        return f"{RECORD} is missing or damaged"
    if not any("optim" in Path(name).name for name in files):
        return f"it holds weights alone; take them into a new run: MODEL={quote(str(checkpoint))}, another OUTPUT_DIR"
    for name, size in files.items():
        path = checkpoint / name
        if not path.is_file():
            return f"{name} is missing"
        if path.stat().st_size != size:
            return f"{name} has {path.stat().st_size} bytes, {size} were written"
    return None


def is_finished(checkpoint: str, steps: int) -> bool:
    """Whether a run of so many steps has come to its end at this checkpoint, and has left its records."""
    state = json.loads((Path(checkpoint) / STATE).read_text(encoding="utf-8"))
    return state["global_step"] >= steps and (Path(checkpoint).parent / MANIFEST).is_file()


def checkpoint_digest(folder: str | Path) -> str:
    """A name for the weights in a checkpoint folder, whatever the folder is called.

    Raises:
        InputError: it has none in safetensors, as every checkpoint made here has.
    """
    weights = sorted(Path(folder).glob("model*.safetensors"))
    if not weights:
        raise InputError(f"--model {folder}: no model.safetensors there; give a checkpoint that bash finetune.sh made")
    return digest("".join(map(file_digest, weights)))


def read_record(checkpoint: str | Path) -> dict:
    """What ``finish`` wrote: ``settings``, ``files``, ``window``."""
    return json.loads((Path(checkpoint) / RECORD).read_text(encoding="utf-8"))


def refuse_changes(checkpoint: str, settings: dict) -> None:
    """Raises InputError if a run with these settings would not continue the one that wrote the checkpoint.

    ``settings`` are named as the user gives them; values are compared as JSON.
    """
    now = json.loads(json.dumps(settings))
    before = {name: value for name, value in _ADDED.items() if name in now} | read_record(checkpoint)["settings"]
    changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if not changed:
        return
    if "NPROC" in changed:  # whatever else was changed with it, the batch size often
        raise InputError(
            f"--resume {checkpoint}: saved by {before['NPROC']} processes, this run has {now['NPROC']}; start it with "
            f"{before['NPROC']} in all (NPROC, NNODES), or take its weights into a new run: MODEL={quote(checkpoint)} "
            "with another OUTPUT_DIR"
        )
    what = ", ".join(f"{name} was {before.get(name)} and is {now.get(name)}" for name in changed)
    raise InputError(
        f"--resume {checkpoint}: {what}; a run is continued with what it began with: give the same again, or start "
        "another run in another folder"
    )


def finish(
    partial: Path, target: Path, settings: dict, window: list, keep: int | None, best: str | None = None
) -> None:
    """Makes what lies in ``partial`` the checkpoint ``target``, at once; of those up to it the newest ``keep`` stay,
    and the one called ``best``.

    Everything is on the disk before the name is: a checkpoint that can be seen is complete.
    """
    files = {str(path.relative_to(partial)): path.stat().st_size for path in partial.rglob("*") if path.is_file()}
    write_json(partial / RECORD, {"settings": settings, "files": files, "window": window})
    for name in [*files, RECORD]:
        _sync(partial / name)
    _put(partial, target)
    _sync(target.parent)
    # Later ones, left by a run that went on from an earlier checkpoint, are not this run's to remove.
    own = sorted((path for path in target.parent.glob("checkpoint-*") if _step(path) <= _step(target)), key=_step)
    for old in own[: -keep if keep else 0]:
        if str(old) != best:
            shutil.rmtree(old)


@contextmanager
def saving(folder: Path, what: str) -> Iterator[None]:
    """Turns a failure to write into one error, after giving the space back.

    Raises:
        InputError: the disk is full, or something else keeps the files from being written.
    """
    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:
        # torch reports a full disk as a RuntimeError of its writer, by the name of the source file.
        if isinstance(error, RuntimeError) and "inline_container" not in str(error):
            raise
        free = shutil.disk_usage(folder).free / 2**20
        shutil.rmtree(folder / PARTIAL, ignore_errors=True)
        kept = sorted(folder.glob("checkpoint-*"), key=_step)
        last = f"{kept[-1]} is whole: make room and go on with --resume auto" if kept else "make room and start again"
        message = f"{what} could not be saved, with {free:.1f} MiB free on that disk ({error}); {last}"
        if not is_main_process():  # whose own error nobody would print
            print(f"error: {message}", file=sys.stderr)
        raise InputError(message) from error


def _put(new: Path, target: Path) -> None:
    old = new.with_name("replaced")
    if target.exists():
        os.replace(target, old)
    os.replace(new, target)
    shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _step(checkpoint: Path) -> int:
    number = checkpoint.name.rpartition("-")[2]
    return int(number) if number.isdecimal() else -1
