"""Routes by road, against values by hand, a plain Dijkstra with a clock of its own, and networkx."""

import math
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from stagent.routing.landmarks import Landmarks
from stagent.routing.roads import NoRoute, RoadNetwork
from stagent.routing.traffic import Traffic
from stagent.routing.vehicles import CLASSES, DRIVING, PREFERENCES, VEHICLES, WALKING
from tests.stagent.routing.streets import ALL, city, random_network, random_traffic, rush_hours, weekend

MONDAY = datetime(2026, 3, 2)
ENGINES = ("driving", "motorcycle", "truck")


def line_network(**changes) -> RoadNetwork:
    """0 ─ A, 10 km ─ 1 ─ B, 1 km ─ 2 at 60 km/h, both ways, of class primary; nodes 0.1° and 0.01° apart."""
    columns = {
        "length_m": [10_000, 10_000, 1000, 1000],
        "speed_kmh": [60.0] * 4,
        "road_class": [2] * 4,
        "name": [0, 0, 1, 1],
        "names": ["A", "B"],
        "toll_yuan": [2.5, 0, 0.25, 0],
        "allowed": [ALL] * 4,
    }
    return RoadNetwork.build([0, 0, 0], [0, 0.1, 0.11], [0, 1, 1, 2], [1, 0, 2, 1], **columns | changes)


def jam(hour: int, factor: float) -> Traffic:
    factors = np.ones((1, 24, len(CLASSES)))
    factors[0, hour] = factor
    return Traffic(factors, lambda day: 0)


def test_parts_by_hand():
    route = line_network().route([(0, 0), (0, 0.11)], "driving")
    # 11 km at 60 km/h
    assert (route.distance_m, route.duration_s, route.delay_s, route.toll_yuan) == (11_000, 660, 0, 2.75)
    assert [(step.road, step.road_class, step.distance_m, step.duration_s) for step in route.steps] == [
        ("A", "primary", 10_000, 600),
        ("B", "primary", 1000, 60),
    ]
    assert route.points == [(0, 0), (0, 0.1), (0, 0.11)]
    assert route.departure is None and route.arrival is None and not route.compromised


def test_speed_changes_on_the_way():
    network, traffic = line_network(), jam(8, 0.5)
    # at 30 km/h until 9: 2.5 km in 5 minutes; 8.5 km at 60 km/h in 8.5 minutes
    route = network.route([(0, 0), (0, 0.11)], "driving", leave=MONDAY.replace(hour=8, minute=55), traffic=traffic)
    assert (route.duration_s, route.delay_s) == (810, 150)
    assert route.arrival == MONDAY.replace(hour=9, minute=8, second=30)
    assert [step.duration_s for step in route.steps] == [750, 60]
    # and the way back in time: to be there at 9:08:30 one leaves at 8:55
    by = network.route([(0, 0), (0, 0.11)], "driving", arrive=route.arrival, traffic=traffic)
    assert (by.departure, by.arrival) == (route.departure, route.arrival)
    # one second less than that needs the minute before: 8:54, 3 km by 9, 8 km after
    by = network.route([(0, 0), (0, 0.11)], "driving", arrive=route.arrival - timedelta(seconds=1), traffic=traffic)
    assert (by.departure, by.arrival) == (MONDAY.replace(hour=8, minute=54), MONDAY.replace(hour=9, minute=8))


def test_traffic_of_the_day_before_midnight_and_after():
    factors = np.ones((2, 24, len(CLASSES)))
    factors[1] = 0.5
    traffic = Traffic(factors, weekend)
    sunday = datetime(2026, 3, 1, 23, 50)
    # 10 minutes at 30 km/h are 5 km; the other 6 km take 6 minutes of Monday
    route = line_network().route([(0, 0), (0, 0.11)], "driving", leave=sunday, traffic=traffic)
    assert route.duration_s == 960
    by = line_network().route([(0, 0), (0, 0.11)], "driving", arrive=route.arrival, traffic=traffic)
    assert by.departure == sunday


def test_modes_have_their_own_speeds():
    network = line_network(speed_kmh=[120.0] * 4)
    seconds = {mode: network.route([(0, 0), (0, 0.1)], mode).duration_s for mode in VEHICLES}
    # 10 km at 120, 70, 80, 4.8 and 14.4 km/h: 300, 514.3, 450, 7500 and 2500 s
    assert seconds == {"driving": 300, "motorcycle": 515, "truck": 450, "walking": 7500, "bicycling": 2500}
    network = line_network(speed_kmh=[40.0] * 4)
    assert network.route([(0, 0), (0, 0.1)], "truck").duration_s == 1059  # 34 km/h: 1058.8
    walk = network.route([(0, 0), (0, 0.1)], "walking", leave=MONDAY.replace(hour=8), traffic=jam(8, 0.1))
    assert (walk.duration_s, walk.delay_s, walk.toll_yuan) == (7500, 0, 0)


def test_only_cars_and_trucks_use_motorways():
    network = line_network(road_class=[0, 0, 2, 2])
    for mode in ("driving", "truck"):
        assert network.route([(0, 0), (0, 0.11)], mode).steps[0].road_class == "motorway"
    for mode in ("motorcycle", "walking", "bicycling"):
        with pytest.raises(NoRoute) as error:
            network.route([(0, 0.1), (0, 0)], mode)
        assert error.value.stop == 1


def test_access_to_the_nearest_node():
    # 0.001° of latitude are 111.195 m: 41.7 s at 9.6 km/h, at both ends; 10 km take 600 s
    route = line_network().route([(0.001, 0), (0.001, 0.1)], "driving")
    assert (route.distance_m, route.duration_s) == (10_222, 684)
    assert route.points == [(0.001, 0), (0, 0), (0, 0.1), (0.001, 0.1)]
    same = line_network().route([(0.001, 0), (0, 0.0001)], "driving")  # one node for both: 111.2 + 11.1 m
    assert (same.distance_m, same.duration_s, len(same.steps)) == (122, 46, 1)
    shape = line_network(shape=[[(0.01, 0.05), (0.01, 0.06)], [], [], []])
    assert shape.route([(0, 0), (0, 0.1)], "driving").points[1:3] == [(0.01, 0.05), (0.01, 0.06)]


def test_a_stop_where_one_is_already():
    network = line_network()
    route = network.route([(0, 0), (0, 0), (0, 0.1), (0, 0.1)], "driving", leave=MONDAY)
    assert [leg.duration_s for leg in route.legs] == [0, 600, 0]
    route = network.route([(50, 50), (50, 50)], "walking", arrive=MONDAY)
    assert (route.distance_m, route.duration_s, route.steps, route.points) == (0, 0, [], [(50, 50)])
    assert route.departure == route.arrival == MONDAY


def test_a_stop_far_from_roads_is_named():
    # 2 km are 0.01799°
    stops = [(0, 0), (0.0179, 0), (0, 0.1)]
    assert len(line_network().route(stops, "driving").legs) == 2
    for index, label in enumerate(("起点", "第 1 个途经点", "终点")):
        stops = [(0, 0), (0, 0.1), (0, 0.11)]
        stops[index] = (-0.0181, 0)
        with pytest.raises(NoRoute, match=label) as error:
            line_network().route(stops, "driving")
        assert error.value.stop == index
    with pytest.raises(NoRoute) as error:
        line_network(allowed=[DRIVING] * 4).route([(0, 0), (0, 0.1)], "walking")
    assert error.value.stop is None


def test_nobody_stops_on_a_motorway():
    # node 1 is the motorway's alone; 10 m beside it, node 2 is 1.1 km off
    network = RoadNetwork.build(
        [0, 0, 0],
        [0, 0.01, 0.02],
        [0, 1, 1, 2, 0, 2],
        [1, 0, 2, 1, 2, 0],
        length_m=[1112] * 4 + [3000] * 2,
        speed_kmh=[100] * 4 + [30] * 2,
        road_class=[0] * 4 + [4] * 2,
        name=[0] * 6,
        names=[""],
        toll_yuan=[0] * 6,
        allowed=[DRIVING] * 6,
    )
    beside = 0.0, 0.01009
    route = network.route([beside, (0, 0)], "driving")
    assert (route.distance_m, route.points[1]) == (1102 + 2224, (0, 0.02))
    route = network.route([beside, (0, 0)], "driving", preference="avoid_highways")
    assert (route.distance_m, route.compromised) == (1102 + 3000, False)


def test_only_the_largest_connected_part_is_used():
    # node 2 has no way back, so a stop there uses node 1, 1112 m off
    network = line_network(allowed=[ALL, ALL, ALL, WALKING])
    assert network.route([(0, 0), (0, 0.11)], "driving").distance_m == 11_112
    assert network.route([(0, 0), (0, 0.11)], "walking").distance_m == 11_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"stops": [(0, 0)]},
        {"mode": "transit"},
        {"preference": "fast"},
        {"leave": MONDAY, "arrive": MONDAY},
    ],
)
def test_wrong_questions(wrong):
    asked = {"stops": [(0, 0), (0, 0.1)], "mode": "driving"} | wrong
    with pytest.raises(ValueError) as error:
        line_network().route(asked.pop("stops"), asked.pop("mode"), **asked)
    assert not isinstance(error.value, NoRoute)


@pytest.mark.parametrize(
    "wrong",
    [
        {"speed_kmh": [0, 1, 1, 1]},
        {"length_m": [1, 1, 1]},
        {"length_m": [1, 1, 1, math.nan]},
        {"road_class": [8] * 4},
        {"name": [2] * 4},
        {"shape": [[]] * 3},
    ],
)
def test_wrong_networks(wrong):
    with pytest.raises(ValueError):
        line_network(**wrong)


@pytest.mark.parametrize(
    "factor", [np.ones((24, 8)), np.zeros((1, 24, 8)), np.ones((1, 24, 7)), np.full((1, 24, 8), 1.1)]
)
def test_wrong_traffic(factor):
    with pytest.raises(ValueError):
        Traffic(factor, weekend)


def test_times_keep_their_zone_when_clocks_change():
    helsinki = ZoneInfo("Europe/Helsinki")  # 2026-03-29: 03:00 becomes 04:00
    leave = datetime(2026, 3, 29, 2, 55, tzinfo=helsinki)
    route = line_network().route([(0, 0), (0, 0.1)], "driving", leave=leave)
    assert route.arrival.isoformat() == "2026-03-29T04:05:00+03:00"
    by = line_network().route([(0, 0), (0, 0.1)], "driving", arrive=route.arrival)
    assert by.departure == leave and by.departure.utcoffset() == timedelta(hours=2)


def test_arrays_make_the_same_network(tmp_path):
    network = city(12)
    np.savez(tmp_path / "roads.npz", **network.arrays())
    with np.load(tmp_path / "roads.npz", allow_pickle=False) as arrays:
        again = RoadNetwork.from_arrays(dict(arrays))
    stops = [(30.001, 110.001), (30.012, 110.014)]
    for mode in VEHICLES:
        assert again.route(stops, mode, leave=MONDAY) == network.route(stops, mode, leave=MONDAY)


# A second implementation: Dijkstra without bounds, and a clock that integrates speed slice by slice.


def arrival_on(metres: float, free_ms: float, road_class: int, now: float, traffic: Traffic) -> float:
    while True:
        hour = math.floor(now / 3600)
        day = MONDAY.date() + timedelta(days=hour // 24)
        speed = free_ms * traffic.factor[traffic.day_kind(day), hour % 24, road_class]
        end = (hour + 1) * 3600
        if now + metres / speed <= end:
            return now + metres / speed
        metres -= (end - now) * speed
        now = end


def strong_part(network: RoadNetwork, mode: str) -> tuple[set[int], list[int]]:
    """The nodes and the edges that a mode can use, by networkx."""
    vehicle = VEHICLES[mode]
    usable = [
        e
        for e in range(len(network.tail))
        if network.allowed[e] & vehicle.bit and (vehicle.motorways or network.road_class[e] > 0)
    ]
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(network.lat)))
    graph.add_edges_from((network.tail[e], network.head[e]) for e in usable)
    part = max(nx.strongly_connected_components(graph), key=len)
    return part, [e for e in usable if network.tail[e] in part and network.head[e] in part]


def plain_arrival(network, edges, mode, start, goal, now, traffic) -> float:
    best, done = {start: now}, set()
    while True:
        left = [node for node in best if node not in done]
        if not left:
            return math.inf
        here = min(left, key=best.get)
        if here == goal:
            return best[here]
        done.add(here)
        for e in edges:
            if network.tail[e] == here:
                free = VEHICLES[mode].speeds(network.speed_kmh[e : e + 1])[0] / 3.6
                length, kind = float(network.length_m[e]), network.road_class[e]
                then = arrival_on(length, free, kind, best[here], traffic)
                if then < best.get(network.head[e], math.inf):
                    best[network.head[e]] = then


def questions(seed: int, count: int):
    """Random networks with pairs of nodes that a mode can use, and the nodes' coordinates."""
    draw = np.random.default_rng(seed)
    for n in range(count):
        network, mode = random_network(seed * 1000 + n), ENGINES[n % 3]
        _, edges = strong_part(network, mode)
        halts = {int(end) for e in edges if network.road_class[e] for end in (network.tail[e], network.head[e])}
        start, goal = (int(node) for node in draw.choice(sorted(halts), 2, replace=False))
        stops = [(network.lat[node], network.lon[node]) for node in (start, goal)]
        yield network, mode, edges, start, goal, stops, random_traffic(n), int(draw.integers(0, 2 * 86_400))


def avoided_edges(network: RoadNetwork, edges: list[int], preference: str) -> set[int]:
    motorways = {e for e in edges if network.road_class[e] == 0 and "avoid_highways" in preference}
    return motorways | {e for e in edges if network.toll_yuan[e] > 0 and "avoid_tolls" in preference}


def test_nothing_arrives_earlier():
    for network, mode, edges, start, goal, stops, traffic, second in questions(1, 60):
        expected = plain_arrival(network, edges, mode, start, goal, float(second), traffic) - second
        route = network.route(stops, mode, leave=MONDAY + timedelta(seconds=second), traffic=traffic)
        assert route.duration_s == math.ceil(expected - 1e-6)


@pytest.mark.parametrize("preference", ["avoid_highways", "avoid_tolls", "avoid_highways+avoid_tolls"])
def test_roads_are_avoided_where_they_can_be(preference):
    compromised = 0
    for network, mode, edges, start, goal, stops, traffic, second in questions(2, 30):
        shunned = avoided_edges(network, edges, preference)
        rest = [e for e in edges if e not in shunned]
        expected = plain_arrival(network, rest, mode, start, goal, float(second), traffic) - second
        leave = MONDAY + timedelta(seconds=second)
        route = network.route(stops, mode, leave=leave, traffic=traffic, preference=preference)
        compromised += route.compromised
        assert route.compromised == math.isinf(expected)
        motorway_m = sum(step.distance_m for step in route.steps if step.road_class == "motorway")
        if not route.compromised:
            assert route.duration_s == math.ceil(expected - 1e-6)
            assert "avoid_tolls" not in preference or route.toll_yuan == 0
            assert "avoid_highways" not in preference or motorway_m == 0
        elif preference == "avoid_highways":  # as few metres of motorway as there can be
            graph = nx.DiGraph()
            for e in sorted(edges, key=lambda e: -float(network.length_m[e] if e in shunned else 0)):
                weight = float(network.length_m[e]) if e in shunned else 0.0
                graph.add_edge(network.tail[e], network.head[e], weight=weight)  # the least of parallel edges stays
            assert motorway_m == pytest.approx(nx.dijkstra_path_length(graph, start, goal), abs=1)
    assert 0 < compromised < 30


@pytest.mark.parametrize(
    ("preference", "felt"),
    [
        ("prefer_highways", (1.0, 1.5, 2.0, 2.0, 2.2, 2.5, 2.5, 2.5)),
        ("prefer_main_roads", (1.0, 1.0, 1.0, 1.3, 1.8, 2.5, 3.0, 3.0)),
    ],
)
def test_preferred_roads_feel_faster(preference, felt):
    differs = 0
    for network, mode, edges, start, goal, stops, traffic, second in questions(3, 30):
        graph = nx.MultiDiGraph()
        speed = VEHICLES[mode].speeds(network.speed_kmh) / 3.6
        for e in edges:
            cost = network.length_m[e] / speed[e] * felt[network.road_class[e]]
            graph.add_edge(network.tail[e], network.head[e], weight=float(cost), edge=e)
        path = nx.dijkstra_path(graph, start, goal)
        now = float(second)
        for a, b in pairwise(path):
            e = min(graph[a][b].values(), key=lambda one: one["weight"])["edge"]
            now = arrival_on(float(network.length_m[e]), float(speed[e]), network.road_class[e], now, traffic)
        leave = MONDAY + timedelta(seconds=second)
        route = network.route(stops, mode, leave=leave, traffic=traffic, preference=preference)
        assert route.duration_s == math.ceil(now - second - 1e-6)
        differs += route.duration_s > network.route(stops, mode, leave=leave, traffic=traffic).duration_s
    assert differs


@pytest.mark.parametrize("preference", [None, *PREFERENCES])
def test_arriving_by_a_time_means_leaving_as_late_as_possible(preference):
    for network, mode, _, _, _, stops, traffic, second in questions(4, 12):
        stops = [*stops, stops[0]]  # two legs
        arrive = MONDAY + timedelta(days=2, seconds=second)
        route = network.route(stops, mode, arrive=arrive, traffic=traffic, preference=preference)
        assert route.departure.second == 0
        assert route.departure + timedelta(seconds=route.duration_s) == route.arrival <= arrive
        again = network.route(stops, mode, leave=route.departure, traffic=traffic, preference=preference)
        assert again == route
        late = route.departure + timedelta(minutes=1)
        assert network.route(stops, mode, leave=late, traffic=traffic, preference=preference).arrival > arrive


@pytest.fixture(scope="module")
def town() -> RoadNetwork:
    return city(30)


def points_in(draw: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Random (lat, lon) in the town of 30 × 30 blocks of 150 m."""
    return draw.uniform((30, 110), (30.039, 110.045), (*shape, 2))


def test_leaving_later_never_arrives_earlier(town):
    draw = np.random.default_rng(5)
    for n, stops in enumerate(points_in(draw, (60, 2)).tolist()):
        preference = (None, *PREFERENCES)[n % 6]
        traffic = random_traffic(n) if n % 2 else rush_hours()
        moment = MONDAY + timedelta(minutes=int(draw.integers(0, 1440)))
        before = moment
        for _ in range(8):
            route = town.route(stops, ENGINES[n % 3], leave=moment, traffic=traffic, preference=preference)
            assert route.arrival >= before and route.delay_s >= 0
            before = route.arrival
            moment += timedelta(seconds=int(draw.choice([1, 59, 300, 1800])))


def test_bounds_are_below_what_they_bound(town):
    # checked themselves, for a search can find the best path in spite of a wrong bound
    graph, draw = town.graph("driving"), np.random.default_rng(8)
    tail, head, kinds = (column[graph.edges] for column in (town.tail, town.head, town.road_class))
    own = {int(node): n for n, node in enumerate(graph.nodes)}
    ends = np.array([[own[int(a)], own[int(b)]] for a, b in zip(tail, head, strict=True)])
    seconds = town.length_m[graph.edges] / (town.speed_kmh[graph.edges] / 3.6)
    landmarks = Landmarks(len(own), *ends.T, seconds.astype(float), kinds)
    for slowness in (None, tuple(draw.uniform(1, 3, 8))):
        slower = seconds * (1 if slowness is None else np.array(slowness)[kinds])
        matrix = csr_array((slower, ends.T), shape=(len(own), len(own)))
        for start, goal in draw.integers(0, len(own), (10, 2)):
            to_goal = dijkstra(matrix.T.tocsr(), indices=goal)
            bound = np.array(landmarks.to(start, goal, slowness))
            assert (bound <= to_goal).all() and bound[start] > 0.6 * to_goal[start]
            from_start = dijkstra(matrix, indices=start)
            bound = np.array(landmarks.back_to(goal, start, slowness))
            assert (bound <= from_start).all() and bound[goal] > 0.6 * from_start[goal]


def test_free_flow_obeys_the_triangle_inequality(town):
    draw = np.random.default_rng(6)
    for n, places in enumerate(points_in(draw, (150, 3)).tolist()):
        mode = list(VEHICLES)[n % 5]
        a, b, c = places
        direct, first, second = (town.route(pair, mode).duration_s for pair in ((a, c), (a, b), (b, c)))
        assert direct <= first + second
        assert first <= town.route([a, b, c], mode).duration_s <= first + second


def test_parts_add_up(town):
    draw = np.random.default_rng(7)
    for n, stops in enumerate(points_in(draw, (60, 4)).tolist()):
        leave = MONDAY + timedelta(minutes=7 * n)
        route = town.route(stops, list(VEHICLES)[n % 5], leave=leave, traffic=rush_hours())
        assert len(route.legs) == 3
        for whole, parts in ((route, route.legs), *((leg, leg.steps) for leg in route.legs)):
            assert whole.distance_m == sum(part.distance_m for part in parts)
            assert whole.duration_s == sum(part.duration_s for part in parts)
        assert all(step.distance_m >= 0 and step.duration_s >= 0 for step in route.steps)
        assert route.arrival == leave + timedelta(seconds=route.duration_s)
        assert (route.points[0], route.points[-1]) == (tuple(stops[0]), tuple(stops[-1]))


def test_everything_within_a_time(town):
    graph = town.graph("walking")
    _, edges = strong_part(town, "walking")
    plain = nx.DiGraph()
    for e in edges:
        plain.add_edge(town.tail[e], town.head[e], weight=float(town.length_m[e]) / (4.8 / 3.6))
    node = 100
    away = graph.seconds_within(node, 600)
    towards = graph.seconds_within(node, 600, towards=True)
    expected = nx.single_source_dijkstra_path_length(plain, graph.nodes[node], cutoff=600)
    reverse = nx.single_source_dijkstra_path_length(plain.reverse(), graph.nodes[node], cutoff=600)
    for found, wanted in ((away, expected), (towards, reverse)):
        reached = np.flatnonzero(np.isfinite(found))
        assert {int(graph.nodes[n]) for n in reached} == {int(n) for n in wanted}
        assert [found[n] for n in reached] == pytest.approx([wanted[graph.nodes[n]] for n in reached])
    assert not np.allclose(away[np.isfinite(away)].sum(), towards[np.isfinite(towards)].sum())  # one-way streets
