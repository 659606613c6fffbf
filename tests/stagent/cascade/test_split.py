"""Means, variances and parts by hand; the bounds belong where the recipe says."""

import pytest

from stagent.cascade.recipe import CascadeRecipe
from stagent.cascade.split import PARTS, by_potential, probed, split

RECIPE = CascadeRecipe()


def test_mean_variance_and_potential():
    assert probed([1, 0]) == (0.5, 0.25) and probed([1, 0]).potential == 0.125
    assert probed([1, 1, 1, 0]) == (0.75, 0.1875)  # (3 · 1/16 + 9/16) / 4: over their number, not one less
    assert probed([0.6]) == (0.6, 0.0)


@pytest.mark.parametrize(
    ("rewards", "part"),
    [
        ([1, 1, 1, 0.96], "trivial"),  # μ .99, σ² .0003
        ([0.95, 0.95], "trivial"),
        ([0.94, 0.94], "certain"),
        ([1, 1, 1, 1, 1, 1, 1, 0.6], "certain"),  # μ .95, but σ² .0175
        ([0, 0, 0, 0.1], "noise"),  # μ .025, σ² .0019
        ([0.05, 0.05], "noise"),
        ([0.06, 0.06], "certain"),
        ([0, 0, 0, 0, 0, 0, 0, 0.4], "certain"),  # μ .05, but σ² .0175
    ],
)
def test_a_task_by_itself(rewards, part):
    assert split({"a": rewards}, RECIPE) == {"a": part}


def test_the_learnable_part_at_its_median():
    """σ²: a .01, b .04, c .09; the trivial and the noise, which have none, don't pull the median down."""
    rewards = {"a": [0.4, 0.6], "b": [0.3, 0.7], "c": [0.2, 0.8], "d": [1, 1], "e": [0, 0], "f": [1, 1]}
    parts = split(rewards, RECIPE)
    assert parts == dict(zip("abcdef", ("certain", "certain", "uncertain", "trivial", "noise", "trivial"), strict=True))
    assert set(parts.values()) == set(PARTS) and list(parts) == list(rewards)


def test_of_an_even_number_the_median_is_between_the_middle_two():
    parts = split({"a": [0.4, 0.6], "b": [0.3, 0.7], "c": [0.2, 0.8], "d": [0, 1]}, RECIPE)
    assert [parts[name] for name in "abcd"] == ["certain", "certain", "uncertain", "uncertain"]


def test_ties_at_the_median_are_certain():
    assert set(split({"a": [0, 1], "b": [1, 0], "c": [0, 1]}, RECIPE).values()) == {"certain"}
    parts = split({"a": [0.4, 0.6], "b": [0, 1], "c": [1, 0], "d": [0, 1]}, RECIPE)
    assert list(parts.values()) == ["certain"] * 4


def test_nothing_to_split():
    assert split({}, RECIPE) == {}
    assert split({"a": [], "b": [1, 1]}, RECIPE) == {"b": "trivial"}  # no judge could score a


def test_the_bounds_are_the_recipes():
    recipe = CascadeRecipe(trivial=0.8, noise=0.35, still=0.05)
    assert split({"a": [0.7, 0.9], "b": [0.2, 0.4], "c": [0.5, 0.5]}, recipe) == {
        "a": "trivial", "b": "noise", "c": "certain",
    }  # fmt: skip
    assert split({"a": [0, 0]}, CascadeRecipe(still=0.0)) == {"a": "certain"}


def test_the_highest_potential_comes_first():
    """σ²·μ: a .125, b .1406, c .0469, d 0, and e as a."""
    rewards = {"d": [1, 1], "e": [1, 0], "c": [0, 0, 0, 1], "b": [1, 1, 1, 0], "a": [0, 1]}
    assert by_potential(rewards, rewards) == ["b", "a", "e", "c", "d"]
    assert by_potential(rewards, ["c", "b"]) == ["b", "c"] and by_potential(rewards, []) == []
