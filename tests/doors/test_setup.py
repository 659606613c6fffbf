"""The shell scripts, run for real: which Python they take, what they install, how they start it.

Every test works on copies in a folder whose name has spaces. Nothing is downloaded: what pip installs here are two
tiny wheels written by the test.
"""

import fcntl
import os
import re
import select
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCE_AND_SETUP = 'set -euo pipefail; source "$0/scripts/setup_env.sh"; setup_env "$@"; echo "$PYTHON"'
PINS = "config/requirements/constraints.txt"

# Answers launch's question about devices from FAKE_CUDA and FAKE_CORES, is a real Python for the set-up's own probe,
# and shows how it was started in place of running anything else.
STUB_PYTHON = """#!/usr/bin/env bash
case "$1:${2-}" in
    -c:*cuda*) echo "$FAKE_CUDA $FAKE_CORES" ;;
    -c:* | */probe.py:* | */variables.py:*) exec '%s' "$@" ;;
    *) printf '%%s\\n' "OMP=${OMP_NUM_THREADS-},$OMP_WAIT_POLICY" "CWD=$PWD" "$@" ;;
esac
"""


def write_script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def write_wheel(folder: Path, version: str) -> None:
    """The smallest wheel that pip installs: gplan_tiny with metadata and no code."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"gplan_tiny-{version}.dist-info"
    with zipfile.ZipFile(folder / f"gplan_tiny-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("gplan_tiny.py", "")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: gplan-tiny\nVersion: {version}\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        names = ["gplan_tiny.py", *(f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD"))]
        wheel.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A copy of the scripts, asking for gplan-tiny, of which pip can find 1.0 and 2.0 and is held to 1.0."""
    folder = tmp_path / "a folder with spaces"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    for name in ("finetune.sh", "align.sh", "test.sh", "serve.sh", "agent.sh"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "config" / "requirements").mkdir(parents=True)
    (folder / "requirements.txt").write_text("# comment\n\ngplan-tiny>=1  # trailing comment\n")
    (folder / "config/requirements/deepspeed.txt").write_text("gplan-deepspeed>=1\n")
    for name in ("serve", "agent"):
        (folder / f"config/requirements/{name}.txt").write_text(f"gplan-{name}>=1\n")
    (folder / PINS).write_text("gplan-tiny==1.0\n")
    for version in ("1.0", "2.0"):
        write_wheel(tmp_path / "wheels", version)
    # `python3` of this test is the Python that runs it, whatever else the machine has
    write_script(tmp_path / "bin" / "python3", f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n")
    return folder


def environment(repo: Path, **variables: str) -> dict[str, str]:
    """A clean environment: none of the caller's MODEL, VIRTUAL_ENV, pip settings …"""
    base = repo.parent
    return {
        "PATH": f"{base / 'bin'}:{os.defpath}",
        "HOME": str(base),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(base / "wheels"),
        **variables,
    }


def start(repo: Path, *names: str, **variables: str) -> subprocess.Popen:
    command = ["bash", "-c", SOURCE_AND_SETUP, str(repo), *names]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=repo.parent, env=environment(repo, **variables), **pipes)


def setup(repo: Path, *names: str, **variables: str) -> tuple[int, str, str]:
    process = start(repo, *names, **variables)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def run_script(repo: Path, script: str, *arguments: str, cuda: int = 0, cores: int = 8, **variables: str):
    """Runs a script under the stub Python; returns its OMP_NUM_THREADS and OMP_WAIT_POLICY (``"2,PASSIVE"``), its
    folder, and the arguments Python got."""
    stub = write_script(repo.parent / "stub python", STUB_PYTHON % sys.executable)
    env = environment(repo, GPLAN_PYTHON=str(stub), FAKE_CUDA=str(cuda), FAKE_CORES=str(cores), **variables)
    command = ["bash", str(repo / script), *arguments]
    done = subprocess.run(command, cwd=repo.parent, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    omp, cwd, *rest = done.stdout.splitlines()
    return omp.removeprefix("OMP="), cwd.removeprefix("CWD="), rest


# Which Python -------------------------------------------------------------------------------------------------------


def test_gplan_python_is_used_as_it_is(repo):
    code, out, err = setup(repo, GPLAN_PYTHON=sys.executable)
    assert code == 0
    assert out == sys.executable + "\n"
    assert len(err.splitlines()) == 1
    assert "GPLAN_PYTHON" in err and "lacks gplan-tiny>=1" in err  # said, not repaired
    assert not (repo / ".venv").exists()


def test_gplan_python_that_does_not_run_is_an_error(repo):
    for wrong in ("/nowhere/python", str(write_script(repo.parent / "broken", "#!/bin/sh\nexit 3\n"))):
        code, out, err = setup(repo, GPLAN_PYTHON=wrong)
        assert code != 0 and out == ""
        assert f"GPLAN_PYTHON={wrong} does not run" in err
    assert not (repo / ".venv").exists()


def test_relative_gplan_python_survives_a_change_of_folder(repo):
    code, out, _ = setup(repo, GPLAN_PYTHON="bin/python3")
    assert code == 0
    assert out == f"{repo.parent}/bin/python3\n"


@pytest.mark.parametrize(
    ("variable", "name"), [(None, "python3"), ("VIRTUAL_ENV", "python"), ("CONDA_PREFIX", "python")]
)
def test_satisfied_active_environment_is_used(repo, variable, name):
    (repo / "requirements.txt").write_text("pytest>=1\n")
    active = write_script(repo.parent / "bin" / name, f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n")
    code, out, err = setup(repo, **({variable: str(repo.parent)} if variable else {}))
    assert code == 0
    assert out == f"{active}\n"
    assert err.count("\n") == 1 and str(active) in err
    assert not (repo / ".venv").exists()


@pytest.mark.parametrize(
    ("line", "satisfied"),
    [
        ("pytest", True),
        ("pytest>=1.2", True),
        ("PyTest[dev] >= 1, < 9999  # why", True),
        ("pytest>=9999", False),
        ("pytest~=1.2", False),
        ("pytest>=1,<2", False),  # 2: this project never ran on a pytest as old
        (f"pytest=={pytest.__version__}", True),
        (f"pytest!={pytest.__version__}", False),
        (f"pytest>={pytest.__version__}.0.0", True),  # 9.2 and 9.2.0.0 are the same version
        ("gplan-tiny", False),
    ],
)
def test_requirement_lines(repo, line, satisfied):
    (repo / "requirements.txt").write_text(line + "\n")
    _, _, err = setup(repo, GPLAN_PYTHON=sys.executable)
    assert ("lacks" not in err) == satisfied


def test_deepspeed_is_asked_for_only_with_ds_config(repo):
    stub = write_script(repo.parent / "stub", STUB_PYTHON % sys.executable)
    env = environment(repo, GPLAN_PYTHON=str(stub), FAKE_CUDA="0", FAKE_CORES="1")
    said = {}
    for config in ("", "ds.json"):
        command = ["bash", str(repo / "finetune.sh")]
        done = subprocess.run(command, env={**env, "DS_CONFIG": config}, capture_output=True, text=True, timeout=60)
        said[config] = done.stderr
    assert "gplan-deepspeed" not in said[""]
    assert "gplan-deepspeed>=1" in said["ds.json"]


def test_without_a_usable_python_the_message_says_what_to_do(repo):
    tools = repo.parent / "tools"
    tools.mkdir()
    for tool in ("bash", "dirname"):
        (tools / tool).symlink_to(shutil.which(tool))
    write_script(tools / "python3", "#!/bin/sh\nexit 127\n")  # found, but does not run: a pyenv shim
    code, out, err = setup(repo, PATH=str(tools))
    assert code != 0 and out == ""
    assert "no Python 3.11 or newer" in err and "GPLAN_PYTHON" in err
    assert not (repo / ".venv").exists()


# .venv --------------------------------------------------------------------------------------------------------------

needs_venv = pytest.mark.skipif(
    sys.version_info < (3, 11) or shutil.which("bash") is None, reason="makes a .venv, which takes Python 3.11"
)


def version_in_venv(repo: Path) -> str:
    question = "from importlib.metadata import version; print(version('gplan-tiny'))"
    return subprocess.check_output([repo / ".venv/bin/python", "-c", question], text=True).strip()


@needs_venv
def test_two_starts_at_once_install_once(repo):
    with open(repo / ".venv.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        both = [start(repo), start(repo)]
        for process in both:
            assert select.select([process.stderr], [], [], 30)[0], "nothing was said for 30 seconds"
            assert "waiting" in process.stderr.readline()
        assert not (repo / ".venv").exists()
    results = [(*process.communicate(timeout=60), process.returncode) for process in both]
    assert [code for _, _, code in results] == [0, 0]
    assert [out for out, _, _ in results] == [f"{repo}/.venv/bin/python\n"] * 2
    assert sorted(err.count("installing requirements.txt into .venv with pip") for _, err, _ in results) == [0, 1]
    assert version_in_venv(repo) == "1.0"  # constraints.txt holds it back from 2.0

    began = time.monotonic()
    code, out, err = setup(repo)
    assert (code, out, err.count("\n")) == (0, f"{repo}/.venv/bin/python\n", 1)
    assert "setup: using .venv (Python 3." in err
    assert time.monotonic() - began < 10  # seconds; 0.3 on an idle machine

    (repo / PINS).write_text("gplan-tiny==2.0\n")  # a change of the pins reaches an existing .venv
    assert setup(repo)[0] == 0
    assert version_in_venv(repo) == "2.0"


@needs_venv
def test_failed_and_interrupted_installs_are_redone(repo):
    (repo / "requirements.txt").write_text("gplan-tiny>=1\ngplan-absent>=1\n")
    code, out, err = setup(repo)
    assert code != 0 and out == ""
    assert "No matching distribution found for gplan-absent" in err  # pip's own words
    assert "installing requirements.txt failed" in err

    (repo / "requirements.txt").write_text("gplan-tiny>=1\n")
    code, _, err = setup(repo)
    assert code == 0 and "making .venv" not in err  # what pip refused did no harm: the .venv is kept

    (repo / ".venv/.setup_unfinished").touch()  # as a kill in the middle of pip leaves it
    (repo / ".venv/half_written").touch()
    code, _, err = setup(repo)
    assert code == 0 and "making .venv" in err
    assert not (repo / ".venv/half_written").exists()
    assert version_in_venv(repo) == "1.0"


def uv_stub(repo: Path) -> Path:
    """A uv on PATH that writes down its arguments and variables, and installs with pip; returns where it writes."""
    said = repo.parent / "uv said"
    write_script(
        repo.parent / "bin" / "uv",
        f"""#!/usr/bin/env bash
printf '%s\\n' "$@" "INDEX=${{UV_INDEX_URL-}}" "EXTRA=${{UV_EXTRA_INDEX_URL-}}" "LINKS=${{UV_FIND_LINKS-}}" \\
    "CERT=${{SSL_CERT_FILE-}}" "CONSTRAINT=${{UV_CONSTRAINT-}}" >>'{said}'
exec '{repo}/.venv/bin/python' -m pip install -q --no-index --find-links '{repo.parent}/wheels' "${{@:8}}"
""",
    )
    return said


@needs_venv
def test_uv_installs_where_it_is_with_the_same_pins_and_where_pip_is_told_to_look(repo):
    said = uv_stub(repo)
    (repo / "config/requirements/serve.txt").write_text("gplan-tiny>=1\n")
    env = environment(repo, PIP_INDEX_URL="u", PIP_EXTRA_INDEX_URL="v w", PIP_CERT="c.pem", PIP_TIMEOUT="9")
    del env["PIP_NO_INDEX"]  # which uv is not told: see below
    env |= {"PIP_FIND_LINKS": "one  two", "UV_CONSTRAINT": "theirs", "UV_INDEX_URL": "already uv's"}
    command = ["bash", "-c", SOURCE_AND_SETUP, str(repo), "serve"]
    done = subprocess.run(command, cwd=repo.parent, env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, f"{repo}/.venv/bin/python\n"), done.stderr
    assert "installing requirements.txt into .venv with uv" in done.stderr
    assert version_in_venv(repo) == "1.0"
    lines = said.read_text().splitlines()
    assert lines[:6] == ["pip", "install", "-q", "--python", f"{repo}/.venv/bin/python", "--index-strategy"]
    assert lines[6:11] == ["unsafe-best-match", "-c", f"{repo}/{PINS}", "-r", f"{repo}/requirements.txt"]
    assert lines[11:16] == ["INDEX=already uv's", "EXTRA=v w", "LINKS=one,two", "CERT=c.pem", "CONSTRAINT="]
    assert lines[26] == f"{repo}/config/requirements/serve.txt" and len(lines) == 32  # once for each file
    assert "theirs" not in said.read_text()


@needs_venv
@pytest.mark.parametrize("only_pip_reads", ["a configuration file", "PIP_NO_INDEX"])
def test_pip_installs_where_uv_would_look_elsewhere(repo, only_pip_reads):
    said = uv_stub(repo)
    wheels = repo.parent / "wheels"
    env = environment(repo)
    if only_pip_reads == "a configuration file":
        del env["PIP_NO_INDEX"], env["PIP_FIND_LINKS"]
        env["PIP_CONFIG_FILE"] = str(repo.parent / "pip.conf")
        (repo.parent / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {wheels}\n")
    command = ["bash", "-c", SOURCE_AND_SETUP, str(repo)]
    done = subprocess.run(command, cwd=repo.parent, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "installing requirements.txt into .venv with pip" in done.stderr
    assert not said.exists()
    assert version_in_venv(repo) == "1.0"


@needs_venv
def test_deepspeed_comes_after_its_build_tools_and_sees_them(repo):
    """Its set-up code imports what stands above it in the file."""
    said = uv_stub(repo)
    (repo / "config/requirements/deepspeed.txt").write_text("gplan-tiny>=1  # a tool\ndeepspeed>=0\n")
    env = environment(repo)
    del env["PIP_NO_INDEX"]
    command = ["bash", "-c", SOURCE_AND_SETUP, str(repo), "deepspeed"]
    done = subprocess.run(command, cwd=repo.parent, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "installing deepspeed.txt failed" in done.stderr  # no wheel of that name here
    words = [line for line in said.read_text().splitlines() if "=" not in line or ">=" in line]
    calls = " ".join(words).split("pip install -q ")[1:]
    common = f"--python {repo}/.venv/bin/python --index-strategy unsafe-best-match -c {repo}/{PINS}"
    assert [call.strip().removeprefix(common) for call in calls] == [
        f" -r {repo}/requirements.txt",
        " gplan-tiny>=1",
        f" --no-build-isolation -r {repo}/config/requirements/deepspeed.txt",
    ]


# How Python is started ----------------------------------------------------------------------------------------------


def test_variables_become_flags_and_arguments_come_last(repo):
    omp, cwd, argv = run_script(
        *(repo, "finetune.sh", "--seed", "7", "two words"),
        **{"MODEL": "my model", "BLOCKS_PER_EPOCH": "4", "CALR_TARGET": "auto", "BF16": "true", "EPOCHS": ""},
    )
    assert argv == [
        *(f"{repo}/finetune.py", "--model", "my model", "--blocks_per_epoch", "4", "--calr_target", "auto"),
        *("--bf16", "true"),
        *("--seed", "7", "two words"),
    ]
    assert cwd == str(repo.parent)  # the user's folder: relative paths keep their meaning
    assert omp == ",PASSIVE"  # one process on a CPU keeps all its threads, which sleep where they wait


def test_the_users_wait_policy_wins(repo):
    assert run_script(repo, "test.sh", OMP_WAIT_POLICY="ACTIVE")[0] == ",ACTIVE"


def test_scripts_run_through_links_from_any_folder(repo):
    """ft → a link beside it → finetune.sh by a relative path; the folder that the command is given in stays."""
    home = repo.parent / "home bin"
    home.mkdir()
    (home / "middle").symlink_to(Path("..") / repo.name / "finetune.sh")
    (repo.parent / "ft").symlink_to(home / "middle")
    (repo.parent / "linked folder").symlink_to(repo)
    for name in ("../ft", "../linked folder/finetune.sh"):
        _, cwd, argv = run_script(repo, name, cores=1)
        assert argv[0] == f"{repo}/finetune.py"
        assert cwd == str(repo.parent)


def test_every_script_finds_its_folder_through_links():
    """The same lines in each, but for a recipe's step up."""
    lines = {}
    for path in [*ROOT.glob("*.sh"), *ROOT.glob("experiments/*.sh")]:
        start = re.search(r'^HERE=.*?pwd\)"$', path.read_text(), flags=re.M | re.S)
        lines[path.relative_to(ROOT).as_posix()] = start.group().replace("cd .. && ", "")
    assert len(lines) >= 9
    assert set(lines.values()) == {lines["finetune.sh"]}


def test_a_file_of_arguments_comes_before_the_variables_which_win_over_it(repo):
    _, _, argv = run_script(repo, "finetune.sh", "my recipe.yaml", "--seed", "7", EPOCHS="2", NPROC="1")
    assert argv == [f"{repo}/finetune.py", "my recipe.yaml", "--epochs", "2", "--seed", "7"]


def test_every_variable_of_the_top_is_passed_on(repo):
    """A variable that a script defines but forgets in its list would be silently without effect."""
    for script in ("finetune.sh", "align.sh", "test.sh", "serve.sh"):
        names = re.findall(r'^([A-Z][A-Z0-9_]*)="\$\{', (repo / script).read_text(), flags=re.M)
        names = [name for name in names if name != "NPROC"]  # torchrun's
        _, _, argv = run_script(repo, script, **{name: f"value of {name}" for name in names})
        flags = argv[argv.index(f"{repo}/{script.replace('.sh', '.py')}") + 1 :]  # DS_CONFIG asks for torchrun
        assert dict(zip(flags[::2], flags[1::2], strict=True)) == {f"--{n.lower()}": f"value of {n}" for n in names}


def test_test_sh_scores_the_output_folder_by_default(repo):
    _, _, argv = run_script(repo, "test.sh")
    assert argv == [f"{repo}/test.py", "--model", "./output", "--output_dir", "./test_results"]


def test_serve_sh_starts_one_process_whatever_the_machine_has(repo):
    omp, _, argv = run_script(repo, "serve.sh", "--timeout", "5", cuda=4, NPROC="4", NNODES="2")
    assert argv == [
        f"{repo}/serve.py",
        "--model",
        "./output",
        "--address",
        "127.0.0.1",
        "--port",
        "8000",
        "--timeout",
        "5",
    ]
    assert omp == ",PASSIVE"
    (repo / "config/requirements/serve.txt").unlink()
    with pytest.raises(AssertionError, match="does not run"):  # it is looked at
        run_script(repo, "serve.sh")


@pytest.mark.parametrize(
    ("words", "variables", "expected"),
    [
        ([], {"ADDRESS": "0.0.0.0"}, ["demo"]),
        (["--home", "x"], {"SEED": "3", "PORT": "1"}, ["demo", "--seed", "3", "--home", "x"]),
        (
            ["serve"],
            {"TRANSPORT": "stdio", "CLOCK": "2026-05-01T09:00"},
            "serve --clock 2026-05-01T09:00 --transport stdio",
        ),
        (
            ["look", "--port", "2"],
            {"OSM_PBF": "a b", "PORT": "1"},
            ["look", "--osm_pbf", "a b", "--port", "1", "--port", "2"],
        ),
        (["tools"], {"WORLD": "osm", "PORT": "1"}, ["tools"]),
        (["queries", "make", "a.jsonl"], {"SEED": "8"}, ["queries", "make", "--seed", "8", "a.jsonl"]),
        (["queries", "filter", "a.jsonl", "b.jsonl"], {"SEED": "8"}, ["queries", "filter", "a.jsonl", "b.jsonl"]),
        (["look"], {"TRAJECTORIES": "a b.jsonl"}, ["look", "--trajectories", "a b.jsonl"]),
    ],
)
def test_agent_sh_gives_a_verb_the_variables_that_it_reads(repo, words, variables, expected):
    _, _, argv = run_script(repo, "agent.sh", *words, **variables)
    assert argv == [f"{repo}/agent.py", *(expected.split() if isinstance(expected, str) else expected)]


TORCHRUN = ["{repo}/scripts/elastic.py", "--nproc_per_node"]


@pytest.mark.parametrize(
    ("cuda", "variables", "omp", "launcher"),
    [
        (4, {}, "2", [*TORCHRUN, "4", "--standalone"]),  # 8 cores / 4
        (1, {}, "8", [*TORCHRUN, "1", "--standalone"]),  # CUDA never without torchrun
        (4, {"NPROC": "1"}, "8", [*TORCHRUN, "1", "--standalone"]),  # else DataParallel over the other three
        (0, {"NPROC": "2"}, "4", [*TORCHRUN, "2", "--standalone"]),
        (0, {"NPROC": "16"}, "1", [*TORCHRUN, "16", "--standalone"]),  # 8 / 16, but at least one
        (0, {"NPROC": "2", "OMP_NUM_THREADS": "3"}, "3", [*TORCHRUN, "2", "--standalone"]),
        (0, {"NPROC": "1"}, "", []),
        (
            8,
            {"NNODES": "2", "NODE_RANK": "0", "MASTER_ADDR": "head"},
            "1",
            [*TORCHRUN, "8", "--nnodes", "2", "--node_rank", "0", "--master_addr", "head", "--master_port", "29500"],
        ),
    ],
)
def test_launcher(repo, cuda, variables, omp, launcher):
    got_omp, _, argv = run_script(repo, "test.sh", cuda=cuda, **variables)
    assert got_omp == f"{omp},PASSIVE"
    assert argv[: len(launcher)] == [word.format(repo=repo) for word in launcher]
    assert argv[len(launcher)] == f"{repo}/test.py"


@pytest.mark.parametrize(
    ("script", "cuda", "variables", "kept"),
    [
        ("finetune.sh", 0, {"MODEL": "mine"}, "0,1099511627776"),
        ("align.sh", 0, {}, "0,1099511627776"),
        ("finetune.sh", 0, {"MODEL": "mine", "MALLOC_MMAP_MAX_": "9", "MALLOC_TRIM_THRESHOLD_": "8"}, "9,8"),
        ("finetune.sh", 1, {}, ","),  # tensors are the GPU's
        ("test.sh", 0, {}, ","),
    ],
)
def test_a_trainer_on_a_cpu_keeps_the_memory_of_freed_tensors(repo, monkeypatch, script, cuda, variables, kept):
    said = STUB_PYTHON.replace("OMP=${OMP_NUM_THREADS-},", "OMP=${MALLOC_MMAP_MAX_-},${MALLOC_TRIM_THRESHOLD_-},")
    monkeypatch.setattr(sys.modules[__name__], "STUB_PYTHON", said)
    assert run_script(repo, script, cuda=cuda, **variables)[0] == f"{kept},PASSIVE"


@pytest.mark.parametrize(
    ("script", "cuda", "cores", "variables", "processes"),
    [
        ("finetune.sh", 0, 8, {}, "2"),  # the embedded backbone
        ("finetune.sh", 0, 1, {}, None),
        ("finetune.sh", 0, 8, {"MODEL": "mine"}, None),
        ("finetune.sh", 0, 8, {"NPROC": "1"}, None),
        ("finetune.sh", 4, 8, {}, "4"),
        ("align.sh", 0, 8, {}, None),
    ],
)
def test_on_cpu_the_embedded_backbone_is_trained_by_two_processes(repo, script, cuda, cores, variables, processes):
    _, _, argv = run_script(repo, script, cuda=cuda, cores=cores, **variables)
    assert (argv[argv.index("--nproc_per_node") + 1] if "--nproc_per_node" in argv else None) == processes


@pytest.mark.parametrize(
    ("cuda", "variables", "config"),
    [
        (4, {}, "{repo}/config/ds_z3_bf16.json"),
        (4, {"DS_CONFIG": "none"}, None),
        (4, {"DS_CONFIG": "mine.json"}, "mine.json"),
        (1, {}, None),
        (0, {"NPROC": "2"}, None),
        (0, {"NPROC": "1", "DS_CONFIG": "mine.json"}, "mine.json"),
    ],
)
@pytest.mark.parametrize("script", ["finetune.sh", "align.sh"])
def test_deepspeed_is_used_on_several_gpus_unless_told_otherwise(repo, script, cuda, variables, config):
    _, _, argv = run_script(repo, script, cuda=cuda, **variables)
    given = argv[argv.index("--ds_config") + 1] if "--ds_config" in argv else None
    assert given == (config.format(repo=repo) if config else None)
    processes = variables.get("NPROC", "2" if script == "finetune.sh" else "1")  # two for the embedded backbone
    assert (f"{repo}/scripts/elastic.py" in argv) == bool(cuda or config or processes == "2")


def test_several_nodes_need_a_rank_and_an_address(repo):
    with pytest.raises(AssertionError, match="NODE_RANK and MASTER_ADDR"):
        run_script(repo, "test.sh", cuda=8, NNODES="2", NODE_RANK="1")


def test_scripts_are_executable_and_parse():
    for name in ("finetune.sh", "align.sh", "test.sh", "serve.sh", "synthesize.sh", "agent.sh", "check.sh", ".ci/run"):
        assert os.access(ROOT / name, os.X_OK), name
        subprocess.run(["bash", "-n", ROOT / name], check=True)


# Help ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", ["finetune.sh", "align.sh", "test.sh", "serve.sh", "agent.sh"])
@pytest.mark.parametrize("word", ["-h", "--help", "--help_all"])
def test_help_sets_nothing_up(repo, script, word):
    done = subprocess.run(
        ["bash", repo / script, "--seed", "1", word],
        cwd=repo.parent,
        env=environment(repo),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    variables = re.findall(r'^([A-Z0-9_]+)="\$\{', (ROOT / script).read_text(), flags=re.M)
    assert len(variables) > 5 and all(f"\n  {name}: " in done.stdout for name in variables if name != "NPROC")
    assert "Nothing is set up yet" in done.stdout and "shellcheck" not in done.stdout
    assert not (repo / ".venv").exists()


def test_help_shows_the_flags_where_an_environment_is_ready(repo):
    _, _, argv = run_script(repo, "finetune.sh", "--help")
    assert argv[-2:] == [f"{repo}/finetune.py", "--help"]


# From any folder ----------------------------------------------------------------------------------------------------


def test_the_projects_modules_are_found_from_any_folder(repo):
    (repo / "gplan_tiny_door.py").write_text("print('here')\n")
    code, python, err = setup(repo)
    assert code == 0, err
    command = [python.strip(), "-m", "gplan_tiny_door"]
    done = subprocess.run(command, cwd=repo.parent, env=environment(repo), capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("here\n", "")
