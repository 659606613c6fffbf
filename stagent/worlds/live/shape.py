"""Reading a service's answer strictly: what its documentation doesn't allow is Unavailable, never a guess."""

import math
import re
from datetime import date, datetime
from typing import Any, NoReturn

from stagent.worlds.protocol import Unavailable

_INTEGER = re.compile(r"-?[0-9]{1,12}")
_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")
_LONGEST = 300  # characters of a name or an address


class Node:
    """A JSON value and where it stands: ``Node(answer, "高德")["route"]["paths"].each()[0]["distance"].count()``.

    Every reader raises Unavailable, naming the service and the place, for a value of another kind.
    """

    __slots__ = ("path", "service", "value")

    def __init__(self, value: Any, service: str, path: str = ""):
        self.value, self.service, self.path = value, service, path

    def fail(self, expected: str) -> NoReturn:
        where = self.path or "整体"
        raise Unavailable(f"{self.service}的回答与其文档不符（{where} 应为{expected}），不能使用，请改用其他方式")

    def __getitem__(self, key: str) -> "Node":
        """What an object has to have."""
        found = self.find(key)
        if found is None:
            Node(None, self.service, f"{self.path}.{key}".lstrip(".")).fail("必有的值")
        return found

    def find(self, key: str) -> "Node | None":
        """What an object may have; None also where it is empty: null, ``""``, ``[]``, ``{}``."""
        if not isinstance(self.value, dict):
            self.fail("对象")
        value = self.value.get(key)
        if value is None or (isinstance(value, str | list | dict) and not value):
            return None
        return Node(value, self.service, f"{self.path}.{key}".lstrip("."))

    def each(self) -> list["Node"]:
        """The entries of a list."""
        if not isinstance(self.value, list):
            self.fail("列表")
        return [Node(entry, self.service, f"{self.path}[{at}]") for at, entry in enumerate(self.value)]

    def entries(self, key: str) -> list["Node"]:
        """The entries of a list that must be there and may be empty."""
        if not isinstance(self.value, dict) or not isinstance(self.value.get(key), list):
            Node(None, self.service, f"{self.path}.{key}".lstrip(".")).fail("列表")
        return Node(self.value[key], self.service, f"{self.path}.{key}".lstrip(".")).each()

    def text(self) -> str:
        """A string on one line."""
        if not isinstance(self.value, str):
            self.fail("文本")
        return " ".join(self.value.split())[:_LONGEST]

    def count(self) -> int:
        """A string of digits, as Amap writes numbers: ``"2385"``."""
        number = self.integer()
        if number < 0:
            self.fail("不小于零的整数文本")
        return number

    def integer(self) -> int:
        """``"-7"``"""
        if not isinstance(self.value, str) or not _INTEGER.fullmatch(self.value):
            self.fail("整数文本")
        return int(self.value)

    def decimal(self, least: float = 0, most: float = 1e9) -> float | int:
        """``"4.8"``; an int where it is integral: ``"85.00"`` → 85."""
        if not isinstance(self.value, str) or not _DECIMAL.fullmatch(self.value):
            self.fail("数字文本")
        if not least <= float(self.value) <= most:
            self.fail(f"{least:g} 至 {most:g} 的数字文本")
        return whole(float(self.value))

    def number(self, least: float = -1e9, most: float = 1e9) -> float:
        """A JSON number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or not math.isfinite(self.value):
            self.fail("数字")
        if not least <= self.value <= most:
            self.fail(f"{least:g} 至 {most:g} 的数字")
        return self.value

    def lon_lat(self, separator: str = ",") -> tuple[float, float]:
        """``"104.047992,30.646168"`` → (lat, lon)"""
        lon, _, lat = self.value.partition(separator) if isinstance(self.value, str) else ("", "", "")
        if not (
            _DECIMAL.fullmatch(lon) and _DECIMAL.fullmatch(lat) and abs(float(lon)) <= 180 and abs(float(lat)) <= 90
        ):
            self.fail("“经度,纬度”")
        return float(lat), float(lon)

    def line(self) -> list[tuple[float, float]]:
        """``"104.05,30.64;104.06,30.65"`` → [(lat, lon), …]"""
        if not isinstance(self.value, str):
            self.fail("坐标串")
        return [Node(point, self.service, self.path).lon_lat() for point in self.value.strip(";").split(";")]

    def day(self) -> date:
        """``"2026-01-05"``"""
        try:
            return date.fromisoformat(self.value)
        except (TypeError, ValueError):
            self.fail("日期")

    def moment(self) -> datetime:
        """``"2026-01-05 09:00:00"`` or ``"2026-01-05T09:00"``, naive."""
        try:
            moment = datetime.fromisoformat(self.value)
        except (TypeError, ValueError):
            self.fail("时间")
        if moment.tzinfo is not None:
            self.fail("不带时区的时间")
        return moment


def whole(number: float) -> float | int:
    """85.0 → 85, 4.8 → 4.8"""
    return int(number) if number == int(number) else number
