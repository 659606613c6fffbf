"""The country of seed 7 as the generator looks at it, and tasks in its cities of training, drawn once."""

import asyncio

import pytest

from stagent.queries.drawing import draw_tasks
from stagent.queries.patterns.all import PATTERNS
from stagent.queries.scene import Gazetteer
from stagent.worlds.sandbox.world import SandboxWorld


@pytest.fixture(scope="session")
def gazetteer():
    world = SandboxWorld.open(7)
    yield Gazetteer(world)
    asyncio.run(world.close())


@pytest.fixture(scope="session")
def drawn(gazetteer):
    """100 tasks with the expert's way through them."""

    async def draw():
        return [each async for each in draw_tasks(gazetteer, PATTERNS, 100, 17, ("train",))]

    return asyncio.run(draw())
