"""Places that a service found: filtered, put in order and measured, whichever service it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from stagent.worlds.protocol import Unavailable

_ORDER = (
    "id",
    "name",
    "category",
    "tags",
    "city",
    "district",
    "address",
    "location",
    "distance_m",
    "along_m",
    "off_route_m",
    "distances_m",
    "max_distance_m",
    "total_distance_m",
    "rating",
    "review_count",
    "average_cost_yuan",
    "price_yuan",
    "open_now",
    "hours_today",
    "hours",
    "phone",
)
_CALLED = {"rating": "评分", "average_cost_yuan": "人均消费", "price_yuan": "标价"}
MANY = 75  # candidates where a service can't filter or sort itself: three pages of Amap's


@dataclass(slots=True)
class FoundPlace:
    """A place: where, (lat, lon) in WGS-84, and its item of a result, without what is unknown."""

    at: tuple[float, float]
    item: dict[str, Any]

    def with_(self, **more: Any) -> dict[str, Any]:
        """The item with further keys, in a result's order."""
        whole = self.item | more
        return {key: whole[key] for key in _ORDER if key in whole}


@dataclass(frozen=True, slots=True)
class Circle:
    """Where to search: around (lat, lon), ``radius_m`` metres."""

    centre: tuple[float, float]
    radius_m: int


class PlaceSource(Protocol):
    """A service that finds places.

    Attributes:
        name: as notes call it.
        knows: keys of items that it fills.
    """

    name: str
    knows: frozenset[str]

    async def places(
        self, query: str, *, circle: Circle | None, region: str | None, most: int, nearest: bool, clock: datetime
    ) -> list[FoundPlace]:
        """At most ``most`` places: in a circle, a region (the parameter of that name) or anywhere.

        Args:
            nearest: in the order of their distance from the circle's centre, else of relevance.

        Raises:
            Unavailable, ArgumentError
        """


def coordinate(at: tuple[float, float]) -> str:
    """``"30.64617,104.04799"``"""
    return f"{at[0]:.5f},{at[1]:.5f}"


def asked_of(arguments: dict[str, Any]) -> set[str]:
    """The keys of items that a call filters or sorts by."""
    price = {"average_cost": "average_cost_yuan", "price": "price_yuan"}[arguments["price_category"]]
    asked = set()
    if arguments.get("min_rating") is not None or arguments.get("sort_by") == "rating:d":
        asked.add("rating")
    if (
        arguments.get("price_min") is not None
        or arguments.get("price_max") is not None
        or arguments.get("sort_by") in ("price:a", "price:d")
    ):
        asked.add(price)
    return asked


def require(source: PlaceSource, asked: set[str]) -> None:
    """Raises Unavailable where a call filters or sorts by what the source doesn't know."""
    for key in sorted(asked - source.knows):
        raise Unavailable(f"{source.name}没有{_CALLED[key]}，请去掉与之有关的筛选和排序再查")


def filtered(spots: Sequence[FoundPlace], arguments: dict[str, Any]) -> list[FoundPlace]:
    """The places within the limits; one that lacks what is limited is none of them."""
    price = {"average_cost": "average_cost_yuan", "price": "price_yuan"}[arguments["price_category"]]
    limits = (
        ("rating", arguments.get("min_rating"), None),
        (price, arguments.get("price_min"), arguments.get("price_max")),
    )

    def within(item: dict[str, Any]) -> bool:
        for key, least, most in limits:
            if least is None and most is None:
                continue
            if key not in item or (least is not None and item[key] < least) or (most is not None and item[key] > most):
                return False
        return True

    return [spot for spot in spots if within(spot.item)]


def ordered(spots: Sequence[FoundPlace], arguments: dict[str, Any]) -> list[FoundPlace]:
    """In the order that ``sort_by`` asks for; places without the value come last, ties stay as they were."""
    price = {"average_cost": "average_cost_yuan", "price": "price_yuan"}[arguments["price_category"]]
    key, sign = {"rating:d": ("rating", -1), "price:a": (price, 1), "price:d": (price, -1)}.get(
        arguments["sort_by"], ("", 1)
    )
    if not key:
        return list(spots)
    return sorted(spots, key=lambda spot: sign * spot.item[key] if key in spot.item else float("inf"))
