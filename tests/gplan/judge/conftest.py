"""What the judge's tests share: rows and predictions as files, and ``judge``, the command in this process."""

import json
import sys

import pytest

from data_process.response import parse_label
from data_process.schema import LABEL, write_rows
from gplan.llm import paced
from utils import door

KEY = "sk-judge-7d20a9c3f1"


@pytest.fixture(scope="session")
def rows():
    """12 generated rows with a plan and no reasoning."""
    from gplan.world.rows import generate

    return generate(12, seed=21)


@pytest.fixture
def rows_csv(rows, tmp_path):
    write_rows(tmp_path / "rows.csv", rows)
    return tmp_path / "rows.csv"


@pytest.fixture
def predictions(rows, tmp_path):
    """``predictions(name, change)`` writes the rows' own plans, changed, as a predictions file."""

    def write(name, change=lambda plan, row: plan):
        path = tmp_path / name
        plans = [change(parse_label(row[LABEL]).plan, number) for number, row in enumerate(rows)]
        lines = [{"row": number, "text": json.dumps(plan, ensure_ascii=False)} for number, plan in enumerate(plans)]
        path.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def judge(rows_csv, tmp_path, monkeypatch, capfd):
    """``judge("score", …)`` -> (exit status, what was said); the key is never in anything said or written."""
    monkeypatch.setattr(paced, "BASE_SECONDS", 0.01)
    monkeypatch.setenv("JUDGE_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)

    def call(*words, server=None):
        from gplan.judge.__main__ import main

        asked = ["--judge", "llm", "--judge_url", server.url, "--judge_model", "m"] if server else []
        monkeypatch.setattr(sys, "argv", ["judge", *map(str, (*words, *asked))])
        status = door(main)
        said = "".join(capfd.readouterr())
        for path in tmp_path.rglob("*"):
            assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
        assert KEY not in said
        return status, said

    return call
