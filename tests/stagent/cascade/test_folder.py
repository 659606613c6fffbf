"""A run's folder: begun with one set of numbers, and gone on with the same alone."""

import json

import pytest

from stagent.cascade.folder import CascadeFolder
from stagent.cascade.recipe import CascadeRecipe
from utils import InputError


def settings(**changes):
    return {"world": "sandbox 1", "--draw": 0, **CascadeRecipe().as_json()} | changes


def test_a_new_folder_says_what_it_is_begun_with(tmp_path):
    folder = CascadeFolder(tmp_path / "a" / "b", settings())
    assert json.loads((tmp_path / "a" / "b" / "recipe.json").read_text()) == settings()
    assert folder.policy("seed") == tmp_path / "a" / "b" / "seed" / "policy"
    CascadeFolder(tmp_path / "a" / "b", settings())  # the same again


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rate": 0.1}, "rate 0.006, now it is 0.1"),
        ({"--draw": 2}, "--draw 0, now it is 2"),
        ({"world": "sandbox 2"}, "world 'sandbox 1', now it is 'sandbox 2'"),
        ({"new": 3}, "new None, now it is 3"),
        ({"mistakes": {}}, "mistakes {'wrong_argument': 0.12,"),
    ],
)
def test_other_numbers_are_refused_by_name(tmp_path, changes, said):
    CascadeFolder(tmp_path, settings())
    with pytest.raises(InputError) as error:
        CascadeFolder(tmp_path, settings(**changes))
    assert f"recipe.json: begun with {said}" in str(error.value) and "another --out" in str(error.value)


def test_a_number_that_this_version_does_not_have(tmp_path):
    CascadeFolder(tmp_path, settings(old=1))
    with pytest.raises(InputError, match="begun with old 1, now it is None"):
        CascadeFolder(tmp_path, settings())


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("…")
    with pytest.raises(InputError, match="there are files of something else; name another folder"):
        CascadeFolder(tmp_path, settings())
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null"])
def test_a_damaged_record(tmp_path, text):
    (tmp_path / "recipe.json").write_text(text)
    with pytest.raises(InputError, match=r"recipe\.json: .*name another folder"):
        CascadeFolder(tmp_path, settings())


def test_no_folder_can_be_made_there(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match=rf"--out {place}: .*; name a folder that can be written"):
            CascadeFolder(place, settings())
