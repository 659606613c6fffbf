"""Instructions about a line of buses or metro: its fare, its first and last, its stops."""

import random
import re
from functools import lru_cache
from typing import Any

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import WHOLE_CITY, find, listed, name_of, rarely, said_value, true_place
from stagent.queries.patterns.transit import line_name, no_transit
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Scene
from stagent.routing.transit import Timetable
from stagent.worlds.sandbox.timetables import bus_fare, service_hours

_REALTIME = "dynamic_information.realtime_traffic_and_transit"


FARES = f"{_REALTIME}.public_transit_fares"
SCHEDULES = f"{_REALTIME}.public_transit_schedules_and_routes"


_ENDS = re.compile(
    r"工作日(?P<a>\S+?)首班 (?P<a1>\S+?)、末班 (?P<a2>\S+?)[；，,](?P<b>\S+?)首班 (?P<b1>\S+?)、末班 (?P<b2>\S+?)。"
)


_LENGTH = re.compile(r"全程 (?P<km>[\d.]+) 公里[，,](?P<stops>\d+) 站")


_FARE = re.compile(r"票价：每次 (?P<fare>\d+) 元")


@lru_cache(maxsize=64)
def _known_lines(timetable: Timetable) -> list[tuple[str, str, str, list[str]]]:
    """Name, kind, id and stops of every line of the sandbox, one way; those at night left out: their last is after
    midnight, on no clear day."""
    lines = {}
    for line, stops, _ in timetable.ways():
        lines.setdefault(line.id, (line.name, line.kind, line.id, [stop.name for stop in stops]))
    return [line for line in lines.values() if not line[0].startswith("夜")]


def _drawn_line(scene: Scene, kinds: tuple[str, ...] = ("metro", "bus")) -> dict[str, Any] | None:
    """A line as slots; where there is no timetable a made-up number now and then, of which nobody can tell anything."""
    city = scene.region.removesuffix("市")
    if scene.gazetteer.world.name != "sandbox":
        return {"line": f"{scene.rng.randrange(1, 60)}路", "city": city} if rarely(scene) else None
    name, kind, _, stops = scene.rng.choice(_known_lines(scene.city.timetable))
    return {"line": name, "city": city, "kind": kind, "ends": [stops[0], stops[-1]]} if kind in kinds else None


def _title(slots: Slots) -> str:
    return f"{slots['city']}{slots['line']}路线、首末班车"


async def _true_page(scene: Scene, slots: Slots, what: str) -> str | None:
    """The excerpt of a line's page as a search for it gives it; None: it isn't found."""
    items = (await scene.ask("web_search", query=f"{slots['city']}{slots['line']} {what}")).get("items", ())
    return next((item["excerpt"] for item in items if item["title"] == _title(slots)), None)


async def _page(episode: Episode, slots: Slots, what: str) -> str:
    content = await episode.call(
        "web_search", f"查{slots['line']}的线路页", query=f"{slots['city']}{slots['line']} {what}"
    )
    for item in content["items"]:
        if item["title"] == _title(slots):
            return item["excerpt"]
    raise Unsolved(f"没有查到{slots['city']}{slots['line']}的线路信息，请确认线路名称。")


class LineFare(QueryPattern):
    """What one ride on a bus line costs."""

    name = "line_fare"
    leaf = FARES
    wordings = (
        (
            "{city}{line}坐一次{party}多少钱",
            "{city}(的|){line}票价(是|)多少{party}",
            "坐{city}{line}{party}要几块钱(啊|)",
            "(请问|){city}{line}{party}车票多少钱",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = _drawn_line(scene, ("bus",))
        if slots is None:
            return None
        people = scene.rng.choice((1, 1, 1, 2, 3))
        return {**slots, "people": people, "party": {1: "", 2: "两个人", 3: "三个人"}[people]}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if scene.gazetteer.world.name != "sandbox":
            return no_transit()
        page = await _true_page(scene, slots, "票价")
        if page is None or not _FARE.search(page):
            return None
        return Truth((said_value("money", bus_fare(slots["line"]) * slots["people"]),))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        found = _FARE.search(await _page(episode, slots, "票价"))
        if found is None:
            raise Unsolved(f"线路页里没有{slots['line']}的票价。")
        fare, people = int(found["fare"]), slots["people"]
        pieces = sentence(
            ("{city}{line}每次{fare}。", "坐{city}{line}一次{fare}。"),
            rng,
            city=slots["city"],
            line=line_name(slots["line"]),
            fare=say_fact("money", fare, slots["line"], rng=rng),
        )
        if people > 1:
            total = say_fact("money", fare * people, slots["line"], how="product", rng=rng)
            pieces += sentence(("{number}一共{total}。",), rng, number=slots["party"], total=total)
        episode.answer(*pieces, *rng.choice((["以车上公示为准。"], ["需要首末班车时间也可以问我。"], [])))


class LineFirstLast(QueryPattern):
    """The first and last departures of a line from one of its ends on workdays."""

    name = "line_first_last"
    leaf = SCHEDULES
    wordings = (
        (
            "{city}{line}工作日从{end}开的{what}(是|)几点(？|)",
            "(请问|查一下|){city}{line}{end}方向始发的{what}时间，工作日的",
            "工作日{city}{line}从{end}发车，{what}是几点",
            "{end}坐{city}{line}，(平时|)工作日{what}几点(开|发车)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = _drawn_line(scene)
        if slots is None:
            return None
        ends = slots.pop("ends", ["火车站"])
        way = scene.rng.randrange(len(ends))
        return {**slots, "end": ends[way], "way": way, "what": scene.rng.choice(("首班车", "末班车", "首末班车"))}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if scene.gazetteer.world.name != "sandbox":
            return no_transit()
        page = await _true_page(scene, slots, "首末班车")
        if page is None or not (found := _ENDS.search(page)) or slots["end"] not in (found["a"], found["b"]):
            return None
        hours = service_hours(slots["kind"], slots["line"], "workday", slots["way"])
        wanted = [at for at, word in zip(hours, ("首", "末"), strict=True) if word in slots["what"]]
        return Truth(tuple(said_value("clock", at) for at in wanted))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        found = _ENDS.search(await _page(episode, slots, "首末班车"))
        if found is None:
            raise Unsolved(f"线路页里没有{slots['line']}的首末班时间。")
        end = slots["end"]
        way = "a" if found["a"] == end else "b"
        other = "b" if way == "a" else "a"
        facts = {
            "first": say_fact("clock", found[f"{way}1"], end, rng=rng),
            "last": say_fact("clock", found[f"{way}2"], end, rng=rng),
        }
        pieces = sentence(
            ("{city}{line}工作日从{end}发车，", "工作日从{end}开的{city}{line}，"),
            rng,
            city=slots["city"],
            line=line_name(slots["line"]),
            end=name_of(end),
        )
        pieces += sentence(
            {
                "首班车": ("首班车{first}。",),
                "末班车": ("末班车{last}。",),
                "首末班车": ("首班{first}，末班{last}。", "头班车{first}，末班车{last}。"),
            }[slots["what"]],
            rng,
            **facts,
        )
        if rng.random() < 0.5:
            pieces += sentence(
                ("反方向从{end}发车：首班{first}，末班{last}。",),
                rng,
                end=name_of(found[other]),
                first=say_fact("clock", found[f"{other}1"], found[other]),
                last=say_fact("clock", found[f"{other}2"], found[other]),
            )
        episode.answer(*pieces, *rng.choice(([], ["周末和节假日可能不同，出门前请再确认。"])))


class LineLength(QueryPattern):
    """From where to where a line goes, how long it is and how many stops it has."""

    name = "line_length"
    leaf = SCHEDULES
    wordings = (
        (
            "{city}{line}(一共|总共)(有|)多少站，从哪(里|儿)到哪(里|儿)",
            "{city}{line}全程多少公里，多少站，起点终点是哪",
            "(介绍一下|){city}{line}(的线路|)，两头(的终点站|)是哪里？有几站",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        return _drawn_line(scene)

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if scene.gazetteer.world.name != "sandbox":
            return no_transit()
        page = await _true_page(scene, slots, "路线")
        if page is None or not _ENDS.search(page) or not _LENGTH.search(page):
            return None
        stops = next(line[3] for line in _known_lines(scene.city.timetable) if line[0] == slots["line"])
        return Truth((said_value("count", len(stops)), {"kind": "text", "all_of": [[stops[0]], [stops[-1]]]}))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        page = await _page(episode, slots, "路线")
        ends, length = _ENDS.search(page), _LENGTH.search(page)
        if ends is None or length is None:
            raise Unsolved(f"线路页里没有{slots['line']}的起终点和站数。")
        line = slots["line"]
        episode.answer(
            *sentence(
                (
                    "{city}{line}从{a}到{b}，一共{stops}站，全程{km}。",
                    "{city}{line}共{stops}站、{km}，两端是{a}和{b}。",
                ),
                rng,
                city=slots["city"],
                line=line_name(line),
                a=name_of(ends["a"]),
                b=name_of(ends["b"]),
                stops=Fact(f" {length['stops']} ", "count", int(length["stops"]), line),
                km=Fact(f"{length['km']} 公里", "distance", round(float(length["km"]) * 1000), line),
            ),
            *rng.choice((["首末班车时间也可以问我。"], ["想知道在哪站下，告诉我目的地就行。"], [])),
        )


class LinesAtStop(QueryPattern):
    """Which lines halt at a stop, or whether one does."""

    name = "lines_at_stop"
    leaf = SCHEDULES
    held_out = True
    wordings = (
        (
            "{stop}有哪几(路|趟)车(经过|)",
            "(请问|){stop}都能坐(什么|哪些)(线路|车)",
            "{stop}(一共|)停靠哪些线路",
            "在{stop}可以坐几路车",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        places = scene.places(scene.rng.choice(("bus_stop", "bus_stop", "metro_station")))
        if not places or scene.gazetteer.world.name != "sandbox":
            return None  # elsewhere a stop's place doesn't know its lines
        stop = scene.rng.choice(places)
        lines = [tag for tag in stop.tags if tag.endswith(("路", "线"))]
        if stop.name not in scene.gazetteer.named_once or not 1 <= len(lines) <= 6:
            return None
        return {"stop": stop.name}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if await true_place(scene, slots["stop"]) is None:
            return None
        lines = [
            line.name
            for line, stops, _ in scene.city.timetable.ways()
            if any(stop.name == slots["stop"] for stop in stops)
        ]
        return Truth(({"kind": "text", "all_of": [[name] for name in dict.fromkeys(lines)]},), auxiliary=(WHOLE_CITY,))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        stop = await find(episode, slots["stop"])
        lines: list[Piece] = [line_name(tag) for tag in stop.get("tags", ()) if tag.endswith(("路", "线"))]
        if not lines:
            raise Unsolved(f"没有{stop['name']}的停靠线路。")
        episode.answer(
            *sentence(
                ("{stop}停靠{lines}，共{count}条线路。", "在{stop}可以坐{lines}，一共{count}条线。")
                if len(lines) > 1
                else ("{stop}只停靠{lines}。", "在{stop}可以坐{lines}。"),
                rng,
                stop=name_of(stop),
                lines=listed(lines),
                count=Fact(f" {len(lines)} ", "count", len(lines), stop["name"], "count"),
            ),
            *rng.choice((["要去哪里告诉我，我帮您挑一条。"], ["需要首末班车时间可以再问。"], [])),
        )


LINES = (LineFare(), LineFirstLast(), LineLength(), LinesAtStop())
