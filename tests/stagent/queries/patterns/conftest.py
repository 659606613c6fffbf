"""Tasks of one pattern with the expert's way through them."""

import asyncio
import random

import pytest

from stagent.queries.drawing import Drawn, days_of, draw_task
from stagent.queries.pattern import QueryPattern


@pytest.fixture(scope="session")
def tasks_of(gazetteer):
    """``tasks_of(pattern, 5)``: five tasks in cities by turns, always the same; fewer where it finds less to ask."""
    days, kept = days_of(gazetteer), {}

    async def draw(pattern: QueryPattern, count: int) -> list[Drawn]:
        found = []
        for number in range(2 * count):
            rng = random.Random(f"{pattern.name}-{number}")
            city = gazetteer.cities[number % len(gazetteer.cities)]
            drawn = await draw_task(gazetteer, pattern, city, rng, f"test-{number}", days)
            if drawn is not None and len(found) < count:
                found.append(drawn)
        return found

    def tasks(pattern: QueryPattern, count: int) -> list[Drawn]:
        key = (pattern.name, count)
        if key not in kept:
            kept[key] = asyncio.run(draw(pattern, count))
        return kept[key]

    return tasks
