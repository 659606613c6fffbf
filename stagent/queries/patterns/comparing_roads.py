"""Instructions that compare roads: with and without tolls or motorways, by one place or another."""

import random

from stagent.queries.answer import Piece
from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import (
    WHOLE_CITY,
    Item,
    drawn_start,
    exactly,
    find,
    known_start,
    landmark,
    name_of,
    origin,
    route,
    said_duration,
    said_value,
    start_said,
    true_place,
    true_route,
    true_start,
)
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Scene

ROUTES = "planning_and_decision.solution_comparison.route_comparison"


_ROADS = "preference_constraints.route_preference"


# Two roads to compare: preference, how it is asked for, how an answer may call it.
_KINDS = {
    "tolls": ((None, "正常走", ["正常走", "正常路线"]), ("avoid_tolls", "避开收费", ["避开收费", "免收费"])),
    "highways": (
        ("prefer_highways", "高速优先", ["高速优先", "优先高速"]),
        ("avoid_highways", "避开高速", ["避开高速", "不走高速"]),
    ),
    "main_roads": (
        ("prefer_main_roads", "主路优先", ["主路优先", "优先主路"]),
        (None, "正常走", ["正常走", "正常路线"]),
    ),
}


class RoadsOfTwoKinds(QueryPattern):
    """A drive by two kinds of roads: which is faster, and what the difference is."""

    name = "roads_of_two_kinds"
    leaf = ROUTES
    wordings = (
        (
            "{from}开车去{to}，{one}和{other}哪个(快|更快)，(各要多久|差多少时间)？",
            "开车{from}到{to}，是{one}好还是{other}好？想(快点|早点)到",
            "比较一下{from}去{to}{one}和{other}两种走法(的时间|，哪个省时间)",
            "{from}去{to}开车的话，{other}会不会比{one}慢，(分别多久|各多少分钟)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene)
        place = landmark(scene, start=known_start(scene, slots), unlike=(slots["start"],))
        if place is None:
            return None
        kind = scene.rng.choice(("tolls", "highways", "main_roads") if scene.city.traffic else ("main_roads",))
        pair = list(_KINDS[kind])
        scene.rng.shuffle(pair)
        return {**slots, "to": place.name, "kind": kind, "one": pair[0][1], "other": pair[1][1],
                "preferences": [pair[0][0], pair[1][0]]}  # fmt: skip

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        start, place = await true_start(scene, slots), await true_place(scene, slots["to"])
        if not start or not place:
            return None
        found = []
        for preference in slots["preferences"]:
            more = {"preference": preference} if preference else {}
            found.append(await true_route(scene, start, place["location"], **more))
        if None in found or abs(found[0]["duration_s"] - found[1]["duration_s"]) < 45:
            return None
        words = {said: spellings for _, said, spellings in _KINDS[slots["kind"]]}
        among = [words[slots["one"]], words[slots["other"]]]
        faster = min((0, 1), key=lambda at: found[at]["duration_s"])
        return Truth(
            (
                {"kind": "choice", "winner": among[faster], "among": among},
                said_duration(found[0]["duration_s"], within=20),
                said_duration(found[1]["duration_s"], within=20),
            ),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=(WHOLE_CITY, _ROADS),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        said = (slots["one"], slots["other"])
        found = [
            (word, await route(episode, start, place["location"], thought=f"{word}的路线", preference=preference))
            for word, preference in zip(said, slots["preferences"], strict=True)
        ]
        (best, fast), (other, slow) = sorted(found, key=lambda pair: pair[1]["duration_s"])
        episode.answer(
            *sentence(
                (
                    "{best}更快。{start}开车去{place}，{best}要{fast}，{other}要{slow}，相差{gap}。",
                    "建议{best}：{start}到{place}{best}要{fast}，{other}要{slow}，能省{gap}。",
                ),
                rng,
                best=best,
                other=other,
                start=start_said(slots),
                place=name_of(place),
                fast=exactly(fast["duration_s"], best),
                slow=exactly(slow["duration_s"], other),
                gap=exactly(slow["duration_s"] - fast["duration_s"], best, "difference"),
            ),
            *sentence(
                ("距离上，{best}{one}，{other}{two}。", "路程：{best}{one}，{other}{two}。"),
                rng,
                best=best,
                other=other,
                one=say_fact("distance", fast["distance_m"], best),
                two=say_fact("distance", slow["distance_m"], other),
            ),
            *_tolls_said((best, fast), (other, slow), rng),
        )


def _tolls_said(one: tuple[str, Item], other: tuple[str, Item], rng: random.Random) -> list[Piece]:
    if not any(item.get("toll_yuan") for _, item in (one, other)):
        return []
    pieces: list[Piece] = ["过路费："]
    for word, item in (one, other):
        pieces += [word, say_fact("money", item["toll_yuan"], word, rng=rng), "，"]
    return [*pieces[:-1], "。"]


class TollWorth(QueryPattern):
    """What avoiding tolls saves in yuan and costs in time."""

    name = "toll_worth"
    leaf = ROUTES
    wordings = (
        (
            "{from}开车去{to}，避开收费路段能省多少过路费，要多花多少时间？",
            "{from}开车到{to}，不走收费路会慢多少，省几块钱",
            "开车{from}去{to}，为了省过路费绕路(值吗|划算吗)？(能省多少钱|省多少)，慢多少",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if scene.gazetteer.world.name != "sandbox":
            return None
        slots = drawn_start(scene, named=0.2)
        place = landmark(
            scene,
            start=known_start(scene, slots),
            unlike=(slots["start"],),
            categories=("airport", "service_area", "village", "campsite", "theme_park", "industrial_park", "golf"),
        )
        return {**slots, "to": place.name} if place else None

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        start, place = await true_start(scene, slots), await true_place(scene, slots["to"])
        if not start or not place:
            return None
        paid = await true_route(scene, start, place["location"])
        free = await true_route(scene, start, place["location"], preference="avoid_tolls")
        if not paid or not free or paid["toll_yuan"] <= free["toll_yuan"]:
            return None
        return Truth(
            (
                said_value("money", paid["toll_yuan"] - free["toll_yuan"]),
                said_duration(free["duration_s"] - paid["duration_s"]),
            ),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=(WHOLE_CITY, _ROADS),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start, place = await origin(episode, slots), await find(episode, slots["to"])
        paid = await route(episode, start, place["location"], thought="正常路线的时间和过路费")
        free = await route(episode, start, place["location"], thought="避开收费的路线", preference="avoid_tolls")
        saved = paid["toll_yuan"] - free["toll_yuan"]
        slower = free["duration_s"] - paid["duration_s"]
        episode.answer(
            *sentence(
                (
                    "避开收费能省{saved}，多花{slower}。{start}去{place}，正常走{paid}、过路费{toll}；避开收费{free}。",
                    "{start}去{place}，避开收费省{saved}，但慢{slower}：正常走{paid}，过路费{toll}，避开收费要{free}。",
                ),
                rng,
                saved=say_fact("money", saved, "避开收费", how="difference"),
                slower=exactly(slower, "避开收费", "difference"),
                start=start_said(slots),
                place=name_of(place),
                paid=exactly(paid["duration_s"], "正常走"),
                toll=say_fact("money", paid["toll_yuan"], "正常走"),
                free=exactly(free["duration_s"], "避开收费"),
            ),
            *rng.choice(([], ["赶时间就走收费路，不急可以绕一下。"])),
        )


class ByWhichStop(QueryPattern):
    """Which of two places on the way makes the smaller detour."""

    name = "by_which_stop"
    leaf = ROUTES
    held_out = True
    wordings = (
        (
            "{from}开车去{to}，路上要去趟{a}或者{b}，经过哪个(更快|用时更短)？",
            "去{to}之前得先去{a}、{b}中的一个，{from}开车走哪边(快|省时间)",
            "{from}开车到{to}，顺路去{a}还是{b}，哪条路总时间短",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = drawn_start(scene, named=0.15)
        categories = scene.rng.choice(
            (("bank",), ("supermarket",), ("mall",), ("pharmacy",), ("post",), ("florist",), ("books",), ("bakery",))
        )
        taken = [slots["start"]]
        places = []
        for kinds in (categories, categories, None):
            more = {"categories": kinds} if kinds else {}
            place = landmark(scene, start=known_start(scene, slots), unlike=taken, **more)
            if place is None:
                return None
            places.append(place)
            taken.append(place.name)
        return {**slots, "a": places[0].name, "b": places[1].name, "to": places[2].name}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        start = await true_start(scene, slots)
        ends = [await true_place(scene, slots[name]) for name in ("a", "b", "to")]
        if not start or None in ends:
            return None
        found = [
            await true_route(scene, start, ends[2]["location"], intermediates=[stop["location"]]) for stop in ends[:2]
        ]
        if None in found or abs(found[0]["duration_s"] - found[1]["duration_s"]) < 60:
            return None
        best = min((0, 1), key=lambda at: found[at]["duration_s"])
        among = [[slots["a"]], [slots["b"]]]
        return Truth(
            (
                {"kind": "choice", "winner": among[best], "among": among},
                said_duration(found[best]["duration_s"]),
            ),
            secondary=("planning_and_decision.itinerary_planning.simple_route_itinerary",),
            auxiliary=(WHOLE_CITY,),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        start = await origin(episode, slots)
        stops = [await find(episode, slots["a"]), await find(episode, slots["b"])]
        place = await find(episode, slots["to"])
        found = [
            (
                stop["name"],
                await route(
                    episode,
                    start,
                    place["location"],
                    thought=f"经过{stop['name']}的路线",
                    intermediates=[stop["location"]],
                ),
            )
            for stop in stops
        ]
        (best, fast), (other, slow) = sorted(found, key=lambda pair: pair[1]["duration_s"])
        episode.answer(
            *sentence(
                (
                    "经过{best}更快：{start}去{place}全程{fast}；经过{other}要{slow}，多{gap}。",
                    "建议走{best}，{start}到{place}一共{fast}；经过{other}要{slow}，多{gap}。",
                ),
                rng,
                best=name_of(best),
                other=name_of(other),
                start=start_said(slots),
                place=name_of(place),
                fast=exactly(fast["duration_s"], best),
                slow=exactly(slow["duration_s"], other),
                gap=exactly(slow["duration_s"] - fast["duration_s"], best, "difference"),
            ),
            *rng.choice((["以上不含停留时间。"], ["停留时间没算在内。"])),
        )


COMPARING_ROADS = (RoadsOfTwoKinds(), TollWorth(), ByWhichStop())
