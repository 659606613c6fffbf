"""A city's streets: a bent grid of named streets of several classes, which the river cuts but at bridges.

Lines of the grid are numbered from the city's middle; every 12th is a primary road, every 4th a secondary one, every
2nd a tertiary one. Motorways, paths and what else is no grid is added by ``highways``.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from stagent.routing.roads import RoadNetwork
from stagent.routing.vehicles import BICYCLING, CLASSES, DRIVING, WALKING
from stagent.worlds.sandbox.chance import dice
from stagent.worlds.sandbox.ground import Ground
from stagent.worlds.sandbox.names import TENS, grand_words, street_words

ALL = DRIVING | WALKING | BICYCLING
ON_FOOT = WALKING | BICYCLING
# km/h without traffic, waits at lights included
SPEED = {
    "motorway": 100,
    "trunk": 70,
    "primary": 50,
    "secondary": 42,
    "tertiary": 34,
    "residential": 22,
    "service": 30,
    "path": 5,
}
_BEND = 12  # lines between two primary roads, and from the middle to the inner ring


@dataclass(slots=True)
class Streets:
    """A road graph while it is being drawn, in metres.

    Attributes:
        x, y: of each node. wide: of each node the fastest class (index into CLASSES) of a street through it.
        edges: ``(tail, head, class index, name index, toll, allowed)``, one a direction.
        names: of streets; the first is "".
        parks: ``(name index, x, y, radius)`` of blocks whose streets are paths.
        seats: node indices that places of the plan stand at: ``{"澜屿站": 17}``.
    """

    ground: Ground
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    wide: list[int] = field(default_factory=list)
    edges: list[tuple[int, int, int, int, float, int]] = field(default_factory=list)
    names: list[str] = field(default_factory=lambda: [""])
    parks: list[tuple[int, float, float, float]] = field(default_factory=list)
    seats: dict[str, int] = field(default_factory=dict)
    _index: dict[str, int] = field(default_factory=lambda: {"": 0})

    def node(self, x: float, y: float, wide: str) -> int:
        self.x.append(float(x))
        self.y.append(float(y))
        self.wide.append(CLASSES.index(wide))
        return len(self.x) - 1

    def name(self, text: str) -> int:
        if text not in self._index:
            self._index[text] = len(self.names)
            self.names.append(text)
        return self._index[text]

    def link(self, a: int, b: int, kind: str, name: str, *, allowed: int = ALL, back: int | None = None, toll=0.0):
        """A street between two nodes; ``back`` is what may go from b to a, by default the same as forth."""
        code, label = CLASSES.index(kind), self.name(name)
        self.edges.append((a, b, code, label, toll, allowed))
        if allowed if back is None else back:
            self.edges.append((b, a, code, label, toll, allowed if back is None else back))

    def nearest(self, x: float, y: float, at_least: str = "residential") -> int:
        """The nearest node on a street of a class or a faster one that isn't closed to people on foot."""
        fastest, slowest = CLASSES.index("trunk"), CLASSES.index(at_least)
        wide = np.array(self.wide)
        away = np.hypot(np.array(self.x) - x, np.array(self.y) - y)
        return int(np.where((wide >= fastest) & (wide <= slowest), away, np.inf).argmin())

    def network(self) -> RoadNetwork:
        lat, lon = self.ground.degrees(np.array(self.x), np.array(self.y))
        tail, head, kind, name, toll, allowed = zip(*self.edges, strict=True)
        tail, head = np.array(tail, np.int32), np.array(head, np.int32)
        speeds = np.array([SPEED[name] for name in CLASSES], np.float32)
        x, y = np.array(self.x), np.array(self.y)
        length = np.hypot(x[tail] - x[head], y[tail] - y[head])
        return RoadNetwork.build(
            lat,
            lon,
            tail,
            head,
            length_m=np.ceil(length * 1.001 + 0.5).astype(np.float32),  # never less than the great circle
            speed_kmh=speeds[list(kind)],
            road_class=np.array(kind),
            name=np.array(name),
            names=self.names,
            toll_yuan=np.array(toll, np.float32),
            allowed=np.array(allowed, np.uint8),
        )


class Grid:
    """Draws the grid into ``streets``; ``node[i, j]`` is the node where line i (northward) crosses line j "
    "(eastward)."""

    def __init__(self, streets: Streets, seed: int):
        self.streets, self.ground = streets, streets.ground
        plan = self.ground.plan
        self.rng = dice(seed, plan.name, "streets")
        self.reach = math.ceil(plan.radius * 1.08 / plan.step)
        self.node: dict[tuple[int, int], int] = {}
        self._words = street_words(dice(seed, plan.name, "street words"))
        self._grand = grand_words(dice(seed, plan.name, "wide street words"))
        self._named: dict[tuple, str] = {}
        self._bridges: dict[str, str] = {}
        self._lanes: dict[str, int] = {}  # of each wide street, how many lanes beside it have its name
        self._parks = self._choose_parks()
        self._one_way = {}
        self._nodes()
        self._edges()

    def kind(self, line: int, across: int) -> str:
        """The class of a line where another one crosses it."""
        if abs(line) == _BEND and abs(across) <= _BEND:
            return "trunk"  # the inner ring
        if line % _BEND == 0:
            return "primary"
        return "secondary" if line % 4 == 0 else "tertiary" if line % 2 == 0 else "residential"

    def _nodes(self) -> None:
        plan, rng, reach = self.ground.plan, self.rng, self.reach
        steps = [[rng.uniform(0.85, 1.15) * plan.step for _ in range(2 * reach + 1)] for _ in "uv"]
        u, v = (np.cumsum(line) - sum(line[: reach + 1]) for line in steps)
        turn = math.radians(plan.tilt)
        for i in range(-reach, reach + 1):
            east, north = np.full(2 * reach + 1, u[i + reach]), v
            x, y = self.ground.warp(
                east * math.cos(turn) - north * math.sin(turn), east * math.sin(turn) + north * math.cos(turn)
            )
            dry = self.ground.dry(x, y)
            for j in range(-reach, reach + 1):
                if not dry[j + reach]:
                    continue
                kinds = self.kind(i, j), self.kind(j, i)
                loose = plan.step * 0.12 if "residential" in kinds else 0
                at = x[j + reach] + rng.uniform(-loose, loose), y[j + reach] + rng.uniform(-loose, loose)
                self.node[i, j] = self.streets.node(*at, min(kinds, key=CLASSES.index))

    def _edges(self) -> None:
        streets, x, y = self.streets, self.streets.x, self.streets.y
        for (i, j), a in self.node.items():
            for northward, key in ((True, (i, j + 1)), (False, (i + 1, j))):
                if key not in self.node:
                    continue
                b = self.node[key]
                line, across = (i, j) if northward else (j, i)
                kind = self.kind(line, across if across >= 0 else across + 1)
                middle = (x[a] + x[b]) / 2, (y[a] + y[b]) / 2
                out = math.hypot(*middle) / self.ground.plan.radius
                park = self._park(i, j, northward)
                if park:
                    streets.link(a, b, "path", park, allowed=ON_FOOT)
                    continue
                if self.rng.random() > _kept(kind, out):
                    continue
                name = self._name(northward, line, across, kind)
                if self.ground.river_side(x[a], y[a]) * self.ground.river_side(x[b], y[b]) < 0:
                    if kind in ("tertiary", "residential") or (kind == "secondary" and line % 8):
                        continue
                    name = self._bridge(name)
                back = ALL
                if kind == "residential" and out < 0.6 and self._is_one_way(northward, line, across):
                    back = WALKING
                if back == WALKING and line % 4 == 3:  # neighbours run against each other
                    a, b = b, a
                streets.link(a, b, kind, name, back=back)
                a = self.node[i, j]

    def _is_one_way(self, northward: bool, line: int, across: int) -> bool:
        piece = northward, line, across // 4
        if piece not in self._one_way:
            self._one_way[piece] = self.rng.random() < 0.35
        return self._one_way[piece]

    def _choose_parks(self) -> dict[tuple[int, int], str]:
        """Blocks between secondary roads that are parks: ``{(column, row): name}``."""
        reach, rng = self.reach // 4, self.rng
        blocks = [(i, j) for i in range(-reach, reach) for j in range(-reach, reach) if 1 < math.hypot(i, j) < reach]
        words = [f"{word}公园" for word in rng.sample(PARK_WORDS, 9)]
        return dict(zip(rng.sample(blocks, 9), words, strict=True))

    def _park(self, i: int, j: int, northward: bool) -> str:
        """The name of the path that a street inside a park's block is, ``""`` elsewhere."""
        name = self._parks.get((i // 4, j // 4), "")
        return f"{name}步道" if name and (i if northward else j) % 4 else ""

    def add_parks(self) -> None:
        """Writes down where the parks are that have any land."""
        for (column, row), name in self._parks.items():
            nodes = [self.node.get((4 * column + i, 4 * row + j)) for i in (1, 2, 3) for j in (1, 2, 3)]
            if None in nodes:
                continue
            x, y = self.streets.x[nodes[4]], self.streets.y[nodes[4]]
            self.streets.parks.append((self.streets.name(f"{name}步道"), x, y, 1.4 * self.ground.plan.step))

    def _bridge(self, road: str) -> str:
        """The name of a road's bridge over the river."""
        if road not in self._bridges:
            number, river = len(self._bridges), self.ground.plan.river
            self._bridges[road] = f"{river}大桥" if number == 0 else f"{river}{_numeral(number + 1)}桥"
        return self._bridges[road]

    def _name(self, northward: bool, line: int, across: int, kind: str) -> str:
        """A street's name: wide ones have one from end to end or two halves, narrow ones another every few blocks."""
        if kind == "trunk":
            return "内环快速路"
        if kind == "primary":
            return self._keep((northward, line), lambda: f"{next(self._grand)}大道")
        if kind == "secondary":
            word = self._keep((northward, line), lambda: next(self._grand))
            halves = "北南" if northward else "东西"
            return f"{word}{halves[across < 0]}路"
        if kind == "tertiary":
            if self.ground.plan.key == "shuangyuan":
                return f"{'经' if northward else '纬'}{_numeral(line // 2 + self.reach // 2 + 1)}路"
            key = northward, line, across // _BEND
            return self._keep(key, lambda: f"{next(self._words)}{self.rng.choice('路路街')}")
        return self._keep((northward, line, across // 4), lambda: self._lane(northward, line, across))

    def _lane(self, northward: bool, line: int, across: int) -> str:
        if self.rng.random() < 0.45 and (word := next(self._words, "")):
            return f"{word}{self.rng.choice('街街巷里弄')}"
        main = self._name(northward, line - 1, across, self.kind(line - 1, across))
        stem = main[:-2] if main[-2] in "东西南北大" and main[-1] in "路道" else main[:-1]
        if main == "内环快速路":
            stem = "内环"
        elif main[0] in "经纬":
            stem = main  # 经十二路三巷: 经十二三巷 would be read as another number
        self._lanes[stem] = self._lanes.get(stem, 0) + 1
        return f"{stem}{_numeral(self._lanes[stem])}巷"

    def _keep(self, key: tuple, make) -> str:
        if key not in self._named:
            self._named[key] = make()
        return self._named[key]


_PARKS = "揽月 拾翠 听松 观稼 濯缨 芦汀 百草 向阳 梧影 荷风 雁来 星野 槐荫 知春 望云 鹿苑 木樨 归鸟 晴岚 松月"
PARK_WORDS = tuple(_PARKS.split())


def _kept(kind: str, out: float) -> float:
    """The share of streets of a class that exist at a share of the radius from the middle."""
    if kind == "residential":
        return min(1.0, max(0.3, 1.35 - out))
    return min(1.0, max(0.7, 1.55 - out)) if kind == "tertiary" else 1.0


def _numeral(number: int) -> str:
    """``_numeral(12) == "十二"``, for 1 to 99."""
    tens, ones = divmod(number, 10)
    if not tens:
        return TENS[ones - 1]
    return ("" if tens == 1 else TENS[tens - 1]) + "十" + (TENS[ones - 1] if ones else "")


def connected(streets: Streets) -> None:
    """Leaves what is connected on foot, opens one-way streets until whoever drives gets everywhere and back.

    A few streets that only paths lead to become paths themselves.
    """
    foot = _components(streets, lambda edge: True, "weak")
    _drop(streets, foot == np.bincount(foot).argmax())
    reached = _components(streets, lambda edge: edge[5] & DRIVING, "strong")
    main = _largest(streets, reached)
    streets.edges = [
        (*edge[:5], ALL) if edge[5] == WALKING and not (reached[edge[0]] == main == reached[edge[1]]) else edge
        for edge in streets.edges
    ]
    reached = _components(streets, lambda edge: edge[5] & DRIVING, "weak")
    main, path = _largest(streets, reached), CLASSES.index("path")
    streets.edges = [
        (edge[0], edge[1], path, edge[3], 0.0, ON_FOOT) if edge[5] & DRIVING and reached[edge[0]] != main else edge
        for edge in streets.edges
    ]


def _largest(streets: Streets, part: np.ndarray) -> int:
    """The part that most streets for driving lie in."""
    return int(np.bincount(part[[edge[0] for edge in streets.edges if edge[5] & DRIVING]]).argmax())


def _components(streets: Streets, wanted, connection: str) -> np.ndarray:
    pairs = [edge[:2] for edge in streets.edges if wanted(edge)]
    tail, head = zip(*pairs, strict=True)
    size = len(streets.x)
    graph = coo_array((np.ones(len(tail)), (tail, head)), (size, size)).tocsr()
    return connected_components(graph, directed=True, connection=connection)[1]


def _drop(streets: Streets, keep: np.ndarray) -> None:
    new = np.cumsum(keep) - 1
    streets.edges = [(int(new[e[0]]), int(new[e[1]]), *e[2:]) for e in streets.edges if keep[e[0]] and keep[e[1]]]
    for values in (streets.x, streets.y, streets.wide):
        values[:] = [value for value, kept in zip(values, keep, strict=True) if kept]
    streets.seats = {name: int(new[node]) for name, node in streets.seats.items() if keep[node]}
