"""test.py --decode planner: valid plans, counted passes, the same figures on any number of processes."""

import copy
import json
import math
import os
import runpy
import shutil
import socket
import subprocess
import sys

import pytest
import torch

from add_tokens.extend import extend
from add_tokens.load import load_folder
from data_process.encode import RowEncoder
from data_process.intents import all_intents, render_plan
from data_process.response import parse_label
from data_process.schema import LABEL, read_rows
from experiments.bench.decoders import GoldPlanner
from gplan.evaluation.planned import check_valid
from gplan.evaluation.report import forward_passes
from gplan.planner.decode import PIECE
from gplan.planner.grammar import Grammar
from tests.conftest import ROOT, tiny_qwen3


@pytest.fixture
def run(monkeypatch, capsys, cot_csv, tmp_path):
    """``run("--model", …)`` -> (exit code, metrics or None, stderr) of test.py, in this process."""

    def command(*words, output=tmp_path / "results"):
        capsys.readouterr()
        words = ["--valid_csv", cot_csv, "--output_dir", output, "--json", *words]
        monkeypatch.setattr("sys.argv", ["test.py", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(ROOT / "test.py"), run_name="__main__")
        said = capsys.readouterr()
        return ended.value.code, json.loads(said.out) if said.out else None, said.err

    return command


@pytest.fixture
def checkpoint(picd_checkpoint, tmp_path):
    """The tiny checkpoint with other settings, as if trained so: ``checkpoint(cot_mode="direct_sft")``."""

    def copy(**settings):
        folder = shutil.copytree(picd_checkpoint, tmp_path / "model")
        config = json.loads((folder / "config.json").read_text())
        config["gplan"] |= settings
        (folder / "config.json").write_text(json.dumps(config))
        return folder

    return copy


def texts(folder, name="predictions"):
    lines = (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def decisions(folder, rows, found):
    """For each response the states on its way that leave a choice: as many passes, if the prompt takes one."""
    tokenizer, model = load_folder(folder, torch.float32)
    mode = model.config.gplan["cot_mode"]
    encoder = RowEncoder(tokenizer, "compact")
    grammar = Grammar(encoder, mode)
    counts = []
    for row, text in zip(rows, found, strict=True):
        assert len(encoder.prompt(row)) - len(encoder.prefix) < PIECE - 40
        plan = json.loads(text[text.index("[") :])
        ids = encoder.latent_response(plan) if mode == "picd" else [*encoder.text(render_plan(plan)), encoder.end]
        state, count = grammar.start(has_order=bool(row["trigger_1"])), 0
        for token in ids:
            count += len(grammar.allowed(state)) > 1
            state = grammar.advance(state, token)
        counts.append(count)
    return counts


def figures(counts):
    return {"decoding": "planner", "mean": sum(counts) / len(counts), "p95": sorted(counts)[22]}  # of 24: 23 are 95 %


def test_rows_and_twins_on_one_process_and_on_two(picd_checkpoint, cot_csv, twins_jsonl, run, monkeypatch, tmp_path):
    """Rank 1 is a process of its own, rank 0 this one, with the variables that torchrun sets."""
    words = ["--model", picd_checkpoint, "--twins", twins_jsonl, "--decode", "planner", "--batch_size", 5]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "test.py", *map(str, words), "--valid_csv", str(cot_csv), "--output_dir"]
    other = subprocess.Popen(
        [*command, str(tmp_path / "no")], cwd=ROOT, env=os.environ | shared | {"RANK": "1"}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    code, one, said = run(*words, output=tmp_path / "one")
    assert code == 0, said
    assert one["valid"] == {"value": 1, "low": 1, "high": 1} and one["reasons"] == {}
    assert one["latent_valid"]["value"] == 1 and one["pairs"] == 12
    counts = decisions(picd_checkpoint, read_rows(cot_csv), texts(tmp_path / "one"))
    assert one["forward_passes"] == figures(counts)

    with monkeypatch.context() as patch:
        for name, value in {**shared, "RANK": "0"}.items():
            patch.setenv(name, value)
        code, two, said = run(*words, output=tmp_path / "two")
    assert other.wait(60) == 0, other.stdout.read()
    assert code == 0, said
    assert two == one
    assert other.stdout.read() == "" and not (tmp_path / "no").exists()
    for name in ("predictions", "twin_predictions"):
        assert texts(tmp_path / "one", name) == texts(tmp_path / "two", name)


def test_a_checkpoint_without_reasoning(checkpoint, cot_csv, run, tmp_path):
    folder = checkpoint(cot_mode="direct_sft")
    code, found, said = run("--model", folder, "--decode", "planner", "--dtype", "bf16")
    assert code == 0, said
    assert found["valid"]["value"] == 1 and found["latent_valid"] is None
    answers = texts(tmp_path / "results")
    assert all(text.startswith('[{"') for text in answers)
    assert found["forward_passes"] == figures(decisions(folder, read_rows(cot_csv), answers))


def test_a_checkpoint_with_free_reasoning(checkpoint, run, tmp_path):
    """Random weights never end it, so it is cut after 7 tokens; each of them takes a pass."""
    code, found, said = run("--model", checkpoint(cot_mode="cot_sft", response_tokens=7), "--decode", "planner")
    assert code == 0, said
    assert found["valid"]["value"] == 1 and found["latent_valid"] is None
    assert all(text.startswith("<THOUGHT>") and "</THOUGHT>[" in text for text in texts(tmp_path / "results"))
    assert found["forward_passes"]["mean"] > 7


def test_free_decoding_counts_nothing_and_stays_the_default(checkpoint, run):
    folder = checkpoint(response_tokens=4)
    code, metrics, said = run("--model", folder)
    assert code == 0, said
    assert metrics["valid"]["value"] == 0 and "forward_passes" not in metrics
    assert run("--model", folder, "--decode", "free")[:2] == (0, metrics)


def test_bad_use_is_one_line(tiny_backbone, run):
    for words, expected in (
        (["--model", tiny_backbone, "--decode", "planner"], "no gplan settings"),
        (["--predictions", "p.jsonl", "--decode", "planner"], "--decode planner: --predictions are answers already"),
        (["--predictions", "p.jsonl", "--decode", "free"], "--decode free: --predictions are answers already"),
    ):
        code, metrics, said = run(*words)
        assert (code, metrics) == (2, None)
        assert said.startswith("error: ") and said.count("\n") == 1 and expected in said


def test_a_plan_that_is_not_valid_is_a_bug_and_says_so(labelled_rows, picd_checkpoint, run, monkeypatch):
    good = render_plan(all_intents()[-3:])
    check_valid(labelled_rows[0], good)
    check_valid(labelled_rows[0], f"<THOUGHT>free text</THOUGHT>{good}")
    for bad, reason in ((render_plan(all_intents()[-1:] * 3), "logic.duplicate"), (good[:-1], "format.json")):
        with pytest.raises(RuntimeError, match=rf"(?s)\({reason}\).*This is a bug: please report") as error:
            check_valid(labelled_rows[0], bad)
        assert bad in str(error.value)
    monkeypatch.setattr("gplan.evaluation.planned.filter_response", lambda text, *, has_order: "logic.broken")
    with pytest.raises(RuntimeError, match=r"\(logic.broken\)"):
        run("--model", picd_checkpoint, "--decode", "planner")


def test_figures_of_passes_by_hand():
    """20 rows: 19 of them are 95 %; 21 rows: 19 are less."""
    twenty = [*range(1, 20), 99]
    assert forward_passes(twenty, "planner")["forward_passes"] == {
        "decoding": "planner",
        "mean": (19 * 20 / 2 + 99) / 20,
        "p95": 19,
    }
    assert forward_passes([*twenty, 100], "x")["forward_passes"]["p95"] == 99
    assert forward_passes([7], "x")["forward_passes"]["p95"] == 7
    assert math.isclose(forward_passes([1, 2], "x")["forward_passes"]["mean"], 1.5)


def test_real_plans_take_at_most_20_passes(qwen_tokenizer, real_csv):
    """The labels' decisions and the prompts' pieces, with the real vocabulary and without drafts."""
    model, tokenizer = tiny_qwen3(151_936, hidden=16), copy.deepcopy(qwen_tokenizer)
    extend(tokenizer, model, seed=0)
    encoder = RowEncoder(tokenizer, "full")
    rows = read_rows(real_csv)[:40]
    golds = {row[LABEL]: {"picd": encoder.latent_response(parse_label(row[LABEL]).plan)} for row in rows}
    answers = GoldPlanner(golds, rows, model, encoder, "picd", slots=8, drafts=False).plan(rows)
    assert [one.ids for one in answers] == [golds[row[LABEL]]["picd"] for row in rows]
    found = forward_passes([one.forward_passes for one in answers], "planner")["forward_passes"]
    assert 13 < found["mean"] < 18 and found["p95"] <= 20
