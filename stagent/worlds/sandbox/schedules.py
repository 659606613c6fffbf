"""Opening hours by kind of business: several patterns each, some with other hours on public holidays."""

import random
from pathlib import Path

from stagent.worlds.local.hours import Hours


def _read(path: Path) -> dict[str, list[str]]:
    """``{"bank": ["Mo-Fr 09:00-17:00|off", …]}``."""
    found: dict[str, list[str]] = {}
    key = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            found[key].append(line.strip())
        elif line and not line.startswith("#"):
            key = line.removesuffix(":")
            found[key] = []
    return found


SCHEDULES = _read(Path(__file__).with_name("schedules.txt"))


def parse(pattern: str) -> Hours:
    """``parse("Mo-Fr 09:00-17:00|off") == Hours("Mo-Fr 09:00-17:00", "off")``."""
    regular, bar, holiday = pattern.partition("|")
    return Hours(regular, holiday if bar else None)


def hours(key: str, rng: random.Random) -> Hours:
    """One of the patterns of a kind of business."""
    return parse(rng.choice(SCHEDULES[key]))
