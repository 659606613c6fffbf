"""How the rule expert says what results have: a place's values as pieces of an answer, each of them a fact."""

import random
from collections.abc import Sequence
from typing import Any

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode
from stagent.queries.patterns.manner import Manner

Item = dict[str, Any]
# Categories as results write them -> what their price is.
_PRICES = {"酒店": "房价", "豪华酒店": "房价", "快捷酒店": "房价", "青年旅舍": "床位", "民宿": "房价", "电影院": "票价"}
_STAYS = ("房价", "床位")
# Key of a result -> kind of fact.
_KINDS = {
    "distance_m": "distance",
    "off_route_m": "distance",
    "max_distance_m": "distance",
    "total_distance_m": "distance",
    "rating": "rating",
    "review_count": "count",
    "average_cost_yuan": "money",
    "hours_today": "hours",
    "phone": "phone",
    "address": "word",
    "district": "word",
    "category": "word",
}

_LEADS = {
    "distance_m": ("距离", "直线距离"),
    "off_route_m": ("离路线",),
    "max_distance_m": ("最远的人",),
    "total_distance_m": ("距离加起来",),
    "rating": ("评分",),
    "average_cost_yuan": ("人均",),
    "phone": ("电话",),
    "address": ("地址是", "在"),
    "district": ("在",),
    "category": ("",),
}

_NO_BLANK = "，。；：、（ "  # before a fact none of these is followed by a blank


class Teller:
    """Says one answer's facts in the answer's manner, which the task's id draws, so that a task is answered alike."""

    def __init__(self, episode: Episode):
        self.rng = random.Random(f"telling-{episode.task.id}")
        self._manner = Manner(episode)
        self._leads = {key: self.rng.choice(leads) for key, leads in _LEADS.items()}
        self._at_work = self.rng.choice(("营业", "开放"))

    def fact(self, kind: str, value: Any, entity: str = "", how: str = "given") -> Fact:
        return self._manner.fact(kind, value, entity, how)

    def name(self, name: str) -> Fact:
        return Fact(name, "name", name, name)

    def one(self, *ways: str) -> str:
        return self.rng.choice(ways)

    def said(self, lead: str, kind: str, value: Any, entity: str = "", how: str = "given") -> list[Piece]:
        """A word and a fact, a blank between them before a digit: ``距离 320 米``, ``距离约 5 公里``."""
        fact = self.fact(kind, value, entity, how)
        return [lead + (" " if lead and lead[-1] not in _NO_BLANK and fact.text[0].isascii() else ""), fact]

    def value(self, item: Item, key: str) -> list[Piece]:
        """One value with its words: ``["人均 ", Fact("56 元", …)]``; [] where the item doesn't have it."""
        if item.get(key) is None:
            return []
        value, entity = item[key], item["name"]
        if key == "price_yuan":
            lead = _PRICES.get(item["category"], "门票")
            if not value:
                return [Fact("免费", "money", 0, entity)]
            return [*self.said(lead, "money", value, entity), "起" if lead in _STAYS else ""]
        if key == "hours_today":
            lead, tail = {"休息": ("今天", ""), "全天": ("今天", self._at_work)}.get(value, ("营业时间", ""))
            return [*self.said(lead, "hours", value, entity), tail]
        if key == "review_count":
            return [*self.said("", "count", value, entity), " 条评价"]
        return self.said(self._leads[key], _KINDS[key], value, entity)

    def about(self, item: Item, *keys: str, between: str = "，") -> list[Piece]:
        """Some values of a place, those that it has, without its name: ``距离 320 米，评分 4.8 分``."""
        pieces: list[Piece] = []
        for key in keys:
            if told := self.value(item, key):
                pieces += [between, *told] if pieces else told
        return pieces

    def listed(self, items: Sequence[Item], *keys: str) -> list[Piece]:
        """Several places with some values each: ``甲（评分 4.8 分，人均 56 元）、乙（…）``"""
        pieces: list[Piece] = []
        for number, item in enumerate(items):
            told = self.about(item, *keys)
            pieces += ["、" if number else "", self.name(item["name"]), *(["（", *told, "）"] if told else [])]
        return pieces

    def in_order(self, items: Sequence[Item], *keys: str) -> list[Piece]:
        """The same a sentence each: ``第一家是甲，评分 4.8 分；…``, or as a numbered list, by the task's chance."""
        if len(items) < 2 or self.rng.random() < 0.5:
            return self.listed(items, *keys)
        pieces: list[Piece] = []
        for number, item in enumerate(items, 1):
            told = self.about(item, *keys)
            pieces += [f"\n{number}. ", self.name(item["name"]), *(["，", *told] if told else []), "；"]
        return pieces[:-1]
