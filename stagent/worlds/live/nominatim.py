"""Places of Nominatim, as https://nominatim.org/release-docs/latest/api/Search/ describes it: names, no ratings."""

import math
from datetime import datetime
from typing import Any

from stagent.routing.geometry import haversine_m
from stagent.worlds.live.service import WebService
from stagent.worlds.live.shape import Node
from stagent.worlds.live.spot import Circle, FoundPlace, coordinate
from stagent.worlds.protocol import ArgumentError

NAME = "Nominatim"
_MOST = 40  # the most that it gives
_CITY = ("city", "town", "municipality", "village")
_DISTRICT = ("city_district", "borough", "suburb", "county")
_METRES_A_DEGREE = 111_195


class NominatimPlaces:
    """``PlaceSource`` of Nominatim."""

    name = NAME
    knows: frozenset[str] = frozenset()

    def __init__(self, service: WebService):
        self._service = service

    async def places(
        self, query: str, *, circle: Circle | None, region: str | None, most: int, nearest: bool, clock: datetime
    ) -> list[FoundPlace]:
        answer = await self._search(
            query if region is None else f"{query}, {region}",
            limit=min(most if circle is None else _MOST, _MOST),
            addressdetails=1,
            extratags=1,
            **(_box(circle) if circle else {}),
        )
        spots = [_spot(node) for node in answer]
        if circle:
            for spot in spots:
                spot.item["distance_m"] = round(float(haversine_m(*circle.centre, *spot.at)))
            spots = [spot for spot in spots if spot.item["distance_m"] <= circle.radius_m]
            if nearest:
                spots.sort(key=lambda spot: spot.item["distance_m"])
        return spots[:most]

    async def point(self, name: str, parameter: str) -> tuple[float, float]:
        """Where a city or a district lies.

        Raises:
            ArgumentError: nowhere.
            Unavailable
        """
        found = await self._search(name, limit=1)
        if not found:
            raise ArgumentError(parameter, f"没有找到区域“{name}”", "城市或区县的名称，或坐标“纬度,经度”")
        return _at(found[0])

    async def _search(self, query: str, **params: Any) -> list[Node]:
        asked = {"q": query, "format": "jsonv2", "accept-language": "zh-CN,zh,en"}
        return (await self._service.get("/search", asked | params)).each()

    async def close(self) -> None:
        await self._service.close()


def _box(circle: Circle) -> dict[str, Any]:
    (lat, lon), high = circle.centre, circle.radius_m / _METRES_A_DEGREE
    wide = high / max(math.cos(math.radians(lat)), 0.01)
    return {"viewbox": f"{lon - wide:.6f},{lat - high:.6f},{lon + wide:.6f},{lat + high:.6f}", "bounded": 1}


def _at(node: Node) -> tuple[float, float]:
    return float(node["lat"].decimal(-90, 90)), float(node["lon"].decimal(-180, 180))


def _spot(node: Node) -> FoundPlace:
    at, shown = _at(node), node["display_name"].text()
    kind, number = node["osm_type"].text(), round(node["osm_id"].number(0, 1e15))
    name = node.find("name")
    item = {"id": f"{kind}/{number}", "name": name.text() if name else shown.split(",")[0]}
    address = node.find("address")
    for key, theirs in (("city", _CITY), ("district", _DISTRICT)):
        found = next((value for part in theirs if address and (value := address.find(part))), None)
        if found:
            item[key] = found.text()
    item |= {"address": shown, "location": coordinate(at)}
    more = node.find("extratags")
    for key, theirs in (("hours", ("opening_hours",)), ("phone", ("phone", "contact:phone"))):
        found = next((value for tag in theirs if more and (value := more.find(tag))), None)
        if found:
            item[key] = found.text()
    return FoundPlace(at, item)
