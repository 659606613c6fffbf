"""The requirement files: what is imported is listed, what is listed is imported or says why, and all is pinned."""

import ast
import re
import sys
from pathlib import Path

from tests.conftest import ROOT

REQUIREMENTS = ROOT / "config" / "requirements"
# Where a package's name is not that of the module.
PACKAGES = {
    "PIL": "pillow",
    "faiss": "faiss-cpu",
    "opening_hours": "opening-hours-py",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


def same(name: str) -> str:
    """One spelling: ``huggingface_hub`` and ``Huggingface-Hub`` are the same package."""
    return name.lower().replace("_", "-")


def files() -> list[Path]:
    return [ROOT / "requirements.txt", *(path for path in REQUIREMENTS.glob("*.txt") if path.name != "constraints.txt")]


def listed() -> dict[Path, set[str]]:
    """The packages that each file names."""
    return {path: {same(n) for n in re.findall(r"^[\w.-]+", path.read_text(), flags=re.M)} for path in files()}


def imported() -> dict[str, set[str]]:
    """Packages that are neither Python's nor the project's → the files that import them, anywhere in their text."""
    own = {path.stem for path in ROOT.glob("*.py")} | {path.name for path in ROOT.iterdir() if path.is_dir()}
    own |= {path.stem for path in (ROOT / "scripts").glob("*.py")}
    packages = {}
    for path in ROOT.rglob("*.py"):
        relative = path.relative_to(ROOT)
        if any(part.startswith(".") or part.startswith("output") for part in relative.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            for top in {name.split(".")[0] for name in names} - own - set(sys.stdlib_module_names):
                packages.setdefault(same(PACKAGES.get(top, top)), set()).add(relative.as_posix())
    return packages


def test_what_is_imported_is_listed():
    everything = set().union(*listed().values())
    allowed = everything | {"pip"}  # every venv has it
    assert {name: paths for name, paths in imported().items() if name not in allowed} == {}
    assert "torch" in imported()


def test_training_and_serving_need_no_file_of_the_tests():
    """What the project itself imports stands in the file that its scripts install, not in dev.txt alone."""
    of_tests = listed()[REQUIREMENTS / "dev.txt"] - listed()[REQUIREMENTS / "peers.txt"]
    paths = set().union(*(where for name, where in imported().items() if name in of_tests))
    allowed = {"experiments/screenshot.py"}  # the recipe sets up dev
    assert {path for path in paths if not path.startswith("tests/")} == allowed


def test_what_is_listed_is_imported_or_says_why():
    lines = [line for path in files() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    unused = {same(re.match(r"[\w.-]+", line).group()) for line in lines if "  # not imported: " in line}
    names = {same(re.match(r"[\w.-]+", line).group()) for line in lines}
    assert sorted(names - imported().keys() - unused) == []
    assert sorted(unused & imported().keys()) == []  # a reason that holds no longer


def pins() -> dict[str, str]:
    lines = (REQUIREMENTS / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {same(name): version for name, version in pairs}


def test_every_requirement_is_pinned():
    for path, names in listed().items():
        assert names
        assert sorted(names - pins().keys()) == [], path.name


def test_torch_is_pinned_without_a_build():
    assert re.fullmatch(r"[\d.]+", pins()["torch"])  # 2.13.0+cpu would shut out CUDA
    assert not [name for name in pins() if name.startswith(("nvidia", "triton", "cuda"))]


def test_pre_commit_uses_the_pinned_ruff():
    used = re.findall(r"ruff==([\d.]+)", (ROOT / ".pre-commit-config.yaml").read_text())
    assert set(used) == {pins()["ruff"]}
