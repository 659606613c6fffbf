"""What patterns about ways have in common: places that a user names, and routes to them, drawn, true and found."""

import math
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import Slots, sentence
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Scene
from stagent.worlds.local.place import MapPlace

# Constraints that most instructions about ways state.
WHOLE_CITY = "spatial_constraints.within_city.whole_city"
NOW = "temporal_constraints.now"
AT_A_TIME = "temporal_constraints.specific_time"


Item = dict[str, Any]


# Places that people give as where they are or want to go, by their names.
LANDMARKS = (
    *(
        "sight",
        "museum",
        "gallery",
        "park",
        "theme_park",
        "zoo",
        "square",
        "mall",
        "department_store",
        "railway_station",
    ),
    *("hospital", "university", "library", "theatre", "cinema", "stadium", "hotel", "office_building", "airport"),
    *("coach_station", "town_hall", "business_area", "restaurant", "bank", "supermarket"),
)


MODES = {"driving": "开车", "walking": "步行", "bicycling": "骑车", "transit": "坐公共交通"}


# How a mode is said in a question.
SAID = {
    "driving": ("开车", "驾车", "自驾"),
    "walking": ("走路", "步行", "走着"),
    "bicycling": ("骑车", "骑自行车", "骑单车"),
    "transit": ("坐公交地铁", "坐公共交通", "坐公交或者地铁"),
}


# Straight metres between the ends of a way that one asks about.
_FAR = {"driving": (1500, 40_000), "walking": (300, 3500), "bicycling": (800, 9000), "transit": (1500, 30_000)}


_TRIES = 12


def metres(a: Sequence[float], b: Sequence[float]) -> float:
    """Straight metres between two points of a city; quicker than the exact ``haversine_m``, and good enough to draw."""
    north = (b[0] - a[0]) * 111_195
    return math.hypot(north, (b[1] - a[1]) * 111_195 * math.cos(math.radians(a[0])))


def landmark(
    scene: Scene,
    mode: str = "driving",
    *,
    start: Sequence[float] | None = None,
    unlike: Sequence[str] = (),
    categories: Sequence[str] = LANDMARKS,
) -> MapPlace | None:
    """A place that its name means alone, as far from a start as one goes by a mode; None: some tries found none.

    Args:
        start: the user's place unless it is given.
        unlike: names that are taken.
    """
    nearest, farthest = _FAR[mode]
    for _ in range(_TRIES):
        places = scene.places(scene.rng.choice(categories))
        if not places:
            continue
        place = scene.rng.choice(places)
        if place.name in unlike or place.name not in scene.gazetteer.named_once or "（" in place.name:
            continue
        if nearest <= metres(start or scene.here, place.at) <= farthest:
            return place
    return None


def rarely(scene: Scene) -> bool:
    """Whether to ask for what a world has no data of: in a third of the tasks that try to, as each has many tries."""
    return scene.rng.random() < 0.02


def drawn_mode(scene: Scene, modes: Sequence[str] = tuple(MODES)) -> str:
    """A mode of travel; by transit only where the city has timetables."""
    return scene.rng.choice([mode for mode in modes if mode != "transit" or scene.city.timetable is not None])


def drawn_start(scene: Scene, named: float = 0.3) -> dict[str, str]:
    """Where a way begins, as slots: ``start`` is "" for the user's place, 家 or 公司 of the profile, or a place's name;
    ``from`` says it.

    Args:
        named: how often it is a place with a name.
    """
    known = [name for name in ("家", "公司") if name in scene.context.profile]
    draw = scene.rng.random()
    if draw < named and (place := landmark(scene, "driving")):
        return {"start": place.name, "from": f"从{place.name}"}
    if draw < named + 0.25 and known:
        name = scene.rng.choice(known)
        return {"start": name, "from": {"家": scene.rng.choice(("从家", "从我家")), "公司": "从公司"}[name]}
    return {"start": "", "from": scene.rng.choice(("", "", "从我这里", "从这儿", "从我的位置"))}


def known_start(scene: Scene, slots: dict[str, Any]) -> Sequence[float]:
    """About where a drawn start is, for whoever draws a destination: a place with a name counts as the user's."""
    if slots["start"] in scene.context.profile:
        lat, lon = scene.context.profile[slots["start"]].split(",")
        return float(lat), float(lon)
    return scene.here


async def true_start(scene: Scene, slots: dict[str, Any]) -> str | None:
    """The coordinate of a drawn start; None: a search doesn't find it."""
    if slots["start"] in ("", "家", "公司"):
        return scene.context.profile.get(slots["start"], scene.context.location)
    place = await true_place(scene, slots["start"])
    return place["location"] if place else None


async def true_place(scene: Scene, name: str) -> Item | None:
    """What a search for a named place gives; None: it doesn't give this place first, so that nobody could find it."""
    content = await scene.ask("map_search_places", query=name, region=scene.region, limit=1)
    items = content.get("items")
    return items[0] if items and items[0]["name"] == name else None


async def true_route(scene: Scene, origin: str, destination: str, mode: str = "driving", **more: Any) -> Item | None:
    """The route of a mode; None: there is none, or no data for it."""
    content = await scene.ask("map_compute_routes", origin=origin, destination=destination, modes=[mode], **more)
    items = content.get("items")
    return items[0] if items else None


async def true_ends(scene: Scene, slots: Slots) -> tuple[str, str] | None:
    """The coordinates of a drawn way's start and end; None: a search doesn't find one of them."""
    start, end = await true_start(scene, slots), await true_place(scene, slots["to"])
    return (start, end["location"]) if start and end else None


async def find(episode: Episode, name: str) -> Item:
    """Searches a place that the user named.

    Raises:
        Unsolved: there is no such place.
    """
    content = await episode.call(
        "map_search_places", f"先找到{name}的位置", query=name, region=episode.context.city, limit=1
    )
    items = content["items"]
    if not items or items[0]["name"] != name:
        raise Unsolved(f"在{episode.context.city}没有找到“{name}”，请确认一下名称。")
    return items[0]


async def origin(episode: Episode, slots: dict[str, Any]) -> str:
    """The coordinate of a drawn start: of the context, or of a search."""
    if slots["start"] in ("", "家", "公司"):
        return episode.context.profile.get(slots["start"], episode.context.location)
    return (await find(episode, slots["start"]))["location"]


async def route(
    episode: Episode, origin: str, destination: str, mode: str = "driving", thought: str = "", **more: Any
) -> Item:
    """The route of a mode.

    Raises:
        Unsolved: there is none; the reason is the tool's.
    """
    content = await episode.call(
        "map_compute_routes",
        thought or f"算{MODES[mode]}的路线",
        origin=origin,
        destination=destination,
        modes=None if mode == "driving" else [mode],
        **more,
    )
    if not content["items"]:
        raise Unsolved(content.get("note") or "没有可行的路线。")
    return content["items"][0]


def verdict(value: bool, words: dict[str, list[str]]) -> dict[str, Any]:
    return {"kind": "verdict", "value": value, **words}


def said_duration(seconds: int, entity: str = "", within: int = 60) -> dict[str, Any]:
    return {"kind": "value", "of": "duration", "any_of": [seconds], "within": within, "entity": entity}


def said_clock(*moments: str, entity: str = "") -> dict[str, Any]:
    """A predicate of a moment, to the minute before or after it: ``09:20:07`` is said as 09:20 or 09:21."""
    minutes = dict.fromkeys(minute for moment in moments for minute in clocks(moment))
    return {"kind": "value", "of": "clock", "any_of": list(minutes), "entity": entity}


def said_value(of: str, *values: Any, within: float = 0, entity: str = "") -> dict[str, Any]:
    return {"kind": "value", "of": of, "any_of": list(values), "within": within, "entity": entity}


def no_data(*words: str) -> tuple[dict[str, Any], ...]:
    return ({"kind": "unsolved", "reason": "no_data", "words": list(words)},)


def moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso)


def clock(iso: str) -> str:
    """To the nearest minute: ``clock("2026-01-05T09:20:40+08:00") == "09:21"``."""
    return f"{moment(iso) + timedelta(seconds=30):%H:%M}"


def clocks(iso: str) -> list[str]:
    """The minutes before and after a moment: ``09:20:07`` → 09:20, 09:21; ``09:20:00`` → 09:20."""
    at = moment(iso)
    return [f"{at:%H:%M}"] + ([f"{at + timedelta(minutes=1):%H:%M}"] if at.second else [])


def iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def next_day(item: Item) -> str:
    """What to say before an arrival: 次日 where it is after midnight."""
    return "次日" if moment(item["arrival"]).date() > moment(item["departure"]).date() else ""


def day_word(now: datetime, day: datetime) -> str:
    """今天, 明天, 后天."""
    return ("今天", "明天", "后天")[(day.date() - now.date()).days]


def later(scene: Scene, first: int = 20, last: int = 300) -> datetime:
    """A moment some minutes from now on, at a quarter of an hour."""
    at = scene.now + timedelta(minutes=scene.rng.randrange(first, last))
    return at.replace(minute=at.minute // 15 * 15) + timedelta(minutes=15)


def name_of(place: Item | str) -> Fact:
    name = place if isinstance(place, str) else place["name"]
    return Fact(name, "name", name, name)


def start_said(slots: dict[str, Any]) -> list[Piece]:
    """A drawn start as an answer says it: 从家, 从澜屿站, 从您的位置."""
    return ["从", name_of(slots["start"])] if slots["start"] else ["从您的位置"]


def way_facts(item: Item, entity: str, rng: random.Random) -> dict[str, Piece]:
    """``duration``, ``distance``, ``arrival`` and ``departure`` of a route, as ``sentence`` takes them."""
    return {
        "duration": say_fact("duration", item["duration_s"], entity, rng=rng),
        "distance": say_fact("distance", item["distance_m"], entity, rng=rng),
        "arrival": say_fact("clock", clock(item["arrival"]), entity, rng=rng),
        "departure": say_fact("clock", clock(item["departure"]), entity, rng=rng),
    }


def exactly(seconds: int, entity: str = "", how: str = "given") -> Fact:
    """A duration to the second, where it stands beside others whose differences are told: ``15 分 19 秒``."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "小时"), (minutes, "分钟" if not rest else "分"), (rest, "秒"))
    text = " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 秒"
    return Fact(text, "duration", seconds, entity, how)


def main_roads(item: Item, most: int = 2) -> list[Piece]:
    """The roads on which most of a route goes, in their order: 内环快速路、望海西路; [] where they have no names."""
    length: dict[str, int] = {}
    for step in item["steps"]:
        if "road" in step:
            length[step["road"]] = length.get(step["road"], 0) + step["distance_m"]
    longest = sorted(length, key=lambda road: -length[road])[:most]
    return listed([name_of(road) for road in length if road in longest])


def rides(item: Item) -> list[Item]:
    """The steps of a transit route in which one rides."""
    return [step for step in item["steps"] if step["mode"] not in ("walking", "waiting")]


def listed(facts: Sequence[Piece], between: str = "、") -> list[Piece]:
    """Facts with something between them."""
    return [piece for at, fact in enumerate(facts) for piece in ((between, fact) if at else (fact,))]


def roads_said(item: dict[str, Any], rng: random.Random) -> list[Piece]:
    roads = main_roads(item)
    return sentence(("主要走{roads}。", "途经{roads}。", "路上主要经过{roads}。"), rng, roads=roads) if roads else []
