"""Instructions about buses, metro and trains: fares, the next departure, first and last, which lines."""

import random
import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import (
    Item,
    clock,
    drawn_start,
    find,
    iso,
    known_start,
    landmark,
    listed,
    moment,
    name_of,
    no_data,
    origin,
    rarely,
    rides,
    route,
    said_clock,
    said_value,
    start_said,
    true_place,
    true_route,
    true_start,
)
from stagent.queries.sayings import clock_forms, in_words, say_fact
from stagent.queries.scene import Scene
from stagent.routing.transit import Timetable
from stagent.worlds.sandbox.timetables import bus_fare, service_hours

_REALTIME = "dynamic_information.realtime_traffic_and_transit"
FARES, STATUS, SCHEDULES = (
    f"{_REALTIME}.{leaf}"
    for leaf in ("public_transit_fares", "public_transit_realtime_status", "public_transit_schedules_and_routes")
)
_CITY = "spatial_constraints.within_city.whole_city"
_NOW = "temporal_constraints.now"
_TIME = "temporal_constraints.specific_time"
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


def _line(name: str) -> Fact:
    return Fact(name, "name", name, name)


def _no_transit(*auxiliary: str) -> Truth:
    return Truth(no_data("公交", "地铁", "时刻", "网页"), auxiliary=auxiliary, unsolvable="no_data")


def _drawn_trip(scene: Scene, named: float = 0.25) -> Slots | None:
    """A start and a destination for a journey by transit; seldom where the world has no timetable."""
    if scene.city.timetable is None and not rarely(scene):
        return None
    slots = drawn_start(scene, named)
    place = landmark(scene, "transit", start=known_start(scene, slots), unlike=(slots["start"],))
    return {**slots, "to": place.name} if place else None


async def _true_trip(scene: Scene, slots: Slots, **more: Any) -> Item | None:
    """A journey by transit in which one rides; None: there is none."""
    start, place = await true_start(scene, slots), await true_place(scene, slots["to"])
    item = await true_route(scene, start, place["location"], "transit", **more) if start and place else None
    return item if item and rides(item) and item["duration_s"] < 3 * 3600 else None


class TransitFare(QueryPattern):
    """What a journey by bus and metro costs, for one or for several people."""

    name = "transit_fare"
    leaf = FARES
    wordings = (
        (
            "{from}坐(公交|地铁|公交地铁)去{to}要多少钱{party}",
            "{from}到{to}的(公交|公共交通)票价是多少{party}",
            "坐公共交通{from}去{to}，车费(一共|)多少{party}",
            "(请问|){from}坐车到{to}{party}票价(多少|是几块钱)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = _drawn_trip(scene)
        if slots is None:
            return None
        people = scene.rng.choice((1, 1, 1, 2, 3, 4))
        number = "两" if people == 2 else in_words(people)
        party = scene.rng.choice((f"，我们{number}个人", f"，一共{number}个人")) if people > 1 else ""
        return {**slots, "people": people, "party": party}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if scene.city.timetable is None:
            return _no_transit(_CITY) if await true_place(scene, slots["to"]) else None
        item = await _true_trip(scene, slots)
        if item is None or "fare_yuan" not in item:
            return None
        traveller = ("traveller_constraints.group",) if slots["people"] > 1 else ()
        return Truth((said_value("money", item["fare_yuan"] * slots["people"]),), auxiliary=(_CITY, *traveller))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        item = await route(episode, start, place["location"], "transit", "公共交通路线里有票价")
        if "fare_yuan" not in item:
            raise Unsolved("这条路线没有票价数据。")
        people, fare = slots["people"], item["fare_yuan"]
        price = say_fact("money", fare, place["name"], rng=rng)
        if people > 1:
            total = say_fact("money", fare * people, place["name"], how="product", rng=rng)
            number = Fact(f"{people} 个人", "count", people, place["name"])
            money = sentence(
                ("{number}一共{total}，每人{price}。", "每人{price}，{number}合计{total}。"),
                rng,
                number=number,
                total=total,
                price=price,
            )
        else:
            money = sentence(("票价{price}。", "一共{price}。"), rng, price=price)
        used = listed([_line(step["line"]) for step in rides(item)])
        episode.answer(
            *sentence(("{start}坐公共交通去{place}，", "{start}到{place}，"), rng, start=start_said(slots),
                      place=name_of(place)),
            *money,
            *sentence(("乘坐{lines}，路上{duration}。", "坐{lines}，全程{duration}。(需要详细换乘可以告诉我。|)"), rng,
                      lines=used, duration=say_fact("duration", item["duration_s"], place["name"], rng=rng)),
        )  # fmt: skip


class LineFare(QueryPattern):
    """What one ride on a bus line costs."""

    name = "line_fare"
    leaf = FARES
    wordings = (
        (
            "{city}{line}坐一次多少钱",
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
            return _no_transit()
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
            line=_line(slots["line"]),
            fare=say_fact("money", fare, slots["line"], rng=rng),
        )
        if people > 1:
            total = say_fact("money", fare * people, slots["line"], how="product", rng=rng)
            pieces += sentence(("{number}一共{total}。",), rng, number=slots["party"], total=total)
        episode.answer(*pieces, *rng.choice((["以车上公示为准。"], ["需要首末班车时间也可以问我。"], [])))


class NextDeparture(QueryPattern):
    """When the next bus or train towards a place leaves, and from where."""

    name = "next_departure"
    leaf = STATUS
    wordings = (
        (
            "{from}去{to}，(下一班|最近一班)(公交|车|公交或地铁)几点(来|开|发车)？在哪个站坐",
            "我现在{from}坐公交去{to}，下一趟车什么时候到站，坐几路",
            "(快帮我看看|){from}去{to}最近的一班(公交或地铁|车)几点，去哪站等",
            "(赶时间，|){from}坐车去{to}，现在过去能赶上几点的(车|那班车)，什么线",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        return _drawn_trip(scene, 0.2)

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if scene.city.timetable is None:
            return _no_transit(_CITY, _NOW) if await true_place(scene, slots["to"]) else None
        item = await _true_trip(scene, slots)
        if item is None:
            return None
        first = rides(item)[0]
        return Truth(
            (
                said_clock(first["departure"]),
                {"kind": "text", "all_of": [[first["line"]], [first["from_name"]]]},
            ),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=(_CITY, _NOW),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        item = await route(episode, start, place["location"], "transit", "现在出发的公共交通路线")
        first = rides(item)[0]
        line = first["line"]
        wait = moment(first["departure"]) - episode.context.now
        episode.answer(
            *sentence(
                (
                    "最近的一班是{at}的{line}，在{stop}上车，往{way}方向。",
                    "到{stop}坐{line}（开往{way}），{at}发车。",
                    "{line}，{at}从{stop}开，方向{way}。",
                ),
                rng,
                at=say_fact("clock", clock(first["departure"]), line, rng=rng),
                line=_line(line),
                stop=name_of(first["from_name"]),
                way=name_of(first["direction"]),
            ),
            *sentence(
                ("离现在还有{wait}，", "距发车还有{wait}，"),
                rng,
                wait=say_fact("duration", int(wait.total_seconds()), line, how="difference"),
            ),
            *sentence(
                ("{leave}走就来得及，{arrival}到{place}。",),
                rng,
                leave="现在",
                arrival=say_fact("clock", clock(item["arrival"]), place["name"], rng=rng),
                place=name_of(place),
            ),
        )


class StillRunning(QueryPattern):
    """Whether there is still a bus or a train to a place late in the evening."""

    name = "still_running"
    leaf = STATUS
    held_out = True
    wordings = (
        (
            "今晚{at}以后半小时内，{from}去{to}还有公交或地铁吗？最近的一班几点",
            "(我|)今天要{at}才能走，{from}到{to}半小时之内还有没有公交地铁可坐",
            "今晚{at}{from}出发去{to}，半小时内还有末班车坐吗",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = _drawn_trip(scene, 0.25)
        if slots is None:
            return None
        at = scene.now.replace(
            hour=scene.rng.choice((20, 21, 22, 22, 23, 23)), minute=scene.rng.choice((0, 15, 30, 45))
        )
        if at <= scene.now:
            return None
        return {**slots, "leave": iso(at), "at": scene.rng.choice(clock_forms(f"{at:%H:%M}")[:2])}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if scene.city.timetable is None:
            return _no_transit(_CITY, _TIME) if await true_place(scene, slots["to"]) else None
        start, place = await true_start(scene, slots), await true_place(scene, slots["to"])
        if not start or not place:
            return None
        item = await true_route(scene, start, place["location"], "transit", departure_time=slots["leave"])
        if item is None:
            return None
        runs = _runs(item, moment(slots["leave"]))
        if runs is None:
            return None
        verdict = {"kind": "verdict", "value": runs, "yes": ["还有车", "有车可坐"], "no": ["没有车", "没车"]}
        first = rides(item)
        return Truth(
            (verdict, said_clock(first[0]["departure"])) if runs else (verdict,),
            auxiliary=(_CITY, "temporal_constraints.today", _TIME),
            temporal={"departure": _TIME},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        item = await route(
            episode, start, place["location"], "transit", "看那个时间出发的路线", departure_time=slots["leave"]
        )
        steps = rides(item)
        ask = Fact(slots["at"], "clock", clock(slots["leave"]), place["name"])
        if _runs(item, moment(slots["leave"])):
            first = steps[0]
            episode.answer(
                *sentence(
                    (
                        "还有车。{leave}{start}出发去{place}，可以在{stop}坐{at}的{line}，{arrival}到。",
                        "{leave}{start}走还有车：{at}从{stop}开的{line}，{arrival}能到{place}。",
                    ),
                    rng,
                    leave=ask,
                    start=start_said(slots),
                    place=name_of(place),
                    stop=name_of(first["from_name"]),
                    at=say_fact("clock", clock(first["departure"]), first["line"]),
                    line=_line(first["line"]),
                    arrival=say_fact("clock", clock(item["arrival"]), place["name"]),
                ),
                *rng.choice((["请早几分钟到站。"], ["晚班车间隔长，别错过。"], [])),
            )
            return
        pieces = sentence(
            ("没有车了。{leave}之后半小时内，{start}去{place}没有公交或地铁，",),
            rng,
            leave=ask,
            start=start_said(slots),
            place=name_of(place),
        )
        if steps:
            pieces += sentence(
                ("下一班要等到{next}{at}的{line}。(建议打车。|建议改打车或早点出发。)",),
                rng,
                next="第二天" if moment(steps[0]["departure"]).date() > moment(slots["leave"]).date() else "",
                at=say_fact("clock", clock(steps[0]["departure"]), steps[0]["line"]),
                line=_line(steps[0]["line"]),
            )
        else:
            pieces += sentence(
                ("最快的是步行，要{walk}。(建议打车。|)",),
                rng,
                walk=say_fact("duration", item["duration_s"], place["name"]),
            )
        episode.answer(*pieces)


def _runs(item: Item, leave: datetime) -> bool | None:
    """Whether one boards within half an hour of leaving; None: too near to half an hour to ask for."""
    steps = rides(item)
    if not steps:
        return False
    wait = moment(steps[0]["departure"]) - leave
    if timedelta(minutes=29) < wait < timedelta(minutes=60):
        return None
    return wait <= timedelta(minutes=30)


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
            return _no_transit()
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
            line=_line(slots["line"]),
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
            return _no_transit()
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
                line=_line(line),
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
        if not places:
            return None
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
        return Truth(({"kind": "text", "all_of": [[name] for name in dict.fromkeys(lines)]},), auxiliary=(_CITY,))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        stop = await find(episode, slots["stop"])
        lines: list[Piece] = [_line(tag) for tag in stop.get("tags", ()) if tag.endswith(("路", "线"))]
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


class EarliestTrain(QueryPattern):
    """The first or last train between two cities on a day, or the first after an hour."""

    name = "earliest_train"
    leaf = SCHEDULES
    wordings = (
        (
            "{day}{a}到{b}{which}{ride}是几点(的|)，(什么|哪个){code}",
            "{day}从{a}去{b}，{which}{ride}(几点开|几点出发)，几点到",
            "(查一下|请问|){day}{a}去{b}{which}{ride}",
            "{day}{which}从{a}到{b}的{ride}是哪一班，要多久",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        others = [city.name for city in scene.gazetteer.cities if city.name != scene.region]
        if not others:
            others = ["图尔库"] if rarely(scene) else []
        if not others:
            return None
        ahead = scene.rng.choice((1, 1, 2, 3))
        date = scene.now + timedelta(days=ahead)
        hour = scene.rng.randrange(9, 19)
        which = scene.rng.choice(("最早一班", "最晚一班", "after"))
        way = scene.rng.choice(("trains", "trains", "flights"))
        after = clock_forms(f"{hour:02d}:00")[scene.rng.choice((0, 2))]
        return {
            "a": scene.region,
            "b": scene.rng.choice(others),
            "date": date.date().isoformat(),
            "day": {1: "明天", 2: "后天"}.get(ahead, f"{date.month}月{date.day}日"),
            "way": way,
            "ride": {"trains": "火车", "flights": "航班"}[way],
            "code": {"trains": "车次", "flights": "航班号"}[way],
            "kind": which,
            "hour": hour,
            "which": f"{after}以后最早一班" if which == "after" else which,
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        content = await scene.ask(
            f"travel_search_{slots['way']}", origin=slots["a"], destination=slots["b"], date=slots["date"]
        )
        named = (
            ("temporal_constraints.tomorrow",) if slots["day"] == "明天" else ("temporal_constraints.specific_date",)
        )
        auxiliary = ("spatial_constraints.intercity", *named)
        if "unavailable" in content:
            return Truth(no_data("火车", "航班", "班次"), auxiliary=auxiliary, unsolvable="no_data")
        fitting = _fitting(content["items"], slots)
        if not fitting:
            return None
        best = [item for item in fitting if item["departure"] == fitting[0]["departure"]]
        return Truth(
            (
                said_value("number", *(item["number"] for item in best)),
                said_value("clock", clock(best[0]["departure"])),
            ),
            auxiliary=auxiliary,
            temporal={"departure": named[0]},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        content = await episode.call(
            f"travel_search_{slots['way']}",
            f"查{slots['day']}的{slots['ride']}",
            origin=slots["a"],
            destination=slots["b"],
            date=slots["date"],
        )
        fitting = _fitting(content["items"], slots)
        if not fitting:
            raise Unsolved(content.get("note") or f"{slots['day']}没有符合的{slots['ride']}。")
        item = fitting[0]
        number = item["number"]
        left = [fare for fare in item["fares"] if fare["seats_left"]]
        episode.answer(
            *sentence(
                (
                    "{day}{which}{ride}是{number}，{departure}从{start}出发，{arrival}到{end}，用时{duration}。",
                    "{number}，{departure}从{start}开，{arrival}到{end}，全程{duration}，这是{day}{which}{ride}。",
                ),
                rng,
                day=slots["day"],
                which=slots["which"],
                ride=slots["ride"],
                number=Fact(number, "number", number, number),
                departure=say_fact("clock", clock(item["departure"]), number),
                start=name_of(item["from_station"]),
                arrival=say_fact("clock", clock(item["arrival"]), number),
                end=name_of(item["to_station"]),
                duration=say_fact("duration", item["duration_s"], number, rng=rng),
            ),
            *(
                _seats_said(min(left, key=lambda fare: fare["fare_yuan"]), number, rng)
                if left
                else ["这一班已经没有余票。"]
            ),
        )


def _seats_said(fare: Item, number: str, rng: random.Random) -> list[Piece]:
    return sentence(
        ("{cabin}{fare}，余票{seats}张。(要买的话请尽快。|)", "有票的里面最便宜的是{cabin}，{fare}，还剩{seats}张。"),
        rng,
        cabin=Fact(fare["cabin"], "word", fare["cabin"], number),
        fare=say_fact("money", fare["fare_yuan"], number),
        seats=Fact(f" {fare['seats_left']} ", "count", fare["seats_left"], number),
    )


def _fitting(items: list[Item], slots: Slots) -> list[Item]:
    """The departures that are meant, the meant one first."""
    if slots["kind"] == "after":
        return [item for item in items if moment(item["departure"]).hour >= slots["hour"]]
    return items if slots["kind"] == "最早一班" else items[::-1]


TRANSIT = (
    TransitFare(),
    LineFare(),
    NextDeparture(),
    StillRunning(),
    LineFirstLast(),
    LineLength(),
    LinesAtStop(),
    EarliestTrain(),
)
