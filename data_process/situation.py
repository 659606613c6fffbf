"""What decides in a row: its fields compared with each other, and the differences of its times.

The signal of a GSISR row lies in comparisons (is the person at the order's POI? in its city?) and in
differences of times (hours to the order's start). They are computed here once, for the prompt, the
world's expert, the rule teacher and the forest that the world is checked against. Nothing but visible
columns is read; a field that is empty or unreadable gives None, "" or False, never an error, because
real rows have gaps everywhere.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from data_process.schema import TIME_FORMAT, Row

# Kinds of place, by what a POI's category tag contains; the first that matches counts.
PLACE_KINDS = (
    (
        "酒店",
        ("酒店", "宾馆", "旅馆", "民宿", "经济型", "舒适型", "高档型", "豪华型", "青年旅舍", "住宿", "客栈", "公寓式"),
    ),
    ("加油站", ("加油站",)),
    ("充电站", ("充电站", "充电桩")),
    ("车站", ("高铁站", "火车站", "机场", "航站楼", "长途汽车站", "车站入口", "候车", "港口")),
    ("公交", ("地铁站", "公交站")),
    ("服务区", ("服务区", "收费站")),
    ("住宅", ("住宅区", "村庄", "商住两用", "宿舍", "小区")),
    ("公司", ("公司", "写字楼", "工业园区", "产业园", "政府", "营业厅", "物流", "电子厂", "工厂")),
    ("景点", ("景区", "景点", "公园", "博物馆", "古迹", "寺庙", "游乐园", "特色街区", "纪念馆", "动物园", "海滩")),
    ("商圈", ("商圈",)),
    ("购物", ("商场", "超市", "便利店", "日杂店", "购物", "市场", "菜店", "专卖")),
    ("美食", ("餐", "火锅", "小吃", "面馆", "烧烤", "烤肉", "咖啡", "奶茶", "美食", "菜", "甜品")),
    ("停车场", ("停车场",)),
    ("其他", ("汽车", "彩票")),  # 汽车美容 is no beauty parlour, 体育彩票 no sport
    ("休闲娱乐", ("电影院", "KTV", "酒吧", "网吧", "足疗", "SPA", "洗浴", "电竞")),
    ("运动健身", ("健身", "体育", "球馆", "游泳")),
    ("丽人", ("美容", "美发", "美甲", "丽人")),
    ("医院", ("医院", "诊所")),
    ("学校", ("学校", "学院", "大学", "中学", "小学", "幼儿园")),
)

DAY_PARTS = (
    (0, 6, "凌晨"),
    (6, 9, "早上"),
    (9, 11, "上午"),
    (11, 14, "中午"),
    (14, 17, "下午"),
    (17, 20, "傍晚"),
    (20, 24, "夜里"),
)

PHASES = ("本地", "异地行前", "异地行中", "未知地点")
# Everything is bounded, so that a history takes time in proportion to its length, whatever stands in it. In real
# and generated entries the longest actions have 47 characters, the longest tag 11.
_SHORT = re.compile(
    r"在(?P<month>\d{1,2})月(?P<day>\d{1,2})日周.(?P<hour>\d{1,2})点(?P<actions>[^,]{0,120}?)了?位于"
    r"(?P<phase>本地|异地行前|异地行中|未知地点)(?P<tag>[^,]{0,60}?)的(?P<poi>p_\d{1,20})"
)
_LONG = re.compile(
    r"(?P<tag>[^,]{0,60}?)的(?P<poi>p_\d{1,20})(?P<actions>act_\d{1,4}(?:&act_\d{1,4}){0,20})了(?P<count>\d{1,6})次"
)


_PADDED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)


class Behaviour(NamedTuple):
    """One entry of ``short_term_behavior_seq``, as ``在2月9日周一20点act_4了位于异地行中车站入口的p_34999``."""

    month: int
    day: int
    hour: int
    actions: str
    phase: str
    tag: str
    poi: str


class Place(NamedTuple):
    """One entry of ``long_term_behavior``, as ``住宅区的p_106625act_4&act_7了6次``."""

    tag: str
    poi: str
    count: int


class Situation(NamedTuple):
    """A row's comparisons. Hours are floats, negative when the moment has passed; None if unknown."""

    order: str  # kind of the order, "" if the request has none
    at_order: bool  # the person stands at the order's POI
    in_order_city: bool
    in_order_district: bool
    in_home_city: bool
    order_in_home_city: bool
    at_home: bool  # at profile_feat_6, the first frequent POI
    at_work: bool  # at profile_feat_8, the second
    place: str  # kind of the current place, one of PLACE_KINDS' names or "其他"
    hour: int  # 0..23, -1 if unknown
    day_part: str  # one of DAY_PARTS' names, "" if unknown
    weekend: bool
    hours_since_order: float | None  # now - trigger_5
    hours_to_start: float | None  # trigger_6 - now
    hours_to_end: float | None  # trigger_7 - now
    last_phase: str  # phase of the newest behaviour, "" if none
    last_place: str  # kind of place of the newest behaviour, "" if none


def situation(row: Row) -> Situation:
    """The comparisons of one row; reads visible columns only, never ``raw_labels``."""
    now = parse_time(row["currenttime"])
    behaviours = short_term(row["short_term_behavior_seq"])
    home = row["profile_feat_5"]
    city, order_city = row["current_city"], row["trigger_2"]
    poi = row["current_poi_name"]
    return Situation(
        order=row["trigger_1"],
        at_order=bool(poi) and poi == row["trigger_4"],
        in_order_city=bool(city) and city == order_city,
        in_order_district=bool(city) and (city, row["current_district"]) == (order_city, row["trigger_3"]),
        in_home_city=bool(city) and city == home,
        order_in_home_city=bool(home) and home == order_city,
        at_home=bool(poi) and poi == row["profile_feat_6"],
        at_work=bool(poi) and poi == row["profile_feat_8"],
        place=place_kind(row["current_tag"]),
        hour=now.hour if now else -1,
        day_part=day_part(now.hour) if now else "",
        weekend=row["weekendflag"] == "1",
        hours_since_order=_hours(parse_time(row["trigger_5"]), now),
        hours_to_start=_hours(now, parse_time(row["trigger_6"])),
        hours_to_end=_hours(now, parse_time(row["trigger_7"])),
        last_phase=behaviours[-1].phase if behaviours else "",
        last_place=place_kind(behaviours[-1].tag) if behaviours else "",
    )


@lru_cache(maxsize=4096)
def place_kind(tag: str) -> str:
    """``place_kind("快捷酒店") == "酒店"``; ``"其他"`` for a category of no known kind."""
    for kind, words in PLACE_KINDS:
        if any(word in tag for word in words):
            return kind
    return "其他"


def day_part(hour: int) -> str:
    """``day_part(12) == "中午"``."""
    return next(name for start, end, name in DAY_PARTS if start <= hour < end)


def short_term(text: str) -> list[Behaviour]:
    """The behaviours of ``short_term_behavior_seq``, oldest first; entries of another form are left out."""
    found = _SHORT.finditer(text)
    return [
        Behaviour(int(m["month"]), int(m["day"]), int(m["hour"]), m["actions"], m["phase"], m["tag"], m["poi"])
        for m in found
    ]


def behaviour_time(behaviour: Behaviour, now: datetime) -> datetime | None:
    """The newest moment before ``now`` that a behaviour can be of: it has no year, and its hour no minutes.

    ``behaviour_time(Behaviour(12, 31, 23, …), datetime(2026, 1, 1, 1)) == datetime(2025, 12, 31, 23)``; None for a
    day that no such year has.
    """
    for year in (now.year, now.year - 1):
        try:
            time = datetime(year, behaviour.month, behaviour.day, behaviour.hour)
        except ValueError:
            continue
        if time <= now:
            return time
    return None


def long_term(text: str) -> list[Place]:
    """The places of ``long_term_behavior``, most visited first; entries of another form are left out."""
    return [Place(m["tag"].strip(), m["poi"], int(m["count"])) for m in _LONG.finditer(text)]


@lru_cache(maxsize=65536)
def parse_time(text: str) -> datetime | None:
    """``2026-02-10 00:19:07`` as a datetime; None for anything else."""
    try:
        if _PADDED.fullmatch(text):
            return datetime.fromisoformat(text)  # the same, in a tenth of the time
        return datetime.strptime(text, TIME_FORMAT)
    except ValueError:
        return None


def is_date(time: datetime) -> bool:
    """Whether a time stands for its day (check-in day, last day of a ticket): the day's very start or end."""
    return (time.hour, time.minute, time.second) in ((0, 0, 0), (23, 59, 59))


def _hours(start: datetime | None, end: datetime | None) -> float | None:
    return (end - start).total_seconds() / 3600 if start and end else None
