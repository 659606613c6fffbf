"""A teacher over HTTP: rows, answers, and ``run``, the command against a server on this machine."""

import sys
from pathlib import Path

import pytest

from data_process.schema import write_rows
from gplan.llm import paced
from gplan.llm.journal import read_journal
from gplan.synthesis.seeds.seed_file import Seed, write_seeds
from tests.support.teacher_server import good_answers, with_reasons
from utils import door

KEY = "sk-test-4f9c1d77ab"


@pytest.fixture(scope="session")
def plain_rows():
    """12 generated rows with a plan and no reasoning, no two the same."""
    from gplan.world.rows import generate

    return generate(12, seed=21)


@pytest.fixture(scope="session")
def answers(plain_rows):
    return good_answers(plain_rows)


@pytest.fixture
def rows_csv(plain_rows, tmp_path) -> Path:
    write_rows(tmp_path / "rows.csv", plain_rows)
    return tmp_path / "rows.csv"


@pytest.fixture
def run(rows_csv, plain_rows, tmp_path, monkeypatch, capfd):
    """``run(server, *flags)`` -> (exit status, what was said); the key is never in anything said or written."""
    write_seeds(
        tmp_path / "seeds.jsonl",
        [Seed(f"s{i}", "hotel", row, []) for i, row in enumerate(with_reasons(plain_rows[6:]))],
    )
    monkeypatch.setattr(paced, "BASE_SECONDS", 0.01)
    monkeypatch.setenv("TEACHER_API_KEY", KEY)
    # A proxy that nobody runs: a request that goes through it fails.
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    def call(server, *flags, command="generate", rows=rows_csv):
        import synthesize

        where = ["--teacher", "llm", "--teacher_url", getattr(server, "url", server), "--teacher_model", "m"]
        where += ["--seeds", tmp_path / "seeds.jsonl", "--shots", 1]
        words = [command, rows, tmp_path / "out", *(where if command == "generate" else ()), *flags]
        monkeypatch.setattr(sys, "argv", ["synthesize.py", *map(str, words)])
        status = door(synthesize.main)
        said = "".join(capfd.readouterr())
        for path in tmp_path.rglob("*"):
            assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
        assert KEY not in said
        return status, said

    return call


def entries(tmp_path):
    return read_journal(tmp_path / "out")
