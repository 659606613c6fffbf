"""Instructions that ask whether one gets somewhere in time."""

import random
from datetime import timedelta
from functools import lru_cache

from stagent.queries.answer import Fact
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import (
    AT_A_TIME,
    MODES,
    NOW,
    SAID,
    WHOLE_CITY,
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
from stagent.queries.sayings import clock_forms, say_fact
from stagent.queries.scene import Scene
from stagent.worlds.sandbox.departures import RUNS
from stagent.worlds.sandbox.trains import Call, Train, draw_trains
from stagent.worlds.sandbox.trains import rides as train_rides

LEAF = "planning_and_decision.feasibility_assessment"


IN_TIME = {"yes": ["来得及", "赶得上", "赶得及"], "no": ["来不及", "赶不上", "赶不及"]}


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
            (verdict(spare > timedelta(0), IN_TIME), said_clock(item["arrival"])),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=(WHOLE_CITY, NOW, AT_A_TIME),
            temporal={"departure": NOW, "arrival": AT_A_TIME},
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
        head = ("来得及。", "赶得上，来得及。") if spare > timedelta(0) else ("来不及。", "恐怕赶不上。")
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
            (verdict(spare > timedelta(0), IN_TIME), said_clock(item["arrival"])),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=(WHOLE_CITY, AT_A_TIME),
            temporal={"departure": AT_A_TIME, "arrival": AT_A_TIME},
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
                ("比{by}晚{spare}。建议早点出发。", "比{by}晚{spare}。")
                if late
                else ("离{by}还有{spare}。", "比{by}早{spare}。"),
                rng,
                by=Fact(slots["by"], "clock", clock(slots["arriving"]), place["name"]),
                spare=say_fact("duration", int(abs(spare).total_seconds()), place["name"], how="difference"),
            ),
        )


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
            (verdict(spare > timedelta(0), IN_TIME), said_clock(back["arrival"])),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=(WHOLE_CITY, NOW, AT_A_TIME, "temporal_constraints.duration"),
            temporal={"departure": NOW, "arrival": AT_A_TIME},
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
                ("去{place}路上{go}，{arrival}到；{leave}往回走，回来要{back}，{end}到，",),
                rng,
                place=name_of(place),
                go=exactly(there["duration_s"], place["name"]),
                arrival=say_fact("clock", clock(there["arrival"]), place["name"]),
                leave=Fact(clock(iso(leave)), "clock", clock(iso(leave)), place["name"], "end"),
                back=exactly(back["duration_s"], place["name"]),
                end=say_fact("clock", clock(back["arrival"]), place["name"]),
            ),
            *sentence(
                ("比{by}晚{spare}。可以少待一会儿。",) if late else ("离{by}还有{spare}。",),
                rng,
                by=Fact(slots["by"], "clock", clock(slots["back"])),
                spare=say_fact("duration", int(abs(spare).total_seconds()), place["name"], how="difference"),
            ),
        )


FEASIBILITY = (CatchTrain(), InTimeForAppointment(), RoundTripInTime())
