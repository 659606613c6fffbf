"""What this Python lacks of requirement files: one line; and what it is: another.

    $ python scripts/probe.py requirements.txt config/requirements/dev.txt
    torch>=2.11, ruff>=0.15
    Python 3.11, no torch

With ``--venv``, it is asked of the project's .venv, which also lacks each file that was not installed to the end as it
is now, under constraints.txt as it is now. The first line is empty where nothing is missing.

setup_env.sh runs it under whatever Python it finds: nothing but the standard library and packaging.
"""

import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "config" / "requirements" / "constraints.txt"
VENV = ROOT / ".venv"
DONE = VENV / ".setup"  # copies of the files that are fully installed, and of the pins they were installed under
UNFINISHED = VENV / ".setup_unfinished"  # there from before the first change until the installer has come to an end


def installed(name: str) -> "str | None":
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def lines_of(path: Path) -> "list[str]":
    """Its requirements without comments; they say no more than PEP 508 (no ``-r``, no options)."""
    lines = [line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line]


def satisfied(line: str) -> bool:
    """Versions count by their numbers: a GPU image's torch 2.13.0a0+git is a 2.13.0.

    Raises:
        ImportError: a Python without pip and without packaging (which transformers brings).
    """
    try:
        from packaging import requirements, version
    except ImportError:
        from pip._vendor.packaging import requirements, version
    requirement = requirements.Requirement(line)
    have = installed(requirement.name)
    return have is not None and version.Version(have).base_version in requirement.specifier


def as_installed(path: Path) -> bool:
    """Was this file, as it is now, the last of its name that was installed?"""
    copy = DONE / path.name
    return copy.exists() and copy.read_bytes() == path.read_bytes()


def main() -> None:
    venv = sys.argv[1] == "--venv"
    paths = [Path(word) for word in sys.argv[2 if venv else 1 :]]
    missing = [] if sys.version_info >= (3, 10) else ["Python>=3.10"]
    missing += [line for path in paths for line in lines_of(path) if not satisfied(line)]
    if venv:
        missing += [path.name for path in (PINS, *paths) if not as_installed(path)]
        missing += ["the end of its installation"] if UNFINISHED.exists() else []
    torch = installed("torch")
    print(", ".join(missing))
    print(f"Python {sys.version_info[0]}.{sys.version_info[1]}, {f'torch {torch}' if torch else 'no torch'}")


if __name__ == "__main__":
    main()
