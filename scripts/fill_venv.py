"""Makes .venv at the project's root, where need be, and installs requirement files into it under constraints.txt.

    python3 scripts/fill_venv.py requirements.txt config/requirements/serve.txt

Run by setup_env.sh, with the Python that .venv is made of (3.11 or newer): standard library only. One process at a
time; the next one waits, and finds the work done. What was cut off is made anew. Status 1 where an installer fails.

uv installs where it is on PATH, pip otherwise. pip's settings apply either way: on Linux the default index serves torch
with CUDA (gigabytes). A machine without a GPU does better with PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS pointing at the
CPU wheels, which constraints.txt accepts.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

from probe import DONE, PINS, ROOT, UNFINISHED, VENV, as_installed, lines_of

PYTHON = str(VENV / "bin" / "python")
# A cluster image's own settings (pins of its torch, installs into the home folder) don't belong in .venv.
FOREIGN = ("PIP_CONSTRAINT", "PIP_TARGET", "PIP_PREFIX", "UV_CONSTRAINT", "UV_OVERRIDE")
# uv reads none of pip's settings. These are passed on, under uv's names …
PASSED_ON = {
    "index-url": "UV_INDEX_URL",
    "extra-index-url": "UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}
# … and these change nothing of what is installed; what stands in a config-file is listed by itself.
HARMLESS = (
    *("config-file", "user", "disable-pip-version-check", "no-input"),
    *("root-user-action", "progress-bar", "cache-dir", "retries"),
)


def say(message: str) -> None:
    print(f"setup: {message}", file=sys.stderr, flush=True)


def take_lock() -> TextIO:
    """The lock of .venv, once it is free. It belongs to the open file: installers inherit it, so that one that outlives
    a killed script still holds it."""
    lock = open(ROOT / ".venv.lock", "w")  # noqa: SIM115 - open as long as this process and its installers
    os.set_inheritable(lock.fileno(), True)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another script is installing into .venv; waiting for it")
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def run(*command: str, **variables: str) -> int:
    """Its status; what it says goes to stderr."""
    return subprocess.run(command, stdout=sys.stderr, close_fds=False, env=os.environ | variables).returncode


def missing(*words: str) -> str | None:
    """What .venv lacks (probe.py's first line), None where it can't say."""
    answer = subprocess.run([PYTHON, str(ROOT / "scripts" / "probe.py"), *words], capture_output=True, text=True)
    return None if answer.returncode else answer.stdout.splitlines()[0]


def uv_settings() -> dict[str, str] | None:
    """pip's settings in uv's variables; None where uv would not do as pip is told: it has a configuration file (a torch
    that only it leads to, say, must not come from elsewhere in gigabytes) or a setting that can't be passed on."""
    answer = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True)
    if answer.returncode:
        return None
    variables = {}
    for line in answer.stdout.splitlines():
        name = line.partition("=")[0].removeprefix(":env:.")
        if name in PASSED_ON:
            value = os.environ["PIP_" + name.upper().replace("-", "_")]
            # pip parts folders and pages by spaces, uv by commas
            variables[PASSED_ON[name]] = ",".join(value.split()) if name == "find-links" else value
        elif name not in HARMLESS:
            return None
    return {name: value for name, value in variables.items() if not os.environ.get(name)}


def installer() -> tuple[list[str], dict[str, str]]:
    """The command that installs into .venv, to be followed by what, and its variables."""
    settings = uv_settings() if shutil.which("uv") else None
    if settings is None:
        return [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "-q", "-c", str(PINS)], {}
    # the best version over all indexes, as pip takes it, and not the best of the first index that has the package
    options = ["--python", PYTHON, "--index-strategy", "unsafe-best-match", "-c", str(PINS)]
    return ["uv", "pip", "install", "-q", *options], settings


def install(path: Path) -> int:
    command, settings = installer()
    say(f"installing {path.name} into .venv with {'uv' if command[0] == 'uv' else 'pip'} (minutes the first time)")
    if path.name == "deepspeed.txt":
        # Its set-up code imports torch and the build tools: they come first, and it must see them (no isolation).
        tools = [line for line in lines_of(path) if not line.startswith("deepspeed")]
        if status := run(*command, *tools, **settings):
            return status
        command.append("--no-build-isolation")
        settings["DS_BUILD_OPS"] = "0"  # no operator is compiled now, and no CUDA compiler is needed
    return run(*command, "-r", str(path), **settings)


def make_venv() -> int:
    say(f"making .venv with {sys.executable}")
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir()
    UNFINISHED.touch()
    if status := run(sys.executable, "-m", "venv", str(VENV)):
        return status
    # so that `python -m gplan.world` of this environment works from any folder
    (next(VENV.glob("lib/python*/site-packages")) / "gplan.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    return 0


def fill(paths: list[Path]) -> int:
    whole = Path(PYTHON).exists() and not UNFINISHED.exists() and not run(PYTHON, "-c", "import pip")
    if not whole and make_venv():
        return 1
    UNFINISHED.touch()
    if not as_installed(PINS):  # what was installed under other pins is no longer so once these are installed
        shutil.rmtree(DONE, ignore_errors=True)
        DONE.mkdir()
        shutil.copy(PINS, DONE)
    for path in paths:
        if as_installed(path) and missing(str(path)) == "":
            continue
        if status := install(path):
            # A failed installer leaves .venv whole, and without its copy the file is tried again; one that was killed
            # may leave anything.
            if status > 0:
                UNFINISHED.unlink()
            say(f"installing {path.name} failed, see the message above")
            return 1
        if lacks := missing(str(path)):
            say(f"the installer ended well, but .venv lacks {lacks}: does it contradict constraints.txt?")
            return 1
        shutil.copy(path, DONE)
    UNFINISHED.unlink()
    return 0


def main() -> int:
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ["PIP_USER"] = "0"
    lock = take_lock()
    files = sys.argv[1:]
    if Path(PYTHON).exists() and missing("--venv", *files) == "":
        return 0  # the other script has done it
    status = fill([Path(name) for name in files])
    lock.close()
    return status


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
