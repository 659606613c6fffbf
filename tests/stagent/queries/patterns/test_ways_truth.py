"""What patterns about ways take for true, found in another way: on roads, timetables and tables themselves."""

import itertools
from datetime import date, datetime, timedelta

import pytest

from stagent.queries.patterns.still_open import open_by_text
from stagent.routing.geometry import haversine_m
from stagent.worlds.local.categories import WITHIN
from stagent.worlds.sandbox.trains import draw_trains, search_trains
from tests.stagent.queries.patterns.ways_drawn import drawn, facts, said, sandbox


def _point(text: str) -> tuple[float, float]:
    lat, lon = text.split(",")
    return float(lat), float(lon)


def _city(task):
    return next(city for city in sandbox().cities if city.name == task.context.city)


def _at(city, name: str) -> tuple[float, float]:
    place = next(place for place in city.places if place.name == name)
    return round(place.at.lat, 5), round(place.at.lon, 5)


def _start(task, city) -> tuple[float, float]:
    start = task.slots["start"]
    if start in ("", "家", "公司"):
        return _point(task.context.profile.get(start, task.context.location))
    return _at(city, start)


def _predicate(task, kind: str, of: str = ""):
    return next(each for each in task.expects if each["kind"] == kind and each.get("of", "") == of)


def test_the_best_order_is_the_shortest_of_both_on_the_roads():
    for each in drawn("best_order", 4):
        task, city = each.task, _city(each.task)
        slots = task.slots
        end = _point(task.context.profile["家"]) if slots["to"] == "家" else _at(city, slots["to"])
        tail = [slots["third"]] if slots["third"] else []
        durations = {}
        for pair in itertools.permutations((slots["a"], slots["b"])):
            points = [_start(task, city), *(_at(city, name) for name in (*pair, *tail)), end]
            route = city.roads.route(points, "driving", leave=task.context.now, traffic=city.traffic)
            durations[pair] = route.duration_s
        best = min(durations, key=durations.get)
        stops = _predicate(task, "sequence")["stops"]
        assert best[0] in stops[0] and best[1] in stops[1]
        assert (len(stops[0]) == 2) == (max(durations.values()) - min(durations.values()) <= 60)
        assert durations[best] in _predicate(task, "value", "duration")["any_of"]


def test_the_next_departure_is_the_timetables_first_ride():
    for each in drawn("next_departure", 4):
        task, city = each.task, _city(each.task)
        journey = city.timetable.journey(
            _start(task, city), _at(city, task.slots["to"]), leave=task.context.now, roads=city.roads
        )
        first = next(leg for leg in journey.legs if leg.kind != "walking")
        assert f"{first.departure:%H:%M}" in _predicate(task, "value", "clock")["any_of"]
        assert [first.line] in _predicate(task, "text")["all_of"]


def test_the_least_jammed_hour_is_the_fastest_on_the_roads():
    for each in drawn("least_jammed", 3):
        task, city = each.task, _city(each.task)
        points = [_start(task, city), _at(city, task.slots["to"])]
        durations = {
            leave[11:16]: city.roads.route(
                points, "driving", leave=datetime.fromisoformat(leave), traffic=city.traffic
            ).duration_s
            for leave in task.slots["leave"]
        }
        assert min(durations, key=durations.get) in _predicate(task, "choice")["winner"]


def test_a_budget_is_compared_with_the_cheapest_fares_of_the_tables():
    trains = draw_trains(7)
    for each in drawn("budget_for_trip", 6):
        task = each.task
        if task.slots["way"] != "trains":
            continue
        total = 0.0
        for a, b, day in (("a", "b", "go"), ("b", "a", "back_on")):
            found = search_trains(
                7, trains, task.slots[a], task.slots[b], date.fromisoformat(task.slots[day]), task.context.now
            )
            fares = [fare for item in found for fare in item["fares"] if fare["seats_left"] >= task.slots["count"]]
            total += min(fare["fare_yuan"] for fare in fares)
        assert _predicate(task, "value", "money")["any_of"] == [total]
        assert _predicate(task, "verdict")["value"] == (total < task.slots["budget"])


@pytest.mark.parametrize("name", ["open_on_arrival", "errand_then_open"])
def test_a_door_is_open_where_the_clock_of_arrival_says_so(name):
    verdicts = set()
    for each in drawn(name, 6):
        city = _city(each.task)
        place = next(place for place in city.places if place.id == each.task.slots["id"])
        arrival = datetime.fromisoformat(each.trajectory.calls()[-1].content["items"][0]["arrival"])
        verdict = _predicate(each.task, "verdict")["value"]
        assert verdict == place.hours.is_open(arrival) == open_by_text(place.hours.on(arrival.date()), arrival)
        assert [fact.value for fact in facts(each) if fact.kind == "open"] == [verdict]
        verdicts.add(verdict)
    assert verdicts == {True, False}


def test_an_afternoon_accepts_all_places_that_are_open_and_near_and_no_others():
    """Minute by minute, over every place of the city."""
    for each in drawn("timed_afternoon", 2):
        task, city = each.task, _city(each.task)
        centre = _at(city, task.slots["anchor"]) if task.slots["anchor"] else _point(task.context.location)
        for number, (category, _) in enumerate(task.slots["kinds"]):
            start, end = (_moment(task, task.slots[f"t{2 * number + k}"]) for k in (1, 2))
            minutes = [start + timedelta(minutes=k) for k in range(round((end - start).total_seconds() / 60))]
            fitting = {
                place.name
                for place in city.places
                if place.category in WITHIN[category]
                and float(haversine_m(*place.at, *centre)) <= 1000 * task.slots["km"]
                and place.hours
                and all(place.hours.is_open(minute) for minute in minutes)
            }
            assert fitting == set(_predicate(task, "sequence")["stops"][number])


def _moment(task, text: str) -> datetime:
    hour, minute = map(int, text.split(":"))
    return task.context.now.replace(hour=hour, minute=minute)


def test_trips_name_each_day_another_open_sight_of_the_kind_that_its_weather_asks_for():
    wet = 0
    for name in ("days_in_city", "long_days_in_city", "weekend_by_train"):
        for each in drawn(name, 3):
            task = each.task
            city = next(city for city in sandbox().cities if city.name == task.slots["b"])
            days = next(call for call in each.trajectory.calls() if call.tool == "weather_forecast_days").content[
                "items"
            ]
            chosen = []
            for day, stop in zip(days, _predicate(task, "sequence")["stops"], strict=True):
                rainy = day["rain_percent"] >= task.slots["p"]
                wet += rainy
                category = task.slots["kinds"][0 if rainy else 1]
                for place in city.places:
                    fits = (
                        place.category == category and place.rating >= task.slots["rating"] and place.hours is not None
                    )
                    fits = fits and place.hours.on(date.fromisoformat(day["date"])) != "休息"
                    assert not fits or place.name in stop
                chosen.append(next(name for name in stop if name in said(each) and name not in chosen))
            assert len(set(chosen)) == len(days)
    assert wet, "not all of them on dry days"


def test_a_train_that_is_asked_after_leaves_soon_and_from_that_station():
    for each in drawn("catch_train", 4):
        slots = each.task.slots
        item = next(
            item
            for call in each.trajectory.calls()
            if call.tool == "travel_search_trains"
            for item in call.content["items"]
            if item["number"] == slots["number"]
        )
        arrival = datetime.fromisoformat(each.trajectory.calls()[-1].content["items"][0]["arrival"])
        departure = datetime.fromisoformat(item["departure"])
        assert item["from_station"] == slots["station"]
        assert timedelta(minutes=15) < departure - each.task.context.now < timedelta(minutes=90)
        in_time = arrival <= departure - timedelta(minutes=slots["early"])
        assert _predicate(each.task, "verdict")["value"] == in_time
