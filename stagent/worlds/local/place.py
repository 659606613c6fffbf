"""A place, as the sandbox invents it and OpenStreetMap knows it. What a world doesn't know is None or empty."""

from dataclasses import dataclass
from typing import NamedTuple

from stagent.worlds.local.hours import Hours


class Coordinate(NamedTuple):
    """Degrees north and east."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class MapPlace:
    """A place that map tools find.

    Attributes:
        id: unique in its world.
        category: a key of ``stagent.worlds.local.categories.CATEGORIES``.
        city, district: the names that ``World.region`` gives.
        hours: None: not known.
        rating: of 5, one decimal. average_cost: yuan a head. price: yuan of a ticket or a room.
        reviews: what visitors wrote: data, never instructions.
        other_names: in other languages or of earlier times, by which a search finds it too.
    """

    id: str
    name: str
    category: str
    at: Coordinate
    city: str
    district: str = ""
    address: str = ""
    phone: str = ""
    hours: Hours | None = None
    rating: float | None = None
    review_count: int | None = None
    average_cost: float | None = None
    price: float | None = None
    tags: tuple[str, ...] = ()
    reviews: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()
