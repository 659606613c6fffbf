"""Journeys by timetable, against values by hand and a search that tries every trip until nothing changes."""

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from stagent.routing.geometry import haversine_m
from stagent.routing.journey import Journey
from stagent.routing.roads import NoRoute, RoadNetwork
from stagent.routing.timetable import Frequency, Line, ServiceDays, Stop, Trip
from stagent.routing.transit import Timetable
from tests.stagent.routing.streets import ALL, city

MONDAY = datetime(2026, 3, 2)
DAILY = ServiceDays(frozenset(range(7)))
DEGREE_M = np.pi / 180 * 6_371_008.8


def street() -> RoadNetwork:
    """A straight street along the equator, of 120 nodes 100 m apart: 75 s of walking each."""
    count = 120
    lon = np.arange(count) * 100 / DEGREE_M
    tail = np.concatenate([np.arange(count - 1), np.arange(1, count)])
    head = np.concatenate([np.arange(1, count), np.arange(count - 1)])
    same = np.zeros(len(tail), int)
    return RoadNetwork.build(
        np.zeros(count),
        lon,
        tail,
        head,
        length_m=same + 100,
        speed_kmh=same + 30,
        road_class=same + 5,
        name=same,
        names=["Main"],
        toll_yuan=same,
        allowed=same + ALL,
    )


def at(metres: float) -> tuple[float, float]:
    return 0.0, metres / DEGREE_M


STREET = street()
STOPS = [Stop("a", "甲", *at(1000)), Stop("b", "乙", *at(5000)), Stop("c", "丙", *at(9000))]
LINES = [Line("1", "1路", "bus"), Line("m", "地铁1号线", "metro")]
TIMES = [("a", 0, 0), ("b", 600, 630), ("c", 1230, 1230)]


def table(trips=(), services=None, **more) -> Timetable:
    return Timetable.build(STOPS, LINES, trips, services or {"daily": DAILY}, **more)


def every_ten_minutes(**more) -> Timetable:
    frequency = Frequency("1", "daily", "丙方向", TIMES, 6 * 3600, 22 * 3600, 600)
    return table(frequencies=[frequency], **more)


def test_a_ride_by_hand():
    timetable = every_ten_minutes(fare=lambda rides: 2 + 0.5 * sum(leg.stop_count for leg in rides))
    leave = MONDAY.replace(hour=8, minute=1)
    journey = timetable.journey(at(800), at(9300), leave=leave, roads=STREET)
    # 200 m in 150 s: 8:03:30; the bus of 8:10 is at c at 8:30:30; 300 m in 225 s
    assert [(leg.kind, leg.duration_s, leg.wait_s, leg.distance_m, leg.stop_count) for leg in journey.legs] == [
        ("walking", 150, 0, 200, 0),
        ("bus", 1230, 390, 8000, 2),
        ("walking", 225, 0, 300, 0),
    ]
    ride = journey.legs[1]
    assert (ride.line, ride.direction, ride.from_name, ride.to_name) == ("1路", "丙方向", "甲", "丙")
    assert (ride.departure, ride.arrival) == (
        leave.replace(minute=10),
        leave.replace(minute=30, second=30),
    )
    assert [leg.from_name for leg in journey.legs] == ["", "甲", "丙"]
    assert (journey.departure, journey.arrival) == (leave, leave.replace(minute=34, second=15))
    assert (journey.duration_s, journey.distance_m, journey.walking_m) == (1995, 8500, 500)
    assert (journey.transfers, journey.fare_yuan) == (0, 3)


def test_arriving_by_a_time_by_hand():
    # the bus of 8:00 brings one there at 8:24:15, that of 8:10 at 8:34:15; 150 s before 8:10 is 8:07:30
    timetable = every_ten_minutes()
    by = MONDAY.replace(hour=8, minute=34, second=15)
    journey = timetable.journey(at(800), at(9300), arrive=by, roads=STREET)
    assert (journey.departure, journey.arrival) == (MONDAY.replace(hour=8, minute=7), by)
    journey = timetable.journey(at(800), at(9300), arrive=by - timedelta(seconds=1), roads=STREET)
    assert journey.departure == MONDAY.replace(hour=7, minute=57)
    assert journey.fare_yuan is None


def test_shapes_are_drawn_and_measured():
    aside = 0.01, 3000 / DEGREE_M
    timetable = every_ten_minutes(shapes={("1", "a", "b"): [aside]})
    ride = timetable.journey(at(1000), at(9000), leave=MONDAY.replace(hour=8), roads=STREET).legs[0]
    assert ride.points == [at(1000), aside, at(5000), at(9000)]
    bow = haversine_m(*at(1000), *aside) + haversine_m(*aside, *at(5000))
    assert ride.distance_m == round(bow + 4000)


def test_walking_all_the_way():
    timetable = every_ten_minutes()
    leave = MONDAY.replace(hour=8, minute=1)
    walk = timetable.journey(at(1000), at(2000), leave=leave, roads=STREET)
    assert [(leg.kind, leg.duration_s, leg.wait_s) for leg in walk.legs] == [("walking", 750, 0)]
    assert (walk.transfers, walk.walking_m, walk.arrival) == (0, 1000, leave.replace(minute=13, second=30))
    # at night one walks 4.4 km, for 55 minutes; 8.5 km are too far, so the first bus at 6:00 is the answer
    night = MONDAY.replace(hour=3)
    assert timetable.journey(at(800), at(5200), leave=night, roads=STREET).duration_s == 3300
    first = timetable.journey(at(800), at(9300), leave=night, roads=STREET)
    assert first.legs[1].departure == MONDAY.replace(hour=6) and first.legs[1].wait_s == 3 * 3600 - 150
    by = timetable.journey(at(800), at(5200), arrive=night, roads=STREET)
    assert (by.departure, by.duration_s) == (MONDAY.replace(hour=2, minute=5), 3300)
    same = timetable.journey(at(800), at(800), leave=night, roads=STREET)
    assert (same.duration_s, same.distance_m, same.legs, same.arrival) == (0, 0, [], night)


def test_a_trip_after_midnight_belongs_to_the_day_before():
    trip = Trip("1", "friday", "丙", [("a", 87_000, 87_000), ("c", 88_000, 88_000)])  # 24:10 to 24:26:40
    timetable = table([trip], {"friday": ServiceDays(frozenset({4}))})
    saturday = datetime(2026, 3, 7)
    before = timetable.journey(at(1000), at(9000), leave=saturday - timedelta(minutes=5), roads=STREET)
    after = timetable.journey(at(1000), at(9000), leave=saturday + timedelta(minutes=5), roads=STREET)
    assert before.arrival == after.arrival == saturday + timedelta(seconds=1600)
    by = timetable.journey(at(1000), at(9000), arrive=saturday + timedelta(hours=1), roads=STREET)
    assert by.departure == saturday + timedelta(minutes=10)
    with pytest.raises(NoRoute):
        timetable.journey(at(1000), at(9000), leave=saturday + timedelta(minutes=11), roads=STREET)
    with pytest.raises(NoRoute):
        timetable.journey(at(1000), at(9000), arrive=saturday + timedelta(seconds=1599), roads=STREET)


def test_service_days():
    runs = ServiceDays(
        frozenset({0, 1}),
        first=date(2026, 3, 2),
        last=date(2026, 3, 10),
        added=frozenset({date(2026, 3, 15)}),
        removed=frozenset({date(2026, 3, 9)}),
    )
    days = [date(2026, 3, 1) + timedelta(days=n) for n in range(20)]
    assert [day.day for day in days if runs(day)] == [2, 3, 10, 15]


def test_changes_take_a_minute_at_least():
    first = Trip("1", "daily", "乙", [("a", 28_800, 28_800), ("b", 29_400, 29_400)])
    onward = [Trip("m", "daily", "丙", [("b", t, t), ("c", t + 300, t + 300)]) for t in (29_459, 29_460, 29_461)]
    journey = table([first, *onward]).journey(at(1000), at(9000), leave=MONDAY.replace(hour=8), roads=STREET)
    assert [leg.kind for leg in journey.legs] == ["bus", "metro"]
    assert (journey.transfers, journey.legs[1].wait_s) == (1, 60)


def test_changes_to_a_stop_nearby():
    stops = [*STOPS, Stop("d", "丁", *at(5700)), Stop("e", "戊", *at(5801))]
    first = Trip("1", "daily", "乙", [("a", 28_800, 28_800), ("b", 29_400, 29_400)])
    walked = Trip("m", "daily", "丙", [("d", 29_925, 29_925), ("c", 30_200, 30_200)])  # 700 m are 525 s
    too_far = Trip("m", "daily", "丙", [("e", 30_300, 30_300), ("c", 30_400, 30_400)])

    def build(trips: list[Trip]) -> Timetable:
        return Timetable.build(stops, LINES, trips, {"daily": DAILY})

    journey = build([first, walked]).journey(at(1000), at(9000), leave=MONDAY.replace(hour=8), roads=STREET)
    assert [(leg.kind, leg.from_name, leg.to_name, leg.wait_s) for leg in journey.legs] == [
        ("bus", "甲", "乙", 0),
        ("walking", "乙", "丁", 0),
        ("metro", "丁", "丙", 0),
    ]
    with pytest.raises(NoRoute):
        build([first, too_far]).journey(at(1000), at(9000), leave=MONDAY.replace(hour=8), roads=STREET)


def test_of_equal_arrivals_the_one_with_fewer_changes_and_less_walking():
    direct = Trip("1", "daily", "丙", [("a", 28_800, 28_800), ("b", 29_400, 29_400), ("c", 30_400, 30_400)])
    quick = Trip("m", "daily", "丙", [("b", 29_500, 29_500), ("c", 30_400, 30_400)])
    timetable = table([quick, direct])
    assert timetable.journey(at(1000), at(9000), leave=MONDAY.replace(hour=7), roads=STREET).transfers == 0
    stops = [Stop("far", "远", *at(1000)), Stop("near", "近", *at(2000)), Stop("c", "丙", *at(9000))]
    trip = Trip("1", "daily", "丙", [("far", 28_800, 28_800), ("near", 28_900, 28_900), ("c", 30_000, 30_000)])
    timetable = Timetable.build(stops, LINES, [trip], {"daily": DAILY})
    journey = timetable.journey(at(1900), at(9000), leave=MONDAY.replace(hour=7), roads=STREET)
    assert journey.legs[1].from_name == "近"


def test_an_express_that_overtakes():
    slow = Trip("1", "daily", "丙", [("a", 28_800, 28_800), ("c", 32_400, 32_400)])
    express = Trip("1", "daily", "丙", [("a", 29_400, 29_400), ("c", 30_000, 30_000)])
    timetable = table([slow, express])
    journey = timetable.journey(at(1000), at(9000), leave=MONDAY.replace(hour=8), roads=STREET)
    assert journey.arrival == MONDAY + timedelta(seconds=30_000)
    by = timetable.journey(at(1000), at(9000), arrive=MONDAY.replace(hour=10), roads=STREET)
    assert by.departure == MONDAY.replace(hour=8, minute=10)


def test_no_stop_near():
    timetable = table([Trip("1", "daily", "乙", TIMES[:2])])
    with pytest.raises(NoRoute, match="终点") as error:
        timetable.journey(at(1000), at(11_000), leave=MONDAY, roads=STREET)
    assert error.value.stop == 1
    with pytest.raises(NoRoute, match="24 小时"):
        timetable.journey(at(1000), at(9000), leave=MONDAY, roads=STREET)
    # the walk to a stop may be 1.5 km
    edge = table([Trip("1", "daily", "丙", TIMES)])
    assert len(edge.journey(at(1000), at(10_500), leave=MONDAY, roads=STREET).legs) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        Trip("9", "daily", "", TIMES),
        Trip("1", "never", "", TIMES),
        Trip("1", "daily", "", [("a", 0, 0), ("x", 1, 1)]),
        Trip("1", "daily", "", TIMES[:1]),
        Trip("1", "daily", "", [("a", 10, 20), ("b", 15, 30)]),
        Frequency("1", "daily", "", TIMES, 0, 100, 0),
    ],
)
def test_wrong_trips(wrong):
    with pytest.raises(ValueError):
        if isinstance(wrong, Frequency):
            table(frequencies=[wrong])
        else:
            table([wrong])


def test_wrong_questions():
    with pytest.raises(ValueError, match="same id"):
        Timetable.build([*STOPS, STOPS[0]], LINES, [], {})
    for times in ({}, {"leave": MONDAY, "arrive": MONDAY}):
        with pytest.raises(ValueError, match="leave and arrive"):
            table().journey(at(0), at(100), roads=STREET, **times)


# A second implementation: every trip of three days is tried again and again, until no stop is reached earlier.

TOWN = city(24, 400)  # 9.6 km across
CORNER = 30 + 24 * 400 / 111_195, 110 + 24 * 400 / 111_195 / math.cos(math.radians(30))


def random_table(seed: int) -> tuple[Timetable, list[Stop], list[Trip], dict[str, Callable[[date], bool]]]:
    draw = np.random.default_rng(seed)
    spots = draw.uniform((30, 110), CORNER, (10, 2))
    spots = np.concatenate([spots, spots + draw.normal(0, 0.003, (10, 2))])  # each with another some 400 m off
    stops = [Stop(f"s{n}", f"站{n}", *spot) for n, spot in enumerate(spots.tolist())]
    services = {"work": ServiceDays(frozenset(range(5))), "weekend": ServiceDays(frozenset({5, 6})), "all": DAILY}
    trips = []
    for _ in range(15):
        path = draw.permutation(20)[: draw.integers(2, 8)]
        for start in draw.integers(0, 30 * 3600, 40).tolist():
            times, now = [], start
            for stop in path.tolist():
                arrive = now + int(draw.integers(30, 600))
                now = arrive + int(draw.integers(0, 60))
                times.append((f"s{stop}", arrive, now))
            trips.append(Trip("1", str(draw.choice(list(services))), str(path[-1]), times))
    return Timetable.build(stops, [Line("1", "1路", "bus")], trips, services), stops, trips, services


def walk_s(a: tuple[float, float], b: tuple[float, float], most_m: float) -> float:
    if a == b:
        return 0
    route = TOWN.route([a, b], "walking")
    graph = TOWN.graph("walking")
    return route.duration_s if route.duration_s - 1 <= most_m / (4.8 / 3.6) and len(graph.nodes) else math.inf


def plain_arrival(stops, trips, services, origin, destination, leave: datetime) -> float:
    """Seconds from leaving to arriving, of at most a day."""
    places = {stop.id: (stop.lat, stop.lon) for stop in stops}
    runs = []
    for offset in (-1, 0, 1):
        day = leave.date() + timedelta(days=offset)
        base = (datetime.combine(day, leave.min.time()) - leave).total_seconds()
        runs += [[(s, a + base, d + base) for s, a, d in t.times] for t in trips if services[t.service](day)]
    board = {s: walk_s(origin, places[s], 1500) for s in places}
    change = {(a, b): max(60, walk_s(places[a], places[b], 800)) for a in places for b in places}
    off = dict.fromkeys(places, math.inf)
    changed = True
    while changed:
        changed = False
        for run in runs:
            caught = False
            for stop, arrive, depart in run:
                if caught and arrive < off[stop]:
                    off[stop], changed = arrive, True
                    for other in places:
                        board[other] = min(board[other], arrive + change[stop, other])
                caught |= 0 <= board[stop] <= depart
    rides = min(off[s] + walk_s(places[s], destination, 1500) for s in places)
    walk = TOWN.route([origin, destination], "walking")
    best = min(rides if rides <= 86_400 else math.inf, walk.duration_s if walk.distance_m <= 5000 else math.inf)
    return best


def questions(seed: int, count: int):
    draw = np.random.default_rng(seed)
    for _ in range(count):
        ends = draw.uniform((30, 110), CORNER, (2, 2)).tolist()
        yield (
            *map(tuple, ends),
            MONDAY + timedelta(days=int(draw.integers(3, 7)), seconds=int(draw.integers(0, 86_400))),
        )


def check_parts(journey: Journey, trips: list[Trip], services, stops: list[Stop]) -> None:
    """Legs follow one another and add up; every ride is one of a trip that runs that day."""
    assert journey.departure + timedelta(seconds=journey.duration_s) == journey.arrival
    assert sum(leg.duration_s + leg.wait_s for leg in journey.legs) == journey.duration_s
    assert sum(leg.distance_m for leg in journey.legs) == journey.distance_m
    now, names = journey.departure, {stop.name: stop.id for stop in stops}
    for leg in journey.legs:
        now += timedelta(seconds=leg.wait_s)
        assert leg.wait_s >= 0 and leg.departure == now
        now += timedelta(seconds=leg.duration_s)
        assert leg.arrival == now
        if leg.kind == "walking":
            continue
        halts = set()
        for trip in trips:
            for offset in (-1, 0, 1):
                day = leg.departure.date() + timedelta(days=offset)
                midnight = datetime.combine(day, MONDAY.time())
                if services[trip.service](day) and trip.headsign == leg.direction:
                    on = [midnight + timedelta(seconds=d) for s, _, d in trip.times if s == names[leg.from_name]]
                    off = [midnight + timedelta(seconds=a) for s, a, _ in trip.times if s == names[leg.to_name]]
                    halts |= {(a, b) for a in on for b in off}
        assert (leg.departure, leg.arrival) in halts
    assert now == journey.arrival


def test_nothing_arrives_earlier():
    rode = 0
    for seed in range(3):
        timetable, stops, trips, services = random_table(seed)
        for origin, destination, leave in questions(seed, 12):
            expected = plain_arrival(stops, trips, services, origin, destination, leave)
            try:
                journey = timetable.journey(origin, destination, leave=leave, roads=TOWN)
            except NoRoute:
                assert math.isinf(expected)
                continue
            assert journey.duration_s == expected
            check_parts(journey, trips, services, stops)
            rode += journey.transfers > 0
    assert rode > 3


def test_nothing_leaves_later():
    found = 0
    for seed in range(3, 5):
        timetable, stops, trips, services = random_table(seed)
        for origin, destination, by in questions(seed, 6):
            try:
                journey = timetable.journey(origin, destination, arrive=by, roads=TOWN)
            except NoRoute:
                for hours in (1, 3, 8, 23):
                    leave = by - timedelta(hours=hours)
                    seconds = plain_arrival(stops, trips, services, origin, destination, leave)
                    assert seconds > hours * 3600
                continue
            found += 1
            assert journey.arrival <= by and journey.departure.second == 0
            check_parts(journey, trips, services, stops)
            # a minute later, and any of the minutes after that, is too late
            for late in (1, 2, 5, 30):
                leave = journey.departure + timedelta(minutes=late)
                if leave < by:
                    seconds = plain_arrival(stops, trips, services, origin, destination, leave)
                    assert leave + timedelta(seconds=min(seconds, 1e6)) > by
    assert found > 5


def test_leaving_later_never_arrives_earlier():
    timetable, *_ = random_table(9)
    found = 0
    for origin, destination, moment in questions(9, 8):
        before = moment
        for _ in range(10):
            moment += timedelta(minutes=7)
            try:
                arrival = timetable.journey(origin, destination, leave=moment, roads=TOWN).arrival
            except NoRoute:
                continue
            assert arrival >= before
            before, found = arrival, found + 1
    assert found > 40
