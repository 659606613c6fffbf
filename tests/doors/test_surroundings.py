"""What public bug reports broke: caches, folders, terminals, shells and their variables."""

import json
import os
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT
from tests.support.doors import finetune, refused, score

# The machine around it


def test_a_cache_that_cannot_be_made(tiny_backbone, cot_csv, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GPLAN_CACHE", str(tmp_path / "file"))
    result = finetune(tiny_backbone, cot_csv, tmp_path / "out")
    refused(result, "the cache ", "let GPLAN_CACHE name a folder that can be written")


@pytest.mark.parametrize("left", [0, 1000, -8])
def test_a_cached_table_that_was_cut_is_made_anew(left, tiny_backbone, cot_csv, tmp_path, monkeypatch):
    more = ("--preview", "1", "--preview_rows", "1", "--json", "true")
    monkeypatch.setenv("GPLAN_CACHE", str(tmp_path / "cache"))
    whole = finetune(tiny_backbone, cot_csv, tmp_path / "out", *more)
    assert whole.returncode == 0, whole.stderr
    (table,) = (tmp_path / "cache" / "tokenised").glob("*.arrow")
    os.truncate(table, left % table.stat().st_size)
    again = finetune(tiny_backbone, cot_csv, tmp_path / "out", *more)
    assert again.returncode == 0 and again.stdout == whole.stdout
    assert "the cached table was cut; making it anew" in again.stderr


def test_a_results_folder_that_cannot_be_written_is_found_first(picd_checkpoint, cot_csv, tmp_path):
    (tmp_path / "file").touch()
    began = time.monotonic()
    result = score(
        "--model",
        tmp_path / "no model",
        "--valid_csv",
        cot_csv,
        "--output_dir",
        tmp_path / "file" / "results",
    )
    refused(result, "--output_dir", "name a folder that can be written")
    assert time.monotonic() > began


@pytest.mark.parametrize("encoding", ["latin-1", "gbk", "ascii"])
def test_a_terminal_that_lacks_characters(encoding, picd_checkpoint, cot_csv, tmp_path):
    words = ("test.py", "--model", picd_checkpoint, "--valid_csv", cot_csv, "--output_dir", tmp_path / "results")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    result = subprocess.run([sys.executable, *map(str, words)], cwd=ROOT, env=environment, capture_output=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.decode(encoding).count("row ") == 3
    augmented = ("-m", "gplan.synthesis", "twins", cot_csv, tmp_path / "天.jsonl", "--json")
    result = subprocess.run([sys.executable, *map(str, augmented)], cwd=ROOT, env=environment, capture_output=True)
    assert json.loads(result.stdout.decode(encoding))["output"] == str(tmp_path / "天.jsonl")


def shell(script, *words, cwd, program="bash", **variables):
    environment = os.environ | {"GPLAN_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)} | variables
    command = [program, str(ROOT / script), *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("script", "variable", "meant"),
    [
        ("finetune.sh", "MODLE", "MODEL"),
        ("test.sh", "VALID_CVS", "VALID_CSV"),
        ("synthesize.sh", "TEACHER_MODLE", "TEACHER_MODEL"),
    ],
)
def test_a_misspelt_variable_is_an_error(script, variable, meant, tmp_path):
    result = shell(script, cwd=tmp_path, **{variable: "x"})
    assert result.returncode == 2
    assert f"{variable} is set, and nothing reads it; is it {meant}?" in result.stderr


def variables(*names, **environment):
    command = [sys.executable, str(ROOT / "scripts" / "variables.py"), *names]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("EPOCH", "EPOCHS"),
        ("TWIN", "TWINS"),
        ("PLANLOG", "PLAN_LOG"),
        ("MODLE", "MODEL"),
        ("SEDE", "SEED"),
        ("XSEED", "SEED"),
    ],
)
def test_one_slip_is_told_and_can_be_let_pass(variable, meant):
    names = ("EPOCHS", "TWINS", "PLAN_LOG", "MODEL", "SEED", "TWO")
    result = variables(*names, **{variable: "1"})
    assert result.returncode == 2 and f"is it {meant}?" in result.stderr and result.stderr.count("\n") == 1
    assert variables(*names, **{variable: "1", "GPLAN_IGNORE": variable}).returncode == 0


def test_other_variables_are_nobodys_business():
    known = {"SEEDS": "1", "PORT": "1", "TW": "1", "HOME": "/", "MODEL": "x", "MODELING": "1", "TEACHER_RPM": "3"}
    assert variables("MODEL", "SEED", "TWO", "HOST", **known).returncode == 0


def test_sh_is_as_good_as_bash(tmp_path):
    result = shell("test.sh", "--no_such_flag", cwd=tmp_path, program="sh")
    assert result.returncode == 2 and "--no_such_flag" in result.stderr and "Illegal" not in result.stderr


def test_host_of_the_shell_is_not_the_servers(picd_checkpoint, tmp_path):
    result = shell("serve.sh", "--slots", "0", cwd=tmp_path, MODEL=str(picd_checkpoint), HOST="x86_64-conda-linux-gnu")
    assert "HOST=x86_64-conda-linux-gnu is not read; the server listens at ADDRESS, 127.0.0.1" in result.stderr
    assert result.returncode == 2 and "--slots" in result.stderr


def test_the_last_line_of_a_run_can_be_pasted(tiny_backbone, cot_csv, tmp_path):
    result = finetune(tiny_backbone, cot_csv, tmp_path / "my run", "--max_steps", "1", "--save_strategy", "no")
    assert f"score it with: MODEL='{tmp_path}/my run' bash test.sh" in result.stderr
