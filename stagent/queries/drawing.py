"""Tasks drawn over a world: a scene, a pattern's slots and words, what is true of them, and the calls it takes."""

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

_TRIES = 20  # draws of scene and slots until a task comes of it
# What a profile may say besides home and work; with the chance of it.
_COMPANY = ("带老人", "带孩子", "和朋友一起", "情侣出行")
_VEHICLES = ("电动汽车", "燃油车", "没有车")


class Drawn(NamedTuple):
    """A task and the expert's way through it."""

    task: Task
    trajectory: Trajectory


class TextDraw(NamedTuple):
    """An instruction without its truth: for selection, where only words count."""

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


def days_of(gazetteer: Gazetteer) -> list[datetime]:
    """The days on which tasks take place: of the sandbox its year but for the last 16, elsewhere a fortnight from
    its present day (so that the file says the clock)."""
    first = gazetteer.world.default_clock()
    count = 340 if gazetteer.world.name == "sandbox" else 14
    return [first + timedelta(days=number) for number in range(count)]


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
    gazetteer: Gazetteer, patterns: Sequence[QueryPattern], count: int, seed: int, splits: Sequence[Split] = SPLITS
) -> AsyncIterator[Drawn]:
    """Tasks by the patterns' weights, each a function of seed and number alone."""
    days = days_of(gazetteer)
    for number in range(count):
        rng = random.Random(f"task-{seed}-{number}")
        for _ in range(_TRIES):
            pattern = rng.choices(patterns, [pattern.weight for pattern in patterns])[0]
            city = rng.choice(gazetteer.cities)
            if split_of(gazetteer, pattern, city) not in splits:
                continue
            if drawn := await draw_task(gazetteer, pattern, city, rng, f"{seed}-{number:06d}", days):
                yield drawn
                break


def draw_texts(gazetteer: Gazetteer, patterns: Sequence[QueryPattern], count: int, seed: int) -> Iterator[TextDraw]:
    """Instructions alone, without truth and expert: tens of thousands a second."""
    days, rng = days_of(gazetteer), random.Random(f"text-{seed}")
    weights = [pattern.weight for pattern in patterns]
    made = 0
    while made < count:
        pattern = rng.choices(patterns, weights)[0]
        scene = draw_scene(gazetteer, rng.choice(gazetteer.cities), rng, days)
        if (slots := pattern.draw(scene)) is not None:
            made += 1
            yield TextDraw(
                pattern.name, pattern.leaf, slots, tuple(worded(ways, slots, rng) for ways in pattern.wordings)
            )
