"""Instructions that compare train and plane from the user's door on."""

import random
from datetime import datetime, timedelta
from typing import Any

from stagent.queries.answer import Fact
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.comparing_modes import BETWEEN_MODES, RIDE_WORDS, RIDES, drawn_journey
from stagent.queries.patterns.journeys import (
    Item,
    clock,
    find,
    moment,
    name_of,
    route,
    said_duration,
    true_place,
    true_route,
)
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Scene


class DoorToDoor(QueryPattern):
    """Train or plane, counted from the user's door: the way to the station or the airport and the time before."""

    name = "door_to_door"
    leaf = BETWEEN_MODES
    held_out = True
    long_tail = True
    wordings = (
        (
            "{day}去{b}，{from}出发，开车去车站或机场，火车要提前{early_train}分钟到站，飞机提前{early_plane}分钟到机场，"
            "都坐{after}以后的第一班，算到抵达{b}为止，从出门开始总时间哪个短？",
            "{from}开车去车站或机场，{day}{after}以后第一班火车和第一班飞机去{b}，"
            "进站提前{early_train}分钟、登机提前{early_plane}分钟，从出门到抵达{b}，火车和飞机哪个总共更快",
            "{day}我要去{b}，{from}开车出门，都坐{after}以后的第一班：火车提前{early_train}分钟到站，"
            "飞机提前{early_plane}分钟到机场，哪种从出门到抵达{b}花的时间少",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if scene.gazetteer.world.name != "sandbox" or "家" not in scene.context.profile:
            return None
        slots = drawn_journey(scene, 4)
        hour = scene.rng.randrange(8, 16)
        return {
            **slots,
            "from": "从我家",
            "start": "家",
            "hour": hour,
            "after": f"{hour}点",
            "early_train": scene.rng.choice((20, 30)),
            "early_plane": scene.rng.choice((60, 75, 90)),
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        home = scene.context.profile["家"]
        totals = {}
        for way, early in (("trains", "early_train"), ("flights", "early_plane")):
            content = await scene.ask(
                f"travel_search_{way}", origin=slots["a"], destination=slots["b"], date=slots["date"]
            )
            item = _first_after(content.get("items", ()), slots["hour"])
            gate = await true_place(scene, item["from_station"]) if item else None
            if gate is None:
                return None
            due = moment(item["departure"]) - timedelta(minutes=slots[early])
            drive = await true_route(scene, home, gate["location"], arrival_time=due.isoformat())
            if drive is None:
                return None
            totals[way] = round((moment(item["arrival"]) - moment(drive["departure"])).total_seconds())
        if abs(totals["trains"] - totals["flights"]) < 300:
            return None
        best = min(totals, key=totals.get)
        return Truth(
            (
                {"kind": "choice", "winner": RIDE_WORDS[best], "among": list(RIDE_WORDS.values())},
                said_duration(totals[best], within=120),
            ),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=("spatial_constraints.intercity", "temporal_constraints.specific_date"),
            temporal={"departure": "temporal_constraints.specific_date"},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        home, found = episode.context.profile["家"], []
        for way, early in (("trains", "early_train"), ("flights", "early_plane")):
            content = await episode.call(
                f"travel_search_{way}",
                f"查{slots['day']}的{RIDES[way]}",
                origin=slots["a"],
                destination=slots["b"],
                date=slots["date"],
            )
            item = _first_after(content["items"], slots["hour"])
            if item is None:
                raise Unsolved(f"{slots['day']}{slots['after']}以后没有到{slots['b']}的{RIDES[way]}。")
            gate = await find(episode, item["from_station"])
            due = moment(item["departure"]) - timedelta(minutes=slots[early])
            drive = await route(
                episode, home, gate["location"], thought="按要到的时间倒推出门时间", arrival_time=due.isoformat()
            )
            total = round((moment(item["arrival"]) - moment(drive["departure"])).total_seconds())
            found.append((total, RIDES[way], item, drive))
        (short, best, *_), (long, other, *_) = sorted(found, key=lambda one: one[0])
        pieces = sentence(
            ("坐{best}总时间更短。", "建议坐{best}，从出门算起更快。"),
            rng,
            best=best,
        )
        for total, ride, item, drive in sorted(found, key=lambda one: one[0]):
            number = item["number"]
            pieces += sentence(
                (
                    "{ride}：最晚{leave}从家出门，开车{drive}到{station}，坐{at}的{number}，{arrival}到；{number}从出门到抵达总共{total}。",
                ),
                rng,
                ride=ride,
                leave=say_fact("clock", clock(drive["departure"]), item["from_station"]),
                drive=say_fact("duration", drive["duration_s"], item["from_station"]),
                station=name_of(item["from_station"]),
                at=say_fact("clock", clock(item["departure"]), number),
                number=Fact(number, "number", number, number),
                arrival=say_fact("clock", clock(item["arrival"]), number),
                total=say_fact("duration", total, number, how="difference"),
            )
        pieces += sentence(
            ("{best}比{other}快{gap}。",),
            rng,
            best=best,
            other=other,
            gap=say_fact("duration", long - short, "", how="difference"),
        )
        episode.answer(*pieces)


def _first_after(items: Any, hour: int) -> Item | None:
    return next((item for item in items if _at(item).hour >= hour), None)


def _at(item: Item) -> datetime:
    return moment(item["departure"])


DOOR_TO_DOOR = (DoorToDoor(),)
