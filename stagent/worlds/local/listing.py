"""Places as items of an answer: which pass the filters, in which order, and what is said of each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from stagent.worlds.local.categories import CATEGORIES
from stagent.worlds.local.index import PlaceIndex
from stagent.worlds.local.place import MapPlace
from stagent.worlds.protocol import ArgumentError, Unavailable

_REVIEWS = 2  # of a place in an item


def yuan(amount: float) -> int | float:
    """``yuan(30.0) == 30``, ``yuan(12.5) == 12.5``."""
    amount = round(float(amount), 2)
    return int(amount) if amount.is_integer() else amount


def coordinate(at: Sequence[float]) -> str:
    """``"30.41200,150.10000"``"""
    return f"{at[0]:.5f},{at[1]:.5f}"


def described(place: MapPlace, clock: datetime, **more: Any) -> dict[str, Any]:
    """A place as an item; ``more``: keys of this call, of which distance_m stands after the location."""
    item: dict[str, Any] = {"id": place.id, "name": place.name, "category": CATEGORIES[place.category].zh}
    known = (
        ("tags", list(place.tags)),
        ("city", place.city),
        ("district", place.district),
        ("address", place.address),
        ("location", coordinate(place.at)),
        ("distance_m", more.pop("distance_m", "")),
        ("rating", "" if place.rating is None else place.rating),
        ("review_count", "" if place.review_count is None else place.review_count),
        ("average_cost_yuan", "" if place.average_cost is None else yuan(place.average_cost)),
        ("price_yuan", "" if place.price is None else yuan(place.price)),
    )
    item |= {key: value for key, value in known if value not in ("", [])}
    if place.hours is not None:
        item["open_now"] = place.hours.is_open(clock)
        item["hours_today"] = place.hours.on(clock.date())
        item["hours"] = place.hours.text()
    if place.phone:
        item["phone"] = place.phone
    if place.reviews:
        item["reviews"] = list(place.reviews[:_REVIEWS])
    return item | more


class Filters:
    """The filters of a call on ratings and prices.

    Raises:
        Unavailable: the world knows no ratings, or no prices, at all.
        ArgumentError: price_min above price_max.
    """

    def __init__(self, index: PlaceIndex, arguments: dict[str, Any]):
        self._rating, self._least = index.rating, arguments.get("min_rating")
        self._low, self._high = arguments.get("price_min"), arguments.get("price_max")
        of_a_head = arguments["price_category"] == "average_cost"
        self.price = index.average_cost if of_a_head else index.price
        priced, sort = self._low is not None or self._high is not None, arguments["sort_by"]
        if (self._least is not None or sort == "rating:d") and np.isnan(index.rating).all():
            what = "min_rating" if self._least is not None else "sort_by=rating:d"
            raise Unavailable(f"这里的地图没有评分数据；去掉 {what} 后可以再搜索")
        if (priced or sort.startswith("price")) and np.isnan(self.price).all():
            what = "price_min、price_max" if priced else f"sort_by={sort}"
            raise Unavailable(f"这里的地图没有{'人均消费' if of_a_head else '价格'}数据；去掉 {what} 后可以再搜索")
        if self._low is not None and self._high is not None and self._low > self._high:
            raise ArgumentError("price_max", f"最高价格 {self._high} 低于最低价格 {self._low}", "不低于 price_min 的数")

    def passing(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) which rows pass, and (n,) of which rows a filtered value isn't known; these don't pass."""
        passes, unknown = np.ones(len(rows), bool), np.zeros(len(rows), bool)
        if self._least is not None:
            passes &= self._rating[rows] >= self._least
            unknown |= np.isnan(self._rating[rows])
        if self._low is not None:
            passes &= self.price[rows] >= self._low
        if self._high is not None:
            passes &= self.price[rows] <= self._high
        if self._low is not None or self._high is not None:
            unknown |= np.isnan(self.price[rows])
        return passes, unknown


def not_known(unknown: np.ndarray) -> str:
    """A sentence about places of which a filtered value isn't known."""
    count = int(unknown.sum())
    return f"另有 {count} 个地点没有所筛选的评分或价格，未列入。" if count else ""


def first(rows: np.ndarray, key: np.ndarray, limit: int) -> np.ndarray:
    """Positions of the ``limit`` least keys, least first; NaN last, ties by id."""
    if len(rows) > 4 * limit:
        least = np.partition(np.where(np.isnan(key), np.inf, key), limit - 1)[limit - 1]
        few = np.flatnonzero(~(key > least))
        return few[np.argsort(key[few], kind="stable")[:limit]]
    return np.argsort(key, kind="stable")[:limit]


def counted(total: int, shown: int, how: str = "列出前") -> str:
    """``"共 57 个符合，列出前 10 个。"``, nothing where all are shown."""
    return f"共 {total} 个符合，{how} {shown} 个。" if total > shown else ""


def left_out(hints: dict[str, str], index: PlaceIndex) -> str:
    """Sentences about conditions in a query that a search doesn't read: which parameter does, if anything can."""
    sentences = []
    for word, hint in hints.items():
        costs = np.concatenate([index.average_cost, index.price])
        lacking = [what for part, what, known in (("rating", "评分", index.rating), ("price", "价格", costs))
                   if part in hint and np.isnan(known).all()]  # fmt: skip
        how = f"这里没有{lacking[0]}数据" if lacking else f"可用 {hint}"
        sentences.append(f"“{word}”未作为筛选条件，{how}。")
    return "".join(sentences)
