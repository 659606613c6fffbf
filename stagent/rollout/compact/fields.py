"""What the compact codec takes from a result: things with fields, flat, each of a kind, and which of them it shows.

    {"number": "G12", "departure": "2026-01-05T07:14:00+08:00", "fares": [{"cabin": "二等座", "fare_yuan": 263.5}]}
    ──► a thing "G12" with departure (clock "07:14"), fares.0.cabin (word), fares.0.fare_yuan (money)

A field that isn't shown can be pointed to all the same: a model says an address without having read it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from stagent.rollout.compact.pages import numbers_of

# Last key of a field's path -> kind of ``stagent.queries.answer.KINDS``; a key that isn't here is no field.
KEYS = {
    "name": "name",
    "number": "number",
    "category": "word",
    "district": "word",
    "address": "word",
    "rating": "rating",
    "review_count": "count",
    "average_cost_yuan": "money",
    "price_yuan": "money",
    "open_now": "open",
    "hours_today": "hours",
    "hours": "hours",
    "phone": "phone",
    "distance_m": "distance",
    "distances_m": "distance",
    "off_route_m": "distance",
    "along_m": "distance",
    "max_distance_m": "distance",
    "total_distance_m": "distance",
    "walking_m": "distance",
    "mode": "word",
    "duration_s": "duration",
    "traffic_delay_s": "duration",
    "departure": "clock",
    "arrival": "clock",
    "toll_yuan": "money",
    "fare_yuan": "money",
    "road": "name",
    "line": "name",
    "from_name": "name",
    "to_name": "name",
    "stop_count": "count",
    "carrier": "word",
    "from_station": "name",
    "to_station": "name",
    "cabin": "word",
    "seats_left": "count",
    "date": "date",
    "condition": "word",
    "condition_day": "word",
    "condition_night": "word",
    "high_c": "temperature",
    "low_c": "temperature",
    "temperature_c": "temperature",
    "feels_like_c": "temperature",
    "rain_percent": "percent",
    "humidity_percent": "percent",
    "wind_direction": "word",
    "wind_level": "word",
    "sunrise": "clock",
    "sunset": "clock",
    "air_quality_index": "count",
    "air_quality": "word",
    "region": "name",
    "list_name": "name",
    "rank": "count",
}
# What is shown, in this order.
_SHOWN = (
    *("list_name", "mode", "category", "open_now", "rating", "review_count", "average_cost_yuan", "price_yuan"),
    *("distance_m", "off_route_m", "max_distance_m", "total_distance_m", "duration_s", "traffic_delay_s"),
    *("toll_yuan", "fare_yuan", "departure", "arrival", "fares.0.cabin", "fares.0.fare_yuan", "fares.0.seats_left"),
    *("date", "condition", "condition_day", "condition_night", "high_c", "low_c", "temperature_c", "rain_percent"),
    *("wind_level", "air_quality"),
)
# What is often said of a place and not shown: that it has none is.
_MISSED = ("hours_today", "phone", "rating")
_NAMES = ("name", "number")
_MOST = 8  # members of a list of steps, legs or fares


class FieldValue(NamedTuple):
    """A value of a kind, in the kind's unit; a moment as ``HH:MM`` (its day is in ``moment``)."""

    kind: str
    value: Any
    moment: str = ""


class FoundThing(NamedTuple):
    """A thing that a result names, or has without a name; ``text``: of a page."""

    name: str
    at: str
    fields: dict[str, FieldValue]
    text: str = ""


def things_of(content: dict[str, Any]) -> Iterator[FoundThing]:
    """The things of a result's content, in its order: what the whole is about, the items, the members of lists."""
    if about := content.get("about"):
        yield _found(about)
    for item in content.get("items", ()):
        yield _found(item)
        for entry in item.get("entries", ()):
            yield _found(entry)


def shown(things: list[FoundThing]) -> list[list[tuple[str, FieldValue]]]:
    """Of each thing the fields that a model reads, in their order."""
    return [[(path, thing.fields[path]) for path in _SHOWN if path in thing.fields] for thing in things]


def missing(thing: FoundThing) -> list[str]:
    """What a place, by its category, doesn't have: ``["phone"]``."""
    return [path for path in _MISSED if path not in thing.fields] if "category" in thing.fields else []


def _found(item: dict[str, Any]) -> FoundThing:
    name = next((str(item[key]) for key in _NAMES if item.get(key)), "")
    location = item.get("location", "")
    fields = dict(_fields(item, ""))
    text = str(item.get("excerpt") or item.get("hours") or "")
    fields |= {number.path: FieldValue(number.kind, number.value) for number in numbers_of(text)}
    return FoundThing(name, location if isinstance(location, str) else "", fields, str(item.get("excerpt", "")))


def _fields(value: dict[str, Any], prefix: str) -> Iterator[tuple[str, FieldValue]]:
    for key, each in value.items():
        if each is None or key == "entries":
            continue
        if isinstance(each, list):
            for place, member in enumerate(each[:_MOST]):
                if isinstance(member, dict):
                    yield from _fields(member, f"{prefix}{key}.{place}.")
                elif key in KEYS:
                    yield f"{prefix}{key}.{place}", FieldValue(KEYS[key], member)
        elif isinstance(each, dict):
            yield from _fields(each, f"{prefix}{key}.")
        elif key in KEYS:
            yield f"{prefix}{key}", _value(KEYS[key], each)


def _value(kind: str, value: Any) -> FieldValue:
    if kind == "clock" and "T" in str(value):
        return FieldValue(kind, datetime.fromisoformat(value).strftime("%H:%M"), value)
    return FieldValue(kind, value)
