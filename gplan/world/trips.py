"""The moment a person opens the homepage: on which trip, when, where, and which order they hold.

Shares and quantiles are those of the real sample (docs: "What decides"), or drawn near them.
"""

import random
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from data_process.almanac import CITIES
from gplan.world.geography import Poi, neighbours
from gplan.world.people import Person, hotel, somewhere

FIRST_DAY, DAYS = date(2026, 1, 10), 290
HOTEL, FUEL, CHARGE, TICKET, OTHER = "酒店", "加油", "充电桩", "门票", "其他"
# What an order of the kind "other" is for, and how often.
_BOOKED = (("美食", "休闲娱乐", "丽人", "运动健身", "其他"), (40, 22, 12, 6, 20))
KIND_OF_PLACE = {FUEL: "加油站", CHARGE: "充电站", TICKET: "景点"}

# Per kind: share of requests at the order's place, elsewhere in its city, in another city (real rows), and how
# often an order of another city is one at home.
WHERE = {
    HOTEL: ((0.26, 0.61, 0.13), 0.15),
    FUEL: ((0.16, 0.38, 0.46), 0.45),
    CHARGE: ((0.28, 0.48, 0.24), 0.30),
    TICKET: ((0.27, 0.66, 0.07), 0.05),
    OTHER: ((0.16, 0.65, 0.19), 0.15),
}
_HOURS = {  # weights of the hours 0..23 at which the homepage is opened
    HOTEL: (8, 1, 2, 1, 1, 2, 3, 7, 10, 7, 6, 9, 10, 12, 13, 14, 14, 15, 17, 16, 19, 20, 21, 21),
    "": (6, 1, 2, 2, 2, 4, 7, 10, 10, 9, 8, 9, 9, 9, 9, 10, 9, 9, 9, 8, 7, 7, 6, 6),
}
# Where people are when not at their order's place. In another hotel: last night's, or one they look at.
_AROUND = {  # kind of place and its weight
    HOTEL: "商圈 20 酒店 35 其他 13 公司 7 住宅 7 购物 8 景点 7 车站 8 美食 7 服务区 2",
    "car": "商圈 24 酒店 9 其他 9 公司 9 住宅 14 购物 10 景点 6 车站 5 美食 8 休闲娱乐 2",
    "away by car": "服务区 26 商圈 16 加油站 6 酒店 9 其他 8 住宅 8 购物 5 景点 6 美食 6",
    "away": "车站 24 酒店 16 商圈 18 其他 10 景点 8 购物 6 住宅 6 美食 6 公司 4",
    "": "商圈 17 酒店 17 其他 13 公司 9 住宅 14 购物 9 景点 9 美食 7 车站 3 丽人 2",
}
_AROUND_CUMULATIVE = {
    key: (tuple(text.split()[::2]), tuple(accumulate(int(weight) for weight in text.split()[1::2])))
    for key, text in _AROUND.items()
}


class Order(NamedTuple):
    """What a person holds: kind, place, when it was made (always before now), and its span if it has one."""

    kind: str
    poi: Poi
    made: datetime
    start: datetime
    end: datetime | None


class Visit(NamedTuple):
    """One opening of the homepage: the trip it belongs to, where and when."""

    person: Person
    now: datetime
    left: datetime  # when they left home for this trip
    city: str
    here: Poi
    order: Order
    drives: bool  # this trip is made by car
    relation: str  # "at", "city" or "away": where they are, seen from the order


def draw_visit(rng: random.Random, person: Person) -> Visit:
    kind = _kind_of_order(rng, person)
    shares, at_home = WHERE[kind]
    relation = rng.choices(("at", "city", "away"), shares)[0]
    hour = rng.choices(range(24), _HOURS.get(kind, _HOURS[""]))[0]
    now = datetime.combine(FIRST_DAY + timedelta(rng.randrange(DAYS)), datetime.min.time()) + timedelta(
        hours=hour, seconds=rng.randrange(3600)
    )
    near = neighbours(person.city)
    drives = bool(person.car) and (kind in (FUEL, CHARGE) or rng.random() < 0.4)
    city = rng.choice(near) if drives or rng.random() < 0.3 else rng.choice(tuple(CITIES))
    if rng.random() < 0.008:  # one in a hundred has come home with the order still open
        city = person.city
    order_city = city
    if relation == "away":
        order_city = person.city if rng.random() < at_home and city != person.city else rng.choice(neighbours(city))
    here = _around(rng, person, kind, relation, now, city)
    order = _order(rng, person, kind, now, order_city, here if relation == "city" else None)
    if relation == "at":
        here = order.poi
    left = now - timedelta(hours=max(1.0, min(rng.expovariate(1 / 22), 150.0)))
    return Visit(person, now, left, city, here, order, drives, relation)


def _kind_of_order(rng: random.Random, person: Person) -> str:
    """Drivers mostly refuel or charge; the others sleep, visit and book what their taste asks for."""
    if person.car and rng.random() < 0.6:
        return FUEL if person.car == "fuel" else CHARGE
    sights = 16 if person.taste == "景点" else 11
    return rng.choices((HOTEL, TICKET, OTHER), (71, sights, 16))[0]


def _around(rng: random.Random, person: Person, kind: str, relation: str, now: datetime, city: str) -> Poi:
    """Where a person is when not at the order's place."""
    if relation == "away":
        key = "away by car" if kind in (FUEL, CHARGE) else "away"
    else:
        key = HOTEL if kind == HOTEL else "car" if kind in (FUEL, CHARGE) else ""
    kinds, cumulative = _AROUND_CUMULATIVE[key]
    # Those with a taste are often where it leads them, by day.
    if 9 <= now.hour <= 21 and rng.random() < 0.08:
        return somewhere(rng, person.taste, city)
    what = rng.choices(kinds, cum_weights=cumulative)[0]
    return hotel(rng, person.budget, city) if what == "酒店" else somewhere(rng, what, city)


def _order(rng: random.Random, person: Person, kind: str, now: datetime, city: str, here: Poi | None) -> Order:
    """An order of that kind in that city, made before now; near ``here`` for most who are not at it."""
    district = here.district if here and rng.random() < 0.6 else ""
    if kind == HOTEL:
        poi = hotel(rng, person.budget, city, district)
    elif kind == OTHER:
        poi = somewhere(rng, rng.choices(*_BOOKED)[0], city, district)
    else:
        poi = somewhere(rng, KIND_OF_PLACE[kind], city, district)
    # Quarter of them minutes old, half under two hours, the oldest fifteen: the real file's quantiles.
    made = now - timedelta(hours=0.01 + 15 * rng.random() ** 3)
    midnight = made.replace(hour=0, minute=0, second=0)
    later, day = rng.random(), timedelta(1)
    if kind == HOTEL:
        # Between midnight and six one books the night that has begun.
        start = midnight - day if made.hour < 6 and later < 0.5 else midnight + day if later > 0.96 else midnight
        return Order(kind, poi, made, start, start + day * (1 if rng.random() < 0.96 else 2))
    if kind == TICKET:
        start = midnight + day if later > 0.93 else midnight
        return Order(kind, poi, made, start, start + timedelta(30))
    if later < 0.12 or (kind == OTHER and later < 0.3):  # booked for later today
        start = now + timedelta(seconds=rng.randint(720, 51_000))
        return Order(kind, poi, made, start, _coupon_end(rng, kind, made))
    before = timedelta(minutes=60 * rng.random()) if kind == CHARGE else timedelta(seconds=rng.randrange(30))
    return Order(kind, poi, made, made - before, _coupon_end(rng, kind, made))


def _coupon_end(rng: random.Random, kind: str, made: datetime) -> datetime | None:
    """Coupons and bookings run out after days or months; fuel and electricity have no end."""
    if kind != OTHER or rng.random() > 0.81:
        return None
    return made.replace(hour=23, minute=59, second=59) + timedelta(rng.choice((0, 7, 14, 30, 30, 90, 90)))
