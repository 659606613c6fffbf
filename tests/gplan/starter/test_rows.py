"""Which rows are taken where none are named: the user's, the public files, the embedded ones, in this order."""

import pytest

from data_process.schema import read_rows
from gplan.starter import rows


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The place of the public files, empty; embedded rows and twins are names."""
    monkeypatch.setattr(rows, "PUBLIC", tmp_path)
    monkeypatch.setattr(rows, "embedded_rows", lambda: "embedded train")
    monkeypatch.setattr(rows, "embedded_held_out", lambda: "embedded test")
    monkeypatch.setattr(rows, "embedded_twins", lambda: ("embedded train twins", "embedded test twins"))
    return tmp_path


def test_nothing_named_and_nothing_public(folder):
    assert rows.training_rows(None, None) == ("embedded train", "embedded test")
    assert rows.training_rows(None, "mine.csv") == ("embedded train", "mine.csv")
    assert rows.held_out_rows(None) == "embedded test"


def test_the_users_rows_are_not_held_against_embedded_ones(folder):
    assert rows.training_rows("mine.csv", None) == ("mine.csv", None)
    assert rows.held_out_rows("mine.csv") == "mine.csv"


def test_public_files_come_before_embedded_ones(folder):
    for name in ("train.csv", "test.csv"):
        (folder / name).touch()
    public = str(folder / "train.csv"), str(folder / "test.csv")
    assert rows.training_rows(None, None) == public
    assert rows.training_rows("mine.csv", None) == ("mine.csv", public[1])
    assert (rows.held_out_rows(None), rows.held_out_rows("mine.csv")) == (public[1], "mine.csv")
    (folder / "train.csv").unlink()
    assert rows.training_rows(None, None) == ("embedded train", public[1])


def test_twins(folder):
    assert rows.twins(None, None) == ("embedded train twins", "embedded test twins")
    assert rows.twins(None, "mine.jsonl") == ("embedded train twins", "mine.jsonl")
    assert rows.twins("mine.jsonl", None) == ("mine.jsonl", None)


def test_twins_are_made_of_the_first_rows_of_training(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "EMBEDDED_ROWS", 6)
    monkeypatch.setenv("GPLAN_CACHE", str(tmp_path))
    few = read_rows(rows._csv("train", 2, rows.TRAIN_SEED))
    assert read_rows(rows.embedded_rows())[:2] == few
    assert len(read_rows(rows.embedded_rows())) == 6
