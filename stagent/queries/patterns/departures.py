"""Instructions about one train or flight of a day: the first, the last, the first after an hour."""

import random
from datetime import timedelta

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import Item, clock, moment, name_of, next_day, no_data, rarely, said_value
from stagent.queries.sayings import clock_forms, say_fact
from stagent.queries.scene import Scene

SCHEDULES = "dynamic_information.realtime_traffic_and_transit.public_transit_schedules_and_routes"


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
                    "{day}{which}{ride}是{number}，{departure}从{start}出发，{next}{arrival}到{end}，用时{duration}。",
                    "{number}，{departure}从{start}开，{next}{arrival}到{end}，全程{duration}，这是{day}{which}{ride}。",
                ),
                rng,
                day=slots["day"],
                which=slots["which"],
                ride=slots["ride"],
                number=Fact(number, "number", number, number),
                departure=say_fact("clock", clock(item["departure"]), number),
                start=name_of(item["from_station"]),
                next=next_day(item),
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


DEPARTURES = (EarliestTrain(),)
