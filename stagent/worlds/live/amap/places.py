"""Places of Amap: ``/v5/place/text`` and ``/v5/place/around``."""

import re
from datetime import datetime, time
from zoneinfo import ZoneInfo

from stagent.worlds.live.amap.client import NAME, Amap, lon_lat, wgs
from stagent.worlds.live.shape import Node
from stagent.worlds.live.spot import Circle, FoundPlace, coordinate
from stagent.worlds.protocol import ArgumentError

_PAGE = 25  # the most that Amap gives at once
_LONGEST = 80  # characters of a keyword
_CHINA = ZoneInfo("Asia/Shanghai")
_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-9]):([0-5]\d)")
_MORNING = time(6)
_TAGS = 6


class AmapPlaces:
    """``PlaceSource`` of Amap."""

    name = NAME
    knows = frozenset({"rating", "average_cost_yuan"})

    def __init__(self, amap: Amap):
        self._amap = amap

    async def places(
        self, query: str, *, circle: Circle | None, region: str | None, most: int, nearest: bool, clock: datetime
    ) -> list[FoundPlace]:
        if len(query) > _LONGEST:
            raise ArgumentError(
                "query", f"关键词有 {len(query)} 个字，{NAME}最多 {_LONGEST} 个", "更短的地点名称或类别"
            )
        params = {"keywords": query, "show_fields": "business", "page_size": min(most, _PAGE)}
        if region is not None:
            params |= {"region": (await self._amap.region(region, "region")).adcode, "city_limit": "true"}
        if circle is not None:
            params |= {
                "location": lon_lat(circle.centre),
                "radius": circle.radius_m,
                "sortrule": "distance" if nearest else "weight",
            }
        spots: dict[str, FoundPlace] = {}
        for page in range(1, -(-most // _PAGE) + 1):
            answer = await self._amap.get(f"/v5/place/{'around' if circle else 'text'}", **params, page_num=page)
            pois = answer.entries("pois")
            for poi in pois:
                spot = _spot(poi, clock)
                if spot is not None:
                    spots.setdefault(spot.item["id"], spot)
            if len(pois) < params["page_size"]:
                break
        return list(spots.values())[:most]


def _spot(poi: Node, clock: datetime) -> FoundPlace | None:
    """A place; None for one without coordinates, which no other tool could use."""
    name, id_, location = poi["name"].text(), poi["id"].text(), poi.find("location")
    if location is None:
        return None
    at = wgs([location.lon_lat()])[0]
    item = {"id": id_, "name": name, "location": coordinate(at)}
    kind = poi.find("type")
    if kind:
        item["category"] = kind.text().split("|")[0].split(";")[-1]
    for key, theirs in (("city", "cityname"), ("district", "adname"), ("address", "address")):
        node = poi.find(theirs)
        if node:
            item[key] = node.text()
    distance = poi.find("distance")
    if distance:
        item["distance_m"] = distance.count()
    business = poi.find("business")
    if business:
        item |= _business(business, clock)
    return FoundPlace(at, item)


def _business(business: Node, clock: datetime) -> dict:
    item = {}
    tags = [node.text() for key in ("keytag", "rectag", "tag") if (node := business.find(key))]
    tags = list(dict.fromkeys(tag for text in tags for tag in re.split("[,，;；|]", text) if tag))[:_TAGS]
    if tags:
        item["tags"] = tags
    rating, cost = business.find("rating"), business.find("cost")
    if rating:
        item["rating"] = rating.decimal(0, 5)
    if cost:
        item["average_cost_yuan"] = cost.decimal(0, 1e6)
    today, hours, phone = (business.find(key) for key in ("opentime_today", "opentime_week", "tel"))
    if today:
        item["hours_today"] = today.text()
        state = open_now(today.text(), clock)
        if state is not None:
            item["open_now"] = state
    if hours:
        item["hours"] = hours.text()
    if phone:
        item["phone"] = phone.text()
    return item


def open_now(today: str, moment: datetime) -> bool | None:
    """Whether ``"11:00-14:00 17:00-02:00"`` is open at a moment; None: it can't be told.

    That is so of hours in words, and before six in the morning outside today's hours: the evening before may go on.
    """
    spans = [_SPAN.fullmatch(part) for part in re.split("[ ,，;；]+", today.strip())]
    if not all(spans):
        return None
    now = moment.astimezone(_CHINA).time()
    minute = now.hour * 60 + now.minute
    for span in spans:
        start_h, start_m, end_h, end_m = map(int, span.groups())
        start, end = start_h * 60 + start_m, end_h * 60 + end_m
        if start <= minute < (end if end > start else end + 24 * 60):
            return True
    return False if now >= _MORNING else None
