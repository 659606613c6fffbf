"""Kinds of places that a city has: how many, where, when open, at what price, called what. Read from ``kinds.txt``."""

from pathlib import Path
from typing import NamedTuple

from stagent.worlds.local.categories import CATEGORIES


class PlaceKind(NamedTuple):
    """A line of ``kinds.txt``; ``cost`` and ``price`` are the usual range in yuan, or None."""

    category: str
    count: int
    pull: int
    schedule: str
    cost: tuple[int, int] | None
    price: tuple[int, int] | None
    rating: float | None
    reviews: int
    names: tuple[str, ...]
    tags: tuple[str, ...]


def _read(path: Path) -> tuple[PlaceKind, ...]:
    kinds = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        category, count, pull, schedule, yuan, rating, reviews, names, tags = line.split("|")
        if category not in CATEGORIES:
            raise ValueError(f"{path.name}: {category} is no category")
        span = tuple(map(int, yuan[1:].split("-"))) if yuan != "-" else None
        kinds.append(
            PlaceKind(
                category,
                int(count),
                int(pull),
                schedule,
                span if yuan.startswith("a") else None,
                span if yuan.startswith("p") else None,
                None if rating == "-" else float(rating),
                int(reviews),
                tuple(names.split(",")),
                tuple(tag for tag in tags.split(",") if tag),
            )
        )
    return tuple(kinds)


KINDS = _read(Path(__file__).with_name("kinds.txt"))
