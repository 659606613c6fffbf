"""Patterns of discovery, rules and comparisons of places: every task against the world, found in slower ways."""

import json
import math
import re
from datetime import datetime, timedelta
from functools import cache

import pytest

from stagent.queries.drawing import Drawn
from stagent.queries.patterns.along import ALONG
from stagent.queries.patterns.areas import AREAS
from stagent.queries.patterns.attributes import ATTRIBUTES, OpenNow, TicketSum, TimeToClosing
from stagent.queries.patterns.comparing import COMPARING, BetterOf, OpenAndNear
from stagent.queries.patterns.destinations import DESTINATIONS, TripChoice, WeatherChoice
from stagent.queries.patterns.discovering import DISCOVERING, FestivalSoon
from stagent.queries.patterns.exploring import EXPLORING
from stagent.queries.patterns.filtered import FILTERED, GoodNearby, OpenTonight, TaggedInDistrict
from stagent.queries.patterns.meeting import MEETING, FairMeeting
from stagent.queries.patterns.nearest import NEAREST, NearestOpen, NearestWithin, SeveralNear
from stagent.queries.patterns.policies import POLICIES, AirRefund, RailRefund
from stagent.queries.patterns.reputation import REPUTATION, ListRank, PlaceReputation
from stagent.queries.patterns.venues import VENUES, ConcessionTicket, FamilyTickets, LastEntry
from stagent.queries.predicates import check_possible
from stagent.queries.task import task_of
from stagent.worlds.local.categories import ancestors

ALL = (
    *NEAREST, *ALONG, *MEETING, *FILTERED, *EXPLORING, *ATTRIBUTES, *REPUTATION, *POLICIES, *VENUES, *COMPARING, *AREAS,
    *DISCOVERING, *DESTINATIONS,
)  # fmt: skip
_COORDINATE = re.compile(r"-?\d+\.\d{5},-?\d+\.\d{5}")


def straight_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The distance of two points by the spherical law of cosines, to a second formula than the world's."""
    (p, q), (r, s) = (map(math.radians, point) for point in (a, b))
    cosine = math.sin(p) * math.sin(r) + math.cos(p) * math.cos(r) * math.cos(q - s)
    return 6_371_000 * math.acos(min(1.0, cosine))


def point(text: str) -> tuple[float, float]:
    lat, lon = text.split(",")
    return float(lat), float(lon)


@cache
def everywhere(gazetteer, category: str):
    return [place for city in gazetteer.cities for place in city.places if category in ancestors(place.category)]


def named(gazetteer, name: str):
    (place,) = [place for city in gazetteer.cities for place in city.places if place.name == name]
    return place


def answer(drawn: Drawn) -> str:
    return drawn.trajectory.answers()[-1].text


def right(drawn: Drawn) -> list:
    """What the first predicate takes for right."""
    predicate = drawn.task.expects[0]
    return predicate.get("any_of") or predicate["winner"]


@pytest.mark.parametrize("pattern", ALL, ids=lambda pattern: pattern.name)
def test_tasks_can_be_asked_solved_and_checked(pattern, tasks_of):
    drawn = tasks_of(pattern, 5)
    assert len(drawn) == 5
    for task, trajectory in drawn:
        assert task_of(json.loads(json.dumps(task.as_json()))) == task
        check_possible(task.expects, len(task.turns))
        assert task.primary == pattern.leaf and not re.search(r"[{}()|]", "".join(task.turns))
        assert 1 <= task.difficulty <= 5 and len(task.chain) == len(trajectory.calls())
        assert (task.unsolvable != "") == answer((task, trajectory) and Drawn(task, trajectory)).startswith(
            "[Unsolved]"
        )


@pytest.mark.parametrize("pattern", ALL, ids=lambda pattern: pattern.name)
def test_the_expert_takes_coordinates_from_the_context_or_from_results(pattern, tasks_of):
    for task, trajectory in tasks_of(pattern, 5):
        known = task.context.text()
        for step in trajectory.calls():
            for coordinate in _COORDINATE.findall(json.dumps(step.arguments)):
                assert coordinate in known, (task.turns, step.tool)
            known += json.dumps(step.content, ensure_ascii=False)


@pytest.mark.parametrize("pattern", ALL, ids=lambda pattern: pattern.name)
def test_every_given_fact_of_an_answer_stands_in_a_result_or_in_the_question(pattern, tasks_of):
    for task, trajectory in tasks_of(pattern, 5):
        known = json.dumps([step.content for step in trajectory.calls()], ensure_ascii=False) + "".join(task.turns)
        for piece in trajectory.answers()[-1].pieces:
            if (
                not isinstance(piece, str)
                and piece.how == "given"
                and piece.kind in ("name", "number", "phone", "hours")
            ):
                assert str(piece.value) in known, (task.turns, piece)


def test_the_nearest_open_place_is_open_and_none_that_is_open_is_nearer(gazetteer, tasks_of):
    for drawn in tasks_of(NearestOpen(), 12):
        task, slots = drawn.task, drawn.task.slots
        opened = [
            (straight_m(tuple(place.at), point(slots["anchor_at"])), place.name)
            for place in everywhere(gazetteer, slots["category"])
            if place.hours and place.hours.is_open(task.context.now)
        ]
        assert min(opened)[1] in right(drawn) and min(opened)[1] in answer(drawn)


def test_within_a_radius_there_is_what_is_named_or_nothing(gazetteer, tasks_of):
    outcomes = set()
    for pattern in (NearestWithin(), SeveralNear()):
        for drawn in tasks_of(pattern, 25):
            slots = drawn.task.slots
            near = {
                place.name
                for place in everywhere(gazetteer, slots["category"])
                if straight_m(tuple(place.at), point(slots["anchor_at"])) <= slots["radius_m"]
            }
            outcomes.add(drawn.task.unsolvable)
            if drawn.task.unsolvable:
                assert not near
            else:
                assert set(right(drawn)) <= near
    assert outcomes == {"", "nothing_found"}


def test_friends_meet_where_nobody_has_far_to_go(gazetteer, tasks_of):
    for drawn in tasks_of(FairMeeting(), 12):
        task, slots = drawn.task, drawn.task.slots
        starts = [point(person["at"]) for person in slots["origins"]]
        sums = []
        for place in everywhere(gazetteer, slots["category"]):
            if (place.rating or 0) < (slots["rating"] or 0):
                continue
            if slots["open"] and not (place.hours and place.hours.is_open(task.context.now)):
                continue
            away = [straight_m(tuple(place.at), start) for start in starts]
            sums.append((max(away) if slots["sort"] == "min_max_distance" else sum(away), place.name))
        least = min(sums)[0]
        assert {name for value, name in sums if value < least + 1} <= set(right(drawn))
        assert any(name in answer(drawn) for name in right(drawn))


def test_conditions_hold_for_all_that_is_right_and_the_words_state_them(gazetteer, tasks_of):
    seen = set()
    for drawn in tasks_of(GoodNearby(), 30):
        task, slots = drawn.task, drawn.task.slots
        if slots["rating"]:
            assert f"{slots['rating']:g}" in task.turns[0]
        if slots["price_max"]:
            assert str(slots["price_max"]) in task.turns[0]
        if task.unsolvable:
            continue
        for name in right(drawn):
            fitting = [place for place in everywhere(gazetteer, slots["category"]) if place.name == name]
            assert any(
                (place.rating or 0) >= (slots["rating"] or 0)
                and (not slots["open"] or place.hours.is_open(task.context.now))
                and (
                    not slots["price_max"]
                    or (place.price if slots["price_of"] == "price" else place.average_cost) <= slots["price_max"]
                )
                for place in fitting
            )
        seen.add((bool(slots["rating"]), bool(slots["price_max"]), slots["open"]))
    assert len(seen) >= 5  # one to three conditions, in several combinations


def places_named(drawn: Drawn, gazetteer) -> list[list]:
    """For each place that an answer names, those of the asked kind in the user's city that are called so."""
    names = [piece.value for piece in drawn.trajectory.answers()[-1].pieces if getattr(piece, "kind", "") == "name"]
    own = [p for p in everywhere(gazetteer, drawn.task.slots["category"]) if p.city == drawn.task.context.city]
    return [[p for p in own if p.name == name] for name in names if name != drawn.task.slots.get("anchor_name")]


def test_tags_and_hours_hold_for_the_places_that_the_expert_names(gazetteer, tasks_of):
    for drawn in tasks_of(TaggedInDistrict(), 12):
        tag, region = drawn.task.slots["tag"], drawn.task.slots["region"]
        for places in places_named(drawn, gazetteer):
            assert any(tag in place.tags and region in (place.city, place.district) for place in places)
    for drawn in tasks_of(OpenTonight(), 12):
        then = drawn.task.context.now.replace(hour=drawn.task.slots["hour"], minute=drawn.task.slots["minute"])
        for places in places_named(drawn, gazetteer):
            assert any(place.hours.is_open(then) for place in places)


def test_open_or_closed_is_what_the_hours_say(gazetteer, tasks_of):
    verdicts = set()
    for drawn in tasks_of(OpenNow(), 20):
        task, minute = drawn.task, drawn.task.slots["minute"]
        then = task.context.now if minute is None else task.context.now.replace(hour=minute // 60, minute=minute % 60)
        opened = named(gazetteer, task.slots["name"]).hours.is_open(then)
        assert task.expects[0]["value"] is opened
        assert any(word in answer(drawn) for word in task.expects[0]["yes" if opened else "no"])
        verdicts.add(opened)
    assert verdicts == {True, False}


def test_time_left_ends_when_the_place_closes(gazetteer, tasks_of):
    for drawn in tasks_of(TimeToClosing(), 12):
        place, now = named(gazetteer, drawn.task.slots["name"]), drawn.task.context.now
        (left,) = right(drawn)
        assert place.hours.is_open(now + timedelta(seconds=left - 60))
        assert not place.hours.is_open(now + timedelta(seconds=left))


def test_sums_of_tickets(gazetteer, tasks_of):
    for drawn in tasks_of(TicketSum(), 8):
        assert right(drawn) == [named(gazetteer, drawn.task.slots["name"]).price * drawn.task.slots["people"]]
    for drawn in tasks_of(ConcessionTicket(), 8):
        assert right(drawn) == [named(gazetteer, drawn.task.slots["name"]).price / 2]
    for drawn in tasks_of(FamilyTickets(), 8):
        price, slots = named(gazetteer, drawn.task.slots["name"]).price, drawn.task.slots
        assert right(drawn) == [price * slots["full"] + price / 2 * slots["half"]]
        said = sum(
            "零一两三四五".index(digit)
            for digit in re.findall("([一两三])(?:个大人|个.岁的孩子|位七十岁)", drawn.task.turns[0])
        )
        assert said == slots["full"] + slots["half"]


def test_last_entry_is_half_an_hour_before_the_place_closes(gazetteer, tasks_of):
    for drawn in tasks_of(LastEntry(), 8):
        place = named(gazetteer, drawn.task.slots["name"])
        hour, minute = map(int, right(drawn)[0].split(":"))
        entry = drawn.task.context.now.replace(hour=hour, minute=minute)
        assert place.hours.is_open(entry + timedelta(minutes=29))
        assert not place.hours.is_open(entry + timedelta(minutes=30))


# percent kept by days to go, as the airlines' pages say: (10 and 8, 5 and 3, 1)
_KEPT = {"澜海航空": (5, 15, 30), "霁云航空": (5, 20, 35), "白鹭航空": (0, 15, 40), "小帆航空": (30, 60, 90)}


def test_refunds_of_flights_and_trains(tasks_of):
    for drawn in tasks_of(AirRefund(), 20):
        slots = drawn.task.slots
        kept = _KEPT[slots["carrier"]][0 if slots["days"] > 7 else 1 if slots["days"] > 2 else 2]
        assert right(drawn)[0] == pytest.approx(slots["fare"] * kept / 100)
        assert ("免费" in answer(drawn)) == (kept == 0)
    for drawn in tasks_of(RailRefund(), 12):
        trains = next(step for step in drawn.trajectory.calls() if step.tool == "travel_search_trains").content["items"]
        train = trains[-1 if drawn.task.slots["last"] else 0]
        fare = next(each["fare_yuan"] for each in train["fares"] if each["cabin"] == "二等座")
        hours = (datetime.fromisoformat(train["departure"]) - drawn.task.context.now).total_seconds() / 3600
        kept = 0 if hours >= 192 else 5 if hours > 48 else 10 if hours >= 24 else 20
        assert right(drawn)[0] == pytest.approx(fare * kept / 100, abs=0.01)


def test_reviews_that_instruct_are_not_passed_on(gazetteer, tasks_of):
    injected = {place.name for city in gazetteer.cities for place in gazetteer.injected_places(city)}
    met = 0
    for drawn in tasks_of(PlaceReputation(), 60):
        place = named(gazetteer, drawn.task.slots["name"])
        assert right(drawn) == [place.rating]
        if place.name in injected:
            met += 1
            bad = next(text for text in place.reviews if re.search(r"系统|AI|助手|模型|[a-z]{4}", text))
            assert bad[:8] not in answer(drawn)
    assert met >= 3


def test_ranks_are_those_of_the_list(gazetteer, tasks_of):
    outcomes = set()
    for drawn in tasks_of(ListRank(), 16):
        slots, predicate = drawn.task.slots, drawn.task.expects[0]
        (chart,) = [chart for chart in gazetteer.world._charts if chart.name == slots["chart"]]
        ranked = [place.name for place in chart.places]
        if slots["name"] in ranked:
            assert predicate["any_of"] == [ranked.index(slots["name"]) + 1]
        else:
            assert predicate["value"] is False and ranked[0] in answer(drawn)
        outcomes.add(predicate["kind"])
    assert outcomes == {"value", "verdict"}


def test_of_known_places_the_better_one_is_chosen(gazetteer, tasks_of):
    for drawn in tasks_of(BetterOf(), 12):
        slots = drawn.task.slots
        field, sign = {"rating": ("rating", -1), "cost": ("average_cost", 1)}.get(slots["by"], ("price", 1))
        best = min(slots["names"], key=lambda name: sign * getattr(named(gazetteer, name), field))
        assert drawn.task.expects[0]["winner"] == [best] and answer(drawn).index(best) < 8
    outcomes = set()
    for drawn in tasks_of(OpenAndNear(), 20):
        now, here = drawn.task.context.now, point(drawn.task.context.location)
        places = [named(gazetteer, name) for name in drawn.task.slots["names"]]
        opened = [(straight_m(tuple(place.at), here), place.name) for place in places if place.hours.is_open(now)]
        outcomes.add(drawn.task.unsolvable)
        assert (min(opened)[1] in right(drawn)) if opened else drawn.task.unsolvable == "nothing_found"
    assert outcomes == {"", "nothing_found"}


def test_cities_are_chosen_by_weather_and_fare(gazetteer, tasks_of):
    for drawn in tasks_of(WeatherChoice(), 8):
        slots = drawn.task.slots
        days = {
            name: gazetteer.world._sky.forecast(name, datetime.fromisoformat(slots["date"]).date())
            for name in slots["names"]
        }
        key, sign = {"warm": ("high_c", -1), "cool": ("high_c", 1), "rain": ("rain_percent", 1)}[slots["by"]]
        assert right(drawn) == [min(days, key=lambda name: sign * days[name][key])]
    for drawn in tasks_of(TripChoice(), 8):
        values = {}
        for step in drawn.trajectory.calls():
            for train in step.content["items"]:
                fare = next((each["fare_yuan"] for each in train["fares"] if each["cabin"] == "二等座"), None)
                value = fare if drawn.task.slots["by"] == "fare" else train["duration_s"]
                if value is not None:
                    goal = step.arguments["destination"]
                    values[goal] = min(value, values.get(goal, value))
        assert right(drawn) == [min(values, key=values.__getitem__)]


def test_a_festival_is_not_over(tasks_of):
    for drawn in tasks_of(FestivalSoon(), 8):
        ends = [piece.value for piece in drawn.trajectory.answers()[-1].pieces if getattr(piece, "kind", "") == "date"]
        assert len(ends) == 2 and ends[1] >= drawn.task.context.clock[:10]
