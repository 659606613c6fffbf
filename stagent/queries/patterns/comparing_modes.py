"""Instructions that compare modes of travel: within a city, and between two."""

import random
from datetime import timedelta
from typing import Any

from stagent.queries.answer import Fact
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import (
    MODES,
    WHOLE_CITY,
    Item,
    clock,
    drawn_start,
    exactly,
    find,
    known_start,
    landmark,
    name_of,
    no_data,
    origin,
    rarely,
    said_duration,
    said_value,
    start_said,
    true_place,
    true_start,
)
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Scene

BETWEEN_MODES = "planning_and_decision.solution_comparison.transportation_mode_comparison"


# How an answer may call a mode.
MODE_WORDS = {
    "driving": ["开车", "驾车", "自驾"],
    "transit": ["公共交通", "坐公交", "坐地铁", "公交地铁", "公交"],
    "bicycling": ["骑车", "骑行", "自行车", "单车"],
    "walking": ["步行", "走路"],
}


class FastestMode(QueryPattern):
    """Which of two to four modes is fastest to a place."""

    name = "fastest_mode"
    leaf = BETWEEN_MODES
    wordings = (
        (
            "{from}去{to}，{modes}哪个(快|最快)？(各要多久|)",
            "(现在|){from}到{to}，{modes}，怎么去最(快|省时间)",
            "{from}去{to}是{choice}好？想快点到",
            "(比一下|对比一下){from}去{to}{modes}(的时间|用时)，选最快的",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene, named=0.25)
        known = [mode for mode in MODES if mode != "transit" or scene.city.timetable is not None]
        modes = scene.rng.sample(known, scene.rng.choice((2, 2, 3, 3, len(known))))
        mode = "walking" if "walking" in modes else "bicycling" if "bicycling" in modes else "driving"
        place = landmark(scene, mode, start=known_start(scene, slots), unlike=(slots["start"],))
        if place is None:
            return None
        said = [MODES[mode] for mode in modes]
        return {
            **slots,
            "to": place.name,
            "ways": modes,
            "modes": "、".join(said[:-1]) + "和" + said[-1],
            "choice": "还是".join(said),
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        start, place = await true_start(scene, slots), await true_place(scene, slots["to"])
        if not start or not place:
            return None
        content = await scene.ask(
            "map_compute_routes", origin=start, destination=place["location"], modes=slots["ways"]
        )
        items = sorted(content.get("items", ()), key=lambda item: item["duration_s"])
        rode = all(
            any(step["mode"] not in ("walking", "waiting") for step in item["steps"])
            for item in items
            if item["mode"] == "transit"
        )
        if len(items) < len(slots["ways"]) or not rode or items[1]["duration_s"] - items[0]["duration_s"] < 60:
            return None
        return Truth(
            (
                {
                    "kind": "choice",
                    "winner": MODE_WORDS[items[0]["mode"]],
                    "among": [MODE_WORDS[mode] for mode in slots["ways"]],
                },
                said_duration(items[0]["duration_s"]),
            ),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=(WHOLE_CITY,),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        content = await episode.call(
            "map_compute_routes",
            "一次比较几种方式",
            origin=start,
            destination=place["location"],
            modes=slots["ways"],
        )
        items = sorted(content["items"], key=lambda item: item["duration_s"])
        if not items:
            raise Unsolved(content.get("note") or "没有可行的路线。")
        best, *others = items
        pieces = sentence(
            (
                "{best}最快，{start}到{place}要{duration}，全程{distance}，{arrival}到。",
                "建议{best}：{start}去{place}只要{duration}，路程{distance}，预计{arrival}到。",
            ),
            rng,
            best=MODES[best["mode"]],
            start=start_said(slots),
            place=name_of(place),
            duration=say_fact("duration", best["duration_s"], MODES[best["mode"]]),
            distance=say_fact("distance", best["distance_m"], MODES[best["mode"]]),
            arrival=say_fact("clock", clock(best["arrival"]), MODES[best["mode"]]),
        )
        said = [
            sentence(
                ("{mode}要{duration}",),
                rng,
                mode=MODES[item["mode"]],
                duration=say_fact("duration", item["duration_s"], MODES[item["mode"]]),
            )
            for item in others
        ]
        for at, one in enumerate(said):
            pieces += ["，" if at else "", *one]
        pieces.append("。")
        bus = next((item for item in items if item["mode"] == "transit" and "fare_yuan" in item), None)
        if bus:
            pieces += ["公共交通票价", say_fact("money", bus["fare_yuan"], MODES["transit"]), "。"]
        episode.answer(*(piece for piece in pieces if piece))


RIDES = {"trains": "火车", "flights": "飞机"}


RIDE_WORDS = {"trains": ["火车", "高铁", "动车", "列车"], "flights": ["飞机", "航班", "坐飞机"]}


def drawn_journey(scene: Scene, last: int = 5) -> Slots | None:
    """Another city and a day."""
    others = [city.name for city in scene.gazetteer.cities if city.name != scene.region]
    if not others and rarely(scene):
        others = ["图尔库"]
    if not others:
        return None
    ahead = scene.rng.randrange(1, last)
    date = scene.now + timedelta(days=ahead)
    return {
        "a": scene.region,
        "b": scene.rng.choice(others),
        "date": date.date().isoformat(),
        "day": {1: "明天", 2: "后天"}.get(ahead, f"{date.month}月{date.day}日"),
    }


def least(items: Any, by: str) -> tuple[float, Item, Item] | None:
    """The least fare, or the shortest ride, that still has seats: value, departure and its cheapest fare."""
    found = [
        (fare["fare_yuan"] if by == "price" else item["duration_s"], item, fare)
        for item in items
        for fare in item["fares"]
        if fare["seats_left"]
    ]
    return min(found, key=lambda one: (one[0], one[2]["fare_yuan"], one[1]["departure"])) if found else None


class TrainOrPlane(QueryPattern):
    """Whether train or plane is cheaper, or quicker, between two cities on a day."""

    name = "train_or_plane"
    leaf = BETWEEN_MODES
    wordings = (
        (
            "{day}从{a}去{b}，坐火车和坐飞机哪个{better}",
            "{day}{a}到{b}，火车{better}还是飞机{better}？(要有票的|得还有票)",
            "(帮我比较|比一下){day}去{b}的火车和飞机，从{a}走，哪个{better}",
            "想{day}从{a}到{b}，{first}优先，坐火车还是飞机",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_journey(scene)
        if slots is None:
            return None
        by = scene.rng.choice(("price", "time"))
        return {**slots, "by": by, "better": {"price": "便宜", "time": "快"}[by],
                "first": {"price": "价格", "time": "时间"}[by]}  # fmt: skip

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        auxiliary = ("spatial_constraints.intercity", "temporal_constraints.specific_date")
        if slots["by"] == "price":
            auxiliary += ("budget_constraints.cheapest",)
        found = {}
        for way in RIDES:
            content = await scene.ask(
                f"travel_search_{way}", origin=slots["a"], destination=slots["b"], date=slots["date"]
            )
            if "unavailable" in content:
                return Truth(no_data("火车", "航班", "班次"), auxiliary=auxiliary, unsolvable="no_data")
            found[way] = least(content["items"], slots["by"])
        if None in found.values() or found["trains"][0] == found["flights"][0]:
            return None
        best = min(found, key=lambda way: found[way][0])
        value = found[best][0]
        return Truth(
            (
                {"kind": "choice", "winner": RIDE_WORDS[best], "among": list(RIDE_WORDS.values())},
                said_value("money", value) if slots["by"] == "price" else said_duration(value),
            ),
            secondary=("dynamic_information.dynamic_pricing_and_availability",),
            auxiliary=auxiliary,
            temporal={"departure": "temporal_constraints.specific_date"},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        found = {}
        for way, word in RIDES.items():
            content = await episode.call(
                f"travel_search_{way}",
                f"查{slots['day']}的{word}",
                origin=slots["a"],
                destination=slots["b"],
                date=slots["date"],
            )
            found[way] = least(content["items"], slots["by"])
            if found[way] is None:
                raise Unsolved(f"{slots['day']}没有可订的{word}，没法比较。{content.get('note', '')}")
        best, other = sorted(found, key=lambda way: found[way][0])
        pieces = sentence(
            ("{best}更{better}。", "坐{best}{better}一些。", "建议坐{best}，更{better}。"),
            rng,
            best=RIDES[best],
            better=slots["better"],
        )
        for way in (best, other):
            _, item, fare = found[way]
            number = item["number"]
            pieces += sentence(
                ("{most}的{ride}是{number}，{at}从{station}出发，{duration}，{cabin}{fare}；",),
                rng,
                most={"price": "最便宜", "time": "最快"}[slots["by"]],
                ride=RIDES[way],
                number=Fact(number, "number", number, number),
                at=say_fact("clock", clock(item["departure"]), number),
                station=name_of(item["from_station"]),
                duration=say_fact("duration", item["duration_s"], number),
                cabin=Fact(fare["cabin"], "word", fare["cabin"], number),
                fare=say_fact("money", fare["fare_yuan"], number),
            )
        pieces[-1] = pieces[-1].replace("；", "。")  # type: ignore[union-attr]
        gap = found[other][0] - found[best][0]
        pieces += sentence(
            ("相差{gap}。",),
            rng,
            gap=say_fact("money", round(gap, 2), "", how="difference")
            if slots["by"] == "price"
            else exactly(int(gap), "", "difference"),
        )
        episode.answer(*pieces)


COMPARING_MODES = (FastestMode(), TrainOrPlane())
