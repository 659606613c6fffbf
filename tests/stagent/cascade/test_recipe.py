"""A recipe from YAML: what isn't named keeps its default, what can't be is named with its file."""

import dataclasses

import pytest

from stagent.cascade.mistakes import Mistakes
from stagent.cascade.recipe import CascadeRecipe, read_recipe, recipe_of
from utils import InputError


@pytest.fixture
def read(tmp_path):
    """``read("tasks: 3")`` -> the recipe of such a file."""

    def of(text):
        path = tmp_path / "my.yaml"
        path.write_text(text, encoding="utf-8")
        return read_recipe(path)

    return of


def test_the_papers_numbers_are_the_defaults():
    recipe = read_recipe(None)
    assert recipe == CascadeRecipe() and (recipe.seed_tries, recipe.samples, recipe.group) == (8, 8, 8)
    assert (recipe.trivial, recipe.noise, recipe.still) == (0.95, 0.05, 0.01)
    assert recipe.chosen_by == "potential" and recipe.rl_updates >= 2  # or the ratio is 1 and never clipped


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}", "---\n"])
def test_an_empty_file_is_the_default(read, text):
    assert read(text) == CascadeRecipe()


def test_what_is_named_is_changed_and_nothing_else(read):
    recipe = read(
        "seed_tasks: 30\nrate: 1e-4\nrl_rate: 2.5e-5\nbeta: 0\ntrivial: 1\nchosen_by: random\nprobe_every: 0\n"
    )
    changed = {"seed_tasks": 30, "rate": 1e-4, "rl_rate": 2.5e-5, "beta": 0.0, "trivial": 1.0, "chosen_by": "random"}
    assert recipe == dataclasses.replace(CascadeRecipe(), **changed, probe_every=0)
    assert isinstance(recipe.rate, float) and isinstance(recipe.trivial, float)  # YAML's 1e-4 is a text


def test_mistakes_of_the_teacher(read):
    recipe = read("mistakes: {gives_up: 0.5, no_question: 1}")
    assert recipe.mistakes == Mistakes(gives_up=0.5, no_question=1.0)


def test_a_recipe_comes_back_from_its_own_json():
    recipe = CascadeRecipe(tasks=7, rl_rate=3e-5, mistakes=Mistakes(gives_up=0.5))
    assert recipe_of(recipe.as_json(), "there") == recipe


@pytest.mark.parametrize(
    ("text", "entry", "wrong"),
    [
        ("task: 3", "task", "no such entry; one of seed_tasks, seed_tries, "),
        ("3: 4", "3", "no such entry"),
        ("tasks: 0", "tasks", "0; a whole number of at least 1 is needed"),
        ("tasks: -3", "tasks", "-3"),
        ("tasks: 3.5", "tasks", "3.5; a whole number"),
        ("tasks: '30'", "tasks", "'30'; a whole number"),
        ("tasks: 1e3", "tasks", "'1e3'; a whole number"),
        ("tasks: true", "tasks", "True; a whole number"),
        ("tasks:", "tasks", "None; a whole number"),
        ("tasks: [3]", "tasks", "[3]; a whole number"),
        ("rl_steps: -1", "rl_steps", "-1; a whole number of at least 0"),
        ("group: 1", "group", "1; a whole number of at least 2"),  # one episode has nobody to be better than
        ("samples: 1", "samples", "1; a whole number of at least 2"),
        ("rate: 0", "rate", "0; a number above 0"),
        ("rate: fast", "rate", "'fast'; a number above 0"),
        ("rate: .nan", "rate", "nan; a number above 0"),
        ("rate: .inf", "rate", "inf; a number above 0"),
        ("rate: inf", "rate", "inf; a number above 0"),
        ("rate: true", "rate", "True; a number"),
        ("rate: [1e-4]", "rate", "['1e-4']; a number"),
        ("beta: -1", "beta", "-1; a number of at least 0"),
        ("good: 0", "good", "0; a number above 0, at most 1"),
        ("collapse: 1.5", "collapse", "1.5; a number above 0, at most 1"),
        ("noise: 2", "noise", "2; a number of at least 0, at most 1"),
        ("still: -0.1", "still", "-0.1; a number of at least 0"),
        ("chosen_by: luck", "chosen_by", "'luck'; one of potential, random is needed"),
        ("chosen_by: [a]", "chosen_by", "['a']; one of potential"),
        ("mistakes: 0.5", "mistakes", "a mapping of rates"),
        ("mistakes: {yawns: 0.5}", "mistakes, yawns", "no such rate"),
        ("mistakes: {gives_up: 2}", "mistakes, gives_up", "2; a number from 0 to 1"),
    ],
)
def test_what_can_not_be_is_named_with_its_file(read, text, entry, wrong):
    with pytest.raises(InputError) as error:
        read(text)
    message = str(error.value)
    assert f"my.yaml, {entry}: " in message and wrong in message and "\n" not in message


@pytest.mark.parametrize("text", ["- 3", "tasks", "3"])
def test_no_mapping(read, text):
    with pytest.raises(InputError, match=r"my\.yaml: a mapping is expected, such as tasks: 4000"):
        read(text)


def test_no_yaml_and_no_file(read, tmp_path):
    with pytest.raises(InputError, match=r"my\.yaml: no YAML") as error:
        read("tasks: [3\nvalid: }")
    assert "\n" not in str(error.value)
    (tmp_path / "latin.yaml").write_bytes(b"chosen_by: \xe9\n")
    with pytest.raises(InputError, match=r"latin\.yaml: .*name a YAML file"):
        read_recipe(tmp_path / "latin.yaml")
    with pytest.raises(InputError, match=r"nothing\.yaml: No such file or directory; name a YAML file"):
        read_recipe(tmp_path / "nothing.yaml")
    with pytest.raises(InputError, match="Is a directory; name a YAML file"):
        read_recipe(tmp_path)
