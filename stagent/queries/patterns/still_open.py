"""Instructions that ask whether a place is open when one gets there."""

import random
from datetime import datetime, timedelta

from stagent.queries.answer import Fact
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.feasibility import LEAF
from stagent.queries.patterns.journeys import (
    MODES,
    NOW,
    SAID,
    WHOLE_CITY,
    clock,
    drawn_mode,
    drawn_start,
    find,
    iso,
    known_start,
    landmark,
    moment,
    name_of,
    origin,
    route,
    said_clock,
    start_said,
    true_place,
    true_route,
    true_start,
    verdict,
    way_facts,
)
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Scene
from stagent.worlds.local.place import MapPlace

STILL_OPEN = {
    "yes": ["还开着", "还开门", "还在营业", "仍在营业"],
    "no": ["已经关门", "关门了", "没开门", "不营业", "还没开"],
}


# Kinds of places that close in the evening.
_CLOSING = (
    *("museum", "gallery", "library", "zoo", "theme_park", "sight", "historic", "botanical_garden", "mall", "bank"),
    *("post", "clinic", "pharmacy", "supermarket", "books", "cafe", "restaurant", "hairdresser", "electronics"),
)


def closing_place(scene: Scene, slots: Slots, mode: str = "driving", unlike: tuple[str, ...] = ()) -> MapPlace | None:
    """A place with opening hours that doesn't stay open all day."""
    for _ in range(3):
        place = landmark(
            scene, mode, start=known_start(scene, slots), unlike=(slots["start"], *unlike), categories=_CLOSING
        )
        if place and place.hours and place.hours.on(scene.now.date()) not in ("全天", "休息"):
            return place
    return None


def state_at(place: MapPlace, at: datetime) -> bool | None:
    """Whether it is open; None: it opens or closes within four minutes, too near to ask for."""
    near = [place.hours.is_open(at + timedelta(minutes=minutes)) for minutes in (-4, 0, 4)]
    return near[1] if len(set(near)) == 1 else None


def open_by_text(hours: str, at: datetime) -> bool:
    """Whether ``hours_today`` of a result ("10:00-14:00,17:00-02:00", 全天, 休息) has a moment of that day."""
    if hours in ("全天", "休息"):
        return hours == "全天"
    now = f"{at:%H:%M}"
    spans = (span.split("-") for span in hours.split(","))
    return any(start <= now < end if start < end else start <= now for start, end in spans)


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
        place = closing_place(scene, slots, mode)
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
        state = state_at(place, arrival)
        # what is still open of yesterday evening isn't in today's hours
        if state is None or state != open_by_text(found["hours_today"], arrival):
            return None
        return Truth(
            (verdict(state, STILL_OPEN), said_clock(item["arrival"])),
            secondary=("planning_and_decision.route_planning", "discovery.information_query.basic_attributes"),
            auxiliary=(WHOLE_CITY, NOW, "preference_constraints.open_hours"),
            temporal={"departure": NOW},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        if "hours_today" not in place:
            raise Unsolved(f"没有{place['name']}的营业时间。")
        item = await route(episode, start, place["location"], slots["mode"])
        arrival = moment(item["arrival"])
        state = open_by_text(place["hours_today"], arrival)
        facts = way_facts(item, place["name"], rng)
        word, after = state_word(place["hours_today"], arrival, rng)
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


def state_word(hours: str, at: datetime, rng: random.Random) -> tuple[str, str]:
    """How to say whether a place is open at a moment, and what to do then."""
    if open_by_text(hours, at):
        return rng.choice(("还开着", "还在营业")), rng.choice(("", "可以放心去。"))
    if hours == "休息":
        return "不营业", "今天休息，建议改天再去。"
    if f"{at:%H:%M}" < hours[:5]:
        return "还没开门", "可以晚点再出发。"
    return rng.choice(("已经关门", "不营业")), rng.choice(("建议换个时间去。", "别白跑一趟，改天再去吧。"))


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
        place = closing_place(scene, slots, unlike=(via.name,)) if via else None
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
        state = state_at(place, moment(second["arrival"]))
        if state is None or state != open_by_text(found["hours_today"], moment(second["arrival"])):
            return None
        if state and scene.rng.random() < 0.4:
            return None  # else most places are open
        return Truth(
            (verdict(state, STILL_OPEN), said_clock(second["arrival"])),
            secondary=("planning_and_decision.itinerary_planning.simple_route_itinerary",),
            auxiliary=(WHOLE_CITY, NOW, "temporal_constraints.duration", "preference_constraints.open_hours"),
            temporal={"departure": NOW},
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
        word, after = state_word(place["hours_today"], arrival, rng)
        episode.answer(
            *sentence(
                (
                    "{start}开车{first}到{via}，{leave}再出发，{arrival}到{place}，那时{word}。"
                    "{place}今天的营业时间是{hours}。",
                ),
                rng,
                start=start_said(slots),
                first=say_fact("clock", clock(first["arrival"]), via["name"]),
                via=name_of(via),
                leave=Fact(clock(iso(leave)), "clock", clock(iso(leave)), via["name"], "end"),
                arrival=say_fact("clock", clock(second["arrival"]), place["name"]),
                place=name_of(place),
                word=Fact(word, "open", open_by_text(place["hours_today"], arrival), place["name"]),
                hours=Fact(place["hours_today"], "hours", place["hours_today"], place["name"]),
            ),
            after,
        )


STILL_OPEN_WHEN_THERE = (OpenOnArrival(), ErrandThenOpen())
