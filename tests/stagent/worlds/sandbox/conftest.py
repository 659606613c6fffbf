"""The country of seed 7, built once in the tests' own cache and opened once."""

import asyncio
from typing import Any

import pytest

from stagent.tools.schemas import BY_NAME
from stagent.worlds.sandbox.world import SandboxWorld


@pytest.fixture(scope="session")
def world():
    opened = SandboxWorld.open(7)
    yield opened
    asyncio.run(opened.close())


@pytest.fixture(scope="session")
def places(world):
    """Every place, by id."""
    return {place.id: place for city in world.cities for place in city.places}


@pytest.fixture(scope="session")
def ask(world):
    """``ask("web_search", query="…")``: a world's answer, with the schema's defaults; ``clock`` is the default one."""

    def answer(tool: str, *, clock=None, **arguments: Any):
        defaults = {one.name: one.default for one in BY_NAME[tool].parameters if one.default is not None}
        return asyncio.run(world.answer(tool, defaults | arguments, clock or world.default_clock()))

    return answer
