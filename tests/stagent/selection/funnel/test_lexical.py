"""Near duplicates: exact Jaccard of shingles, within equal atoms; the index finds what comparing all would."""

import random

import pytest

from stagent.selection.funnel.lexical import jaccard, near_duplicates, shingles


def test_shingles_stay_within_clauses():
    assert shingles("从N\n到") == {"从", "N", "到", "从N"}


def test_jaccard_by_hand():
    # {a, b, ab} and {a, c, ac}: one of five
    assert jaccard("ab", "ac") == pytest.approx(1 / 5)
    assert jaccard("ab", "ab") == 1


def test_what_goes_and_because_of_which():
    keys = [1, 1, 2, 1, 1]
    forms = ["附近有药店", "附近有药店", "附近有药店", "附近有药店么", "怎样去那里"]
    gone = near_duplicates(keys, forms, 0.7, seed=0)
    # the third has another key, whatever its words; the fourth shares 9 of 11 shingles
    assert gone.rows.tolist() == [1, 3] and gone.of.tolist() == [0, 0]
    assert gone.near.tolist() == pytest.approx([1, 9 / 11])


def test_a_text_that_went_takes_none_with_it_but_its_equals():
    # each shares 13 of 17 shingles with the next, the first 11 of 19 with the third
    forms = ["甲乙丙丁戊己庚辛", "乙丙丁戊己庚辛壬", "丙丁戊己庚辛壬癸", "乙丙丁戊己庚辛壬"]
    gone = near_duplicates([7] * 4, forms, 13 / 17, seed=0)
    assert gone.rows.tolist() == [1, 3] and gone.of.tolist() == [0, 0]
    assert gone.near.tolist() == pytest.approx([13 / 17] * 2)


def test_nothing_and_one():
    assert len(near_duplicates([], [], 0.7, 0).rows) == len(near_duplicates([1], ["药店"], 0.7, 0).rows) == 0


def test_the_index_finds_what_comparing_all_finds():
    rng = random.Random(3)
    forms, keys = [], []
    for _ in range(120):
        base = "".join(rng.choices("去哪家店好吃又便宜附近有停车场", k=12))
        for _ in range(3):
            text = list(base)
            text[rng.randrange(12)] = rng.choice("的了么呀远近")
            forms.append("".join(text))
            keys.append(rng.randrange(2))
    kept: list[int] = []
    slow = {}
    for row, form in enumerate(forms):
        near = [(jaccard(form, forms[other]), -other) for other in kept if keys[other] == keys[row]]
        best, other = max(near, default=(0, 0))
        if best >= 0.7:
            slow[row] = -other
        else:
            kept.append(row)
    gone = near_duplicates(keys, forms, 0.7, seed=0)
    fast = dict(zip(gone.rows.tolist(), gone.of.tolist(), strict=True))
    assert len(slow) > 30 and fast == slow
