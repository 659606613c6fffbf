import random

from stagent.queries.answer import Fact, text_of
from stagent.reward.measure.readings import read_value
from stagent.reward.measure.rephrasing import _lists_shuffled, _shuffled, rephrased
from stagent.reward.measure.variant import apart


def name(text: str) -> Fact:
    return Fact(text, "name", text, text)


def test_each_kind_is_said_otherwise_and_stays_the_same_value(answers):
    found = list(rephrased(answers, random.Random(0)))
    kinds = {variant.kind for variant in found if variant.way == "said otherwise"}
    assert kinds == {"rating", "money", "duration", "clock", "distance"}
    values = {"rating": 4.8, "money": 56, "duration": 832, "clock": 553, "distance": 1430}
    for variant in found:
        if variant.way == "said otherwise":
            assert read_value(variant.kind, variant.after).covers(values[variant.kind])
            assert variant.after in variant.trajectory.answers()[0].text
    assert {variant.way for variant in found} == {
        "said otherwise",
        "sentences in another order",
        "full-width characters",
        "other particles",
    }


def test_a_sentence_that_leans_on_another_stays_behind_it():
    first = ["甲：", name("甲"), "要", Fact("3 元", "money", 3, "甲"), "。"]
    leaning = ["走路", Fact("5 分钟", "duration", 300, "甲"), "。"]
    second = [name("乙"), "要", Fact("4 元", "money", 4, "乙"), "。"]
    orders = {text_of(_shuffled([*first, *leaning, *second], random.Random(seed))) for seed in range(20)}
    assert orders == {"甲：甲要3 元。走路5 分钟。乙要4 元。", "乙要4 元。甲：甲要3 元。走路5 分钟。"}


def test_lists_are_shuffled_with_their_numbers_in_order():
    inline = ["有", name("甲"), "（", Fact("4.1", "rating", 4.1, "甲"), "）", "、", name("乙"), "。"]
    assert text_of(_lists_shuffled(inline, random.Random(0))) == "有乙、甲（4.1）。"
    lines = ["有：", "\n1. ", name("甲"), "，远", "；", "\n2. ", name("乙"), "。还要吗？"]
    assert text_of(_lists_shuffled(lines, random.Random(0))) == "有：\n1. 乙；\n2. 甲，远。还要吗？"


def test_digits_do_not_touch():
    pieces = [Fact("2月1日", "date", "2026-02-01"), Fact("17:40", "clock", "17:40"), "日落"]
    assert apart(pieces, 0, "2026-02-01") == "2026-02-01 "
    assert apart(pieces, 1, "下午五点四十分") == "下午五点四十分"
