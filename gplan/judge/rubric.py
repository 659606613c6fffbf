"""The rubric, for both judges: three axes, 1 to 5, and the kinds of evidence that move a score from 3.

    3  safe and generic: nothing speaks for it, nothing against it
    4  one kind of evidence for it, no failure        2  one failure
    5  two kinds or more, no failure                  1  several failures, or one that makes the plan impossible

Each axis is judged by what it is about and nothing else, so that what must not matter can't:

    flow   order: the plan alone
    logic  tools and parameters: the plan, and whether there is an order
    st     time and place: the row, and the plan's intents as a set

``words`` go into the prompt of an llm judge, ``meaning`` into pages and documents. The rule judge's rules are
``rules.py``'s, one for each kind.
"""

from collections.abc import Iterable
from typing import NamedTuple

AXES = ("flow", "logic", "st")
OVERALL = "overall"
# Raised whenever the same row and plan get another score by rules, or another prompt.
VERSION = 1


class Kind(NamedTuple):
    """A kind of evidence; ``sign`` is 1 for a plan, -1 against it."""

    axis: str
    name: str
    sign: int
    words: str
    meaning: str
    impossible: bool = False


KINDS = (
    Kind("flow", "linked", 1, "出行后紧接到店卡片、订单提醒或周边推荐；卡片、提醒后紧接周边推荐或出行",
         "a way there is followed at once by card, reminder or something nearby; those by something nearby or a way"),
    Kind("flow", "closed", 1, "到达之后以天气或评价收尾", "weather or review comes last, after a way or a card"),
    Kind("flow", "pressing_first", 1, "最紧迫的出行、卡片或提醒放在最前", "it begins with a way, a card or a reminder"),
    Kind("flow", "closer_early", -1, "出行、卡片或提醒之前先查天气或写评价",
         "weather or review before a way, a card or a reminder"),
    Kind("flow", "looked_round_early", -1, "还没去订单地就先在那里找去处",
         "looks round at the order's place before going there"),
    Kind("flow", "set_off_late", -1, "推荐了身边去处之后才出发去别处",
         "sets off after recommendations, not to one of them"),
    Kind("flow", "again", -1, "同一工具、同一tag再次出现", "the same tool and tag again"),
    Kind("logic", "from_there", 1, "去订单地之后，以订单目的地为起始位置推荐",
         "after the way to the order, looks round from there"),
    Kind("logic", "from_previous", 1, "给出地点的意图之后，紧接使用前一位推荐结果",
         "uses the previous result right after an intent that gives a place"),
    Kind("logic", "range_fits", 1, "范围与tag相称：景点、酒店用全城或商圈，购物、休闲娱乐用商圈",
         "a range beyond nearby that fits its tag: sights and hotels in city or district, shops and leisure in the "
         "district"),
    Kind("logic", "needs", 1, "出行、订单、去处三类需求都照顾到，不重复",
         "way, order and things to do are all served, none twice"),
    Kind("logic", "to_itself", -1, "起点与终点相同", "a way from a place to itself"),
    Kind("logic", "no_place_before", -1, "前一位不给出地点（天气、评价、提醒），却用前一位推荐结果",
         "the previous result after weather, review or reminder, which give no place"),
    Kind("logic", "range_misfits", -1, "范围与tag不相称：加油站、充电站、停车场、美食用全城，景点用附近",
         "a range that misfits its tag: filling stations, parking or food city-wide, sights nearby"),
    Kind("logic", "need_twice", -1, "两个工具满足同一需求（兴趣推荐与单点推荐同一tag）", "one tag by two tools"),
    Kind("logic", "review_early", -1, "去之前先写评价", "a review before the visit"),
    Kind("logic", "no_order", -1, "没有订单却有订单卡片、提醒或评价", "card, reminder or review without an order"),
    Kind("st", "way_to_order", 1, "未到订单地、在同城、订单未结束：有去订单地的出行",
         "not there, in its city, the order still open: a way to it"),
    Kind("st", "order_at_hand", 1, "已在订单地：有订单卡片或提醒", "at the order's place: its card or reminder"),
    Kind("st", "things_here", 1, "已在订单地：从当前位置推荐去处", "at the order's place: things from here"),
    Kind("st", "long_way", 1, "订单在外市：有长途交通", "the order in another city: the long way"),
    Kind("st", "onward", 1, "订单已了结，或在车站、服务区、加油站、充电站、停车场：继续前往别处",
         "the order is done, or at a place one passes through: a way onward"),
    Kind("st", "meal", 1, "饭点（11至14点、17至20点）：有美食", "meal time (11 to 14, 17 to 20 o'clock): food"),
    Kind("st", "car", 1, "在服务区、加油站、充电站、停车场：有加油、充电或停车",
         "where cars stop: fuel, charging or parking"),
    Kind("st", "bed", 1, "外地、17点以后、没有酒店订单：有酒店",
         "away from home after 17 o'clock without a hotel: hotels"),
    Kind("st", "to_here", -1, "出行去此刻所在之处（已在订单地、家或公司）", "a way to where one is", impossible=True),
    Kind("st", "home_far", -1, "人在外市却回家或去公司", "a way home or to work although in another city"),
    Kind("st", "far_ahead", -1, "订单一天以后才开始却现在就去", "the order begins in more than a day, yet a way to it"),
    Kind("st", "done", -1, "订单已了结（已结束，或加油、充电已过一小时）却又去订单地",
         "the order is done (ended, or refuelled more than an hour ago), yet a way to it"),
    Kind("st", "ride_far", -1, "订单在外市却打车过去，没有长途交通",
         "a ride to another city's order without the long way"),
    Kind("st", "long_near", -1, "已在订单城市却要长途交通", "the long way although in the order's city"),
    Kind("st", "shut", -1, "23点至6点推荐购物、景点、丽人或运动健身",
         "shops, sights, beauty or sports from 23 to 6 o'clock"),
    Kind("st", "second_bed", -1, "已有酒店订单又找酒店", "hotels although a hotel is ordered"),
)  # fmt: skip
BY_NAME = {(kind.axis, kind.name): kind for kind in KINDS}


class Evidence(NamedTuple):
    """What speaks for or against a plan: ``intent`` is one's number in it, from 1, ``fact`` is in words."""

    intent: int
    fact: str
    sign: int  # 1 or -1


class Verdict(NamedTuple):
    """An axis' score with its evidence; without a score ``reason`` says why."""

    score: float | None
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""


Judgement = dict[str, Verdict]  # by axis


def score_of(kinds: Iterable[Kind]) -> int:
    """The score of the kinds that were found, one for each occurrence: ``score_of([]) == 3``."""
    found = list(kinds)
    if failures := [kind for kind in found if kind.sign < 0]:
        return 1 if len(failures) > 1 or failures[0].impossible else 2
    return 3 + min(2, len({kind.name for kind in found}))


def overall(judgement: Judgement) -> float | None:
    """The mean of the three scores; None where one is missing."""
    scores = [judgement[axis].score for axis in AXES]
    return None if None in scores else sum(scores) / len(scores)
