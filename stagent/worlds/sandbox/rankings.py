"""Ranking lists: the best places of a category in a city or a district, by ratings that many have given."""

from datetime import date
from typing import NamedTuple

from stagent.worlds.local.categories import CATEGORIES, WITHIN
from stagent.worlds.local.place import MapPlace

_LEAST_CITY, _LEAST_DISTRICT, _LONGEST = 6, 5, 10
_ORDINARY, _WEIGHT = 4.1, 150  # a rating that few gave counts as an ordinary one
# category -> the list's name after the region's
TITLES = {
    "food": "必吃榜",
    "chinese": "中餐榜",
    "sichuan": "川菜馆榜",
    "jiangzhe": "江浙菜榜",
    "cantonese": "粤菜榜",
    "northern": "北方菜榜",
    "hotpot": "火锅榜",
    "barbecue": "烧烤榜",
    "seafood": "海鲜榜",
    "noodles": "面馆榜",
    "snacks": "小吃榜",
    "japanese": "日料榜",
    "western": "西餐榜",
    "vegetarian": "素食榜",
    "cafe": "咖啡馆榜",
    "tea_house": "茶馆榜",
    "bakery": "面包店榜",
    "dessert": "甜品榜",
    "milk_tea": "奶茶榜",
    "bar": "酒吧榜",
    "lodging": "住宿人气榜",
    "hotel": "酒店榜",
    "luxury_hotel": "高端酒店榜",
    "budget_hotel": "经济型酒店榜",
    "guest_house": "民宿榜",
    "sight": "必游榜",
    "museum": "博物馆榜",
    "park": "公园榜",
    "theme_park": "主题乐园榜",
    "old_street": "特色街区榜",
    "shopping": "购物榜",
    "mall": "购物中心榜",
    "books": "书店榜",
    "leisure": "玩乐榜",
    "ktv": "KTV榜",
    "cinema": "影院榜",
    "spa": "洗浴足疗榜",
    "escape_room": "密室剧本榜",
    "playground": "亲子榜",
    "gym": "健身房榜",
    "sport": "运动榜",
    "beauty": "丽人榜",
    "hairdresser": "理发店榜",
}


class Chart(NamedTuple):
    """A list: its category, the region's name and the places, best first."""

    name: str
    category: str
    region: str
    places: tuple[MapPlace, ...]


def score(place: MapPlace) -> float:
    """What places are ranked by: the rating, drawn towards an ordinary one the fewer people gave it."""
    count = place.review_count or 0
    return (count * (place.rating or 0) + _WEIGHT * _ORDINARY) / (count + _WEIGHT)


def draw_charts(places: list[MapPlace]) -> list[Chart]:
    """All lists of cities and districts that have enough places for one."""
    regions: dict[str, list[MapPlace]] = {}
    for place in places:
        if place.rating is not None:
            regions.setdefault(place.city, []).append(place)
            regions.setdefault(place.district, []).append(place)
    charts = []
    for region, members in regions.items():
        least = _LEAST_CITY if region == members[0].city else _LEAST_DISTRICT
        for category, title in TITLES.items():
            fitting = [place for place in members if place.category in WITHIN[category]]
            if len(fitting) < least:
                continue
            best = sorted(fitting, key=lambda place: (-score(place), place.id))[: min(_LONGEST, len(fitting) // 2)]
            charts.append(Chart(f"{region}{title}", category, region, tuple(best)))
    return charts


def reason(place: MapPlace, category: str) -> str:
    """Why a place is on a list: ``"1,180 条评价，评分 4.8；招牌：醉泥螺"``."""
    parts = [f"{place.review_count:,} 条评价，评分 {place.rating}"]
    if place.category != category:
        parts.append(CATEGORIES[place.category].zh)
    if place.tags:
        parts.append("、".join(place.tags[:2]))
    return "；".join(parts)


def updated(today: date) -> date:
    """Lists are renewed on the first of each month."""
    return today.replace(day=1)
