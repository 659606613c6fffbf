"""Instructions to choose between known places: by rating, price, distance, the way there, being open."""

from typing import Any

from stagent.queries.answer import Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import find_place, metres, point
from stagent.queries.patterns.attributes import place_named
from stagent.queries.patterns.right import chosen, no_data, nothing_found
from stagent.queries.patterns.telling import Teller
from stagent.queries.scene import Scene, where

_LEAF = "planning_and_decision.solution_comparison.poi_comparison"
_KINDS = ("food", "lodging", "sight", "leisure", "sport", "shopping")
# What decides -> words, the place's field, the item's key, kind of fact, whether more is better.
_BY = {
    "rating": (("评分更高", "分数更高", "打分更高"), "rating", "rating", "rating", True),
    "cost": (("人均更便宜", "人均更低", "吃一顿更便宜"), "average_cost", "average_cost_yuan", "money", False),
    "price": (("门票更便宜", "门票更低"), "price", "price_yuan", "money", False),
    "night": (("住一晚更便宜", "房价更低"), "price", "price_yuan", "money", False),
}


def draw_rivals(scene: Scene, count: int, categories: tuple[str, ...] = _KINDS) -> list[str] | None:
    """Different known places of one category."""
    found: list[str] = []
    category = scene.rng.choice(categories)
    first = scene.known_place(category)
    for _ in range(6):
        place = first and scene.known_place(first.category)
        if place and place.name not in found:
            found.append(place.name)
        if len(found) == count:
            return found
    return None


def joined(names: list[str]) -> str:
    """``"甲、乙和丙"``"""
    return "、".join(names[:-1]) + "和" + names[-1]


class BetterOf(QueryPattern):
    """Of two or three known places the better rated, or the cheaper."""

    name = "better_of"
    leaf = _LEAF
    weight = 1.5
    wordings = (
        (
            "{rivals}，哪(个|家){better}？",
            "(在|)(考虑|纠结)去{rivals}(里的一个|)，(想选|要)(个|)(其中|){better}的",
            "{rivals}(比一比|对比一下)，{better}的是哪(个|家)",
            "(帮我比较|帮忙比一下|比较){rivals}，选{better}的(那个|那家|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        by = scene.rng.choice(("rating", "rating", "cost", "price", "night"))
        categories = {"cost": ("food",), "price": ("museum", "gallery"), "night": ("lodging",)}.get(by, _KINDS)
        names = draw_rivals(scene, scene.rng.choice((2, 2, 3)), categories)
        if names is None:
            return None
        better = scene.rng.choice(_BY[by][0])
        better = better.replace("更", "最") if len(names) > 2 else better
        return {"names": names, "rivals": joined(names), "by": by, "better": better}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        _, field, _, kind, more = _BY[slots["by"]]
        values = {name: getattr(place_named(scene, name), field) for name in slots["names"]}
        if scene.gazetteer.world.name != "sandbox":
            return no_data("评分" if field == "rating" else "价格", "没有") if scene.rng.random() < 0.5 else None
        if None in values.values():
            return None
        best = (max if more else min)(values.values())
        winners = [name for name, value in values.items() if value == best]
        if len(winners) > 1:
            return None
        value = int(best) if float(best).is_integer() and kind == "money" else best
        return Truth(
            (chosen(winners, values), {"kind": "value", "of": kind, "any_of": [value], "entity": winners[0]}),
            secondary=("discovery.information_query.reputation_and_reviews",) if kind == "rating" else (),
            auxiliary=("preference_constraints.rating" if kind == "rating" else "budget_constraints.cheapest",),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        _, _, key, _, more = _BY[slots["by"]]
        items = [await find_place(name, episode, f"查{name}") for name in slots["names"]]
        if any(item.get(key) is None for item in items):
            what = "评分" if key == "rating" else "价格"
            raise Unsolved(f"这里的地图没有它们的{what}，没法比较。")
        items.sort(key=lambda item: -item[key] if more else item[key])
        teller, best = Teller(episode), items[0]
        pieces: list[Piece] = [
            teller.one("建议选", "选"),
            teller.name(best["name"]),
            teller.one("，它", "，"),
            slots["better"],
            "，",
            *teller.about(best, key),
            "；",
        ]
        for number, item in enumerate(items[1:]):
            pieces += ["，" if number else "", teller.name(item["name"]), *teller.about(item, key)]
        episode.answer(*pieces, "。", teller.one("要看看它今天的营业时间吗？", "需要我规划过去的路线吗？"))


class QuickerToReach(QueryPattern):
    """Of two known places the one that is sooner reached from here, by a mode that is told."""

    name = "quicker_to_reach"
    leaf = _LEAF
    wordings = (
        (
            "从(这里|我这儿|我这里){go}去{rivals}，哪个更快到？(各要多久|)",
            "{rivals}，(我|)现在{go}过去哪个(省时间|快)(一点|些|)？要多久",
            "(想|我想)现在{go}去{rivals}(中的一个|里选一个)，去哪个(用时|花的时间)更短",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        names = draw_rivals(scene, 2, ("sight", "mall", "food", "hospital", "railway_station"))
        mode = scene.rng.choice(("driving", "driving", "bicycling"))
        go = scene.rng.choice(("开车", "驾车") if mode == "driving" else ("骑车", "骑自行车"))
        return names and {"names": names, "rivals": joined(names), "mode": mode, "go": go}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        times: dict[str, int] = {}
        for name in slots["names"]:
            content = await scene.ask(
                "map_compute_routes",
                origin=scene.context.location,
                destination=where(place_named(scene, name)),
                modes=[slots["mode"]],
            )
            if not content.get("items"):
                return None
            times[name] = content["items"][0]["duration_s"]
        first, second = sorted(times, key=times.__getitem__)
        if times[second] - times[first] < 60:
            return None
        return Truth(
            (
                chosen([first], times),
                {"kind": "value", "of": "duration", "any_of": [times[first]], "within": 60, "entity": first},
            ),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=("temporal_constraints.now",),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        found = []
        for name in slots["names"]:
            item = await find_place(name, episode)
            content = await episode.call(
                "map_compute_routes",
                f"看{slots['go']}去{name}要多久",
                origin=episode.context.location,
                destination=item["location"],
                modes=[slots["mode"]],
            )
            if not content["items"]:
                raise Unsolved(f"没有查到{slots['go']}去{name}的路线。")
            found.append((content["items"][0], item["name"]))
        found.sort(key=lambda pair: pair[0]["duration_s"])
        teller, ((route, best), (other, rest)) = Teller(episode), found
        episode.answer(
            teller.one("去", "建议去"),
            teller.name(best),
            teller.one("更快，", "更省时间，"),
            *teller.said(f"{slots['go']}", "duration", route["duration_s"], best),
            *teller.said("，路程", "distance", route["distance_m"], best),
            "；",
            teller.name(rest),
            *teller.said("要", "duration", other["duration_s"], rest),
            *teller.said("，能省", "duration", other["duration_s"] - route["duration_s"], best, "difference"),
            "。",
            teller.one("现在出发的话需要导航吗？", "需要我给出详细路线吗？"),
        )


class OpenAndNear(QueryPattern):
    """Of three known places those that are open now, and of these the nearest; maybe none is open."""

    name = "open_and_near"
    leaf = _LEAF
    held_out = True
    wordings = (
        (
            "{rivals}，现在还营业的里面哪个离我(直线距离|)最近？",
            "想去{rivals}中的一个，要现在开着的，(都开着|开着的不止一个)就选直线距离离我近的",
            "{rivals}哪个现在开门？有几个开的话(挑|选)离我最近的(，按直线距离|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        names = draw_rivals(scene, 3, ("food", "leisure", "sight", "shopping", "health"))
        return names and {"names": names, "rivals": joined(names)}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        places = [place_named(scene, name) for name in slots["names"]]
        if any(place.hours is None for place in places):
            return None
        opened = [place for place in places if place.hours and place.hours.is_open(scene.now)]
        auxiliary = ("temporal_constraints.now", "preference_constraints.open_hours")
        if not opened:
            return nothing_found(auxiliary=auxiliary) if scene.rng.random() < 0.5 else None
        if len(opened) == 3 and scene.rng.random() < 0.6:
            return None  # then opening decides nothing
        away = sorted((metres(place, point(scene.context.location)), place.name) for place in opened)
        if len(away) > 1 and away[1][0] - away[0][0] < 20:
            return None
        auxiliary += ("spatial_constraints.within_city.nearby",)
        return Truth((chosen([away[0][1]], slots["names"]),), auxiliary=auxiliary)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        items: list[dict[str, Any]] = []
        for name in slots["names"]:
            found = await episode.call(
                "map_search_places",
                f"查{name}现在开没开、离用户多远",
                query=name,
                center=episode.context.location,
                radius=20_000,
                limit=3,
            )
            item = next((item for item in found["items"] if item["name"] == name), None)
            if item is None:
                raise Unsolved(f"没有在附近找到{name}。")
            items.append(item)
        opened = sorted((item for item in items if item.get("open_now")), key=lambda item: item["distance_m"])
        if not opened:
            raise Unsolved(f"{joined(slots['names'])}现在都没在营业，可以换个时间再去。")
        teller, best = Teller(episode), opened[0]
        closed = [item for item in items if not item.get("open_now")]
        pieces: list[Piece] = [
            teller.one("建议去", "可以去", "选"),
            teller.name(best["name"]),
            "，现在开着，",
            *teller.about(best, "distance_m", "hours_today"),
        ]
        for item in opened[1:]:
            pieces += ["；", teller.name(item["name"]), "也开着，但", *teller.about(item, "distance_m")]
        for item in closed:
            pieces += ["；", teller.name(item["name"]), teller.one("现在没开", "这会儿不营业")]
        episode.answer(*pieces, "。", teller.one("需要我规划路线吗？", "要导航过去吗？"))


COMPARING = (BetterOf(), QuickerToReach(), OpenAndNear())
