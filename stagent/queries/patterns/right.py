"""What is right of places: predicates and truths that several patterns share."""

from collections.abc import Iterable, Sequence
from typing import Any

from stagent.queries.pattern import Slots, Truth
from stagent.queries.patterns.anchors import metres, point
from stagent.queries.scene import Scene
from stagent.worlds.local.categories import WORDS, plain
from stagent.worlds.local.place import MapPlace

Predicate = dict[str, Any]
NOTHING = ("没有", "没找到", "没查到", "找不到", "未找到", "暂无", "都不", "都没", "打烊", "关门")


def chosen(winners: Sequence[str], among: Iterable[str], also: Sequence[str] = ()) -> Predicate:
    """One is to be chosen: any of several that are equally right; a single one and no other of ``among``.

    Args:
        also: names of the question, which an answer may repeat.
    """
    winners = list(dict.fromkeys(winners))
    # what is a part of a winner's name is named with it, and the word for the kind by everybody
    own = [plain(name) for name in winners]
    others = [
        name
        for name in dict.fromkeys(among)
        if plain(name) not in WORDS and not any(plain(name) in winner for winner in own)
    ]
    if not others:
        return {"kind": "names", "any_of": winners, "least": 1, "only": True, "also": list(also)}
    # those that are equally right count as one alternative with several names
    return {"kind": "choice", "winner": winners, "among": [winners, *([name] for name in others)]}


def some_of(fitting: Sequence[MapPlace], least: int, also: Sequence[str] = ()) -> Predicate:
    """Some of the fitting places are named, and no other."""
    names = list(dict.fromkeys(place.name for place in fitting))
    return {
        "kind": "names",
        "any_of": names,
        "least": min(least, len(names)),
        "only": True,
        "also": [name for name in also if name],
    }


def nothing_found(*words: str, auxiliary: tuple[str, ...] = ()) -> Truth:
    """Nothing fits, and an answer must say so."""
    expects = ({"kind": "unsolved", "reason": "nothing_found", "words": [*words, *NOTHING]},)
    return Truth(expects, auxiliary=auxiliary, unsolvable="nothing_found")


def no_data(*words: str, auxiliary: tuple[str, ...] = ()) -> Truth:
    """The world doesn't know such things."""
    return Truth(
        ({"kind": "unsolved", "reason": "no_data", "words": list(words)},), auxiliary=auxiliary, unsolvable="no_data"
    )


def around(scene: Scene, category: str, slots: Slots, radius: float) -> list[tuple[MapPlace, float]]:
    """Places of a kind within straight metres of the slots' anchor, nearest first, with how far each is."""
    centre = point(slots["anchor_at"])
    return [(place, metres(place, centre)) for place in scene.near(scene.places(category), radius, centre)]


def nearest(away: Sequence[tuple[MapPlace, float]]) -> list[MapPlace]:
    """The nearest, and whatever is as near to the metre."""
    least = min(distance for _, distance in away)
    return [place for place, distance in away if distance < least + 1]


def nameless(names: Iterable[str]) -> bool:
    """Whether one is called what it is, a car park 停车场: then to name it says nothing."""
    return any(plain(name) in WORDS for name in names)
