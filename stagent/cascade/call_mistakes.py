"""Mistakes in calls, planned by looking at how the expert does it: which call goes wrong, and how."""

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import Any, NamedTuple

from stagent.cascade.asked import NAMES, asked_facts, right_names
from stagent.queries.task import Context
from stagent.queries.trajectory import CallStep, Trajectory, UserStep
from stagent.tools.schemas import BY_NAME, Parameter
from stagent.worlds.local.categories import CATEGORIES, WORDS, plain

_MODES = ("driving", "walking", "bicycling", "transit")  # what a traveller may confuse
_AHEAD_DAYS = 15  # of tickets and forecasts, as the tools have it
_UNTOUCHED = ("limit", "max_lists", "max_items", "days")  # how much is shown: seldom another answer


class WrongArgument(NamedTuple):
    """The value that an argument of the n-th call gets, from 0."""

    call: int
    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class CallPlan:
    """What goes wrong with an episode's calls, which are counted from 0.

    Attributes:
        left_out: a call that isn't made; early: the first of those of its turn that aren't; repeated: one made twice.
        passed_over: names, numbers and dates of items that results don't have, for whoever answers by them.
    """

    wrong: WrongArgument | None = None
    left_out: int | None = None
    early: int | None = None
    repeated: int | None = None
    passed_over: frozenset[str] = frozenset()


def wrong_arguments(clean: Trajectory, cities: Sequence[str]) -> list[WrongArgument]:
    """Every argument of a trajectory's calls that can be taken for another, with what it may become.

    Args:
        cities: all that the world has.
    """
    context = clean.task.context
    points = [context.location, *(at for at in context.profile.values() if _is_point(at))]
    found = []
    for number, call in enumerate(clean.calls()):
        for name, value in call.arguments.items():
            parameter = BY_NAME[call.tool].parameter(name)
            if parameter is not None and name not in _UNTOUCHED:
                for other in _others(parameter, value, call.arguments, points, cities, context):
                    found.append(WrongArgument(number, name, other))
        points += [item["location"] for item in call.content.get("items", ()) if "location" in item]
    return found


def shuffled(options: Sequence[WrongArgument], rng: random.Random) -> list[WrongArgument]:
    """In a drawn order: first which argument, each alike, then what it becomes."""
    places: dict[tuple[int, str], list[WrongArgument]] = {}
    for option in options:
        places.setdefault((option.call, option.name), []).append(option)
    order = rng.sample(list(places), len(places))
    mixed = [rng.sample(places[place], len(places[place])) for place in order]
    return [option for row in zip_longest(*mixed) for option in row if option is not None]


def _others(
    parameter: Parameter,
    value: Any,
    arguments: dict[str, Any],
    points: Sequence[str],
    cities: Sequence[str],
    context: Context,
) -> Iterator[Any]:
    """What an argument may be taken for; nothing for a free text."""
    if parameter.kind == "coordinate" or (parameter.kind == "place" and _is_point(value)):
        yield from (point for point in dict.fromkeys(points) if point not in arguments.values())
    elif parameter.kind == "coordinates":
        for point in dict.fromkeys(points):
            if value and point not in value:
                yield [*value[:-1], point]
    elif parameter.kind in ("region", "place"):
        yield from (city for city in cities if city not in arguments.values())
    elif parameter.kind == "choices":
        yield from ([mode] for mode in _MODES if mode not in value)
    elif parameter.kind == "choice":
        fits = ("center" in arguments) or "distance" not in parameter.allowed
        yield from (one for one in parameter.allowed if one != value and (fits or one != "distance"))
    elif parameter.kind == "date":
        yield from _near_dates(date.fromisoformat(value), context.now.date())
    elif parameter.kind == "time":
        yield from _later_times(value)
    elif parameter.kind in ("integer", "number"):
        yield from _near_numbers(parameter, value)
    elif parameter.kind == "text":
        yield from _near_categories(value)


def _is_point(text: Any) -> bool:
    return isinstance(text, str) and "," in text and text.replace(",", "").replace(".", "").replace("-", "").isdigit()


def _near_dates(day: date, today: date) -> Iterator[str]:
    for days in (-2, -1, 1, 2):
        if 0 <= (day - today).days + days <= _AHEAD_DAYS:
            yield (day + timedelta(days=days)).isoformat()


def _later_times(text: str) -> Iterator[str]:
    """Hours later on the same day: an hour that is past would be refused."""
    moment = datetime.fromisoformat(text)
    for hours in (1, 2, 3):
        if (moment + timedelta(hours=hours)).date() == moment.date():
            yield (moment + timedelta(hours=hours)).isoformat()


def _near_numbers(parameter: Parameter, value: float) -> Iterator[float]:
    """Half and twice as much; half a star more or less."""
    near = (value - 0.5, value + 0.5) if parameter.name == "min_rating" else (value / 2, value * 2)
    for other in near:
        if (parameter.least or 0) <= other <= (parameter.most or other):
            yield round(other) if parameter.kind == "integer" else other


def _near_categories(query: str) -> Iterator[str]:
    """Kinds of places beside the one that is asked for; a name, or words of a page, have none."""
    key = WORDS.get(plain(query))
    if key is not None:
        for other, category in CATEGORIES.items():
            if other != key and category.parent == CATEGORIES[key].parent:
                yield category.zh


def passed_over(clean: Trajectory) -> frozenset[str]:
    """What an answer chose among several items of a result: passing it over leaves the second best.

    It is named as the task wants, or has a value that the task wants. All that would be as right goes with it. What the
    user named, or the call looks for, is no choice.

    Returns:
        names, numbers or dates; empty: nothing was chosen, or everything else is as right.
    """
    said = "\n".join(step.text for step in clean.steps if isinstance(step, UserStep))
    asked = [each.fact for each in asked_facts(clean)]
    named = {str(fact.value) if fact.kind in NAMES else fact.entity for fact in asked}
    right = {name for predicate in clean.task.expects for name in right_names(predicate)}
    for call in clean.calls():
        offered = [name for name in _offered(call) if name not in said and name != call.arguments.get("query")]
        chosen = next((name for name in offered if name in named), None)
        if chosen and (others := set(offered) - right - {chosen}):
            return frozenset(set(offered) - others)
    return frozenset()


def _offered(call: CallStep) -> list[str]:
    """What a result offers to choose from, by what it is named."""
    items = call.content.get("items", ())
    every = [*items, *(entry for item in items for entry in item.get("entries", ()))]
    return list(dict.fromkeys(str(item[key]) for item in every for key in NAMES if key in item))


def without(content: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """A result's content without the items that are named so, where others are left; entries of charts too."""
    items = content.get("items")
    if not items:
        return content
    kept = [item for item in items if not any(str(item.get(key)) in names for key in NAMES)] or items
    charts = []
    for item in kept:
        entries = [entry for entry in item.get("entries", ()) if entry.get("name") not in names]
        charts.append(item | {"entries": entries} if entries else item)
    return content | {"items": charts}
