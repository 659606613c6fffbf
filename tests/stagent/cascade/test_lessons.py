"""Lessons of the teacher's answers: which answer is taken, what it took, and what can't be said."""

import asyncio
import json
from functools import partial

import pytest

from stagent.cascade.lessons import read_lessons, sequence_json, sequence_of, write_lessons
from stagent.cascade.mistakes import NO_MISTAKES, Mistakes
from stagent.cascade.teacher import ErringTeacher
from stagent.queries.continued import GrowingFile
from stagent.reward.score import TrajectoryScore
from stagent.reward.verifier import Verifier
from stagent.rollout.compact.lesson import lesson
from stagent.rollout.compact.text import Unsayable
from stagent.rollout.sequence import TokenSequence


class Marks:
    """A judge that gives marks by a list, over and over."""

    name = "marks"

    def __init__(self, *marks):
        self.marks, self.given = marks, 0

    def score(self, trajectory):
        self.given += 1
        return TrajectoryScore(self.name, 1, self.marks[(self.given - 1) % len(self.marks)])


def numbered(trajectory) -> TokenSequence:
    """A lesson that says how many steps the trajectory has."""
    return TokenSequence([1, len(trajectory.steps)], [False, True], [0.0, 0.0])


@pytest.fixture
def write(gazetteer, drawn, tmp_path):
    """``write(judge, tries=3, good=.9, best=True)`` -> the lines of a file; gone on with if it is called again."""

    def lines(judge, to_lesson=numbered, tasks=3, rates=NO_MISTAKES, **how):
        path = tmp_path / "lessons.jsonl"
        with GrowingFile(path) as out:
            teacher = ErringTeacher(gazetteer, rates, 5, wording="plain")
            some = [each.task for each in drawn[:tasks]]
            asyncio.run(write_lessons(some, teacher, judge, to_lesson, out, **how))
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    return lines


def test_written_ids_as_spans_and_back():
    """read 7 8, written 9 10, read 11, written 12."""
    found = TokenSequence([7, 8, 9, 10, 11, 12], [False, False, True, True, False, True], [0.0] * 6)
    value = sequence_json(found)
    assert value == {"ids": [7, 8, 9, 10, 11, 12], "written": [[2, 4], [5, 6]]} and sequence_of(value) == found
    nothing = TokenSequence([7], [False], [0.0])
    assert sequence_json(nothing) == {"ids": [7], "written": []} and sequence_of(sequence_json(nothing)) == nothing


def test_the_best_of_all_tries_is_taken(write, drawn):
    found = write(Marks(0.2, 0.95, 0.9), tries=3, good=0.9, best=True)
    assert [(line["task"], line["reward"], line["answers"]) for line in found] == [
        (each.task.id, 0.95, 3) for each in drawn[:3]
    ]


def test_or_the_first_that_is_good_enough(write):
    found = write(Marks(0.2, 0.9, 0.1, 0.3, 0.95), tries=4, good=0.9, best=False)
    assert [(line["reward"], line["answers"]) for line in found] == [(0.9, 2), (0.95, 3), (0.9, 2)]


def test_no_verified_answer_is_no_lesson(write, tmp_path):
    found = write(Marks(0.2, None, 0.89), tries=3, good=0.9, best=False)
    assert [(line["reward"], line["answers"], line["why"]) for line in found] == [(0.89, 3, "no verified answer")] * 3
    assert [each for _, _, each in read_lessons(tmp_path / "lessons.jsonl")] == [None] * 3


def test_what_has_no_tokens_is_said(write):
    def unsayable(trajectory):
        raise Unsayable("money 370 元")

    (line,) = write(Marks(1.0), unsayable, tasks=1, tries=1, good=0.9, best=True)
    assert line["why"] == "no tokens for money 370 元" and "ids" not in line


def test_a_file_is_gone_on_with(write, tmp_path):
    path, how = tmp_path / "lessons.jsonl", {"tries": 2, "good": 0.5, "best": True, "rates": Mistakes()}
    write(Verifier(strict=True), tasks=8, **how)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5]) + lines[5][:9])  # killed within its sixth line
    judge = Marks(0.0)
    write(judge, tasks=5, **how)
    assert judge.given == 0  # all five are there
    write(Verifier(strict=True), tasks=8, **how)
    assert path.read_bytes() == whole


def test_lessons_of_the_expert_hold_its_messages_and_what_it_read(write, vocabulary, drawn, tmp_path):
    """Through the real codec: the written spans are the calls and the answers, each closed by its mark."""
    write(Verifier(strict=True), partial(lesson, vocabulary=vocabulary), tasks=100, tries=1, good=0.5, best=True)
    found = {name: each for name, _, each in read_lessons(tmp_path / "lessons.jsonl") if each is not None}
    assert len(found) > 3
    calls = {each.task.id: len(each.trajectory.calls()) for each in drawn}
    for name, each in found.items():
        spans = sequence_json(each)["written"]
        begins = [vocabulary.tokens[each.ids[start]] for start, _ in spans]
        assert set(begins) <= {"<call>", "<answer>"} and begins.count("<call>") == calls[name]
        assert {vocabulary.tokens[each.ids[end - 1]] for _, end in spans} == {"<end>"}
