"""What README and docs name is there: files, functions, commands, flags, links; figures are the result files'."""

import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.results import rendered
from tests.conftest import ROOT

READMES = ("README.md", "README_zh.md")
PAGES = [ROOT / name for name in READMES] + sorted((ROOT / "docs").glob("*.md"))
# The table of what things were called before names what is no longer there.
GONE = re.compile(r"## Where things were before\n.*?(?=\n## |\Z)", re.DOTALL)
ROOMS = "add_tokens|config|data_process|docs|experiments|gplan|scripts|tests"
FILE = re.compile(rf"`((?:{ROOMS})/[\w./-]*)`|`([\w-]+\.(?:py|sh))`")
COMMAND = re.compile(
    r"(?:python(?: -m (?P<module>[\w.]+)| (?P<script>\w+\.py))|bash (?P<shell>[\w/]+\.sh))(?P<rest>[^\n`|]*)"
)
VERBS = ("gplan.synthesis", "gplan.planner", "gplan.serving", "experiments.bench")


def text_of(path: Path) -> str:
    return GONE.sub("", path.read_text(encoding="utf-8"))


def ids(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


@pytest.mark.parametrize("path", PAGES, ids=ids(PAGES))
def test_files_that_a_page_names_are_there(path):
    names = {found[1] or found[2] for found in FILE.finditer(text_of(path))}
    made = {f"data_process/dataset/{name}" for name in ("", "train.csv", "test.csv")}  # by the user
    assert {name for name in names - made if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("path", PAGES, ids=ids(PAGES))
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", path.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        page = (path.parent / name).resolve() if name else path
        assert page.exists(), target
        if anchor:
            text = page.read_text(encoding="utf-8")
            heads = {
                re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in re.findall(r"^#+ (.*)$", text, re.M)
            }
            assert anchor in heads | set(re.findall(r'<a (?:id|name)="([^"]+)"', text)), target


def test_functions_of_the_ways_stand_in_the_files_that_are_named():
    lines = re.findall(
        r"^\| [^|]+ \| (`[^|]+`) \| (`[^|]+`) \|$", text_of(ROOT / "docs" / "architecture.md"), flags=re.M
    )
    assert len(lines) > 40
    missing = []
    for functions, files in lines:
        paths = [ROOT / name for name in re.findall(r"`([^`]+)`", files)]
        texts = "".join(
            file.read_text("utf-8") for path in paths for file in (path.rglob("*.py") if path.is_dir() else [path])
        )
        for name in re.findall(r"`([\w.]+)`", functions):
            leaf = name.split(".")[-1]
            if leaf != "js" and not re.search(rf"^\s*(?:def|class|async def) {leaf}\b|^{leaf} = ", texts, flags=re.M):
                missing.append((name, files))
    assert missing == []


@functools.cache
def help_of(*words: str) -> str:
    done = subprocess.run([sys.executable, *words, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands() -> list[tuple[str, ...]]:
    """Every command of the pages, in its words, each once: ``("gplan.world", "--rows", …)``."""
    found = set()
    for path in PAGES:
        text = re.sub(r"\\\n\s*", " ", text_of(path))
        for command in COMMAND.finditer(text):
            rest = re.split(r"[#;|>]|&&| in ", command["rest"])[0]
            found.add((command["module"] or command["script"] or command["shell"], *rest.split()))
    return sorted(found)


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_commands_that_a_page_names_are_known(words):
    name, *rest = words
    flags = {word.partition("=")[0].rstrip("].,)") for word in rest if re.match(r"--[a-z]", word)}
    if name.endswith(".sh"):
        assert (ROOT / name).is_file()
        name = f"{Path(name).stem}.py"
        if not (ROOT / name).is_file() or not flags:  # check.sh and experiments have no flags of their own
            return
    if name.endswith(".py"):
        where = [name]
    elif name.split(".")[0] in {path.name for path in ROOT.iterdir()}:
        where = ["-m", name]
    else:
        return  # torch's, pip's …
    verb = next((word for word in rest if re.fullmatch(r"[a-z]+", word)), None)
    if (name in VERBS or name == "synthesize.py") and verb:
        where.append(verb)
    if name == "experiments.results" and verb == "add":
        where.append(verb)
    known = help_of(*where) if name not in ("finetune.py", "align.py") else help_of(*where, "--help_all")
    assert {flag for flag in flags if flag not in known} == set()


def without_tables(text: str) -> str:
    return re.sub(r"<!-- results:.*?<!-- /results -->", "", text, flags=re.DOTALL)


def test_both_readmes_say_the_same():
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in READMES)
    assert english.count("\n") <= 130 and chinese.count("\n") <= 130
    for pattern in (r"```bash\n(.*?)```", r"\]\(([^)#]+)"):
        both = [re.findall(pattern, text, flags=re.DOTALL) for text in (english, chinese)]
        if pattern.startswith("```"):
            both = [[line.split("#")[0].strip() for block in blocks for line in block.splitlines()] for blocks in both]
        else:
            both = [sorted(link for link in links if link not in READMES) for links in both]
        assert both[0] == both[1] != []
    figures = [re.findall(r"(?<![\w.#-])\d+(?:\.\d+)?(?![\w.-])", without_tables(text)) for text in (english, chinese)]
    assert [figure for figure in figures[0] if "." in figure] == [figure for figure in figures[1] if "." in figure]
    tables = [
        re.findall(r"\d+\.\d+", "".join(re.findall(r"<!-- results:.*?<!-- /results -->", text, re.DOTALL)))
        for text in (english, chinese)
    ]
    assert tables[0] == tables[1] != []


def test_figures_are_those_of_the_result_files():
    stale = [path.name for path, text in rendered().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run python -m experiments.results"


def test_no_figure_of_a_result_is_typed_on_another_page():
    """Three decimals are a result's: such a figure stands in the result files, or in the log, which says what was."""
    allowed = {"results.md", "log.md", *READMES}
    typed = {}
    for path in PAGES:
        if path.name not in allowed:
            typed[path.name] = re.findall(r"(?<![\d.])0?\.\d{3}(?!\d)", text_of(path))
    assert {name: figures for name, figures in typed.items() if figures} == {}
