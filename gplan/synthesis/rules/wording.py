"""The rule teacher's words: facts of a row as short Chinese clauses, each written only if the row supports it.

A clause about a field that is empty or unreadable is ``""`` and left out. The deciding comparisons (at the
order's POI? same city? how long since the order, to its start and end?) have one wording each, so that a
small model which learns to write the clause learns the comparison; only what decides nothing is varied.
"""

import re
import zlib
from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

from data_process.intents import (
    DESTINATION,
    HERE,
    ORDER_PLACE,
    ORIGIN,
    PREVIOUS,
    RANGE,
    TAG,
    TOOL_KEY,
    Intent,
)
from data_process.schema import VISIBLE, Row
from data_process.situation import Situation, is_date, parse_time, place_kind, short_term, situation

# A kind of place as a clause can say it truly for every category that falls under the kind
# (收费站 counts as 服务区, 政府机关 as 公司); "其他" says nothing.
PLACE_WORDS = {
    "酒店": "酒店",
    "加油站": "加油站",
    "充电站": "充电站",
    "车站": "交通枢纽",
    "公交": "公交地铁站",
    "服务区": "公路服务点",
    "住宅": "居住区",
    "公司": "单位",
    "景点": "景点",
    "美食": "美食场所",
    "商圈": "商圈",
    "购物": "购物场所",
    "停车场": "停车场",
    "休闲娱乐": "休闲场所",
    "运动健身": "运动场所",
    "丽人": "丽人场所",
    "医院": "医院",
    "学校": "学校",
}
ORDER_WORDS = {"酒店": "酒店订单", "加油": "加油订单", "门票": "门票订单", "充电桩": "充电订单", "其他": "其他类订单"}
# Kinds of place that tell what someone likes, and those that tell of a car.
_LEISURE = ("景点", "美食", "购物", "休闲娱乐", "运动健身", "丽人")
_CAR_KINDS = ("加油站", "充电站", "停车场", "服务区")
RIDE_WORDS = {"tool_1": "打车", "tool_2": "导航"}
COUNT_WORDS = "零一二三四五六七八九"

_NAME = re.compile(r"[一-鿿]{2,12}")
# id and label are not shown to a model: the same request gets the same words whatever they are.
SPAN_WORDS = (
    (0.5, "不到半小时"),
    (1, "不到一小时"),
    (2, "一小时多"),
    (6, "两小时以上"),
    (24, "六小时以上"),
)


class Facts(NamedTuple):
    """What a row supports, as flags and ready clauses; ``""`` where the row says nothing."""

    now: Situation
    seed: int
    away: bool  # both POIs known, and they differ
    same_city: bool
    other_city: bool  # both cities known, and they differ
    outside: bool  # both cities known, and the current one is not the home city
    workday: bool  # both flags say so
    started: bool  # the order's start lies before now, by the hour or by the day
    upcoming: bool  # … after now
    place: str  # 酒店
    latest: str  # 景点, the place of the newest behaviour
    order: str  # 酒店订单
    tastes: tuple[str, ...]  # 景点, 美食: up to two, the commonest in the short history first
    car: str  # 近期涉及加油站
    at: str  # 就在订单地点, 不在订单地点
    city: str  # 与订单同城
    home: str  # 身在外地
    since: str  # 下单不到半小时
    start: str  # 入住日是今天
    end: str  # 离店日是明天


def facts(row: Row) -> Facts:
    """Reads a row's visible columns; ``facts(row).at == "就在订单地点"`` if the two POIs are one."""
    now = situation(row)
    moment = parse_time(row["currenttime"])
    behaviours = short_term(row["short_term_behavior_seq"])
    start, end = parse_time(row["trigger_6"]), parse_time(row["trigger_7"])
    home_known = bool(row["profile_feat_5"] and row["current_city"])
    city_known = bool(row["trigger_2"] and row["current_city"])
    away = bool(row["current_poi_name"] and row["trigger_4"]) and not now.at_order
    stay = now.order == "酒店"
    kinds = [place_kind(one.tag) for one in behaviours]
    ahead = _ahead(moment, start)
    return Facts(
        now=now,
        seed=zlib.crc32("\x1f".join([row[column] for column in VISIBLE]).encode()),
        away=away,
        same_city=now.in_order_city,
        other_city=city_known and not now.in_order_city,
        outside=home_known and not now.in_home_city,
        workday=row["weekendflag"] == "0" and row["holidayflag"] == "0",
        started=ahead < 0,
        upcoming=ahead > 0,
        place=PLACE_WORDS.get(now.place, ""),
        latest=PLACE_WORDS.get(now.last_place, ""),
        order=ORDER_WORDS.get(now.order, ""),
        tastes=_tastes(kinds),
        car=_car_clause(kinds),
        at="就在订单地点" if now.at_order else "不在订单地点" if away else "",
        city=_city_clause(row, now, city_known),
        home="身在外地" if home_known and not now.in_home_city else "就在常住城市" if now.in_home_city else "",
        since=_since_clause(now.hours_since_order),
        start=moment_clause(moment, start, "入住" if stay else "开始"),
        end=moment_clause(moment, end, "离店" if stay else "结束"),
    )


def choose(seed: int, slot: str, variants: list[str] | tuple[str, ...]) -> str:
    """One of the variants, the same for the same seed and slot in every process: ``choose(5, "x", ["a"]) == "a"``."""
    # crc32 is linear: without the multiplication (Knuth's) slots of one row would move in step.
    mixed = (zlib.crc32(slot.encode(), seed) * 2654435761 & 0xFFFFFFFF) >> 16
    return variants[mixed % len(variants)]


def join(clauses: list[str] | tuple[str, ...], mark: str = "，") -> str:
    """``join(["夜里", "", "人在酒店"]) == "夜里，人在酒店"``."""
    return mark.join([clause for clause in clauses if clause])


def span_words(hours: float) -> str:
    """A length of time as a bound that holds: ``span_words(1.5) == "一小时多"``, ``span_words(7) == "六小时以上"``."""
    return next((words for bound, words in SPAN_WORDS if hours < bound), "一天以上")


def moment_clause(now: datetime | None, then: datetime | None, what: str) -> str:
    """When something starts or ends, seen from now; ``""`` if either time is unknown.

    A time at a day's very start or end is a date (check-in day, last day of a ticket), so days are compared:
    now 2月10日0点51分, then 2月9日0点0分, 入住 -> ``"入住日是昨天"``. Any other time is compared by hours:
    now 10点, then 8点30分, 开始 -> ``"开始已过一小时多"``.
    """
    if not now or not then:
        return ""
    if is_date(then):
        days = (then.date() - now.date()).days
        if abs(days) > 2:
            return f"{what}日还远" if days > 0 else f"{what}日早已过"
        return f"{what}日是{('前天', '昨天', '今天', '明天', '后天')[days + 2]}"
    hours = (then - now) / timedelta(hours=1)
    if hours < 0:
        return f"{what}已过{span_words(-hours)}"
    return f"距{what}{span_words(hours)}"


def action(intent: Intent) -> str:
    """What an intent does, its parameters by meaning; one wording for each of the 148.

    ``action({"工具名称": "tool_5", "起始位置": "当前位置", "空间范围": "附近", "tag": "美食"})`` ->
    ``"此处附近推荐美食"``
    """
    tool = intent[TOOL_KEY]
    if tool in RIDE_WORDS:
        return f"从{_ORIGIN_WORDS[intent[ORIGIN]]}{theme(intent)}"
    if tool == "tool_5":
        return f"{_ORIGIN_WORDS[intent[ORIGIN]]}{intent[RANGE]}推荐{intent[TAG]}"
    if tool == "tool_7":
        return f"推荐附近一处{intent[TAG]}"
    return _ACTIONS[tool]


def theme(intent: Intent) -> str:
    """What an intent is about, in a word or two: ``"去订单地点"``, ``"美食"``, ``"天气"``."""
    tool = intent[TOOL_KEY]
    if tool in RIDE_WORDS:
        goal = intent[DESTINATION]
        return f"{RIDE_WORDS[tool]}去{_DESTINATION_WORDS.get(goal, goal)}"
    return intent.get(TAG) or _THEMES[tool]


_ORIGIN_WORDS = {HERE: "此处", PREVIOUS: "上一结果", ORDER_PLACE: "订单地点"}
_DESTINATION_WORDS = {
    PREVIOUS: "上一结果",
    ORDER_PLACE: "订单地点",
    "用户短期意向": "短期意向地",
    "调用猜你去哪模型": "预测的去处",
}
_ACTIONS = {
    "tool_3": "查长途交通",
    "tool_4": "看周边公交",
    "tool_6": "展示到店信息",
    "tool_8": "提醒订单",
    "tool_9": "查天气",
    "tool_10": "请写评价",
}
_THEMES = {
    "tool_3": "长途交通",
    "tool_4": "周边公交",
    "tool_6": "到店展示",
    "tool_8": "提醒",
    "tool_9": "天气",
    "tool_10": "评价",
}


def _ahead(now: datetime | None, then: datetime | None) -> float:
    """Below 0: then has passed; above 0: it comes; 0: unknown, or a date that is today."""
    if not now or not then:
        return 0
    return (then.date() - now.date()).days if is_date(then) else (then - now).total_seconds()


def _tastes(kinds: list[str]) -> tuple[str, ...]:
    """``_tastes(["美食", "景点", "酒店", "景点"]) == ("景点", "美食")``; of two as common, the newer comes first."""
    counts, newest = Counter(kinds), {kind: i for i, kind in enumerate(kinds)}
    found = [kind for kind in _LEISURE if kind in counts]
    return tuple(sorted(found, key=lambda kind: (-counts[kind], -newest[kind]))[:2])


def _car_clause(kinds: list[str]) -> str:
    """What the short history says of a car; charging is named where it is commoner than refuelling."""
    charged, fuelled = kinds.count("充电站"), kinds.count("加油站")
    if charged > fuelled:
        return "近期涉及充电站"
    if fuelled:
        return "近期涉及加油站"
    return "近期涉及停车场或服务区" if any(kind in _CAR_KINDS for kind in kinds) else ""


def _city_clause(row: Row, now: Situation, known: bool) -> str:
    if not known:
        return ""
    if not now.in_order_city:
        # A city's name is text from outside: only plain Chinese is repeated.
        name = row["trigger_2"] if _NAME.fullmatch(row["trigger_2"]) else ""
        return f"订单在另一城市{name}"
    return "与订单同城"


def _since_clause(hours: float | None) -> str:
    return "" if hours is None or hours < 0 else f"下单{span_words(hours)}"
