"""Instructions about a journey by bus and metro: what it costs, when the next one leaves, whether one still does."""

import random
from datetime import datetime, timedelta
from typing import Any

from stagent.queries.answer import Fact
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import (
    AT_A_TIME,
    NOW,
    WHOLE_CITY,
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

_REALTIME = "dynamic_information.realtime_traffic_and_transit"


FARES = f"{_REALTIME}.public_transit_fares"
STATUS = f"{_REALTIME}.public_transit_realtime_status"


def no_transit(*auxiliary: str) -> Truth:
    return Truth(no_data("公交", "地铁", "时刻", "网页"), auxiliary=auxiliary, unsolvable="no_data")


def line_name(name: str) -> Fact:
    return Fact(name, "name", name, name)


def drawn_ride(scene: Scene, named: float = 0.25) -> Slots | None:
    """A start and a destination for a journey by transit; seldom where the world has no timetable."""
    if scene.city.timetable is None and not rarely(scene):
        return None
    slots = drawn_start(scene, named)
    place = landmark(scene, "transit", start=known_start(scene, slots), unlike=(slots["start"],))
    return {**slots, "to": place.name} if place else None


async def true_ride(scene: Scene, slots: Slots, **more: Any) -> Item | None:
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
            "{from}坐(公交地铁|公交或地铁|公共交通)去{to}要多少钱{party}",
            "{from}到{to}的(公交|公共交通)票价是多少{party}",
            "坐公共交通{from}去{to}，车费(一共|)多少{party}",
            "(请问|){from}坐车到{to}{party}票价(多少|是几块钱)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_ride(scene)
        if slots is None:
            return None
        people = scene.rng.choice((1, 1, 1, 2, 3, 4))
        number = "两" if people == 2 else in_words(people)
        party = scene.rng.choice((f"，我们{number}个人", f"，一共{number}个人")) if people > 1 else ""
        return {**slots, "people": people, "party": party}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if scene.city.timetable is None:
            return no_transit(WHOLE_CITY) if await true_place(scene, slots["to"]) else None
        item = await true_ride(scene, slots)
        if item is None or "fare_yuan" not in item:
            return None
        traveller = ("traveller_constraints.group",) if slots["people"] > 1 else ()
        return Truth((said_value("money", item["fare_yuan"] * slots["people"]),), auxiliary=(WHOLE_CITY, *traveller))

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
        used = listed([line_name(step["line"]) for step in rides(item)])
        episode.answer(
            *sentence(("{start}坐公共交通去{place}，", "{start}到{place}，"), rng, start=start_said(slots),
                      place=name_of(place)),
            *money,
            *sentence(("乘坐{lines}，路上{duration}。", "坐{lines}，全程{duration}。(需要详细换乘可以告诉我。|)"), rng,
                      lines=used, duration=say_fact("duration", item["duration_s"], place["name"], rng=rng)),
        )  # fmt: skip


class NextDeparture(QueryPattern):
    """When the next bus or train towards a place leaves, and from where."""

    name = "next_departure"
    leaf = STATUS
    wordings = (
        (
            "{from}去{to}，(下一班|最近一班)(公交|车|公交或地铁)几点(来|开|发车)？在哪个站坐",
            "我现在{from}坐公交或地铁去{to}，下一趟车什么时候到站，坐哪条线",
            "(快帮我看看|){from}去{to}最近的一班(公交或地铁|车)几点，去哪站等",
            "(赶时间，|){from}坐车去{to}，现在过去能赶上几点的(车|那班车)，什么线",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        return drawn_ride(scene, 0.2)

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if scene.city.timetable is None:
            return no_transit(WHOLE_CITY, NOW) if await true_place(scene, slots["to"]) else None
        item = await true_ride(scene, slots)
        if item is None:
            return None
        first = rides(item)[0]
        return Truth(
            (
                said_clock(first["departure"]),
                {"kind": "text", "all_of": [[first["line"]], [first["from_name"]]]},
            ),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=(WHOLE_CITY, NOW),
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
                line=line_name(line),
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
        slots = drawn_ride(scene, 0.25)
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
            return no_transit(WHOLE_CITY, AT_A_TIME) if await true_place(scene, slots["to"]) else None
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
            auxiliary=(WHOLE_CITY, "temporal_constraints.today", AT_A_TIME),
            temporal={"departure": AT_A_TIME},
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
                    line=line_name(first["line"]),
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
                next="次日" if moment(steps[0]["departure"]).date() > moment(slots["leave"]).date() else "",
                at=say_fact("clock", clock(steps[0]["departure"]), steps[0]["line"]),
                line=line_name(steps[0]["line"]),
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


TRANSIT = (TransitFare(), NextDeparture(), StillRunning())
