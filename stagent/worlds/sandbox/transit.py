"""Where metro and buses run: lines as sequences of stops along a city's streets, and the stops' names."""

import itertools
import math
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from stagent.routing.vehicles import CLASSES
from stagent.worlds.local.place import MapPlace
from stagent.worlds.sandbox.chance import dice
from stagent.worlds.sandbox.places import Town
from stagent.worlds.sandbox.plots import stem
from stagent.worlds.sandbox.streets import SPEED

_METRO_STEP, _BUS_STEP = 1150, 520  # metres between stops
_SAME_METRO = 480  # a line that comes so near to a station stops there
_LANDMARKS = (
    "railway_station",
    "airport",
    "sight",
    "museum",
    "university",
    "hospital",
    "mall",
    "historic",
    "theme_park",
)
_LANDMARKS += ("park", "old_street", "beach", "zoo", "coach_station", "stadium", "town_hall")


class Route(NamedTuple):
    """A line from its first stop to its last; it runs both ways.

    Attributes:
        stops: ids. path: between each two stops the (lat, lon) on the way, the stops' own left out.
        metres: from each stop to the next.
    """

    id: str
    name: str
    kind: str
    stops: tuple[str, ...]
    path: tuple[tuple[tuple[float, float], ...], ...]
    metres: tuple[int, ...]


class Network:
    """Draws a city's lines; ``routes`` is the result, ``stops`` maps ids to the places that they are."""

    def __init__(self, town: Town):
        self.town, self.plan, self.streets = town, town.plan, town.streets
        self.rng = dice(town.seed, self.plan.name, "lines")
        self.x, self.y = np.array(self.streets.x), np.array(self.streets.y)
        self.wide = np.array(self.streets.wide)
        self.routes: list[Route] = []
        self.stops: dict[str, MapPlace] = {}
        self._at: dict[tuple[str, int], str] = {}  # kind, node -> stop
        self._landmarks = self._find_landmarks()
        self._names: set[str] = set()
        self._crossing: dict[int, set[str]] = {node: set() for node in range(len(self.x))}
        for edge in self.streets.edges:
            self._crossing[edge[0]].add(self.streets.names[edge[3]])
        self._graph = self._wide_streets()
        self._metro()
        self._buses()
        self._tell_lines()

    def _find_landmarks(self) -> tuple[np.ndarray, list[str]]:
        places = [place for place in self.town.places if place.category in _LANDMARKS and "（" not in place.name]
        places.sort(key=lambda place: _LANDMARKS.index(place.category))
        xy = np.array([self.town.ground.metres(*place.at) for place in places], float)
        return xy, [place.name for place in places]

    def _wide_streets(self):
        """Seconds along streets that buses use, as a sparse matrix."""
        slowest = CLASSES.index("tertiary")
        edges = [e for e in self.streets.edges if CLASSES.index("trunk") <= e[2] <= slowest]
        tail, head, kind = np.array([edge[:3] for edge in edges]).T
        length = np.hypot(self.x[tail] - self.x[head], self.y[tail] - self.y[head])
        speed = np.array([SPEED[name] for name in CLASSES])[kind]
        return coo_array((length / speed, (tail, head)), (len(self.x), len(self.x))).tocsr()

    def _near(self, x: float, y: float) -> int:
        return self.streets.nearest(x, y, "secondary")

    # ---- metro

    def _metro(self) -> None:
        """A line through the middle, one across it, one to the airport, a ring, others slanting."""
        count, ground = self.plan.metro, self.town.ground
        start = self.plan.tilt + 90.0 if self.plan.coast is None else self.plan.coast + 90.0
        far = [(0.88, 0.88), (0.86, 0.4), (0.8, 0.8), (0.75, 0.75)]
        turns = (0.0, 90.0, 38.0, 128.0)
        for number in range(count):
            name = f"地铁{number + 1}号线"
            if number == 2 and self.plan.airport:
                seats = [self.plan.airport.name, *(spot.name for spot in self.plan.stations[::-1])]
                points = [(self.x[self.streets.seats[seat]], self.y[self.streets.seats[seat]]) for seat in seats]
                name = "地铁机场线"
            elif number == 4:
                points = [ground.at(start + 30 * k, 0.36) for k in range(13)]
                name = "地铁环线"
            else:
                index = number if number < 3 else 3 if number == 3 else 2
                bearing = start + turns[index] + self.rng.uniform(-8, 8)
                first, last = far[index]
                offset = ground.at(bearing + 90, 0.0 if number < 2 else self.rng.uniform(-0.15, 0.15))
                points = [ground.at(bearing, first), ground.at(bearing, 0.3), offset]
                points += [ground.at(bearing + 180, 0.3), ground.at(bearing + 180, last)]
            self._metro_line(f"{self.plan.key}-m{number + 1}", name, points)

    def _metro_line(self, id: str, name: str, points: list[tuple[float, float]]) -> None:
        stops: list[str] = []
        for x, y in _spread(points, _METRO_STEP):
            node = self._near(x, y)
            if math.hypot(self.x[node] - x, self.y[node] - y) > _SAME_METRO:
                continue  # water
            stop = self._station(x, y)
            if stop not in stops:
                stops.append(stop)
        straight = tuple(() for _ in stops[1:])
        self.routes.append(Route(id, name, "metro", tuple(stops), straight, self._metres(stops, straight)))

    def _station(self, x: float, y: float) -> str:
        """The metro station near a point: one that is there, or a new one at a wide street."""
        for (kind, node), stop in self._at.items():
            if kind == "metro" and math.hypot(self.x[node] - x, self.y[node] - y) < _SAME_METRO:
                return stop
        return self._stop("metro", self._near(x, y))

    # ---- buses

    def _buses(self) -> None:
        """Lines between stations, sights, the ends of districts; some at night, one from the airport."""
        ends = self._ends()
        self.rng.shuffle(ends)
        for number in range(self.plan.buses):
            a, b = ends[number % len(ends)], self.rng.choice(ends)
            while np.hypot(self.x[a] - self.x[b], self.y[a] - self.y[b]) < 0.5 * self.plan.radius:
                b = self.rng.choice(ends)
            self._bus_line(f"b{number + 1}", f"{self._number(number)}路", a, b)
        seats = self.streets.seats
        main = seats[self.plan.stations[0].name]
        if self.plan.airport:
            self._bus_line("air", "机场巴士1线", seats[self.plan.airport.name], main, 2600)
        for number, bearing in enumerate(self.rng.sample(range(0, 360, 30), 3)):
            point = self.town.ground.at(bearing, 0.7)
            if self.town.ground.dry(*point):
                self._bus_line(f"n{number + 1}", f"夜{number + 1}路", main, self._near(*point), 800)

    def _number(self, number: int) -> int:
        """Lines' numbers have gaps, as real ones do."""
        return number + 1 if number < 9 else 2 * number - 6 + 7 * (number > 14)

    def _ends(self) -> list[int]:
        ground, ends = self.town.ground, list(self.streets.seats.values())
        xy, names = self._landmarks
        for _name, (x, y) in zip(names, xy, strict=True):
            if self.rng.random() < 0.3:
                ends.append(self._near(x, y))
        for bearing in range(0, 360, 20):
            for out in (0.5, 0.85):
                if ground.dry(*(point := ground.at(bearing, out))):
                    ends.append(self._near(*point))
        return list(dict.fromkeys(ends))

    def _bus_line(self, id: str, name: str, a: int, b: int, step: int = _BUS_STEP) -> None:
        nodes = self._way(a, b)
        if not nodes:
            return
        stops, path, between, run = [self._stop("bus", nodes[0])], [], [], 0.0
        for before, node in itertools.pairwise(nodes):
            run += math.hypot(self.x[node] - self.x[before], self.y[node] - self.y[before])
            known = ("bus", node) in self._at
            if node == nodes[-1] or run > step or (known and run > 0.7 * step):
                stop = self._stop("bus", node)
                if stop not in stops:
                    stops.append(stop)
                    path.append(tuple(between))
                    between, run = [], 0.0
                    continue
            between.append(self._degrees(node))
        if len(stops) > 2:
            route_id = f"{self.plan.key}-{id}"
            self.routes.append(Route(route_id, name, "bus", tuple(stops), tuple(path), self._metres(stops, path)))

    def _way(self, a: int, b: int) -> list[int]:
        """The nodes of the fastest way along wide streets, [] where there is none."""
        _, before = dijkstra(self._graph, indices=a, return_predecessors=True)
        nodes = [b]
        while nodes[-1] != a and before[nodes[-1]] >= 0:
            nodes.append(int(before[nodes[-1]]))
        return nodes[::-1] if nodes[-1] == a else []

    # ---- stops

    def _stop(self, kind: str, node: int) -> str:
        """The stop of a kind at a node, made and named if need be."""
        if (kind, node) not in self._at:
            x, y = self.x[node], self.y[node]
            shift = 12 if kind == "bus" else 0  # beside the crossing, and beside a metro's entrance
            name = self._stop_name(kind, node)
            street = self.town.plots.streets_at(x, y)[0]
            category = "metro_station" if kind == "metro" else "bus_stop"
            place = self.town.add(name, category, x + shift, y + shift, street)
            self.stops[place.id] = place
            self._at[kind, node] = place.id
        return self._at[kind, node]

    def _stop_name(self, kind: str, node: int) -> str:
        """Of a landmark nearby, else of the streets that cross here; no two alike."""
        ending = "地铁站" if kind == "metro" else "公交站"
        xy, names = self._landmarks
        away = np.hypot(xy[:, 0] - self.x[node], xy[:, 1] - self.y[node])
        near = [name for name, metres in zip(names, away, strict=True) if metres < (330 if kind == "metro" else 140)]
        around = self.town.plots.streets_at(self.x[node], self.y[node])
        here = self._crossing[node]
        crossing = [street for street in around if street in here] or around[:1]
        crossing.sort(key=lambda street: street[-1] in "巷里弄")  # a stop is called after the wide street
        if kind == "metro":
            names = [*near, *map(stem, crossing), *around]
        else:
            names = [*near, f"{crossing[0]}{stem(crossing[-1])}路口" if len(crossing) > 1 else crossing[0]]
            names += [*crossing, *(f"{street}口" for street in around)]
        name = next(name for name in names if f"{name}{ending}" not in self._names) + ending
        self._names.add(name)
        return name

    def _degrees(self, node: int) -> tuple[float, float]:
        lat, lon = self.town.ground.degrees(self.x[node], self.y[node])
        return round(float(lat), 6), round(float(lon), 6)

    def _metres(self, stops: list[str], path) -> tuple[int, ...]:
        metres = []
        for a, b, between in zip(stops, stops[1:], path, strict=False):
            points = [self.stops[a].at, *between, self.stops[b].at]
            x, y = self.town.ground.metres(*np.array(points).T)
            metres.append(round(float(np.hypot(np.diff(x), np.diff(y)).sum())))
        return tuple(metres)

    def _tell_lines(self) -> None:
        """Gives each stop's place the lines that halt there as tags."""
        lines: dict[str, list[str]] = {}
        for route in self.routes:
            for stop in route.stops:
                lines.setdefault(stop, []).append(route.name)
        for number, place in enumerate(self.town.places):
            if place.id in lines:
                facts = {field: getattr(place, field) for field in MapPlace.__dataclass_fields__}
                self.town.places[number] = self.stops[place.id] = MapPlace(**{**facts, "tags": tuple(lines[place.id])})


def _spread(points: list[tuple[float, float]], step: float) -> list[tuple[float, float]]:
    """Points at about equal distances along a line, its ends included."""
    legs = [math.dist(a, b) for a, b in itertools.pairwise(points)]
    count = max(2, round(sum(legs) / step))
    spread = []
    for k in range(count + 1):
        at, leg = sum(legs) * k / count, 0
        while leg < len(legs) - 1 and at > legs[leg]:
            at -= legs[leg]
            leg += 1
        (x1, y1), (x2, y2) = points[leg], points[leg + 1]
        part = at / legs[leg] if legs[leg] else 0.0
        spread.append((x1 + part * (x2 - x1), y1 + part * (y2 - y1)))
    return spread
