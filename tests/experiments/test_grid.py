"""The baselines' grids: what was tried, and that config/baselines holds what was best."""

import sys

import pytest
import yaml

from experiments import grid
from experiments.results import FOLDER, read_result
from gplan.baselines.options import MODELS, model_defaults
from utils import InputError

GRIDS = yaml.safe_load(grid.RECIPE.read_text(encoding="utf-8"))


def test_at_most_six_settings_a_model_all_of_them_the_models_own():
    assert GRIDS.keys() == MODELS.keys() - {"majority", "lookup"}
    for model, settings in GRIDS.items():
        assert 2 <= len(settings) <= 6
        for each in settings:
            assert each.keys() == settings[0].keys() <= model_defaults(model).keys()


@pytest.mark.parametrize("model", GRIDS)
def test_the_default_is_the_best_of_the_grid(model):
    rows = [row for row in read_result(FOLDER / "grids.json").rows if row["model"] == model]
    assert [row["expected NES"] for row in rows] == sorted((row["expected NES"] for row in rows), reverse=True)
    assert len(rows) == len(GRIDS[model])
    if model == "rearec":  # its paper's progressive loss and two steps stay
        rows = [row for row in rows if "loss prl, steps 2" in row["settings"]]
    if model == "bert4rec":  # twice the channels gain .002 and take two to four times as long
        rows = [row for row in rows if "dim 64" in row["settings"]]
    chosen = dict(pair.split(" ") for pair in rows[0]["settings"].split(", "))
    assert chosen == {name: str(model_defaults(model)[name]) for name in chosen}


def test_some_models_alone_are_not_written_over_all(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["grid", "--models", "sasrec", "--write"])
    with pytest.raises(InputError, match="leave --models out"):
        grid.main()


def test_ranked_by_expected_nes_within_a_model():
    rows = [{"model": model, "expected NES": nes} for model, nes in (("b", 0.1), ("b", 0.3), ("a", 0.2), ("a", 0.9))]
    assert [row["expected NES"] for row in grid.ranked(rows)] == [0.3, 0.1, 0.9, 0.2]
