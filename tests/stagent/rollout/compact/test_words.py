"""Which words a vocabulary gets, by hand and of the drawn ways: no name, no digit, nothing rare."""

import pytest

from stagent.queries.answer import Fact
from stagent.queries.trajectory import AnswerStep, Trajectory, UserStep
from stagent.rollout.compact.vocabulary import CompactVocabulary
from stagent.rollout.compact.words import NameCutter, WordCounts, names_of
from tests.stagent.reward.episodes import pages, search, task, trains
from tests.stagent.rollout.compact.by_hand import HEARD


def vocabulary_of(times: int, names=()) -> CompactVocabulary:
    counts = WordCounts(names)
    for _ in range(times):
        pieces = ["附近最近的是", Fact("济安药房", "name", "济安药房"), "，G12 次也停，票价12元。"]
        steps = [UserStep("去霁川市的火车"), search(), trains(), pages(), AnswerStep.of(pieces)]
        counts.add(Trajectory(task("去霁川市的火车"), "expert", steps))
    return counts.vocabulary()


def test_words_by_how_often_they_are_seen():
    rare, few = vocabulary_of(2), vocabulary_of(3)
    assert "火车" not in rare.words and "票价" not in rare.words and "mass.0" not in rare.fields
    assert "火车" in few.words and "火车" in few.heard and "票价" in few.words and "mass.0" in few.fields
    assert "的" not in few.words and "附近最近的是" not in few.words  # a character 25 times, a whole piece 6 times
    assert "附近最近的是" in vocabulary_of(6).words and "附近最近的是" not in vocabulary_of(6).heard
    assert "的" not in vocabulary_of(24).heard and "的" in vocabulary_of(25).heard


def test_words_of_answers_pages_and_results_are_not_heard():
    found = vocabulary_of(3)
    assert {"票价", "托运", "二等座", "药店"} <= {*found.words} and not {"票价", "托运", "二等座"} & {*found.heard}
    assert {"rating", "fares.0.fare_yuan", "fares.1.seats_left", "mass.0", "phone"} <= {*found.fields}
    assert "reviews" not in found.fields  # what a stranger writes is no field


def test_nothing_with_a_digit_or_like_a_mark():
    counts = WordCounts(())
    for _ in range(30):
        steps = [UserStep("坐G12去<end>那里"), AnswerStep("共12元<call>")]
        counts.add(Trajectory(task("坐"), "expert", steps))
    words = counts.vocabulary().words
    assert "那里" in words and not any("<" in word or any(map(str.isdigit, word)) for word in words)


def test_names_are_cut_out():
    cutter = NameCutter({"霁川市", "霁川", "海", "济安药房"})
    assert list(cutter.without("去霁川市的济安药房，看海")) == ["去", "的", "，看海"]  # 海 may be anything
    assert list(cutter.without("霁川霁川市")) == [] and list(cutter.without("")) == []
    assert list(cutter.without("火车")) == ["火车"] and list(NameCutter(()).without("火车")) == ["火车"]


def test_a_name_is_no_word_however_often_it_is_said():
    assert "霁川市" in "".join(vocabulary_of(30).words) or "霁川" in vocabulary_of(30).words
    words = vocabulary_of(30, {"霁川市", "霁川", "票价"}).words
    assert not any("霁川" in word or "票价" in word for word in words) and "火车" in words
    assert "附近最近的是" in words


@pytest.fixture(scope="module")
def names(gazetteer):
    return names_of(gazetteer)


def test_names_of_the_world(gazetteer, names):
    city = gazetteer.cities[0]
    assert {city.name, city.name.removesuffix("市"), city.places[0].name, city.places[0].district} <= names


def test_no_name_of_the_world_is_a_word(names, vocabulary, drawn):
    asked = " ".join(turn for each in drawn for turn in each.task.turns)
    assert any(name in asked for name in names)  # though names are said
    assert {word for word in vocabulary.words if word in names} == set()
    assert {*vocabulary.heard} <= {*vocabulary.words} and len(vocabulary.words) > 500 > len(HEARD)
    assert not any(character.isdigit() for word in vocabulary.words for character in word)


def test_a_vocabulary_of_the_world_and_back(tmp_path, vocabulary):
    vocabulary.save(tmp_path)
    assert CompactVocabulary.load(tmp_path).tokens == vocabulary.tokens
