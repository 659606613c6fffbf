"""Flights between the cities that have an airport and lie far enough from each other."""

import random
from datetime import date, datetime
from typing import NamedTuple

from stagent.worlds.sandbox.chance import dice, share
from stagent.worlds.sandbox.country import CITIES, CityPlan
from stagent.worlds.sandbox.departures import RUNS, Cabin, Link, fares, kilometres, moment, rush

NEAREST_KM = 300


class Carrier(NamedTuple):
    """An airline: its code, the city that it is at home in, whether it has a business class, its price level."""

    name: str
    code: str
    home: str
    business: bool
    level: float


CARRIERS = (
    Carrier("澜海航空", "LHA", "澜屿市", True, 1.05),
    Carrier("霁云航空", "JYA", "霁川市", True, 1.0),
    Carrier("白鹭航空", "BLU", "鹭汀市", True, 0.95),
    Carrier("小帆航空", "XFA", "砺港市", False, 0.72),
)
_VEHICLES = {"A320neo": 168, "C919": 158, "B737-800": 162, "C909": 90}
_DAYS = ("每日开行",) * 6 + ("周一、三、五、日开行", "周二、四、六开行", "周一至周五开行", "周五至周日及节假日开行")


class Flight(NamedTuple):
    """A flight; minutes from midnight, ``days`` is a key of RUNS."""

    number: str
    carrier: str
    vehicle: str
    days: str
    origin: str
    destination: str
    depart: int
    arrive: int
    cabins: tuple[Cabin, ...]


def draw_flights(seed: int) -> list[Flight]:
    """All flights, by number."""
    flights: list[Flight] = []
    with_airport = [plan for plan in CITIES if plan.airport]
    for i, a in enumerate(with_airport):
        for b in with_airport[i + 1 :]:
            if (far := kilometres(a.name, b.name)) < NEAREST_KM:
                continue
            rng = dice(seed, "flights", a.name, b.name)
            each_way = max(2, round(2.2 * a.scale * b.scale + far / 250))
            for order in range(each_way):
                carrier = _carrier(a, b, rng)
                number = 1001 + 2 * sum(flight.carrier == carrier.name for flight in flights) // 2
                number += 1 - number % 2
                for way, (start, end) in enumerate(((a, b), (b, a))):
                    share_of_day = (order + rng.uniform(0.05, 0.95)) / each_way
                    flights.append(_flight(carrier, f"{carrier.code}{number + way}", start, end, share_of_day, rng))
    return sorted(flights, key=lambda flight: flight.number)


def _carrier(a: CityPlan, b: CityPlan, rng: random.Random) -> Carrier:
    """One of the airlines, rather one that is at home at either end."""
    weights = [5 if carrier.home in (a.name, b.name) else 1 for carrier in CARRIERS]
    return rng.choices(CARRIERS, weights)[0]


def _flight(carrier: Carrier, number: str, a: CityPlan, b: CityPlan, share_of_day: float, rng: random.Random) -> Flight:
    far = kilometres(a.name, b.name)
    depart = 5 * round((390 + 960 * share_of_day) / 5)
    arrive = depart + 5 * round((38 + 60 * far / 740 + rng.uniform(-4, 6)) / 5)
    vehicle = rng.choice(tuple(_VEHICLES))
    economy = 10 * round((150 + 0.72 * far) * carrier.level * rng.uniform(0.85, 1.2) / 10)
    classes = [Cabin("经济舱", float(economy), _VEHICLES[vehicle])]
    if carrier.business and vehicle != "C909":
        classes.append(Cabin("公务舱", float(10 * round(0.26 * economy)), 8))
    return Flight(number, carrier.name, vehicle, rng.choice(_DAYS), a.name, b.name, depart, arrive, tuple(classes))


def flight_links(flights: list[Flight]) -> set[Link]:
    """From where to where there are flights."""
    return {(flight.origin, flight.destination) for flight in flights}


def search_flights(
    seed: int, flights: list[Flight], origin: str, destination: str, day: date, now: datetime
) -> list[dict]:
    """The flights that leave a city on a day, from ``now`` on, by departure; keys as in ``worlds.fields``."""
    airports = {plan.name: plan.airport.name for plan in CITIES if plan.airport}
    items = []
    for flight in flights:
        departure, arrival = moment(day, flight.depart), moment(day, flight.arrive)
        ends = flight.origin, flight.destination
        if ends != (origin, destination) or not RUNS[flight.days](day) or departure < now:
            continue
        items.append(
            {
                "number": flight.number,
                "carrier": flight.carrier,
                "vehicle": flight.vehicle,
                "date": day.isoformat(),
                "from_station": airports[origin],
                "to_station": airports[destination],
                "departure": departure.isoformat(),
                "arrival": arrival.isoformat(),
                "duration_s": int((arrival - departure).total_seconds()),
                "fares": fares(seed, flight.number, day, _priced(seed, flight, day), departure, now),
            }
        )
    return sorted(items, key=lambda item: (item["departure"], item["number"]))


def _priced(seed: int, flight: Flight, day: date) -> list[Cabin]:
    """A flight's classes at a day's fares: 45 % off at best, half as much again before holidays."""
    level = (0.6 + 0.5 * share(seed, "fare", flight.number, day)) * (1 + rush(day))
    return [cabin._replace(fare=float(10 * round(cabin.fare * level / 10))) for cabin in flight.cabins]
