"""Instructions that compare ways: roads against roads, modes against modes."""

import random
from datetime import datetime, timedelta
from typing import Any

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import (
    MODES,
    Item,
    clock,
    drawn_start,
    exactly,
    find,
    known_start,
    landmark,
    moment,
    name_of,
    no_data,
    origin,
    rarely,
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
BETWEEN_MODES = "planning_and_decision.solution_comparison.transportation_mode_comparison"
_CITY = "spatial_constraints.within_city.whole_city"
_ROADS = "preference_constraints.route_preference"
# How an answer may call a mode.
MODE_WORDS = {
    "driving": ["开车", "驾车", "自驾"],
    "transit": ["公共交通", "坐公交", "坐地铁", "公交地铁", "公交"],
    "bicycling": ["骑车", "骑行", "自行车", "单车"],
    "walking": ["步行", "走路"],
}
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
            auxiliary=(_CITY, _ROADS),
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
                ("路程分别是{one}和{two}。", "距离上，{best}{one}，{other}{two}。"),
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
            auxiliary=(_CITY, _ROADS),
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
            (("bank",), ("supermarket",), ("mall",), ("pharmacy",), ("post",), ("hospital",), ("books", "library"))
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
            auxiliary=(_CITY,),
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
                    "建议走{best}，{start}到{place}一共{fast}，比经过{other}（{slow}）少{gap}。",
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


class FastestMode(QueryPattern):
    """Which of two to four modes is fastest to a place."""

    name = "fastest_mode"
    leaf = BETWEEN_MODES
    wordings = (
        (
            "{from}去{to}，{modes}哪个(快|最快)？(各要多久|)",
            "(现在|){from}到{to}，{modes}，怎么去最(快|省时间)",
            "去{to}是{choice}好？{from}走，想快点到",
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
            auxiliary=(_CITY,),
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
            pieces += [MODES["transit"], "票价", say_fact("money", bus["fare_yuan"], MODES["transit"]), "。"]
        episode.answer(*(piece for piece in pieces if piece))


RIDES = {"trains": "火车", "flights": "飞机"}
_RIDE_WORDS = {"trains": ["火车", "高铁", "动车", "列车"], "flights": ["飞机", "航班", "坐飞机"]}


def _drawn_journey(scene: Scene, last: int = 5) -> Slots | None:
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


def _least(items: Any, by: str) -> tuple[float, Item, Item] | None:
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
            "想{day}从{a}到{b}，{better}优先，坐火车还是飞机",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = _drawn_journey(scene)
        if slots is None:
            return None
        by = scene.rng.choice(("price", "time"))
        return {**slots, "by": by, "better": {"price": "便宜", "time": "快"}[by]}

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
            found[way] = _least(content["items"], slots["by"])
        if None in found.values() or found["trains"][0] == found["flights"][0]:
            return None
        best = min(found, key=lambda way: found[way][0])
        value = found[best][0]
        return Truth(
            (
                {"kind": "choice", "winner": _RIDE_WORDS[best], "among": list(_RIDE_WORDS.values())},
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
            found[way] = _least(content["items"], slots["by"])
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


class DoorToDoor(QueryPattern):
    """Train or plane, counted from the user's door: the way to the station or the airport and the time before."""

    name = "door_to_door"
    leaf = BETWEEN_MODES
    held_out = True
    long_tail = True
    wordings = (
        (
            "{day}去{b}，我{from}出发，火车要提前{early_train}分钟到站，飞机提前{early_plane}分钟到机场，(开车去车站机场，|)"
            "坐{after}以后的第一班，算到{b}的车站或机场为止，从出门开始总时间哪个短？开车过去",
            "{from}开车去车站或机场，{day}{after}以后第一班火车和第一班飞机去{b}，"
            "进站提前{early_train}分钟、登机提前{early_plane}分钟，从出门到抵达{b}，火车和飞机哪个总共更快",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if scene.gazetteer.world.name != "sandbox" or "家" not in scene.context.profile:
            return None
        slots = _drawn_journey(scene, 4)
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
                {"kind": "choice", "winner": _RIDE_WORDS[best], "among": list(_RIDE_WORDS.values())},
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
                ("{ride}：最晚{leave}从家出门，开车{drive}到{station}，坐{at}的{number}，{arrival}到，总共{total}。",),
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


COMPARISONS = (
    RoadsOfTwoKinds(),
    TollWorth(),
    ByWhichStop(),
    FastestMode(),
    TrainOrPlane(),
    DoorToDoor(),
)
