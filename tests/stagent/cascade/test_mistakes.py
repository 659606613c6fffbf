"""Rates of mistakes: the chances that come of them, and recipes that can't be used."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from stagent.cascade.mistakes import KINDS, NO_MISTAKES, Mistakes, mistakes_of, read_mistakes
from utils import InputError


def test_a_longer_task_has_more_room_for_mistakes():
    rates = Mistakes(second_best=0.5, per_extra_call=0.5)
    assert rates.chance("second_best", 0) == rates.chance("second_best", 1) == 0.5
    assert rates.chance("second_best", 3) == 0.75  # 1 - 0.5 ** (1 + 0.5 * 2)
    assert replace(rates, per_extra_call=0.0).chance("second_best", 3) == 0.5


def test_kinds_are_drawn_by_their_rates():
    rates = replace(NO_MISTAKES, gives_up=0.25, wrong_sum=1.0, per_extra_call=1.0)
    rng = random.Random(0)
    drawn = Counter(kind for _ in range(4000) for kind in rates.draw(rng, 2))
    assert drawn.keys() == {"gives_up", "wrong_sum"} and drawn["wrong_sum"] == 4000
    assert drawn["gives_up"] / 4000 == pytest.approx(1 - 0.75**2, abs=0.03)
    assert NO_MISTAKES.draw(rng, 7) == [] and Mistakes(*[1.0] * 14).draw(rng, 1) == list(KINDS)


def test_another_rate_leaves_the_other_draws_as_they_are():
    few, many = replace(NO_MISTAKES, gives_up=0.3), replace(NO_MISTAKES, gives_up=0.3, wrong_argument=0.9)
    seeds = range(50)
    hit = [["gives_up" in rates.draw(random.Random(seed), 1) for seed in seeds] for rates in (few, many)]
    assert hit[0] == hit[1] and any(hit[0])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"second_rate": 0.1}, "recipe, second_rate: no such rate; one of wrong_argument, call_left_out"),
        ({"gives_up": 1.5}, "recipe, gives_up: 1.5; a number from 0 to 1 is needed"),
        ({"gives_up": -0.1}, "recipe, gives_up: -0.1; a number"),
        ({"gives_up": True}, "recipe, gives_up: True; a number"),
        ({"gives_up": "often"}, "recipe, gives_up: 'often'; a number"),
        ({"gives_up": float("nan")}, "recipe, gives_up: nan; a number"),
        ({"per_extra_call": 11}, "recipe, per_extra_call: 11; a number from 0 to 10"),
        ([0.1], "recipe: a mapping of rates is expected"),
    ],
)
def test_a_recipe_that_can_t_be_used_names_the_field(values, said):
    with pytest.raises(InputError) as error:
        mistakes_of(values, "recipe")
    assert str(error.value).startswith(said)


def test_rates_from_a_file(tmp_path):
    path = tmp_path / "rates.yaml"
    path.write_text("gives_up: 1\nper_extra_call: 0.5  # ours\n", encoding="utf-8")
    assert read_mistakes(path) == replace(Mistakes(), gives_up=1.0, per_extra_call=0.5)
    path.write_text("")
    assert read_mistakes(path) == Mistakes()
    path.write_text('{"wrong_sum": 0}')
    assert read_mistakes(path).wrong_sum == 0
    for text, said in (("a: [", "no YAML"), ("- 1", "a mapping of rates"), ("wrong_sum: 2", "wrong_sum: 2; a number")):
        path.write_text(text)
        with pytest.raises(InputError, match=rf"rates.yaml.*{said}"):
            read_mistakes(path)
    with pytest.raises(InputError, match=r"none.yaml: No such file"):
        read_mistakes(tmp_path / "none.yaml")
