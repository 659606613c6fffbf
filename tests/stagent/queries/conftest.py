"""The country of seed 7 as the generator looks at it, opened once."""

import asyncio

import pytest

from stagent.queries.scene import Gazetteer
from stagent.worlds.sandbox.world import SandboxWorld


@pytest.fixture(scope="session")
def gazetteer():
    world = SandboxWorld.open(7)
    yield Gazetteer(world)
    asyncio.run(world.close())
