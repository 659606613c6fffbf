"""Features of an extract as places: their category, names, address, hours and tags."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from stagent.worlds.local.categories import CATEGORIES
from stagent.worlds.local.place import Coordinate, MapPlace
from stagent.worlds.osm.extract import Extract, Feature
from stagent.worlds.osm.hours import hours_of

# What is of use without a name; it is called by its brand, its operator, or what it is.
_NAMELESS = frozenset(
    ("atm", "toilet", "parking", "fuel", "charging", "taxi", "playground", "bicycle_rental", "post", "courier", "court")
)
_NO_PLACE = frozenset(("entrance", "no", "roof", "wall", "garage", "garages", "shed", "construction", "vacant"))
_OTHER_NAMES = ("alt_name", "short_name", "loc_name", "old_name", "official_name", "int_name", "brand")
_LANGUAGE = re.compile(r"name:[a-z]{2,3}([-_]\w+)?")
_YES = {
    "wheelchair": "无障碍",
    "outdoor_seating": "户外座位",
    "takeaway": "可外带",
    "delivery": "可外送",
    "diet:vegetarian": "有素食",
    "diet:vegan": "有纯素",
}
_HAN = re.compile(r"[⺀-鿿豈-﫿]")


def _conditions() -> dict[tuple[str, str], list[tuple[int, str, tuple[tuple[str, str], ...]]]]:
    """First condition of a category's tags -> how strong they are, the category, and all conditions."""
    table = defaultdict(list)
    for order, (key, kind) in enumerate(CATEGORIES.items()):
        for conditions in kind.osm:
            exact = sum(value != "*" for _, value in conditions)
            # more conditions before fewer, exact values before any, then the order of the table
            rank = -(1000 * len(conditions) + 500 * (exact == len(conditions))) + order
            table[conditions[0]].append((rank, key, conditions))
    return dict(table)


_CONDITIONS = _conditions()


def category_of(tags: dict[str, str]) -> str | None:
    """The category that tags mean best; ``{"amenity": "restaurant", "cuisine": "pizza;kebab"}`` → pizza."""
    values = {key: [part.strip() for part in value.split(";")] for key, value in tags.items()}
    found = []
    for key, parts in values.items():
        for part in (*parts, "*"):
            if part == "*" and set(parts) <= _NO_PLACE:
                continue
            for rank, category, conditions in _CONDITIONS.get((key, part), ()):
                if all(name in values and (want == "*" or want in values[name]) for name, want in conditions):
                    # of several cuisines the first one counts
                    spot = min((values[name].index(want) for name, want in conditions[1:] if want != "*"), default=0)
                    found.append((rank // 500, spot, rank, category))
    return min(found)[-1] if found else None


@dataclass(slots=True)
class OsmPlaces:
    """Places, and how many of those with opening hours have some that could be read."""

    places: list[MapPlace]
    with_hours: int = 0
    read_hours: int = 0


def osm_places(extract: Extract, locate: Callable[[Coordinate, dict[str, str]], tuple[str, str]]) -> OsmPlaces:
    """All features that are places.

    Args:
        locate: city and district of a point with tags, "" where not known.
    """
    done = OsmPlaces([])
    for feature in extract.features:
        category = category_of(feature.tags)
        name = _name(feature.tags, category)
        if category is None or not name or feature.tags.get("access") in ("no", "private"):
            continue
        hours = None
        if text := feature.tags.get("opening_hours"):
            hours = hours_of(text, feature.at)
            done.with_hours += 1
            done.read_hours += hours is not None
        city, district = locate(feature.at, feature.tags)
        done.places.append(
            MapPlace(
                id=feature.id,
                name=name,
                category=category,
                at=feature.at,
                city=city,
                district=district,
                address=_address(feature.tags),
                phone=_first(feature.tags, ("phone", "contact:phone", "contact:mobile", "mobile")),
                hours=hours,
                tags=tuple(_tags(feature)),
                other_names=tuple(other_names(feature.tags, name)),
            )
        )
    return done


def other_names(tags: dict[str, str], name: str) -> list[str]:
    """Names besides the one in the local language: in other languages, short and old ones."""
    found = [tags[key] for key in tags if key in _OTHER_NAMES or _LANGUAGE.fullmatch(key)]
    parts = (part.strip() for value in found for part in value.split(";"))
    return [part for part in dict.fromkeys(parts) if part and part != name]


def _first(tags: dict[str, str], keys: Iterable[str]) -> str:
    return next((tags[key].split(";")[0].strip() for key in keys if key in tags), "")


def _name(tags: dict[str, str], category: str | None) -> str:
    if tags.get("name", "").strip():
        return tags["name"].strip()
    if category not in _NAMELESS:
        return tags.get("brand", "").strip()
    return _first(tags, ("brand", "operator")) or CATEGORIES[category].zh


def _address(tags: dict[str, str]) -> str:
    """``"Aleksanterinkatu 52"``, ``"人民路88号"``"""
    if full := tags.get("addr:full"):
        return full
    street = tags.get("addr:street") or tags.get("addr:place", "")
    number = tags.get("addr:housenumber", "")
    if not street:
        return ""
    return f"{street}{number}" if _HAN.search(street) else f"{street} {number}".strip()


def _tags(feature: Feature) -> list[str]:
    """Cuisines and what else a visitor may ask for."""
    tags = feature.tags
    found = [cuisine.strip().replace("_", " ") for cuisine in tags.get("cuisine", "").split(";") if cuisine.strip()]
    found += [label for key, label in _YES.items() if tags.get(key) in ("yes", "only")]
    if tags.get("internet_access") in ("wlan", "yes", "wifi"):
        found.append("有网络")
    if tags.get("stars", "").isdigit():
        found.append(f"{tags['stars']}星")
    return list(dict.fromkeys(found))
