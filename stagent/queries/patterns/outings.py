"""Instructions for an afternoon or an evening: places that are open when one gets to them."""

import random
from datetime import datetime, timedelta
from typing import Any

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import Item, clock, find, iso, landmark, name_of, route, true_place
from stagent.queries.patterns.opening import covers, names, open_through
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Scene
from stagent.worlds.local.categories import CATEGORIES, WITHIN

LEAF = "planning_and_decision.itinerary_planning.short_trip_itinerary"


MINUTE = timedelta(minutes=1)


SEARCHED = 20  # places that the expert looks at


# What to do in the afternoon: category, its word, how one says it.
_SIGHTS = (
    ("museum", "博物馆", "逛博物馆"),
    ("gallery", "美术馆", "看美术馆"),
    ("books", "书店", "逛书店"),
    ("mall", "购物中心", "逛购物中心"),
    ("library", "图书馆", "去图书馆看书"),
    ("spa", "洗浴中心", "去洗浴中心泡澡"),
    ("escape_room", "密室剧本杀", "玩密室剧本杀"),
)


_DRINKS = (
    ("cafe", "咖啡馆", "去咖啡馆坐坐"),
    ("tea_house", "茶馆", "找茶馆喝茶"),
    ("dessert", "甜品店", "去甜品店吃点甜的"),
)


_MEALS = (
    ("hotpot", "火锅店", "吃火锅"),
    ("sichuan", "川菜馆", "吃川菜"),
    ("cantonese", "粤菜馆", "吃粤菜"),
    ("japanese", "日本料理店", "吃日料"),
    ("western", "西餐厅", "吃西餐"),
    ("seafood", "海鲜餐厅", "吃海鲜"),
    ("noodles", "面馆", "吃碗面"),
    ("italian", "意大利餐厅", "吃意大利菜"),
    ("restaurant", "餐馆", "找家餐馆吃饭"),
)


_LATE = (("barbecue", "烧烤店"), ("hotpot", "火锅店"), ("bar", "酒吧"), ("snacks", "小吃店"), ("restaurant", "餐馆"))


def _today_at(scene_day: datetime, hhmm: str) -> datetime:
    hour, minute = map(int, hhmm.split(":"))
    return scene_day.replace(hour=hour, minute=minute)


def _best_rated(items: list[Item]) -> list[Item]:
    return sorted(items, key=lambda item: -item.get("rating", 0))


def _place_said(item: Item, rng: random.Random) -> list[Piece]:
    """A place with its hours of the day, and its rating where it has one."""
    pieces: list[Piece] = [name_of(item), "（"]
    if "rating" in item:
        pieces += ["评分 ", Fact(f"{item['rating']:.1f}", "rating", item["rating"], item["name"]), "，"]
    if item["hours_today"] == "全天":
        return [*pieces, Fact("全天营业", "hours", "全天", item["name"]), "）"]
    return [*pieces, "营业 ", Fact(item["hours_today"], "hours", item["hours_today"], item["name"]), "）"]


class TimedAfternoon(QueryPattern):
    """Three places of given kinds near one point, each open for the hours that the user gives."""

    name = "timed_afternoon"
    leaf = LEAF
    weight = 1.5
    wordings = (
        (
            "今天{t1}到{t2}想{a}，{t3}到{t4}{b}，{t5}到{t6}{c}，都要在{near}直线{km}公里内、到时候开着门的，帮我安排一下，开车",
            "帮我排今天的行程：{t1}-{t2}{a}，{t3}-{t4}{b}，{t5}-{t6}{c}。地方都在{near}{km}公里（直线）以内，那个时段得营业，我开车",
            "今天想{t1}-{t2}{a}、{t3}-{t4}{b}、{t5}-{t6}{c}，{near}{km}公里内直线距离，别去了关着门，开车，给个安排",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        rng = scene.rng
        if scene.now.hour > 15:
            return None
        kinds = [rng.choice(_SIGHTS), rng.choice(_DRINKS), rng.choice(_MEALS)]
        if not all(scene.places(category) for category, _, _ in kinds):
            return None
        begin = datetime(2000, 1, 1, max(13, scene.now.hour + 1) + rng.choice((0, 0, 1)), rng.choice((0, 30)))
        times, at = [], begin
        for stay in (rng.choice((90, 120)), 60, rng.choice((60, 90))):
            times += [at, at + timedelta(minutes=stay)]
            at = times[-1] + timedelta(minutes=30)
        here = rng.random() < 0.5
        anchor = None if here else landmark(scene, "transit")
        if anchor is None and not here:
            return None
        near = "我现在的位置" if here else anchor.name
        slots = {f"t{number}": f"{time.hour}:{time.minute:02d}" for number, time in enumerate(times, 1)}
        slots |= {name: kind[2] for name, kind in zip("abc", kinds, strict=True)}
        return {
            **slots,
            "kinds": [list(kind[:2]) for kind in kinds],
            "anchor": "" if here else anchor.name,
            "near": near,
            "km": rng.choice((2, 3, 3, 4)),
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        centre = scene.context.location
        if slots["anchor"]:
            place = await true_place(scene, slots["anchor"])
            if place is None:
                return None
            centre = place["location"]
        lat, lon = map(float, centre.split(","))
        stops = []
        for number, (category, word) in enumerate(slots["kinds"]):
            start, end = (_today_at(scene.now, slots[f"t{2 * number + k}"]) for k in (1, 2))
            near = scene.near(scene.places(category), 1000 * slots["km"], (lat, lon))
            fitting = names(place for place in near if open_through(place, start, end))
            found = await scene.ask("map_search_places", **_search(word, centre, slots["km"]))
            if not any(_fits(item, category, start, end) for item in found["items"]):
                return None
            stops.append(fitting)
        if not all(stops):
            return None
        return Truth(
            ({"kind": "sequence", "stops": stops},),
            secondary=("discovery.poi_search.constrained_poi_search",),
            auxiliary=(
                "spatial_constraints.within_city.nearby",
                "temporal_constraints.today",
                "temporal_constraints.specific_time",
                "preference_constraints.open_hours",
            ),
            temporal={"arrival": "temporal_constraints.specific_time"},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        here = episode.context.location
        centre = (await find(episode, slots["anchor"]))["location"] if slots["anchor"] else here
        chosen: list[Item] = []
        for number, (category, word) in enumerate(slots["kinds"]):
            start, end = (_today_at(episode.context.now, slots[f"t{2 * number + k}"]) for k in (1, 2))
            content = await episode.call(
                "map_search_places", f"找那时开着的{word}", **_search(word, centre, slots["km"])
            )
            fitting = [item for item in content["items"] if _fits(item, category, start, end)]
            if not fitting:
                raise Unsolved(f"{slots['km']} 公里内没有在 {start:%H:%M} 至 {end:%H:%M} 营业的{word}。")
            chosen.append(_best_rated(fitting)[0])
        item = await route(
            episode,
            here,
            chosen[-1]["location"],
            thought="把三处连成一条路",
            intermediates=[place["location"] for place in chosen[:-1]],
        )
        pieces: list[Piece] = [rng.choice(("这样安排：", "可以这样排：", "帮您排好了："))]
        for number, (place, leg) in enumerate(zip(chosen, item["legs"], strict=True)):
            t1, t2 = slots[f"t{2 * number + 1}"], slots[f"t{2 * number + 2}"]
            pieces += sentence(
                ("{place}，{t1}-{t2}，开车过去{drive}；", "{place}，{t1}到{t2}，路上{drive}；"),
                rng,
                t1=Fact(t1, "clock", f"{_today_at(episode.context.now, t1):%H:%M}", place["name"]),
                t2=Fact(t2, "clock", f"{_today_at(episode.context.now, t2):%H:%M}", place["name"]),
                place=_place_said(place, rng),
                drive=say_fact("duration", leg["duration_s"], place["name"]),
            )
        pieces[-1] = "。"
        episode.answer(*pieces, *rng.choice((["时间都赶得上。"], ["想换一家的话告诉我。"])))


def _search(word: str, centre: str, km: int) -> dict[str, Any]:
    return {"query": word, "center": centre, "radius": 1000 * km, "limit": SEARCHED}


def _fits(item: Item, category: str, start: datetime, end: datetime) -> bool:
    """Whether a result is of the kind, or of one below it, and open from a moment to another of today."""
    kinds = {CATEGORIES[key].zh for key in WITHIN[category]}
    return "hours_today" in item and item["category"] in kinds and covers(item["hours_today"], start, end)


class SupperAfterFilm(QueryPattern):
    """Something to eat near a cinema after the film, and the way home."""

    name = "supper_after_film"
    leaf = LEAF
    held_out = True
    wordings = (
        (
            "今晚在{cinema}看电影，{end}散场，想在附近{km}公里内找家{kind}吃夜宵，得开到{until}以后，吃完{until}开车回家几点到？",
            "{end}在{cinema}看完电影，(直线|)周围{km}公里有没有开到{until}以后的{kind}？{until}从那里开车回家，帮我安排",
            "今晚{cinema}的电影{end}结束，然后去{km}公里内的{kind}坐到{until}（要还在营业），再开车回家，给我排一下",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if "家" not in scene.context.profile or scene.now.hour > 19:
            return None
        cinema = landmark(scene, "driving", categories=("cinema",))
        category, kind = scene.rng.choice(_LATE)
        if cinema is None:
            return None
        end = scene.now.replace(hour=scene.rng.choice((20, 21, 21)), minute=scene.rng.choice((0, 15, 30, 45)))
        until = end + timedelta(minutes=scene.rng.choice((60, 75, 90)))
        return {
            "cinema": cinema.name,
            "kind": kind,
            "category": category,
            "end": f"{end:%H:%M}",
            "until": f"{until:%H:%M}",
            "km": scene.rng.choice((1, 1, 2)),
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        cinema = await true_place(scene, slots["cinema"])
        if cinema is None:
            return None
        lat, lon = map(float, cinema["location"].split(","))
        start, end = _supper(slots, scene.now)
        near = scene.near(scene.places(slots["category"]), 1000 * slots["km"], (lat, lon))
        fitting = names(place for place in near if open_through(place, start, end))
        found = await scene.ask("map_search_places", **_search(slots["kind"], cinema["location"], slots["km"]))
        if not fitting or not any(_fits(item, slots["category"], start, end) for item in found["items"]):
            return None
        return Truth(
            ({"kind": "names", "any_of": fitting},),
            secondary=("discovery.poi_search.constrained_poi_search", "planning_and_decision.route_planning"),
            auxiliary=(
                "spatial_constraints.within_city.nearby",
                "temporal_constraints.today",
                "temporal_constraints.specific_time",
                "preference_constraints.open_hours",
            ),
            temporal={"departure": "temporal_constraints.specific_time"},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        cinema = await find(episode, slots["cinema"])
        start, end = _supper(slots, episode.context.now)
        content = await episode.call(
            "map_search_places",
            f"找散场后还开着的{slots['kind']}",
            **_search(slots["kind"], cinema["location"], slots["km"]),
        )
        fitting = [item for item in content["items"] if _fits(item, slots["category"], start, end)]
        if not fitting:
            raise Unsolved(f"{slots['km']} 公里内没有开到 {slots['until']} 的{slots['kind']}。")
        place = _best_rated(fitting)[0]
        item = await route(
            episode,
            place["location"],
            episode.context.profile["家"],
            thought="吃完回家的路",
            departure_time=iso(end - MINUTE),
        )
        episode.answer(
            *sentence(
                (
                    "{end}散场后去{place}，离{cinema}{away}，吃到{until}还没打烊。{until}开车回家要{drive}，{home}到家。",
                    "推荐{place}，距{cinema}{away}；{end}过去，坐到{until}没问题。之后开车回家{drive}，{home}到。",
                ),
                rng,
                end=Fact(slots["end"], "clock", slots["end"], cinema["name"]),
                place=_place_said(place, rng),
                cinema=name_of(cinema),
                away=say_fact("distance", place["distance_m"], place["name"]),
                until=Fact(slots["until"], "clock", slots["until"], place["name"]),
                drive=say_fact("duration", item["duration_s"], "家"),
                home=say_fact("clock", clock(item["arrival"]), "家"),
            ),
            *rng.choice(([], ["夜里开车慢一点。"])),
        )


def _supper(slots: Slots, now: datetime) -> tuple[datetime, datetime]:
    """From the end of the film to a minute after one wants to leave: what closes right then is not open until after."""
    return _today_at(now, slots["end"]), _today_at(now, slots["until"]) + MINUTE


OUTINGS = (TimedAfternoon(), SupperAfterFilm())
