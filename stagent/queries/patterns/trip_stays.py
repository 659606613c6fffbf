"""Days of a trip: a sight for each by its weather, and a hotel."""

import random
from collections.abc import Sequence
from datetime import date
from typing import Any

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import Slots, sentence
from stagent.queries.patterns.journeys import Item, name_of
from stagent.queries.patterns.opening import hours_on, names, of_category, open_some_time
from stagent.queries.patterns.trip_rides import day_said
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Scene
from stagent.worlds.local.categories import CATEGORIES
from stagent.worlds.local.city import City

# What to see on wet and on dry days: categories with the words for them.
_SIGHT_WORDS = {"museum": "博物馆", "gallery": "美术馆", "park": "公园", "temple": "寺庙"}


_THEMES = (("museum", "park"), ("museum", "park"), ("gallery", "park"), ("museum", "temple"), ("gallery", "temple"))


_SEARCHED = 20
_DRY_LEFT_OUT = 0.5  # of plans without a wet day, in which a forecast changes nothing


def city_called(scene: Scene, name: str) -> City:
    return next(city for city in scene.gazetteer.cities if city.name == name)


def kind_of(day: Item, slots: Slots) -> str:
    """The category to see on a day: the wet one where rain is likely, else the dry one."""
    return slots["kinds"][0 if day["rain_percent"] >= slots["p"] else 1]


def drawn_theme(scene: Scene) -> Slots:
    wet, dry = scene.rng.choice(_THEMES)
    return {
        "kinds": [wet, dry],
        "wet": _SIGHT_WORDS[wet],
        "dry": _SIGHT_WORDS[dry],
        "p": scene.rng.choice((20, 30, 40, 50)),
        "rating": scene.rng.choice((4.0, 4.0, 4.2)),
    }


def _sights_search(category: str, region: str, rating: float) -> dict[str, Any]:
    return {
        "query": _SIGHT_WORDS[category],
        "region": region,
        "min_rating": rating,
        "sort_by": "rating:d",
        "limit": _SEARCHED,
    }


def _plan(days: Sequence[Item], found: dict[str, list[Item]], slots: Slots) -> list[tuple[Item, str]] | None:
    """A sight with its hours for each day, each another; None: there aren't enough whose hours can be read."""
    taken: set[str] = set()
    plan = []
    for day in days:
        category = kind_of(day, slots)
        for item in of_category(found[category], CATEGORIES[category].zh):
            hours = (
                hours_on(item["hours"], date.fromisoformat(day["date"]), "holiday" in day) if "hours" in item else None
            )
            if item["name"] not in taken and hours not in (None, "休息"):
                taken.add(item["name"])
                plan.append((item, hours))
                break
        else:
            return None
    return plan


async def true_sights(scene: Scene, days: Sequence[Item], slots: Slots, region: str) -> list[list[str]] | None:
    """For each day the names that may be seen on it; None: the expert would find too few, or, mostly, no day is wet."""
    if all(kind_of(day, slots) == slots["kinds"][1] for day in days) and scene.rng.random() < _DRY_LEFT_OUT:
        return None
    found = {}
    for category in {kind_of(day, slots) for day in days}:
        content = await scene.ask("map_search_places", **_sights_search(category, region, slots["rating"]))
        found[category] = content["items"]
    if _plan(days, found, slots) is None:
        return None
    city = city_called(scene, region)
    return [
        names(
            place
            for place in scene.gazetteer.places(city, kind_of(day, slots))
            if open_some_time(place, date.fromisoformat(day["date"]))
            and place.rating is not None
            and place.rating >= slots["rating"]
        )
        for day in days
    ]


async def find_sights(episode: Episode, days: Sequence[Item], slots: Slots, region: str) -> list[tuple[Item, str]]:
    found = {}
    for category in sorted({kind_of(day, slots) for day in days}):
        content = await episode.call(
            "map_search_places",
            f"找{region}的{_SIGHT_WORDS[category]}",
            **_sights_search(category, region, slots["rating"]),
        )
        found[category] = content["items"]
    plan = _plan(days, found, slots)
    if plan is None:
        raise Unsolved(f"{region}合条件、当天开门的地方不够排满这几天。")
    return plan


def days_said(days: Sequence[Item], plan: Sequence[tuple[Item, str]], slots: Slots, rng: random.Random) -> list[Piece]:
    """A clause a day: its date, weather and sight."""
    pieces: list[Piece] = []
    for day, (place, hours) in zip(days, plan, strict=True):
        when = date.fromisoformat(day["date"])
        pieces += sentence(
            (
                "{date}{weather}（降水{rain}）去{place}，{hours}；",
                "{date}：{weather}，降水概率{rain}，{place}（{hours}）；",
            ),
            rng,
            date=Fact(day_said(when), "date", day["date"], day["date"]),
            weather=Fact(day["condition_day"], "word", day["condition_day"], day["date"]),
            rain=say_fact("percent", day["rain_percent"], day["date"]),
            place=name_of(place),
            hours=Fact("全天开放" if hours == "全天" else f"开放 {hours}", "hours", hours, place["name"]),
        )
    pieces[-1] = str(pieces[-1]).removesuffix("；") + "。"
    return pieces


def _hotel_search(region: str, slots: Slots) -> dict[str, Any]:
    return {
        "query": "酒店",
        "region": region,
        "price_max": slots["price"],
        "price_category": "price",
        "min_rating": slots["hotel_rating"],
        "sort_by": "rating:d",
        "limit": 5,
    }


def fitting_hotels(scene: Scene, region: str, slots: Slots) -> list[str]:
    return names(
        place
        for place in scene.gazetteer.places(city_called(scene, region), "hotel")
        if place.price is not None
        and place.price <= slots["price"]
        and place.rating is not None
        and place.rating >= slots["hotel_rating"]
    )


async def find_hotel(episode: Episode, region: str, slots: Slots) -> Item:
    content = await episode.call("map_search_places", f"找{region}合预算的酒店", **_hotel_search(region, slots))
    if not content["items"]:
        raise Unsolved(f"{region}没有{slots['price']}元以内、{slots['hotel_rating']}分以上的酒店。")
    return content["items"][0]


def hotel_said(hotel: Item, nights: int, rng: random.Random) -> list[Piece]:
    """A hotel with its price, of one night and of all."""
    price = hotel["price_yuan"]
    pieces = sentence(
        ("住{hotel}，评分{rating}，每晚{price}", "酒店推荐{hotel}（{rating}），{price}一晚"),
        rng,
        hotel=name_of(hotel),
        rating=Fact(f"{hotel['rating']:.1f} 分", "rating", hotel["rating"], hotel["name"]),
        price=say_fact("money", price, hotel["name"]),
    )
    if nights > 1:
        pieces += sentence(
            ("，{nights}晚共{total}",),
            rng,
            nights=Fact(str(nights), "count", nights, hotel["name"]),
            total=say_fact("money", price * nights, hotel["name"], how="product"),
        )
    return [*pieces, "。"]


def trip_auxiliary(slots: Slots, *more: str) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            (
                *more,
                "temporal_constraints.specific_date",
                "preference_constraints.rating",
                *(("budget_constraints.upper_limit",) if "price" in slots else ()),
            )
        )
    )
