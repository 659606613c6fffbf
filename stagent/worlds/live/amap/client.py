"""Amap's answers, its infocodes, and the administrative regions that its other services ask for by code."""

import re
from dataclasses import dataclass
from typing import Any

from stagent.worlds.live import gcj
from stagent.worlds.live.amap.infocodes import NO_ROUTE, trouble
from stagent.worlds.live.service import Trouble, WebService
from stagent.worlds.live.shape import Node
from stagent.worlds.live.way import NoWay
from stagent.worlds.protocol import ArgumentError

NAME = "高德"
_CODE = re.compile(r"[0-9]{5}")
_CITY_AND_PART = re.compile(r"(.{2,}?(?:市|州|盟|地区))(.{2,})")
_RANKS = ("city", "province", "district", "street", "country")  # of several regions of one name the first is meant
_REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class Region:
    """An administrative region; ``centre`` is (lat, lon) in WGS-84, ``citycode`` "" where it has none."""

    name: str
    adcode: str
    citycode: str
    centre: tuple[float, float]


def lon_lat(point: tuple[float, float]) -> str:
    """A WGS-84 point as Amap wants it: GCJ-02, longitude first, six decimals."""
    lat, lon = gcj.to_gcj([point])[0]
    return f"{lon:.6f},{lat:.6f}"


def wgs(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Amap's points in WGS-84."""
    return [(float(lat), float(lon)) for lat, lon in gcj.to_wgs(points)]


class Amap:
    """What every request to Amap shares."""

    def __init__(self, service: WebService):
        self._service = service
        self._regions: dict[str, Region] = {}

    async def get(self, path: str, **params: Any) -> Node:
        """A good answer.

        Raises:
            NoWay: a direction's answer says that there is no route.
            Unavailable
        """
        check = _trouble_on_the_way if path.startswith("/v5/direction/") else _trouble
        answer = await self._service.get(path, params, check=check)
        infocode = answer["infocode"].text()
        if infocode in NO_ROUTE:
            raise NoWay(NO_ROUTE[infocode])
        return answer

    async def region(self, name: str, parameter: str) -> Region:
        """The region of a name: ``"杭州"``, ``"海淀区"``, ``"南京市鼓楼区"``, an adcode.

        Raises:
            ArgumentError: there is none, or there are several.
            Unavailable
        """
        if name not in self._regions:
            found = _region(await self._districts(name), name, parameter)
            parted = _CITY_AND_PART.fullmatch(name)
            if found is None and parted:
                city, part = parted.groups()
                above = [node for node in await self._districts(city, subdistrict=2) if _is(node, city)]
                found = _region([below for node in above for below in _below(node)], part, parameter)
            if found is None:
                raise ArgumentError(parameter, f"没有找到区域“{name}”", "城市或区县的名称，如“杭州市”“杭州市西湖区”")
            if len(self._regions) >= _REMEMBERED:
                self._regions.pop(next(iter(self._regions)))
            self._regions[name] = found
        return self._regions[name]

    async def region_at(self, point: tuple[float, float]) -> Region | None:
        """The district that a point lies in; None: in none that Amap knows."""
        answer = await self.get("/v3/geocode/regeo", location=lon_lat(point), extensions="base")
        part = answer["regeocode"].find("addressComponent")
        adcode = part and part.find("adcode")
        if not adcode:
            return None
        # Of a municipality the city is empty, of a city without districts the district.
        names = [part.find(key) for key in ("city", "district")]
        name = "".join(node.text() for node in names if node) or part["province"].text()
        citycode = part.find("citycode")
        return Region(name, adcode.text(), citycode.text() if citycode else "", point)

    async def _districts(self, keywords: str, subdistrict: int = 0) -> list[Node]:
        answer = await self.get(
            "/v3/config/district", keywords=keywords, subdistrict=subdistrict, extensions="base", offset=20
        )
        return answer.entries("districts")

    async def close(self) -> None:
        await self._service.close()


def _trouble(answer: Node) -> Trouble | None:
    status, infocode = answer["status"].text(), answer["infocode"].text()
    if not _CODE.fullmatch(infocode):
        answer["infocode"].fail("五位数字")
    return None if status == "1" and infocode == "10000" else trouble(infocode)


def _trouble_on_the_way(answer: Node) -> Trouble | None:
    return None if answer["infocode"].text() in NO_ROUTE else _trouble(answer)


def _is(node: Node, name: str) -> bool:
    """Whether a district is called so, or has this code: 杭州 is 杭州市, 内蒙古 is 内蒙古自治区."""
    called = node["name"].text()
    return called.startswith(name) or node["adcode"].text() == name


def _below(node: Node) -> list[Node]:
    """The districts under one, at any depth."""
    children = node.entries("districts")
    return children + [deeper for child in children for deeper in _below(child)]


def _region(districts: list[Node], name: str, parameter: str) -> Region | None:
    named = [node for node in districts if _is(node, name)]
    exact = [node for node in named if node["name"].text() == name] or named
    for rank in _RANKS:
        ranked = {node["adcode"].text(): node for node in exact if node["level"].text() == rank}
        if len(ranked) > 1:
            raise ArgumentError(parameter, f"有 {len(ranked)} 个叫“{name}”的区域", "写明城市的名称，如“南京市鼓楼区”")
        for node in ranked.values():
            citycode = node.find("citycode")
            centre = wgs([node["center"].lon_lat()])[0]
            return Region(node["name"].text(), node["adcode"].text(), citycode.text() if citycode else "", centre)
    return None
