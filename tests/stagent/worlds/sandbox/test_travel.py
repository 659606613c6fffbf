"""Trains and flights: possible times, stations that exist, seats that only become fewer, errors that help."""

from datetime import date, datetime, timedelta
from itertools import pairwise, permutations

import pytest

from stagent.routing.geometry import haversine_m
from stagent.worlds.protocol import ArgumentError
from stagent.worlds.sandbox.country import BY_NAME, CITIES, ZONE
from stagent.worlds.sandbox.departures import RUNS, changes

EARLY = datetime(2026, 1, 5, 0, 0, tzinfo=ZONE)
TOOLS = ("travel_search_trains", "travel_search_flights")


@pytest.fixture(scope="module")
def offers(ask):
    """All trains and flights of 16 days between all pairs of cities: tool -> (origin, destination, item)."""
    return {
        tool: [
            (a.name, b.name, item)
            for a, b in permutations(CITIES, 2)
            for item in ask(tool, clock=EARLY, origin=a.name, destination=b.name, date=EARLY.date(), days=15).items
        ]
        for tool in TOOLS
    }


def hours(item):
    return item["duration_s"] / 3600


@pytest.mark.parametrize("tool", TOOLS)
def test_times_fit_distances(offers, tool):
    highest = {"G": 300, "D": 200, "Z": 125, "K": 100}  # km/h, of the straight line
    best: dict = {}
    for origin, destination, item in offers[tool]:
        departure, arrival = (datetime.fromisoformat(item[key]) for key in ("departure", "arrival"))
        assert (arrival - departure).total_seconds() == item["duration_s"] > 0
        assert departure.date().isoformat() == item["date"] and departure.utcoffset() == timedelta(hours=8)
        a, b = BY_NAME[origin], BY_NAME[destination]
        km = float(haversine_m(a.lat, a.lon, b.lat, b.lon)) / 1000
        if tool == "travel_search_flights":
            assert 0.5 + km / 800 < hours(item) < 1.1 + km / 700 and km >= 300
            continue
        assert km / hours(item) < highest[item["number"][0]], item
        best[origin, destination] = max(best.get((origin, destination), 0), km / hours(item))
    assert all(speed > 45 for speed in best.values())  # no way goes through half the country


@pytest.mark.parametrize(("tool", "category"), [(TOOLS[0], "火车站"), (TOOLS[1], "机场")])
def test_stations_are_places_of_the_city(ask, offers, tool, category):
    seen = set()
    for origin, destination, item in offers[tool]:
        seen |= {(origin, item["from_station"]), (destination, item["to_station"])}
    assert len(seen) == (15 if category == "火车站" else 7)
    for city, station in seen:
        found = ask("map_search_places", query=station, region=city).items[0]
        assert (found["name"], found["category"]) == (station, category)


def test_a_train_calls_at_cities_one_after_another(offers):
    """A train's legs between its cities, found by separate searches, are one run."""
    legs = {}
    for origin, destination, item in offers["travel_search_trains"]:
        legs.setdefault(item["number"], []).append((origin, destination, item))
    through = 0
    for own in legs.values():
        times = {}
        for origin, _, item in own:
            times.setdefault(origin, set()).add(item["departure"][11:])
        assert all(len(one) == 1 for one in times.values())  # at one time of day from each city
        starts = {}
        for origin, destination, item in own:
            starts.setdefault((origin, item["departure"]), {})[destination] = item
        for (_, departure), onward in starts.items():
            ordered = sorted(onward.items(), key=lambda pair: pair[1]["arrival"])
            fares = [item["fares"][0]["fare_yuan"] for _, item in ordered]
            assert fares == sorted(fares)  # farther costs more
            for (city, first), (_, second) in pairwise(ordered):
                left = [at for (origin, at) in starts if origin == city and first["arrival"] <= at < second["arrival"]]
                if left:
                    through += 1
                    assert datetime.fromisoformat(min(left)) - datetime.fromisoformat(first["arrival"]) < timedelta(
                        minutes=20
                    )
                assert departure < first["arrival"] < second["arrival"]
    assert through > 300


def test_numbers_are_one_departure_each(offers):
    for tool in TOOLS:
        keys = [(item["number"], origin, destination, item["date"]) for origin, destination, item in offers[tool]]
        assert len(keys) == len(set(keys)) > 500


def test_not_everything_runs_every_day(offers):
    days = {}
    for _, _, item in offers["travel_search_flights"]:
        days.setdefault(item["number"], set()).add(date.fromisoformat(item["date"]))
    patterns = {
        name: {EARLY.date() + timedelta(k) for k in range(16) if runs(EARLY.date() + timedelta(k))}
        for name, runs in RUNS.items()
    }
    assert all(found in patterns.values() for found in days.values())
    assert len({len(found) for found in days.values()}) >= 4


@pytest.mark.parametrize("tool", TOOLS)
def test_seats_never_become_more(ask, tool):
    day = date(2026, 2, 14)  # the day before New Year's holidays
    clocks = [datetime(2026, 1, 30, 9, tzinfo=ZONE) + timedelta(hours=11 * k) for k in range(33)]
    before: dict = {}
    sold_out = compared = 0
    for clock in clocks:
        for item in ask(tool, clock=clock, origin="澜屿市", destination="霁川市", date=day).items:
            for fare in item["fares"]:
                key = item["number"], fare["cabin"]
                assert 0 <= fare["seats_left"] <= before.get(key, 10**6)
                compared += key in before
                before[key] = fare["seats_left"]
                sold_out += fare["seats_left"] == 0
    assert compared > 200 and sold_out > 10


def test_what_has_left_today_is_not_offered(ask):
    asked = {"origin": "澜屿市", "destination": "霁川市", "date": date(2026, 1, 5)}
    morning = ask("travel_search_trains", clock=EARLY, **asked).items
    clock = EARLY.replace(hour=14, minute=5)
    later = ask("travel_search_trains", clock=clock, **asked).items
    assert [item["number"] for item in later] == [
        item["number"] for item in morning if datetime.fromisoformat(item["departure"]) >= clock
    ]
    assert 0 < len(later) < len(morning)
    late = ask("travel_search_trains", clock=EARLY.replace(hour=23, minute=59), **asked)
    assert late.items == [] and "全部出发" in late.note


def test_without_a_straight_way_a_change_is_named(ask):
    found = ask("travel_search_trains", origin="澜屿市", destination="岚岭市", date=date(2026, 1, 6))
    assert found.items == [] and "可在" in found.note
    via = found.note.partition("可在")[2].partition("换乘")[0].split("、")
    for city in via:
        for ends in (("澜屿市", city), (city, "岚岭市")):
            assert ask("travel_search_trains", origin=ends[0], destination=ends[1], date=date(2026, 1, 9)).items
    found = ask("travel_search_flights", origin="桐渡市", destination="霜原市", date=date(2026, 1, 6))
    assert found.items == [] and "没有机场" in found.note


def test_changes_make_no_long_way_round():
    links = {
        ("霜原市", "霁川市"),
        ("霁川市", "鹭汀市"),
        ("霜原市", "砺港市"),
        ("砺港市", "鹭汀市"),
        ("霜原市", "桐渡市"),
    }
    # straight kilometres: by 霁川 343 + 659, by 砺港 667 + 659
    assert changes(links, "霜原市", "鹭汀市") == ["霁川市", "砺港市"]
    assert changes(links, "鹭汀市", "霜原市") == []


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    ("wrong", "parameter", "word"),
    [
        ({"origin": "火星"}, "origin", "霁川市"),
        ({"destination": "上海"}, "destination", "鹭汀市"),
        ({"destination": "望潮区"}, "destination", "map_compute_routes"),  # a district of the origin
        ({"date": date(2026, 1, 4)}, "date", "2026-01-05 至 2026-01-20"),
        ({"date": date(2026, 1, 21)}, "date", "2026-01-05 至 2026-01-20"),
    ],
)
def test_wrong_arguments_name_what_is_allowed(ask, tool, wrong, parameter, word):
    asked = {"origin": "澜屿市", "destination": "霁川市", "date": date(2026, 1, 6)} | wrong
    with pytest.raises(ArgumentError) as error:
        ask(tool, **asked)
    assert error.value.parameter == parameter and word in error.value.allowed


def test_days_beyond_what_is_known_are_said(ask):
    asked = {"origin": "澜屿市", "destination": "霁川市", "date": date(2026, 1, 18)}
    found = ask("travel_search_trains", days=9, **asked)
    assert {item["date"] for item in found.items} == {"2026-01-18", "2026-01-19", "2026-01-20"}
    assert "2026-01-20" in found.note
    assert "2026-01-20" not in ask("travel_search_trains", days=2, **asked).note


def test_a_district_means_its_city(ask):
    asked = {"destination": "霁川市", "date": date(2026, 1, 6)}
    named = [ask("travel_search_trains", origin=origin, **asked).items for origin in ("澜屿市", "望潮区")]
    assert named[0] == named[1] != []


def test_the_last_day_still_knows_what_leaves_next_year(ask):
    clock = datetime(2026, 12, 31, 20, tzinfo=ZONE)
    for tool in TOOLS:
        found = ask(tool, clock=clock, origin="澜屿市", destination="霜原市", date=date(2027, 1, 15))
        assert found.items and {item["date"] for item in found.items} == {"2027-01-15"}
