"""Conditions on places that people state (a rating, a price, being open), as words, as parameters and as a test."""

from datetime import datetime
from typing import Any

from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import Slots
from stagent.queries.patterns.kinds import STAYS, KindOfPlace
from stagent.queries.scene import Scene
from stagent.worlds.local.place import MapPlace

_STAY_CATEGORIES = {kind.category for kind in STAYS}
# Category -> prices that people would name as the most: a meal's a head, a night's.
_MOST = {"luxury_hotel": (900, 1200), "hotel": (350, 400, 500), "budget_hotel": (160, 200), "guest_house": (250, 300)}
_MEAL_MOST = {
    "noodles": (20, 25, 30),
    "snacks": (15, 20),
    "fast_food": (25, 30),
    "burger": (30, 40),
    "milk_tea": (15, 20),
}
_MEAL_MOST |= {"cafe": (30, 35, 40), "dessert": (25, 30), "bakery": (25, 30), "tea_house": (80, 100), "bar": (100, 120)}
_MEAL_USUAL = (60, 70, 80, 100, 120)


def draw_conditions(scene: Scene, kind: KindOfPlace, names: tuple[str, ...]) -> Slots:
    """Slots for some of "rating", "price", "open".

    ``{"rating": 4.5, "price_max": 60, "price_of": "average_cost", "open": True,
    "condition": "评分4.5以上、人均60元以内、现在营业的"}``; conditions that aren't drawn are None or False.
    """
    rng, said = scene.rng, []
    slots: Slots = {"rating": None, "price_max": None, "price_of": "average_cost", "open": False}
    if "rating" in names:
        slots["rating"] = rating = rng.choice((4.0, 4.2, 4.5, 4.5, 4.6))
        said.append(rng.choice(("评分{}以上", "评分不低于{}", "{}分以上", "评分至少{}")).format(f"{rating:g}"))
    if "price" in names:
        stay = kind.category in _STAY_CATEGORIES
        most = rng.choice(_MOST[kind.category] if stay else _MEAL_MOST.get(kind.category, _MEAL_USUAL))
        slots["price_max"], slots["price_of"] = most, "price" if stay else "average_cost"
        ways = (
            ("一晚{}元以内", "房价不超过{}元", "{}块以内一晚")
            if stay
            else ("人均{}以内", "人均不超过{}元", "人均{}块以内", "人均最多{}元")
        )
        said.append(rng.choice(ways).format(most))
    if "open" in names:
        slots["open"] = True
        said.append(rng.choice(("现在营业", "正在营业", "现在还开着", "现在开门")))
    rng.shuffle(said)
    slots["condition"] = "、".join(said) + "的" if said else ""
    return slots


def fits(place: MapPlace, slots: Slots, now: datetime) -> bool:
    """Whether a place meets the conditions; what isn't known doesn't."""
    price = place.price if slots["price_of"] == "price" else place.average_cost
    return (
        (slots["rating"] is None or (place.rating is not None and place.rating >= slots["rating"]))
        and (slots["price_max"] is None or (price is not None and price <= slots["price_max"]))
        and (not slots["open"] or (place.hours is not None and place.hours.is_open(now)))
    )


def parameters(slots: Slots) -> dict[str, Any]:
    """What of the conditions a search has parameters for."""
    price = slots["price_of"] if slots["price_max"] is not None and slots["price_of"] != "average_cost" else None
    return {"min_rating": slots["rating"], "price_max": slots["price_max"], "price_category": price}


async def search(episode: Episode, thought: str, **arguments: Any) -> list[dict[str, Any]]:
    """Places that a search finds.

    Raises:
        Unsolved: the map knows no ratings or no prices; said without the tool's words.
    """
    try:
        return (await episode.call("map_search_places", thought, **arguments))["items"]
    except Unsolved as reason:
        raise Unsolved(f"{str(reason).partition('；')[0]}，没法按这个条件筛选。") from None


def stated(slots: Slots) -> tuple[str, ...]:
    """The auxiliary dimensions of the conditions."""
    found = ["preference_constraints.category_or_cuisine"]
    if slots.get("rating"):
        found.append("preference_constraints.rating")
    if slots.get("price_max"):
        found.append("budget_constraints.upper_limit")
    if slots.get("open"):
        found += ["preference_constraints.open_hours", "temporal_constraints.now"]
    return tuple(found)


def lacking(scene: Scene, slots: Slots) -> str:
    """What the world doesn't know of all places: ``"评分"``, ``"人均"``, ``"价格"``; "": it knows what is asked for."""
    index = scene.gazetteer.world.index
    known = {
        "评分": slots.get("rating") is None or index.rating,
        "价格": slots.get("price_max") is None or (
            index.price if slots["price_of"] == "price" else index.average_cost
        ),
    }  # fmt: skip
    return next((what for what, values in known.items() if values is not True and not (values == values).any()), "")
