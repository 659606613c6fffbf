"""Rows and twins as what is planned for: in order, with both plans, and what does not fit."""

import pytest

from data_process.schema import write_rows
from data_process.twins import read_pairs
from gplan.rl.plan_rows import PlanRows
from utils import InputError

LIMITS = {"response": 120, "max_length": 2560}


def test_rows_come_first_then_both_sides_of_every_pair(cot_csv, twins_jsonl, small_encoder):
    found = PlanRows(cot_csv, small_encoder, str(twins_jsonl), **LIMITS)
    pairs = read_pairs(twins_jsonl)
    assert len(found) == 24 + 24 and found.pairs == list(range(24, 48, 2))
    assert found.rows[23].name == "row 23 of cot.csv" and found.rows[23].other is None
    anchor, twin = found.rows[26:28]
    assert (anchor.row, anchor.label, anchor.other) == (pairs[1].anchor, pairs[1].plans[0], pairs[1].plans[1])
    assert (twin.row, twin.label, twin.other) == (pairs[1].twin, pairs[1].plans[1], pairs[1].plans[0])
    assert twin.name == "the twin of pair 1 of twins.jsonl"
    assert found[3, 2] == {"epoch": 3, "sample": 2} and found[3, -1] == {"epoch": 3, "sample": -1}
    assert found.fingerprint != PlanRows(cot_csv, small_encoder, **LIMITS).fingerprint


def test_what_does_not_fit(labelled_rows, small_encoder, tmp_path):
    short, other, long = sorted(labelled_rows[:3], key=lambda row: len(small_encoder.prompt(row)))
    write_rows(tmp_path / "rows.csv", [short, long, other])
    limits = LIMITS | {"max_length": 120 + len(small_encoder.prompt(other))}
    assert len(small_encoder.prompt(long)) > len(small_encoder.prompt(other))
    with pytest.raises(InputError, match=r"row 1 of rows.csv: \d+ tokens .* --overlong skip leaves out 1"):
        PlanRows(tmp_path / "rows.csv", small_encoder, **limits)
    found = PlanRows(tmp_path / "rows.csv", small_encoder, overlong="skip", **limits)
    assert found.indices.tolist() == [0, 2] and found.skipped == 1
    assert found[1, 1] == {"epoch": 1, "sample": 2}


def test_bad_rows(labelled_rows, small_encoder, tmp_path):
    write_rows(tmp_path / "rows.csv", [labelled_rows[0], labelled_rows[1] | {"raw_labels": "nothing"}])
    with pytest.raises(InputError, match=r"rows.csv: row 1"):
        PlanRows(tmp_path / "rows.csv", small_encoder, **LIMITS)
    assert len(PlanRows(tmp_path / "rows.csv", small_encoder, bad_rows="skip", **LIMITS)) == 1
