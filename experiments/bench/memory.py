"""Memory as the kernel counts it, and measuring in a process that has done nothing else (Linux)."""

import mmap
import multiprocessing
import resource
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from utils import InputError

Result = TypeVar("Result")
# Left to the rest of the machine when a measurement is held to the memory at hand, bytes.
SPARE = 1 << 30


def in_fresh_process(function: Callable[..., Result], *arguments) -> Result:
    """``function(*arguments)`` in a new Python process: nothing of earlier work is in its memory.

    Raises:
        InputError: the process was killed, which here means that memory ran out.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool as error:
            raise InputError(
                f"a measuring process ({function.__name__}) was killed, most likely for memory; give a smaller "
                "--batch_size or --max_length"
            ) from error


def stay_within_memory() -> None:
    """From now on an allocation beyond what the machine has left fails here, instead of getting something killed."""
    limit = _kilobytes("/proc/self/status", "VmData") + _kilobytes("/proc/meminfo", "MemAvailable") - SPARE
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def resident(pid: int | str = "self") -> int:
    """Resident memory of a process now, bytes; of this one by default."""
    return _kilobytes(f"/proc/{pid}/status", "VmRSS")


def reset_peak() -> None:
    """Sets the peak back to what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """Highest resident memory since ``reset_peak``, bytes."""
    return _kilobytes("/proc/self/status", "VmHWM")


def private() -> int:
    """Memory that no other process shares, bytes: the kernel's Private_Clean + Private_Dirty."""
    rollup = "/proc/self/smaps_rollup"
    return _kilobytes(rollup, "Private_Clean") + _kilobytes(rollup, "Private_Dirty")


@contextmanager
def mapped_elsewhere(path: Path) -> Iterator[None]:
    """Maps a file here and touches every page, as another rank on the machine would.

    Otherwise the kernel calls the file's pages private to the one process that happens to use them.
    """
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pages:
        _ = pages[:: mmap.PAGESIZE]
        yield


def _kilobytes(path: str, name: str) -> int:
    """The value of a line ``name:  123 kB``, in bytes."""
    for line in Path(path).read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"{path} has no {name}: these measurements need Linux")
