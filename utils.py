"""What every entry point needs: its door, saying things once, and what a figure must be read with."""

import argparse
import codecs
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

# Seconds that other processes wait with a bad end: torchrun stops all at the first, and the first process is to have
# said what was wrong.
_PATIENCE = 2
ROOT = Path(__file__).resolve().parent


class InputError(ValueError):
    """What a user gave and can't be used. The message names what, where and what to do, on one line."""

    def __init__(self, message: str) -> None:
        # An id or a column's name can hold anything, a line end too.
        super().__init__("".join(c if c.isprintable() else repr(c)[1:-1] for c in message))


def door(main: Callable[[], int], *, interrupted: str = "interrupted") -> int:
    """``main`` as a shell sees it; every entry point ends in ``sys.exit(door(main))``.

    What can't be used, a file that can't be read or written, and a loss that is no number are one line on stderr, on
    rank 0 only, and status 2; Ctrl-C is ``interrupted`` and 130; a reader of stdout that left (``| head``) is 0.
    """
    _print_anything()
    try:
        status = main()
        sys.stdout.flush()  # here, where a closed pipe can still be caught
        return status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python's own last flush would complain
        return 0
    except (InputError, OSError, FloatingPointError) as error:
        say(f"error: {error}")
        if not is_main_process():
            time.sleep(_PATIENCE)
        return 2
    except KeyboardInterrupt:
        say(interrupted)
        return 130


def _print_anything() -> None:
    """Lets stdout and stderr take every character: what their encoding lacks (latin-1, GBK) becomes a JSON escape."""
    codecs.register_error(
        "json_escape", lambda error: (json.dumps(error.object[error.start : error.end])[1:-1], error.end)
    )
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and stream.encoding.lower() not in ("utf-8", "utf8"):
            stream.reconfigure(errors="json_escape")


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that says what is wrong as any other bad input is said: on one line, with status 2.

    ``~/models`` is the home folder's, where no shell has seen to that: in quotes, or in a YAML file.
    """

    def parse_known_args(self, args=None, namespace=None):
        found, others = super().parse_known_args(args, namespace)
        for name, value in vars(found).items():
            if isinstance(value, (str, Path)) and str(value).startswith("~/"):
                setattr(found, name, type(value)(os.path.expanduser(value)))
        return found, others

    def error(self, message: str) -> NoReturn:
        if not is_main_process():
            time.sleep(_PATIENCE)
            self.exit(2)
        self.exit(2, f"error: {message}\n")


def say(text: str) -> None:
    """Prints a line on stderr, on rank 0 only, above a progress bar if there is one."""
    if is_main_process():
        tqdm.write(text, file=sys.stderr)


def is_main_process() -> bool:
    """True on rank 0, and where nothing is distributed."""
    return int(os.environ.get("RANK", "0")) == 0


def environment() -> dict:
    """Versions, commit and hardware: what a figure must be read with."""
    import torch  # here, because scoring a predictions file needs this module but no torch

    names = ("torch", "transformers", "accelerate", "datasets", "deepspeed")
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    devices = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "python": platform.python_version(),
        "versions": versions,
        "commit": _commit(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "devices": devices,
        "world_size": int(os.environ.get("WORLD_SIZE", "1")),
    }


def peak_memory() -> dict[str, float]:
    """Highest memory use so far in GiB: of this process, and of its GPU."""
    import torch

    scale = 2**10 if sys.platform != "darwin" else 1  # ru_maxrss: KiB on Linux, bytes on macOS
    figures = {"process_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 2**30}
    if torch.cuda.is_available():
        figures["cuda_gib"] = torch.cuda.max_memory_allocated() / 2**30
    return {name: round(value, 3) for name, value in figures.items()}


def _commit() -> str | None:
    result = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return result.stdout.strip() or None
