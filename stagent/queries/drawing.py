"""Tasks drawn over a world: a scene, a pattern's slots and words, what is true of them, and the calls it takes."""

import itertools
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, difficulty, worded
from stagent.queries.scene import Gazetteer, Scene
from stagent.queries.task import SPLITS, Context, Split, Task
from stagent.queries.trajectory import Trajectory
from stagent.worlds.local.city import City
from stagent.worlds.local.listing import coordinate
from stagent.worlds.protocol import ClockError
from utils import InputError

_TRIES = 20  # draws of scene and slots until a task comes of it
_BARREN = 50  # numbers in a row of which no task came, until it is given up
_YEAR, _FORTNIGHT, _BEYOND = 340, 14, 15  # days
# What a profile may say besides home and work; with the chance of it.
_COMPANY = ("带老人", "带孩子", "和朋友一起", "情侣出行")
_VEHICLES = ("电动汽车", "燃油车", "没有车")


class Drawn(NamedTuple):
    """A task and the expert's way through it."""

    task: Task
    trajectory: Trajectory


class TextDraw(NamedTuple):
    """An instruction without its truth: for selection, where only words count."""

    id: str
    pattern: str
    leaf: str
    slots: Slots
    turns: tuple[str, ...]


def draw_scene(gazetteer: Gazetteer, city: City, rng: random.Random, days: Sequence[datetime]) -> Scene:
    """A user somewhere in a city at some minute between 7 and 22 of one of the days."""
    day = rng.choice(days)
    clock = day.replace(hour=rng.randrange(7, 22), minute=rng.randrange(60), second=0, microsecond=0)
    profile = {}
    for name, chance in (("家", 0.7), ("公司", 0.5)):
        if rng.random() < chance:
            profile[name] = coordinate(_somewhere(city, rng))
    if rng.random() < 0.3:
        profile["同行"] = rng.choice(_COMPANY)
    if rng.random() < 0.3:
        profile["车辆"] = rng.choice(_VEHICLES)
    context = Context(clock.isoformat(timespec="seconds"), city.name, coordinate(_somewhere(city, rng)), profile)
    return Scene(gazetteer, city, context, rng)


def _somewhere(city: City, rng: random.Random) -> tuple[float, float]:
    """Within some 300 m of one of the city's places, so that roads are near."""
    at = rng.choice(city.places).at
    return at.lat + rng.uniform(-0.002, 0.002), at.lon + rng.uniform(-0.002, 0.002)


def days_of(gazetteer: Gazetteer, first: datetime | None = None) -> list[datetime]:
    """The days on which tasks take place, from a first one (the world's present one) on: of the sandbox those of its
    year, elsewhere a fortnight. Tickets and forecasts reach beyond them, so the last days that a world knows are none.
    """
    world = gazetteer.world
    first = first or world.default_clock()
    days = []
    for number in range(_YEAR if world.name == "sandbox" else _FORTNIGHT):
        try:
            world.check_clock(first + timedelta(days=number + _BEYOND))
        except ClockError:
            break
        days.append(first + timedelta(days=number))
    if not days:
        raise InputError(f"--clock {first.isoformat()}: the world must know {_BEYOND} days more; give an earlier one")
    return days


def split_of(gazetteer: Gazetteer, pattern: QueryPattern, city: City) -> Split:
    if pattern.held_out:
        return "held_out_kind"
    return "held_out_city" if city.name in gazetteer.held_out else "train"


async def draw_task(
    gazetteer: Gazetteer, pattern: QueryPattern, city: City, rng: random.Random, name: str, days: Sequence[datetime]
) -> Drawn | None:
    """A task of a pattern in a city, and how the expert solves it.

    Returns:
        None: in some tries the pattern found nothing to ask here.
    """
    for _ in range(_TRIES):
        scene = draw_scene(gazetteer, city, rng, days)
        slots = pattern.draw(scene)
        truth = None if slots is None else await pattern.truth(slots, scene)
        if slots is None or truth is None:
            continue
        task = Task(
            id=name,
            pattern=pattern.name,
            split=split_of(gazetteer, pattern, city),
            world=gazetteer.world.name,
            version=gazetteer.world.version,
            context=scene.context,
            turns=tuple(worded(ways, slots, rng) for ways in pattern.wordings),
            primary=pattern.leaf,
            difficulty=0,
            secondary=truth.secondary,
            auxiliary=truth.auxiliary,
            temporal=truth.temporal,
            unsolvable=truth.unsolvable,
            slots=slots,
            expects=truth.expects,
        )
        trajectory = await solve(task, pattern, gazetteer)
        chain = tuple(step.tool for step in trajectory.calls())
        level = difficulty(len(chain)) if truth.untold is None else truth.untold
        trajectory.task = replace(task, chain=chain, difficulty=level)
        return Drawn(trajectory.task, trajectory)
    return None


async def solve(task: Task, pattern: QueryPattern, gazetteer: Gazetteer) -> Trajectory:
    """The rule expert's way through a task of its pattern."""
    episode = Episode(task, gazetteer.calls)
    try:
        await pattern.solve(task.slots, episode)
    except Unsolved as reason:
        episode.give_up(str(reason))
    return episode.trajectory


async def draw_tasks(
    gazetteer: Gazetteer,
    patterns: Sequence[QueryPattern],
    count: int,
    seed: int,
    splits: Sequence[Split] = SPLITS,
    *,
    begin: int = 0,
    days: Sequence[datetime] | None = None,
) -> AsyncIterator[Drawn]:
    """Tasks by the patterns' weights, each a function of seed and number (and of patterns, splits and days) alone.

    Args:
        begin: the first number; where nothing can be drawn with a number, it is passed over.

    Raises:
        InputError: this world has no task of these splits.
    """
    days = days or days_of(gazetteer)
    made, number, barren = 0, begin, 0
    while made < count:
        rng = random.Random(f"task-{seed}-{number}")
        drawn = None
        for _ in range(_TRIES):
            pattern, city = _draw_kind(gazetteer, patterns, rng, splits)
            if drawn := await draw_task(gazetteer, pattern, city, rng, task_id(seed, number), days):
                made += 1
                yield drawn
                break
        number, barren = number + 1, 0 if drawn else barren + 1
        if barren == _BARREN:
            raise InputError(f"no task of {', '.join(splits)} can be drawn in this world; give another --split")


def draw_texts(
    gazetteer: Gazetteer,
    patterns: Sequence[QueryPattern],
    count: int | None,
    seed: int,
    splits: Sequence[Split] = SPLITS,
    *,
    begin: int = 0,
    days: Sequence[datetime] | None = None,
) -> Iterator[TextDraw]:
    """Instructions alone, without truth and expert: tens of thousands a second. As ``draw_tasks``, but other ones.

    Args:
        count: None: without end.
    """
    days = days or days_of(gazetteer)
    for number in itertools.count(begin) if count is None else range(begin, begin + count):
        rng = random.Random(f"text-{seed}-{number}")
        for _ in range(_BARREN * _TRIES):
            pattern, city = _draw_kind(gazetteer, patterns, rng, splits)
            slots = pattern.draw(draw_scene(gazetteer, city, rng, days))
            if slots is not None:
                turns = tuple(worded(ways, slots, rng) for ways in pattern.wordings)
                yield TextDraw(task_id(seed, number), pattern.name, pattern.leaf, slots, turns)
                break
        else:
            raise InputError(f"no instruction of {', '.join(splits)} can be drawn in this world; give another --split")


def task_id(seed: int, number: int) -> str:
    """``task_id(7, 12) == "7-000012"``"""
    return f"{seed}-{number:06d}"


def number_of(name: str) -> int:
    """The inverse; raises ValueError for what is no id."""
    return int(name.rpartition("-")[2])


def _draw_kind(
    gazetteer: Gazetteer, patterns: Sequence[QueryPattern], rng: random.Random, splits: Sequence[Split]
) -> tuple[QueryPattern, City]:
    """A pattern, by weights, and a city of these splits. Raises InputError where there is none."""
    weights = [pattern.weight for pattern in patterns]
    for _ in range(_BARREN * _TRIES):
        pattern, city = rng.choices(patterns, weights)[0], rng.choice(gazetteer.cities)
        if split_of(gazetteer, pattern, city) in splits:
            return pattern, city
    raise InputError(f"this world has no task of {', '.join(splits)}; give another --split")
