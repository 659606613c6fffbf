"""What a search is near to: the user's own place, home, work, or a place that is named."""

from typing import Any

import numpy as np

from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import Slots
from stagent.queries.scene import Scene, where
from stagent.routing.geometry import haversine_m
from stagent.worlds.local.place import MapPlace

# Categories whose places people take for landmarks.
LANDMARKS = (
    "railway_station",
    "metro_station",
    "mall",
    "sight",
    "university",
    "hospital",
    "hotel",
    "theatre",
    "library",
)
# What is near to whom: how to say "near", "from", and whom an answer means.
_SAID = {
    "here": (("附近", "我附近", "这附近", "周边", "我这边"), ("我", "我", "我这儿", "我这里"), "您"),
    "家": (("我家附近", "家附近", "家周边"), ("我家", "家"), "您家"),
    "公司": (("公司附近", "我公司附近", "公司周边"), ("公司", "我公司"), "公司"),
}

# Metres -> how people type them.
_RADII = {
    300: ("300米", "300 米", "三百米"),
    500: ("500米", "500 米", "五百米", "半公里"),
    800: ("800米", "800 米", "八百米"),
    1000: ("1公里", "一公里", "1 公里", "1km", "1000米"),
    1500: ("1.5公里", "1500米", "一公里半"),
    2000: ("2公里", "两公里", "2 公里", "2km"),
    3000: ("3公里", "三公里", "3 公里", "3km"),
    5000: ("5公里", "五公里", "5 公里"),
}


def named(slots: Slots) -> list[str]:
    """The name of the question that an answer may repeat, if the anchor has one."""
    return [slots["anchor_name"]] if slots["anchor"] == "place" else []


def spaced(name: str) -> str:
    """A name before digits: ``"Amos Rex "``, ``"澜屿站"``."""
    return f"{name} " if name[-1] < "\u2e80" else name


def draw_radius(scene: Scene, choices: tuple[int, ...] = tuple(_RADII)) -> Slots:
    """``{"radius_m": 2000, "within": "两公里"}``"""
    radius = scene.rng.choice(choices)
    return {"radius_m": radius, "within": scene.rng.choice(_RADII[radius])}


def draw_anchor(scene: Scene, kinds: tuple[str, ...] = ("here", "here", "家", "公司", "place")) -> Slots | None:
    """Slots ``anchor``, ``anchor_at`` (for truth), and the words ``near``, ``from``, ``anchor_name``.

    ``{"anchor": "place", "anchor_at": "30.4…,174.6…", "near": "澜屿站附近", "from": "澜屿站", "anchor_name": …}``

    Returns:
        None: the profile doesn't have it, or the city has no such place.
    """
    rng = scene.rng
    kind = rng.choice(kinds)
    if kind == "place":
        place = draw_landmark(scene)
        if place is None:
            return None
        near = place.name + rng.choice(("附近", "周边", "旁边"))
        return {
            "anchor": kind,
            "anchor_at": where(place),
            "near": near,
            "from": spaced(place.name),
            "anchor_name": place.name,
        }
    at = scene.context.location if kind == "here" else scene.context.profile.get(kind)
    if at is None:
        return None
    nears, froms, called = _SAID[kind]
    return {
        "anchor": kind,
        "anchor_at": at,
        "near": rng.choice(nears),
        "from": rng.choice(froms),
        "anchor_name": called,
    }


def draw_landmark(scene: Scene, categories: tuple[str, ...] = LANDMARKS) -> MapPlace | None:
    """A well known place of the city whose name means it alone."""
    for category in scene.rng.sample(categories, len(categories)):
        if place := scene.known_place(category):
            return place
    return None


def point(text: str) -> tuple[float, float]:
    lat, lon = text.split(",")
    return float(lat), float(lon)


def metres(place: MapPlace, centre: tuple[float, float]) -> float:
    """The straight distance of a place, as searches measure it."""
    return float(haversine_m(np.array([place.at.lat]), np.array([place.at.lon]), *centre)[0])


async def find_anchor(slots: Slots, episode: Episode) -> str:
    """Where it is: from the context, or from a search for its name."""
    if slots["anchor"] == "here":
        return episode.context.location
    if slots["anchor"] != "place":
        return episode.context.profile[slots["anchor"]]
    return (await find_place(slots["anchor_name"], episode))["location"]


async def find_place(name: str, episode: Episode, why: str = "") -> dict[str, Any]:
    """The item of a place that is called so.

    Raises:
        Unsolved: there is none.
    """
    found = await episode.call("map_search_places", why or f"先查{name}的位置", query=name, limit=3)
    item = next((item for item in found["items"] if item["name"] == name), None)
    if item is None:
        raise Unsolved(f"没有找到{name}，请确认一下名称。")
    return item
