"""The two history columns: what a person did lately, and where they spend their days."""

import random
from datetime import datetime, timedelta
from typing import NamedTuple

from gplan.world.geography import Poi
from gplan.world.people import Person, exactly, hotel, somewhere
from gplan.world.trips import HOTEL, Order, Visit

# What people do with a place, as the app records it: look at it, search it, buy it, travel to it.
_VISITS = ("act_4", "act_7了&act_4", "act_7了&act_1了&act_2了&act_4", "act_2了&act_4", "act_7")
_SEARCHES = ("act_2", "act_1了&act_2", "act_1", "act_1了&act_2了&act_4", "act_3&act_1了&act_2")
_ORDERS = ("act_5了&act_2了&act_6", "act_5了&act_2", "act_5了&act_1了&act_2了&act_6", "act_5了&act_1了&act_2", "act_5")
_VISIT_SHARES, _SEARCH_SHARES, _ORDER_SHARES = (34, 68, 86, 96, 100), (50, 78, 90, 98, 100), (36, 62, 80, 94, 100)
_LONG_ACTIONS = ("act_7&act_4", "act_4&act_7", "act_7&act_4&act_8", "act_4", "act_4&act_8")
_WEEKDAYS = "一二三四五六日"


class Event(NamedTuple):
    """One thing a person did: when, the app's actions, the phase of the trip, and where."""

    time: datetime
    actions: str
    phase: str
    poi: Poi


def short_history(rng: random.Random, visit: Visit) -> str:
    """The last ten things done: ``在2月9日周一20点act_4了位于异地行中车站入口的p_1034999, 在…``, oldest first."""
    draw = rng.random()
    if draw < 0.003:
        return ""
    wanted = 10 if draw < 0.965 else rng.randint(2, 9)
    events = [*_order_events(rng, visit), *_trip_events(rng, visit)]
    if len(events) < wanted:
        events += _home_events(rng, visit, wanted - len(events))
    events.sort(key=lambda event: event.time)
    return ", ".join(_behaviour(event) for event in events[-wanted:])


def _behaviour(event: Event) -> str:
    time, actions, phase, poi = event
    weekday = _WEEKDAYS[time.weekday()]
    return f"在{time.month}月{time.day}日周{weekday}{time.hour}点{actions}了位于{phase}{poi.tag}的{poi.name}"


def _order_events(rng: random.Random, visit: Visit) -> list[Event]:
    """Looking for the order's place, ordering it, and going there for those who did."""
    person, order, now = visit.person, visit.order, visit.now
    events = []
    phase = "异地行前" if order.made < visit.left else "异地行中"
    if rng.random() < 0.85:
        draw = rng.random()
        where = "未知地点" if draw < 0.5 else "本地" if draw < 0.75 else phase
        events.append(Event(order.made, rng.choices(_ORDERS, cum_weights=_ORDER_SHARES)[0], where, order.poi))
    for _ in range(rng.randint(1, 3) if order.kind == HOTEL else rng.randint(0, 1)):
        time = order.made - timedelta(hours=2 * rng.random())
        other = order.poi if rng.random() < 0.3 else _alternative(rng, person, order)
        events.append(Event(time, rng.choices(_SEARCHES, cum_weights=_SEARCH_SHARES)[0], phase, other))
    if visit.relation == "at" and rng.random() < 0.6:
        time = order.made + (now - order.made) * rng.random()
        events.append(Event(time, "act_7了&act_4", phase, order.poi))
    return events


def _alternative(rng: random.Random, person: Person, order: Order) -> Poi:
    """Another place of the order's category nearby, that the person looked at before deciding."""
    if order.kind == HOTEL:
        return hotel(rng, person.budget, order.poi.city, order.poi.district)
    return exactly(rng, order.poi.tag, order.poi.city, order.poi.district)


def _trip_events(rng: random.Random, visit: Visit) -> list[Event]:
    """What was done since leaving home: travelling, then mostly what taste leads to."""
    person, now, left, city, drives = visit.person, visit.now, visit.left, visit.city, visit.drives
    charge = "充电站" if person.car == "electric" else "加油站"
    arrived = left + (now - left) * rng.uniform(0.1, 0.5)
    first = ("服务区", "停车场", charge)[int(rng.random() * 3)] if drives else "车站"
    events = [Event(left, _visit(rng), "异地行前", somewhere(rng, first, person.city))]
    if rng.random() < 0.5:
        events.append(Event(arrived, _visit(rng), "异地行中", somewhere(rng, "服务区" if drives else "车站", city)))
    # The time between now and the newest thing done is an hour for half of them.
    for _ in range(rng.randint(2, 5)):
        time = now - (now - arrived) * rng.random() ** 2
        if _asleep(rng, time):
            continue
        draw = rng.random()  # the app knows the phase of a trip from its position, and not always well
        phase = "本地" if draw < 0.22 else "异地行前" if draw < 0.36 else "异地行中"
        events.append(Event(time, _visit(rng), phase, _liked(rng, person, city, charge if drives else "其他")))
    if rng.random() < 0.2:
        events.append(Event(arrived, _visit(rng), "异地行中", hotel(rng, person.budget, city)))
    return events


def _liked(rng: random.Random, person: Person, city: str, habit: str) -> Poi:
    """A place by taste (three of five), by the second taste, or of daily need."""
    draw = rng.random()
    kind = person.taste if draw < 0.58 else person.second_taste if draw < 0.72 else "美食" if draw < 0.8 else habit
    return somewhere(rng, kind, city)


def _visit(rng: random.Random) -> str:
    return rng.choices(_VISITS, cum_weights=_VISIT_SHARES)[0]


def _asleep(rng: random.Random, time: datetime) -> bool:
    """Most of what would be done between one and six is not."""
    return 1 <= time.hour < 6 and rng.random() < 0.8


def _home_events(rng: random.Random, visit: Visit, count: int) -> list[Event]:
    """Days before the trip: home, work and habits, and planning the trip."""
    person, time, events = visit.person, visit.left, []
    while len(events) < count:
        time -= timedelta(hours=0.2 + rng.expovariate(1 / 14))
        if _asleep(rng, time):
            continue
        draw = rng.random()
        if draw < 0.35:
            poi = _liked(rng, person, visit.city, "酒店")
            events.append(Event(time, rng.choices(_SEARCHES, cum_weights=_SEARCH_SHARES)[0], "异地行前", poi))
            continue
        poi = person.home if draw < 0.48 else person.work if draw < 0.58 else rng.choice(person.haunts)
        events.append(Event(time, _visit(rng), "本地" if rng.random() < 0.6 else "异地行前", poi))
    return events


def long_history(rng: random.Random, visit: Visit) -> str:
    """Where the person spends their days, most visited first: ``住宅区的p_1act_8了78次 , 公司的p_2act_8了60次``."""
    draw = rng.random()
    if draw < 0.006:
        return ""
    person = visit.person
    places = [person.home, person.work, *person.haunts]
    places += [hotel(rng, person.budget, visit.city), somewhere(rng, "车站", person.city)]
    if draw < 0.3:  # the two that matter most are not always known
        places = places[1:]
    wanted = 10 if draw < 0.97 else 3 + int(rng.random() * 7)
    count, entries = 1 + int(rng.expovariate(1 / 60)) + 12, []
    for i, poi in enumerate(dict.fromkeys(places[:wanted])):
        lives = poi in (person.home, person.work) or (i < 4 and rng.random() < 0.3)
        action = "act_8" if lives else _LONG_ACTIONS[int(rng.random() * len(_LONG_ACTIONS))]
        entries.append(f"{poi.tag}的{poi.name}{action}了{count}次")
        count = max(1, int(count * rng.uniform(0.55, 0.98)))
    return " , ".join(entries)
