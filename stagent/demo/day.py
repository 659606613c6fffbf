"""One day of one traveller: the ten tools at work, with every call and every result as a model would read it.

The traveller is a script, not a model: each call takes its arguments from what earlier ones answered.
"""

import argparse
import itertools
import json
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from stagent.tools.calls import Calls
from stagent.worlds.protocol import World
from stagent.worlds.record import RecordingWorld
from utils import InputError

# What the traveller thinks, the tool, and its arguments.
Step = tuple[str, str, dict[str, Any]]


async def play_day(world: World, args: argparse.Namespace, clock: datetime) -> None:
    """Prints the day in the cities of ``args`` (home, away, start), or in the world's first two."""
    calls = Calls(world)
    home, away, start = _where(world, args)
    plan = f"，明天要去{away}" if away != home else ""
    print(f"旅行者在{home}（{start}），现在是 {clock:%Y-%m-%d %H:%M}{plan}。\n")
    steps = Day(home, away, start, clock).steps()
    content = None
    for number in itertools.count(1):
        try:
            thought, tool, arguments = steps.send(content)
        except StopIteration:
            break
        print(f"【{number}】{thought}\n▶ {tool} {json.dumps(arguments, ensure_ascii=False)}")
        result = await calls.call(tool, arguments, clock)
        print("\n".join(f"  {line}" for line in result.text.splitlines()), end="\n\n")
        content = result.content


class Day:
    """What the traveller asks, one call after the other; each is told the content of the one before.

    Where a world has no answer (no trains on a map of streets), the day goes on without it.
    """

    def __init__(self, home: str, away: str, start: str, clock: datetime):
        self.home, self.away, self.start, self.clock = home, away, start, clock
        self.tomorrow = (clock + timedelta(days=1)).date()

    def steps(self) -> Generator[Step, dict[str, Any] | None, None]:
        tomorrow = self.tomorrow.isoformat()
        yield "出门前看一眼天气。", "weather_current_conditions", {"location": self.home}
        yield (
            f"再看{self.away}后几天的天气。",
            "weather_forecast_days",
            {
                "location": self.away,
                "date": tomorrow,
                "days": 3,
            },
        )
        journey = {"origin": self.home, "destination": self.away, "date": tomorrow}
        yield "坐飞机去？", "travel_search_flights", journey
        trains = yield "还是坐火车？", "travel_search_trains", journey
        # the first that leaves after breakfast
        train = next((item for item in (trains or {}).get("items", []) if item["departure"][11:] >= "09"), {})
        station = train.get("from_station") or "火车站"
        found = yield f"{station}在哪里？", "map_search_places", {"query": station, "region": self.home, "limit": 1}
        end = _first(found).get("location")
        if end is None:
            found = yield (
                "附近有什么景点？",
                "map_search_places",
                {
                    "query": "景点",
                    "center": self.start,
                    "sort_by": "distance",
                    "limit": 3,
                },
            )
            end = _first(found).get("location", self.start)
        way: dict[str, Any] = {"origin": self.start, "destination": end, "modes": ["driving", "transit", "walking"]}
        if "departure" in train:
            latest = datetime.fromisoformat(train["departure"]) - timedelta(minutes=30)
            way["arrival_time"] = latest.isoformat(timespec="minutes")
        yield f"怎么过去？{'开车前半小时要到。' if train else ''}", "map_compute_routes", way
        yield (
            "路上顺便买杯咖啡。",
            "map_search_along_route",
            {
                "query": "咖啡馆",
                "origin": self.start,
                "destination": end,
                "buffer_radius": 500,
                "limit": 3,
            },
        )
        yield (
            "今晚和住在另一头的朋友吃饭，选个都方便的地方。",
            "map_search_central_places",
            {
                "query": "餐馆",
                "origins": [self.start, end],
                "sort_by": "balanced",
                "limit": 3,
            },
        )
        yield f"{self.away}有什么好吃的？", "map_search_ranking_list", {"query": "美食", "region": self.away}
        yield "行李能带多少？", "web_search", {"query": "行李 规定"}


def _first(content: dict[str, Any] | None) -> dict[str, Any]:
    """The first item of a result, empty where there is none."""
    items = (content or {}).get("items") or [{}]
    return items[0]


def _where(world: World, args: argparse.Namespace) -> tuple[str, str, str]:
    """Home, away and the start of the day, from the command line or from the world's own cities.

    Raises:
        InputError: the world has no list of cities, and not all three are given.
    """
    cities = getattr(world.recorded if isinstance(world, RecordingWorld) else world, "cities", ())
    if not cities and not (args.home and args.away and args.start):
        raise InputError(f"the world {world.name} has no list of cities; give --home, --away and --start LAT,LON")
    home = args.home or cities[0].name
    away = args.away or cities[min(1, len(cities) - 1)].name
    middle = next((city.centre for city in cities if city.name == home), None)
    if not (args.start or middle):
        raise InputError(f"--home {home}: not one of this world's cities; give --start LAT,LON too")
    return home, away, args.start or f"{middle.lat:.5f},{middle.lon:.5f}"
