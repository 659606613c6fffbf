"""``bench tools`` on the sandbox, with few calls: what it counts holds, whatever the machine's speed."""

import json

import pytest

import experiments.bench.__main__ as bench
from utils import InputError, door


def test_few_calls(tmp_path, capsys, monkeypatch):
    words = ["--timed", "50", "--calls", "300", "--routes", "20", "--json", str(tmp_path / "figures.json")]
    monkeypatch.setattr("sys.argv", ["bench", "tools", *words])
    assert door(bench.main) == 0
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["one"] == {"at_once": 32, "identical": 1, "spellings": 1}
    assert figures["soak"]["answers"] == sum(figures["soak"]["outcomes"].values()) == 300
    assert {"found", "error"} <= figures["soak"]["outcomes"].keys() and "failed" not in figures["soak"]["outcomes"]
    assert figures["killed"]["identical"] == figures["killed"]["answered"] >= 500
    assert figures["together"]["together"] < figures["together"]["in_turn"] / 2
    out = capsys.readouterr().out
    assert "holds   executions of 32 identical calls at once: 1 (bound <= 1)" in out
    assert "MCP over HTTP, kept" in out and out.count(" (bound ") >= 12


def test_a_world_that_can_not_be_measured(tmp_path):
    with pytest.raises(InputError, match="leave them out"):
        bench.module_of("tools").measure(bench.parse_arguments(["tools", "--record", str(tmp_path / "record.jsonl")]))
