"""Instructions that ask whether something can be done: a train caught, a door still open, a budget enough."""

import random
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import (
    MODES,
    SAID,
    Item,
    clock,
    drawn_mode,
    drawn_start,
    exactly,
    find,
    iso,
    known_start,
    landmark,
    later,
    moment,
    name_of,
    no_data,
    origin,
    rarely,
    route,
    said_clock,
    said_value,
    start_said,
    true_place,
    true_route,
    true_start,
    way_facts,
)
from stagent.queries.sayings import clock_forms, in_words, say_fact
from stagent.queries.scene import Scene
from stagent.worlds.local.place import MapPlace
from stagent.worlds.sandbox.departures import RUNS, kilometres
from stagent.worlds.sandbox.trains import Call, Train, draw_trains
from stagent.worlds.sandbox.trains import rides as train_rides

LEAF = "planning_and_decision.feasibility_assessment"
_CITY = "spatial_constraints.within_city.whole_city"
_NOW = "temporal_constraints.now"
_TIME = "temporal_constraints.specific_time"
IN_TIME = {"yes": ["来得及", "赶得上", "赶得及"], "no": ["来不及", "赶不上", "赶不及"]}
STILL_OPEN = {
    "yes": ["还开着", "还开门", "还在营业", "仍在营业"],
    "no": ["已经关门", "关门了", "没开门", "不营业", "还没开"],
}
ENOUGH = {"yes": ["够用", "预算够", "足够"], "no": ["不够", "超预算", "超出预算"]}
# Kinds of places that close in the evening.
_CLOSING = (
    *("museum", "gallery", "library", "zoo", "theme_park", "sight", "historic", "botanical_garden", "mall", "bank"),
    *("post", "clinic", "pharmacy", "supermarket", "books", "cafe", "restaurant", "hairdresser", "electronics"),
)


def _verdict(value: bool, words: dict[str, list[str]]) -> dict[str, Any]:
    return {"kind": "verdict", "value": value, **words}


def _closing_place(scene: Scene, slots: Slots, mode: str = "driving", unlike: tuple[str, ...] = ()) -> MapPlace | None:
    """A place with opening hours that doesn't stay open all day."""
    for _ in range(3):
        place = landmark(
            scene, mode, start=known_start(scene, slots), unlike=(slots["start"], *unlike), categories=_CLOSING
        )
        if place and place.hours and place.hours.on(scene.now.date()) not in ("全天", "休息"):
            return place
    return None


def _state_at(place: MapPlace, at: datetime) -> bool | None:
    """Whether it is open; None: it opens or closes within four minutes, too near to ask for."""
    near = [place.hours.is_open(at + timedelta(minutes=minutes)) for minutes in (-4, 0, 4)]
    return near[1] if len(set(near)) == 1 else None


def _open_by_text(hours: str, at: datetime) -> bool:
    """Whether ``hours_today`` of a result ("10:00-14:00,17:00-02:00", 全天, 休息) has a moment of that day."""
    if hours in ("全天", "休息"):
        return hours == "全天"
    now = f"{at:%H:%M}"
    spans = (span.split("-") for span in hours.split(","))
    return any(start <= now < end if start < end else start <= now for start, end in spans)


@lru_cache(maxsize=4)
def _trains(seed: int) -> list[Train]:
    return draw_trains(seed)


@lru_cache(maxsize=512)
def _between(seed: int, origin_: str, end: str) -> list[tuple[Train, Call, Call]]:
    return train_rides(_trains(seed), origin_, end)


def _leaving_soon(scene: Scene, end: str) -> list[tuple[str, str, str]]:
    """Number, station and time of the sandbox's trains to a city that leave within some twenty to eighty minutes."""
    now = scene.now.hour * 60 + scene.now.minute
    return [
        (train.number, board.station, f"{board.depart // 60:02d}:{board.depart % 60:02d}")
        for train, board, _ in _between(scene.gazetteer.world.seed, scene.region, end)
        if 18 <= board.depart - now <= 80 and RUNS[train.days](scene.now.date())
    ]


class CatchTrain(QueryPattern):
    """Whether one reaches the station some minutes before a train of today leaves."""

    name = "catch_train"
    leaf = LEAF
    wordings = (
        (
            "{from}{how}去{station}，赶得上今天{at}开往{b}的{number}吗？要提前{early}分钟到站",
            "我今天{at}有一趟{number}从{station}到{b}，现在{from}{how}过去来得及吗(，|？)得提前{early}分钟到",
            "(急|急急急)！{number}今天{at}从{station}发车去{b}，{from}{how}还赶得上不？提前{early}分钟要到站",
            "现在{from}{how}出发，能不能在{b}方向的{number}（{station}，{at}开）开车前{early}分钟赶到车站",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if scene.gazetteer.world.name != "sandbox":
            return None
        end = scene.rng.choice([city.name for city in scene.gazetteer.cities if city.name != scene.region])
        soon = _leaving_soon(scene, end)
        if not soon:
            return None
        number, station, at = scene.rng.choice(soon)
        slots = drawn_start(scene, named=0.2)
        mode = drawn_mode(scene, ("driving", "driving", "transit"))
        return {
            **slots,
            "b": end,
            "mode": mode,
            "how": scene.rng.choice(SAID[mode]),
            "early": scene.rng.choice((10, 15, 20, 30)),
            "number": number,
            "station": station,
            "at": clock_forms(at)[scene.rng.choice((0, 1))],
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        content = await scene.ask(
            "travel_search_trains", origin=scene.region, destination=slots["b"], date=scene.now.date().isoformat()
        )
        train = next((item for item in content.get("items", ()) if item["number"] == slots["number"]), None)
        if train is None:
            return None
        start, place = await true_start(scene, slots), await true_place(scene, slots["station"])
        item = await true_route(scene, start, place["location"], slots["mode"]) if start and place else None
        if item is None or item["duration_s"] < 300:
            return None
        spare = moment(train["departure"]) - timedelta(minutes=slots["early"]) - moment(item["arrival"])
        if abs(spare) < timedelta(minutes=2):
            return None
        return Truth(
            (_verdict(spare > timedelta(0), IN_TIME), said_clock(item["arrival"])),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=(_CITY, _NOW, _TIME),
            temporal={"departure": _NOW, "arrival": _TIME},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, station = await origin(episode, slots), await find(episode, slots["station"])
        content = await episode.call(
            "travel_search_trains",
            "核对车次的开车时间",
            origin=episode.context.city,
            destination=slots["b"],
            date=episode.context.clock[:10],
        )
        train = next((item for item in content["items"] if item["number"] == slots["number"]), None)
        if train is None:
            raise Unsolved(f"今天没有查到{slots['number']}，它可能已经开出。")
        item = await route(episode, start, station["location"], slots["mode"])
        number = slots["number"]
        deadline = moment(train["departure"]) - timedelta(minutes=slots["early"])
        spare = deadline - moment(item["arrival"])
        facts = way_facts(item, station["name"], rng)
        head = (
            ("来得及。", "赶得上，来得及。")
            if spare > timedelta(0)
            else ("来不及。", "恐怕赶不上。", "按提前量算来不及。")
        )
        episode.answer(
            *sentence(head, rng),
            *sentence(
                (
                    "{start}{how}到{station}要{duration}，{arrival}到；{number}次{at}开，提前{early}要在{deadline}前到站，",
                    "{number}次{at}开车，最晚{deadline}到站（提前{early}）；{start}{how}去{station}要{duration}，{arrival}能到，",
                ),
                rng,
                start=start_said(slots),
                how=MODES[slots["mode"]],
                station=name_of(station),
                number=Fact(number, "number", number, number),
                at=say_fact("clock", clock(train["departure"]), number),
                early=Fact(f"{slots['early']} 分钟", "duration", 60 * slots["early"], number),
                deadline=Fact(f"{deadline:%H:%M}", "clock", f"{deadline:%H:%M}", number, "difference"),
                **facts,
            ),
            *sentence(
                ("还富余{spare}。",) if spare > timedelta(0) else ("差{spare}。可以改签后面的车次。", "晚了{spare}。"),
                rng,
                spare=say_fact("duration", int(abs(spare).total_seconds()), station["name"], how="difference"),
            ),
        )


class OpenOnArrival(QueryPattern):
    """Whether a place is open when one gets there, leaving now."""

    name = "open_on_arrival"
    leaf = LEAF
    wordings = (
        (
            "现在{from}{how}去{to}，到的时候还开(着|)门吗",
            "{from}{how}过去{to}，等我到了还在营业吗？几点能到",
            "(现在出发|马上走)，{from}{how}到{to}时(它|那边|)关门了没",
            "这会儿{from}{how}去{to}会不会白跑一趟？到了还开着吗",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene, named=0.2)
        mode = drawn_mode(scene, ("driving", "driving", "transit", "bicycling", "walking"))
        place = _closing_place(scene, slots, mode)
        if place is None or (place.hours.is_open(scene.now) and scene.now.hour < 16 and scene.rng.random() < 0.6):
            return None
        return {**slots, "to": place.name, "mode": mode, "how": scene.rng.choice(SAID[mode]), "id": place.id}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        start, found = await true_start(scene, slots), await true_place(scene, slots["to"])
        item = await true_route(scene, start, found["location"], slots["mode"]) if start and found else None
        if item is None or moment(item["arrival"]).date() != scene.now.date():
            return None
        place = next(place for place in scene.city.places if place.id == slots["id"])
        arrival = moment(item["arrival"])
        state = _state_at(place, arrival)
        # what is still open of yesterday evening isn't in today's hours
        if state is None or state != _open_by_text(found["hours_today"], arrival):
            return None
        return Truth(
            (_verdict(state, STILL_OPEN), said_clock(item["arrival"])),
            secondary=("planning_and_decision.route_planning", "discovery.information_query.basic_attributes"),
            auxiliary=(_CITY, _NOW, "preference_constraints.open_hours"),
            temporal={"departure": _NOW},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        if "hours_today" not in place:
            raise Unsolved(f"没有{place['name']}的营业时间。")
        item = await route(episode, start, place["location"], slots["mode"])
        arrival = moment(item["arrival"])
        state = _open_by_text(place["hours_today"], arrival)
        facts = way_facts(item, place["name"], rng)
        word, after = _state_word(place["hours_today"], arrival, rng)
        episode.answer(
            *sentence(
                (
                    "{start}{how}去{place}要{duration}，{arrival}到，那时{word}。今天的营业时间是{hours}。",
                    "到的时候{word}：{start}{how}到{place}要{duration}，预计{arrival}到达，今天营业时间{hours}。",
                ),
                rng,
                start=start_said(slots),
                how=MODES[slots["mode"]],
                place=name_of(place),
                word=Fact(word, "open", state, place["name"]),
                hours=Fact(place["hours_today"], "hours", place["hours_today"], place["name"]),
                **facts,
            ),
            after,
        )


def _state_word(hours: str, at: datetime, rng: random.Random) -> tuple[str, str]:
    """How to say whether a place is open at a moment, and what to do then."""
    if _open_by_text(hours, at):
        return rng.choice(("还开着", "还在营业")), rng.choice(("", "可以放心去。"))
    if hours == "休息":
        return "不营业", "今天休息，建议改天再去。"
    if f"{at:%H:%M}" < hours[:5]:
        return "还没开门", "可以晚点再出发。"
    return rng.choice(("已经关门", "不营业")), rng.choice(("建议换个时间去。", "别白跑一趟，改天再去吧。"))


class InTimeForAppointment(QueryPattern):
    """Whether one who leaves a place at a time reaches another by a later time."""

    name = "in_time_for_appointment"
    leaf = LEAF
    held_out = True
    wordings = (
        (
            "{day}{leave}{from}{how}出发，{by}前能到{to}吗，来得及不",
            "{day}{by}在{to}有个约，{leave}{from}{how}走来得及吗？",
            "{day}我{leave}才能{from}走，{how}去{to}，{by}之前赶得上吗",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene, named=0.6)
        mode = drawn_mode(scene, ("driving", "driving", "transit", "bicycling"))
        place = landmark(scene, mode, start=known_start(scene, slots), unlike=(slots["start"],))
        leave = later(scene, 30, 900)
        by = leave + timedelta(minutes=scene.rng.choice((10, 15, 20, 30, 30, 45, 60)))
        if place is None or not 6 <= leave.hour <= 20 or by.date() != leave.date():
            return None
        day = ("今天", "明天")[(leave.date() - scene.now.date()).days]
        return {
            **slots,
            "to": place.name,
            "mode": mode,
            "how": scene.rng.choice(SAID[mode]),
            "day": day,
            "leaving": iso(leave),
            "arriving": iso(by),
            "leave": clock_forms(f"{leave:%H:%M}")[0],
            "by": clock_forms(f"{by:%H:%M}")[scene.rng.choice((0, 2))],
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        start, place = await true_start(scene, slots), await true_place(scene, slots["to"])
        if not start or not place:
            return None
        item = await true_route(scene, start, place["location"], slots["mode"], departure_time=slots["leaving"])
        if item is None:
            return None
        spare = moment(slots["arriving"]) - moment(item["arrival"])
        if abs(spare) < timedelta(seconds=90) or abs(spare) > timedelta(minutes=40):
            return None
        return Truth(
            (_verdict(spare > timedelta(0), IN_TIME), said_clock(item["arrival"])),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=(_CITY, _TIME),
            temporal={"departure": _TIME, "arrival": _TIME},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        item = await route(
            episode, start, place["location"], slots["mode"], "按出发时间算几点到", departure_time=slots["leaving"]
        )
        spare = moment(slots["arriving"]) - moment(item["arrival"])
        late = spare < timedelta(0)
        episode.answer(
            *sentence(("来不及。", "恐怕赶不上。") if late else ("来得及。", "赶得上，来得及。"), rng),
            *sentence(
                (
                    "{leave}{start}出发，{how}到{place}要{duration}，{arrival}到，",
                    "{start}{how}去{place}，{leave}走{arrival}到，路上{duration}，",
                ),
                rng,
                leave=Fact(slots["leave"], "clock", clock(slots["leaving"]), place["name"]),
                start=start_said(slots),
                how=MODES[slots["mode"]],
                place=name_of(place),
                **way_facts(item, place["name"], rng),
            ),
            *sentence(
                ("比{by}晚{spare}。建议早点出发。", "比{by}迟{spare}。")
                if late
                else ("离{by}还有{spare}。", "比{by}早{spare}。"),
                rng,
                by=Fact(slots["by"], "clock", clock(slots["arriving"]), place["name"]),
                spare=say_fact("duration", int(abs(spare).total_seconds()), place["name"], how="difference"),
            ),
        )


class ErrandThenOpen(QueryPattern):
    """Whether a place is open after a stop of some minutes at another."""

    name = "errand_then_open"
    leaf = LEAF
    wordings = (
        (
            "现在{from}开车先去{via}办事，(大概|)待{stay}分钟，再去{to}，(到的时候|)还开着吗",
            "{from}开车，先到{via}停{stay}分钟，然后去{to}，{to}那会儿还营业吗",
            "我先开车{from}去{via}{stay}分钟，完了再去{to}，会不会关门了",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene, named=0.1)
        via = landmark(scene, start=known_start(scene, slots), unlike=(slots["start"],))
        place = _closing_place(scene, slots, unlike=(via.name,)) if via else None
        if place is None:
            return None
        return {**slots, "via": via.name, "to": place.name, "stay": scene.rng.choice((20, 30, 40, 60, 90)),
                "id": place.id}  # fmt: skip

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        start = await true_start(scene, slots)
        via, found = await true_place(scene, slots["via"]), await true_place(scene, slots["to"])
        if not start or not via or not found:
            return None
        first = await true_route(scene, start, via["location"])
        if first is None:
            return None
        leave = moment(first["arrival"]) + timedelta(minutes=slots["stay"])
        second = await true_route(scene, via["location"], found["location"], departure_time=iso(leave))
        if second is None or moment(second["arrival"]).date() != scene.now.date():
            return None
        place = next(place for place in scene.city.places if place.id == slots["id"])
        state = _state_at(place, moment(second["arrival"]))
        if state is None or state != _open_by_text(found["hours_today"], moment(second["arrival"])):
            return None
        if state and scene.rng.random() < 0.4:
            return None  # else most places are open
        return Truth(
            (_verdict(state, STILL_OPEN), said_clock(second["arrival"])),
            secondary=("planning_and_decision.itinerary_planning.simple_route_itinerary",),
            auxiliary=(_CITY, _NOW, "temporal_constraints.duration", "preference_constraints.open_hours"),
            temporal={"departure": _NOW},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start = await origin(episode, slots)
        via, place = await find(episode, slots["via"]), await find(episode, slots["to"])
        if "hours_today" not in place:
            raise Unsolved(f"没有{place['name']}的营业时间。")
        first = await route(episode, start, via["location"], thought=f"先算到{via['name']}")
        leave = moment(first["arrival"]) + timedelta(minutes=slots["stay"])
        second = await route(
            episode, via["location"], place["location"], thought="停留之后再出发", departure_time=iso(leave)
        )
        arrival = moment(second["arrival"])
        word, after = _state_word(place["hours_today"], arrival, rng)
        episode.answer(
            *sentence(
                (
                    "{start}开车{first}到{via}，停{stay}，{leave}出发，{arrival}到{place}，那时{word}。"
                    "{place}今天的营业时间是{hours}。",
                ),
                rng,
                start=start_said(slots),
                first=say_fact("clock", clock(first["arrival"]), via["name"]),
                via=name_of(via),
                stay=Fact(f"{slots['stay']} 分钟", "duration", 60 * slots["stay"], via["name"]),
                leave=Fact(clock(iso(leave)), "clock", clock(iso(leave)), via["name"], "end"),
                arrival=say_fact("clock", clock(second["arrival"]), place["name"]),
                place=name_of(place),
                word=Fact(word, "open", _open_by_text(place["hours_today"], arrival), place["name"]),
                hours=Fact(place["hours_today"], "hours", place["hours_today"], place["name"]),
            ),
            after,
        )


class BudgetForTrip(QueryPattern):
    """Whether a budget pays several people's tickets there and back."""

    name = "budget_for_trip"
    leaf = LEAF
    wordings = (
        (
            "{people}个人{day}坐{ride}从{a}去{b}，{back}再坐{ride}回来，都买最便宜的票，{budget}元(预算|)够吗",
            "预算{budget}元，{people}个人往返{a}和{b}，{day}去{back}回，(坐|)最便宜的{ride}票够不够",
            "{day}去{b}、{back}回{a}，{people}人坐{ride}，按最便宜的票算，{budget}元够来回吗",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        others = [city.name for city in scene.gazetteer.cities if city.name != scene.region]
        if not others:
            if not rarely(scene):
                return None
            others = ["图尔库"]
        end, ahead = scene.rng.choice(others), scene.rng.randrange(1, 6)
        go, back = scene.now + timedelta(days=ahead), scene.now + timedelta(days=ahead + scene.rng.randrange(1, 6))
        way = scene.rng.choice(("trains", "trains", "flights"))
        people = scene.rng.choice((1, 2, 2, 3, 4))
        far = kilometres(scene.region, end) if scene.gazetteer.world.name == "sandbox" else 160
        # about what it costs there and back, from far too little to more than enough
        guess = 2 * people * (0.35 * far if way == "trains" else 150 + 0.5 * far) * scene.rng.uniform(0.4, 1.7)
        return {
            "a": scene.region,
            "b": end,
            "go": go.date().isoformat(),
            "back_on": back.date().isoformat(),
            "day": {1: "明天", 2: "后天"}.get(ahead, f"{go.month}月{go.day}日"),
            "back": f"{back.month}月{back.day}日",
            "way": way,
            "ride": {"trains": "火车", "flights": "飞机"}[way],
            "count": people,
            "people": "两" if people == 2 else in_words(people),
            "budget": max(100, round(guess / 100) * 100),
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        fares = []
        for origin_, end, date in (("a", "b", "go"), ("b", "a", "back_on")):
            content = await scene.ask(
                f"travel_search_{slots['way']}", origin=slots[origin_], destination=slots[end], date=slots[date]
            )
            if "unavailable" in content:
                return Truth(
                    no_data("火车", "航班", "票价", "班次"),
                    auxiliary=("spatial_constraints.intercity", "budget_constraints.upper_limit"),
                    unsolvable="no_data",
                )
            fares.append(_cheapest(content.get("items", ()), slots["count"]))
        if None in fares:
            return None
        total = slots["count"] * sum(fare["fare_yuan"] for _, fare in fares)
        if slots["budget"] == total:
            return None
        return Truth(
            (_verdict(total < slots["budget"], ENOUGH), said_value("money", _plain(total))),
            secondary=("dynamic_information.dynamic_pricing_and_availability",),
            auxiliary=(
                "spatial_constraints.intercity",
                "budget_constraints.upper_limit",
                "budget_constraints.cheapest",
                "temporal_constraints.specific_date",
            ),
            temporal={"departure": "temporal_constraints.specific_date"},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        legs = []
        for origin_, end, date in (("a", "b", "go"), ("b", "a", "back_on")):
            content = await episode.call(
                f"travel_search_{slots['way']}",
                f"查{slots[origin_]}到{slots[end]}最便宜的票",
                origin=slots[origin_],
                destination=slots[end],
                date=slots[date],
            )
            best = _cheapest(content["items"], slots["count"])
            if best is None:
                raise Unsolved(content.get("note") or "没有足够的余票。")
            legs.append(best)
        total = slots["count"] * sum(fare["fare_yuan"] for _, fare in legs)
        enough = total < slots["budget"]
        pieces: list[Piece] = sentence(
            ("预算够。", "够用。") if enough else ("不够。", "超出预算了。"),
            rng,
        )
        for word, (item, fare) in zip(("去程", "回程"), legs, strict=True):
            number = item["number"]
            pieces += sentence(
                ("{word}最便宜的是{number}次的{cabin}，{fare}；",),
                rng,
                word=word,
                number=Fact(number, "number", number, number),
                cabin=Fact(fare["cabin"], "word", fare["cabin"], number),
                fare=say_fact("money", fare["fare_yuan"], number),
            )
        pieces += sentence(
            ("{people}人往返合计{total}，", "{people}人来回一共{total}，"),
            rng,
            people=Fact(str(slots["count"]), "count", slots["count"]),
            total=say_fact("money", _plain(total), "", how="sum"),
        )
        pieces += sentence(
            ("比{budget}少{gap}。",) if enough else ("比{budget}多{gap}。",),
            rng,
            budget=Fact(f"{slots['budget']} 元", "money", slots["budget"]),
            gap=say_fact("money", _plain(abs(slots["budget"] - total)), "", how="difference"),
        )
        episode.answer(*pieces, *(["票价和余票会变，想好了尽早买。"] if rng.random() < 0.5 else []))


def _plain(amount: float) -> float:
    return int(amount) if amount == int(amount) else amount


def _cheapest(items: Any, people: int) -> tuple[Item, Item] | None:
    """The departure with the cheapest fare of which enough seats are left, and that fare; the first of equal ones."""
    fares = [(item, fare) for item in items for fare in item["fares"] if fare["seats_left"] >= people]
    return min(fares, key=lambda pair: pair[1]["fare_yuan"]) if fares else None


class RoundTripInTime(QueryPattern):
    """Whether one can go somewhere, stay, and be back by a time."""

    name = "round_trip_in_time"
    leaf = LEAF
    wordings = (
        (
            "现在从这里开车去{to}，待{stay}分钟再原地回来，{by}前能回到这里吗？来得及不",
            "我{by}前得回到现在这个地方，开车去{to}待{stay}分钟再回来，来得及吗",
            "开车去趟{to}，在那儿{stay}分钟，{by}之前赶回我现在的位置赶得及吗",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        place = landmark(scene)
        by = later(scene, 40, 150)
        if place is None or by.date() != scene.now.date():
            return None
        return {
            "to": place.name,
            "stay": scene.rng.choice((20, 30, 45, 60)),
            "back": iso(by),
            "by": clock_forms(f"{by:%H:%M}")[scene.rng.choice((0, 2))],
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        place = await true_place(scene, slots["to"])
        here = scene.context.location
        there = await true_route(scene, here, place["location"]) if place else None
        if there is None:
            return None
        leave = moment(there["arrival"]) + timedelta(minutes=slots["stay"])
        back = await true_route(scene, place["location"], here, departure_time=iso(leave))
        if back is None:
            return None
        spare = moment(slots["back"]) - moment(back["arrival"])
        if not timedelta(minutes=2) < abs(spare) < timedelta(minutes=40):
            return None
        return Truth(
            (_verdict(spare > timedelta(0), IN_TIME), said_clock(back["arrival"])),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=(_CITY, _NOW, _TIME, "temporal_constraints.duration"),
            temporal={"departure": _NOW, "arrival": _TIME},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        place, here = await find(episode, slots["to"]), episode.context.location
        there = await route(episode, here, place["location"], thought="去程")
        leave = moment(there["arrival"]) + timedelta(minutes=slots["stay"])
        back = await route(episode, place["location"], here, thought="停留之后返程", departure_time=iso(leave))
        spare = moment(slots["back"]) - moment(back["arrival"])
        late = spare < timedelta(0)
        episode.answer(
            *sentence(("来不及。", "赶不上。") if late else ("来得及。", "赶得上，来得及。"), rng),
            *sentence(
                ("去{place}路上{go}，{arrival}到；待{stay}，{leave}往回走，路上{back}，{end}回到原地，",),
                rng,
                place=name_of(place),
                go=exactly(there["duration_s"], place["name"]),
                arrival=say_fact("clock", clock(there["arrival"]), place["name"]),
                stay=Fact(f"{slots['stay']} 分钟", "duration", 60 * slots["stay"], place["name"]),
                leave=Fact(clock(iso(leave)), "clock", clock(iso(leave)), place["name"], "end"),
                back=exactly(back["duration_s"], "返程"),
                end=say_fact("clock", clock(back["arrival"]), "返程"),
            ),
            *sentence(
                ("比{by}晚{spare}。可以少待一会儿。",) if late else ("离{by}还有{spare}。",),
                rng,
                by=Fact(slots["by"], "clock", clock(slots["back"])),
                spare=say_fact("duration", int(abs(spare).total_seconds()), "返程", how="difference"),
            ),
        )


FEASIBILITY = (
    CatchTrain(),
    OpenOnArrival(),
    InTimeForAppointment(),
    ErrandThenOpen(),
    BudgetForTrip(),
    RoundTripInTime(),
)
