"""Routes and searches of the sandbox, through the world's answers."""

import random
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from stagent.routing.geometry import distances_to_line, haversine_m
from stagent.worlds.local.categories import CATEGORIES, WITHIN
from stagent.worlds.sandbox.country import CITIES, ZONE
from stagent.worlds.sandbox.timetables import bus_fare, day_kind, metro_fare, periods, service_hours

NOON = datetime(2026, 1, 5, 12, tzinfo=ZONE)


@pytest.fixture(scope="module")
def points(places):
    """Two hundred places of the largest city and the smallest."""
    rng = random.Random(5)
    found = {}
    for key in ("lanyu", "lanling"):
        own = [place.at for place in places.values() if place.id.startswith(key)]
        found[key] = [tuple(at) for at in rng.sample(own, 200)]
    return found


def route(ask, origin, destination, mode="driving", **more):
    found = ask("map_compute_routes", origin=origin, destination=destination, modes=(mode,), **more)
    return found.items[0] if found.items else None


def seconds(item):
    return (datetime.fromisoformat(item["arrival"]) - datetime.fromisoformat(item["departure"])).total_seconds()


@pytest.mark.parametrize("mode", ["driving", "walking", "bicycling", "motorcycle", "truck", "transit"])
def test_parts_of_a_route_add_up(ask, points, mode):
    tried = 0
    for a, b, c in zip(points["lanyu"][:12], points["lanyu"][12:24], points["lanyu"][24:36], strict=True):
        found = ask(
            "map_compute_routes", origin=a, destination=b, intermediates=[c], modes=(mode,), departure_time=NOON
        )
        if not found.items:
            assert mode == "transit" and found.note
            continue
        tried += 1
        item = found.items[0]
        assert len(item["legs"]) == 2
        for unit in ("distance_m", "duration_s"):
            assert sum(leg[unit] for leg in item["legs"]) == item[unit]
        assert sum(step["distance_m"] for step in item["steps"]) == item["distance_m"]
        assert seconds(item) == item["duration_s"]
        if mode != "transit":
            assert sum(step["duration_s"] for step in item["steps"]) == item["duration_s"]
        assert item["distance_m"] >= haversine_m(*a, *c) + haversine_m(*c, *b) - 2
        assert found.geometry[0]["points"][0] == pytest.approx(a) and found.geometry[0]["points"][-1] == pytest.approx(
            b
        )
    assert tried > 6


def test_free_flow_durations_obey_the_triangle_inequality(ask, points):
    for own in points.values():
        for a, b, c in zip(own[:30], own[30:60], own[60:90], strict=True):
            ab, bc, ac = (route(ask, *ends, traffic_aware=False) for ends in ((a, b), (b, c), (a, c)))
            assert ac["duration_s"] <= ab["duration_s"] + bc["duration_s"]


def test_who_leaves_later_never_arrives_earlier(ask, points):
    start = datetime(2026, 1, 5, 16, 40, tzinfo=ZONE)
    for a, b in zip(points["lanyu"][:8], points["lanyu"][8:16], strict=True):
        arrivals = [
            datetime.fromisoformat(route(ask, a, b, departure_time=start + timedelta(minutes=4 * k))["arrival"])
            for k in range(25)
        ]
        assert arrivals == sorted(arrivals)


def test_traffic_is_worst_when_people_go_to_work(ask, points):
    hours = {8: [], 13: [], 3: []}
    for a, b in zip(points["lanyu"][:20], points["lanyu"][20:40], strict=True):
        for hour, delays in hours.items():
            leave = datetime(2026, 1, 6, hour, 15, tzinfo=ZONE)
            item = route(ask, a, b, departure_time=leave)
            assert 0 <= item["traffic_delay_s"] < item["duration_s"]
            delays.append(item["duration_s"])
    means = [np.mean(hours[hour]) for hour in (8, 13, 3)]
    assert means == sorted(means, reverse=True) and means[0] > 1.4 * means[2]


def test_avoided_highways_and_tolls_are_avoided(ask, world):
    city = world.cities[0]
    south, west, north, east = city.bounds
    used = 0
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        a = (south + 0.02, west + share * (east - west) * 0.6 + 0.02)
        b = (north - 0.02, east - share * (east - west) * 0.6 - 0.04)
        plain = route(ask, a, b, traffic_aware=False)
        used += any(step["road_class"] == "高速公路" for step in plain["steps"])
        for preference in ("avoid_highways", "avoid_highways+avoid_tolls", "avoid_tolls"):
            item = route(ask, a, b, traffic_aware=False, preference=preference)
            assert item["toll_yuan"] == 0
            assert not any(step["road_class"] == "高速公路" for step in item["steps"])
            assert item["duration_s"] >= plain["duration_s"]
    assert used >= 2


def test_arriving_by_a_time_means_leaving_early_enough(ask, points):
    by = datetime(2026, 1, 5, 18, 30, tzinfo=ZONE)
    for mode in ("driving", "transit"):
        for a, b in zip(points["lanyu"][:8], points["lanyu"][40:48], strict=True):
            item = route(ask, a, b, mode, arrival_time=by)
            if item is None:
                continue
            leave = datetime.fromisoformat(item["departure"])
            assert datetime.fromisoformat(item["arrival"]) <= by
            again = route(ask, a, b, mode, departure_time=leave)
            assert datetime.fromisoformat(again["arrival"]) <= by
            late = route(ask, a, b, mode, departure_time=leave + timedelta(minutes=1))
            assert datetime.fromisoformat(late["arrival"]) > by


@pytest.mark.parametrize(
    "leave",
    [
        datetime(2026, 1, 6, 8, 10, tzinfo=ZONE),  # a workday
        datetime(2026, 1, 10, 13, tzinfo=ZONE),  # a Saturday
        datetime(2026, 2, 17, 21, tzinfo=ZONE),  # New Year's Day
        datetime(2026, 1, 6, 1, 20, tzinfo=ZONE),  # night, when only night buses run
    ],
)
def test_a_transit_route_uses_lines_that_run_then(ask, world, places, points, leave):
    lines = {}  # name -> ids of stops in their order, read back from the world's own pages
    for page in world.pages.all():
        if page.title.startswith("澜屿") and page.title.endswith("路线、首末班车"):
            name = page.title.removeprefix("澜屿").removesuffix("路线、首末班车")
            lines[name] = page.body.partition("沿线车站：")[2].split("、")
    ridden = 0
    for a, b in zip(points["lanyu"][:25], points["lanyu"][60:85], strict=True):
        item = route(ask, a, b, "transit", departure_time=leave)
        if item is None:
            continue
        fare, metro_m, at = 0, 0, leave
        for step in item["steps"]:
            assert datetime.fromisoformat(step["departure"]) >= at
            at = datetime.fromisoformat(step["arrival"])
            if step["mode"] in ("walking", "waiting"):
                continue
            ridden += 1
            stops = lines[step["line"]]
            direction = stops if step["direction"] == stops[-1] else stops[::-1]
            assert step["direction"] == direction[-1]
            there, here = direction.index(step["to_name"]), direction.index(step["from_name"])
            assert there - here == step["stop_count"] > 0
            boarded = datetime.fromisoformat(step["departure"])
            assert any(runs(step, direction != stops, boarded, back) for back in (0, 1))
            metro_m += step["distance_m"] if step["mode"] == "metro" else 0
            fare += 0 if step["mode"] == "metro" else bus_fare(step["line"])
        if any(step["mode"] not in ("walking", "waiting") for step in item["steps"]):
            assert item["fare_yuan"] == fare + (metro_fare(metro_m) if metro_m else 0)
    assert ridden >= (3 if leave.hour < 4 else 15)


def runs(step, way, boarded, days_back):
    """Whether a line's vehicles of a day (the boarding's, or the one before) may be under way at that time."""
    day = boarded.date() - timedelta(days=days_back)
    first, last = service_hours(step["mode"], step["line"], ("workday", "weekend", "holiday")[day_kind(day)], way)
    minute = (boarded - datetime(day.year, day.month, day.day, tzinfo=ZONE)).total_seconds() / 60
    begin, end = (60 * int(text[:2]) + int(text[3:]) for text in (first, last))
    return begin <= minute <= end + 100  # no line takes longer from its first stop to its last


def test_waiting_fits_the_headway(ask, places):
    """From a station at midday, the next metro comes within the seven minutes between two."""
    stations = [
        p for p in places.values() if p.category == "metro_station" and "地铁1号线" in p.tags and p.id[:5] == "lanyu"
    ]
    longest = max(gap for start, _, gap in periods("metro", "地铁1号线")["workday"] if start == 570)
    item = route(ask, tuple(stations[2].at), tuple(stations[9].at), "transit", departure_time=NOON)
    first = next(step for step in item["steps"] if step["mode"] == "metro")
    assert (datetime.fromisoformat(first["departure"]) - NOON).total_seconds() <= 60 * longest


def test_fares_by_distance():
    assert [metro_fare(m) for m in (1, 4000, 4001, 26_000, 26_001)] == [2, 2, 3, 6, 7]
    assert [bus_fare(line) for line in ("12路", "夜2路", "机场巴士1线")] == [2, 3, 20]


def test_what_lies_along_a_route_lies_near_it(ask, points, places):
    for transport, radius in (("driving", 800), ("walking", 300)):
        a, b = points["lanyu"][0], points["lanyu"][90]
        found = ask(
            "map_search_along_route",
            query="餐馆",
            origin=a,
            destination=b,
            transport_mode=transport,
            buffer_radius=radius,
            limit=20,
        )
        assert len(found.items) > 3
        line = next(one for one in found.geometry if one["kind"] == "route")["points"]
        assert [item["along_m"] for item in found.items] == sorted(item["along_m"] for item in found.items)
        for item in found.items:
            off, along = distances_to_line(*places[item["id"]].at, line)
            assert abs(off[0] - item["off_route_m"]) <= 1 and off[0] <= radius
            assert abs(along[0] - item["along_m"]) <= 2


def test_central_places_minimise_what_they_claim_to(ask, points, places):
    origins = points["lanyu"][:4]
    cafes = [p for p in places.values() if p.category in WITHIN["cafe"] and p.city == "澜屿市"]
    each = np.array([[haversine_m(*cafe.at, *origin) for origin in origins] for cafe in cafes])
    claims = {"min_max_distance": each.max(1), "total_distance": each.sum(1), "balanced": each.max(1) + each.mean(1)}
    for sort_by, key in claims.items():
        found = ask(
            "map_search_central_places", query="咖啡馆", origins=origins, sort_by=sort_by, radius=50_000, limit=5
        )
        best = [cafes[k].id for k in np.argsort(key, kind="stable")[:5]]
        assert [item["id"] for item in found.items] == best
        for item in found.items:
            assert item["max_distance_m"] == max(item["distances_m"])
            assert item["total_distance_m"] == sum(item["distances_m"])


def test_no_place_is_open_outside_its_hours(ask, places):
    """``open_now`` against the spans of ``hours_today``, read as text, and of the day before after midnight."""
    moments = [
        datetime(2026, month, day, hour, 30, tzinfo=ZONE)
        for month, day in ((1, 2), (1, 3), (1, 5), (1, 11), (5, 1), (7, 15))
        for hour in (1, 7, 12, 15, 20, 23)
    ]

    def minutes(text):
        return [tuple(int(part[:2]) * 60 + int(part[3:]) for part in span.split("-")) for span in text.split(",")]

    opened = shut = 0
    for moment in moments:
        for query in ("酒吧", "银行", "博物馆", "火锅"):
            asked = {"query": query, "region": "霁川市", "limit": 20}
            yesterday = ask("map_search_places", clock=moment - timedelta(days=1), **asked).items
            before = {item["id"]: item["hours_today"] for item in yesterday}
            for item in ask("map_search_places", clock=moment, **asked).items:
                if item["hours_today"] == "全天":
                    assert item["open_now"]
                    continue
                now = moment.hour * 60 + moment.minute
                today = [] if item["hours_today"] == "休息" else minutes(item["hours_today"])
                expected = any(start <= now < (end if end > start else 1440) for start, end in today)
                if before[item["id"]] not in ("休息", "全天"):
                    expected |= any(now < end < start for start, end in minutes(before[item["id"]]))
                assert item["open_now"] == expected, (moment, item)
                opened, shut = opened + expected, shut + (not expected)
    assert opened > 300 and shut > 300


def test_banks_rest_on_holidays(ask):
    clock = datetime(2026, 10, 1, 11, tzinfo=ZONE)
    assert date(2026, 10, 1).weekday() == 3
    items = ask("map_search_places", query="邮局", region="澜屿市", clock=clock).items
    assert items and not any(item["open_now"] for item in items)
    assert {item["hours_today"] for item in items} == {"休息"}
    items = ask("map_search_places", query="邮局", region="澜屿市", clock=datetime(2026, 9, 24, 11, tzinfo=ZONE)).items
    assert all(item["open_now"] for item in items)


def test_every_city_knows_its_dishes(ask):
    for plan in CITIES:
        items = ask("map_search_places", query=plan.dishes[0], region=plan.name).items
        assert items and all(item["city"] == plan.name for item in items)
        assert CATEGORIES["food"].zh == "美食"
