"""What trains and flights have in common: the days they run, and seats that only ever become fewer."""

import math
from collections.abc import Callable, Set
from datetime import date, datetime, timedelta
from typing import NamedTuple

from data_process.almanac import is_holiday
from stagent.routing.geometry import haversine_m
from stagent.worlds.local.listing import yuan
from stagent.worlds.sandbox.chance import share
from stagent.worlds.sandbox.country import BY_NAME, ZONE

# Days on which something runs, as timetables and pages say them.
RUNS: dict[str, Callable[[date], bool]] = {
    "每日开行": lambda day: True,
    "周一至周五开行": lambda day: day.weekday() < 5,
    "周五至周日及节假日开行": lambda day: day.weekday() >= 4 or is_holiday(day),
    "逢双日开行": lambda day: day.day % 2 == 0,
    "周一、三、五、日开行": lambda day: day.weekday() in (0, 2, 4, 6),
    "周二、四、六开行": lambda day: day.weekday() in (1, 3, 5),
}


Link = tuple[str, str]  # two cities, from and to


class Cabin(NamedTuple):
    """A class of seats: its name, the fare in yuan, and how many there are."""

    name: str
    fare: float
    seats: int


def moment(day: date, minute: int) -> datetime:
    """A minute counted from a day's midnight; 1500 is 01:00 on the next."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(minutes=minute)


def kilometres(a: str, b: str) -> float:
    """Straight kilometres between two cities' middles."""
    one, other = BY_NAME[a], BY_NAME[b]
    return float(haversine_m(one.lat, one.lon, other.lat, other.lon)) / 1000


def changes(links: Set[Link], origin: str, destination: str) -> list[str]:
    """Cities to change in where nothing goes straight, at most three, the shortest way first, no long way round."""
    ways = sorted(
        (kilometres(origin, city) + kilometres(city, destination), city)
        for city in BY_NAME
        if (origin, city) in links and (city, destination) in links
    )
    return [city for way, city in ways[:3] if way <= 1.5 * ways[0][0]]


def rush(day: date) -> float:
    """How much more people travel on a day than on an ordinary one: holidays, the days around them, weekends."""
    if is_holiday(day):
        return 0.35
    if is_holiday(day + timedelta(days=1)) or is_holiday(day - timedelta(days=1)):
        return 0.4
    return 0.12 if day.weekday() in (4, 6) else 0.0


def seats_left(seed: int, number: str, day: date, cabin: Cabin, departure: datetime, now: datetime) -> int:
    """How many seats are left; the same for whoever asks at the same time, and never more than before."""
    demand = 0.35 + 0.75 * share(seed, "demand", number, day, cabin.name) + rush(day)
    days_ahead = max(0.0, (departure - now) / timedelta(days=1))
    sold = demand * (0.2 + 0.8 * math.exp(-days_ahead / 4.5))
    return max(0, math.floor(cabin.seats * (1 - sold)))


def fares(seed: int, number: str, day: date, cabins: list[Cabin], departure: datetime, now: datetime) -> list[dict]:
    """The classes of one departure, by the keys of ``worlds.fields``."""
    return [
        {
            "cabin": cabin.name,
            "fare_yuan": yuan(cabin.fare),
            "seats_left": seats_left(seed, number, day, cabin, departure, now),
        }
        for cabin in cabins
    ]
