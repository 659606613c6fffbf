"""README and docs: every command can be started, every link leads somewhere, both READMEs say the same."""

import contextlib
import io
import re
import runpy
import shlex
import sys
from functools import cache
from pathlib import Path

import pytest

from experiments.results import READMES
from tests.conftest import ROOT

PAGES = [*READMES.values(), *sorted((ROOT / "docs").glob("*.md"))]
# What a script hands its flags to, if it is not the Python file of its name.
STARTS = {
    "synthesize.sh": "python synthesize.py run",
    "agent.sh": "python agent.py demo",
    "experiments/latency.sh": "python -m experiments.bench latency",
    "experiments/screenshot.sh": "python -m experiments.screenshot",
}


def read(path):
    """A page without the table of old paths, whose commands are of yesterday."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r"\n## Where things were before\n.*?\n(?=\n[^|\n])", "\n", text, flags=re.DOTALL)


def blocks(path):
    """The shell lines of a page's code blocks, those that end in a backslash joined with the next."""
    found = re.findall(r"^```bash\n(.*?)^```$", read(path), flags=re.DOTALL | re.MULTILINE)
    return "".join(found).replace("\\\n", " ").splitlines()


def words(line):
    """The commands of a shell line as words, comments left out: ``"A=1 bash x.sh | head  # y"`` -> two of them."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;>")
    lexer.whitespace_split = True
    commands = [[]]
    for word in lexer:
        if set(word) <= set("|&;>"):
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


def commands():
    """All commands of all pages that start something of ours: ``(page, variables, words)``."""
    found = []
    for path in PAGES:
        inline = re.findall(r"`((?:[A-Z_]+=\S+ )*(?:python|bash) [^`\n]+)`", read(path))
        for line in (*blocks(path), *inline):
            for command in words(line):
                count = next((i for i, word in enumerate(command) if not re.match(r"[A-Z_]+=", word)), 0)
                if command[count : count + 1] in (["python"], ["bash"]) and not re.search(r"NAME|VERB", line):
                    found.append((path.name, [word.partition("=")[0] for word in command[:count]], command[count:]))
    return found


@cache
def help_of(command):
    """What ``python x.py --help``, or the same of a module or verb, prints; in this process, where torch is loaded."""
    if command[1] == "-m":
        start, rest = (runpy.run_module, command[2]), command[3:]
    else:
        start, rest = (runpy.run_path, str(ROOT / command[1])), command[2:]
    verbs = []
    for word in rest:
        if not re.fullmatch(r"[a-z_0-9]+", word):
            break
        verbs.append(word)
    asked = "--help_all" if command[1] in ("finetune.py", "align.py") else "--help"
    printed, argv = io.StringIO(), sys.argv
    sys.argv = [command[1], *verbs, asked]
    try:
        with contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as left:
            extra = {"alter_sys": True} if command[1] == "-m" else {}
            start[0](start[1], run_name="__main__", **extra)
    finally:
        sys.argv = argv
    assert left.value.code in (0, None), f"{' '.join(command)}: {left.value.code}"
    return printed.getvalue()


def test_there_are_commands():
    assert len(commands()) > 60


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of runpy: the module is imported already
@pytest.mark.parametrize(("page", "variables", "command"), commands(), ids=lambda value: str(value)[:60])
def test_every_command_names_what_is_there(page, variables, command, monkeypatch):
    monkeypatch.chdir(ROOT)
    flags = {word.partition("=")[0] for word in command if word.startswith("--")}
    if command[0] == "python":
        assert flags <= set(re.findall(r"--\w+", help_of(tuple(command))))
        return
    script = ROOT / command[1]
    assert script.is_file()
    text = script.read_text(encoding="utf-8")
    launcher = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "scripts").glob("*.sh"))
    assert set(variables) <= set(re.findall(r"\b[A-Z_]+\b", text + launcher))
    if unknown := flags - set(re.findall(r"--\w+", text)):
        verbs = script.name in ("synthesize.sh", "agent.sh")
        most = (
            4 if command[2:3] in (["queries"], ["reward"], ["rollout"], ["benchmark"]) else 3
        )  # agent.sh's groups have verbs of their own
        verb = [word for word in command[2:most] if verbs and re.fullmatch("[a-z]+", word)]
        started = f"python {script.stem}.py {' '.join(verb)}" if verb else STARTS.get(command[1])
        started = started or f"python {script.with_suffix('.py').relative_to(ROOT)}"
        assert unknown <= set(re.findall(r"--\w+", help_of(tuple(started.split()))))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        if "://" in target:
            continue
        page = (path.parent / name).resolve() if name else path
        assert page.exists(), target
        if anchor:
            text = page.read_text(encoding="utf-8")
            named = set(re.findall(r'<a id="([^"]+)">', text)) | {slug(line) for line in headings(text)}
            assert anchor in named, target


def headings(text):
    return re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)


def slug(heading):
    """GitHub's anchor of a heading: ``slug("2026-11-20: the planner") == "2026-11-20-the-planner"``."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_path_that_is_named_is_there(path):
    rooms = r"(?:docs|gplan|config|data_process|add_tokens|experiments|scripts|tests)"
    for name in re.findall(rf"`({rooms}/[\w./-]*)`", read(path)):
        # The user's own folder, and where he puts the public data.
        assert (ROOT / name).exists() or name.startswith("data_process/dataset"), name


def test_every_function_of_the_architecture_is_where_it_says():
    rows = re.findall(
        r"^\| [^|]+ \| (`[^|]+`) \| (`[^|]+/[^|]*`) \|$", read(ROOT / "docs/architecture.md"), re.MULTILINE
    )
    assert len(rows) > 40
    for functions, places in rows:
        text = ""
        for place in re.findall(r"`([^`]+)`", places):
            files = (ROOT / place).glob("*") if place.endswith("/") else [ROOT / place]
            text += "".join(file.read_text(encoding="utf-8") for file in files if file.is_file())
            files = [Path(file).name for file in (ROOT / place).glob("*")] if place.endswith("/") else []
            text += "".join(f"\nclass {name}:" for name in files)
        for function in re.findall(r"`([^`]+)`", functions):
            name = function.rpartition(".")[2] if not function.endswith(".js") else function
            assert re.search(
                rf"^\s*(?:async def|def|class) {re.escape(name)}\b|^{re.escape(name)} = ", text, re.MULTILINE
            ), f"{function}: not in {places}"


@pytest.mark.parametrize("script", ["finetune.sh", "align.sh", "test.sh", "serve.sh", "synthesize.sh", "agent.sh"])
def test_every_variable_of_a_script_stands_in_a_table(script):
    names = re.findall(r'^([A-Z][A-Z0-9_]*)="\$\{', (ROOT / script).read_text(encoding="utf-8"), flags=re.MULTILINE)
    tables = "".join(line for path in PAGES for line in read(path).splitlines() if line.startswith("| `"))
    assert len(names) > 5
    assert not [name for name in names if f"`{name}`" not in tables]


def test_both_readmes_fit_a_screen_and_say_the_same():
    english, chinese = (READMES[language].read_text(encoding="utf-8") for language in ("en", "zh"))
    assert max(english.count("\n"), chinese.count("\n")) <= 130
    assert re.findall(r"[一-鿿]", english) == list("中文")  # the link to the other one

    def ours(path):
        return [words(line) for line in blocks(path)]

    assert ours(READMES["en"]) == ours(READMES["zh"])

    def links(text):
        return [
            target for target in re.findall(r"\]\(([^)\s]+)\)", text) if target not in ("README.md", "README_zh.md")
        ]

    assert links(english) == links(chinese)

    def figures(text):
        return re.findall(r"\d+\.\d+", re.search(r"<!-- results.*?<!-- /results -->", text, re.DOTALL)[0])

    # Torch and transformers' versions stand in the English line alone.
    assert figures(chinese) == figures(english)[: len(figures(chinese))] and len(figures(chinese)) > 20

    def rooms(text):
        return re.findall(r"^(\S+/) ", text, flags=re.MULTILINE)

    assert rooms(english) == rooms(chinese) and len(rooms(english)) > 15
    for room in rooms(english):
        assert (ROOT / room).is_dir()
