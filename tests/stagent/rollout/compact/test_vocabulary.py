"""Tokens of clocks, days and steps worked by hand; a vocabulary's file, and files that are none."""

import json

import pytest

from stagent.rollout.compact.vocabulary import (
    FILE,
    CompactVocabulary,
    clock_of,
    clock_tokens,
    day_token,
    days_of,
    handle,
    handle_of,
    path_of,
    step_token,
)
from tests.stagent.rollout.compact.by_hand import VOCABULARY
from utils import InputError


def test_clocks_days_handles_and_paths():
    assert clock_tokens("17:05") == ["<17h>", "<05m>"] and clock_tokens("24:00") == ["<00h>", "<00m>"]
    assert clock_of(["去", "<17h>", "<05m>"], 1) == "17:05"
    for tokens in (["<17h>"], ["<05m>", "<17h>"], ["<17h>", "5"], []):
        assert clock_of(tokens, 0) == ""
    assert [day_token(days) for days in (-2, -1, 0, 16, 17)] == [None, "<d-1>", "<d+0>", "<d+16>", None]
    assert (days_of("<d+16>"), days_of("<d-1>"), days_of("<4>"), days_of("d+1")) == (16, -1, None, None)
    assert (handle(12), handle_of("<12>"), handle_of("<12h>"), handle_of("12"), handle_of("<")) == (
        "<12>", 12, None, None, None
    )  # fmt: skip
    assert (path_of("<.fares.0.cabin>"), path_of("<4>"), path_of(".")) == ("fares.0.cabin", "", "")


@pytest.mark.parametrize(
    ("kind", "value", "step"),
    [
        ("distance", 49, "0"),
        ("distance", 50, "1"),
        ("distance", 320, "9"),  # 320 / 50 = 6.4, between 1.25^8 = 5.96 and 1.25^9 = 7.45
        ("distance", 10**9, "60"),
        ("duration", 71, "1"),  # steps of a fifth from a minute on
        ("duration", 73, "2"),
        ("money", 0, "0"),
        ("money", 1, "1"),
        ("money", 56, "29"),  # between 1.15^28 = 50.1 and 1.15^29 = 57.6
        ("count", 0, "0"),
        ("count", 7, "3"),
        ("count", 9, "4"),
        ("rating", 4.6, "4.6"),
        ("rating", 1.2, "2.0"),
        ("percent", 72, "70"),
        ("percent", 73, "75"),
        ("temperature", -3, "-3"),
        ("temperature", 60, "45"),
    ],
)
def test_steps(kind, value, step):
    assert step_token(kind, value) == f"<{kind} {step}>" and f"<{kind} {step}>" in VOCABULARY.ids


def test_every_token_has_one_id():
    assert [VOCABULARY.ids[token] for token in VOCABULARY.tokens] == list(range(len(VOCABULARY)))


def test_the_longest_word_and_what_is_heard():
    assert VOCABULARY.longest("免费托运", 0) == "免费托运" and VOCABULARY.longest("不免费", 1) == "免费"
    assert VOCABULARY.longest("免费", 0, heard=True) == ""  # said by agents alone: may be part of a user's name
    assert VOCABULARY.longest("书店", 0, heard=True) == "书店" and VOCABULARY.longest("7", 0, heard=True) == "7"
    assert VOCABULARY.longest("龘", 0) == "" and VOCABULARY.longest("<end>", 0) == ""


def test_a_file_and_back(tmp_path):
    VOCABULARY.save(tmp_path)
    again = CompactVocabulary.load(tmp_path)
    assert (again.tokens, again.heard, again.fields) == (VOCABULARY.tokens, VOCABULARY.heard, VOCABULARY.fields)
    assert again.longest("免费", 0, heard=True) == ""


WHOLE = {"style": "compact", "format": 1, "words": ["去"], "heard": ["去"], "fields": ["rating"]}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "Expecting property name"),
        ("[]", "train the model anew"),
        ("\udcff", "utf-8"),
        (json.dumps(WHOLE | {"style": "qwen3"}), "qwen3 1; this version reads compact 1"),
        (json.dumps({"style": "compact", "format": 2}), "compact 2; this version reads compact 1"),
        (json.dumps({"style": "compact", "format": 1, "words": []}), "no 'heard'"),
        (json.dumps(WHOLE | {"words": 5}), "words: a list of texts is needed"),
        (json.dumps(WHOLE | {"heard": [1]}), "heard: a list of texts is needed"),
    ],
)
def test_a_broken_file_is_named(tmp_path, text, named):
    (tmp_path / FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=named) as error:
        CompactVocabulary.load(tmp_path)
    assert str(tmp_path / FILE) in str(error.value)


def test_a_folder_without_one_is_named(tmp_path):
    with pytest.raises(InputError, match=f"{tmp_path}: no {FILE}; give a checkpoint"):
        CompactVocabulary.load(tmp_path)
