"""The house's rules (docs/architecture.md): which room may import which, no circle, every class name once."""

import ast
import subprocess
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT

GROUND = {"utils", "data_process", "config", "add_tokens"}
# Room -> the rooms that it may import besides itself; whatever has none of these names is a door or an experiment.
MAY = {
    "utils": set(),
    "scripts": set(),
    "data_process": {"utils"},
    "config": {"utils", "data_process"},
    "add_tokens": {"utils", "data_process", "config"},
    "gplan.metrics": GROUND,
    "gplan.decoding": GROUND,
    "gplan.training": GROUND,
    "gplan.world": GROUND,
    "gplan.llm": GROUND,
    "gplan.picd": GROUND | {"gplan.training"},
    "gplan.scdpo": GROUND | {"gplan.training"},
    "gplan.planner": GROUND | {"gplan.metrics", "gplan.decoding"},
    "gplan.synthesis": GROUND | {"gplan.world", "gplan.llm"},
    "gplan.starter": GROUND | {"gplan.world", "gplan.synthesis"},
    "gplan.serving": GROUND | {"gplan.metrics", "gplan.planner", "gplan.world"},
    "gplan.evaluation": GROUND | {"gplan.metrics", "gplan.planner", "gplan.world"},
    "gplan.judge": GROUND | {"gplan.llm", "gplan.metrics", "gplan.evaluation", "gplan.starter"},
    "gplan.rl": GROUND
    | {"gplan.metrics", "gplan.decoding", "gplan.training", "gplan.world", "gplan.planner", "gplan.evaluation"}
    | {"gplan.judge", "gplan.starter"},
    "gplan.baselines": GROUND | {"gplan.metrics", "gplan.training", "gplan.evaluation", "gplan.starter"},
    "stagent.routing": GROUND,
    "stagent.worlds": GROUND | {"stagent.routing"},
    "stagent.tools": GROUND | {"gplan.serving", "stagent.worlds"},
    "stagent.queries": GROUND | {"gplan.llm", "gplan.serving", "stagent.routing", "stagent.worlds", "stagent.tools"},
    "stagent.selection": GROUND | {"gplan.llm", "stagent.worlds", "stagent.tools", "stagent.queries"},
    "stagent.reward": GROUND | {"gplan.llm", "gplan.metrics", "stagent.worlds", "stagent.tools", "stagent.queries"},
    "stagent.rollout": GROUND
    | {"gplan.llm", "gplan.decoding", "stagent.worlds", "stagent.tools", "stagent.queries", "stagent.reward"},
    "stagent.cascade": GROUND
    | {"gplan.metrics", "gplan.training", "gplan.starter", "gplan.llm", "stagent.worlds", "stagent.tools"}
    | {"stagent.queries", "stagent.reward", "stagent.rollout"},
    "stagent.benchmarks": GROUND
    | {"gplan.llm", "gplan.metrics", "stagent.worlds", "stagent.tools", "stagent.queries"}
    | {"stagent.reward", "stagent.rollout"},
    "stagent.demo": GROUND | {"stagent.worlds", "stagent.tools", "stagent.queries", "stagent.reward"},
    "stagent.look": GROUND | {"gplan.serving", "stagent.routing", "stagent.worlds", "stagent.tools", "stagent.queries"},
}
DOORS = {"finetune", "align", "test", "serve", "synthesize", "agent"}


def sources() -> dict[str, ast.Module]:
    """Every module of the project outside tests, parsed: ``{"gplan.planner.decode": Module, …}``."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [Path(line) for line in listed.splitlines() if not line.startswith("tests/")]
    parsed = {path: ast.parse((ROOT / path).read_text(encoding="utf-8")) for path in paths if (ROOT / path).is_file()}
    return {".".join(path.with_suffix("").parts).removesuffix(".__init__"): tree for path, tree in parsed.items()}


MODULES = sources()


def imported(tree: ast.Module) -> set[str]:
    """The project's modules that one imports, at its top or inside a function."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return names & MODULES.keys()


def room(module: str) -> str:
    """``room("gplan.planner.decode") == "gplan.planner"``, ``room("config.stored") == "config"``."""
    return ".".join(module.split(".")[: 2 if module.startswith(("gplan.", "stagent.")) else 1])


@pytest.mark.parametrize("module", MODULES)
def test_a_room_imports_what_stands_below_it(module):
    own, rooms = room(module), {room(name) for name in imported(MODULES[module])}
    if own in ("gplan", "stagent"):
        assert not rooms - {own}  # the roof itself, an empty __init__
    elif own == "experiments":
        assert rooms <= MAY.keys() | DOORS | {"experiments"}
    elif own in DOORS:
        assert rooms <= MAY.keys()
    else:
        assert rooms <= MAY[own] | {own}


def test_no_module_imports_itself_by_way_of_others():
    # A package's __init__ holds words alone, so an import of its modules is none of it.
    graph = {name: imported(tree) - {name} for name, tree in MODULES.items()}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle
    assert set(order) == MODULES.keys()


def test_a_class_name_stands_once():
    names = Counter(node.name for tree in MODULES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    assert {name for name, count in names.items() if count > 1} == set()


def test_the_top_and_the_rooms_stay_small():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert len({line.split("/")[0] for line in listed if not line.startswith(".")}) <= 29
    lines = Counter()
    for line in listed:
        if line.endswith((".py", ".js", ".css", ".html", ".sh")) and not line.startswith("tests/"):
            parts = line.split("/")
            text = (ROOT / line).read_text(encoding="utf-8")
            lines["/".join(parts[: 2 if parts[0] in ("gplan", "stagent") else 1])] += text.count("\n")
    biggest, size = lines.most_common(1)[0]
    assert size <= sum(lines.values()) / 5, biggest
