"""What is worth seeing in each city: the same under every seed but for where exactly it stands, its rating and reviews.

Where: ``shore``, ``river``, ``lake``, ``park`` (one of the city's parks), ``old`` (the central district), ``in`` (a
little farther out) or ``out`` (the outskirts).
"""

from pathlib import Path
from typing import NamedTuple


class Sight(NamedTuple):
    """A sight; ``ticket`` in yuan, 0: free. ``hours`` is a key of ``schedules.SCHEDULES``."""

    name: str
    category: str
    ticket: int
    hours: str
    where: str
    words: str


class Festival(NamedTuple):
    """What a city celebrates; days are ISO dates, ``place`` a sight's name."""

    city: str
    name: str
    first: str
    last: str
    place: str
    words: str


def _read(path: Path) -> tuple[dict[str, list[Sight]], list[Festival]]:
    sights: dict[str, list[Sight]] = {}
    festivals, city = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        parts = line.split("|")
        if not line or line.startswith("#"):
            continue
        if len(parts) == 1:
            city = line
            sights[city] = []
        elif len(parts) == 5:
            festivals.append(Festival(city, *parts))
        else:
            name, category, ticket, *rest = parts
            sights[city].append(Sight(name, category, int(ticket), *rest))
    return sights, festivals


SIGHTS, FESTIVALS = _read(Path(__file__).with_name("sights.txt"))
