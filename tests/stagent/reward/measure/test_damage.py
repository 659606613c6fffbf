"""Damage over an answer made by hand: what is changed, that it lies, and what is left out because it doesn't."""

import random

from stagent.queries.answer import Fact
from stagent.reward.measure.names_damaged import (
    PLACE,
    Inventor,
    exchanged_name,
    invented_place,
    other_number,
    wrong_open,
)
from stagent.reward.measure.readings import read_value
from stagent.reward.measure.values_damaged import changed_digit, random_value, swapped_value, wrong_sum
from stagent.reward.measure.variant import PlacedFact

SEEDS = range(150)


def placed(answers, kind) -> PlacedFact:
    return next(each for each in answers.placed if each.fact.kind == kind)


def texts(variants) -> set[str]:
    return {variant.after for variant in variants if variant is not None}


def answer_of(variant) -> str:
    return variant.trajectory.answers()[0].text


def test_what_results_know_of_an_entity(answers):
    values = {(one.key, one.value) for one in answers.known.about("济安药房")}
    assert {("rating", 4.8), ("duration_s", 832), ("distance_m", 910), ("distance_m", 1100)} <= values
    assert ("rating", 4.6) not in values
    assert ("distance_m", 700) not in values  # a road on the way there is another thing
    assert ("distance_m", 700) in {(one.key, one.value) for one in answers.known.about("望海大道")}


def test_what_may_hold(answers):
    holds = answers.known.may_hold
    assert holds("rating", "四点八分", "济安药房") and not holds("rating", "4.6 分", "济安药房")
    assert holds("rating", "4.2", "济安药房")  # the user said it: it may be meant
    assert holds("distance", "约 1.1 公里", "济安药房") and not holds("distance", "约 2.3 公里", "济安药房")
    assert holds("rating", "4.6", "别的店")  # of nobody that results name: any value may be meant
    assert holds("clock", "22:00", "济安药房") and not holds("clock", "21:00", "济安药房")


def test_a_changed_digit_is_one_character_and_a_lie(answers):
    found = [changed_digit(answers, placed(answers, "rating"), random.Random(seed)) for seed in SEEDS]
    wrong = {f"{whole}.8 分" for whole in "012356789"} | {f"4.{tenth} 分" for tenth in "012345679"}
    assert texts(found) == wrong
    assert {variant.after for variant in found if variant.stays_true} == {"4.2 分"}  # the user's own
    assert all(answer_of(variant).count(variant.after) == 1 for variant in found)
    assert all(not step.pieces for step in found[0].trajectory.answers())


def test_numerals_and_rounding(answers):
    fact = Fact("大约十四分钟", "duration", 832, "济安药房")
    found = [changed_digit(answers, PlacedFact(0, 7, fact), random.Random(seed)) for seed in SEEDS]
    assert "大约十三分钟" not in texts(found)  # 832 s: within twice the digits shown
    assert {"大约十一分钟", "大约十九分钟"} <= texts(found)


def test_a_wrong_sum_is_off_by_more_than_rounding(answers):
    for kind, right in (("distance", 1430), ("clock", 9 * 60 + 13)):
        found = [wrong_sum(answers, placed(answers, kind), random.Random(seed)) for seed in SEEDS]
        for variant in filter(None, found):
            said = read_value(kind, variant.after)
            assert abs(said.value - right) > 2 * said.within  # 约 1.3 公里 may be a way of 1.43 km that is cut off
            assert not variant.stays_true
    assert wrong_sum(answers, placed(answers, "rating"), random.Random(0)) is None  # nothing was worked out


def test_a_swapped_value_is_the_other_place_s(answers):
    variant = swapped_value(answers, placed(answers, "rating"), random.Random(0))
    assert (variant.after, variant.stays_true) == ("4.6 分", False)
    assert "评分 4.6 分" in answer_of(variant)
    assert swapped_value(answers, placed(answers, "money"), random.Random(0)) is None  # both cost 56 yuan


def test_an_exchanged_name_takes_what_is_false_of_it(answers, gazetteer):
    variant = exchanged_name(answers, placed(answers, "name"), Inventor(gazetteer), random.Random(0))
    assert answer_of(variant).startswith("最近的是同春堂，评分 4.8 分") and not variant.stays_true
    assert "它比济安药房近" in answer_of(variant)


def test_an_exchange_that_stays_true_is_said_to(answers, gazetteer):
    only = [one for one in answers.placed if one.fact.kind in ("name", "money")]
    answers.placed = only  # of the chemist's nothing but 56 yuan is said, which the other costs too
    assert exchanged_name(answers, only[0], Inventor(gazetteer), random.Random(0)).stays_true


def test_an_invented_place_exists_nowhere(answers, gazetteer):
    inventor = Inventor(gazetteer)
    real = gazetteer.cities[0].places[0].name
    assert inventor.exists(real) and inventor.claim(answers, Fact(real, "name", real, real)) == PLACE
    styles = set()
    for seed in SEEDS:
        style, name = inventor.like("竹里书店", PLACE, random.Random(seed))
        styles.add(style)
        assert not inventor.exists(name) and name != "竹里书店"
    assert styles == {"new head", "branch", "real", "Latin"}
    variant = invented_place(answers, placed(answers, "name"), inventor, random.Random(1))
    assert variant.after in answer_of(variant) and variant.after not in answers.known.everything


def test_open_said_closed(answers):
    variant = wrong_open(answers, placed(answers, "name"), random.Random(0))
    assert answer_of(variant).removeprefix(answers.trajectory.answers()[0].text) in {
        "济安药房现在已经打烊了。",
        "济安药房现在没开门。",
        "济安药房现在不营业。",
    }
    fact = Fact("没开门", "open", False, "同春堂")
    answers.trajectory.steps[-1] = type(answers.trajectory.steps[-1]).of(["同春堂", fact])
    assert answer_of(wrong_open(answers, PlacedFact(0, 1, fact), random.Random(0))) == "同春堂开着"


def test_a_random_value_that_is_true_is_left_out(answers):
    rating = placed(answers, "rating")
    false = random_value(answers, rating, ["3.9 分"], random.Random(0))
    assert (false.after, false.stays_true) == ("3.9 分", False)
    assert random_value(answers, placed(answers, "duration"), ["不到 1 分钟"], random.Random(0)).stays_true
    assert random_value(answers, rating, ["四点八分"], random.Random(0)).stays_true
    assert random_value(answers, rating, ["4.8 分"], random.Random(0)) is None


def test_another_number(answers):
    fact = Fact("G12", "number", "G12", "G12")
    answers.trajectory.steps[-1] = type(answers.trajectory.steps[-1]).of(["坐", fact])
    for seed in SEEDS:
        variant = other_number(answers, PlacedFact(0, 1, fact), random.Random(seed))
        assert variant.after[0] == "G" and variant.after[1:].isdigit() and not variant.stays_true
