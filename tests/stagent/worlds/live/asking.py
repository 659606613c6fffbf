"""A live world before a fake of its services, and arguments as validation hands them to a world."""

import asyncio
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stagent.tools.schemas import BY_NAME
from stagent.worlds.fields import FIELDS
from stagent.worlds.live.service import Patience
from stagent.worlds.live.settings import LiveSettings
from stagent.worlds.live.world import LiveWorld
from stagent.worlds.protocol import Found, Unavailable
from tests.support.public_services import PublicServices

KEY = "0123456789abcdef0123456789abcdef"
CLOCK = datetime(2026, 1, 5, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
QUICK = Patience(attempt=1, queue=5, pause=0.01)
SERVICES = {
    "amap": ("AMAP_URL",),
    "osrm": ("OSRM_URL", "OSRM_WALKING_URL"),
    "nominatim": ("NOMINATIM_URL",),
    "open_meteo": ("OPEN_METEO_URL",),
}


def settings(url: str, *services: str) -> LiveSettings:
    """The settings of some of ``SERVICES`` at an address."""
    environ = {"OPEN_METEO_URL": "off", "AMAP_RATE": "1000"}
    for service in services:
        environ |= dict.fromkeys(SERVICES[service], url)
    if "amap" in services:
        environ["AMAP_KEY"] = KEY
    if "nominatim" in services:
        environ["NOMINATIM_CONTACT"] = "someone@example.org"
    return LiveSettings.from_environment(environ)


def arguments(tool: str, **given: Any) -> dict[str, Any]:
    """A tool's arguments with its defaults."""
    defaults = {one.name: one.default for one in BY_NAME[tool].parameters if one.default is not None}
    assert given.keys() <= {one.name for one in BY_NAME[tool].parameters}
    return defaults | given


def ask(world: LiveWorld, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """What the world answers, all at once; an exception stands for itself. The world is closed after."""

    async def every() -> list[Any]:
        try:
            answers = (world.answer(tool, arguments(tool, **given), CLOCK) for tool, given in calls)
            return await asyncio.gather(*answers, return_exceptions=True)
        finally:
            await world.close()

    return asyncio.run(every())


@contextmanager
def services(answers: dict[str, Any]):
    with PublicServices(answers) as server:
        yield server


def answer(server: PublicServices, used: tuple[str, ...], tool: str, **given: Any) -> Found:
    """One call's answer, whose keys are checked; its exception is raised."""
    outcome = ask(LiveWorld(settings(server.url, *used), QUICK), (tool, given))[0]
    if isinstance(outcome, BaseException):
        raise outcome
    known(outcome.items), known([outcome.about])
    return outcome


def known(items: list[dict[str, Any]]) -> None:
    """Fails for a key that no result may have, and for one without a value."""
    for item in items:
        assert item.keys() <= FIELDS.keys()
        for value in item.values():
            assert value is not None
            if isinstance(value, list) and value and isinstance(value[0], dict):
                known(value)


def refused(server: PublicServices, used: tuple[str, ...], tool: str, **given: Any) -> Unavailable:
    """Why a call is unavailable."""
    with pytest.raises(Unavailable) as caught:
        answer(server, used, tool, **given)
    return caught.value
