"""``bench threads``: every way is measured under its own settings, and the table says which is which."""

import argparse
import os

import pytest

from experiments.bench import threads
from experiments.bench.__main__ import parse_arguments
from experiments.bench.threads import WARM_UP, Way
from utils import InputError


def settings(args, steps, plans):
    """In place of a measurement: what a fresh process is told."""
    return {"policy": os.environ["OMP_WAIT_POLICY"], "threads": int(os.environ["OMP_NUM_THREADS"])}


def test_a_way_is_measured_under_its_settings_which_are_gone_afterwards(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.setattr(threads, "speed", settings)
    found = threads._measured(argparse.Namespace(steps=1), Way("ACTIVE", 2, True))
    assert found == {"policy": "ACTIVE", "threads": 2}
    assert os.environ["OMP_NUM_THREADS"] == "7" and "OMP_WAIT_POLICY" not in os.environ


def test_the_table():
    ways = [
        {
            "policy": policy,
            "threads": count,
            "beside_load": beside,
            "steps_per_second": rate,
            "plans_per_second": 2 * rate,
        }
        for policy, count, beside, rate in [
            *(("ACTIVE", 1, False, 4.0), ("ACTIVE", 1, True, 3.0)),
            *(("PASSIVE", 2, False, 6.0), ("PASSIVE", 2, True, 5.0)),
        ]
    ]
    lines = threads.text({"ways": ways, "settings": {"batch_size": 8, "rounds": 3}}).splitlines()
    assert lines[1].split() == ["active,", "1", "thread", "4.0", "3.0", "8.0", "6.0"]
    assert lines[2].split() == ["passive,", "2", "threads", "6.0", "5.0", "12.0", "10.0"]


def test_more_steps_than_rows(cot_csv):
    """24 rows are three steps of eight, and ten warm up."""
    args = parse_arguments(["threads", "--csv", str(cot_csv), "--device", "cpu", "--steps", "1"])
    with pytest.raises(InputError, match=f"24 rows; --steps 1 takes {8 * (WARM_UP + 1)}"):
        threads.speed(args, args.steps, 1)
