"""Where the arguments of calls come from: the words, the context, results; else they were made up."""

import itertools
import re
from collections.abc import Iterator

from stagent.queries.trajectory import CallStep
from stagent.reward.grounds import Grounds
from stagent.reward.plain import plain_name
from stagent.tools.schemas import BY_NAME
from stagent.worlds.local.categories import WORDS

_COORDINATE = re.compile(r"-?\d+(?:\.\d+)?\s*,\s*-?\d+(?:\.\d+)?")
_CLOSE = 0.0006  # degrees, some 60 m: a middle of several points that was computed, or rounded to four digits


def made_up(call: CallStep, grounds: Grounds) -> tuple[list[str], list[str]]:
    """Coordinates of a call that nobody gave, which is a veto, and other arguments, which count against it."""
    vetoed, against = [], []
    schema = BY_NAME.get(call.tool)
    if schema is None or not isinstance(call.arguments, dict):
        return [], [f"没有工具 {call.tool}"]
    for name, value in call.arguments.items():
        parameter = schema.parameter(name)
        if parameter is None:
            continue
        if parameter.kind in ("coordinate", "coordinates", "place"):
            for each in _coordinates(value):
                if not _known_point(each, grounds):
                    vetoed.append(f"{call.tool} 的 {name} 坐标 {each} 没有来源")
        named = parameter.kind in ("region", "place") and isinstance(value, str)
        if named and not _COORDINATE.fullmatch(value) and not _known_region(value, grounds):
            against.append(f"{call.tool} 的 {name}“{value}”没有来源")
        if name == "query" and isinstance(value, str) and not _known_query(value, grounds):
            against.append(f"{call.tool} 的 query“{value}”没有来源")
    return vetoed, against


def _coordinates(value: object) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) and _COORDINATE.fullmatch(each.strip()):
            yield each.strip()


def _known_point(text: str, grounds: Grounds) -> bool:
    if any(text in facts.places for _, facts in grounds.results):
        return True
    lat, lon = (float(part) for part in text.split(","))
    points = []
    for _, fact in grounds.words("coordinate"):
        try:
            here, there = (float(part) for part in str(fact.value).split(","))
        except ValueError:
            continue
        if abs(here - lat) < 2e-5 and abs(there - lon) < 2e-5:
            return True
        points.append((here, there))
    if grounds.has(text):
        return True
    near = [(a, b) for a, b in points if abs(a - lat) < 0.5 and abs(b - lon) < 0.5][:12]
    # the middle of two, or of all that the context names
    middles = [((a + c) / 2, (b + d) / 2) for n, (a, b) in enumerate(near) for c, d in near[n + 1 :]]
    return any(abs(a - lat) < _CLOSE and abs(b - lon) < _CLOSE for a, b in middles)


def _known_region(name: str, grounds: Grounds) -> bool:
    plain = plain_name(name)
    return grounds.has(plain) or (len(plain) > 2 and grounds.has(plain[:-1]))


def _known_query(query: str, grounds: Grounds) -> bool:
    """Whether some word of it was said or stands in results, or is a category."""
    plain = plain_name(query)
    if plain in WORDS or grounds.has(plain):
        return True
    pieces = re.findall(r"[a-z0-9]+|[\u4e00-\u9fff]", plain)
    pairs = [a + b for a, b in itertools.pairwise(plain)]
    return (
        not pieces or any(pair in WORDS or grounds.has(pair) for pair in pairs) or any(word in plain for word in WORDS)
    )
