"""The table of an alignment experiment, from files as the recipe leaves them."""

import json
import sys

import pytest

from experiments import alignment_table
from gplan.metrics.scores import METRICS
from utils import InputError, door


def leave(folder, seed, way, acc, *, chosen=0.0, rejected=0.0):
    """What a run leaves that is read: all metrics .5 but Acc@1; held-out rewards at β = 0.2."""
    results = folder / seed / f"{way}_results"
    results.mkdir(parents=True)
    metrics = {name: {"value": 0.5} for name in (*METRICS, "context_responsiveness", "first_intent_flip")}
    (results / "metrics.json").write_text(json.dumps(metrics | {"acc@1": {"value": acc}}))
    if way != "picd":
        run = folder / seed / way
        run.mkdir()
        (run / "run.json").write_text(json.dumps({"arguments": {"beta": 0.2}}))
        last = {"eval_margin": chosen - rejected, "eval_drift": chosen / 0.2, "eval_rejected_reward": rejected}
        (run / "trainer_state.json").write_text(json.dumps({"log_history": [{"eval_margin": 9}, last, {"loss": 1}]}))


@pytest.fixture
def folder(tmp_path):
    for seed, base in (("1", 0.6), ("2", 0.7)):
        leave(tmp_path, seed, "picd", base)
        leave(tmp_path, seed, "vanilla_dpo", base - 0.2, chosen=-1.0, rejected=-2.0)
    leave(tmp_path, "1", "sc_dpo", 0.61, chosen=0.1, rejected=-0.5)
    leave(tmp_path, "2", "sc_dpo", 0.73, chosen=0.3, rejected=-0.5)
    return tmp_path


def test_means_and_differences_seed_by_seed(folder):
    lines = alignment_table.table(folder).splitlines()
    assert lines[0] == "| seeds 1, 2 | PICD | PICD + vanilla DPO | PICD + SC-DPO |"
    # SC-DPO: +0.01 and +0.03, mean 0.02; their standard deviation 0.01414, over the root of 2 0.01.
    assert "| acc@1 | 0.650 | 0.450 (-0.200 ± 0.000) | 0.670 (+0.020 ± 0.010) |" in lines
    assert "| nes | 0.500 | 0.500 (+0.000 ± 0.000) | 0.500 (+0.000 ± 0.000) |" in lines
    # Nats: rewards over β; the last validation counts.
    assert "| drift | 0.000 | -5.000 (-5.000 ± 0.000) | 1.000 (+1.000 ± 0.500) |" in lines
    assert "| rejected drift | 0.000 | -10.000 (-10.000 ± 0.000) | -2.500 (-2.500 ± 0.000) |" in lines
    assert "| margin | 0.000 | 1.000 (+1.000 ± 0.000) | 0.700 (+0.700 ± 0.100) |" in lines


def test_what_is_missing_is_named(folder, tmp_path, monkeypatch, capsys):
    (folder / "2" / "sc_dpo_results" / "metrics.json").unlink()
    monkeypatch.setattr(sys, "argv", ["alignment_table", str(folder)])
    assert door(alignment_table.main) == 2
    error = capsys.readouterr().err
    assert f"{folder}/2/sc_dpo_results/metrics.json: can't be used" in error
    assert "experiments/alignment_table.sh" in error
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no <seed>/picd_results there"):
        alignment_table.table(tmp_path / "empty")


def test_one_seed_has_no_standard_error(tmp_path):
    leave(tmp_path, "7", "picd", 0.6)
    leave(tmp_path, "7", "sc_dpo", 0.63)
    assert "| acc@1 | 0.600 | 0.630 (+0.030) |" in alignment_table.table(tmp_path).splitlines()
