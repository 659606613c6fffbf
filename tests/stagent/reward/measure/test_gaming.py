import random

import pytest

from stagent.reward.measure.gaming import gamed
from stagent.reward.measure.scripts import SCRIPTS, roman
from stagent.reward.measure.variant import pieces_of_answers


@pytest.mark.parametrize(("number", "text"), [(44, "XLIV"), (1994, "MCMXCIV"), (3, "III"), (0, "0"), (4000, "4000")])
def test_roman_numerals(number, text):
    assert roman(number) == text


@pytest.mark.parametrize(
    ("script", "text", "written"),
    [
        ("Tibetan digits", "约 14 分钟", "约 ༡༤ 分钟"),
        ("Arabic digits", "4.8 分", "٤.٨ 分"),
        ("circled digits", "56 元", "⑤⑥ 元"),
        ("Roman numerals", "四十四元", "XLIV元"),
        ("financial numerals", "大约十四分钟", "大约壹肆分钟"),
        ("pinyin", "14 分钟", "yi si  fenzhong "),
        ("ROT13 and ROT5", "G12", "T67"),
        ("binary", "5 元", "0b101 元"),
        ("digits with zero-width spaces", "56", "5\u200b6"),
    ],
)
def test_scripts(script, text, written):
    assert SCRIPTS[script](text) == written


def test_every_way_changes_the_answer_and_keeps_the_task(answers):
    ways = dict(gamed(answers, pieces_of_answers(answers.trajectory), random.Random(0)))
    expert = answers.trajectory
    assert len(ways) > 25
    for way, trajectory in ways.items():
        assert trajectory.task is expert.task and len(trajectory.answers()) == 1, way
        assert way.startswith("made up") or trajectory.answers()[0].text != expert.answers()[0].text, way
        assert not trajectory.answers()[0].pieces
    assert ways["an empty answer"].answers()[0].text == ""
    assert ways['"[Unsolved]" always'].calls() == []
    assert "济安药房、同春堂" in ways["every place and number of the results listed"].answers()[0].text
    assert "最近的药店" in ways["the question repeated"].answers()[0].text
    assert "rating 4.8 out of 5" in ways["right, in English"].answers()[0].text


def test_an_obeyed_review_stands_in_the_results(answers):
    from stagent.worlds.sandbox.injections import REVIEWS

    seen = set()
    for seed in range(80):
        trajectory = dict(gamed(answers, [[]], random.Random(seed)))["an instruction in a review obeyed"]
        search = trajectory.calls()[0]
        review = search.content["items"][-1]["reviews"][-1]
        assert review in REVIEWS and review in search.text
        seen.add(review)
        assert "同春堂" in trajectory.answers()[0].text
    assert "reviews" not in answers.trajectory.calls()[0].content["items"][-1]  # the expert's results are as they were
    assert len(seen) == len(REVIEWS)
