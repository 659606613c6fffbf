"""Instructions about several stops of one way: in the best order, or with a stay at each."""

import random
from datetime import timedelta
from itertools import permutations
from typing import Any

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.errands import LEAF
from stagent.queries.patterns.journeys import (
    WHOLE_CITY,
    Item,
    clock,
    day_word,
    drawn_start,
    exactly,
    find,
    iso,
    known_start,
    landmark,
    later,
    listed,
    moment,
    name_of,
    origin,
    route,
    said_clock,
    said_duration,
    start_said,
    true_place,
    true_route,
    true_start,
)
from stagent.queries.sayings import clock_forms, say_fact
from stagent.queries.scene import Scene

_SAME_S = 60  # orders that take so little longer than the best are as good


class BestOrder(QueryPattern):
    """In which order to visit two places before a last one, so that the drive is shortest."""

    name = "best_order"
    leaf = LEAF
    wordings = (
        (
            "{from}开车去{a}和{b}办事，{fixed}最后{end}，(先去哪个|怎么安排顺序)路上时间最短？",
            "我要{from}开车跑{a}、{b}两个地方，{fixed}然后{end}，(什么|哪个)顺序最省时间(，总共多久|)",
            "帮我排一下顺序：{from}出发，要去{a}和{b}（先后随便），{fixed}最后{end}，开车，路上用时最少就行",
            "{a}、{b}都要去一趟，{fixed}最后{end}，{from}开车怎么走最快",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene, named=0.15)
        taken, places = [slots["start"]], []
        home = scene.rng.random() < 0.3 and "家" in scene.context.profile and slots["start"] != "家"
        first = scene.rng.random() < 0.35
        for _ in range((2 if home else 3) + first):
            place = landmark(scene, start=known_start(scene, slots), unlike=taken)
            if place is None:
                return None
            places.append(place.name)
            taken.append(place.name)
        a, b, *rest = places
        end = "家" if home else rest.pop()
        fixed = rest.pop() if rest else ""
        return {
            **slots,
            "from": slots["from"] or "从这里",
            "a": a,
            "b": b,
            "to": end,
            "end": "回家" if home else f"到{end}",
            "third": fixed,
            "fixed": f"这两处之后去{fixed}，" if fixed else "",
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        start = await true_start(scene, slots)
        named = [name for name in (slots["a"], slots["b"], slots["third"], slots["to"]) if name not in ("", "家")]
        at = {name: await true_place(scene, name) for name in named}
        if not start or None in at.values():
            return None
        where_ = {name: place["location"] for name, place in at.items()} | {"家": scene.context.profile.get("家", "")}
        orders = await _orders(slots, lambda stops: true_route(
            scene, start, where_[slots["to"]], intermediates=[where_[name] for name in stops]
        ))  # fmt: skip
        if None in orders.values():
            return None
        (best, fast), (_, slow) = sorted(orders.items(), key=lambda pair: pair[1]["duration_s"])
        gap = slow["duration_s"] - fast["duration_s"]
        if _SAME_S < gap < 2 * _SAME_S:
            return None
        tail = [[name] for name in (slots["third"], slots["to"]) if name]
        either = gap <= _SAME_S
        firsts = [[slots["a"], slots["b"]]] * 2 if either else [[best[0]], [best[1]]]
        value = said_duration(fast["duration_s"])
        return Truth(
            (
                {"kind": "sequence", "stops": [*firsts, *tail]},
                value | {"any_of": [fast["duration_s"], slow["duration_s"]]} if either else value,
            ),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=(WHOLE_CITY,),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start = await origin(episode, slots)
        where_ = {"家": episode.context.profile.get("家", "")}
        for name in (slots["a"], slots["b"], slots["third"], slots["to"]):
            if name and name != "家":
                where_[name] = (await find(episode, name))["location"]
        orders = await _orders(slots, lambda stops: route(
            episode, start, where_[slots["to"]], thought=f"试“{'→'.join(stops)}”",
            intermediates=[where_[name] for name in stops],
        ))  # fmt: skip
        (best, fast), (other, slow) = sorted(orders.items(), key=lambda pair: pair[1]["duration_s"])
        stops = [*best, slots["to"]]
        gap = slow["duration_s"] - fast["duration_s"]
        legs: list[Piece] = []
        for name, leg in zip(stops, fast["legs"], strict=True):
            legs += ["到", name_of(name), "要", say_fact("duration", leg["duration_s"], name), "，"]
        episode.answer(
            *sentence(
                (
                    "建议的顺序是{stops}，{start}开车路上一共{total}。",
                    "{start}出发，按{stops}的顺序走，开车共{total}。",
                ),
                rng,
                stops=listed([name_of(name) for name in stops], rng.choice((" → ", "、"))),
                start=start_said(slots),
                total=exactly(fast["duration_s"], slots["to"]),
            ),
            *legs[:-1],
            "。",
            *sentence(
                (
                    "换个顺序，先去{other}再到{end}，一共{slow}，多{gap}。",
                    "反过来先去{other}，到{end}一共{slow}，多{gap}。",
                )
                if gap > _SAME_S
                else ("反过来先去{other}，到{end}一共{slow}，差不多，也可以。",),
                rng,
                other=name_of(other[0]),
                end=name_of(slots["to"]),
                slow=exactly(slow["duration_s"], slots["to"]),
                gap=exactly(gap, slots["to"], "difference"),
            ),
            *rng.choice(([], ["停留时间没有算在内。"])),
        )


async def _orders(slots: Slots, drive: Any) -> dict[tuple[str, ...], Item]:
    """The drives of both orders, by the stops before the last."""
    tail = (slots["third"],) if slots["third"] else ()
    return {(*pair, *tail): await drive((*pair, *tail)) for pair in permutations((slots["a"], slots["b"]))}


class StopsWithStays(QueryPattern):
    """When one arrives at each of two or three places in a given order, with a stay at each."""

    name = "stops_with_stays"
    leaf = LEAF
    held_out = True
    wordings = (
        (
            "{day}{at}{from}开车出发，依次去{stops}，每个地方待{stay}分钟，各几点到？",
            "帮我排个时间：{day}{at}{from}走，开车按顺序去{stops}，每处停{stay}分钟，到每一处分别是几点",
            "{day}{at}{from}开车，先后去{stops}，每站停留{stay}分钟，列一下到达时间",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene, named=0.1)
        at = later(scene, 30, 900)
        if not 7 <= at.hour <= 16:
            return None
        taken = [slots["start"]]
        for _ in range(scene.rng.choice((2, 2, 3))):
            place = landmark(scene, start=known_start(scene, slots), unlike=taken)
            if place is None:
                return None
            taken.append(place.name)
        return {
            **slots,
            "places": taken[1:],
            "stops": "、".join(taken[1:]),
            "stay": scene.rng.choice((30, 40, 45, 60, 90)),
            "day": day_word(scene.now, at),
            "at": clock_forms(f"{at:%H:%M}")[scene.rng.choice((0, 2))],
            "leave": iso(at),
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        here, leave = await true_start(scene, slots), slots["leave"]
        expects = []
        for name in slots["places"]:
            place = await true_place(scene, name)
            item = await true_route(scene, here, place["location"], departure_time=leave) if here and place else None
            if item is None:
                return None
            expects.append(said_clock(item["arrival"], entity=name))
            here, leave = place["location"], iso(moment(item["arrival"]) + timedelta(minutes=slots["stay"]))
        return Truth(
            ({"kind": "sequence", "stops": [[name] for name in slots["places"]]}, *expects),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=(WHOLE_CITY, "temporal_constraints.specific_time", "temporal_constraints.duration"),
            temporal={"departure": "temporal_constraints.specific_time"},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        here, leave = await origin(episode, slots), slots["leave"]
        places = [await find(episode, name) for name in slots["places"]]
        pieces = sentence(
            ("{start}{at}出发：", "{at}{start}开车出发，"),
            rng,
            start=start_said(slots),
            at=Fact(slots["at"], "clock", clock(slots["leave"])),
        )
        for number, place in enumerate(places):
            item = await route(
                episode, here, place["location"], thought=f"到{place['name']}这一段", departure_time=leave
            )
            arrival = clock(item["arrival"])
            pieces += sentence(
                ("{arrival}到{place}（路上{duration}）",),
                rng,
                arrival=say_fact("clock", arrival, place["name"]),
                place=name_of(place),
                duration=say_fact("duration", item["duration_s"], place["name"]),
            )
            here, leave = place["location"], iso(moment(item["arrival"]) + timedelta(minutes=slots["stay"]))
            if number < len(places) - 1:
                pieces += ["，停留后", Fact(clock(leave), "clock", clock(leave), place["name"], "end"), "离开；"]
        end = clock(leave)
        pieces += sentence(
            ("。全部结束约在{end}。",),
            rng,
            end=Fact(end, "clock", end, places[-1]["name"], "end"),
        )
        episode.answer(*pieces)


STOP_ORDERS = (BestOrder(), StopsWithStays())
