"""The rule judge: each kind of evidence where it is and where it is not, and scores derived from the rubric by hand."""

import pytest

from data_process.intents import intent
from gplan.judge.judge import Item
from gplan.judge.rubric import AXES, BY_NAME, KINDS, overall, score_of
from gplan.judge.rules import RuleJudge
from gplan.world.places import with_place
from tests.support.hotel_order import HOTEL, STATION, request

HERE, ORDER, PREVIOUS = "当前位置", "订单目的地", "前一位推荐结果"
RIDE, DRIVE, LONG = intent("tool_1", HERE, ORDER), intent("tool_2", HERE, ORDER), intent("tool_3")
CARD, REMIND, WEATHER, REVIEW = (intent(f"tool_{i}") for i in (6, 8, 9, 10))
HOME, WORK, GUESS = (intent("tool_2", HERE, goal) for goal in ("家", "公司", "调用猜你去哪模型"))


def look(tag, reach="附近", start=HERE):
    return intent("tool_5", start, reach, tag)


def spot(tag):
    return intent("tool_7", tag)


FOOD, SHOPS, PARK = look("美食"), look("购物"), spot("停车场")
FOOD_THERE, SHOPS_NEXT = look("美食", start=ORDER), look("购物", start=PREVIOUS)


def judged(axis, plan, row=None):
    """The verdict on a plan, for a hotel order of the same city by default, at 15 o'clock."""
    return RuleJudge().judge([Item(row or request(), plan)])[0][axis]


def kinds(axis, plan, row=None):
    facts = {one.fact for one in judged(axis, plan, row).evidence}
    return {kind.name for kind in KINDS if kind.axis == axis and kind.meaning in facts}


def there(**fields):
    return with_place(request(), HOTEL) | fields


def elsewhere(**fields):
    return with_place(request(), STATION) | fields


# Kind -> a plan (and its row) that shows it, and one nearly alike that does not.
SHOWN = {
    ("flow", "linked"): ([RIDE, REMIND, FOOD], [FOOD, WEATHER, REMIND]),
    ("flow", "closed"): ([RIDE, REMIND, WEATHER], [FOOD, SHOPS, WEATHER]),
    ("flow", "pressing_first"): ([CARD, FOOD, PARK], [FOOD, CARD, PARK]),
    ("flow", "closer_early"): ([WEATHER, RIDE, FOOD], [RIDE, WEATHER, FOOD]),
    ("flow", "looked_round_early"): ([FOOD_THERE, RIDE, WEATHER], [RIDE, FOOD_THERE, WEATHER]),
    ("flow", "set_off_late"): ([FOOD, RIDE, WEATHER], [FOOD, intent("tool_1", HERE, PREVIOUS), WEATHER]),
    ("flow", "again"): ([FOOD, look("美食", "商圈"), WEATHER], [FOOD, look("购物", "商圈"), WEATHER]),
    ("logic", "from_there"): ([RIDE, look("美食", start=ORDER), WEATHER], [GUESS, look("美食", start=ORDER), WEATHER]),
    ("logic", "from_previous"): ([FOOD, look("购物", start=PREVIOUS), WEATHER], [FOOD, SHOPS, WEATHER]),
    ("logic", "range_fits"): ([look("景点", "全城"), PARK, WEATHER], [look("购物", "全城"), PARK, WEATHER]),
    ("logic", "needs"): ([RIDE, REMIND, FOOD], [RIDE, FOOD, WEATHER]),
    ("logic", "to_itself"): ([intent("tool_1", ORDER, ORDER), FOOD, WEATHER], [RIDE, FOOD, WEATHER]),
    ("logic", "no_place_before"): ([FOOD, WEATHER, SHOPS_NEXT], [WEATHER, FOOD, SHOPS_NEXT]),
    ("logic", "range_misfits"): ([look("加油站", "全城"), FOOD, WEATHER], [look("加油站"), FOOD, WEATHER]),
    ("logic", "need_twice"): ([FOOD, spot("美食"), WEATHER], [FOOD, PARK, WEATHER]),
    ("logic", "review_early"): ([REVIEW, RIDE, FOOD], [RIDE, FOOD, REVIEW]),
    ("logic", "no_order"): (([CARD, FOOD, PARK], request(trigger_1="")), [CARD, FOOD, PARK]),
    ("st", "way_to_order"): ([DRIVE, FOOD, WEATHER], [GUESS, FOOD, WEATHER]),
    ("st", "order_at_hand"): (([REMIND, FOOD, WEATHER], there()), [REMIND, FOOD, WEATHER]),
    ("st", "things_here"): (([PARK, CARD, WEATHER], there()), ([look("美食", start=ORDER), CARD, WEATHER], there())),
    ("st", "long_way"): (([LONG, REMIND, WEATHER], elsewhere()), ([DRIVE, REMIND, WEATHER], elsewhere())),
    ("st", "onward"): (([GUESS, FOOD, WEATHER], request(current_tag="高铁站")), [GUESS, FOOD, WEATHER]),
    ("st", "meal"): (
        ([FOOD, PARK, WEATHER], request(currenttime="2026-03-11 13:59:59")),
        ([FOOD, PARK, WEATHER], request(currenttime="2026-03-11 14:00:00")),
    ),
    ("st", "car"): (([spot("加油站"), FOOD, WEATHER], request(current_tag="服务区")), [spot("加油站"), FOOD, WEATHER]),
    ("st", "bed"): (
        ([look("酒店", "全城"), FOOD, WEATHER], request(trigger_1="门票", currenttime="2026-03-11 17:00:00")),
        ([look("酒店", "全城"), FOOD, WEATHER], request(trigger_1="门票", currenttime="2026-03-11 16:59:59")),
    ),
    ("st", "to_here"): (([RIDE, FOOD, WEATHER], there()), [RIDE, FOOD, WEATHER]),
    ("st", "home_far"): ([HOME, FOOD, WEATHER], ([HOME, FOOD, WEATHER], elsewhere())),  # whose home city it is
    ("st", "far_ahead"): (
        ([RIDE, FOOD, WEATHER], request(trigger_6="2026-03-12 15:00:01", trigger_7="2026-03-14 00:00:00")),
        ([RIDE, FOOD, WEATHER], request(trigger_6="2026-03-12 15:00:00", trigger_7="2026-03-14 00:00:00")),
    ),
    ("st", "done"): (
        ([RIDE, FOOD, WEATHER], request(trigger_1="加油", trigger_6="2026-03-11 13:59:00", trigger_7="")),
        ([RIDE, FOOD, WEATHER], request(trigger_1="加油", trigger_6="2026-03-11 14:00:00", trigger_7="")),
    ),
    ("st", "ride_far"): (([RIDE, FOOD, WEATHER], elsewhere()), ([LONG, RIDE, WEATHER], elsewhere())),
    ("st", "long_near"): ([LONG, FOOD, WEATHER], ([LONG, FOOD, WEATHER], elsewhere())),
    ("st", "shut"): (
        ([SHOPS, FOOD, WEATHER], request(currenttime="2026-03-11 23:00:00")),
        ([SHOPS, FOOD, WEATHER], request(currenttime="2026-03-11 22:59:59")),
    ),
    ("st", "second_bed"): ([look("酒店"), FOOD, WEATHER], ([look("酒店"), FOOD, WEATHER], request(trigger_1="门票"))),
}  # fmt: skip


def test_every_kind_has_an_example():
    assert SHOWN.keys() == BY_NAME.keys()


@pytest.mark.parametrize(("axis", "name"), SHOWN)
def test_a_kind_is_found_where_it_is_and_not_where_it_is_not(axis, name):
    shown, lacking = (one if isinstance(one, tuple) else (one, None) for one in SHOWN[axis, name])
    assert name in kinds(axis, *shown)
    assert name not in kinds(axis, *lacking)


@pytest.mark.parametrize(
    ("names", "score"),
    [
        ([], 3),
        (["linked"], 4),
        (["linked", "linked"], 4),  # twice the same kind is one
        (["linked", "closed"], 5),
        (["linked", "closed", "pressing_first"], 5),
        (["linked", "closed", "again"], 2),  # a failure is not outweighed
        (["again", "again"], 1),
        (["again", "set_off_late"], 1),
    ],
)
def test_scores_of_kinds(names, score):
    assert score_of(BY_NAME["flow", name] for name in names) == score


def test_one_failure_that_makes_a_plan_impossible_is_the_worst():
    assert score_of([BY_NAME["st", "way_to_order"], BY_NAME["st", "to_here"]]) == 1


def test_a_plan_on_all_axes():
    """At 15:00 in a mall, a hotel ordered in the same city."""
    (judgement,) = RuleJudge().judge([Item(request(), [RIDE, REMIND, look("美食", start=ORDER), WEATHER])])
    # Flow: linked (1 and 2), closed (4), begins with the way. Logic: from there (3), needs. ST: the way; no meal time.
    assert [judgement[axis].score for axis in AXES] == [5, 5, 4]
    assert overall(judgement) == pytest.approx(14 / 3)
    assert {(one.intent, one.sign) for one in judgement["st"].evidence} == {(1, 1)}
    assert {one.intent for one in judgement["logic"].evidence} == {1, 3}


def test_flow_does_not_know_the_row_and_st_not_the_order():
    plan = [RIDE, REMIND, FOOD, WEATHER]
    for row in (there(), elsewhere(), request(currenttime="2026-03-11 23:30:00")):
        assert judged("flow", plan, row) == judged("flow", plan)
        assert judged("logic", plan, row) == judged("logic", plan)
        assert judged("st", plan[::-1], row).score == judged("st", plan, row).score


def test_a_row_of_which_nothing_is_known():
    empty = dict.fromkeys(request(), "")
    judgement = RuleJudge().judge([Item(empty, [FOOD, SHOPS, WEATHER])])[0]
    assert [judgement[axis].score for axis in AXES] == [3, 3, 3]
