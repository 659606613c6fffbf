"""Jobs that know nothing of each other: in this process, in two, or as tasks on Ray."""

import importlib.util
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Protocol

from utils import ROOT, InputError

_PATIENCE = 10  # seconds for a cluster to answer
# A job writes what it finds into the work folder; its number says which part is its.
Job = Callable[[Path, int], None]


class Runner(Protocol):
    def run(self, job: Job, folder: Path, numbers: Sequence[int]) -> Iterator[None]:
        """Does them all, and yields whenever one is done."""
        ...

    def close(self) -> None: ...


class LocalRunner:
    """This machine.

    Args:
        workers: processes; 1: this one alone.
    """

    def __init__(self, workers: int):
        # spawned: a forked one would inherit threads of BLAS in whatever state they are
        self._pool = ProcessPoolExecutor(workers, get_context("spawn"), begin_worker) if workers > 1 else None

    def run(self, job: Job, folder: Path, numbers: Sequence[int]) -> Iterator[None]:
        """Raises InputError where a process was killed."""
        if self._pool is None or len(numbers) < 2:
            for number in numbers:
                job(folder, number)
                yield
            return
        try:
            for done in as_completed([self._pool.submit(job, folder, number) for number in numbers]):
                done.result()
                yield
        except BrokenProcessPool:
            raise InputError(
                "a process was killed, most likely for memory; run again with --workers 1: what is done is kept"
            ) from None

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


class RayRunner:
    """A Ray cluster, ``RAY_ADDRESS``. Project, pool and work folder are under the same paths on all its machines."""

    def __init__(self, address: str):
        """Raises InputError where Ray isn't installed or doesn't answer."""
        if importlib.util.find_spec("ray") is None:
            raise InputError("RAY_ADDRESS is set, but Ray isn't installed: pip install ray, or unset RAY_ADDRESS")
        import ray

        _check_reachable(address)
        self._ray = ray
        variables = {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)}
        variables["OMP_NUM_THREADS"] = "1"
        try:
            ray.init(address, runtime_env={"env_vars": variables}, log_to_driver=False, logging_level="error")
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise InputError(f"RAY_ADDRESS {address}: {str(error).splitlines()[0][:200]}") from None

    def run(self, job: Job, folder: Path, numbers: Sequence[int]) -> Iterator[None]:
        task = self._ray.remote(job)
        waiting = [task.remote(folder.absolute(), number) for number in numbers]
        while waiting:
            done, waiting = self._ray.wait(waiting)
            try:
                self._ray.get(done)
            except self._ray.exceptions.RayTaskError as error:
                raise error.cause from None
            yield

    def close(self) -> None:
        self._ray.shutdown()


def _check_reachable(address: str) -> None:
    """Raises InputError where nobody listens: Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), _PATIENCE).close()
        except OSError as error:
            raise InputError(f"RAY_ADDRESS {address}: {error}; start Ray there, or unset RAY_ADDRESS") from None


def open_runner(workers: int) -> Runner:
    """Ray where RAY_ADDRESS says where it is, else this machine."""
    address = os.environ.get("RAY_ADDRESS", "")
    return RayRunner(address) if address else LocalRunner(workers)


def begin_worker() -> None:
    """One thread for a process among others, or theirs wait for each other; and no life after its parent's end."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    if parent := parent_process():
        parent.join()  # one that was killed closes nothing: its workers would wait for jobs for ever
        os._exit(1)
