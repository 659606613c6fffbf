"""Instructions about one way at a time: when to leave, when one arrives."""

import random

from stagent.queries.answer import Fact
from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import (
    AT_A_TIME,
    MODES,
    SAID,
    WHOLE_CITY,
    clock,
    day_word,
    drawn_mode,
    drawn_start,
    find,
    iso,
    known_start,
    landmark,
    later,
    moment,
    name_of,
    origin,
    rides,
    route,
    said_clock,
    start_said,
    true_ends,
    true_route,
    way_facts,
)
from stagent.queries.patterns.ways import LEAF
from stagent.queries.sayings import clock_forms, say_fact
from stagent.queries.scene import Scene


class LeaveInTime(QueryPattern):
    """When to leave so as to arrive by a time."""

    name = "leave_in_time"
    leaf = LEAF
    wordings = (
        (
            "{day}{by}(之前|前)要到{to}，{from}{how}最晚几点出发？",
            "(我|)要在{day}{by}前赶到{to}，{from}{how}几点(走|动身|出门)合适，最晚几点",
            "{from}{how}去{to}，想{day}{by}前到，最迟什么时候(走|出发)",
            "{day}{by}约了人在{to}见面，{from}{how}过去最晚几点得出发",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene, named=0.25)
        mode = drawn_mode(scene, ("driving", "driving", "bicycling", "transit"))
        place = landmark(scene, mode, start=known_start(scene, slots), unlike=(slots["start"],))
        if place is None:
            return None
        at = later(scene, 120, 600)
        if not 8 <= at.hour <= 21:
            return None
        how = scene.rng.choice(SAID[mode])
        said = scene.rng.choice(clock_forms(f"{at:%H:%M}"))
        return {**slots, "to": place.name, "mode": mode, "how": how, "by": said, "arrive": iso(at),
                "day": day_word(scene.now, at)}  # fmt: skip

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        ends = await true_ends(scene, slots)
        item = await true_route(scene, *ends, slots["mode"], arrival_time=slots["arrive"]) if ends else None
        if item is None or item["duration_s"] > 2.5 * 3600 or (slots["mode"] == "transit" and not rides(item)):
            return None
        return Truth(
            (said_clock(item["departure"]),),
            auxiliary=(WHOLE_CITY, AT_A_TIME),
            temporal={"arrival": AT_A_TIME},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        item = await route(
            episode, start, place["location"], slots["mode"], "按最晚到达时间倒推出发时间", arrival_time=slots["arrive"]
        )
        facts = way_facts(item, place["name"], rng)
        # not rounded up: it would look late
        facts["arrival"] = say_fact("clock", f"{moment(item['arrival']):%H:%M}", place["name"], rng=rng)
        steps = rides(item) if slots["mode"] == "transit" else []
        episode.answer(
            *sentence(
                (
                    "最晚{departure}出发。{start}{how}去{place}要{duration}，这样{arrival}能到，赶在{by}之前。",
                    "要赶在{by}前到{place}，{start}{how}最迟{departure}就得走，路上{duration}，{arrival}到达。",
                    "{start}{how}到{place}，路上{duration}，最晚{departure}动身，{arrival}到，不会晚于{by}。",
                ),
                rng,
                start=start_said(slots),
                how=MODES[slots["mode"]],
                place=name_of(place),
                by=Fact(slots["by"], "clock", clock(slots["arrive"]), place["name"]),
                **facts,
            ),
            *(sentence(("先坐的是{line}，上车站是{board}。",), rng, line=name_of(steps[0]["line"]),
                       board=name_of(steps[0]["from_name"])) if steps else []),
            *rng.choice((["建议再留十分钟余量。"], ["稳妥起见可以早走一会儿。"], [])),
        )  # fmt: skip


class ArriveWhen(QueryPattern):
    """Leaving at a later time: when one arrives."""

    name = "arrive_when"
    leaf = LEAF
    held_out = True
    wordings = (
        (
            "{day}{at}{from}{how}去{to}，几点能到？",
            "(如果|假如|)我{day}{at}出发，{from}{how}到{to}(是|得)几点",
            "{day}{at}走的话，{from}{how}去{to}什么时候能到，路上多久",
            "打算{day}{at}{from}{how}去{to}，(帮我看看|算一下)几点到",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene, named=0.25)
        mode = drawn_mode(scene, ("driving", "driving", "transit"))
        place = landmark(scene, mode, start=known_start(scene, slots), unlike=(slots["start"],))
        at = later(scene, 40, 900)
        if place is None or not 6 <= at.hour <= 21:
            return None
        said = scene.rng.choice(clock_forms(f"{at:%H:%M}"))
        how = scene.rng.choice(SAID[mode])
        return {**slots, "to": place.name, "mode": mode, "how": how, "at": said, "leave": iso(at),
                "day": day_word(scene.now, at)}  # fmt: skip

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        ends = await true_ends(scene, slots)
        item = await true_route(scene, *ends, slots["mode"], departure_time=slots["leave"]) if ends else None
        if item is None or item["duration_s"] > 2.5 * 3600 or (slots["mode"] == "transit" and not rides(item)):
            return None
        # a bus leaves later than one is ready to: one is on the way for less long then, and arrives the same
        return Truth(
            (said_clock(item["arrival"]),), auxiliary=(WHOLE_CITY, AT_A_TIME), temporal={"departure": AT_A_TIME}
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        item = await route(
            episode, start, place["location"], slots["mode"], "按出发时间算", departure_time=slots["leave"]
        )
        facts = way_facts(item, place["name"], rng)
        episode.answer(
            *sentence(
                (
                    "{arrival}到。{start}{how}去{place}，{at}出发，路上{duration}，全程{distance}。",
                    "{at}{start}出发，{how}到{place}要{duration}，预计{arrival}到达，共{distance}。",
                ),
                rng,
                start=start_said(slots),
                how=MODES[slots["mode"]],
                place=name_of(place),
                at=Fact(slots["at"], "clock", clock(slots["leave"]), place["name"]),
                **facts,
            ),
            *rng.choice((["临出发前可以再让我看一次路况。"], ["要改时间告诉我就行。"], [])),
        )


WAYS_IN_TIME = (LeaveInTime(), ArriveWhen())
