"""Trains of a trip: which fit and have seats, which to take, how to say it."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

from stagent.queries.answer import Fact, Piece
from stagent.queries.pattern import Slots, sentence
from stagent.queries.patterns.journeys import Item, clock, moment, name_of, next_day
from stagent.queries.sayings import say_fact


def number_of(number: str) -> Fact:
    return Fact(number, "number", number, number)


def day_said(day: date) -> str:
    return f"{day.month}月{day.day}日"


def dates_from(first: str, count: int) -> list[date]:
    start = date.fromisoformat(first)
    return [start + timedelta(days=number) for number in range(count)]


def fitting_rides(items: Sequence[Item], slots: Slots, way: str) -> list[Item]:
    """The trains there (arriving by an hour of that day) or back (leaving from an hour on) that have enough seats."""
    fitting = []
    for item in items:
        departure, arrival = moment(item["departure"]), moment(item["arrival"])
        if way == "there":
            in_time = arrival.date() == departure.date() and arrival.hour + arrival.minute / 60 <= slots["by"]
        else:
            in_time = departure.hour >= slots["from_hour"]
        if in_time and any(fare["seats_left"] >= slots["people"] for fare in item["fares"]):
            fitting.append(item)
    return fitting


def cheapest_fare(item: Item, people: int) -> Item:
    return min((fare for fare in item["fares"] if fare["seats_left"] >= people), key=lambda fare: fare["fare_yuan"])


def comfort(item: Item, people: int) -> tuple[bool, float, str]:
    """What to choose by: no departure at night and no arrival on the next day, then the fare, then the time."""
    departure, arrival = moment(item["departure"]), moment(item["arrival"])
    night = departure.hour < 6 or arrival.date() > departure.date()
    return night, cheapest_fare(item, people)["fare_yuan"], item["departure"]


def ride_said(item: Item, people: int, rng: random.Random) -> list[Piece]:
    number, fare = item["number"], cheapest_fare(item, people)
    return sentence(
        (
            "坐{number}，{departure}从{start}开，{next}{arrival}到{end}，{cabin}{fare}",
            "{number}（{departure}{start}→{next}{arrival}{end}，{cabin}{fare}）",
        ),
        rng,
        number=number_of(number),
        departure=say_fact("clock", clock(item["departure"]), number),
        start=name_of(item["from_station"]),
        next=next_day(item),
        arrival=say_fact("clock", clock(item["arrival"]), number),
        end=name_of(item["to_station"]),
        cabin=Fact(fare["cabin"], "word", fare["cabin"], number),
        fare=say_fact("money", fare["fare_yuan"], number),
    )
