"""Trains between the cities: lines, the trains on them, and what one costs from one stop to another."""

import random
from datetime import date, datetime, timedelta
from typing import NamedTuple

from stagent.worlds.sandbox.chance import dice
from stagent.worlds.sandbox.country import BY_NAME
from stagent.worlds.sandbox.departures import RUNS, Cabin, Link, fares, kilometres, moment

_DETOUR = 1.17  # of rails against the straight line


class Railway(NamedTuple):
    """A railway: the stations that it links, ``(city, which of its stations)``, and how many trains a day each way."""

    name: str
    kind: str
    stops: tuple[tuple[str, int], ...]
    trains: int


LINES = (
    Railway("澜霜高速铁路", "G", (("霜原市", 1), ("霁川市", 1), ("桐渡市", 1), ("澜屿市", 1)), 20),
    Railway("霁鹭高速铁路", "G", (("霁川市", 1), ("砚湖市", 1), ("岚岭市", 0), ("鹭汀市", 0)), 15),
    Railway("砺澜高速铁路", "G", (("砺港市", 1), ("砚湖市", 1), ("桐渡市", 1), ("澜屿市", 2)), 15),
    Railway("沿海城际铁路", "D", (("澜屿市", 2), ("鹭汀市", 0)), 16),
    Railway("砺鹭城际铁路", "D", (("砺港市", 1), ("岚岭市", 0), ("鹭汀市", 0)), 8),
    Railway("霜鹭铁路", "K", (("霜原市", 0), ("霁川市", 0), ("砚湖市", 0), ("岚岭市", 0), ("鹭汀市", 0)), 5),
    Railway("砺霜铁路", "K", (("砺港市", 0), ("砚湖市", 0), ("霁川市", 0), ("霜原市", 0)), 4),
    Railway("澜砺铁路", "K", (("澜屿市", 0), ("桐渡市", 0), ("砚湖市", 0), ("砺港市", 0)), 4),
)
# km/h between stops, minutes at a stop, vehicles
_SPEED = {"G": (272, 3), "D": (188, 3), "Z": (118, 8), "K": (92, 12)}
_VEHICLES = {
    "G": ("沧瀛号350", "沧瀛号350长编组"),
    "D": ("沧瀛号200", "沧瀛号250"),
    "Z": ("25T型客车",),
    "K": ("25G型客车",),
}
# class: yuan a kilometre, seats
_CLASSES = {
    "G": (("二等座", 0.46, 460), ("一等座", 0.74, 110), ("商务座", 1.45, 20)),
    "D": (("二等座", 0.31, 480), ("一等座", 0.37, 96)),
    "Z": (("硬座", 0.135, 420), ("硬卧", 0.235, 300), ("软卧", 0.36, 60)),
    "K": (("硬座", 0.125, 520), ("硬卧", 0.22, 260), ("软卧", 0.34, 34)),
}
_DAYS = ("每日开行",) * 7 + ("周五至周日及节假日开行", "周一至周五开行", "逢双日开行")
CARRIER = "沧瀛铁路"


class Call(NamedTuple):
    """A train's stop: minutes from the midnight of the day on which the train sets out, kilometres from its start."""

    city: str
    station: str
    arrive: int
    depart: int
    km: int


class Train(NamedTuple):
    """A train; ``days`` is a key of RUNS, of the day on which it sets out."""

    number: str
    line: str
    vehicle: str
    days: str
    calls: tuple[Call, ...]


def draw_trains(seed: int) -> list[Train]:
    """All trains, by number."""
    trains, next_number = [], {"G": 1, "D": 301, "Z": 1, "K": 1101}
    for line in LINES:
        rng = dice(seed, line.name)
        for way in (0, 1):
            for order in range(line.trains):
                kind = "Z" if line.kind == "K" and order == 0 else line.kind
                number = 2 * (next_number[kind] // 2) + 2 * order + 1 + way
                trains.append(_train(line, kind, f"{kind}{number}", way, order, rng))
        next_number[line.kind] += 2 * line.trains + 60
        next_number["Z"] += 10
    return sorted(trains, key=lambda train: (train.number[0], int(train.number[1:])))


def _train(line: Railway, kind: str, number: str, way: int, order: int, rng: random.Random) -> Train:
    stops, at_km = list(line.stops)[:: -1 if way else 1], _kilometres(line)
    if len(stops) > 2 and order % 5 == 4:  # a short one
        stops = stops[:-1] if rng.random() < 0.5 else stops[1:]
    elif len(stops) > 3 and order % 4 == 1:  # a fast one
        stops.remove(rng.choice(stops[1:-1]))
    first, last = (370, 1130) if kind in "GD" else (17 * 60, 22 * 60 + 30) if kind == "Z" else (6 * 60, 21 * 60)
    minute = int(first + (last - first) * (order + rng.uniform(0.1, 0.9)) / line.trains)
    speed, wait = _SPEED[kind]
    calls: list[Call] = []
    for city, which in stops:
        km = abs(at_km[city] - at_km[stops[0][0]])
        if calls:
            minute += round(60 * (km - calls[-1].km) / (speed * rng.uniform(0.95, 1.03))) + 6
        arrive = minute
        minute += wait + rng.randrange(3) if calls else 0
        calls.append(Call(city, BY_NAME[city].stations[which].name, arrive, minute, km))
    calls[-1] = calls[-1]._replace(depart=calls[-1].arrive)
    days = "每日开行" if kind == "Z" else rng.choice(_DAYS)
    return Train(number, line.name, rng.choice(_VEHICLES[kind]), days, tuple(calls))


def _kilometres(line: Railway) -> dict[str, int]:
    """Where along a line each city lies, also for trains that don't call there."""
    km, at = 0, {line.stops[0][0]: 0}
    for (before, _), (city, _) in zip(line.stops, line.stops[1:], strict=False):
        km += round(_DETOUR * kilometres(before, city))
        at[city] = km
    return at


def cabins(train: Train, km: int) -> list[Cabin]:
    """Classes and fares of a train over a distance; fares end in whole or half yuan."""
    long_enough = [entry for entry in _CLASSES[train.number[0]] if "卧" not in entry[0] or km > 150]
    return [Cabin(name, max(9.0, round(2 * rate * (km + 20)) / 2), seats) for name, rate, seats in long_enough]


def rides(trains: list[Train], origin: str, destination: str) -> list[tuple[Train, Call, Call]]:
    """Trains that call at one city and later at another."""
    found = []
    for train in trains:
        at = {call.city: number for number, call in enumerate(train.calls)}
        if origin in at and destination in at and at[origin] < at[destination]:
            found.append((train, train.calls[at[origin]], train.calls[at[destination]]))
    return found


def train_links(trains: list[Train]) -> set[Link]:
    """From where to where a train goes without a change."""
    return {
        (board.city, leave.city)
        for train in trains
        for number, board in enumerate(train.calls)
        for leave in train.calls[number + 1 :]
    }


def search_trains(
    seed: int, trains: list[Train], origin: str, destination: str, day: date, now: datetime
) -> list[dict]:
    """The trains that leave a city on a day, from ``now`` on, by departure; keys as in ``worlds.fields``."""
    items = []
    for train, board, leave in rides(trains, origin, destination):
        start = day - timedelta(days=board.depart // 1440)  # the day on which the train set out
        departure, arrival = moment(start, board.depart), moment(start, leave.arrive)
        if not RUNS[train.days](start) or departure < now:
            continue
        classes = cabins(train, leave.km - board.km)
        key = f"{train.number} {board.city}"
        items.append(
            {
                "number": train.number,
                "carrier": CARRIER,
                "vehicle": train.vehicle,
                "date": day.isoformat(),
                "from_station": board.station,
                "to_station": leave.station,
                "departure": departure.isoformat(),
                "arrival": arrival.isoformat(),
                "duration_s": int((arrival - departure).total_seconds()),
                "fares": fares(seed, key, day, classes, departure, now),
            }
        )
    return sorted(items, key=lambda item: (item["departure"], item["number"]))
