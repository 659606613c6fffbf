"""The cascade's tables by hand: means over draws, differences within a draw, and what isn't there yet."""

import json
from argparse import Namespace
from dataclasses import replace

import pytest

from experiments.agent_table import figures_of, rows_of, steps_of
from stagent.cascade.agent_figures import agent_figures
from stagent.cascade.held_out import as_json
from tests.stagent.cascade.scored import scored
from tests.stagent.cascade.toy import toy_task

SPLITS = ("held_out_city", "held_out_kind")


def figures(*rewards: float) -> dict:
    """Of an agent with one try of each of so many tasks."""
    return as_json(
        agent_figures(scored(reward, task=replace(toy_task(0), id=str(n))) for n, reward in enumerate(rewards))
    )


def written(folder, *draws: dict[str, dict]) -> Namespace:
    for number, agents in enumerate(draws):
        (folder / f"draw-{number}").mkdir()
        lines = [{"agent": agent, "split": split, "figures": of} for agent, of in agents.items() for split in SPLITS]
        (folder / f"draw-{number}" / "held_out.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Namespace(folder=folder, draws=list(range(len(draws))))


def test_means_over_draws_and_differences_within_them(tmp_path):
    """Seed .2, .3, .4, SFT 2 .4, .4, .5: gains .2, .1, .1, their mean .1333, deviation .0577, t(2) 4.303: ± .1434."""
    draws = [
        {"seed SFT": figures(0.2, 0.2), "SFT 2": figures(0.8, 0.0)},
        {"seed SFT": figures(0.3, 0.3), "SFT 2": figures(0.4, 0.4)},
        {"seed SFT": figures(0.4, 0.4), "SFT 2": figures(0.5, 0.5)},
    ]
    found = figures_of(written(tmp_path, *draws))
    rows = {(row["agent"], row["tasks"]): row for row in rows_of(found)}
    assert len(rows) == 4 and rows["seed SFT", "held out city"]["reward"]["value"] == pytest.approx(0.3)
    assert rows["seed SFT", "held out kind"]["reward"]["error"] == pytest.approx(4.303 * 0.1 / 3**0.5)
    city, kind = steps_of(found)
    assert (city["agent"], city["less"], city["tasks"]) == ("SFT 2", "seed SFT", "held out city")
    assert city["reward"] == pytest.approx({"value": 0.4 / 3, "error": 0.1434}, abs=1e-4)
    assert city["vetoed"]["value"] == pytest.approx(0.5 / 3)  # one of two in the first draw
    assert (city["bar"], city["met"]) == ("≥ 0.10", "yes") and "met" not in kind


def test_a_gain_under_its_bar(tmp_path):
    found = figures_of(written(tmp_path, {"seed SFT": figures(0.3), "SFT 2": figures(0.35), "+ RL": figures(0.37)}))
    first, second = (row for row in steps_of(found) if row["tasks"] == "held out city")
    assert (first["met"], second["met"]) == ("no", "no") and second["reward"] == pytest.approx(0.02)


def test_what_a_draw_lacks_is_compared_over_the_others(tmp_path):
    both = {"SFT 2": figures(0.3), "+ RL": figures(0.4), "RL, random tasks": figures(0.4)}
    without = {name: of for name, of in both.items() if name != "RL, random tasks"}
    found = figures_of(written(tmp_path, both, without))
    compared = {row["less"]: row["draws"] for row in steps_of(found) if row["tasks"] == "held out city"}
    assert compared == {"SFT 2": 2, "RL, random tasks": 1}
    assert {row["agent"]: row["draws"] for row in rows_of(found)} == {"SFT 2": 2, "+ RL": 2, "RL, random tasks": 1}
